"""A Chroma server that is away, slow, guarded or spoken to wrongly, and what is said of it."""

from __future__ import annotations

import os
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from chroma_server import ChromaServer, free_port, proxied
from chromadb.api.base_http_client import BaseHTTPClient
from chromadb.errors import RateLimitError
from fake_embedding import fake_embedder, record
from typer.testing import CliRunner

from rag.cli.commands import app
from rag.config import Settings, SettingsError, read_settings
from rag.library import Library
from vectorstore.adding import add
from vectorstore.address import Address, ServerOptions, parse_address
from vectorstore.errors import LibraryError
from vectorstore.remote.failures import is_passing
from vectorstore.remote.store import ServerStore
from vectorstore.remote.table import exists

MOTHS = record("Moths at night", "Counting moths at night is slow work.")
TOKEN = "sesame-4711"
KEPT = "What was added so far is kept"


def opened(address: str, cache: Path, **options: Any) -> ServerStore:
    return ServerStore(parse_address(address), fake_embedder(), cache, ServerOptions(**options))


def failure(address: str, cache: Path, **options: Any) -> str:
    with pytest.raises(LibraryError) as caught:
        opened(address, cache, **options)
    return str(caught.value)


# Addresses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("chroma://10.0.0.1:8000/team", Address("10.0.0.1", 8000, "team")),
        ("chroma://papers.example.org/team", Address("papers.example.org", 8000, "team")),
        ("chromas://example.org/a.b-c_d", Address("example.org", 443, "a.b-c_d", True)),
        ("CHROMA://[::1]:81/team", Address("::1", 81, "team")),
    ],
)
def test_an_address_is_read_and_written(text: str, address: Address) -> None:
    assert parse_address(text) == address
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    "text",
    ["chroma:/h:1/team", "chroma://h:x/team", "chroma://h:0/team", "chroma:///team", "chroma://h"],
)
def test_what_is_no_address_is_stated(text: str) -> None:
    with pytest.raises(LibraryError, match="expected"):
        parse_address(text)


@pytest.mark.parametrize("name", ["ab", "-team", "team.log", "a.pen.1", "a/b", "a..b", "té", ""])
def test_a_name_that_chroma_or_quoth_does_not_take_is_stated(name: str) -> None:
    with pytest.raises(LibraryError, match="cannot be the name of a library on a Chroma server"):
        parse_address(f"chroma://h:1/{name}")


@pytest.mark.parametrize("text", ["chroma://x:{}@h:1/team", "chroma://h:1/team?token={}"])
def test_a_token_in_the_address_is_refused_and_not_shown(text: str) -> None:
    address = text.format(TOKEN)
    with pytest.raises(LibraryError) as caught:
        Library.open(address, Settings())
    with pytest.raises(SettingsError) as refused:
        read_settings(library=address)
    for error in (caught, refused):
        assert "Put a token into QUOTH_CHROMA_TOKEN" in str(error.value)
        assert TOKEN not in str(error.value)


def test_an_address_in_the_settings_keeps_its_slashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_LIBRARY", "chroma://h:1/team")
    assert read_settings().library == Address("h", 1, "team")
    assert read_settings(library="~/papers").library == Path("~/papers")
    assert read_settings().model_dump(mode="json")["library"] == "chroma://h:1/team"


# Away and slow -------------------------------------------------------------------------------


def test_a_server_that_is_not_there_is_stated(tmp_path: Path) -> None:
    port = free_port()
    assert failure(f"chroma://127.0.0.1:{port}/team", tmp_path) == (
        f"No Chroma server answers at 127.0.0.1:{port} ([Errno 111] Connection refused). Start it "
        f"(chroma run --host HOST --port {port}), or name another library (--library). {KEPT}."
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_server_that_went_away_is_stated_after_a_while(
    chroma: ChromaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vectorstore.remote.server.WAITS", (0.1, 0.2))
    with proxied(chroma.port) as proxy:
        store = opened(chroma.address("away", proxy.port), tmp_path)
        proxy.close()
        told: list[str] = []
        with pytest.raises(LibraryError, match=f"^No Chroma server answers at .*{proxy.port}"):
            add(store, [MOTHS], waiting=told.append)
        assert told == [f"The Chroma server 127.0.0.1:{proxy.port} is away; waiting for it."]


def test_a_slow_server_is_given_up_after_the_timeout(chroma: ChromaServer, tmp_path: Path) -> None:
    with proxied(chroma.port) as proxy:
        address = chroma.address("slow", proxy.port)
        with opened(address, tmp_path, timeout=0.5) as store:
            add(store, [MOTHS])
            proxy.delay = 5.0
            with pytest.raises(LibraryError) as caught:
                len(store)
        assert str(caught.value) == (
            f"The Chroma server 127.0.0.1:{proxy.port} did not answer within 0.5 seconds. {KEPT}; "
            "do the same again, or wait longer: QUOTH_CHROMA_TIMEOUT=SECONDS."
        )
        proxy.delay = 0.05
        with opened(address, tmp_path, timeout=5.0) as store:
            assert [hit.record for hit in store.search("moths")] == [MOTHS]


def answered(status: int) -> Exception:
    """What Chroma's client raises for an answer of a proxy."""
    request = httpx.Request("GET", "http://papers.example.org")
    response = httpx.Response(status, text="Oh no", request=request)
    try:
        BaseHTTPClient._raise_chroma_error(response)
    except Exception as error:  # noqa: BLE001 - Chroma raises no narrower one
        return error
    raise AssertionError


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (answered(502), True),
        (answered(503), True),
        (answered(401), False),
        (answered(500), False),
        (RateLimitError("too many"), True),
        (httpx.ConnectError("refused"), True),
        (httpx.RemoteProtocolError("closed"), True),
        (httpx.ReadTimeout("late"), False),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]"), False),
        (ValueError("wrong"), False),
    ],
)
def test_only_what_may_pass_is_tried_again(error: Exception, passing: bool) -> None:
    assert is_passing(error) is passing


# Tokens and TLS ------------------------------------------------------------------------------


def test_a_token_is_sent_as_a_bearer_token_and_a_wrong_one_stated(
    chroma: ChromaServer, tmp_path: Path
) -> None:
    with proxied(chroma.port) as proxy:
        proxy.refuses = f"Authorization: Bearer {TOKEN}\r\n".encode()
        address = chroma.address("guarded", proxy.port)
        with opened(address, tmp_path, token=TOKEN) as store:
            add(store, [MOTHS])
            assert list(store.records()) == [MOTHS]
        server = f"The Chroma server 127.0.0.1:{proxy.port}"
        todo = "(status 401). Set QUOTH_CHROMA_TOKEN to one that it takes."
        assert failure(address, tmp_path) == f"{server} asks for a token {todo}"
        wrong = failure(address, tmp_path, token="wrong-1")
        assert wrong == f"{server} refused the token {todo}"
        assert "cannot be a token" in failure(address, tmp_path, token="two words")


def test_options_do_not_show_the_token() -> None:
    settings = Settings(chroma_token=TOKEN)
    assert settings.server_options.token == TOKEN
    for shown in (repr(settings), repr(settings.server_options), settings.model_dump_json()):
        assert TOKEN not in shown


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate that only its own file vouches for, and a server's use of it."""
    folder = tmp_path_factory.mktemp("tls")
    files = (folder / "certificate.pem", folder / "key.pem")
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    make += ["-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext"]
    make += ["subjectAltName=IP:127.0.0.1", "-out", str(files[0]), "-keyout", str(files[1])]
    subprocess.run(make, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    return files[0], context


@pytest.fixture
def secure(
    chroma: ChromaServer, certificate: tuple[Path, ssl.SSLContext]
) -> Iterator[tuple[str, Path]]:
    """An address that is spoken to by TLS, and the authority that vouches for it."""
    with proxied(chroma.port, certificate[1]) as proxy:
        yield f"chromas://127.0.0.1:{proxy.port}/secure", certificate[0]


def test_tls_is_spoken_with_a_private_authority(secure: tuple[str, Path], tmp_path: Path) -> None:
    address, authority = secure
    with opened(address, tmp_path, authority=str(authority), token=TOKEN) as store:
        add(store, [MOTHS])
        assert list(store.records()) == [MOTHS]


def test_a_certificate_that_nobody_vouches_for_is_refused(
    secure: tuple[str, Path], tmp_path: Path
) -> None:
    told = failure(secure[0], tmp_path, token=TOKEN)
    assert "cannot be verified ([SSL: CERTIFICATE_VERIFY_FAILED]" in told
    assert told.endswith("Name the file of the authority that signed it: QUOTH_CHROMA_CA=FILE.")
    absent = failure(secure[0], tmp_path, authority="nowhere.pem")
    assert absent == "There is no file nowhere.pem; QUOTH_CHROMA_CA names one."


def test_tls_with_a_server_that_speaks_none_is_stated(chroma: ChromaServer, tmp_path: Path) -> None:
    told = failure(f"chromas://127.0.0.1:{chroma.port}/plain", tmp_path)
    assert told.endswith("Write chroma:// instead of chromas://.")


def test_another_tenant_or_database_is_stated(chroma: ChromaServer, tmp_path: Path) -> None:
    told = failure(chroma.address("team"), tmp_path, database="nowhere")
    assert "'nowhere'" in told
    assert "QUOTH_CHROMA_DATABASE" in told


# The command line ----------------------------------------------------------------------------


def quoth(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    if result.exception and not isinstance(result.exception, SystemExit):
        return 1, str(result.exception)
    return result.exit_code, result.output.strip()


@pytest.mark.slow
def test_the_command_line_works_on_a_server(
    chroma: ChromaServer, papers_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = chroma.address("cli")
    monkeypatch.setenv("QUOTH_CACHE", str(tmp_path))
    monkeypatch.setenv("QUOTH_CHROMA_TOKEN", TOKEN)
    assert quoth("list", "--library", address) == (
        1,
        f"No library at {address}. Make one: quoth add FILE --library {address}",
    )
    assert not exists(parse_address(address), ServerOptions())
    code, output = quoth("add", str(papers_file), "--library", address)
    assert (code, output.splitlines()[-1]) == (0, f"4 papers in {address}")
    monkeypatch.setenv("QUOTH_LIBRARY", address)
    code, output = quoth("ask", "How long is the error of the bread mould timer?")
    assert code == 0
    assert "5 hours" in output
    assert len(quoth("list")[1].splitlines()) == 4
    code, output = quoth("status")
    assert code == 0
    assert output.splitlines()[0].split() == ["library:", address]
    assert [line.split()[1:] for line in output.splitlines() if "CHROMA_TOKEN" in line] == [
        ["set", "(environment", "or", ".env)"]
    ]
    assert TOKEN not in output
    assert quoth("remove", "doi:10.5555/gear.4")[0] == 0
    assert len(quoth("export")[1].splitlines()) == 3


def test_status_tells_the_settings_also_where_the_server_is_away() -> None:
    port = free_port()
    code, output = quoth("status", "--library", f"chroma://127.0.0.1:{port}/team")
    assert code == 0
    assert f"chroma://127.0.0.1:{port}/team (No Chroma server answers at" in output
    assert "QUOTH_CHROMA_TOKEN: not set (default)" in output


def test_answers_are_those_of_a_folder(
    chroma: ChromaServer, papers_file: Path, small_library: Library, tmp_path: Path
) -> None:
    settings = Settings(cache=tmp_path)
    with Library.open(chroma.address("answers"), settings) as library:
        library.add(papers_file)
        assert list(library.export()) == list(small_library.export())
        for question in ("What F1 score does LanternNet reach?", "Which harbours?", "Why zebras?"):
            found, expected = library.ask(question), small_library.ask(question)
            assert replace(found, timings_ms={}) == replace(expected, timings_ms={})


def test_the_page_shows_and_changes_a_library_on_a_server(
    chroma: ChromaServer, papers_file: Path, tmp_path: Path
) -> None:
    from ui.library_panel import Shelf

    with Library.open(chroma.address("page"), Settings(cache=tmp_path)) as library:
        shelf = Shelf(library)
        upload = tmp_path / "upload.jsonl"
        upload.write_bytes(papers_file.read_bytes())
        assert "4" in shelf.add([str(upload)])
        assert "page" in shelf.contents().summary
        assert "Quiet gears" in shelf.find("gears")
        assert "Removed." in shelf.remove("doi:10.5555/gear.4")
        assert "Quiet gears" not in shelf.find("")


def test_commands_on_a_library_that_is_not_there_make_none(
    chroma: ChromaServer, tmp_path: Path
) -> None:
    address = chroma.address("absent")
    for arguments in (["check"], ["backup", str(tmp_path / "a.zip")]):
        assert quoth(*arguments, "--library", address) == (
            1,
            f"No library at {address}; expected one that `quoth add` made.",
        )
    assert not exists(parse_address(address), ServerOptions())
    assert os.listdir(tmp_path) == []


def test_a_backup_that_is_none_makes_no_library(chroma: ChromaServer, tmp_path: Path) -> None:
    address, file = chroma.address("never-made"), tmp_path / "a.zip"
    file.write_bytes(b"PK")
    code, output = quoth("restore", str(file), "--library", address)
    assert (code, "is no backup that can be restored" in output) == (1, True)
    assert not exists(parse_address(address), ServerOptions())


@pytest.mark.slow
def test_a_library_on_a_server_is_checked_saved_and_put_back(
    chroma: ChromaServer, papers_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUOTH_CACHE", str(tmp_path / "cache"))
    address, other = chroma.address("saved"), chroma.address("put-back")
    file, folder = str(tmp_path / "a.zip"), str(tmp_path / "folder")
    assert quoth("add", str(papers_file), "--library", address)[0] == 0
    checked = f"Nothing is wrong: 4 papers with 4 passages in {address}."
    assert quoth("check", "--library", address) == (0, checked)
    saved = f"Saved 4 passages of {address} to {file}."
    assert quoth("backup", file, "--library", address) == (0, saved)
    exported = quoth("export", "--library", address)
    for place in (other, folder):
        code, output = quoth("restore", file, "--library", place)
        assert (code, output.split(",")[0]) == (0, f"Restored 4 passages to {place}")
        assert quoth("export", "--library", place) == exported
    assert quoth("remove", "doi:10.5555/gear.4", "--library", address)[0] == 0
    code, output = quoth("restore", file, "--library", address)
    assert (code, output) == (
        1,
        f"{address} holds a library already. Name another one, or let the backup take its place "
        "(--replace).",
    )
    assert quoth("restore", file, "--replace", "--library", address)[0] == 0
    assert sorted(quoth("export", "--library", address)[1].splitlines()) == sorted(
        exported[1].splitlines()
    )
