"""Coverage-guided fuzzing of one reader: `python tests/fuzz/fuzz_reader.py FORMAT --seconds 600`.

Needs atheris (Linux only). FORMAT is the name of a module in `vectorstore/readers`, or `any` for
the one that the content tells. Starts from small exports; what breaks a promise is made as small as
it can be and kept in `tests/fuzz/cases/FORMAT/`, where the ordinary tests read it again. Prints one
line and ends with exit code 1 where anything was found.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import tokens

CASES = Path(__file__).parent / "cases"
MAX_BYTES = 8192
SECONDS_AN_INPUT = 10
MEGABYTES = 2048
MAX_FINDINGS = 10
MAX_SHRINKING_SECONDS = 60
INSTRUMENTED = ["vectorstore.readers", "bibtexparser", "rispy", "defusedxml", "ijson"]


@dataclass
class Run:
    """What one start of the fuzzer did."""

    executions: int = 0
    coverage: int = 0
    broken: bytes | None = None
    raised: bool = False
    told: str = ""


def fuzz(target: str, known: Path, arguments: list[str]) -> None:
    """Runs until something new is found or time is up; never returns."""
    import atheris

    with atheris.instrument_imports(include=INSTRUMENTED):
        from checked_reading import check_reading
    passed_over = set(known.read_text().split("\n"))

    def test_one_input(content: bytes) -> None:
        try:
            check_reading(content, target)
        except Exception as error:
            if signature(error) not in passed_over:
                raise

    atheris.Setup([sys.argv[0], *arguments], test_one_input)
    atheris.Fuzz()


def signature(error: BaseException) -> str:
    """What tells one finding from another: the kind of error and the place where it was raised."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"


def run_target(target: str, seconds: float) -> tuple[Run, list[str]]:
    """All executions, the most coverage, and what was found, until the time is up."""
    from checked_reading import seeds

    total, found = Run(), list[str]()
    ends = time.monotonic() + seconds
    with TemporaryDirectory(prefix="quoth-fuzz-") as name:
        folder = Path(name)
        (folder / "corpus").mkdir()
        for place, content in enumerate(seeds(target)):
            (folder / "corpus" / f"seed-{place}").write_bytes(content)
        (folder / "tokens").write_text(tokens.dictionary(target))
        while (left := ends - time.monotonic()) >= 1 and len(found) < MAX_FINDINGS:
            (folder / "known").write_text("\n".join(found))
            run = start(target, folder, int(left))
            total.executions += run.executions
            total.coverage = max(total.coverage, run.coverage)
            if run.broken is None:
                total.told = run.told
                break
            found.append(keep(target, run))
    return total, found


def start(target: str, folder: Path, seconds: int) -> Run:
    """One start of the fuzzer in a process of its own, for it ends the process that it runs in."""
    command = [
        sys.executable, __file__, target, "--known", str(folder / "known"), "--fuzz",
        f"-max_total_time={seconds}", f"-max_len={MAX_BYTES}", f"-timeout={SECONDS_AN_INPUT}",
        f"-rss_limit_mb={MEGABYTES}", f"-dict={folder / 'tokens'}", "-print_final_stats=1",
        f"-artifact_prefix={folder}/broken-", str(folder / "corpus"),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, check=False)
    told = (done.stdout + done.stderr).decode(errors="replace")
    broken = next(iter(folder.glob("broken-*")), None)
    run = Run(
        executions=_last(r"stat::number_of_executed_units: (\d+)", told) or _last(r"#(\d+)", told),
        coverage=_last(r"cov: (\d+)", told),
        broken=broken.read_bytes() if broken else None,
        raised=broken is not None and "crash" in broken.name,
        told=told if done.returncode else "",
    )
    if broken:
        broken.unlink()
    return run


def keep(target: str, run: Run) -> str:
    """Writes the input, as small as it can be made, and gives the signature of what it does."""
    assert run.broken is not None
    said = find_signature(target, run.broken) if run.raised else None
    smallest = run.broken
    if said:
        smallest = shrink(run.broken, lambda content: find_signature(target, content) == said)
    folder = CASES / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha256(smallest).hexdigest()[:12]).write_bytes(smallest)
    return said or f"too slow or too large ({len(smallest):,} bytes)"


def find_signature(target: str, content: bytes) -> str | None:
    """What an input does, outside of the fuzzer; None where it raises nothing."""
    from checked_reading import check_reading

    try:
        check_reading(content, target)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        return signature(error)
    return None


def shrink(content: bytes, still: Callable[[bytes], bool]) -> bytes:
    """The content without all that can be cut out of it, piece by piece, ever smaller ones."""
    ends = time.monotonic() + MAX_SHRINKING_SECONDS
    size = max(1, len(content) // 2)
    while size and time.monotonic() < ends:
        place, before = 0, len(content)
        while place < len(content) and time.monotonic() < ends:
            shorter = content[:place] + content[place + size :]
            content, place = (shorter, place) if still(shorter) else (content, place + size)
        if len(content) == before:
            size //= 2
    return content


def _last(pattern: str, text: str) -> int:
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def main() -> int:
    """Fuzz one reader, or be the process in which that happens."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("target", metavar="FORMAT", choices=tokens.TARGETS)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--known", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--fuzz", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.fuzz is not None:
        fuzz(given.target, given.known, given.fuzz)
    total, found = run_target(given.target, given.seconds)
    sys.stdout.write(
        f"{given.target:<14}{total.executions:>10,} executions {total.coverage:>6,} edges "
        f"{len(found):>3} findings{''.join(f'; {said}' for said in found)}\n"
    )
    if total.told:
        sys.stderr.write(total.told[-2000:])
    return 1 if found or total.told else 0


if __name__ == "__main__":
    sys.exit(main())
