"""Crawls that were put together in one file, told apart by format marks and gaps in time.

A crawler leaves its own format: one strips the suffix ``[话题]`` of hashtags,
another keeps blank ends of the text, a third shows counts in bands. Where such
a mark changes for good across a gap in time, a second crawl begins.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import xlogy
from scipy.stats import chi2

from rednote_study.crawl.crawlers import COUNTS
from rednote_study.system.engine import Engine

FORMAT_MARK = "[话题]"
"""Suffix that the platform's own text gives to a hashtag ("topic")."""

SHORTEST_GAP = pd.Timedelta(hours=24)
SMALLEST_CRAWL = 20  # posts
SMALLEST_CHANGE = 0.3  # a mark is a property of the crawler: it changes for most posts or for none
LEVEL = 1e-6  # strict, because the marks of one post depend on each other


def format_marks(posts: pd.DataFrame) -> pd.DataFrame:
    """Marks that a crawler leaves on a post.

    Returns
    -------
    pandas.DataFrame of bool, shape (n_posts, 3)
        ``format_mark`` (the suffix ``[话题]`` in title or content), ``blank_ends``
        (content begins or ends with white space), ``banded`` (any count is a band).
    """
    text = posts["title"].fillna("") + posts["content"].fillna("")
    return pd.DataFrame(
        {
            "format_mark": text.str.contains(FORMAT_MARK, regex=False),
            "blank_ends": posts["blank_ends"],
            "banded": posts[[f"{c}_banded" for c in COUNTS]].any(axis=1),
        }
    )


def detect_crawls(posts: pd.DataFrame) -> pd.Series:
    """Number the crawls of a file from 1, in order of time.

    Posts are sorted by time. Every gap of a day or more is a candidate; the
    candidate with the largest likelihood-ratio statistic for a change of the
    marks' frequencies is a boundary if it is significant after Bonferroni's
    correction and some mark changes by at least 30 percentage points. Both
    sides are then searched in the same way (binary segmentation: Scott and
    Knott 1974, Biometrics 30, 507).

    Parameters
    ----------
    posts : pandas.DataFrame
        With ``created``, ``title``, ``content``, ``blank_ends`` and ``<count>_banded``.

    Returns
    -------
    pandas.Series of int64
        Crawl of each post, indexed like `posts`.
    """
    marks = format_marks(posts).assign(created=posts["created"])
    starts = crawl_starts(Engine({"posts": marks}))
    numbers = 1 + np.searchsorted(starts, posts["created"].to_numpy(), side="right")
    return pd.Series(numbers, index=posts.index, dtype="int64")


RUNS = """
WITH days AS (
  SELECT min(created)::TIMESTAMP AS first, max(created)::TIMESTAMP AS last, count(*) AS posts,
    count(*) FILTER (format_mark) AS format_mark, count(*) FILTER (blank_ends) AS blank_ends,
    count(*) FILTER (banded) AS banded
  FROM posts GROUP BY date_trunc('day', created)),
steps AS (SELECT *, coalesce(first - lag(last) OVER (ORDER BY first) >= $gap, false) AS after_gap FROM days),
numbered AS (SELECT *, count(*) FILTER (after_gap) OVER (ORDER BY first) AS run FROM steps)
SELECT min(first) AS start, sum(posts)::BIGINT AS posts, sum(format_mark)::BIGINT AS format_mark,
  sum(blank_ends)::BIGINT AS blank_ends, sum(banded)::BIGINT AS banded
FROM numbered GROUP BY run ORDER BY start
"""
"""Runs of posts without a gap of a day: where each begins, its posts, and how many of them have each mark.

A gap of a day or more lies between the last post of one calendar day and the first of a later one, so days suffice.
"""


def crawl_starts(engine: Engine) -> np.ndarray:
    """Moments at which a second and later crawl begins (datetime64, ascending).

    Parameters
    ----------
    engine : Engine
        With the relation ``posts``: ``created`` and the marks of :func:`format_marks`.
    """
    runs = engine.query(RUNS, gap=SHORTEST_GAP.to_pytimedelta())
    totals = runs[["posts", "format_mark", "blank_ends", "banded"]].to_numpy(dtype=float)
    totals = np.vstack([np.zeros(totals.shape[1]), totals.cumsum(axis=0)])
    return runs["start"].to_numpy()[_boundaries(totals, 0, len(runs))]


def _boundaries(totals: np.ndarray, start: int, stop: int) -> list[int]:
    """Runs between `start` and `stop` with which a new crawl begins, ascending.

    `totals` holds the posts and marks before each run and at the end, shape (n_runs + 1, 1 + n_marks).
    """
    posts = totals[:, 0]
    inside = [
        cut
        for cut in range(start + 1, stop)
        if posts[cut] - posts[start] >= SMALLEST_CRAWL and posts[stop] - posts[cut] >= SMALLEST_CRAWL
    ]
    if not inside:
        return []
    sides = [(totals[cut] - totals[start], totals[stop] - totals[cut]) for cut in inside]
    statistics = [_statistic(*side) for side in sides]
    best = int(np.argmax(statistics))
    left, right = (side[1:] / side[0] for side in sides[best])
    chance = chi2.sf(statistics[best], df=len(left)) * len(inside)
    if chance > LEVEL or np.abs(left - right).max() < SMALLEST_CHANGE:
        return []
    cut = inside[best]
    return [*_boundaries(totals, start, cut), cut, *_boundaries(totals, cut, stop)]


def _statistic(left: np.ndarray, right: np.ndarray) -> float:
    """Likelihood-ratio statistic: two sets of frequencies against one, marks independent."""
    return 2 * (_log_likelihood(left) + _log_likelihood(right) - _log_likelihood(left + right))


def _log_likelihood(counts: np.ndarray) -> float:
    n, k = counts[0], counts[1:]
    return float((xlogy(k, k / n) + xlogy(n - k, (n - k) / n)).sum())
