"""Posts to users: registration, tenure, totals, and the three labels of retention.

The labels are never mixed: ``published_retained`` is the published notebook's,
``cohort_retained`` that of accounts registered in the wave, ``tenure_*`` the
time for which an account was seen posting.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pandas as pd

from rednote_study.crawl.posts import COUNTS

WAVE = (pd.Timestamp("2025-01-09"), pd.Timestamp("2025-02-01"))
"""Registration in this half-open interval (UTC+8) makes a refugee: 9 to 31 January 2025."""

FEBRUARY = pd.Timestamp("2025-02-01")
GROUPS = ("older", "wave", "younger")
UNKNOWN = "unknown"
"""The group of all users where no account's date of registration is known."""
TENURES = (7, 14, 28)  # days
_MONTHS = np.array(["2025-01-01", "2025-02-01", "2025-03-01"], dtype="datetime64[s]")
_WAVE = np.array(WAVE, dtype="datetime64[s]")
_DAY = 86400  # seconds

GROUP = f"""CASE WHEN registered IS NULL THEN NULL WHEN registered < TIMESTAMP '{WAVE[0]}' THEN 'older'
  WHEN registered < TIMESTAMP '{WAVE[1]}' THEN 'wave' ELSE 'younger' END"""
"""SQL: the group of an account, from ``registered``."""

LATE = f"""registered >= (SELECT coalesce(max(ended), TIMESTAMP '{FEBRUARY}')
  FROM (SELECT max(created) AS ended FROM post_facts GROUP BY crawl) WHERE ended < TIMESTAMP '{FEBRUARY}')"""
"""SQL: whether an account of the wave was registered after :func:`risk_end`, and so was never at risk."""

OF_REGISTRATION = (
    "registered",
    "tenure_first_days",
    "tenure_days",
    "account",
    "at_risk",
    *(f"tenure_{d}" for d in TENURES),
)
"""Columns of users that rest on the date of registration."""

USED = ("registered", "created", "crawl", *COUNTS, *(f"{c}_banded" for c in COUNTS))
"""Columns of the posts that make a user."""


def risk_end(ends: pd.Series) -> pd.Timestamp:
    """Moment at which the January crawl ended; later accounts could not be seen in it.

    Parameters
    ----------
    ends : pandas.Series of datetime64
        Last post of each crawl.

    Returns
    -------
    pandas.Timestamp
        The last post of the last crawl that ended before February; where no crawl
        did, the whole of January was open, and the moment is 1 February.
    """
    early = ends[ends < FEBRUARY]
    return early.max() if len(early) else FEBRUARY


def risk_ends(posts: pd.DataFrame) -> pd.Timestamp:
    """:func:`risk_end` of the crawls of these posts."""
    crawl, created = posts["crawl"].to_numpy(), posts["created"].to_numpy()
    return risk_end(pd.Series([created[crawl == c].max() for c in pd.unique(crawl)]))


def build_users(posts: pd.DataFrame) -> pd.DataFrame:
    """Aggregate posts to users.

    Parameters
    ----------
    posts : pandas.DataFrame
        As :func:`rednote_study.crawl.posts.read_posts` makes them.

    Returns
    -------
    pandas.DataFrame
        One row a user, index ``author`` (pseudonym) in order of registration:
        ``registered``, ``first_post``, ``last_post`` (datetime64, UTC+8), ``crawl``
        (of the first post), ``crawls`` (how many), ``n_posts``, totals of the counts (Int64; lower
        bounds where ``<count>_banded``, missing where the count of a post is: the rest of them is no total), ``tenure_first_days`` and ``tenure_days``
        (registration to first and last post, days), ``account`` (``wave``, ``older``
        or ``younger`` account), ``in_january``, ``published_retained`` (a post in
        January and one in February), ``cohort_retained`` (a post on or after 1
        February), ``at_risk`` (wave account registered before :func:`risk_ends`)
        and ``tenure_7``, ``tenure_14``, ``tenure_28`` (bool). Without the columns `OF_REGISTRATION` where no account's
        date of registration is known; without rows where the file has no users.
    """
    present = np.bincount(posts["user_order"]) > 0  # not every user of a file is among some of its posts
    row = (np.cumsum(present) - 1)[posts["user_order"]]  # one for all where the file has no users
    columns = {c: posts[c].to_numpy(**_numpy_type(c)) for c in USED}
    users = aggregate(row, columns, risk_ends(posts))
    some_post = _of_user(np.arange(len(row)), row, len(users))
    users.index = pd.Index(posts["author"].array.take(some_post), name="author")
    if posts["author"].isna().all():
        return users.iloc[:0]
    if posts["registered"].isna().all():  # what asks for these must fail rather than take nobody for newcomers
        return users.drop(columns=[*OF_REGISTRATION])
    return users


def by_user_and_time(posts: pd.DataFrame) -> np.ndarray:
    """Places of the posts (int) in order of user and time; posts of one second keep their order.

    User and time fit into one number, which sorts three times as quickly as two: an order below 2**31, seconds below
    2**32.
    """
    seconds = posts["created"].to_numpy(dtype="datetime64[s]").view(np.int64)
    return np.argsort(posts["user_order"].to_numpy() * 2**32 + seconds, kind="stable")


def totals(posts: pd.DataFrame) -> pd.DataFrame:
    """Totals of the counts by user, in order of their first posts here; missing where the count of a post is.

    Returns
    -------
    pandas.DataFrame of Int64, shape (n_users, 4)
        Indexed by ``author``.
    """
    return posts.groupby("author", sort=False)[list(COUNTS)].sum(skipna=False)


def aggregate(row: np.ndarray, posts: Mapping[str, np.ndarray], risk_end: pd.Timestamp) -> pd.DataFrame:
    """Aggregate posts in any order; all posts of a user are among them. At least one is there.

    Parameters
    ----------
    row : numpy.ndarray of int, shape (n_posts,)
        Number of each post's user: 0 to n_users - 1, each there.
    posts : mapping of str to numpy.ndarray, shape (n_posts,)
        The columns `USED`: times as datetime64[s], counts as int64 (-1 where one is missing).
    risk_end : pandas.Timestamp
        As :func:`risk_end` gives it.

    Returns
    -------
    pandas.DataFrame
        One row a user, in the order of their numbers; the columns of :func:`build_users`.
    """
    n_posts = np.bincount(row)
    created, crawl = posts["created"].view(np.int64), posts["crawl"]

    def some(flags: np.ndarray) -> np.ndarray:
        return _of_user(True, row[flags], len(n_posts))

    def extreme(function: np.ufunc, values: np.ndarray) -> np.ndarray:
        result = _of_user(values, row, len(n_posts))
        function.at(result, row, values)
        return result

    def total(counts: np.ndarray) -> pd.arrays.IntegerArray:
        result = np.zeros(len(n_posts), dtype=np.int64)
        np.add.at(result, row, counts)
        return pd.arrays.IntegerArray(result, some(counts < 0))

    registered = _of_user(posts["registered"], row, len(n_posts))
    first_post, last_post = (extreme(f, created).view("datetime64[s]") for f in (np.minimum, np.maximum))
    january, february = (
        some((posts["created"] >= start) & (posts["created"] < end)) for start, end in pairwise(_MONTHS)
    )
    group = np.searchsorted(_WAVE, registered, side="right")
    tenure = _days(last_post - registered)
    return pd.DataFrame(
        {
            "registered": registered,
            "first_post": first_post,
            "last_post": last_post,
            "crawl": extreme(np.minimum, crawl),  # of the first post, as crawls are numbered in order of time
            "crawls": sum(some(crawl == number).astype(np.int64) for number in pd.unique(crawl)),
            "n_posts": n_posts,
            **{c: total(posts[c]) for c in COUNTS},
            **{f"{c}_banded": some(posts[f"{c}_banded"]) for c in COUNTS},
            "tenure_first_days": _days(first_post - registered),
            "tenure_days": tenure,
            "account": np.where(np.isnat(registered), None, np.array(GROUPS, dtype=object)[group]),
            "in_january": january,
            "published_retained": january & february,
            "cohort_retained": last_post >= _MONTHS[1],
            "at_risk": (group == 1) & (registered < risk_end.to_datetime64()),
            **{f"tenure_{days}": tenure >= days for days in TENURES},
        },
        copy=False,
    )


def _of_user(values: np.ndarray | bool, row: np.ndarray, n_users: int) -> np.ndarray:
    """The value of one of each user's posts, or zero where a user has none."""
    result = np.zeros(n_users, dtype=np.asarray(values).dtype)
    result[row] = values
    return result


def _days(times: np.ndarray) -> np.ndarray:
    return np.where(np.isnat(times), np.nan, times.view(np.int64) / _DAY)


def _numpy_type(column: str) -> dict:
    """How numpy gets a column, as :func:`aggregate` wants it."""
    if column in COUNTS:
        return {"dtype": np.int64, "na_value": -1}
    return {"dtype": "datetime64[s]"} if column in ("created", "registered") else {}
