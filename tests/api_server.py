"""The server of a library on loopback, in a thread, for tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from rag import Library
from ui.server import Guarding, address_of, create_app, listen


@contextmanager
def served(library: Library, page: Any = None, **guarding: Any) -> Iterator[str]:
    """The address of the API of a library, and of a page beside it, as long as it is needed."""
    app = create_app(library, page, guarding=Guarding(**guarding))
    with listen("127.0.0.1", 0) as bound:
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield address_of(bound)
        finally:
            server.should_exit = True
            thread.join()
