"""What all tests share: no network, no trace of the user's own settings, two small libraries."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from rag.config import Settings
from rag.library import Library

pytest_plugins = ("chroma_server", "llama_server")

settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

PAPERS: list[dict[str, Any]] = [
    {
        "title": "LanternNet: counting moths by night",
        "abstract": "Counting moths at night is slow work. We present LanternNet, a camera trap "
        "that counts moths without killing them. LanternNet reaches an F1 score of 91.4% on 12 "
        r"species and runs $3.5\times$ faster than manual sorting.",
        "authors": ["Ada Quill", "Bo Reed"],
        "year": 2024,
        "doi": "10.5555/moth.1",
        "group": "Insects",
    },
    {
        "title": "Harbour tides from ship logs",
        "abstract": "Old ship logs hold tide readings that nobody has used. We digitised 4,200 "
        "pages from 17 harbours. The reconstructed tides differ from modern gauges by 6 cm on "
        "average.",
        "authors": ["Cy Shore"],
        "year": 2019,
        "doi": "10.5555/tide.2",
        "group": "Oceans",
    },
    {
        "title": "Bread mould as a timer",
        "abstract": "Mould grows on bread at a rate that depends on humidity. We calibrated a "
        "timer that reads the age of a loaf from a photograph. Its error is 5 hours at 70% "
        "humidity, and storage in paper doubles it.",
        "year": 2021,
        "doi": "10.5555/bread.3",
        "group": "Kitchens",
    },
    {
        "title": "Quiet gears",
        "abstract": "Gears made of laminated beech are quieter than gears of steel. In a mill "
        "from 1890 we measured 11 dB less noise after the exchange. Wear was 0.2 mm a year.",
        "authors": ["Dee Cogg"],
        "year": 2023,
        "doi": "10.5555/gear.4",
        "group": "Machines",
    },
]


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """No test can reach anything but this machine, by accident or otherwise."""
    look_up, connect = socket.getaddrinfo, socket.socket.connect
    connect_ex = socket.socket.connect_ex

    def look_up_here_only(host: Any, *rest: Any, **more: Any) -> Any:
        check_here(host)
        return look_up(host, *rest, **more)

    def guarded(method: Any) -> Any:
        def connect_here_only(sock: socket.socket, address: Any) -> Any:
            if sock.family in (socket.AF_INET, socket.AF_INET6):
                check_here(address[0])
            return method(sock, address)

        return connect_here_only

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", look_up_here_only)
        patch.setattr(socket.socket, "connect", guarded(connect))
        patch.setattr(socket.socket, "connect_ex", guarded(connect_ex))
        yield


def check_here(host: str | bytes | None) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return
    try:
        here = ip_address(str(name)).is_loopback
    except ValueError:
        here = False
    if not here:
        pytest.fail(f"A test tried to reach {name}; only loopback is open to tests.")


@pytest.fixture(scope="session", autouse=True)
def clean_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Folders of the user and settings in the environment are those of a new account."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(("QUOTH_", "OPENAI_")):
                patch.delenv(name)
        patch.setenv("HOME", str(home))
        for kind in ("CACHE", "CONFIG", "DATA", "STATE"):
            patch.setenv(f"XDG_{kind}_HOME", str(home / kind.lower()))
        yield


@pytest.fixture(scope="session")
def empty_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where tests run."""
    return tmp_path_factory.mktemp("here")


@pytest.fixture(autouse=True)
def in_an_empty_folder(empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads a `.env` that lies where the tests were started."""
    monkeypatch.chdir(empty_folder)


@pytest.fixture(scope="session")
def papers_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four invented papers as JSON Lines."""
    path = tmp_path_factory.mktemp("papers") / "papers.jsonl"
    path.write_text("".join(json.dumps(paper) + "\n" for paper in PAPERS), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def library_folder(papers_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a library of the four; not to be changed."""
    folder = tmp_path_factory.mktemp("library")
    with Library.open(folder, Settings()) as library:
        library.add(papers_file)
    return folder


@pytest.fixture(scope="session")
def small_library(library_folder: Path) -> Iterator[Library]:
    """A library of the four; not to be changed."""
    with Library.open(library_folder, Settings()) as library:
        yield library


@pytest.fixture(scope="session")
def sample_library(clean_environment: None) -> Iterator[Library]:
    """The bundled sample."""
    with Library.open_sample(Settings()) as library:
        yield library
