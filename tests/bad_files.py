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
from pathlib import Path

from crawl_file import row, text

__all__ = ["BOMB", "COLUMNS", "RECIPES", "good"]

BOMB = 4 * 2**20
"""Bytes that a bomb unpacks to; the test sets the limit below it."""

COLUMNS = [
    "title", "content", "label", "user_id", "like_count", "collect_count", "comment_count", "share_count",
    "create_time", "post_id",
]  # fmt: skip
RECIPES = {}


def good(rows: int = 3, **cells) -> str:
    """A crawl without a fault; `cells` replace columns of its second row."""
    made = [row(user=i, post=i) for i in range(1, rows + 1)]
    made[min(1, rows - 1)] |= cells
    return text(made, COLUMNS)


def recipe(function):
    RECIPES[function.__name__] = function
    return function


def content_of(function):
    """A recipe that writes the bytes its function returns."""
    RECIPES[function.__name__] = lambda path: path.write_bytes(function())
    return function


# What is no file -----------------------------------------------------------------------------------------------


@recipe
def no_file(path: Path):
    path.unlink(missing_ok=True)


@recipe
def directory(path: Path):
    path.mkdir()


@recipe
def fifo(path: Path):
    os.mkfifo(path)


@recipe
def broken_link(path: Path):
    path.symlink_to("nowhere.csv")


@recipe
def link_to_itself(path: Path):
    path.symlink_to(path.name)


# Encodings -----------------------------------------------------------------------------------------------------


@content_of
def utf16_with_mark():
    return good().encode("utf-16")


@content_of
def utf16_big_endian_with_mark():
    return b"\xfe\xff" + good().encode("utf-16-be")


@content_of
def utf16_without_mark():
    return good().encode("utf-16-le")


@content_of
def utf32():
    return good().encode("utf-32")


@content_of
def gbk():
    return good(content="你好，小红书").encode("gbk")


@content_of
def latin1():
    return good(content="café à la crème").encode("latin-1")


@content_of
def two_byte_order_marks():
    return b"\xef\xbb\xbf" * 2 + good().encode()


@content_of
def only_a_byte_order_mark():
    return b"\xef\xbb\xbf"


@content_of
def cut_in_a_character():
    return good(content="你好").encode().partition("好".encode())[0] + "好".encode()[:2]


# NUL bytes and sizes -------------------------------------------------------------------------------------------


@content_of
def nul_in_a_row():
    return good(title="a\0b").encode()


@content_of
def nul_in_the_header():
    return good().encode().replace(b"title", b"ti\0tle", 1)


@content_of
def nothing_but_nul():
    return bytes(5000)


@content_of
def field_of_1_mb():
    return good(content="a long text " * 90_000).encode()


@content_of
def field_of_20_mb():
    return good(content="x" * 20 * 2**20).encode()


@content_of
def header_of_1_mb():
    return b"x" * 2**20 + b"," + good().encode()


# Packed files --------------------------------------------------------------------------------------------------


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


@content_of
def gz():
    return gzip.compress(good().encode())


@content_of
def gz_of_two_parts():
    head, rest = good().encode().split(b"\n", 1)
    return gzip.compress(head + b"\n") + gzip.compress(rest)


@content_of
def xz():
    return lzma.compress(good().encode())


@content_of
def zip_with_a_folder():
    return zipped(("folder/", ""), ("folder/crawl.CSV", good()), ("__MACOSX/folder/._crawl.csv", "x"))


@content_of
def gz_cut_off():
    return gzip.compress(good(50).encode())[:-40]


@content_of
def gz_damaged():
    return damaged(gzip.compress(good(50).encode()))


@content_of
def gz_with_a_tail():
    return gzip.compress(good().encode()) + b"tail"


@content_of
def gz_of_nothing():
    return gzip.compress(b"")


@content_of
def gz_in_gz():
    return gzip.compress(gzip.compress(good().encode()))


@content_of
def gz_bomb():
    return gzip.compress(bytes(BOMB))


@content_of
def xz_cut_off():
    return lzma.compress(good(50).encode())[:-40]


@content_of
def xz_damaged():
    return damaged(lzma.compress(good(50).encode()))


@content_of
def xz_bomb():
    return lzma.compress(bytes(BOMB))


@content_of
def zip_cut_off():
    return zipped(("crawl.csv", good(50)))[:-40]


@content_of
def zip_damaged():
    return damaged(zipped(("crawl.csv", good(50))))


@content_of
def zip_bomb():
    return zipped(("crawl.csv", "x" * BOMB))


@content_of
def zip_bomb_that_lies():
    """Both headers say that it unpacks to 100 bytes."""
    packed, size = zipped(("crawl.csv", "x" * BOMB)), struct.pack("<I", BOMB)
    assert packed.count(size) == 2
    return packed.replace(size, struct.pack("<I", 100))


@content_of
def zip_with_two_tables():
    return zipped(("a.csv", good()), ("b.csv", good()))


@content_of
def zip_without_a_table():
    return zipped(("readme.txt", "nothing"))


@content_of
def zip_of_nothing():
    return zipped()


@content_of
def zip_locked():
    """The flag of encryption set in both headers, as an archive with a password has it."""
    packed = bytearray(zipped(("crawl.csv", good())))
    packed[6] |= 1
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(packed)


@content_of
def zip_of_an_unknown_method():
    packed = bytearray(zipped(("crawl.csv", good())))
    for place in (8, packed.index(b"PK\x01\x02") + 10):
        packed[place : place + 2] = struct.pack("<H", 97)
    return bytes(packed)


@content_of
def bzip2():
    return bz2.compress(good().encode())


@content_of
def zstandard():
    return b"\x28\xb5\x2f\xfd\x04\x00" + bytes(20)


@content_of
def seven_zip():
    return b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(20)


@content_of
def tar_gz():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        entry = tarfile.TarInfo("crawl.csv")
        entry.size = len(good())
        archive.addfile(entry, io.BytesIO(good().encode()))
    return out.getvalue()


# Files of other programs ---------------------------------------------------------------------------------------


@content_of
def excel():
    return zipped(("[Content_Types].xml", "<Types/>"), ("xl/workbook.xml", "<workbook/>"))


@content_of
def old_excel():
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@content_of
def open_document():
    return zipped(("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", "<x/>"))


@content_of
def parquet():
    return b"PAR1\x15\x04" + bytes(20) + b"PAR1"


@content_of
def sqlite():
    return b"SQLite format 3\0" + bytes(100)


@content_of
def picture():
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(20)


# Line ends (an editor or git would mend them in a file) --------------------------------------------------------


@content_of
def carriage_returns_alone():
    return good().replace("\n", "\r").encode()


@content_of
def mixed_line_ends():
    first, second, third, fourth, _ = good().split("\n")
    return f"{first}\r\n{second}\n{third}\r{fourth}\r\n".encode()


# Crawls that can be read and hold little (their tables must come out) -------------------------------------------


def thin(rows: list[dict]) -> bytes:
    return text(rows, COLUMNS).encode()


@content_of
def one_row():
    return thin([row()])


@content_of
def one_user():
    return thin([row(f"2025-01-{14 + i} 10:00", post=i) for i in range(8)])


@content_of
def one_class():
    return thin([row("2025-02-14 10:00", user=i, post=i) for i in range(12)])


@content_of
def no_january():
    return thin([row(f"2025-02-{14 + i % 9} 10:00", user=i % 12, post=i) for i in range(30)])


@content_of
def no_february():
    return thin([row(f"2025-01-{14 + i % 9} 10:00", user=i % 12, post=i) for i in range(30)])


@content_of
def nobody_of_the_wave():
    return thin([row("2025-01-20 10:00", "2021-05-05 09:00", user=i, post=i) for i in range(12)])


@content_of
def no_text():
    return thin([row(user=i, post=i, title="", content="", label="") for i in range(12)])


@content_of
def no_counts():
    blank = dict.fromkeys(("like_count", "collect_count", "comment_count", "share_count"), "")
    return thin([row(user=i, post=i, **blank) for i in range(12)])


@content_of
def nothing_but_emoji():
    return thin([row(user=i, post=i, title="🐱", content="🐱🐶 [笑哭R]", label="🐱") for i in range(12)])


@content_of
def one_post_two_hundred_times():
    return thin([row()] * 200)
