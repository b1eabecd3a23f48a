"""Settings: read once from arguments, the environment and a `.env` file; validated at once."""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from platformdirs import user_cache_path, user_data_path
from pydantic import Field, ValidationError, field_serializer, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from rag.endpoint import ENV_FILE
from rag.replies import redact
from vectorstore.errors import QuothError

OTHER_VARIABLES = frozenset({"QUOTH_DEBUG"})


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

    @field_validator("llm")
    @classmethod
    def _check_llm(cls, llm: Any) -> Any:  # noqa: ANN401 - a name or an object
        if llm is None or isinstance(llm, str) or hasattr(llm, "metadata"):
            return llm
        raise ValueError("expected 'openai:MODEL' or a LlamaIndex LLM object")

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


def origins(settings: Settings, given: frozenset[str] = frozenset()) -> dict[str, str]:
    """Where each setting came from: `argument`, `environment or .env`, or `default`."""
    return {
        name: "argument"
        if name in given
        else ("environment or .env" if name in settings.model_fields_set else "default")
        for name in type(settings).model_fields
    }
