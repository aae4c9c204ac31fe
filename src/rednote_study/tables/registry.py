"""Every result table of the book by name: what it holds, how it is computed, what may be shown.

A table is a function from :class:`Data` to a tidy frame, registered with its
documentation. The registry checks the columns and suppresses small cells, so
no table can leave this package with a number that rests on one to four users.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import joblib
import pandas as pd

from rednote_study import watch
from rednote_study.engine import Engine
from rednote_study.errors import StudyError
from rednote_study.formats import Format
from rednote_study.memory import kept
from rednote_study.paths import DATA
from rednote_study.reading import Reading

__all__ = [
    "MINIMUM_USERS",
    "SEED",
    "SPREAD",
    "Data",
    "TableSpec",
    "compute",
    "spec",
    "stored",
    "suppress_small",
    "table",
    "table_names",
]

MINIMUM_USERS = 5
"""Smallest number of users on whom a published number may rest."""

SEED = 20250113
"""Seed of every resampling and simulation of the book, unless a chapter varies it."""


SPREAD = DATA / "spread.csv"
"""How far each table differed between processors, and the tolerance that follows; written by ``tools/spread.py``."""


@dataclass(frozen=True, eq=False)  # compared by identity, so that a table is computed once for it
class Data:
    """One data set on its way through the study.

    Attributes
    ----------
    key : str
        Name of the data set, such as ``us_posts``.
    synthetic : bool
        Whether the posts were made by this project's generator.
    posts, users, quarantine : pandas.DataFrame
        As :mod:`rednote_study.posts` and :mod:`rednote_study.users` make them.
    rows : int
        Data rows in the raw file: posts and quarantined rows together.
    missing : dict of str to int
        Blank cells of each column among the posts kept.
    digest : str
        sha256 of the raw file, by which steps are kept on disk; without it they are not.
    engine : Engine, optional
        Posts, users and quarantine as relations, where they are larger than memory and the frames are None.
    reading : Reading
        How the raw file was read.
    """

    key: str
    synthetic: bool
    posts: pd.DataFrame
    users: pd.DataFrame
    quarantine: pd.DataFrame
    rows: int
    missing: dict[str, int]
    digest: str = ""
    engine: Engine | None = None
    reading: Reading = field(default_factory=Reading)


@dataclass(frozen=True)
class TableSpec:
    """What is known of a table before it is computed."""

    name: str
    title: str
    columns: dict[str, str]
    keys: tuple[str, ...]
    adds_up: tuple[str, ...] | None
    varies: tuple[str, ...]
    machine: str | None
    exempt: str | None
    needs_data: bool
    formats: Mapping[str, Format]
    function: Callable[..., pd.DataFrame]

    @property
    def tolerance(self) -> float:
        """Largest relative difference between two machines that counts as equal: found, not guessed."""
        return _tolerances().get(self.name, _EXACT)[0]

    @property
    def absolute(self) -> float:
        """Largest absolute difference that does, beside the relative one."""
        return _tolerances().get(self.name, _EXACT)[1]


_EXACT = 1e-9, 1e-12
"""Of a table that was never measured: the record keeps ten digits."""


@functools.cache
def _tolerances() -> dict[str, tuple[float, float]]:
    found = pd.read_csv(SPREAD).set_index("table")[["tolerance", "absolute_tolerance"]]
    return {str(name): (float(relative), float(absolute)) for name, relative, absolute in found.itertuples()}


_SPECS: dict[str, TableSpec] = {}


def stored(function: Callable) -> Callable:
    """Keep what a function of the data (or of nothing) returns, in memory and on disk.

    Chapters are processes of their own and share steps; the pages that quote a chapter too. The folder on disk is
    named by the state of the package and the data, so nothing stale can be read.
    """

    @watch.cached(maxsize=16)
    def once(*data: Data):
        if not all(d.digest for d in data):  # data made for a test
            return function(*data)
        states = [_content(d) for d in data]
        on_disk = kept("tables", _compute, ignore=["function", "data"])
        return on_disk(f"{function.__module__}.{function.__qualname__}", states, function, data)

    return functools.wraps(function)(once)


@functools.lru_cache(maxsize=8)
def _content(data: Data) -> str:
    """What a data set is known by: its file, and its content, as it may be made from another or have other pseudonyms."""
    return joblib.hash([data.digest, data.posts, data.users, data.quarantine])


def _compute(name: str, states: list[str], function: Callable, data: tuple[Data, ...]):
    return function(*data)


def table(
    name: str,
    *,
    title: str,
    columns: dict[str, str],
    keys: tuple[str, ...] = (),
    adds_up: tuple[str, ...] | None = None,
    varies: tuple[str, ...] = (),
    machine: str | None = None,
    exempt: str | None = None,
    needs_data: bool = True,
    formats: Mapping[str, Format] | None = None,
) -> Callable[[Callable[..., pd.DataFrame]], Callable[..., pd.DataFrame]]:
    """Register a function as the maker of the table `name`.

    Parameters
    ----------
    name : str
        Permanent name; also the file name of the record.
    title : str
        Caption that stands alone.
    columns : dict of str to str
        Column name and its meaning with unit, in the table's order.
    keys : tuple of str
        Columns that say which row it is; never suppressed.
    adds_up : tuple of str, optional
        Columns within whose values the rows add up to a total that is known elsewhere (empty: all rows do).
        There a single suppressed row could be found by subtraction, so a second one is suppressed with it.
    varies : tuple of str
        Columns whose whole numbers may differ between machines within the tolerance; all others are compared exactly.
    machine : str, optional
        Why the table differs between machines by its nature; then it is recorded, and compared with nothing.
    exempt : str, optional
        Why small cells of this table may be shown; without it they are suppressed.
    needs_data : bool
        False for tables that rest on no posts.
    formats : mapping of str to Format, optional
        How columns are shown to a reader, where that is not as they are: the table holds numbers, no texts of them.
    """

    def register(function: Callable[..., pd.DataFrame]) -> Callable[..., pd.DataFrame]:
        if name in _SPECS and _SPECS[name].function.__module__ != function.__module__:
            raise ValueError(f"table {name!r} is registered twice")
        once = stored(function)

        @functools.wraps(function)
        def copied(*data: Data) -> pd.DataFrame:
            return once(*data).copy()

        _SPECS[name] = TableSpec(
            name, title, columns, keys, adds_up, varies, machine, exempt, needs_data, formats or {}, copied
        )
        return copied

    return register


def table_names(*, needs_data: bool | None = None) -> list[str]:
    """Names of all tables, in the order of the book."""
    _load()
    return [n for n, s in _SPECS.items() if needs_data is None or s.needs_data == needs_data]


def spec(name: str) -> TableSpec:
    """What is known of the table `name`.

    Raises
    ------
    StudyError
        If there is no such table.
    """
    _load()
    if name not in _SPECS:
        raise StudyError(f"There is no table {name!r}. Known tables: {', '.join(_SPECS)}.")
    return _SPECS[name]


def compute(name: str, data: Data | None = None) -> pd.DataFrame:
    """Compute the table `name`, check its columns and suppress its small cells."""
    wanted = spec(name)
    frame = wanted.function(data) if wanted.needs_data else wanted.function()
    if list(frame.columns) != list(wanted.columns):
        raise StudyError(f"Table {name}: columns {list(frame.columns)}, documented are {list(wanted.columns)}.")
    frame = frame.reset_index(drop=True)
    if wanted.exempt or not wanted.needs_data:
        return frame
    return suppress_small(frame, keep=wanted.keys, adds_up=wanted.adds_up)


def suppress_small(
    frame: pd.DataFrame, *, keep: tuple[str, ...] = (), adds_up: tuple[str, ...] | None = None
) -> pd.DataFrame:
    """Blank every measure of the rows that rest on one to four users or posts.

    Columns named ``users``, ``posts``, ``*_users`` or ``*_posts`` are counts. Where rows add up to a
    known total, a single blank would give its number away; the next smallest row is blanked with it.

    Examples
    --------
    >>> t = pd.DataFrame({"day": [1, 2], "users": [4, 9], "share": [0.5, 0.25]})
    >>> suppress_small(t, keep=("day",))["share"].tolist()
    [nan, 0.25]
    """
    counts = [c for c in frame.columns if c.split("_")[-1] in {"users", "posts"} and c not in keep]
    small = frame[counts].apply(pd.to_numeric).gt(0) & frame[counts].apply(pd.to_numeric).lt(MINIMUM_USERS)
    rows = small.any(axis=1)
    if not rows.any():
        return frame
    if adds_up is not None:
        rows |= _companions(frame, rows, counts[0], adds_up)
    frame = frame.copy()
    for column in frame.columns.difference(keep):
        if pd.api.types.is_bool_dtype(frame[column]):
            frame[column] = frame[column].astype("boolean")
        elif pd.api.types.is_integer_dtype(frame[column]):
            frame[column] = frame[column].astype("Int64")
        frame.loc[rows, column] = pd.NA if str(frame[column].dtype) in {"Int64", "boolean"} else None
    return frame


def _companions(frame: pd.DataFrame, rows: pd.Series, count: str, adds_up: tuple[str, ...]) -> pd.Series:
    """Rows to blank along with the only blank row of their group."""
    groups = frame.groupby(list(adds_up)).ngroup() if adds_up else pd.Series(0, index=frame.index)
    alone = rows.groupby(groups).transform("sum").eq(1) & ~rows & frame[count].gt(0)
    smallest = frame.loc[alone, count].groupby(groups[alone]).idxmin()
    return pd.Series(frame.index.isin(smallest), index=frame.index)


def _load() -> None:
    """Import the modules that register tables; their order is the book's."""
    from rednote_study.tables import (  # noqa: F401
        behaviour,
        cohort,
        context,
        data,
        explanation,
        language,
        published_model,
        published_noise,
        representations,
        reproducing,
        retention,
        retention_numbers,
        sampling,
        scale,
        summary,
        survival,
        topics,
        validation,
    )
