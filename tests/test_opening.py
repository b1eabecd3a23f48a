"""What a user names: files, folders, archives, standard input; and archives made to do harm."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
import tarfile
import tracemalloc
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vectorstore.readers import Item, Note, archives, packing, read
from vectorstore.readers.archives import OFFICE
from vectorstore.readers.packing import FREE_BYTES, Allowance, BombError, DamagedError, bounded
from vectorstore.records import Record, RejectedRecord

BEES = b"Abstract: Bees dance."
MOTHS = b"Abstract: Moths rest."
MEGABYTE = 1_000_000
LINKS = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")


def pack(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def read_archive(folder: Path, content: bytes, name: str = "export.zip") -> list[Item]:
    return list(read(write(folder / name, content)))


def found(items: list[Item]) -> dict[str, str]:
    return {item.sources[0]: item.abstract for item in items if isinstance(item, Record)}


def rejections(items: list[Item]) -> list[tuple[str, str, str]]:
    return [
        (item.source, item.where, item.reason) for item in items if isinstance(item, RejectedRecord)
    ]


def notes(items: list[Item]) -> list[tuple[str, str]]:
    return [(item.source, item.reason) for item in items if isinstance(item, Note)]


@contextmanager
def within(megabytes: float, seconds: float) -> Iterator[None]:
    tracemalloc.start()
    start = monotonic()
    yield
    assert monotonic() - start < seconds
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < megabytes * MEGABYTE


# Folders.


def test_files_of_a_folder_are_read_in_order_at_any_depth(tmp_path: Path) -> None:
    papers = tmp_path / "papers"
    for name in ("b.txt", "2024/z.txt", "2024/a.txt", "2023/deep/c.txt"):
        write(papers / name, f"Abstract: Bees of {name}.".encode())
    assert list(found(list(read(papers)))) == [
        "papers/b.txt",
        "papers/2023/deep/c.txt",
        "papers/2024/a.txt",
        "papers/2024/z.txt",
    ]


def test_a_folder_may_be_named_otherwise(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", BEES)
    assert list(found(list(read(tmp_path, source="mine")))) == ["mine/a.txt"]


def test_what_is_hidden_or_a_systems_own_is_left_out(tmp_path: Path) -> None:
    for name in (".hidden.txt", ".git/a.txt", "__MACOSX/a.txt", "a/.b/c.txt", "a/d.txt"):
        write(tmp_path / name, BEES)
    items = list(read(tmp_path))
    assert list(found(items)) == [f"{tmp_path.name}/a/d.txt"]
    assert len(items) == 1


@pytest.mark.parametrize("inside", [(), (".hidden",), ("__MACOSX/a.txt",), ("a/b/.c",)])
def test_a_folder_without_files_is_a_rejection(tmp_path: Path, inside: tuple[str, ...]) -> None:
    for name in inside:
        write(tmp_path / name, BEES)
    reason = "is a folder without files"
    assert list(read(tmp_path)) == [RejectedRecord(tmp_path.name, "whole file", reason)]


def test_packed_files_and_archives_in_a_folder_are_read(tmp_path: Path) -> None:
    write(tmp_path / "a.gz", gzip.compress(BEES))
    write(tmp_path / "b.zip", pack({"c.txt": MOTHS}))
    name = tmp_path.name
    assert found(list(read(tmp_path))) == {
        f"{name}/a.gz": "Bees dance.",
        f"{name}/b.zip/c.txt": "Moths rest.",
    }


def test_what_is_no_abstract_in_a_folder_is_left_out_with_a_note(tmp_path: Path) -> None:
    write(tmp_path / "paper.pdf", b"%PDF-1.7 ...")
    write(tmp_path / "a.txt", BEES)
    items = list(read(tmp_path))
    assert len(found(items)) == 1
    advice = "export the papers in one of the formats that Quoth reads: BibTeX, RIS, CSV, JSON"
    reason = f"left out: is a PDF, not text; {advice}"
    assert notes(items) == [(f"{tmp_path.name}/paper.pdf", reason)]
    assert rejections(items) == []


@LINKS
def test_links_to_folders_are_not_followed_and_noted(tmp_path: Path) -> None:
    papers, outside = tmp_path / "papers", tmp_path / "outside"
    write(papers / "a.txt", BEES)
    write(outside / "b.txt", MOTHS)
    (papers / "circle").symlink_to(papers)
    (papers / "door").symlink_to(outside)
    (papers / "file.txt").symlink_to(outside / "b.txt")
    (papers / "gone").symlink_to(outside / "none.txt")
    items = list(read(papers))
    assert list(found(items)) == ["papers/a.txt", "papers/file.txt"]
    assert notes(items) == [
        ("papers/circle", "left out: is a link to a folder"),
        ("papers/door", "left out: is a link to a folder"),
        ("papers/gone", "left out: is a link to nothing"),
    ]
    assert len(items) == 5


@LINKS
def test_a_link_to_itself_is_left_out(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", BEES)
    (tmp_path / "b").symlink_to("c")
    (tmp_path / "c").symlink_to("b")
    items = list(read(tmp_path))
    assert len(found(items)) == 1
    assert [item.source for item in items[1:]] == [  # type: ignore[union-attr]
        f"{tmp_path.name}/b",
        f"{tmp_path.name}/c",
    ]


@LINKS
def test_a_folder_named_by_a_link_is_read(tmp_path: Path) -> None:
    write(tmp_path / "papers" / "a.txt", BEES)
    (tmp_path / "door").symlink_to(tmp_path / "papers")
    assert list(found(list(read(tmp_path / "door")))) == ["door/a.txt"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_in_a_folder_is_left_out_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reason = "left out: is not a regular file"
    assert list(read(tmp_path)) == [Note(f"{tmp_path.name}/pipe", "whole file", reason)]


def test_a_file_and_a_folder_that_may_not_be_read_cost_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.txt", "b.txt", "closed/c.txt", "open/d.txt"):
        write(tmp_path / name, BEES)
    open_path, scan = Path.open, os.scandir

    def open_some(path: Path, *args: object, **options: object) -> object:
        if path.name == "a.txt":
            raise PermissionError(13, "Permission denied")
        return open_path(path, *args, **options)  # type: ignore[call-overload]

    def scan_some(path: Path) -> object:
        if path.name == "closed":
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(Path, "open", open_some)
    monkeypatch.setattr(os, "scandir", scan_some)
    items = list(read(tmp_path))
    name, reason = tmp_path.name, "cannot be opened (Permission denied)"
    assert list(found(items)) == [f"{name}/b.txt", f"{name}/open/d.txt"]
    assert rejections(items) == [
        (f"{name}/a.txt", "whole file", reason),
        (f"{name}/closed", "whole file", reason),
    ]


def test_names_in_a_folder_are_shown_without_what_cannot_be_shown(tmp_path: Path) -> None:
    write(tmp_path / "a\nb" / "c\u202ed.txt", BEES)
    assert list(found(list(read(tmp_path)))) == [f"{tmp_path.name}/a\\nb/c\\u202ed.txt"]


def test_a_very_deep_folder_is_read(tmp_path: Path) -> None:
    folders = [tmp_path / "top"]
    while len(folders) < 1_200:
        folders.append(folders[-1] / "a")
    try:
        for folder in folders:
            folder.mkdir()
    except OSError:
        pytest.skip("this system has no folders so deep")
    path = folders[-1] / "b.txt"
    path.write_bytes(BEES)
    assert list(found(list(read(folders[0]))).values()) == ["Bees dance."]
    path.unlink()
    for folder in reversed(folders):  # Removing a tree recurses too deep in some Pythons.
        folder.rmdir()


# Gzip.


def test_several_gzip_members_in_a_row_are_one_file(tmp_path: Path) -> None:
    content = gzip.compress(BEES + b"\n") + gzip.compress(MOTHS) + b"\x00" * 512
    items = read_archive(tmp_path, content, "a.gz")
    assert [item.abstract for item in items if isinstance(item, Record)] == [
        "Bees dance.",
        "Moths rest.",
    ]
    assert len(items) == 2


def test_what_stands_before_garbage_behind_gzip_is_read(tmp_path: Path) -> None:
    content = gzip.compress(b'{"abstract": "Bees dance."}\n') + b"garbage"
    record, rejection = read_archive(tmp_path, content, "a.gz")
    assert isinstance(record, Record)
    reason = (
        "could not be read to its end (Error -3 while decompressing data: incorrect header check)"
    )
    assert rejection == RejectedRecord("a.gz", "whole file", reason)


def test_gzip_whose_sum_is_wrong_is_said_to_be_damaged(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(b'{"abstract": "Bees dance."}\n'))
    packed[-8:-4] = b"\x00" * 4
    reason = (
        "could not be read to its end (Error -3 while decompressing data: incorrect data check)"
    )
    items = read_archive(tmp_path, bytes(packed), "a.gz")
    assert items == [RejectedRecord("a.gz", "whole file", reason)]


def test_gzip_members_without_content_and_long_headers_take_little_time(tmp_path: Path) -> None:
    named = b"\x1f\x8b\x08\x08" + bytes(6) + b"a" * 10 * MEGABYTE + b"\x00"
    content = gzip.compress(b"") * 20_000 + named + gzip.compress(BEES)[10:]
    with within(megabytes=20, seconds=5):
        items = read_archive(tmp_path, content, "a.gz")
    assert found(items) == {"a.gz": "Bees dance."}


@pytest.mark.parametrize("kept", [2, 5, 12])
def test_gzip_cut_off_at_its_start_is_a_rejection(tmp_path: Path, kept: int) -> None:
    reason = (
        "could not be read to its end "
        "(Compressed file ended before the end-of-stream marker was reached)"
    )
    items = read_archive(tmp_path, gzip.compress(BEES)[:kept], "a.gz")
    assert items == [RejectedRecord("a.gz", "whole file", reason)]


def test_packed_nothing_is_empty(tmp_path: Path) -> None:
    (item,) = read_archive(tmp_path, gzip.compress(b""), "a.gz")
    assert isinstance(item, RejectedRecord)
    assert item.reason.startswith("is empty; expected ")


def test_a_gzip_bomb_is_broken_off(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with gzip.open(stream, "wb") as packed:
        for _ in range(200):
            packed.write(b"a" * MEGABYTE)
    assert len(stream.getvalue()) < MEGABYTE // 4
    with within(megabytes=20, seconds=10):
        items = read_archive(tmp_path, stream.getvalue(), "a.gz")
    reason = "it unpacks to more than 50,000,000 bytes, over 100 times its size"
    expected = f"could not be read to its end ({reason})"
    assert items == [RejectedRecord("a.gz", "whole file", expected)]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (gzip.compress(gzip.compress(BEES)), "is packed with gzip twice"),
        (gzip.compress(pack({"a.txt": BEES})), "is an archive in an archive"),
        (lzma.compress(BEES), "is packed with xz"),
        (bz2.compress(BEES), "is packed with bzip2"),
        (b"\x28\xb5\x2f\xfd text", "is packed with zstd"),
        (b"7z\xbc\xaf\x27\x1c text", "is a 7z archive"),
        (b"Rar!\x1a\x07 text", "is a RAR archive"),
    ],
)
def test_other_packings_are_named(tmp_path: Path, content: bytes, kind: str) -> None:
    reason = f"{kind}; unpack it first"
    assert read_archive(tmp_path, content, "a") == [RejectedRecord("a", "whole file", reason)]


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_tar_archive_is_named(tmp_path: Path, mode: str) -> None:
    write(tmp_path / "a.txt", BEES)
    with tarfile.open(tmp_path / "a.tar", mode) as archive:  # type: ignore[call-overload]
        archive.add(tmp_path / "a.txt", "a.txt")
    reason = "is a tar archive; unpack it first"
    assert list(read(tmp_path / "a.tar")) == [RejectedRecord("a.tar", "whole file", reason)]


# Zip archives.


def test_members_are_named_behind_their_archive(tmp_path: Path) -> None:
    items = read_archive(tmp_path, pack({"inner.txt": BEES, "2024/b.txt": MOTHS}))
    assert found(items) == {
        "export.zip/inner.txt": "Bees dance.",
        "export.zip/2024/b.txt": "Moths rest.",
    }


def test_an_archive_is_known_by_its_content(tmp_path: Path) -> None:
    content = pack({"a.txt": BEES}, zipfile.ZIP_STORED)
    assert list(found(read_archive(tmp_path, content, "a.bib"))) == ["a.bib/a.txt"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "../../etc/passwd"),
        ("/etc/passwd", "/etc/passwd"),
        ("..\\..\\passwd", "..\\..\\passwd"),
        ("a\\b.txt", "a\\b.txt"),
        ("C:\\a.txt", "C:\\a.txt"),
        ("a\n\x1b[2J\u202eb.txt", "a\\n\\x1b[2J\\u202eb.txt"),
        ("a" * 60_000, "…" + "a" * 299),
    ],
)
def test_names_in_an_archive_are_shown_never_used(tmp_path: Path, name: str, shown: str) -> None:
    folder = tmp_path / "deep" / "deeper"
    assert found(read_archive(folder, pack({name: BEES}))) == {f"export.zip/{shown}": "Bees dance."}
    assert list(tmp_path.rglob("*")) == [folder.parent, folder, folder / "export.zip"]


def test_a_name_that_is_no_utf8_though_it_says_so_is_damage(tmp_path: Path) -> None:
    content = pack({"é.txt": BEES}).replace("é".encode(), b"\xff\xfe")
    ((source, where, reason),) = rejections(read_archive(tmp_path, content))
    assert (source, where) == ("export.zip", "whole file")
    assert reason.startswith("is a zip archive that is cut off or damaged ('utf-8' codec ")


def test_a_name_that_differs_from_the_one_in_the_list_is_damage(tmp_path: Path) -> None:
    content = pack({"é.txt": BEES, "b.txt": MOTHS}).replace("é".encode(), b"\xff\xfe", 1)
    items = read_archive(tmp_path, content)
    assert found(items) == {"export.zip/b.txt": "Moths rest."}
    ((source, where, reason),) = rejections(items)
    assert (source, where) == ("export.zip/é.txt", "whole file")
    assert reason.startswith("could not be read to its end ('utf-8' codec can't decode byte 0xff")


def test_what_is_hidden_in_an_archive_is_left_out(tmp_path: Path) -> None:
    members = ["__MACOSX/a.txt", ".hidden.txt", "a/.b/c.txt", "a\\.b", "a/", "d.txt"]
    items = read_archive(tmp_path, pack({name: BEES for name in members}))
    assert list(found(items)) == ["export.zip/d.txt"]
    assert len(items) == 1


@pytest.mark.parametrize("members", [{}, {"a/": b""}, {"__MACOSX/a": b"a"}])
def test_an_archive_without_files_is_a_rejection(tmp_path: Path, members: dict[str, bytes]) -> None:
    reason = "is a zip archive without files"
    items = read_archive(tmp_path, pack(members))
    assert items == [RejectedRecord("export.zip", "whole file", reason)]


def test_a_link_in_an_archive_is_no_more_than_its_text(tmp_path: Path) -> None:
    write(tmp_path / "secret.txt", BEES)
    link = zipfile.ZipInfo("link.txt")
    link.external_attr = 0o120777 << 16
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(link, "secret.txt")
    ((source, reason),) = notes(read_archive(tmp_path, stream.getvalue()))
    assert source == "export.zip/link.txt"
    assert "too short for an abstract (9 letters; at least 60)" in reason


def test_members_that_need_unpacking_first_are_rejections(tmp_path: Path) -> None:
    stream = io.BytesIO(pack({"a.zip": pack({"b": BEES}), "b.xz": lzma.compress(BEES)}))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("c.txt", BEES, zipfile.ZIP_LZMA)
        archive.writestr("d.txt", MOTHS)
    items = read_archive(tmp_path, stream.getvalue())
    assert found(items) == {"export.zip/d.txt": "Moths rest."}
    method = "is packed by another method than deflate; unpack the archive first"
    assert rejections(items) == [
        ("export.zip/a.zip", "whole file", "is an archive in an archive; unpack it first"),
        ("export.zip/b.xz", "whole file", "is packed with xz; unpack it first"),
        ("export.zip/c.txt", "whole file", method),
    ]


def test_an_encrypted_member_is_a_rejection(tmp_path: Path) -> None:
    content = bytearray(pack({"a.txt": BEES}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(mark) + place] |= 1
    reason = "is encrypted; unpack the archive first"
    items = read_archive(tmp_path, bytes(content))
    assert items == [RejectedRecord("export.zip/a.txt", "whole file", reason)]


def test_gzip_in_an_archive_is_unpacked(tmp_path: Path) -> None:
    items = read_archive(tmp_path, pack({"a.txt.gz": gzip.compress(BEES)}))
    assert found(items) == {"export.zip/a.txt.gz": "Bees dance."}


OFFICE_FILES = [
    pack({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}),
    pack(
        {"mimetype": b"application/vnd.oasis.opendocument.text", "META-INF/manifest.xml": b""},
        zipfile.ZIP_STORED,
    ),
]


@pytest.mark.parametrize("content", OFFICE_FILES)
def test_an_office_document_is_named(tmp_path: Path, content: bytes) -> None:
    items = read_archive(tmp_path, content, "a.docx")
    assert items == [RejectedRecord("a.docx", "whole file", OFFICE)]


@pytest.mark.parametrize("content", OFFICE_FILES)
def test_an_office_document_beside_exports_is_left_out(tmp_path: Path, content: bytes) -> None:
    stored = pack({"a.docx": content, "b.txt": BEES})
    items = read_archive(tmp_path, stored)
    assert list(found(items)) == ["export.zip/b.txt"]
    assert notes(items) == [("export.zip/a.docx", f"left out: {OFFICE}")]
    assert rejections(items) == []


def test_an_archive_cut_off_is_a_rejection(tmp_path: Path) -> None:
    reason = "is a zip archive that is cut off or damaged (File is not a zip file)"
    items = read_archive(tmp_path, pack({"a.txt": BEES})[:-10])
    assert items == [RejectedRecord("export.zip", "whole file", reason)]


def test_a_damaged_member_costs_nothing_else(tmp_path: Path) -> None:
    content = pack({"a.txt": BEES, "b.txt": MOTHS}, zipfile.ZIP_STORED)
    items = read_archive(tmp_path, content.replace(b"Bees", b"Wasp", 1))
    assert found(items) == {"export.zip/b.txt": "Moths rest."}
    reason = "could not be read to its end (Bad CRC-32 for file 'a.txt')"
    assert rejections(items) == [("export.zip/a.txt", "whole file", reason)]


def test_too_many_members_are_a_rejection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBERS", 3)
    items = read_archive(tmp_path, pack({f"{number}.txt": BEES for number in range(4)}))
    reason = "holds 4 files; expected at most 3"
    assert items == [RejectedRecord("export.zip", "whole file", reason)]


def test_a_giant_list_of_members_is_not_read(tmp_path: Path) -> None:
    one = pack({"a" * 100: b""})
    start, end = one.find(b"PK\x01\x02"), one.find(b"PK\x05\x06")
    listed = one[start:end] * 60_000
    tail = bytearray(one[end:])
    tail[12:16] = len(listed).to_bytes(4, "little")
    content = one[:start] + listed + bytes(tail)
    del listed
    path = write(tmp_path / "export.zip", content)
    with within(megabytes=20, seconds=5):
        items = list(read(path))
    reason = "lists its files in over 5,000,000 bytes; expected at most 10,000 files"
    assert items == [RejectedRecord("export.zip", "whole file", reason)]


@pytest.mark.parametrize("twice", [False, True])
def test_a_zip_bomb_is_broken_off(tmp_path: Path, twice: bool) -> None:
    bomb = b"a" * (FREE_BYTES + MEGABYTE)
    content = pack({"a.txt": gzip.compress(bomb) if twice else bomb, "b.txt": BEES, "c": MOTHS})
    del bomb
    assert len(content) < MEGABYTE // 4
    path = write(tmp_path / "export.zip", content)
    with within(megabytes=20, seconds=10):
        items = list(read(path))
    reason = "it unpacks to more than 50,000,000 bytes, over 100 times its size"
    assert rejections(items) == [
        ("export.zip/a.txt", "whole file", f"could not be read to its end ({reason})"),
        ("export.zip", "a.txt", "is broken off there; 2 more files were not read"),
    ]
    assert len(items) == 2


def test_members_are_bounded_in_total(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "FREE_BYTES", MEGABYTE)
    line = b'{"abstract": "Bees dance."}\n'
    content = pack({f"{number}.jsonl": line + b" " * 10_000 for number in range(1_000)})
    monkeypatch.setattr(packing, "MAX_RATIO", 1)
    items = read_archive(tmp_path, content)
    assert len(found(items)) == 99
    reason = "it unpacks to more than 1,000,000 bytes, over 1 times its size"
    assert rejections(items) == [
        ("export.zip/99.jsonl", "whole file", f"could not be read to its end ({reason})"),
        ("export.zip", "99.jsonl", "is broken off there; 900 more files were not read"),
    ]


def test_members_that_overlap_are_bounded_in_total(tmp_path: Path) -> None:
    one = pack({"a.jsonl": b'{"abstract": "Bees dance."}\n' + b" " * 10 * MEGABYTE})
    start, end = one.find(b"PK\x01\x02"), one.find(b"PK\x05\x06")
    tail = bytearray(one[end:])
    tail[8:12] = (1_000).to_bytes(2, "little") * 2
    tail[12:16] = ((end - start) * 1_000).to_bytes(4, "little")
    content = one[:start] + one[start:end] * 1_000 + bytes(tail)
    with within(megabytes=30, seconds=20):
        items = read_archive(tmp_path, content)
    assert len([item for item in items if isinstance(item, Record)]) <= 5
    assert rejections(items)


def test_reading_again_costs_nothing() -> None:
    allowance = Allowance(0)
    for _ in range(3):
        stream = bounded(io.BytesIO(b"a" * FREE_BYTES), allowance)
        assert len(stream.read()) == FREE_BYTES
    with pytest.raises(BombError):
        bounded(io.BytesIO(b"a"), allowance, part=1).read()


def test_gzip_in_an_archive_is_bounded_though_nothing_comes_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "FREE_BYTES", MEGABYTE)
    content = pack({"a.gz": gzip.compress(b"", mtime=0) * 60_000})
    monkeypatch.setattr(packing, "MAX_RATIO", 1)
    reason = "it unpacks to more than 1,000,000 bytes, over 1 times its size"
    items = read_archive(tmp_path, content)
    expected = f"could not be read to its end ({reason})"
    assert items == [RejectedRecord("export.zip/a.gz", "whole file", expected)]


def test_whatever_goes_wrong_in_unpacking_is_damage_behind_what_was_unpacked() -> None:
    class Broken(io.BytesIO):
        def read1(self, size: int | None = -1) -> bytes:
            piece = super().read1(size)
            if not piece:
                raise ValueError("no such code")
            return piece

    stream = bounded(Broken(b"Bees"), Allowance(0))
    assert stream.read(100) == b"Bees"
    for _ in range(2):
        with pytest.raises(DamagedError, match=r"^no such code$"):
            stream.read(100)


def test_a_bounded_stream_can_be_wrapped() -> None:
    stream = bounded(io.BytesIO("Größe\nzwei".encode()), Allowance(0))
    assert list(io.TextIOWrapper(stream, "utf-8")) == ["Größe\n", "zwei"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(
    st.sampled_from(
        [
            pack({"a.txt": BEES, "é/b.jsonl": b'{"abstract": "Moths."}' * 9}),
            pack({"a.txt": BEES}, zipfile.ZIP_STORED),
            gzip.compress(BEES),
            pack({"a.gz": gzip.compress(BEES)}),
        ]
    ),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6),
    st.floats(0.5, 1),
)
def test_no_damage_makes_reading_fail_or_vanish(
    tmp_path: Path, content: bytes, changes: list[tuple[float, int]], kept: float
) -> None:
    damaged = bytearray(content[: int(len(content) * max(kept, 0.9 if changes else 0))])
    for place, value in changes:
        damaged[int(place * (len(damaged) - 1))] = value
    assert read_archive(tmp_path, bytes(damaged))


# Standard input.

PROGRAM = """
import sys
from pathlib import Path
from vectorstore.readers import read
for item in read(Path("-")):
    print(type(item).__name__, item.sources[0] if hasattr(item, "sources") else item.source)
"""


@pytest.mark.parametrize(
    ("content", "source"),
    [
        (BEES, "standard input"),
        (gzip.compress(BEES), "standard input"),
        (pack({"a.txt": BEES}), "standard input/a.txt"),
    ],
)
def test_standard_input_is_read(content: bytes, source: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=content, capture_output=True, check=True
    )
    assert ended.stdout.decode().strip() == f"Record {source}"


def test_an_empty_standard_input_is_a_rejection() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=b"", capture_output=True, check=True
    )
    assert ended.stdout.decode().strip() == "RejectedRecord standard input"


@pytest.mark.parametrize("how", ["terminal", "closed", "none"])
def test_where_nothing_is_piped_in_the_way_is_shown(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.TextIOWrapper(io.BytesIO(BEES))
    monkeypatch.setattr(stream, "isatty", lambda: how == "terminal")
    if how == "closed":
        stream.close()
    monkeypatch.setattr(sys, "stdin", None if how == "none" else stream)
    reason = "nothing is piped in; expected, for instance: quoth add - < export.bib"
    assert list(read(Path("-"))) == [RejectedRecord("standard input", "whole file", reason)]


def test_a_disk_that_is_full_is_a_rejection(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BEES)))
    monkeypatch.setattr("shutil.copyfileobj", fail)
    reason = "could not be read to its end (No space left on device)"
    assert list(read(Path("-"))) == [RejectedRecord("standard input", "whole file", reason)]


def test_nothing_is_left_of_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BEES)))
    assert list(found(list(read(Path("-"))))) == ["standard input"]
    assert list(tmp_path.iterdir()) == []
