"""Settings: read once from arguments, the environment and a `.env` file; validated at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from platformdirs import user_cache_path, user_data_path
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from vectorstore.errors import QuothError


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
    """

    model_config = SettingsConfigDict(
        env_prefix="QUOTH_",
        env_file=".env",
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


def read_settings(**given: Any) -> Settings:  # noqa: ANN401 - each setting has its own type
    """The settings, with those in `given` (None: not given) over the environment's.

    Raises:
        SettingsError: Naming each setting that cannot be used, what was found and expected.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        problems = "; ".join(
            f"QUOTH_{str(item['loc'][0]).upper()}={item['input']!r}: {item['msg']}"
            for item in error.errors()
        )
        raise SettingsError(f"Settings that cannot be used: {problems}.") from error


def origins(settings: Settings, given: frozenset[str] = frozenset()) -> dict[str, str]:
    """Where each setting came from: `argument`, `environment or .env`, or `default`."""
    return {
        name: "argument"
        if name in given
        else ("environment or .env" if name in settings.model_fields_set else "default")
        for name in type(settings).model_fields
    }
