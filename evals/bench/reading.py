"""`python -m evals.bench.reading FILE SMALL COLUMNS`: reads a file in a process of its own.

Prints, as JSON, how long that took and by how much the process grew over what it held after reading
SMALL, a file of the same format: what Python and the parsing library take anyway is left out.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections import deque
from pathlib import Path

from vectorstore.readers import read

STATUS = Path("/proc/self/status")


def peak_megabytes() -> float | None:
    """The most memory that this process ever held; None where the system does not say (Linux does).

    `getrusage` would do, did it not count what the parent held when it started this process.
    """
    if not STATUS.exists():
        return None
    found = re.search(r"VmHWM:\s*(\d+) kB", STATUS.read_text())
    return int(found.group(1)) / 1024 if found else None


def measure_reading(path: Path, small: Path, columns: dict[str, str]) -> dict[str, float | None]:
    """Seconds, and megabytes over reading the small file; what is read is let go at once."""
    deque(read(small, columns), maxlen=0)
    before = peak_megabytes()
    start = time.perf_counter()
    deque(read(path, columns), maxlen=0)
    seconds = time.perf_counter() - start
    after = peak_megabytes()
    grown = None if before is None or after is None else after - before
    return {"seconds": seconds, "memory_mb": grown}


if __name__ == "__main__":
    path, small, columns = sys.argv[1:]
    sys.stdout.write(json.dumps(measure_reading(Path(path), Path(small), json.loads(columns))))
