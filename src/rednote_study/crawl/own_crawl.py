"""A crawl of one's own outside the book: as a data frame, as a file in the study's columns, as a draft of its columns."""

from __future__ import annotations

import contextlib
import itertools
import json
import warnings
from pathlib import Path

import pandas as pd

from rednote_study.crawl.containers import Table, flattened, tables
from rednote_study.crawl.counts import is_count, parse_counts
from rednote_study.crawl.crawlers import COLUMNS, COUNTS, GUESSES, OWN, REQUIRED, crawlers, heading
from rednote_study.crawl.identifiers import is_hash, is_object_id
from rednote_study.crawl.posts import usable_rows
from rednote_study.crawl.reading import Reading
from rednote_study.crawl.times import parse_times, time_kinds
from rednote_study.errors import DataError
from rednote_study.system.engine import Engine

_WRITTEN = (*REQUIRED, "ip_location", "post_type")


def read_crawl(path: str | Path, columns: str | Path | None = None, zone: str = "") -> pd.DataFrame:
    """Read a crawl of any known tool into the study's own columns.

    Each post stands once, in its latest version; rows that are no posts are left out, with a warning where they are
    one in twenty or more. Names, addresses and pictures are not kept; identifiers are, so the frame is personal data.

    Parameters
    ----------
    path : str or pathlib.Path
        CSV, JSON, JSON lines, Excel, SQLite or Parquet; text may be packed with gzip, xz or zip.
    columns : str or pathlib.Path, optional
        A table of what stands in which column, for a file of no known tool; ``rednote-study columns`` drafts it.
    zone : str
        Zone of times that name none, such as ``UTC``.

    Returns
    -------
    pandas.DataFrame, shape (n_posts, 16)
        ``title``, ``content``, ``label`` (hashtags separated by ``#``), ``user_id``, ``post_id``, ``ip_location``,
        ``post_type`` (str, missing where blank), ``like_count``, ``collect_count``, ``comment_count``, ``share_count``
        (Int64; the lower end where ``<count>_banded``, bool), ``create_time`` (datetime64, wall time of China).
        ``frame.attrs["source"]`` says how the file was read.

    Raises
    ------
    DataError
        If the file cannot be read, or holds no post.

    Examples
    --------
    >>> from rednote_study import read_crawl
    >>> from rednote_study.system.paths import DATA
    >>> posts = read_crawl(DATA / "replica" / "tt_refugee_replica.csv")
    >>> posts.groupby(posts["create_time"].dt.strftime("%Y-%m"))["like_count"].median().round().astype(int).to_dict()
    {'2025-01': 11, '2025-02': 9}
    """
    rows, reading = _rows(path, columns, zone)
    frame = rows.drop(columns=[*COUNTS, "create_time"]).apply(lambda s: s.where(s.str.strip().ne("")))
    for count in COUNTS:
        parsed = parse_counts(rows[count])
        frame[count], frame[f"{count}_banded"] = parsed["value"], parsed["banded"]
    frame["create_time"] = parse_times(rows["create_time"])
    frame.attrs["source"] = reading.as_dict()
    if reading.aside:
        warnings.warn(reading.aside, stacklevel=2)
    return frame


def convert(
    paths: list[Path], out: Path, columns: str | Path | None = None, zone: str = ""
) -> tuple[int, list[Reading]]:
    """Write a crawl as CSV or Parquet in the study's own columns; read again, it gives the same posts.

    A count that is a band stays one (``10+``), as text. Of a post that stands in several files, the last stays.

    Raises
    ------
    DataError
        If a file cannot be read, holds no post or not the same of its users as the others, or `out` ends with neither
        ``.csv`` nor ``.parquet``.
    """
    if out.suffix not in (".csv", ".parquet"):
        raise DataError(f"{out} must end with .csv or .parquet.")
    if not out.parent.is_dir():
        raise DataError(f"There is no folder {out.parent}.")
    found = [_rows(path, columns, zone) for path in paths]
    if other := next((n for n, (_, r) in enumerate(found) if r.notation.users != found[0][1].notation.users), None):
        first, second = (found[n][1].notation.users for n in (0, other))
        raise DataError(
            f"{paths[0]} and {paths[other]} differ in what they hold of their users ({first}; {second}), so nobody could be"
            " known again. Convert each by itself."
        )
    rows = pd.concat([rows for rows, _ in found])
    rows = rows[~rows["post_id"].str.strip().str.lower().duplicated(keep="last")]
    rows["create_time"] = parse_times(rows["create_time"]).dt.strftime("%Y-%m-%d %H:%M:%S")
    engine = Engine({"rows": rows})
    engine.write("SELECT * FROM rows", out)
    engine.close()
    out.chmod(0o600)  # personal data
    return len(rows), [reading for _, reading in found]


def _rows(path: str | Path, columns: str | Path | None, zone: str) -> tuple[pd.DataFrame, Reading]:
    usable, _, raw = usable_rows(path, columns, zone)
    return usable.reindex(columns=list(_WRITTEN), fill_value="").reset_index(drop=True), raw.reading


# A draft of the table of columns -------------------------------------------------------------------------------

_SHOWN = 1000
"""Rows by whose cells the kind of a column is told."""


def draft(path: str | Path) -> str:
    """Draft the table of columns of a file, for ``--columns``.

    For each column of the study it guesses a heading, by the names that known tools use and by what stands below it;
    beside it stands the kind of its values, never a value.

    Returns
    -------
    str
        TOML.

    Raises
    ------
    DataError
        If the file cannot be read.
    """
    path = Path(path)
    lines = [
        f"# Draft of `rednote-study columns {path.name}`. Edit it, save it as my.toml, and try it:",
        f"# rednote-study describe --dataset {path.name} --columns my.toml",
        f"name = {_quoted(path.name)}",
        '# tags = ","     # what separates hashtags; without it, found out',
    ]
    with contextlib.closing(tables(path)) as found:
        table, cells = next(((t, cells) for t in found if (cells := _cells(t)) is not None), (None, None))
    if table is None:
        raise DataError(f"{path} holds no table. Is the crawl complete?")
    headings = [h for h in table.headings if h.strip()]
    kinds = {h: _kind(cells[h]) for h in headings}
    lines += [f"tables = [{_quoted(table.name)}]"] if table.name else []
    lines += ["", "[columns]"]
    guessed = _guesses(headings, kinds)
    for column in COLUMNS:
        found = guessed.get(column, [])
        kind = f"  # {', '.join(dict.fromkeys(kinds[h] for h in found))}" if found else ""
        lines.append(f"{'' if found else '# '}{column} = [{', '.join(map(_quoted, found))}]{kind}")
    rest = [h for h in headings if not any(h in found for found in guessed.values())]
    return "\n".join([*lines, "", *(f"# not used: {_quoted(h)}  # {kinds[h]}" for h in rest)]) + "\n"


def _cells(table: Table) -> pd.DataFrame | None:
    """The first rows of a table; None where it has none."""
    rows = [cells for _, cells in itertools.islice(table.rows, _SHOWN) if not isinstance(cells, str)]
    if not rows:
        return None
    rows = [flattened(row) if isinstance(row, dict) else dict(zip(table.headings, row, strict=True)) for row in rows]
    return pd.DataFrame(rows, columns=list(dict.fromkeys(table.headings)), dtype="str").fillna("")


def _guesses(headings: list[str], kinds: dict[str, str]) -> dict[str, list[str]]:
    """Headings for each column of the study that has some: those of the tool that wrote it, else by name and kind."""
    folded = {heading(h): h for h in reversed(headings)}
    if tool := next((c for c in (OWN, *crawlers()) if c.wrote(folded) and not c.refused), None):
        found = {column: [folded[p] for p in paths if p in folded] for column, paths in tool.columns.items()}
        return {column: names for column, names in found.items() if names}
    by_name = {path.rpartition(".")[2]: h for path, h in folded.items()}
    found = {}
    for column in COLUMNS:
        paths = [path for c in (OWN, *crawlers()) for path in c.columns.get(column, ())]
        names = [p.rpartition(".")[2] for p in paths if column != "label" or "." not in p]  # a `name` may be anybody's
        names += [heading(name) for name in GUESSES.get(column, ())]
        taken = [h for several in found.values() for h in several]
        match = next((by_name[n] for n in names if n in by_name and by_name[n] not in taken), None)
        if match and _fits(column, kinds[match]):
            found[column] = [match]
    for column, kind in _ALIKE.items():
        rest = [h for h in headings if kinds[h].startswith(kind) and [h] not in found.values()]
        if column not in found and len(rest) == 1:
            found[column] = rest
    return found


_ALIKE = {"user_id": "identifiers", "create_time": "times"}
"""By what a column is known whose name is not, where one column alone has it."""


def _fits(column: str, kind: str) -> bool:
    wanted = {
        **dict.fromkeys(COUNTS, ("counts",)),
        "post_id": ("identifiers", "addresses"),
        "user_name": ("text",),
        "create_time": ("times", "counts"),
    }
    return kind == "blank" or column not in wanted or kind.startswith(wanted[column])


def _kind(cells: pd.Series) -> str:
    """What stands in a column, in a word."""
    cells = cells[cells.str.strip().ne("")]
    if cells.empty:
        return "blank"
    if is_object_id(cells).mean() > 0.5:
        return "identifiers of 24 digits"
    if is_hash(cells).mean() > 0.5:
        return "hashes"
    kinds = time_kinds(cells)
    if (timed := kinds.isin(["digits", "zone", "plain"])).mean() > 0.5:
        written = kinds[timed].mode()[0]
        return {"digits": "times in digits", "zone": "times with a zone", "plain": "times without a zone"}[written]
    if is_count(cells).mean() > 0.5:
        return "counts"
    if cells.str.match(r"https?://").mean() > 0.5:
        return "addresses"
    return "lists" if cells.str.match(r"\s*[\[{]").mean() > 0.5 else "text"


def _quoted(text: str) -> str:
    """A text in TOML, whose strings are those of JSON."""
    return json.dumps(text, ensure_ascii=False)
