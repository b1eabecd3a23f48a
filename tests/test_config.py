"""Settings: where they come from, which one wins, and what is said of wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.config import Settings, SettingsError, origins, read_settings


def test_defaults_lie_in_the_folders_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    settings = read_settings()
    assert settings.library == tmp_path / "data" / "quoth" / "library"
    assert settings.cache == tmp_path / "cache" / "quoth"
    assert settings.embedding == "all-MiniLM-L6-v2-int8"


def test_environment_beats_the_env_file_and_an_argument_beats_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text("QUOTH_TOP_K=3\nQUOTH_THRESHOLD=0.25\nOTHER=1\n", encoding="utf-8")
    monkeypatch.setenv("QUOTH_TOP_K", "4")
    assert (read_settings().top_k, read_settings().threshold) == (4, 0.25)
    assert read_settings(top_k=5).top_k == 5


def test_argument_that_was_not_given_leaves_the_environment_in_force(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("QUOTH_LIBRARY", "/somewhere")
    assert read_settings(library=None).library == Path("/somewhere")


def test_each_wrong_setting_is_named_with_what_was_found_and_expected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("QUOTH_TOP_K", "many")
    monkeypatch.setenv("QUOTH_THRESHOLD", "1.5")
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert str(caught.value) == (
        "Settings that cannot be used: "
        "QUOTH_TOP_K='many': Input should be a valid integer, "
        "unable to parse string as an integer; "
        "QUOTH_THRESHOLD='1.5': Input should be less than or equal to 1."
    )


def test_settings_cannot_be_changed_once_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().top_k = 2  # type: ignore[misc]


def test_origins_tell_argument_environment_and_default_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("QUOTH_TOP_K", "4")
    found = origins(read_settings(library=Path("/l")), frozenset({"library"}))
    assert found["library"] == "argument"
    assert found["top_k"] == "environment or .env"
    assert found["threshold"] == "default"


def test_readme_lists_every_setting_with_its_default() -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        shown = "none" if field.default is None else f"`{field.default}`"
        default = "" if field.default_factory else f" {shown} |"
        assert f"| `QUOTH_{name.upper()}` |{default}" in readme


def test_a_mistyped_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_TRESHOLD", "0.9")
    with pytest.raises(SettingsError, match="^QUOTH_TRESHOLD is no setting; did you mean"):
        read_settings()


def test_a_key_in_the_wrong_place_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_LLM_SEED", "sk-secretsecret")
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert "secret" not in str(caught.value)


def test_an_env_file_that_is_not_utf_8_is_a_stated_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_bytes(b"QUOTH_TOP_K=5\n# \xff\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=r"^The file \.env is not UTF-8"):
        read_settings()


def test_a_mistyped_setting_in_an_env_file_is_named_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("QUOTH_TOPK=5\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match="^QUOTH_TOPK is no setting; did you mean QUOTH_TOP_K"):
        read_settings()


def test_an_llm_is_a_name_or_an_object_of_llama_index() -> None:
    with pytest.raises(SettingsError, match="expected 'openai:MODEL' or a LlamaIndex LLM object"):
        read_settings(llm=5)


@pytest.mark.parametrize("contact", ["ada@example.org", "ada.quill+q@mail.example.org"])
def test_a_contact_is_a_mail_address(contact: str) -> None:
    assert read_settings(contact=contact).contact == contact


@pytest.mark.parametrize(
    "contact",
    ["ada", "ada@", "@example.org", "ada@localhost", "a b@example.org", "ada@example.org\r\nX: y",
     "ada@example.org, bo@example.org", "<ada@example.org>", "ada@exämple.org"],
)  # fmt: skip
def test_a_contact_that_is_no_mail_address_is_refused(contact: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(contact=contact)
    assert str(caught.value).endswith(
        ": Value error, expected a mail address such as ada@example.org."
    )


@pytest.mark.parametrize("name", ["arxiv_url", "crossref_url", "pubmed_url"])
def test_an_address_of_a_service_can_be_set(name: str) -> None:
    address = "http://127.0.0.1:8000/api"
    assert getattr(read_settings(**{name: address}), name) == address


@pytest.mark.parametrize("name", ["arxiv_url", "crossref_url", "pubmed_url"])
@pytest.mark.parametrize(
    "address",
    ["example.org", "ftp://example.org", "file:///etc/passwd", "https://", "http://a:port/", "http://a:0",
     "http://a:99999", "http://[::1", "http://ada:key@example.org", "http://a/b?c=d", "http://a/#b",
     "http://a/b c", "http://exämple.org", "http://a/\n"],
)  # fmt: skip
def test_what_is_no_address_of_a_service_is_refused(name: str, address: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(**{name: address})
    assert str(caught.value).endswith(
        ": Value error, expected an http or https address such as https://example.org/api."
    )
