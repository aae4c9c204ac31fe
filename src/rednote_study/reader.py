"""A raw crawl file as a table of text, every row with its line number."""

from __future__ import annotations

import csv
import gzip
import io
import lzma
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from rednote_study.errors import DataError

__all__ = ["OPTIONAL", "REQUIRED", "RawFile", "read_raw"]

COUNTS = ("like_count", "collect_count", "comment_count", "share_count")
REQUIRED = ("title", "content", "label", "user_id", *COUNTS, "create_time", "post_id")
OPTIONAL = ("address", "user_name", "ip_location", "post_image", "post_type")
_SPELLINGS = {"ip_localtion": "ip_location", "image": "post_image", "type": "post_type"}

LARGEST_FIELD = 16 * 2**20
_SAVE_AS = "Save it as CSV in UTF-8 and try again."
_REFUSED = {
    b"PAR1": "is a Parquet file, which is not read here.",
    b"\xd0\xcf\x11\xe0": "is an old Excel file, which is not read here.",
    b"\xff\xfe": "is text in UTF-16.",
    b"\xfe\xff": "is text in UTF-16.",
    b"SQLite format 3": "is an SQLite database, which is not read here.",
}


@dataclass(frozen=True)
class RawFile:
    """What stands in a raw file.

    Attributes
    ----------
    rows : pandas.DataFrame
        One row a data row: ``line`` (int, 1-based, where the row begins) and one
        text column for each column of the file, in the study's spelling.
    rejected : pandas.DataFrame
        Rows that are not rows: ``line`` and ``reason``.
    """

    rows: pd.DataFrame
    rejected: pd.DataFrame


def read_raw(path: str | Path) -> RawFile:
    """Read a crawl from a CSV file, plain or packed with gzip, xz or zip.

    Parameters
    ----------
    path : str or pathlib.Path
        UTF-8 text with a header line; see `REQUIRED` and `OPTIONAL` for its columns.

    Raises
    ------
    DataError
        If the file as a whole cannot be read; single broken rows are set aside.
    """
    path = Path(path)
    text = _text(path)
    _check_separator(path, text.split("\n", 1)[0])
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    old_limit = csv.field_size_limit(LARGEST_FIELD)
    try:
        return _rows(path, reader)
    except csv.Error as error:
        raise DataError(
            f"{path}, line {reader.line_num}: {error}. Most often a quotation mark is opened and never closed;"
            " look at the last complete row before this line."
        ) from None
    finally:
        csv.field_size_limit(old_limit)


def _rows(path: Path, reader) -> RawFile:
    names = _header(path, next(reader, None))
    kept, rejected, line = [], [], reader.line_num + 1
    for fields in reader:
        if len(fields) != len(names) and fields:
            rejected.append((line, f"has {len(fields)} fields, the header has {len(names)}"))
        elif any("\0" in field for field in fields):
            rejected.append((line, "holds a NUL byte"))
        elif fields:  # an empty line is no row
            kept.append((line, *fields))
        line = reader.line_num + 1
    if not kept and not rejected:
        raise DataError(f"{path} has a header and no rows. Is the crawl complete?")
    return RawFile(frame(kept, names), pd.DataFrame(rejected, columns=["line", "reason"]))


def frame(rows: list[tuple], names: list[str]) -> pd.DataFrame:
    """Rows of a line number and text cells as a table."""
    line, *cells = zip(*rows, strict=True) if rows else [()] * (len(names) + 1)
    table = pd.DataFrame({i: pd.Series(column, dtype="str") for i, column in enumerate(cells)})
    table.insert(0, "line", pd.Series(line, dtype="int64"))
    return table.set_axis(["line", *names], axis="columns")  # a name may stand twice


def _header(path: Path, fields: list[str] | None) -> list[str]:
    if not fields or not any(f.strip() for f in fields):
        raise DataError(f"{path} is empty or begins with an empty line; expected a header with the columns' names.")
    names = [_SPELLINGS.get(f.strip().lower(), f.strip().lower()) for f in fields]
    missing = [c for c in REQUIRED if c not in names]
    if missing:
        raise DataError(
            f"{path}, line 1: no column {', '.join(missing)}. Found: {', '.join(names)}."
            " Rename the columns to the names in data/README.md."
        )
    doubled = [n for n, k in Counter(names).items() if k > 1 and n in (*REQUIRED, *OPTIONAL)]
    if doubled:
        raise DataError(f"{path}, line 1: more than one column {', '.join(doubled)}. Remove all but one.")
    return names


def _check_separator(path: Path, header: str) -> None:
    """Columns are separated by commas; name what stands there instead."""
    if header.strip() and header.count(",") == 0:
        mark = next((m for m in (";", "\t", "|") if m in header), None)
        advice = f"it looks separated by {mark!r}" if mark else "no comma found"
        raise DataError(f"{path}, line 1: expected columns separated by commas; {advice}. {_SAVE_AS}")


def _text(path: Path) -> str:
    content = _bytes(path)
    for magic, what in _REFUSED.items():
        if content.startswith(magic):
            raise DataError(f"{path} {what} {_SAVE_AS}")
    if not content.strip():
        raise DataError(f"{path} is empty. Is the download or the crawl complete?")
    if b"\0" in content.split(b"\n", 1)[0]:
        raise DataError(f"{path}, line 1: NUL bytes in the header; perhaps UTF-16 without its mark. {_SAVE_AS}")
    try:
        return content.decode("utf-8").lstrip("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path}, line {line}: not UTF-8 text (perhaps GBK). {_SAVE_AS}") from None


def _bytes(path: Path) -> bytes:
    if path.is_dir():
        raise DataError(f"{path} is a folder; name the CSV file in it.")
    try:
        content = path.read_bytes()
        if content.startswith(b"\x1f\x8b"):
            return gzip.decompress(content)
        if content.startswith(b"\xfd7zXZ"):
            return lzma.decompress(content)
        return _unzip(path, content) if content.startswith(b"PK\x03\x04") else content
    except FileNotFoundError:
        raise DataError(f"There is no file {path}.") from None
    except (OSError, EOFError, lzma.LZMAError, zipfile.BadZipFile, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}.") from None


def _unzip(path: Path, content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        if "[Content_Types].xml" in names:
            raise DataError(f"{path} is an Excel file, which is not read here. {_SAVE_AS}")
        tables = [n for n in names if n.lower().endswith(".csv") and not n.startswith("__MACOSX")]
        if len(tables) != 1:
            raise DataError(f"{path} holds {len(tables)} CSV files; expected one. Unpack it and name the file.")
        return archive.read(tables[0])
