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

from rednote_study.reader import COUNTS

__all__ = ["FORMAT_MARK", "detect_crawls", "format_marks"]

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
    order = posts["created"].sort_values(kind="stable").index
    marks = format_marks(posts).loc[order].to_numpy(dtype=float)
    gaps = posts.loc[order, "created"].diff().to_numpy() >= SHORTEST_GAP
    boundaries = _boundaries(marks, np.flatnonzero(gaps), 0, len(marks))
    numbers = 1 + np.searchsorted(boundaries, np.arange(len(marks)), side="right")
    return pd.Series(numbers, index=order, dtype="int64").reindex(posts.index)


def _boundaries(marks: np.ndarray, gaps: np.ndarray, start: int, stop: int) -> list[int]:
    """Positions between `start` and `stop` at which a new crawl begins, ascending."""
    inside = gaps[(gaps >= start + SMALLEST_CRAWL) & (gaps <= stop - SMALLEST_CRAWL)]
    if not len(inside):
        return []
    statistics = [_statistic(marks[start:cut], marks[cut:stop]) for cut in inside]
    best = int(np.argmax(statistics))
    cut = int(inside[best])
    change = np.abs(marks[start:cut].mean(axis=0) - marks[cut:stop].mean(axis=0)).max()
    chance = chi2.sf(statistics[best], df=marks.shape[1]) * len(inside)
    if chance > LEVEL or change < SMALLEST_CHANGE:
        return []
    return [*_boundaries(marks, gaps, start, cut), cut, *_boundaries(marks, gaps, cut, stop)]


def _statistic(left: np.ndarray, right: np.ndarray) -> float:
    """Likelihood-ratio statistic: two sets of frequencies against one, marks independent."""
    both = np.vstack([left, right])
    return 2 * (_log_likelihood(left) + _log_likelihood(right) - _log_likelihood(both))


def _log_likelihood(marks: np.ndarray) -> float:
    n, k = len(marks), marks.sum(axis=0)
    return float((xlogy(k, k / n) + xlogy(n - k, (n - k) / n)).sum())
