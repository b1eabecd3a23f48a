"""Settings: read once from arguments, the environment and a `.env` file; validated at once."""

from __future__ import annotations

import os
import re
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from dotenv import dotenv_values
from platformdirs import user_cache_path, user_data_path
from pydantic import (
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    field_serializer,
    field_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from rag.endpoint import ENV_FILE
from rag.replies import redact
from vectorstore.address import Address, ServerOptions, is_address, parse_address
from vectorstore.errors import LibraryError, QuothError

OTHER_VARIABLES = frozenset({"QUOTH_DEBUG"})
RELEASED = Path(__file__).parent / "reader" / "released"
"""The folder of the reader that comes with the package."""
MAIL_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


class SettingsError(QuothError):
    """A setting that cannot be used."""


def read_place(given: object) -> object:
    """The address of a server where one was written; a path would lose one of its slashes.

    Raises:
        ValueError: It is no address of a library.
    """
    if isinstance(given, str) and is_address(given):
        try:
            return parse_address(given)
        except LibraryError as error:
            raise ValueError(str(error).removesuffix(".")) from error
    return given


def reader_folder(given: Path | str | None) -> Path | None:
    """The folder of a reader: that of the package for `on`, None for `off`."""
    if given is None or str(given) == "off":
        return None
    return RELEASED if str(given) == "on" else Path(given)


class Settings(BaseSettings):
    """What a user can set: as `QUOTH_NAME` in the environment or `.env`, or `Settings(name=...)`.

    Attributes:
        library: Folder of the library, or `chroma://HOST:PORT/NAME` (`chromas://` with TLS): one on
            a Chroma server.
        cache: Folder for what can be made again (the sample's library).
        embedding: `all-MiniLM-L6-v2-int8`, or `openai:MODEL` for an OpenAI-compatible endpoint.
        top_k: Papers that a question is answered from, at most.
        threshold: Least confidence of an answer that is given.
        reader: Folder of a trained reader (docs/reader.md), which has a say in answers and checks;
            `on`, the default, for the one that comes with the package; `off` or None for none.
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
        chroma_token: Token that a Chroma server, or the proxy before it, asks for.
        chroma_ca: File of the certificate authority of a Chroma server, where it is a private one.
        chroma_tenant: Tenant on a Chroma server.
        chroma_database: Its database.
        chroma_timeout: Seconds of silence after which a request to it is given up.
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

    library: Annotated[Path | Address, BeforeValidator(read_place)] = Field(
        default_factory=lambda: user_data_path("quoth") / "library"
    )
    cache: Path = Field(default_factory=lambda: user_cache_path("quoth"))
    embedding: str = "all-MiniLM-L6-v2-int8"
    top_k: int = Field(default=20, ge=1, le=100)
    threshold: float = Field(default=0.4, ge=0.0, le=1.0)
    reader: Annotated[Path | None, BeforeValidator(reader_folder)] = Field(
        default="on"  # type: ignore[assignment]  # defaults are validated, too
    )
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
    chroma_token: SecretStr | None = None
    chroma_ca: Path | None = None
    chroma_tenant: str = "default_tenant"
    chroma_database: str = "default_database"
    chroma_timeout: float = Field(default=30.0, gt=0.0)
    ray_address: str | None = None
    contact: str | None = None
    arxiv_url: str = "https://export.arxiv.org/api/query"
    crossref_url: str = "https://api.crossref.org"
    pubmed_url: str = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"

    @property
    def server_options(self) -> ServerOptions:
        """How a Chroma server is spoken to."""
        token = self.chroma_token.get_secret_value() if self.chroma_token else None
        authority = str(self.chroma_ca.expanduser()) if self.chroma_ca else None
        return ServerOptions(
            token, authority, self.chroma_tenant, self.chroma_database, self.chroma_timeout
        )

    @field_serializer("library")
    def _name_library(self, library: Path | Address) -> str:
        return str(library)

    @field_serializer("chroma_token")
    def _hide_token(self, token: SecretStr | None) -> str:
        return "set" if token else "not set"

    @field_serializer("reader")
    def _name_reader(self, reader: Path | None) -> str:
        return "off" if reader is None else "on" if reader == RELEASED else str(reader)

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
            f"QUOTH_{str(item['loc'][0]).upper()}{_shown(item['input'])}: {item['msg']}"
            for item in error.errors()
        )
        raise SettingsError(f"Settings that cannot be used: {problems}.") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"The file .env is not UTF-8 ({error.reason}).") from error
    _refuse_unknown()
    return settings


def _shown(given: object) -> str:
    """What was given, unless it may hold a token."""
    if isinstance(given, SecretStr) or (isinstance(given, str) and is_address(given)):
        return ""
    return f"={redact(repr(given), None)}"


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
