"""Settings: read once from arguments, the environment and a `.env` file; validated at once."""

from __future__ import annotations

import os
import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dotenv import dotenv_values
from platformdirs import user_cache_path, user_data_path
from pydantic import Field, ValidationError, field_serializer, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from rag.endpoint import ENV_FILE
from rag.replies import redact
from vectorstore.errors import QuothError

OTHER_VARIABLES = frozenset({"QUOTH_DEBUG"})
MAIL_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


class SettingsError(QuothError):
    """A setting that cannot be used."""


class Settings(BaseSettings):
    """What a user can set: as `QUOTH_NAME` in the environment or `.env`, or `Settings(name=...)`.

    Attributes:
        library: Folder of the library.
        cache: Folder for what can be made again (the sample's library).
        embedding: `all-MiniLM-L6-v2-int8`, or `openai:MODEL` for an OpenAI-compatible endpoint.
        top_k: Papers that a question is answered from, at most.
        threshold: Least confidence of an answer that is given.
        llm: `openai:MODEL` for an OpenAI-compatible endpoint, or in Python a LlamaIndex LLM
            object; None, the default: no LLM, and no request.
        llm_timeout_connect: Seconds to wait for a connection.
        llm_timeout_read: Seconds of silence after which a reply is given up.
        llm_retries: Further tries after 429 or 5xx.
        llm_passages: Papers shown to the LLM, at most.
        llm_passage_tokens: Most tokens of passages in a prompt.
        llm_max_tokens: Most tokens of a reply.
        llm_temperature: 0 for the likeliest words.
        llm_seed: For servers that take one.
        llm_price_in: Price of a million tokens of a prompt, in any currency.
        llm_price_out: Price of a million tokens of a reply, in the same one.
        ray_address: Of a running Ray cluster, for `quoth add --engine ray`; `RAY_ADDRESS` where
            None, and else Ray is started on this machine for as long as it is needed.
        contact: Your mail address, shown to the services that papers are fetched from; they ask
            for one, and serve those who give it better.
        arxiv_url: API of arXiv, or of a mirror.
        crossref_url: REST API of Crossref, or of a mirror.
        pubmed_url: E-utilities of NCBI, or of a mirror.
    """

    model_config = SettingsConfigDict(
        env_prefix="QUOTH_",
        env_file=ENV_FILE,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    library: Path = Field(default_factory=lambda: user_data_path("quoth") / "library")
    cache: Path = Field(default_factory=lambda: user_cache_path("quoth"))
    embedding: str = "all-MiniLM-L6-v2-int8"
    top_k: int = Field(default=20, ge=1, le=100)
    threshold: float = Field(default=0.4, ge=0.0, le=1.0)
    llm: Any = None
    llm_timeout_connect: float = Field(default=5.0, gt=0.0)
    llm_timeout_read: float = Field(default=60.0, gt=0.0)
    llm_retries: int = Field(default=2, ge=0, le=10)
    llm_passages: int = Field(default=8, ge=1, le=100)
    llm_passage_tokens: int = Field(default=2000, ge=100)
    llm_max_tokens: int = Field(default=512, ge=1)
    llm_temperature: float = Field(default=0.0, ge=0.0, le=2.0)
    llm_seed: int | None = None
    llm_price_in: float | None = Field(default=None, ge=0.0)
    llm_price_out: float | None = Field(default=None, ge=0.0)
    ray_address: str | None = None
    contact: str | None = None
    arxiv_url: str = "https://export.arxiv.org/api/query"
    crossref_url: str = "https://api.crossref.org"
    pubmed_url: str = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"

    @field_validator("llm")
    @classmethod
    def _check_llm(cls, llm: Any) -> Any:  # noqa: ANN401 - a name or an object
        if llm is None or isinstance(llm, str) or hasattr(llm, "metadata"):
            return llm
        raise ValueError("expected 'openai:MODEL' or a LlamaIndex LLM object")

    @field_validator("contact")
    @classmethod
    def _check_contact(cls, contact: str | None) -> str | None:
        if contact is None or MAIL_ADDRESS.fullmatch(contact):
            return contact
        raise ValueError("expected a mail address such as ada@example.org")

    @field_validator("arxiv_url", "crossref_url", "pubmed_url")
    @classmethod
    def _check_address(cls, address: str) -> str:
        if _is_web_address(address):
            return address
        raise ValueError("expected an http or https address such as https://example.org/api")

    @field_serializer("llm")
    def _name_llm(self, llm: Any) -> str | None:  # noqa: ANN401 - a name or an object
        """An object by its model's name: it may hold a key."""
        return llm if llm is None or isinstance(llm, str) else str(llm.metadata.model_name)


def read_settings(**given: Any) -> Settings:  # noqa: ANN401 - each setting has its own type
    """The settings, with those in `given` (None: not given) over the environment's.

    Raises:
        SettingsError: Naming each setting that cannot be used, what was found and expected.
    """
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        problems = "; ".join(
            f"QUOTH_{str(item['loc'][0]).upper()}={redact(repr(item['input']), None)}: "
            f"{item['msg']}"
            for item in error.errors()
        )
        raise SettingsError(f"Settings that cannot be used: {problems}.") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"The file .env is not UTF-8 ({error.reason}).") from error
    _refuse_unknown()
    return settings


def _refuse_unknown() -> None:
    """A mistyped setting would otherwise be left out without a word."""
    known = {f"QUOTH_{name.upper()}" for name in Settings.model_fields} | OTHER_VARIABLES
    for name in {**dotenv_values(ENV_FILE), **os.environ}:
        if name.upper().startswith("QUOTH_") and name.upper() not in known:
            near = get_close_matches(name.upper(), known, 1)
            hint = f"; did you mean {near[0]}?" if near else "; `quoth status` lists them."
            raise SettingsError(f"{name} is no setting{hint}")


def _is_web_address(text: str) -> bool:
    """Whether `text` is the address of a service, without a password, a query or a fragment."""
    try:
        parts = urlsplit(text)
        sound = parts.port is None or parts.port > 0
    except ValueError:
        return False
    plain = text.isascii() and text.isprintable() and not set(text) & set(" @?#\\")
    return parts.scheme in ("http", "https") and bool(parts.hostname) and sound and plain


def origins(settings: Settings, given: frozenset[str] = frozenset()) -> dict[str, str]:
    """Where each setting came from: `argument`, `environment or .env`, or `default`."""
    return {
        name: "argument"
        if name in given
        else ("environment or .env" if name in settings.model_fields_set else "default")
        for name in type(settings).model_fields
    }
