"""The bytes of a crawl file, unpacked; what no reader here can read is refused by its name."""

from __future__ import annotations

import contextlib
import gzip
import io
import lzma
import os
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

from rednote_study.datasets.sources import JOIN
from rednote_study.errors import DataError

LARGEST_UNPACKED = 2**30
"""Bytes that a packed file may unpack to: millions of posts, and less than a bomb."""

SAVE_AS = "Save it as CSV in UTF-8 and try again."
_UNPACK = "Unpack it, or pack it with gzip, xz or zip."
_PACKED = {b"\x1f\x8b": "gzip", b"\xfd7zXZ": "xz", b"PK\x03\x04": "zip", b"PK\x05\x06": "zip"}
_NAMES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson")
_BINARY = {b"PAR1": "parquet", b"SQLite format 3": "sqlite"}
_REFUSED = {
    b"ARROW1": f"is an Arrow (Feather) file, which is not read here. {SAVE_AS}",
    b"\xd0\xcf\x11\xe0": f"is an old Excel file, which is not read here. {SAVE_AS}",
    b"\x89HDF": f"is an HDF5 file, which is not read here. {SAVE_AS}",
    b"%PDF": f"is a PDF file, which is not read here. {SAVE_AS}",
    b"\xff\xfe\0\0": f"is text in UTF-32. {SAVE_AS}",
    b"BZh": f"is packed with bzip2, which is not read here. {_UNPACK}",
    b"\x28\xb5\x2f\xfd": f"is packed with Zstandard, which is not read here. {_UNPACK}",
    b"7z\xbc\xaf\x27\x1c": f"is packed with 7-Zip, which is not read here. {_UNPACK}",
    b"Rar!": f"is packed with RAR, which is not read here. {_UNPACK}",
    b"\x04\x22\x4d\x18": f"is packed with LZ4, which is not read here. {_UNPACK}",
    b"version https://git-lfs": "is a Git LFS pointer, not the file itself. Get the file: `git lfs pull`.",
}
_DAMAGE = (
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
"""What gzip, lzma and zipfile raise on damaged files."""


def kind_of(path: Path) -> str:
    """What a file is: ``parquet``, ``sqlite``, ``excel``, or ``text``, which may be packed.

    Raises
    ------
    DataError
        If there is no such file, or it cannot be read.
    """
    start = _bytes(path, 16)
    if start.startswith(b"PK"):
        with contextlib.suppress(*_DAMAGE), zipfile.ZipFile(path) as archive:
            if "[Content_Types].xml" in archive.namelist():
                if sum(entry.file_size for entry in archive.infolist()) > LARGEST_UNPACKED:
                    raise DataError(_too_large(path))
                return "excel"
    return next((kind for magic, kind in _BINARY.items() if start.startswith(magic)), "text")


def content_of(path: Path, *, pieces: bool = False) -> BinaryIO:
    """The text of a file as a stream of bytes: the file itself, or what is in a gzip, xz or zip archive with one table.

    Parameters
    ----------
    path : pathlib.Path
    pieces : bool
        Refuse what is packed, which is unpacked in memory.

    Raises
    ------
    DataError
        If there is no such file, it cannot be read, unpacks to more than `LARGEST_UNPACKED` bytes, or is known to be
        something else than text.
    """
    start = _bytes(path, 4096)
    if not (kind := _packing(start)):
        _refuse(path, start if start.strip(b"\0 \t\r\n") else _bytes(path))
        return path.open("rb")
    if pieces:
        raise DataError(f"{path} is packed with {kind}; data of this size are read piece by piece. Unpack it first.")
    content = _unpack(path, _bytes(path), kind)
    if _packing(content):
        raise DataError(f"{path} is packed twice. Unpack it once and try again.")
    _refuse(path, content)
    return io.BytesIO(content)


def check_file(path: Path) -> None:
    """Refuse what is no file that can be read.

    Raises
    ------
    DataError
        As :func:`content_of`, of the file but not of what stands in it.
    """
    _bytes(path, 1)


def _bytes(path: Path, most: int = -1) -> bytes:
    try:
        if path.is_dir():
            raise DataError(f"{path} is a folder; name the CSV file in it. {JOIN}")
        if path.is_symlink() and not path.exists():
            raise DataError(f"{path} is a link to {os.readlink(path)}, which does not exist.")
        if path.exists() and not path.is_file():  # a pipe would be waited for, a device never ends
            raise DataError(f"{path} is not a regular file; save what it gives to a file and name that.")
        with path.open("rb") as file:
            return file.read(most)
    except FileNotFoundError:
        raise DataError(f"There is no file {path}.") from None
    except PermissionError:
        raise DataError(f"{path} cannot be read: you lack the right to. Ask its owner, or `chmod u+r` it.") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}.") from None
    except MemoryError:
        raise DataError(f"{path} does not fit into this machine's memory.") from None


def _packing(content: bytes) -> str | None:
    return next((name for magic, name in _PACKED.items() if content.startswith(magic)), None)


def _unpack(path: Path, content: bytes, kind: str) -> bytes:
    try:
        if kind == "zip":
            return _unzip(path, content)
        opener = gzip.open if kind == "gzip" else lzma.open
        with opener(io.BytesIO(content)) as file:
            return _limited(path, file)
    except _DAMAGE:
        raise DataError(f"{path} cannot be read: it is a damaged or incomplete {kind} file. Get it again.") from None
    except MemoryError:
        raise DataError(f"{path} unpacks to more than fits into this machine's memory.") from None


def _unzip(path: Path, content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        if {"mimetype", "content.xml"} <= set(names):
            raise DataError(f"{path} is an OpenDocument file, which is not read here. {SAVE_AS}")
        tables = [n for n in names if n.lower().endswith(_NAMES) and not n.startswith("__MACOSX")]
        if len(tables) != 1:
            several = f" {JOIN}" if tables else ""
            raise DataError(
                f"{path} holds {len(tables)} CSV files; expected one. Unpack it and name the file.{several}"
            )
        entry = archive.getinfo(tables[0])
        if entry.flag_bits & 1:
            raise DataError(f"{path} is locked with a password. Unpack it and name the CSV file.")
        if entry.file_size > LARGEST_UNPACKED:  # what the archive says of itself; it may lie
            raise DataError(_too_large(path))
        with archive.open(entry) as file:
            return _limited(path, file)


def _limited(path: Path, file: BinaryIO) -> bytes:
    content = file.read(LARGEST_UNPACKED + 1)
    if len(content) > LARGEST_UNPACKED:
        raise DataError(_too_large(path))
    return content


def _too_large(path: Path) -> str:
    return (
        f"{path} unpacks to more than {LARGEST_UNPACKED / 2**20:,.0f} MiB, which is refused because it may be a trap."
        " If you trust it, unpack it yourself and name the CSV file."
    )


def _refuse(path: Path, content: bytes) -> None:
    """Name what the content is, where it is known not to be a table of text."""
    for magic, what in _REFUSED.items():
        if content.startswith(magic):
            raise DataError(f"{path} {what}")
    if not content.removeprefix(b"\xef\xbb\xbf").strip():
        raise DataError(f"{path} is empty. Is the download or the crawl complete?")
    if not content.strip(b"\0"):
        raise DataError(f"{path} holds nothing but NUL bytes; it was not written to its end. Get it again.")
    if content[257:262] == b"ustar":
        raise DataError(f"{path} is a tar archive, which is not read here. Unpack it and name the CSV file.")
    start = content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if re.match(rb"<(!doctype html|html|head|body|script|!--)|<\?xml.*<html", start, re.S):
        raise DataError(
            f"{path} is a web page (HTML), often an error or login page saved in place of the file. Download it again."
        )
    if start.startswith(b"<?xml"):
        raise DataError(f"{path} is XML, which is not read here. {SAVE_AS}")
