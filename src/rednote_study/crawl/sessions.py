"""Sessions of a crawl: one crawl may be several searches, and each shows other posts in another way.

A search that shows the newest posts gives ever more of them towards the moment at which it is made, and none after
it. So where posts stop abruptly, somebody searched. The rule is written down once, here; its three numbers are
arguments of every result that rests on sessions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rednote_study.crawl.crawl import Crawl
from rednote_study.crawl.posts import COUNTS
from rednote_study.errors import DataError


@dataclass(frozen=True)
class SessionRule:
    """When posts are said to stop: a window has many posts, and the window after it has few.

    Attributes
    ----------
    hours : float
        Length of a window.
    fall : float
        The window before has so many times the posts of the window after.
    least : int
        Posts in the window before.
    """

    hours: float = 2.0
    fall: float = 5.0
    least: int = 20


def stops(times: pd.Series, rule: SessionRule | None = None) -> pd.DatetimeIndex:
    """Moments after which posts stop abruptly, in order of time.

    Each moment of a post is a candidate if `rule` holds there. The one at which the likelihood ratio of two rates
    against one is largest is a stop; candidates less than a window from it fall away, and so on.

    Parameters
    ----------
    times : pandas.Series of datetime64
        Of the posts of one crawl, in any order.
    rule : SessionRule, optional

    Examples
    --------
    >>> hour = pd.Series(pd.date_range("2025-01-13 22:00", "2025-01-13 23:59", freq="5min"))
    >>> stops(pd.concat([hour, hour + pd.Timedelta("1D")])).strftime("%d %H:%M").tolist()
    ['13 23:55', '14 23:55']
    """
    rule = rule or SessionRule()
    ordered = np.sort(times.to_numpy(dtype="datetime64[s]"))
    moments, window = np.unique(ordered), np.timedelta64(round(rule.hours * 3600), "s")
    here = np.searchsorted(ordered, moments, side="right")
    before = here - np.searchsorted(ordered, moments - window, side="right")
    after = np.searchsorted(ordered, moments + window, side="right") - here
    ratio = _entropy(before) + _entropy(after) - _entropy(before + after) + (before + after) * np.log(2)
    open_ = (before >= rule.least) & (before >= rule.fall * after)
    found = []
    while open_.any():
        best = np.flatnonzero(open_)[ratio[open_].argmax()]
        found.append(moments[best])
        open_ &= np.abs(moments - moments[best]) >= window
    return pd.DatetimeIndex(sorted(found))


def _entropy(numbers: np.ndarray) -> np.ndarray:
    return numbers * np.log(np.maximum(numbers, 1))


def sessions_of(posts: pd.DataFrame, rule: SessionRule | None = None) -> pd.Series:
    """Session of each post, numbered from 1 in order of time; a crawl begins a new one.

    Parameters
    ----------
    posts : pandas.DataFrame
        With ``created`` and ``crawl``.
    rule : SessionRule, optional

    Returns
    -------
    pandas.Series of int64
        Indexed like `posts`.
    """
    result, last = pd.Series(0, index=posts.index, dtype="int64"), 0
    for _, part in posts.groupby("crawl"):
        ends = stops(part["created"], rule).to_numpy(dtype="datetime64[s]")
        within = np.searchsorted(ends, part["created"].to_numpy(dtype="datetime64[s]"), side="left")
        _, number = np.unique(within, return_inverse=True)
        result.loc[part.index] = last + 1 + number
        last += 1 + int(number.max())
    return result


def with_sessions(crawl: Crawl, rule: SessionRule | None = None) -> pd.DataFrame:
    """The posts of a crawl with ``session``, ``display`` and ``account``.

    Parameters
    ----------
    crawl : Crawl
    rule : SessionRule, optional

    Returns
    -------
    pandas.DataFrame
        The columns of :data:`rednote_study.crawl.posts.POSTS`; and ``session`` (int64), ``display`` (``bands`` if a count is
        shown as a band, ``exact`` if one of ten or more is not, else ``either``), ``account`` (``wave``, ``older``,
        ``younger``; no such column where no date of registration is known).

    Raises
    ------
    DataError
        If the posts lie on disk, because they are larger than memory.
    """
    if crawl.engine is not None:
        raise DataError("Sessions are found in posts in memory; these are larger. Take a part of them.")
    posts = crawl.posts
    banded = posts[[f"{c}_banded" for c in COUNTS]].any(axis=1)
    large = posts[list(COUNTS)].ge(10).fillna(False).any(axis=1)
    posts = posts.assign(
        session=sessions_of(posts, rule), display=np.select([banded, large], ["bands", "exact"], "either")
    )
    users = crawl.users
    return posts.assign(account=posts["author"].map(users["account"])) if "account" in users else posts
