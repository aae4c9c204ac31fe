"""Effect sizes and their intervals, tests of many hypotheses, and log-odds of words.

Every estimate comes with an interval. What cannot be estimated (an empty
group, a constant variable) is NaN, so a table of a small data set has a gap
where a number would be, and no false one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtri
from scipy.stats import mannwhitneyu, rankdata
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from rednote_study.errors import DataError

RESAMPLES = 2000
"""Bootstrap resamples: the ends of a 95 % interval then vary by about a twentieth of its half-width."""

Count = tuple[int, int]
"""Successes and trials."""


class Estimate(NamedTuple):
    """A number and its interval."""

    value: float
    low: float
    high: float


UNKNOWN = Estimate(np.nan, np.nan, np.nan)


# Two samples of numbers -----------------------------------------------------------------------------------


Frequencies = tuple[np.ndarray, np.ndarray]
"""Distinct values, ascending, and how often each occurs."""


def delta_of_counts(x: Frequencies, y: Frequencies, *, confidence: float = 0.95) -> Estimate:
    """Cliff's delta of two samples given by their distinct values, with an interval by formula.

    For samples of any size: nothing is resampled, and time and memory go with the number of distinct values.

    Parameters
    ----------
    x, y : tuple of numpy.ndarray
        Distinct values, ascending, and how often each occurs (int).
    confidence : float

    Returns
    -------
    Estimate
        The interval is NaN where a sample has fewer than two values. It has no width where the samples do not
        overlap at all.

    Notes
    -----
    Variance by the placements of each value in the other sample (Cliff 1993), and the asymmetric interval of Feng
    and Cliff (2004), Journal of Modern Applied Statistical Methods 3, 322, which stays between -1 and 1.

    Examples
    --------
    >>> delta_of_counts((np.array([3, 4]), np.array([1, 1])), (np.array([1, 3]), np.array([1, 1]))).value
    0.75
    """
    values = np.union1d(x[0], y[0])
    numbers = [occurrences(values, *sample) for sample in (x, y)]
    sizes = [int(n.sum()) for n in numbers]
    if not all(sizes):
        return UNKNOWN
    lead = [2 * np.cumsum(n) - n - size for n, size in zip(numbers, sizes, strict=True)]  # below less above
    pairs = sizes[0] * sizes[1]
    delta = float((int(numbers[0] @ lead[1]) + pairs) / pairs - 1)  # 2 U / (n m) - 1, U being Mann and Whitney's
    if min(sizes) < 2:
        return Estimate(delta, np.nan, np.nan)
    placements = (lead[1] / sizes[1] - delta, -lead[0] / sizes[0] - delta)
    variance = sum(
        n @ place**2 / ((size - 1) * size) for n, place, size in zip(numbers, placements, sizes, strict=True)
    )
    z = ndtri((1 + confidence) / 2)
    half = z * np.sqrt(variance * ((1 - delta**2) ** 2 + z**2 * variance))
    scale = 1 - delta**2 + z**2 * variance
    if scale == 0:
        return Estimate(delta, delta, delta)
    return Estimate(delta, *(float(delta + (sign * half - delta * z**2 * variance) / scale) for sign in (-1, 1)))


def occurrences(values: np.ndarray, own: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """How often each of `values` occurs."""
    spread = np.zeros(len(values), dtype=np.int64)
    spread[np.searchsorted(values, own)] = numbers
    return spread


def mann_whitney(x: ArrayLike, y: ArrayLike) -> float:
    """Two-sided p-value of the Mann-Whitney U test, with the correction for ties.

    Returns
    -------
    float
        1.0 where all values are tied, NaN where a sample is empty.
    """
    x, y = _sample(x, "x"), _sample(y, "y")
    if not (len(x) and len(y)):
        return np.nan
    if np.ptp(np.concatenate([x, y])) == 0:
        return 1.0
    return float(mannwhitneyu(x, y, method="asymptotic").pvalue)


def bootstrap_interval(values: ArrayLike, *, confidence: float = 0.95) -> tuple[float, float]:
    """Percentile interval of a bootstrap distribution.

    Parameters
    ----------
    values : array-like of float, shape (n_resamples,)
        The statistic in each resample; NaN where a resample did not define it.
    confidence : float
        Nominal coverage.

    Notes
    -----
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13.
    """
    values = np.asarray(values, dtype=float)
    values = values[~np.isnan(values)]
    if not len(values):
        return np.nan, np.nan
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def _sample(values: ArrayLike, name: str) -> np.ndarray:
    """One-dimensional float array without missing values."""
    if isinstance(values, pd.Series):
        values = values.to_numpy(dtype=float, na_value=np.nan)
    values = np.asarray(values, dtype=float)
    if values.ndim != 1:
        raise DataError(f"Sample {name} has {values.ndim} dimensions; give one column of numbers.")
    if np.isnan(values).any():
        missing = np.isnan(values).sum()
        raise DataError(f"Sample {name} has {missing} missing values; leave them out or fill them first.")
    return values


# Proportions ----------------------------------------------------------------------------------------------


def wilson(successes: int, trials: int, *, confidence: float = 0.95) -> Estimate:
    """Proportion with Wilson's score interval; NaN where there are no trials.

    Examples
    --------
    >>> [round(v, 3) for v in wilson(0, 10)]  # z²/(n + z²) above
    [0.0, 0.0, 0.278]
    """
    return _proportion(successes, trials, confidence, "wilson")


def clopper_pearson(successes: int, trials: int, *, confidence: float = 0.95) -> Estimate:
    """Proportion with the exact interval of Clopper and Pearson: never less than its nominal coverage.

    Examples
    --------
    >>> [round(v, 4) for v in clopper_pearson(0, 10)]  # 1 - 0.025**(1/10) above
    [0.0, 0.0, 0.3085]
    """
    return _proportion(successes, trials, confidence, "beta")


def _proportion(successes: int, trials: int, confidence: float, method: str) -> Estimate:
    successes, trials = int(successes), int(trials)
    if not 0 <= successes <= trials:
        raise DataError(f"{successes} successes in {trials} trials is impossible; check the counts.")
    if not trials:
        return UNKNOWN
    low, high = proportion_confint(successes, trials, alpha=1 - confidence, method=method)
    value = successes / trials
    return _within(Estimate(value, float(low), float(high)), 0.0, 1.0)


def _within(estimate: Estimate, least: float, most: float) -> Estimate:
    """Rounding must neither cut the estimate off nor leave the scale."""
    value, low, high = estimate
    return Estimate(value, max(least, min(low, value)), min(most, max(high, value)))


def newcombe(first: Count, second: Count, *, confidence: float = 0.95) -> Estimate:
    """Difference of two independent proportions with Newcombe's hybrid score interval.

    Parameters
    ----------
    first, second : tuple of (successes, trials)

    Returns
    -------
    Estimate
        First proportion less the second; NaN where either has no trials.

    Examples
    --------
    >>> [round(v, 4) for v in newcombe((56, 70), (48, 80))]  # Newcombe 1998, table II, row a
    [0.2, 0.0524, 0.3339]
    """
    if not (first[1] and second[1]):
        return UNKNOWN
    value = first[0] / first[1] - second[0] / second[1]
    low, high = confint_proportions_2indep(
        int(first[0]), int(first[1]), int(second[0]), int(second[1]), method="newcomb", alpha=1 - confidence
    )
    return _within(Estimate(value, float(low), float(high)), -1.0, 1.0)


def did_mover(
    after: Count, before: Count, control_after: Count, control_before: Count, *, confidence: float = 0.95
) -> Estimate:
    """Difference in differences of four independent proportions, interval by MOVER.

    The change in the group less the change in the control, each with Newcombe's
    interval. It takes every trial for independent: right where a user gives one
    post, a check on :func:`did_clustered` where few give more.

    Parameters
    ----------
    after, before, control_after, control_before : tuple of (successes, trials)

    Returns
    -------
    Estimate
        Between -2 and 2; NaN where a cell has no trials.
    """
    change = newcombe(after, before, confidence=confidence)
    control = newcombe(control_after, control_before, confidence=confidence)
    return mover(change, control)


def mover(first: Estimate, second: Estimate) -> Estimate:
    """Difference of two independent estimates, its interval recovered from theirs.

    The method of variance estimates recovery (Zou and Donner 2008, Statistics in Medicine 27, 1693).

    Examples
    --------
    >>> mover(Estimate(4, 1, 8), Estimate(1, -2, 5))
    Estimate(value=3, low=-2.0, high=8.0)
    """
    value = first.value - second.value
    down = np.hypot(first.value - first.low, second.high - second.value)
    up = np.hypot(first.high - first.value, second.value - second.low)
    return Estimate(value, float(value - down), float(value + up))


def did_clustered(
    outcome: ArrayLike,
    cluster: ArrayLike,
    treated: ArrayLike,
    after: ArrayLike,
    *,
    confidence: float = 0.95,
    n_resamples: int = RESAMPLES,
    seed: int,
) -> Estimate:
    """Difference in differences of shares, where a user may give several posts.

    Whole users are resampled, with all their posts: posts of one user are not
    independent. Users are drawn within strata (group, and the periods in which
    they were seen), because the crawls fixed how many of each there are.

    Parameters
    ----------
    outcome : array-like of bool, shape (n_posts,)
        Whether the post has the property.
    cluster : array-like, shape (n_posts,)
        User of each post: integer codes, or anything that can be grouped by.
    treated, after : array-like of bool, shape (n_posts,)
        Group (True: of interest, False: control) and period of each post.
    confidence, n_resamples, seed
        Of the percentile bootstrap.

    Returns
    -------
    Estimate
        (treated after - treated before) - (control after - control before), as
        shares of posts; NaN where one of the four cells is empty.

    Raises
    ------
    DataError
        If a user is in both groups.
    """
    totals, strata = _cluster_totals(outcome, cluster, treated, after)
    rng = np.random.default_rng(seed)
    sums = np.zeros((n_resamples, totals.shape[1]))
    for stratum in np.unique(strata):
        members = totals[strata == stratum]
        drawn = rng.multinomial(len(members), np.full(len(members), 1 / len(members)), size=n_resamples)
        sums += drawn @ members
    value = float(_did(totals.sum(axis=0)[None, :])[0])
    return Estimate(value, *bootstrap_interval(_did(sums), confidence=confidence))


def _cluster_totals(
    outcome: ArrayLike, cluster: ArrayLike, treated: ArrayLike, after: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Successes and trials of each cluster in the four cells, shape (n_clusters, 8); stratum of each."""
    codes, names = pd.factorize(np.asarray(cluster))
    outcome, treated, after = (np.asarray(a).astype(bool) for a in (outcome, treated, after))
    trials = np.zeros((len(names), 4))
    successes = np.zeros_like(trials)
    cell = 2 * (~treated) + (~after)  # treated after, treated before, control after, control before
    np.add.at(trials, (codes, cell), 1)
    np.add.at(successes, (codes, cell), outcome)
    both = (trials[:, :2].any(axis=1)) & (trials[:, 2:].any(axis=1))
    if both.any():
        raise DataError(f"{both.sum()} users are in both groups; each user's posts must be of one group.")
    strata = (trials > 0) @ np.array([8, 4, 2, 1])
    return np.hstack([successes, trials]), strata


def _did(sums: np.ndarray) -> np.ndarray:
    """Difference in differences of each row of successes (4) and trials (4); NaN where a cell is empty."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share = sums[:, :4] / sums[:, 4:]
    return (share[:, 0] - share[:, 1]) - (share[:, 2] - share[:, 3])


# Correlation ----------------------------------------------------------------------------------------------


def correlation(
    x: ArrayLike,
    y: ArrayLike,
    *,
    method: str = "spearman",
    n_resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """Correlation of two columns with a percentile interval, pairs resampled.

    Parameters
    ----------
    x, y : array-like of float, shape (n,)
        Pairs; none may be missing.
    method : {"spearman", "pearson"}
    n_resamples, seed : int

    Returns
    -------
    Estimate
        NaN where a column is constant or there are fewer than four pairs.

    Raises
    ------
    ValueError
        If `method` is unknown.
    DataError
        If the columns differ in length or hold missing values.
    """
    if method not in {"spearman", "pearson"}:
        raise ValueError(f"method {method!r} is unknown; choose spearman or pearson")
    x, y = _sample(x, "x"), _sample(y, "y")
    if len(x) != len(y):
        raise DataError(f"{len(x)} values against {len(y)}; a correlation needs pairs.")
    if len(x) < 4 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return UNKNOWN
    drawn = np.random.default_rng(seed).integers(len(x), size=(n_resamples, len(x)))
    resampled = _correlations(x[drawn], y[drawn], method)
    value = float(_correlations(x[None, :], y[None, :], method)[0])
    return Estimate(value, *bootstrap_interval(resampled))


def _correlations(x: np.ndarray, y: np.ndarray, method: str) -> np.ndarray:
    """Correlation of each row of `x` with that of `y`; NaN where a row is constant."""
    if method == "spearman":
        x, y = rankdata(x, axis=1), rankdata(y, axis=1)
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        r = (x * y).sum(axis=1) / np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    return np.clip(r, -1, 1)


# Many tests, many words -----------------------------------------------------------------------------------


def benjamini_hochberg(p_values: ArrayLike) -> np.ndarray:
    """Adjusted p-values that control the false discovery rate over a family of tests.

    Missing values stay missing and do not count as tests.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    p_values = np.asarray(p_values, dtype=float)
    adjusted = np.full(p_values.shape, np.nan)
    known = ~np.isnan(p_values)
    if known.any():
        adjusted[known] = multipletests(p_values[known], method="fdr_bh")[1]
    return adjusted


def log_odds(first: pd.Series, second: pd.Series, prior: pd.Series) -> pd.DataFrame:
    """Log-odds ratio of each word between two corpora, with an informative Dirichlet prior.

    Rare words shrink towards the prior and common ones hardly, so a word that
    occurs twice by chance does not lead the list (Monroe, Colaresi and Quinn
    2008, Political Analysis 16, 372, equations 16 and 22).

    Parameters
    ----------
    first, second : pandas.Series of int
        Counts, indexed by word. A word that a series lacks counts 0.
    prior : pandas.Series of float
        Pseudo-counts, indexed by word: usually the counts of a wider corpus.
        Every word of the two series must have one above 0.

    Returns
    -------
    pandas.DataFrame
        Indexed by word, sorted by ``z`` from the first corpus's words to the
        second's: ``log_odds`` (natural logarithm), ``sd``, ``z``.

    Raises
    ------
    DataError
        If a word has no positive pseudo-count.
    """
    words = prior.index.union(first.index).union(second.index)
    alpha = prior.reindex(words).astype(float)
    without = ~(alpha > 0)
    if without.any():
        raise DataError(f"{without.sum()} words have no positive count in the prior; count them in the prior too.")
    posterior = [counts.reindex(words, fill_value=0).astype(float) + alpha for counts in (first, second)]
    logits = [np.log(a) - np.log(a.sum() - a) for a in posterior]
    result = pd.DataFrame({"log_odds": logits[0] - logits[1]})
    result["sd"] = np.sqrt(1 / posterior[0] + 1 / posterior[1])
    result["z"] = result["log_odds"] / result["sd"]
    return result.sort_values("z", ascending=False, kind="stable")
