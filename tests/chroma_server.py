"""A real Chroma server for tests: a process of its own, stopped and started on the same folder."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest


class ChromaServer:
    """A server on a folder.

    Attributes:
        port: Where it listens, also after it was started again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    def start(self) -> None:
        """Starts it; back once it answers."""
        script = shutil.which("chroma", path=str(Path(sys.executable).parent))
        assert script, "the chroma command comes with chromadb"
        command = [script, "run", "--path", str(self._folder), "--host", "127.0.0.1"]
        with (self._folder.parent / "chroma.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--port", str(self.port)], stdout=log, stderr=log, cwd=self._folder
            )
        wait_for_port(self.port)

    def stop(self) -> None:
        """Kills it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def address(self, name: str, port: int | None = None) -> str:
        """The address of a library on it, or by way of a proxy on another port."""
        return f"chroma://127.0.0.1:{port or self.port}/{name}"


@contextmanager
def running_chroma(folder: Path) -> Iterator[ChromaServer]:
    """A server while it is needed."""
    (folder / "data").mkdir(parents=True)
    server = ChromaServer(folder / "data")
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    """A server for tests that leave it running; each uses names of its own."""
    with running_chroma(tmp_path_factory.mktemp("chroma")) as server:
        yield server


class Proxy:
    """A TCP proxy before a server: what goes through can be delayed, kept back or looked at.

    Attributes:
        port: Where it listens.
        delay: Seconds that each piece of an answer is late.
        asked: First lines of the requests that went through.
        refuses: Whether a request without this text is answered by 401; None for no such thing.
    """

    def __init__(self, target: int, context: Any = None) -> None:
        self._target = target
        self._context = context
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self.delay = 0.0
        self.asked: list[bytes] = []
        self.refuses: bytes | None = None
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Listens no longer, and breaks off what goes through."""
        for open_one in (self._listening, *self._open):
            with suppress(OSError):
                open_one.shutdown(socket.SHUT_RDWR)
            open_one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        with suppress(OSError):
            if self._context is not None:
                near = self._context.wrap_socket(near, server_side=True)
            with near, socket.create_connection(("127.0.0.1", self._target)) as far:
                self._open += [near, far]
                answers = threading.Thread(target=self._answer, args=(far, near), daemon=True)
                answers.start()
                while data := near.recv(65536):
                    is_request = data.split(b" ", 1)[0] in (b"GET", b"POST", b"PUT", b"DELETE")
                    if is_request:
                        self.asked.append(data.split(b"\r\n", 1)[0])
                    if is_request and self.refuses and self.refuses not in data:
                        near.sendall(REFUSED)
                        return
                    far.sendall(data)

    def _answer(self, far: socket.socket, near: socket.socket) -> None:
        with suppress(OSError):
            while data := far.recv(65536):
                time.sleep(self.delay)
                near.sendall(data)


REFUSED = b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 6\r\nconnection: close\r\n\r\nDenied"


@contextmanager
def proxied(port: int, context: Any = None) -> Iterator[Proxy]:
    """A proxy before the server on a port; with TLS where there is a context."""
    proxy = Proxy(port, context)
    try:
        yield proxy
    finally:
        proxy.close()


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def wait_for_port(port: int, seconds: float = 30.0) -> None:
    """Back once somebody listens there."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    pytest.fail(f"Nothing listens on port {port} after {seconds:g} seconds.")
