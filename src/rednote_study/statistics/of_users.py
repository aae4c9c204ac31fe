"""Statistics of posts with intervals that resample users, because posts of one user are not independent.

A statistic is a function of weights, shape (..., n_posts): ones for the posts as they are, and in a resample how often
each post's user was drawn. So it is computed for many resamples at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from rednote_study.statistics.inference import RESAMPLES, Estimate, bootstrap_interval, wilson
from rednote_study.store.small_cells import MINIMUM_USERS

Statistic = Callable[[np.ndarray], np.ndarray]

_AT_ONCE = 4_000_000  # numbers in one block of weights


def resampled(users: ArrayLike, statistic: Statistic, *, resamples: int = RESAMPLES, seed: int) -> np.ndarray:
    """A statistic in each resample of users, shape (resamples,) or (resamples, k).

    Parameters
    ----------
    users : array-like, shape (n_posts,)
        User of each post.
    statistic : Statistic
    resamples, seed : int
    """
    codes, names = pd.factorize(np.asarray(users))
    rng, n = np.random.default_rng(seed), len(names)
    block = max(1, _AT_ONCE // max(len(codes), n))
    parts = []
    for start in range(0, resamples, block):
        drawn = rng.multinomial(n, np.full(n, 1 / n), size=min(block, resamples - start)).astype(float)
        parts.append(statistic(drawn[:, codes]))
    return np.concatenate(parts)


def estimate(
    users: ArrayLike, statistic: Statistic, *, resamples: int = RESAMPLES, seed: int, confidence: float = 0.95
) -> Estimate:
    """A statistic with its percentile interval; NaN of fewer than five users."""
    users = np.asarray(users)
    if len(pd.unique(users)) < MINIMUM_USERS:
        return Estimate(np.nan, np.nan, np.nan)
    drawn = resampled(users, statistic, resamples=resamples, seed=seed)
    return Estimate(float(statistic(np.ones(len(users)))), *bootstrap_interval(drawn, confidence=confidence))


def share(users: ArrayLike, holds: ArrayLike, *, resamples: int = RESAMPLES, seed: int) -> Estimate:
    """Share of posts for which something holds, in a resampling of users.

    No number that rests on one to four users: of those who have such a post, or of those who have another, there are
    none or at least five. Where it holds for all posts or for none, resampling sees no spread, and the interval is
    Wilson's for as many users.
    """
    users, holds = np.asarray(users), np.asarray(holds, dtype=bool)
    sides = [len(pd.unique(users[side])) for side in (holds, ~holds)]
    if any(0 < n < MINIMUM_USERS for n in sides) or not any(sides):
        return Estimate(np.nan, np.nan, np.nan)
    if not all(sides):
        return wilson(sides[0], sum(sides))
    return estimate(users, ratio(holds, np.ones(len(holds))), resamples=resamples, seed=seed)


def ratio(above: ArrayLike, below: ArrayLike) -> Statistic:
    """Sum of one number of the posts by the sum of another."""
    above, below = np.asarray(above, dtype=float), np.asarray(below, dtype=float)

    def statistic(weights: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore", divide="ignore"):
            return (weights @ above) / (weights @ below)

    return statistic


def quantile(values: ArrayLike, at: float) -> Statistic:
    """A quantile; where it lies between two posts, the mean of their values."""
    order = np.argsort(np.asarray(values, dtype=float), kind="stable")
    ordered = np.asarray(values, dtype=float)[order]

    def statistic(weights: np.ndarray) -> np.ndarray:
        reached = np.cumsum(weights[..., order], axis=-1)
        wanted = at * reached[..., -1:]
        places = [(reached > wanted + shift).argmax(-1) for shift in (-1e-9, 1e-9)]
        return sum(ordered[p] for p in places) / 2

    return statistic


def lorenz(values: ArrayLike, at: Iterable[float]) -> Statistic:
    """Share of a total that the lowest posts have; `at` are shares of the posts, linear between two posts."""
    values, points = np.asarray(values, dtype=float), np.asarray(list(at), dtype=float)
    order = np.argsort(values, kind="stable")

    def statistic(weights: np.ndarray) -> np.ndarray:
        w = np.atleast_2d(weights)[:, order]
        posts, total = _cumulated(w), _cumulated(w * values[order])
        curves = [
            np.interp(points * p[-1], p, t) / t[-1] if t[-1] else points for p, t in zip(posts, total, strict=True)
        ]
        return np.array(curves) if np.ndim(weights) > 1 else curves[0]

    return statistic


def _cumulated(numbers: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros((len(numbers), 1)), np.cumsum(numbers, axis=1)], axis=1)


def gini(values: ArrayLike) -> Statistic:
    """Gini's coefficient: 0 where all posts have the same, near 1 where one has all."""
    values = np.asarray(values, dtype=float)
    order = np.argsort(values, kind="stable")

    def statistic(weights: np.ndarray) -> np.ndarray:
        w = np.asarray(weights, dtype=float)[..., order]
        total = np.cumsum(w * values[order], axis=-1)
        under = (w * (2 * total - w * values[order])).sum(-1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return 1 - under / (w.sum(-1) * total[..., -1])

    return statistic


def delta(values: ArrayLike, group: ArrayLike, strata: ArrayLike, *, weights_of: str = "pairs") -> Statistic:
    """Cliff's delta of the posts in a group against the others, over all pairs within a stratum.

    How often the value of a post in the group exceeds that of another one of the same stratum, less how often it
    falls short, by the number of such pairs. Of a property (0 or 1) it is a difference of shares.

    Parameters
    ----------
    values, group, strata : array-like, shape (n_posts,)
        What is compared, who is in the group (bool), and what is held apart.
    weights_of : {"pairs", "posts"}
        A stratum counts by its pairs; or by its pairs divided by its posts (van Elteren 1960), so that large strata
        lead less.

    Examples
    --------
    >>> values, group = [5, 1, 2, 9, 8, 7], [True, False, False, True, False, True]
    >>> float(delta(values, group, ["a", "a", "a", "b", "b", "b"])(np.ones(6)))  # 2 of 2 pairs, and 1 against 1
    0.5
    """
    if weights_of not in ("pairs", "posts"):
        raise ValueError(f"weights_of is {weights_of!r}; it may be 'pairs' or 'posts'.")
    values, group = np.asarray(values, dtype=float), np.asarray(group, dtype=bool)
    strata, _ = pd.factorize(np.asarray(strata))
    order = np.lexsort((values, strata))
    new = np.diff(strata[order], prepend=-1) != 0
    ties = np.cumsum(new | (np.diff(values[order], prepend=np.nan) != 0)) - 1
    inside = group[order]
    starts, firsts = np.flatnonzero(new), np.flatnonzero(np.diff(ties, prepend=-1))

    def statistic(weights: np.ndarray) -> np.ndarray:
        w = np.asarray(weights, dtype=float)[..., order]
        own, other = (np.add.reduceat(np.where(side, w, 0), firsts, axis=-1) for side in (inside, ~inside))
        below = np.cumsum(other, axis=-1) - other
        of_stratum = np.searchsorted(firsts, starts)
        sizes = np.add.reduceat(other, of_stratum, axis=-1)
        pairs = np.add.reduceat(own, of_stratum, axis=-1) * sizes
        which = np.repeat(np.arange(len(of_stratum)), np.diff([*of_stratum, len(firsts)]))
        below = below - below[..., of_stratum[which]]
        lead = own * (2 * below + other - sizes[..., which])
        if weights_of == "posts":
            posts = np.maximum(np.add.reduceat(own + other, of_stratum, axis=-1), 1)
            lead, pairs = lead / posts[..., which], pairs / posts
        with np.errstate(invalid="ignore", divide="ignore"):
            return lead.sum(-1) / pairs.sum(-1)

    return statistic


def permuted(values: ArrayLike, group: ArrayLike, strata: ArrayLike, *, permutations: int = 9999, seed: int) -> float:
    """Two-sided p-value of :func:`delta`: group labels are shuffled within strata.

    The observed labelling counts as one of the permutations, so the p-value is never zero.
    """
    values, group = np.asarray(values, dtype=float), np.asarray(group, dtype=bool)
    codes, _ = pd.factorize(np.asarray(strata))
    order = np.argsort(codes, kind="stable")
    values, group, codes = values[order], group[order], codes[order]
    scores, pairs = np.zeros(len(values)), 0  # a post's wins less its losses against all of its stratum
    for code in range(codes.max() + 1):
        of = codes == code
        ordered = np.sort(values[of])
        left, right = (np.searchsorted(ordered, values[of], side=s) for s in ("left", "right"))
        scores[of] = left + right - of.sum()
        pairs += int(group[of].sum()) * int((~group[of]).sum())
    if not pairs:
        return np.nan
    observed, rng, beyond = scores[group].sum(), np.random.default_rng(seed), 0
    block = max(1, _AT_ONCE // len(values))
    for start in range(0, permutations, block):
        keys = rng.random((min(block, permutations - start), len(values))) + codes
        shuffled = group[np.argsort(keys, axis=1)]
        beyond += int((np.abs(shuffled @ scores) >= abs(observed) - 1e-9).sum())
    return (beyond + 1) / (permutations + 1)
