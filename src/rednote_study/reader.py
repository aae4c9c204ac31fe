"""A raw crawl file as a table of text, every row with its line number."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pandas as pd

from rednote_study.errors import DataError
from rednote_study.unpacking import SAVE_AS, check_head, unpacked

__all__ = ["COUNTS", "OPTIONAL", "REQUIRED", "Batch", "RawFile", "column_names", "read_batches", "read_raw"]

COUNTS = ("like_count", "collect_count", "comment_count", "share_count")
REQUIRED = ("title", "content", "label", "user_id", *COUNTS, "create_time", "post_id")
OPTIONAL = ("address", "user_name", "ip_location", "post_image", "post_type")
_SPELLINGS = {"ip_localtion": "ip_location", "image": "post_image", "type": "post_type"}

_NULS = "NUL bytes in the header; perhaps UTF-16 without its mark."
LARGEST_FIELD = 16 * 2**20
_IDENTIFIER = re.compile(r'(?m)(?:^|,)"?[0-9a-fA-F]{24}"?(?=,|\r?$)')


@dataclass(frozen=True)
class RawFile:
    """What stands in a raw file.

    Attributes
    ----------
    rows : pandas.DataFrame
        One row a data row: ``line`` (int, 1-based, where the row begins) and one
        text column for each known column of the file, in the study's spelling. Columns of
        other names are not read.
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
    _check_header(path, re.split(r"[\r\n]", text, maxsplit=1)[0])
    old_limit = csv.field_size_limit(LARGEST_FIELD)
    try:
        return _rows(path, _records(path, io.StringIO(text, newline="")))
    finally:
        csv.field_size_limit(old_limit)


def read_batches(path: Path, size: int) -> Iterator[Batch]:
    """Read a plain CSV file of any size, so many rows at a time; the same rows and messages as :func:`read_raw`.

    Raises
    ------
    DataError
        As :func:`read_raw`, where it comes to it; and for a packed file, which would have to be unpacked in memory.
    """
    check_head(path)
    old_limit = csv.field_size_limit(LARGEST_FIELD)
    anything = False
    try:
        with path.open(encoding="utf-8", newline="") as file:
            header = file.readline().lstrip("\ufeff")
            _check_header(path, header.rstrip("\r\n"))
            for batch in _batches(path, _records(path, itertools.chain([header], file)), size):
                if batch.kept or batch.rejected:
                    anything = True
                    yield batch
    except UnicodeDecodeError:
        with path.open("rb") as file:
            raise _not_utf8(path, file) from None
    finally:
        csv.field_size_limit(old_limit)
    if not anything:
        raise DataError(f"{path} has a header and no rows. Is the crawl complete?")


def _records(path: Path, lines: Iterable[str]) -> Iterator[tuple[int, int, list[str]]]:
    """Each record of the text with its first and its last line."""
    reader = csv.reader(lines, strict=True)
    first = 1
    try:
        for fields in reader:
            last = reader.line_num
            if last > first and any(len(_IDENTIFIER.findall(f)) > 1 for f in fields):
                raise DataError(
                    f"{path}, line {first}: a quotation mark swallows the rows up to line {last}."
                    ' Close it, or write each quotation mark inside a text twice ("").'
                )
            yield first, last, fields
            first = last + 1
    except csv.Error as error:
        raise DataError(
            f"{path}, line {first}: {error}. Most often a quotation mark is opened in this row and never closed, or"
            ' stands single inside a text (write it twice: ""). If the file was cut off, remove this row.'
        ) from None


@dataclass
class Batch:
    """Some rows of a file: what is kept (line and cells of `columns`) and what is rejected (line and reason)."""

    columns: list[str]
    kept: list[tuple]
    rejected: list[tuple[int, str]]

    def tables(self) -> RawFile:
        """The same as tables of text."""
        line, *cells = zip(*self.kept, strict=True) if self.kept else [()] * (len(self.columns) + 1)
        rows = {"line": pd.Series(line, dtype="int64")}
        rows |= {n: pd.Series(c, dtype="str") for n, c in zip(self.columns, cells, strict=True)}
        return RawFile(pd.DataFrame(rows), pd.DataFrame(self.rejected, columns=["line", "reason"]))


def _rows(path: Path, records: Iterator[tuple[int, int, list[str]]]) -> RawFile:
    (batch,) = _batches(path, records, None)
    if not batch.kept and not batch.rejected:
        raise DataError(f"{path} has a header and no rows. Is the crawl complete?")
    return batch.tables()


def _batches(path: Path, records: Iterator[tuple[int, int, list[str]]], size: int | None) -> Iterator[Batch]:
    names = next(records, (1, 1, []))[2]
    known = column_names(path, names)
    columns = list(known.values())
    batch = Batch(columns, [], [])
    for first, last, fields in records:
        if len(fields) != len(names) and fields:
            reach = f" (lines {first} to {last})" if last > first else ""
            batch.rejected.append((first, f"has {len(fields)} fields, the header has {len(names)}{reach}"))
        elif any("\0" in field for field in fields):
            batch.rejected.append((first, "holds a NUL byte"))
        elif fields:  # an empty line is no row
            batch.kept.append((first, *(fields[i] for i in known)))
        if len(batch.kept) + len(batch.rejected) == size:
            yield batch
            batch = Batch(columns, [], [])
    yield batch


def column_names(path: Path, fields: list[str]) -> dict[int, str]:
    """Positions of the columns that are read, and their names in the study's spelling.

    Raises
    ------
    DataError
        If a column lacks or stands twice.
    """
    return {i: name for i, name in enumerate(_header(path, fields)) if name in (*REQUIRED, *OPTIONAL)}


def _header(path: Path, fields: list[str]) -> list[str]:
    names = [f.replace("\ufeff", "").strip().lower() for f in fields]
    if not any(names):
        raise DataError(
            f"{path} begins with an empty line; expected a header with the columns' names. Remove the line."
        )
    names = [_SPELLINGS.get(n, n) for n in names]
    missing = [c for c in REQUIRED if c not in names]
    if len(missing) == len(REQUIRED):  # perhaps somebody's post: it is not repeated
        raise DataError(
            f"{path}, line 1: no header; none of the columns {', '.join(REQUIRED)} is named."
            " Add a first line with the names in data/README.md, or rename the columns."
        )
    if missing:
        found = ", ".join(n[:30] for n in names[:30])
        raise DataError(
            f"{path}, line 1: no column {', '.join(missing)}. Found: {found}."
            " Name the columns as data/README.md does, and add those that are not there."
        )
    doubled = [n for n, k in Counter(names).items() if k > 1 and n in (*REQUIRED, *OPTIONAL)]
    if doubled:
        raise DataError(f"{path}, line 1: more than one column {', '.join(doubled)}. Remove all but one.")
    return names


def _check_header(path: Path, header: str) -> None:
    """Columns are separated by commas; name what stands there instead."""
    if "\0" in header:
        raise DataError(f"{path}, line 1: {_NULS} {SAVE_AS}")
    if re.fullmatch(r'"?sep=.?"?', header.strip(), re.I):
        raise DataError(f"{path}, line 1: {header.strip()!r} is a mark for Excel. Remove this line. {SAVE_AS}")
    if header.strip() and header.count(",") == 0:
        mark = next((m for m in (";", "\t", "|") if m in header), None)
        advice = f"it looks separated by {mark!r}" if mark else "no comma found"
        raise DataError(f"{path}, line 1: expected columns separated by commas; {advice}. {SAVE_AS}")


def _text(path: Path) -> str:
    content = unpacked(path)
    try:
        return content.decode("utf-8").lstrip("\ufeff")
    except UnicodeDecodeError:
        raise _not_utf8(path, io.BytesIO(content)) from None


def _not_utf8(path: Path, file: BinaryIO) -> DataError:
    """What a file is that is not UTF-8, and in which line that is seen."""
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")(), translate=True)
    line, start = 1, file.read(4096)
    if b"\0" in re.split(rb"[\r\n]", start, maxsplit=1)[0]:
        return DataError(f"{path}, line 1: {_NULS} {SAVE_AS}")
    file.seek(0)
    try:
        while piece := file.read(2**20):
            line += decoder.decode(piece).count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        line += len(re.findall(rb"\r\n|\r|\n", error.object[: error.start]))
        if error.reason == "unexpected end of data":
            return DataError(
                f"{path}, line {line}: the file ends in the middle of a character; it was cut off."
                " Get it again, or remove its last row."
            )
    if b"\0" in start:
        return DataError(f"{path} is not a text file. {SAVE_AS}")
    return DataError(f"{path}, line {line}: not UTF-8 text (perhaps GBK). {SAVE_AS}")
