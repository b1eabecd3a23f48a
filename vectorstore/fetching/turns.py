"""Pauses between requests to a service; kept on disk, for all processes of a user share them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from vectorstore.fetching.options import FetchOptions
from vectorstore.fetching.service import Service


@contextmanager
def taking_turns(service: Service, options: FetchOptions) -> Iterator[None]:
    """Held during a request: one at a time, after the pause that the service asks for."""
    from filelock import FileLock

    options.folder.mkdir(parents=True, exist_ok=True)
    stamp = options.folder / f"{service.name.lower()}.last"
    with FileLock(stamp.with_suffix(".lock")):
        if stamp.exists():
            passed = options.clock() - stamp.stat().st_mtime
            # A clock that was put back must not make anybody wait for hours.
            remaining = min(service.pause - passed, service.pause)
            if remaining > 0:
                options.sleep(remaining)
        try:
            yield
        finally:
            now = options.clock()
            stamp.touch()
            os.utime(stamp, (now, now))
