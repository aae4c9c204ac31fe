"""A raw crawl file as a table of text in the study's columns, every row with its line number."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from rednote_study.crawl.containers import Table, flattened, tables
from rednote_study.crawl.crawlers import COLUMNS, OWN, REQUIRED, VERSION, Crawler, crawlers, heading
from rednote_study.crawl.notation import DECIDED_ON, Notation, notation_of
from rednote_study.crawl.reading import Reading
from rednote_study.errors import DataError

_DIRTY = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class RawFile:
    """What stands in a raw file.

    Attributes
    ----------
    rows : pandas.DataFrame
        One row a data row: ``line`` (int, 1-based, where the row begins) and one text column for each column of
        ``REQUIRED`` and each other known column of the file, in the study's spelling. Others are not read.
    rejected : pandas.DataFrame
        Rows that are not rows: ``line`` and ``reason``.
    reading : Reading
        What is known of the file so far.
    """

    rows: pd.DataFrame
    rejected: pd.DataFrame
    reading: Reading = field(default_factory=Reading)


@dataclass
class Batch:
    """Some rows of a file: what is kept (line and cells of `columns`) and what is rejected (line and reason)."""

    columns: list[str]
    kept: list[tuple]
    rejected: list[tuple[int, str]]
    reading: Reading = field(default_factory=Reading)

    def tables(self) -> RawFile:
        """The same as tables of text."""
        line, *cells = zip(*self.kept, strict=True) if self.kept else [()] * (len(self.columns) + 1)
        rows = {"line": pd.Series(line, dtype="int64")}
        rows |= {n: pd.Series(c, dtype="str") for n, c in zip(self.columns, cells, strict=True)}
        return RawFile(pd.DataFrame(rows), pd.DataFrame(self.rejected, columns=["line", "reason"]), self.reading)


def read_raw(path: str | Path, columns: Crawler | None = None, zone: str = "") -> RawFile:
    """Read a crawl whole: CSV, JSON, Excel, SQLite or Parquet; text may be packed with gzip, xz or zip.

    Parameters
    ----------
    path : str or pathlib.Path
    columns : Crawler, optional
        Where the columns stand; without it, a tool of ``crawlers.toml`` is recognised, or the study's own columns.
    zone : str
        Zone of times that name none.

    Raises
    ------
    DataError
        If the file as a whole cannot be read; single broken rows are set aside.
    """
    (batch,) = _batches(Path(path), None, columns, zone, pieces=False)
    return batch.tables()


def read_batches(path: Path, size: int, columns: Crawler | None = None, zone: str = "") -> Iterator[Batch]:
    """Read a file of any size, so many rows at a time; the same rows and messages as :func:`read_raw`.

    Raises
    ------
    DataError
        As :func:`read_raw`, where it comes to it; and for a packed file, which would have to be unpacked in memory.
    """
    return _batches(path, size, columns, zone, pieces=True)


def _batches(path: Path, size: int | None, columns: Crawler | None, zone: str, *, pieces: bool) -> Iterator[Batch]:
    with contextlib.closing(tables(path, pieces=pieces)) as found:
        table, crawler = _posts_of(path, found, columns)
        names, pick = _picker(path, table, crawler)
        used = crawler.used(map(heading, table.headings))
        absent = tuple(c for c in REQUIRED if not set(crawler.columns.get(c, ())) & set(used))
        head = list(itertools.islice(table.rows, DECIDED_ON))
        if not head:
            raise DataError(f"{path} has a header and no rows. Is the crawl complete?")
        notation = _decided(head, names, pick, crawler, zone)
        rows = itertools.chain(head, table.rows)
        while some := list(itertools.islice(rows, size)):
            reading = Reading(crawler, table.container, len(table.headings), len(used), absent, notation)
            batch = Batch(names, [], [], reading)
            for line, cells in some:
                if isinstance(cells, str):
                    batch.rejected.append((line, cells))
                else:
                    batch.kept.append((line, *_cleaned(pick(cells), reading.done)))
            yield batch


def _decided(head: list, names: list[str], pick: Callable, crawler: Crawler, zone: str) -> Notation:
    cells = [_cleaned(pick(row), Counter()) for _, row in head if not isinstance(row, str)]
    return notation_of(pd.DataFrame(cells, columns=names, dtype="str"), crawler, zone)


def _posts_of(path: Path, found: Iterator[Table], columns: Crawler | None) -> tuple[Table, Crawler]:
    """The table of a file that holds posts, and who wrote it."""
    refused = first = None
    for table in found:
        crawler = columns or _recognised(table)
        if columns and columns.tables and table.name not in columns.tables:
            continue
        if (
            crawler is not None
            and not crawler.refused
            and not (columns and not columns.used(map(heading, table.headings)))
        ):
            if table.container == "Excel" and table.name not in crawler.tables:
                _check_sheets(path, table, found)
            return table, crawler
        refused, first = refused or (crawler if crawler is not None and crawler.refused else None), first or table
    if refused:
        raise DataError(f"{path} {refused.refused}. Name the file of posts of the same crawl.")
    if columns:
        raise DataError(
            f"{path} has none of the columns that {columns.name} names. `rednote-study columns FILE` drafts them anew."
        )
    if first is None:
        raise DataError(f"{path} holds no table. Is the crawl complete?")
    return first, OWN


def _check_sheets(path: Path, first: Table, others: Iterator[Table]) -> None:
    """Refuse to pass by a second sheet of posts in silence."""
    if more := [table.name for table in others if set(first.headings) <= set(table.headings)]:
        raise DataError(
            f"{path}: the sheets {first.name!r} and {more[0]!r} have the same columns. Save each as CSV, and join them by"
            " `rednote-study convert A.csv B.csv --out all.csv`; or name one by `tables = [...]` with --columns."
        )


def _recognised(table: Table) -> Crawler | None:
    """Who wrote a table; None where it is not known."""
    found = {heading(name) for name in table.headings}
    if all(set(OWN.columns[c]) & found for c in REQUIRED):
        return OWN
    return next((c for c in crawlers() if c.wrote(found)), None)


def _picker(path: Path, table: Table, crawler: Crawler) -> tuple[list[str], Callable]:
    """Names of the columns that are read, and what picks their cells from a row."""
    folded = [heading(name) for name in table.headings]
    if crawler is OWN:
        _check_own(path, table)
    doubled = [n for n, k in Counter(folded).items() if k > 1 and n in crawler.used(folded)]
    if doubled:
        twice = next(table.headings[folded.index(n)] for n in doubled)
        raise DataError(f"{path}, line 1: more than one column {twice.strip().lower()[:60]}. Remove all but one.")
    known = {c: [p for p in crawler.columns.get(c, ()) if p in folded] for c in COLUMNS}
    names = sorted(
        (c for c in COLUMNS if known[c] or c in REQUIRED), key=lambda c: min(map(folded.index, known[c]), default=999)
    )
    for column in names:
        for path_ in known[column]:
            if kind := table.types.get(table.headings[folded.index(path_)]):
                raise DataError(
                    f"{path}: column {column} holds lists or records ({kind}); expected text, a number or a time in each"
                    " row. Make it text and try again."
                )
    places = [[folded.index(p) for p in known[c]] for c in names]
    wanted = frozenset(
        ".".join(parts[: n + 1])
        for c in crawler.columns.values()
        for p in c
        if (parts := p.split("."))
        for n in range(len(parts))
    )
    paths = [crawler.columns.get(c, ()) for c in names]
    times = names.index("create_time")

    def pick(row: list[str] | dict) -> list[str]:
        if isinstance(row, dict):
            found = flattened(row, wanted)
            cells = [[found[p] for p in several if p in found] for several in paths]
        else:
            cells = [[row[i] for i in several] for several in places]
        cells[times].sort(key=lambda cell: not cell.strip().isdigit())  # a number beats a formatted time
        return [next((cell for cell in several if cell.strip()), several[0] if several else "") for several in cells]

    return names, pick


def _check_own(path: Path, table: Table) -> None:
    folded = [heading(name) for name in table.headings]
    drafted = f"`rednote-study columns {path}` drafts a table of what stands where."
    if not any(folded) and table.container.startswith("JSON"):
        raise DataError(f"{path} is JSON that holds no records. Is the crawl complete?")
    if not any(folded):
        raise DataError(
            f"{path} begins with an empty line; expected a header with the columns' names. Remove the line."
        )
    missing = [c for c in REQUIRED if not set(OWN.columns[c]) & set(folded)]
    if len(missing) == len(REQUIRED) and table.container.startswith("JSON"):
        raise DataError(f"{path} is JSON that holds no posts of a known tool. If it holds posts, {drafted}")
    if len(missing) == len(REQUIRED):  # perhaps somebody's post: it is not repeated
        raise DataError(
            f"{path}, line 1: no header; none of the columns {', '.join(REQUIRED)} is named."
            f" Add a first line with the names in data/README.md, or rename the columns; {drafted}"
        )
    if missing:
        found = ", ".join(name.replace("\ufeff", "").strip().lower()[:30] for name in table.headings[:30])
        raise DataError(
            f"{path}, line 1: no column {', '.join(missing)}. Found: {found}."
            f" Name the columns as data/README.md does, and add those that are not there; {drafted}"
        )
    for column, ways in OWN.columns.items():
        if column != VERSION and sum(folded.count(way) for way in ways) > 1:
            raise DataError(f"{path}, line 1: more than one column {column}. Remove all but one.")


def _cleaned(cells: list[str], done: Counter) -> list[str]:
    """Cells without NUL and without halves of characters; what was done is counted."""
    return [_clean(cell, done) if _DIRTY.search(cell) else cell for cell in cells]


def _clean(cell: str, done: Counter) -> str:
    if "\0" in cell:
        done["nul_removed"] += 1
        cell = cell.replace("\0", "")
    whole = cell.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # two halves side by side are one
    done["surrogates_replaced"] += int(whole != cell)
    return whole
