"""How well probabilities predict, with bootstrap intervals over cases, for one model and for the difference of two.

All resamples of a metric are computed at once: a resample is a row of weights. Cases are resampled within each class,
so their numbers stay. Models are not fitted again: the intervals say how far a metric may move with other cases to
score, not with other cases to learn from.
"""

from __future__ import annotations

import numpy as np
from sklearn.metrics import roc_curve

from rednote_study.statistics.inference import Estimate, bootstrap_interval


def resampling_weights(y: np.ndarray, *, seed: int, resamples: int = 1000) -> np.ndarray:
    """How often each case is drawn in each resample; the first row is the cases themselves.

    Parameters
    ----------
    y : numpy.ndarray of bool, shape (n,)
    seed, resamples : int

    Returns
    -------
    numpy.ndarray of float, shape (1 + resamples, n)
    """
    rng, y = np.random.default_rng(seed), np.asarray(y, dtype=bool)
    weights = np.ones((1 + resamples, len(y)))
    for members in (np.flatnonzero(y), np.flatnonzero(~y)):
        if len(members):
            equal = np.full(len(members), 1 / len(members))
            weights[1:, members] = rng.multinomial(len(members), equal, size=resamples)
    return weights


def roc_auc(scores: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Area under the ROC curve of each resample; ties count half.

    Parameters
    ----------
    scores : numpy.ndarray of float, shape (n,)
    y : numpy.ndarray of bool, shape (n,)
    weights : numpy.ndarray of float, shape (resamples, n)

    Returns
    -------
    numpy.ndarray of float, shape (resamples,)

    Examples
    --------
    >>> roc_auc(np.array([0.1, 0.4, 0.4, 0.8]), np.array([False, False, True, True]), np.ones((1, 4))).tolist()
    [0.875]
    """
    positive, negative = _by_score(scores, y, weights)
    above = np.cumsum(negative, axis=1) - negative / 2
    return (positive * above).sum(axis=1) / (positive.sum(axis=1) * negative.sum(axis=1))


def average_precision(scores: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Average precision of each resample: precision at each threshold, weighted by the gain in recall.

    Parameters and value as for :func:`roc_auc`.

    Examples
    --------
    >>> average_precision(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1], bool), np.ones((1, 4))).round(4)
    array([0.8333])
    """
    positive, negative = (part[:, ::-1] for part in _by_score(scores, y, weights))
    found, called = np.cumsum(positive, axis=1), np.cumsum(positive + negative, axis=1)
    precision = np.divide(found, called, out=np.zeros_like(found), where=called > 0)
    return (positive * precision).sum(axis=1) / positive.sum(axis=1)


def _by_score(scores: np.ndarray, y: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weight of positive and of negative cases at each distinct score, ascending (shapes (resamples, scores))."""
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))
    ordered, truth = weights[:, order], np.asarray(y, dtype=bool)[order]
    return tuple(np.add.reduceat(ordered * side, starts, axis=1) for side in (truth, ~truth))


def brier(scores: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean squared error of the probabilities (Brier 1950) in each resample.

    Parameters and value as for :func:`roc_auc`.
    """
    return weights @ (scores - y) ** 2 / weights.sum(axis=1)


def balanced_accuracy(decisions: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean of the shares of positive and of negative cases that are called right, in each resample.

    Parameters and value as for :func:`roc_auc`; `decisions` are 0 or 1.

    Examples
    --------
    >>> balanced_accuracy(np.array([1, 0, 0, 0]), np.array([1, 1, 0, 0], bool), np.ones((1, 4))).tolist()
    [0.75]
    """
    y, right = np.asarray(y, dtype=bool), np.asarray(decisions, dtype=bool) == np.asarray(y, dtype=bool)
    shares = [weights[:, side] @ right[side] / weights[:, side].sum(axis=1) for side in (y, ~y)]
    return np.mean(shares, axis=0)


METRICS = {
    "auc": roc_auc,
    "average precision": average_precision,
    "brier": brier,
    "balanced accuracy": balanced_accuracy,
}
"""Metrics by name. The last takes decisions, the others take scores."""


def estimate(metric: str, scores: np.ndarray, y: np.ndarray, weights: np.ndarray, *, minus=None) -> Estimate:
    """A metric, mean over repeats of the cross-validation, with its 95 % percentile interval.

    Parameters
    ----------
    metric : str
        Key of `METRICS`.
    scores : numpy.ndarray, shape (repeats, n) or (n,)
    y : numpy.ndarray of bool, shape (n,)
    weights : numpy.ndarray, shape (1 + resamples, n)
        Of :func:`resampling_weights`.
    minus : numpy.ndarray, optional
        Scores of another model for the same cases: then the difference, both taken on the same resamples.

    Returns
    -------
    Estimate
        NaN where a class is empty.
    """
    if not 0 < np.sum(y) < len(y):
        return Estimate(np.nan, np.nan, np.nan)
    values = _mean(metric, scores, y, weights)
    if minus is not None:
        values = values - _mean(metric, minus, y, weights)
    return Estimate(float(values[0]), *bootstrap_interval(values[1:]))


def _mean(metric: str, scores: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.mean([METRICS[metric](row, np.asarray(y, dtype=bool), weights) for row in np.atleast_2d(scores)], axis=0)


def best_threshold(y: np.ndarray, scores: np.ndarray) -> float:
    """Score from which on calling a case positive gives the largest balanced accuracy.

    Examples
    --------
    >>> best_threshold(np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.3, 0.9]))
    0.3
    """
    false, true, thresholds = roc_curve(y, scores, drop_intermediate=False)
    return float(thresholds[1:][np.argmax((true - false)[1:])])  # the first threshold calls nobody positive
