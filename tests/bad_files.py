"""Bad inputs that are large, binary or not files at all, made from short recipes; see ``data/bad/cases.toml``.

A recipe is a function of a path; it puts there what its name says. None holds anything of a real person.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import struct
import tarfile
import zipfile
from operator import methodcaller
from pathlib import Path

from crawl_file import row, text

__all__ = ["BOMB", "COLUMNS", "RECIPES", "good"]

BOMB = 4 * 2**20
"""Bytes that a bomb unpacks to; the test sets the limit below it."""

COLUMNS = [
    "title", "content", "label", "user_id", "like_count", "collect_count", "comment_count", "share_count",
    "create_time", "post_id",
]  # fmt: skip


def good(rows: int = 3, **cells) -> str:
    """A crawl without a fault; `cells` replace columns of its second row."""
    made = [row(user=i, post=i) for i in range(1, rows + 1)]
    made[min(1, rows - 1)] |= cells
    return text(made, COLUMNS)


def zipped(*members: tuple[str, str], method=zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


def damaged(packed: bytes) -> bytes:
    """With bytes in the middle turned round."""
    middle = len(packed) // 2
    return packed[:middle] + bytes(b ^ 0xFF for b in packed[middle : middle + 8]) + packed[middle + 8 :]


def gz_of_two_parts():
    head, rest = good().encode().split(b"\n", 1)
    return gzip.compress(head + b"\n") + gzip.compress(rest)


def zip_bomb_that_lies():
    """Both headers say that it unpacks to 100 bytes."""
    packed, size = zipped(("crawl.csv", "x" * BOMB)), struct.pack("<I", BOMB)
    assert packed.count(size) == 2
    return packed.replace(size, struct.pack("<I", 100))


def zip_locked():
    """The flag of encryption set in both headers, as an archive with a password has it."""
    packed = bytearray(zipped(("crawl.csv", good())))
    packed[6] |= 1
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(packed)


def zip_of_an_unknown_method():
    packed = bytearray(zipped(("crawl.csv", good())))
    for place in (8, packed.index(b"PK\x01\x02") + 10):
        packed[place : place + 2] = struct.pack("<H", 97)
    return bytes(packed)


def tar_gz():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        entry = tarfile.TarInfo("crawl.csv")
        entry.size = len(good())
        archive.addfile(entry, io.BytesIO(good().encode()))
    return out.getvalue()


def mixed_line_ends():
    first, second, third, fourth, _ = good().split("\n")
    return f"{first}\r\n{second}\n{third}\r{fourth}\r\n".encode()


def thin(rows: list[dict]) -> bytes:
    return text(rows, COLUMNS).encode()


def no_counts():
    blank = dict.fromkeys(("like_count", "collect_count", "comment_count", "share_count"), "")
    return thin([row(user=i, post=i, **blank) for i in range(12)])


CONTENTS = {
    # Encodings
    "utf16_with_mark": lambda: good().encode("utf-16"),
    "utf16_big_endian_with_mark": lambda: b"\xfe\xff" + good().encode("utf-16-be"),
    "utf16_without_mark": lambda: good().encode("utf-16-le"),
    "utf32": lambda: good().encode("utf-32"),
    "gbk": lambda: good(content="你好，小红书").encode("gbk"),
    "latin1": lambda: good(content="café à la crème").encode("latin-1"),
    "two_byte_order_marks": lambda: b"\xef\xbb\xbf" * 2 + good().encode(),
    "only_a_byte_order_mark": lambda: b"\xef\xbb\xbf",
    "cut_in_a_character": lambda: good(content="你好").encode().partition("好".encode())[0] + "好".encode()[:2],
    # NUL bytes and sizes
    "nul_in_a_row": lambda: good(title="a\0b").encode(),
    "nul_in_the_header": lambda: good().encode().replace(b"title", b"ti\0tle", 1),
    "nothing_but_nul": lambda: bytes(5000),
    "field_of_1_mb": lambda: good(content="a long text " * 90_000).encode(),
    "field_of_20_mb": lambda: good(content="x" * 20 * 2**20).encode(),
    "header_of_1_mb": lambda: b"x" * 2**20 + b"," + good().encode(),
    # Packed files
    "gz": lambda: gzip.compress(good().encode()),
    "gz_of_two_parts": gz_of_two_parts,
    "xz": lambda: lzma.compress(good().encode()),
    "zip_with_a_folder": lambda: zipped(
        ("folder/", ""), ("folder/crawl.CSV", good()), ("__MACOSX/folder/._crawl.csv", "x")
    ),
    "gz_cut_off": lambda: gzip.compress(good(50).encode())[:-40],
    "gz_damaged": lambda: damaged(gzip.compress(good(50).encode())),
    "gz_with_a_tail": lambda: gzip.compress(good().encode()) + b"tail",
    "gz_of_nothing": lambda: gzip.compress(b""),
    "gz_in_gz": lambda: gzip.compress(gzip.compress(good().encode())),
    "gz_bomb": lambda: gzip.compress(bytes(BOMB)),
    "xz_cut_off": lambda: lzma.compress(good(50).encode())[:-40],
    "xz_damaged": lambda: damaged(lzma.compress(good(50).encode())),
    "xz_bomb": lambda: lzma.compress(bytes(BOMB)),
    "zip_cut_off": lambda: zipped(("crawl.csv", good(50)))[:-40],
    "zip_damaged": lambda: damaged(zipped(("crawl.csv", good(50)))),
    "zip_bomb": lambda: zipped(("crawl.csv", "x" * BOMB)),
    "zip_bomb_that_lies": zip_bomb_that_lies,
    "zip_with_two_tables": lambda: zipped(("a.csv", good()), ("b.csv", good())),
    "zip_without_a_table": lambda: zipped(("readme.txt", "nothing")),
    "zip_of_nothing": lambda: zipped(),
    "zip_locked": zip_locked,
    "zip_of_an_unknown_method": zip_of_an_unknown_method,
    "bzip2": lambda: bz2.compress(good().encode()),
    "zstandard": lambda: b"\x28\xb5\x2f\xfd\x04\x00" + bytes(20),
    "seven_zip": lambda: b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(20),
    "tar_gz": tar_gz,
    # Files of other programs
    "excel": lambda: zipped(("[Content_Types].xml", "<Types/>"), ("xl/workbook.xml", "<workbook/>")),
    "old_excel": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "open_document": lambda: zipped(
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", "<x/>")
    ),
    "parquet": lambda: b"PAR1\x15\x04" + bytes(20) + b"PAR1",
    "sqlite": lambda: b"SQLite format 3\0" + bytes(100),
    "picture": lambda: b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(20),
    # Line ends (an editor or git would mend them in a file)
    "carriage_returns_alone": lambda: good().replace("\n", "\r").encode(),
    "mixed_line_ends": mixed_line_ends,
    # Crawls that can be read and hold little (their tables must come out)
    "one_row": lambda: thin([row()]),
    "one_user": lambda: thin([row(f"2025-01-{14 + i} 10:00", post=i) for i in range(8)]),
    "one_class": lambda: thin([row("2025-02-14 10:00", user=i, post=i) for i in range(12)]),
    "no_january": lambda: thin([row(f"2025-02-{14 + i % 9} 10:00", user=i % 12, post=i) for i in range(30)]),
    "no_february": lambda: thin([row(f"2025-01-{14 + i % 9} 10:00", user=i % 12, post=i) for i in range(30)]),
    "nobody_of_the_wave": lambda: thin(
        [row("2025-01-20 10:00", "2021-05-05 09:00", user=i, post=i) for i in range(12)]
    ),
    "no_text": lambda: thin([row(user=i, post=i, title="", content="", label="") for i in range(12)]),
    "no_counts": no_counts,
    "nothing_but_emoji": lambda: thin(
        [row(user=i, post=i, title="🐱", content="🐱🐶 [笑哭R]", label="🐱") for i in range(12)]
    ),
    "one_post_two_hundred_times": lambda: thin([row()] * 200),
}
"""By name: the bytes of a file."""

RECIPES = {
    "no_file": methodcaller("unlink", missing_ok=True),
    "directory": Path.mkdir,
    "fifo": os.mkfifo,
    "broken_link": methodcaller("symlink_to", "nowhere.csv"),
    "link_to_itself": lambda path: path.symlink_to(path.name),
    **{name: lambda path, made=made: path.write_bytes(made()) for name, made in CONTENTS.items()},
}
