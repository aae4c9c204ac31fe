"""Random draws made from uniform numbers alone.

numpy promises the same bits of a bit generator for ever, but not the same
normal or Poisson numbers. The replica must be the same file under every numpy
from 2.0 on, so it uses only `Generator.random` and full-range `integers`, and
makes everything else here. Results end as whole numbers: a last digit that
differs between machines could matter only at an exact tie.
"""

import numpy as np
from scipy.special import expit, ndtri

from rednote_study.errors import DataError

_PARTS = ("schedule", "people", "engagement", "retention", "february", "text", "file")


def streams(seed: int) -> dict[str, np.random.Generator]:
    """One independent generator for each part, so that a change in one leaves the others as they are.

    Raises
    ------
    DataError
        If the seed is not a whole number from 0 on.
    """
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise DataError(f"The seed must be a whole number from 0 on, not {seed!r}.")
    return {part: np.random.default_rng([int(seed), number]) for number, part in enumerate(_PARTS)}


def whole(rng: np.random.Generator, below, size) -> np.ndarray:
    """Whole numbers from 0 to `below` - 1 (int64) in an array of shape `size`; `below` may be an array."""
    return np.floor(rng.random(size) * below).astype(np.int64)


def categorical(rng: np.random.Generator, weights, size: int) -> np.ndarray:
    """Positions drawn with probabilities in proportion to `weights` (int64, shape (size,))."""
    steps = np.cumsum(np.asarray(weights, dtype=float))
    return np.searchsorted(steps[:-1] / steps[-1], rng.random(size), side="right").astype(np.int64)


def distinct(rng: np.random.Generator, below: int, size: int) -> np.ndarray:
    """`size` different whole numbers from 0 to `below` - 1, ascending, every set equally likely."""
    if size > below / 2:
        return np.sort(np.argsort(rng.random(below), kind="stable")[:size])
    drawn = np.unique(whole(rng, below, size))
    while len(drawn) < size:
        drawn = np.unique(np.concatenate([drawn, whole(rng, below, size - len(drawn))]))
    return drawn


def normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Standard normal numbers by inverse transform."""
    return ndtri((rng.random(shape) * 2**32 + 0.5) / (2**32 + 1))


def exponential(rng: np.random.Generator, mean: float, size: int) -> np.ndarray:
    """Exponential numbers with the given mean by inverse transform."""
    return -mean * np.log1p(-rng.random(size))


def allocate(total: int, weights) -> np.ndarray:
    """Share `total` whole items out in proportion to whole `weights` (largest remainders).

    Examples
    --------
    >>> allocate(10, [1, 1, 2]).tolist()
    [3, 2, 5]
    """
    weights = np.asarray(weights, dtype=np.int64)
    if not weights.sum():
        return np.zeros_like(weights)
    shares, remainders = np.divmod(int(total) * weights, weights.sum())
    largest = np.argsort(-remainders, kind="stable")[: int(total) - shares.sum()]
    shares[largest] += 1
    return shares


def conditional_bernoulli(rng: np.random.Generator, log_odds: np.ndarray, size: int) -> np.ndarray:
    """Independent yes-or-no draws, given that exactly `size` say yes.

    The draws have probabilities expit(a + `log_odds`) and are repeated until
    their number is right (rejective sampling: Hájek 1964, Annals of Mathematical
    Statistics 35, 1491). The condition removes `a` from the distribution, so any
    `a` is right; the one with `size` expected is quickest. Differences in
    `log_odds` are exactly the log odds ratios of a logistic model, as conditional
    logistic regression estimates them.

    Parameters
    ----------
    log_odds : numpy.ndarray of float, shape (n,)
    size : int, from 0 to n

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
    """
    if size in (0, len(log_odds)):
        return np.full(len(log_odds), bool(size))
    chances = expit(log_odds + _intercept(log_odds, size))
    while True:
        chosen = rng.random(len(log_odds)) < chances
        if chosen.sum() == size:
            return chosen


def _intercept(log_odds: np.ndarray, expected: int) -> float:
    """The number that makes expit(number + log_odds) sum to `expected`, by bisection."""
    low, high = -50.0 - log_odds.max(), 50.0 - log_odds.min()
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if expit(log_odds + middle).sum() < expected else (low, middle)
    return (low + high) / 2
