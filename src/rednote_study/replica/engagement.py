"""Likes, collects, comments and shares: heavy tails, joint by rank, calibrated to the published figures."""

import numpy as np
from scipy.special import ndtri

from rednote_study.replica.draws import exponential, normal, whole
from rednote_study.reported.published import published_facts

COUNTS = ("like_count", "collect_count", "comment_count", "share_count")

_MEDIANS = np.array([14.0, 2.0, 9.0, 0.9])
"""Medians of a user's totals before rounding down, in the order of `COUNTS`; assumed. They give the zeros."""
_LOADINGS = np.array([0.98, 0.94, 0.94, 0.91])
"""Correlation of the logarithm of each count with the common factor "popularity"; assumed."""
_TOP = 8  # largest values of each count that may be exchanged
_CLOSE, _SEARCHES, _PROPOSALS, _HEAT = 0.05, 20, 1000, 0.03


def january_totals(rng: np.random.Generator, n_users: int, fixed: np.ndarray, fixed_totals: np.ndarray) -> np.ndarray:
    """Totals of January users: exact log-normal quantiles, paired by rank, correlations calibrated.

    Each count takes the quantiles of a log-normal distribution with an assumed
    median, whose largest of 3,249 values is the published maximum. A one-factor
    normal model pairs them (Gaussian copula). The published Pearson correlations
    hang on the few largest values; see `_exchange`.

    Parameters
    ----------
    fixed : numpy.ndarray of int64, shape (k,)
        Users whose totals are given: the published first rows.
    fixed_totals : numpy.ndarray of int64, shape (k, 4)

    Returns
    -------
    numpy.ndarray of int64, shape (n_users, 4)
    """
    latent = _latent(rng, n_users)
    ranks = np.argsort(np.argsort(latent, axis=0, kind="stable"), axis=0, kind="stable")
    totals = round_shown(_quantile(ndtri((ranks + 0.5) / n_users)))
    totals[fixed] = fixed_totals
    return _exchange(rng, totals, fixed)


def february_totals(rng: np.random.Generator, n_users: int) -> np.ndarray:
    """Totals of users in February: the same distribution, not calibrated (int64, shape (n_users, 4))."""
    top = published_facts()["dataset"]["january_users"]
    return round_shown(_quantile(np.minimum(_latent(rng, n_users), ndtri(1 - 0.5 / top))))


def split(rng: np.random.Generator, totals: np.ndarray, user: np.ndarray) -> np.ndarray:
    """Share each user's totals out over the user's posts, at random and without loss.

    Parameters
    ----------
    totals : numpy.ndarray of int64, shape (n_users, 4)
    user : numpy.ndarray of int64, shape (n_posts,)

    Returns
    -------
    numpy.ndarray of int64, shape (n_posts, 4)
    """
    order = np.argsort(user, kind="stable")
    weights = 1 + whole(rng, 100, len(user))[order]
    starts = np.flatnonzero(np.diff(user[order], prepend=-1))
    lengths = np.diff(starts, append=len(user))
    running = np.cumsum(weights)
    before = np.repeat(running[starts] - weights[starts], lengths)
    whole_weight = np.repeat(np.add.reduceat(weights, starts), lengths)
    reached = totals[user[order]] * (running - before)[:, None] // whole_weight[:, None]
    posts = np.diff(reached, axis=0, prepend=0)
    posts[starts] = reached[starts]
    result = np.empty_like(posts)
    result[order] = posts
    return round_shown(result)


def round_shown(counts: np.ndarray) -> np.ndarray:
    """Counts as the platform shows them: from 10,000 on in steps of 1,000."""
    return np.where(counts >= 10_000, (counts + 500) // 1000 * 1000, counts)


def _latent(rng: np.random.Generator, n_users: int) -> np.ndarray:
    popularity, own = normal(rng, n_users, 1), normal(rng, n_users, 4)
    return _LOADINGS * popularity + np.sqrt(1 - _LOADINGS**2) * own


def _quantile(scores: np.ndarray) -> np.ndarray:
    """Log-normal values at normal scores, rounded down."""
    facts = published_facts()
    maxima = np.array([facts["engagement_user_totals"]["max_approx"][c] for c in COUNTS], dtype=float)
    top = ndtri(1 - 0.5 / facts["dataset"]["january_users"])
    spread = np.log(maxima / _MEDIANS) / top
    return np.floor(_MEDIANS * np.exp(spread * scores) + 1e-6).astype(np.int64)


def _targets() -> np.ndarray:
    target = np.eye(4)
    names = [c.removesuffix("_count") for c in COUNTS]
    for pair, value in published_facts()["engagement_user_totals"]["pearson"].items():
        a, b = (names.index(n) for n in pair.split("-"))
        target[a, b] = target[b, a] = value
    return target


def _exchange(rng: np.random.Generator, totals: np.ndarray, fixed: np.ndarray) -> np.ndarray:
    """Exchange large values of a count between users until the correlations are as published.

    A search can end in a blind alley, so several are made and the closest is
    taken. With fewer users than published it may not get close. Each count keeps its values.
    """
    top = np.setdiff1d(np.argsort(-totals, axis=0, kind="stable")[:_TOP], fixed)
    best, least = totals, np.inf
    for _ in range(_SEARCHES):
        found, distance = _search(rng, totals, top)
        if distance < least:
            best, least = found, distance
        if least < _CLOSE:
            break
    return best


def _search(rng: np.random.Generator, totals: np.ndarray, top: np.ndarray) -> tuple[np.ndarray, float]:
    """Exchange a count of two of the users `top` wherever that lessens the squared deviations.

    Early on a rise is sometimes accepted (simulated annealing). An exchange
    leaves means and variances as they are, so only cross products are followed. Also the largest deviation.
    """
    totals = totals.copy()
    deviations = totals - totals.mean(axis=0)
    norms = np.sqrt((deviations**2).sum(axis=0))
    missing = _targets() - (deviations.T @ deviations) / np.outer(norms, norms)
    draws = whole(rng, np.array([4, len(top), len(top)]), (_PROPOSALS, 3))
    allowed = exponential(rng, _HEAT, _PROPOSALS) * np.linspace(1, 0, _PROPOSALS) ** 2
    for (c, i, j), rise in zip(draws, allowed, strict=True):
        a, b = top[i], top[j]
        change = (totals[b, c] - totals[a, c]) * (totals[a] - totals[b]) / (norms[c] * norms)
        change[c] = 0
        after = missing[c] - change
        if (after**2).sum() < (missing[c] ** 2).sum() + rise:
            totals[[a, b], c] = totals[[b, a], c]
            missing[c], missing[:, c] = after, after
    return totals, float(np.abs(missing).max())
