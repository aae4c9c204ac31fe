"""Tables in files: CSV, JSON, JSON lines, Excel, SQLite and Parquet as headings and rows, each read by its own reader."""

from __future__ import annotations

import codecs
import contextlib
import csv
import datetime as dt
import io
import itertools
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import duckdb

from rednote_study.crawl.crawlers import LISTS, crawlers, heading
from rednote_study.crawl.unpacking import SAVE_AS, content_of, kind_of
from rednote_study.errors import DataError
from rednote_study.system.engine import quoted

LARGEST_FIELD = 16 * 2**20
LARGEST_JSON = 2**29
"""Bytes of a JSON file that is one value, and has to be read at once."""
PEEKED = 100
"""Records of a JSON file whose keys are its headings."""

_NULS = "NUL bytes in the header; perhaps UTF-16 without its mark."
_IDENTIFIER = re.compile(r'(?m)(?:^|[,;\t])"?[0-9a-fA-F]{24}"?(?=[,;\t]|\r?$)')
_NESTED = re.compile(r"^(STRUCT|MAP|UNION)\(|\]$")  # DuckDB's names of what has no one text
_NUMBER = re.compile(r"[0-9]{1,9}|[0-9a-fA-F]{24}")
_BLANKS = re.compile(r"\s*")
_LONE_RETURN = "\ufdd0"
"""A noncharacter, for a carriage return inside a text of a file whose lines end with a line feed alone."""

Row = tuple[int, "list[str] | dict | str"]
"""Line, and cells, a record, or the reason why it is no row."""


@dataclass
class Table:
    """A table of a file.

    Attributes
    ----------
    container : str
        ``CSV, UTF-8`` and the like, for a reader.
    headings : list of str
        As they stand; of JSON the paths of the first records.
    rows : iterator
        Line (int) and cells (list of str), a record (dict) or, in a text, the reason why it is no row.
    name : str
        Of the sheet, or of the table in the database.
    """

    container: str
    headings: list[str]
    rows: Iterator[Row]
    name: str = ""
    types: dict[str, str] = field(default_factory=dict)


def tables(path: Path, *, pieces: bool = False) -> Iterator[Table]:
    """The tables of a file, in its order; rows are read when they are asked for, until the iterator is closed.

    Parameters
    ----------
    path : pathlib.Path
    pieces : bool
        Refuse what cannot be read piece by piece, in bounded memory.

    Raises
    ------
    DataError
        If the file cannot be read, also while its rows are.
    """
    kind = kind_of(path)
    if kind == "parquet":
        with contextlib.closing(duckdb.connect(config={"memory_limit": "1GB", "threads": 1})) as connection:
            yield _parquet(path, connection)
    elif kind == "sqlite":
        yield from _sqlite(path)
    elif kind == "excel":
        yield from _excel(path)
    else:
        with content_of(path, pieces=pieces) as file:
            if _is_json(file):
                yield _json(path, _in_utf8(path, file))
            else:
                yield from _csv(path, file)


def cell(value) -> str:
    """The text of a value, as it would stand in a CSV file."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime):  # a day's fraction in Excel misses the second by a hair
        return str((value + dt.timedelta(milliseconds=500)).replace(microsecond=0))
    if isinstance(value, list):
        return "#".join(filter(None, map(cell, value)))
    return str(value)


# Text ----------------------------------------------------------------------------------------------------------


def _csv(path: Path, file: BinaryIO) -> Iterator[Table]:
    encoding = _encoding(path, file)
    how = {"encoding": encoding, "errors": "surrogatepass" if encoding.startswith("utf") else "strict"}
    try:
        text = io.TextIOWrapper(file, newline="", **how)
        header = text.readline()
        separator = _separator(path, header.strip("\ufeff\r\n"))
        text.detach().seek(0)
        # Zeeschuimer puts a text with a carriage return alone into no quotation marks
        returns = separator == ";" and header.endswith("\n") and not header.endswith("\r\n")
        with io.TextIOWrapper(file, newline="\n" if returns else "", **how) as text:
            text.read(len(header) - len(header.lstrip("\ufeff")))
            lines = (line.replace("\r", _LONE_RETURN) for line in text) if returns else text
            records = _records(path, lines, separator)
            headings = next(records, (1, 1, []))[2]
            names = {"utf-8": "UTF-8", "utf-16": "UTF-16", "gb18030": "GB18030"}
            told = {",": "", ";": ", semicolons", "\t": ", tabs"}[separator]
            yield Table(f"CSV{told}, {names[encoding]}", headings, _rows(path, file, records, len(headings)))
    except UnicodeDecodeError:
        raise _not_text(path, file) from None


def _rows(path: Path, file: BinaryIO, records: Iterator, width: int) -> Iterator[Row]:
    try:
        for first, last, fields in records:
            if len(fields) != width and fields:
                reach = f" (lines {first} to {last})" if last > first else ""
                yield first, f"has {len(fields)} fields, the header has {width}{reach}"
            elif fields:  # an empty line is no row
                yield first, [f.replace(_LONE_RETURN, "\r") for f in fields]
    except UnicodeDecodeError:
        raise _not_text(path, file) from None


def _records(path: Path, lines: Iterable[str], separator: str) -> Iterator[tuple[int, int, list[str]]]:
    """Each record of the text with its first and its last line."""
    reader = csv.reader(lines, strict=True, delimiter=separator)
    first = 1
    try:
        while True:
            limit = csv.field_size_limit(LARGEST_FIELD)
            try:
                fields = next(reader, None)
            finally:
                csv.field_size_limit(limit)
            if fields is None:
                return
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


def _separator(path: Path, header: str) -> str:
    """What stands between the columns: a comma, a semicolon or a tab."""
    if "\0" in header:
        raise DataError(f"{path}, line 1: {_NULS} {SAVE_AS}")
    if re.fullmatch(r'"?sep=.?"?', header.strip(), re.I):
        raise DataError(f"{path}, line 1: {header.strip()!r} is a mark for Excel. Remove this line. {SAVE_AS}")
    separator = max(",;\t", key=header.count)
    if header.strip() and separator not in header:
        advice = "it looks separated by '|'" if "|" in header else "no comma found"
        raise DataError(f"{path}, line 1: expected columns separated by commas; {advice}. {SAVE_AS}")
    return separator


def _encoding(path: Path, file: BinaryIO) -> str:
    """UTF-8, or UTF-16 with its mark, or GB18030 where the bytes are no UTF-8 and look like it."""
    start = file.read(2**20)
    file.seek(0)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")("surrogatepass").decode(start)
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        if b"\0" not in start:
            likely = from_bytes(start, cp_isolation=["gb18030", "big5", "shift_jis", "euc_kr", "cp1252"]).best()
            if likely is not None and likely.encoding == "gb18030":
                return "gb18030"
        raise _not_text(path, file) from None
    return "utf-8"


def _not_text(path: Path, file: BinaryIO) -> DataError:
    """What a file is that cannot be decoded, and in which line that is seen."""
    file.seek(0)
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


# JSON ----------------------------------------------------------------------------------------------------------


def _is_json(file: BinaryIO) -> bool:
    start = file.read(4096)
    file.seek(0)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        start = start.decode("utf-16", "ignore").encode("utf-8", "ignore")
    return re.match(rb'\{\s*["}]|\[\s*[{\["\]]', start.removeprefix(codecs.BOM_UTF8).lstrip()) is not None


def _in_utf8(path: Path, file: BinaryIO) -> BinaryIO:
    """The same text in UTF-8; what PowerShell writes is in UTF-16."""
    marked = file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    file.seek(0)
    if not marked:
        return file
    content = file.read(LARGEST_JSON + 1)
    if len(content) > LARGEST_JSON:
        raise DataError(f"{path} is more than {LARGEST_JSON // 2**20} MiB of JSON in UTF-16. Write it in UTF-8.")
    try:
        return io.BytesIO(content.decode("utf-16", "surrogatepass").encode("utf-8", "surrogatepass"))
    except UnicodeDecodeError:
        raise _not_text(path, file) from None


def _json(path: Path, file: BinaryIO) -> Table:
    """Values below each other, one a line, or one value; each a post, a list of posts, or an answer that holds one."""
    first = file.readline()
    file.seek(0)
    lines = path.suffix.lower() in (".ndjson", ".jsonl") or (_loaded(first) is not None and _more(file))
    file.seek(0)
    values = (_loaded(line) for line in file if line.strip()) if lines else _values(path, file)
    records = itertools.chain.from_iterable([None] if value is None else _items(value) for value in values)
    head = list(itertools.islice(records, PEEKED))
    headings = dict.fromkeys(name for record in head if isinstance(record, dict) for name in flattened(record))
    rows = enumerate(itertools.chain(head, records), 1)
    return Table(
        "JSON lines" if lines else "JSON",
        list(headings),
        ((n, r if isinstance(r, dict) else "is not JSON" if r is None else "is no record") for n, r in rows),
    )


def _more(file: BinaryIO) -> bool:
    """Whether anything follows the first line."""
    file.seek(0)
    file.readline()
    return any(line.strip() for line in file)


def _loaded(line: bytes):
    """The value in a line; None where it is none."""
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(line.decode("utf-8-sig", "surrogatepass"))
    return None


def _values(path: Path, file: BinaryIO) -> list:
    content = file.read(LARGEST_JSON + 1)
    if len(content) > LARGEST_JSON:
        raise DataError(
            f"{path} is one JSON value of more than {LARGEST_JSON // 2**20} MiB. Write one record a line: `jq -c '.[]'`."
        )
    try:
        text, values, place = content.decode("utf-8-sig", "surrogatepass").strip(), [], 0
        while place < len(text):
            value, place = json.JSONDecoder().raw_decode(text, _BLANKS.match(text, place).end())
            values.append(value)
        return values
    except UnicodeDecodeError:
        raise _not_text(path, io.BytesIO(content)) from None
    except json.JSONDecodeError as error:
        raise DataError(
            f"{path}, line {error.lineno}: JSON breaks off or is wrong here ({error.msg}). Get it again."
        ) from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} cannot be read as JSON: {error}. Get it again.") from None


def _items(value) -> Iterator:
    """The records of a value: those of a list, those of the list in an answer, or the value itself."""
    if isinstance(value, list):
        for item in value:
            yield from _items(item)
        return
    for place in LISTS if isinstance(value, dict) else ():
        inner = value
        for key in place:
            inner = inner.get(key) if isinstance(inner, dict) else None
        if isinstance(inner, list) and inner and all(isinstance(i, dict) for i in inner):
            yield from inner
            return
    if isinstance(value, dict) and len(value) > 1 and all(isinstance(v, dict) for v in value.values()):
        if all(map(_NUMBER.fullmatch, value)):  # by identifier, or by number
            yield from value.values()
            return
        if all(inner and all(map(_NUMBER.fullmatch, inner)) for inner in value.values()):  # by column, as pandas does
            for number in next(iter(value.values())):
                yield {column: inner.get(number) for column, inner in value.items()}
            return
    yield value


def flattened(record: dict, wanted: frozenset[str] | None = None, before: str = "") -> dict[str, str]:
    """The values of a record by path, as text; of lists the values of each item, separated by ``#``.

    Parameters
    ----------
    record : dict
    wanted : frozenset of str, optional
        Paths, as :func:`rednote_study.crawl.crawlers.heading` folds them, and their beginnings; others are passed by.

    Examples
    --------
    >>> flattened({"noteId": 1, "tagList": [{"name": "a"}, {"name": "b"}]})
    {'noteid': '1', 'taglist.name': 'a#b'}
    """
    out: dict[str, str] = {}
    for key, value in record.items():
        path = before if key.startswith("$") else before + heading(str(key))  # {"$oid": ...} of MongoDB is its value
        if wanted is not None and path not in wanted:
            continue
        items = value if isinstance(value, list) else [value]
        if any(isinstance(item, dict) for item in items):
            for item in items:
                inner = (
                    flattened(item, wanted, f"{path}." if not _marked(item) else path) if isinstance(item, dict) else {}
                )
                for name, text in inner.items():
                    out[name] = f"{out[name]}#{text}" if out.get(name) and isinstance(value, list) else text
        else:
            out[path] = cell(value)
    return out


def _marked(item: dict) -> bool:
    return bool(item) and all(str(key).startswith("$") for key in item)


# Excel, SQLite, Parquet ----------------------------------------------------------------------------------------


def _excel(path: Path) -> Iterator[Table]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            for name in book.sheet_names:
                rows = enumerate(book.get_sheet_by_name(name).to_python(skip_empty_area=False), 1)
                headings = next(((n, [cell(v) for v in row]) for n, row in rows if any(v != "" for v in row)), None)
                if headings is not None:
                    cells = ((n, [cell(v) for v in row]) for n, row in rows if any(v != "" for v in row))
                    yield Table("Excel", headings[1], cells, name)
    except (CalamineError, OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read as Excel: {str(error)[:200]}. {SAVE_AS}") from None


def _sqlite(path: Path) -> Iterator[Table]:
    with (
        _sqlite_errors(path),
        contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db,
    ):
        db.text_factory = bytes
        names = [cell(n) for (n,) in db.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")]
        known = {name for crawler in crawlers() for name in crawler.tables}  # beside them, perhaps other platforms'
        names.sort(key=lambda name: name not in known)
        for name in names:
            found = db.execute('SELECT * FROM "{}"'.format(name.replace('"', '""')))
            yield Table("SQLite", [column for column, *_ in found.description], _sqlite_rows(path, found), name)


def _sqlite_rows(path: Path, found: sqlite3.Cursor) -> Iterator[Row]:
    with _sqlite_errors(path):
        yield from ((n, [cell(v) for v in row]) for n, row in enumerate(found, 2))


@contextlib.contextmanager
def _sqlite_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise DataError(f"{path} cannot be read as SQLite: {error}. Get it again.") from None


def _parquet(path: Path, connection: duckdb.DuckDBPyConnection) -> Table:
    # old writers do not mark text as such
    source = f"read_parquet('{quoted(path)}', binary_as_string = true)"
    connection.execute("SET enable_progress_bar = false")
    try:
        found = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    except duckdb.Error as error:
        raise _no_parquet(path, error) from None
    types = {name: kind for name, kind, *_ in found if _NESTED.search(kind)}
    return Table("Parquet", [name for name, *_ in found], _parquet_rows(path, connection, source, found), types=types)


def _parquet_rows(path: Path, connection, source: str, found: list) -> Iterator[Row]:
    """A row has the line that it would have in a CSV file with a header and no line breaks in texts."""
    columns = ", ".join(
        "''" if _NESTED.search(kind) else f"""coalesce("{name.replace('"', '""')}"::VARCHAR, '')"""
        for name, kind, *_ in found
    )
    try:
        answer = connection.execute(f"SELECT {columns} FROM {source}")
        line = 2
        while rows := answer.fetchmany(10_000):
            yield from ((number, list(row)) for number, row in enumerate(rows, line))
            line += len(rows)
    except duckdb.Error as error:
        raise _no_parquet(path, error) from None


def _no_parquet(path: Path, error: duckdb.Error) -> DataError:
    reason = str(error).splitlines()[0].split(": value ")[0]  # what it goes on to repeat may be somebody's post
    return DataError(f"{path} cannot be read as Parquet: {reason}. Get it again.")
