"""Logistic regression of many outcomes on one design, with and without Firth's penalty.

A simulation fits the same users thousands of times. Here all its outcomes are
fitted at once, many times as fast as one by one; and statsmodels has no Firth.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from rednote_study.errors import DataError

_STEPS, _CLOSE = 100, 1e-8
_LONGEST_STEP = 2.0
_DIVERGED = 15.0
"""A coefficient beyond this is on its way to infinity: no data of ours hold an odds ratio of three million."""


class LogisticFits(NamedTuple):
    """Coefficients (log odds) and standard errors, shape (n_outcomes, n_columns); NaN where no estimate exists."""

    coefficients: np.ndarray
    errors: np.ndarray


def fit_logistic(design: ArrayLike, outcomes: ArrayLike, *, firth: bool = False) -> LogisticFits:
    """Fit a logistic regression to each column of outcomes.

    Maximum likelihood has no finite estimate where a feature separates the
    classes (no positive has it, say), and is too far from zero where positives
    are few. Firth's penalty removes both faults to first order (Firth 1993,
    Biometrika 80, 27; Heinze and Schemper 2002, Statistics in Medicine 21,
    2409). Standard errors are those of the information matrix at the estimate.

    Parameters
    ----------
    design : array-like of float, shape (n, n_columns)
        With a column of ones, if an intercept is wanted.
    outcomes : array-like of bool, shape (n, n_outcomes)
    firth : bool
        Whether the likelihood is penalised.

    Returns
    -------
    LogisticFits

    Raises
    ------
    DataError
        If the shapes do not fit, or a column of the design is a combination of others.

    Examples
    --------
    Two of four without the feature say yes, three of four with it: an odds ratio of 3. Firth's penalty adds half a
    case to each of the four cells.

    >>> X = np.column_stack([np.ones(8), [0, 0, 0, 0, 1, 1, 1, 1]])
    >>> y = np.array([[0, 0, 1, 1, 0, 1, 1, 1]]).T
    >>> float(np.exp(fit_logistic(X, y).coefficients[0, 1]).round(3))
    3.0
    >>> float(np.exp(fit_logistic(X, y, firth=True).coefficients[0, 1]).round(3))  # 3.5 / 1.5
    2.333
    """
    design, outcomes = np.asarray(design, dtype=float), np.asarray(outcomes, dtype=float)
    if design.ndim != 2 or outcomes.ndim != 2 or len(design) != len(outcomes):
        raise DataError(f"A design of shape {design.shape} and outcomes of shape {outcomes.shape} do not go together.")
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise DataError("A column of the design is a combination of the others; leave it out.")
    rows, group = np.unique(design, axis=0, return_inverse=True)  # users alike are one row with several trials
    trials = np.bincount(group.ravel()).astype(float)[:, None]
    successes = np.zeros((len(rows), outcomes.shape[1]))
    np.add.at(successes, group.ravel(), outcomes)
    found = np.full((2, outcomes.shape[1], design.shape[1]), np.nan)
    current, open_ = np.zeros(found.shape[1:]), np.arange(outcomes.shape[1])
    for _ in range(_STEPS):
        step, inverse = _step(rows, trials, successes[:, open_], current[open_], firth)
        current[open_] += step
        done = np.abs(step).max(axis=1) < _CLOSE
        found[0, open_[done]] = current[open_[done]]
        found[1, open_[done]] = np.sqrt(np.diagonal(inverse[done], axis1=1, axis2=2))
        open_ = open_[~done & (np.abs(current[open_]).max(axis=1) < _DIVERGED)]
        if not len(open_):
            break
    return LogisticFits(*found)


def _step(
    rows: np.ndarray, trials: np.ndarray, successes: np.ndarray, coefficients: np.ndarray, firth: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Newton's step for each outcome, cut to a length at which it is safe; inverse of the information matrix.

    Sums are made by einsum, which is alone on its core: BLAS would wait for others where all cores simulate.
    """
    products = np.einsum("ni,nj->nij", rows, rows)
    chance = expit(np.einsum("ni,ri->nr", rows, coefficients))
    weight = chance * (1 - chance)
    inverse = np.linalg.inv(np.einsum("nij,nr->rij", products, trials * weight))
    residual, curvature = successes - trials * chance, inverse
    if firth:  # as if each case were followed by its leverage in cases, half of them positive
        leverage = weight * np.einsum("nij,rij->nr", products, inverse)
        residual += trials * leverage * (0.5 - chance)
        # those cases bend the likelihood too: without them steps are up to twice too long, and never settle
        curvature = np.linalg.inv(np.einsum("nij,nr->rij", products, trials * weight * (1 + leverage)))
    step = np.einsum("rij,rj->ri", curvature, np.einsum("nj,nr->rj", rows, residual))
    longest = np.abs(step).max(axis=1, keepdims=True)
    return step * np.minimum(1, _LONGEST_STEP / np.maximum(longest, _LONGEST_STEP)), inverse
