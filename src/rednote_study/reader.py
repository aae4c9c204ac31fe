"""A raw crawl file as a table of text, every row with its line number."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from rednote_study.errors import DataError
from rednote_study.unpacking import SAVE_AS, unpacked

__all__ = ["OPTIONAL", "REQUIRED", "RawFile", "read_raw"]

COUNTS = ("like_count", "collect_count", "comment_count", "share_count")
REQUIRED = ("title", "content", "label", "user_id", *COUNTS, "create_time", "post_id")
OPTIONAL = ("address", "user_name", "ip_location", "post_image", "post_type")
_SPELLINGS = {"ip_localtion": "ip_location", "image": "post_image", "type": "post_type"}

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
    _check_separator(path, re.split(r"[\r\n]", text, maxsplit=1)[0])
    old_limit = csv.field_size_limit(LARGEST_FIELD)
    try:
        return _rows(path, _records(path, text))
    finally:
        csv.field_size_limit(old_limit)


def _records(path: Path, text: str) -> Iterator[tuple[int, int, list[str]]]:
    """Each record of the text with its first and its last line."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
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


def _rows(path: Path, records: Iterator[tuple[int, int, list[str]]]) -> RawFile:
    names = _header(path, next(records, (1, 1, []))[2])
    known = [i for i, name in enumerate(names) if name in (*REQUIRED, *OPTIONAL)]
    kept, rejected = [], []
    for first, last, fields in records:
        if len(fields) != len(names) and fields:
            reach = f" (lines {first} to {last})" if last > first else ""
            rejected.append((first, f"has {len(fields)} fields, the header has {len(names)}{reach}"))
        elif any("\0" in field for field in fields):
            rejected.append((first, "holds a NUL byte"))
        elif fields:  # an empty line is no row
            kept.append((first, *(fields[i] for i in known)))
    if not kept and not rejected:
        raise DataError(f"{path} has a header and no rows. Is the crawl complete?")
    columns = [names[i] for i in known]
    rows = pd.DataFrame(kept, columns=["line", *columns]).astype({n: "str" for n in columns})
    return RawFile(rows, pd.DataFrame(rejected, columns=["line", "reason"]))


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


def _check_separator(path: Path, header: str) -> None:
    """Columns are separated by commas; name what stands there instead."""
    if re.fullmatch(r'"?sep=.?"?', header.strip(), re.I):
        raise DataError(f"{path}, line 1: {header.strip()!r} is a mark for Excel. Remove this line. {SAVE_AS}")
    if header.strip() and header.count(",") == 0:
        mark = next((m for m in (";", "\t", "|") if m in header), None)
        advice = f"it looks separated by {mark!r}" if mark else "no comma found"
        raise DataError(f"{path}, line 1: expected columns separated by commas; {advice}. {SAVE_AS}")


def _text(path: Path) -> str:
    content = unpacked(path)
    if b"\0" in re.split(rb"[\r\n]", content, maxsplit=1)[0]:
        raise DataError(f"{path}, line 1: NUL bytes in the header; perhaps UTF-16 without its mark. {SAVE_AS}")
    try:
        return content.decode("utf-8").lstrip("\ufeff")
    except UnicodeDecodeError as error:
        line = 1 + len(re.findall(rb"\r\n|\r|\n", content[: error.start]))
        if error.reason == "unexpected end of data":
            raise DataError(
                f"{path}, line {line}: the file ends in the middle of a character; it was cut off."
                " Get it again, or remove its last row."
            ) from None
        if b"\0" in content[:4096]:
            raise DataError(f"{path} is not a text file. {SAVE_AS}") from None
        raise DataError(f"{path}, line {line}: not UTF-8 text (perhaps GBK). {SAVE_AS}") from None
