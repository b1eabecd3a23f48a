"""The page on this machine: `python -m ui [FOLDER] [PORT]`."""

from __future__ import annotations

import sys

from rag import Library
from ui.app import build_page
from ui.look import presentation


def main() -> None:
    """Serves a library, or the bundled sample."""
    folder = sys.argv[1] if len(sys.argv) > 1 else ""
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 7860
    with Library.open(folder) if folder else Library.open_sample() as library:
        build_page(library).launch(
            server_name="127.0.0.1", server_port=port, share=False, **presentation()
        )


if __name__ == "__main__":
    main()
