"""What the tests run under: no way out of this machine, nothing of the user's own."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from rag.config import read_settings


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "localhost.example.org"])
def test_no_test_reaches_another_machine(host: str) -> None:
    told = f"A test tried to reach {host}; only loopback is open to tests."
    with pytest.raises(pytest.fail.Exception, match=told):
        socket.create_connection((host, 80))


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_no_socket_connects_to_another_machine(family: socket.AddressFamily) -> None:
    host = "192.0.2.1" if family == socket.AF_INET else "2001:db8::1"
    with socket.socket(family) as plain:
        with pytest.raises(pytest.fail.Exception):
            plain.connect((host, 80))
        with pytest.raises(pytest.fail.Exception):
            plain.connect_ex((host, 80))


def test_loopback_and_local_sockets_stay_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1])).close()
    left, right = socket.socketpair()
    left.close()
    right.close()


def test_settings_and_folders_are_those_of_a_new_account(empty_folder: Path) -> None:
    assert not [name for name in os.environ if name.startswith("QUOTH_")]
    assert Path(os.environ["HOME"]) in read_settings().library.parents
    assert Path.cwd() == empty_folder
