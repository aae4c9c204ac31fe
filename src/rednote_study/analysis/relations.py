"""Posts and users as relations: the same query for a data set in memory and for one on disk.

Relations are ``posts`` (numbers, flags and times of each post; no text), ``users`` (as
:func:`rednote_study.crawl.users.build_users` makes them, with ``banded``; in memory also ``<count>_upper``, the total
with bands at their upper ends, and ``<count>_first``, the count of the first post) and ``quarantine`` (``line``,
``reason``). ``author`` is a number that says who is who within one run and nothing else. Queries give counts, which are whole numbers and the same whatever
the order of the rows; shares, intervals and quantiles are made of them by the same code for every size.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

import duckdb
import numpy as np
import pandas as pd

from rednote_study.crawl.conditions import checked
from rednote_study.crawl.crawl import Crawl
from rednote_study.crawl.notation import IDENTIFIERS
from rednote_study.crawl.posts import COUNTS
from rednote_study.crawl.users import GROUP, LATE, OF_REGISTRATION, UNKNOWN
from rednote_study.errors import DataError
from rednote_study.system.engine import Engine
from rednote_study.text.clean import post_text
from rednote_study.text.language import LANGUAGES, script_of
from rednote_study.text.marks import MARKS, post_marks

POSTS = (
    f"SELECT *, {GROUP} AS account,"
    f" CASE WHEN ({GROUP}) = 'wave' AND {LATE} THEN 'late' ELSE coalesce({GROUP}, '{UNKNOWN}') END AS age_group,"
    " script IN ('han', 'mixed') AS chinese FROM post_facts"
)
"""The relation ``posts``, from the facts of each post and its crawl.

``age_group`` is for tables that show every group: ``wave`` are those at risk, ``late`` those of the wave that were
registered after the January crawl had ended, and it is ``unknown`` where no account's date of registration is known.
"""
POSTS_OF_HASHES = POSTS.replace(f"{GROUP} AS account, ", "")
"""The same where none is known: what compares groups asks for ``account``, and must fail."""

USERS = f"SELECT *, {' OR '.join(f'{c}_banded' for c in COUNTS)} AS banded FROM user_rows"
"""The relation ``users``, from the rows that :func:`rednote_study.crawl.users.build_users` makes."""
USERS_OF_HASHES = USERS.replace("*", f"* EXCLUDE ({', '.join(OF_REGISTRATION)})", 1)
"""The same from rows that :func:`rednote_study.crawl.users.aggregate` makes where no date of registration is known."""

SCRIPTS = ", ".join(f"count(*) FILTER (script = '{s}') AS {s}" for s in LANGUAGES)
"""SQL: posts in each language."""

_KEPT = [
    "line",
    "registered",
    "created",
    "post_time",
    "time_mismatch",
    *COUNTS,
    *(f"{c}_upper" for c in COUNTS),
    *(f"{c}_banded" for c in COUNTS),
]


def post_facts(posts: pd.DataFrame) -> pd.DataFrame:
    """What a query may ask of each post (row by row): times, counts, marks of the crawl, language."""
    return posts[_KEPT].assign(**post_marks(posts)[list(MARKS)], script=script_of(post_text(posts)))


@functools.lru_cache(maxsize=4)
def engine_of(data: Crawl) -> Engine:
    """The relations of a data set: its own where it lies on disk, else made of its frames."""
    if data.engine is not None:
        return data.engine
    facts = post_facts(data.posts).assign(
        author=data.users.index.get_indexer(data.posts["author"]), crawl=data.posts["crawl"]
    )
    upper = data.posts.groupby("author")[[f"{c}_upper" for c in COUNTS]].sum().reindex(data.users.index)
    upper = upper.mask(data.users[list(COUNTS)].isna().to_numpy())  # as the totals are
    first = data.posts.sort_values("created", kind="stable").drop_duplicates("author").set_index("author")[list(COUNTS)]
    first = first.add_suffix("_first").reindex(data.users.index)
    rows = data.users.assign(**upper, **first).reset_index(drop=True).assign(author=np.arange(len(data.users)))
    posts = POSTS if "account" in rows else POSTS_OF_HASHES
    relations = {"post_facts": facts, "posts": posts, "user_rows": rows, "users": USERS, "quarantine": data.quarantine}
    return Engine(relations)


def query(data: Crawl, sql: str, **parameters) -> pd.DataFrame:
    """Answer a query over the relations of a data set."""
    return engine_of(data).query(sql, **parameters)


def counted(data: Crawl, relation: str, conditions: dict[str, str]) -> dict[str, int]:
    """How many rows of a relation satisfy each condition (SQL, by name)."""
    filters = ", ".join(f'count(*) FILTER (WHERE {condition}) AS "{name}"' for name, condition in conditions.items())
    try:
        found = engine_of(data).row(f"SELECT {filters} FROM {relation}")
    except duckdb.Error as error:
        wanted = "; ".join(map(repr, conditions.values()))
        raise DataError(f"One of the conditions {wanted} cannot be used: {str(error).splitlines()[0]}") from None
    return {name: int(n) for name, n in found.items()}


def registrations_known(data: Crawl) -> bool:
    """Whether the file has identifiers of users, which hold the dates on which accounts were registered."""
    return data.reading.notation.users == IDENTIFIERS


def frequencies(data: Crawl, value: str, relation: str = "users", where: str = "true") -> tuple[np.ndarray, np.ndarray]:
    """Distinct values of an expression, ascending, and how many rows have each; all that ranks and quantiles need.

    Rows without a value, such as users of whom a count is missing, are left out.
    """
    sql = (
        f"SELECT {value} AS value, count(*) AS number FROM {relation} WHERE ({where}) AND {value} IS NOT NULL"
        " GROUP BY value ORDER BY value"
    )
    table = query_where(data, sql, f"{value} where {where}")
    return table["value"].to_numpy(dtype=float), table["number"].to_numpy(dtype=np.int64)


def query_where(data: Crawl, sql: str, where: str, **parameters) -> pd.DataFrame:
    """Answer a query that holds a condition which somebody may have written in a cell."""
    try:
        return query(data, sql, **parameters)
    except duckdb.Error as error:
        raise DataError(f"The condition {where!r} cannot be used: {str(error).splitlines()[0]}") from None


def holds(data: Crawl, condition: str, relation: str = "posts") -> np.ndarray:
    """For which posts (in the order of the file) or users (in order of registration) a condition holds (bool)."""
    order = {"posts": "line", "users": "author"}[relation]
    sql = f"SELECT coalesce(({checked(condition)}), false) AS held FROM {relation} ORDER BY {order}"
    return query_where(data, sql, condition)["held"].to_numpy(dtype=bool)


def select(data: Crawl, columns: Iterable[str], where: str = "true") -> pd.DataFrame:
    """Expressions of the users for whom a condition holds, one row a user in order of registration."""
    names = ", ".join(f"({column}) AS c{number}" for number, column in enumerate(columns))
    return query_where(data, f"SELECT {names} FROM users WHERE {where} ORDER BY author", where)


def quantiles(values: np.ndarray, numbers: np.ndarray, wanted: Iterable[float]) -> list[float]:
    """Quantiles of values that occur so many times each, linear between neighbours as in numpy and pandas.

    Examples
    --------
    >>> quantiles(np.array([1.0, 5.0]), np.array([1, 3]), [0.25, 0.5])  # of 1, 5, 5, 5
    [4.0, 5.0]
    """
    ends = np.cumsum(numbers)
    result = []
    for share in wanted:
        place = share * (ends[-1] - 1)
        below, above = values[np.searchsorted(ends, [np.floor(place), np.ceil(place)], side="right")]
        result.append(float(np.quantile([below, above], place - np.floor(place))))
    return result
