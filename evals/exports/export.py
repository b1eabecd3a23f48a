"""What an export is: how a program writes papers, and what must be found in what it wrote."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from evals.exports.known import Carried, as_record
from evals.exports.papers import Paper
from vectorstore.records import Record

Kind = Literal["no letters", "control character", "torn", "too long", "no abstract"]


@dataclass(frozen=True, slots=True)
class Export:
    """One format, as one program writes it.

    Attributes:
        name: How it is called in tables.
        file: Name of the file, or of the folder where every paper has a file.
        entry: The text of one paper.
        carry: What the entry says; not asked for papers without an abstract.
        begin: The text in front of all entries.
        between: The text between two entries.
        end: The text behind all entries.
        encoding: Of the file, with its byte order mark where the program writes one.
        columns: Names to be given for fields: `{"Summary": "abstract"}`.
        leaves_out: Papers that the format cannot hold.
        tear: What a broken transfer, or a careless hand, makes of an entry; None where the format
            holds no torn entries.
        packing: How the file is packed, or whether it is a folder.
    """

    name: str
    file: str
    entry: Callable[[Paper], str]
    carry: Callable[[Paper], Carried]
    begin: str = ""
    between: str = ""
    end: str = ""
    encoding: str = "utf-8"
    columns: Mapping[str, str] = field(default_factory=dict)
    leaves_out: frozenset[Kind] = frozenset()
    tear: Callable[[str], str] | None = None
    packing: Literal["", "gzip", "zip", "folder"] = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A file on disk and what a reader must find in it.

    Attributes:
        path: Of the file or folder.
        size: In bytes, of all files.
        records: In the order of the file.
        skipped: How many have no abstract.
        rejected: How many cannot be used.
    """

    path: Path
    size: int
    records: tuple[Record, ...]
    skipped: int
    rejected: int


def write_export(export: Export, papers: Sequence[Paper], folder: Path) -> Written:
    """Writes the papers, and tells what must be found in them."""
    held = [paper for paper in papers if kind_of(paper) not in _left_out(export)]
    path = folder / export.file
    if export.packing == "folder":
        size = _write_files(export, held, path)
    else:
        _write_file(export, held, path)
        size = path.stat().st_size
    return Written(
        path=path,
        size=size,
        records=tuple(
            as_record(export.carry(paper), source_of(export, paper))
            for paper in held
            if kind_of(paper) is None
        ),
        skipped=sum(kind_of(paper) == "no abstract" for paper in held),
        rejected=sum(kind_of(paper) not in (None, "no abstract") for paper in held),
    )


def kind_of(paper: Paper) -> Kind | None:
    """Why no record can come of a paper; None where one must."""
    return paper.flaw or (None if paper.sections else "no abstract")


def source_of(export: Export, paper: Paper) -> str:
    """The name under which a reader shows the file that holds a paper."""
    inside = {"folder": f"/{file_name(paper)}", "zip": f"/{_member(export)}"}
    return export.file + inside.get(export.packing, "")


def file_name(paper: Paper) -> str:
    """The name of a paper's own file."""
    return f"{paper.number // 1000:02d}/{paper.number:05d}.txt"


def render(export: Export, papers: Sequence[Paper]) -> Iterator[str]:
    """The text of a file, piece by piece."""
    yield export.begin
    for place, paper in enumerate(papers):
        yield export.between if place else ""
        text = export.entry(paper)
        yield export.tear(text) if export.tear and paper.flaw == "torn" else text
    yield export.end


def _left_out(export: Export) -> frozenset[Kind]:
    return export.leaves_out if export.tear else export.leaves_out | {"torn"}


def _member(export: Export) -> str:
    return export.file.removesuffix(".zip")


def _write_file(export: Export, papers: Sequence[Paper], path: Path) -> None:
    encoded = _encode(render(export, papers), export.encoding)
    if export.packing == "gzip":
        with gzip.open(path, "wb", compresslevel=1) as packed:
            packed.writelines(encoded)
    elif export.packing == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(_member(export), b"".join(encoded))
    else:
        with path.open("wb") as plain:
            plain.writelines(encoded)


def _encode(pieces: Iterator[str], encoding: str) -> Iterator[bytes]:
    """The pieces as bytes, with one byte order mark at most."""
    first, later = encoding, {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(encoding, encoding)
    if encoding == "utf-16":
        yield b"\xff\xfe"
        first = later
    for place, piece in enumerate(pieces):
        yield piece.encode(later if place else first)


def _write_files(export: Export, papers: Sequence[Paper], folder: Path) -> int:
    size = 0
    for paper in papers:
        path = folder / file_name(paper)
        path.parent.mkdir(parents=True, exist_ok=True)
        size += path.write_bytes(export.entry(paper).encode(export.encoding))
    return size
