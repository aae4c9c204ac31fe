"""How good vectors and classifiers are: retrieval, neighbourhoods, cross-validated areas under the curve."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.stats import t as student
from sklearn.base import BaseEstimator, clone
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import RepeatedStratifiedKFold

from rednote_study.errors import DataError
from rednote_study.statistics.inference import Estimate
from rednote_study.statistics.metrics import roc_auc
from rednote_study.system.paths import DATA


def translation_pairs() -> pd.DataFrame:
    """200 hand-written sentences and their translations (columns ``english``, ``chinese``)."""
    return pd.read_csv(DATA / "evaluation" / "translation_pairs.csv", dtype="str")


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors of length one; zero vectors stay zero."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(norms > 0, norms, 1)


def recall_at_1(queries: np.ndarray, documents: np.ndarray) -> np.ndarray:
    """Whether each query's nearest document by cosine is the one in its own row.

    A tie with another document counts as a miss, and so does an empty vector.

    Parameters
    ----------
    queries, documents : numpy.ndarray, shape (n, d)

    Returns
    -------
    numpy.ndarray of bool, shape (n,)

    Examples
    --------
    >>> recall_at_1(np.eye(2), np.array([[2.0, 0.0], [1.0, -0.5]])).tolist()
    [True, False]
    """
    similar = unit(queries) @ unit(documents).T
    own = np.diag(similar).copy()
    np.fill_diagonal(similar, -np.inf)
    return (own > similar.max(axis=1)) & (own != 0)


def neighbour_purity(vectors: np.ndarray, related: np.ndarray, allowed: np.ndarray, k: int = 10) -> np.ndarray:
    """Share of each item's `k` nearest neighbours by cosine that are related to it.

    Parameters
    ----------
    vectors : numpy.ndarray, shape (n, d)
    related : numpy.ndarray of bool, shape (n, n)
    allowed : numpy.ndarray of bool, shape (n, n)
        Who may be a neighbour (not the item itself, not another post of the same user).
    k : int

    Returns
    -------
    numpy.ndarray of float, shape (n,)
    """
    similar = np.where(allowed, unit(vectors) @ unit(vectors).T, -np.inf)
    nearest = np.argsort(-similar, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(related, nearest, axis=1).mean(axis=1)


def misspell(word: str, rng: np.random.Generator) -> str:
    """Swap two neighbouring characters of a word, or double or drop one inside it.

    Chinese words are only swapped or doubled: without a character they are other words.

    Examples
    --------
    >>> misspell("refugee", np.random.default_rng(1))
    'refuugee'
    """
    at = int(rng.integers(1, len(word) - 1)) if len(word) > 2 else 0
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    forms = [swapped, word[: at + 1] + word[at:]]
    if word.isascii():
        forms.append(word[:at] + word[at + 1 :])
    return forms[int(rng.integers(len(forms)))]


def out_of_fold(model: BaseEstimator, X, y: np.ndarray, *, seed: int, repeats: int = 2, folds: int = 5) -> np.ndarray:
    """Scores of a classifier for cases that it was not fitted on, by repeated stratified cross-validation.

    Parameters
    ----------
    model : estimator with ``fit`` and ``predict_proba``
        Everything that learns from data must be inside it.
    X : sequence, length n
    y : numpy.ndarray of bool, shape (n,)
    seed, repeats, folds : int

    Returns
    -------
    numpy.ndarray of float, shape (repeats, n)
        Probability of the positive class.

    Raises
    ------
    DataError
        If a class has fewer members than there are folds.
    """
    y = np.asarray(y, dtype=bool)
    X = np.asarray(X, dtype=object) if isinstance(X, (list, pd.Series)) else X
    scores = np.empty((repeats, len(y)))
    for repeat, train, test in stratified_folds(y, seed=seed, repeats=repeats, folds=folds):
        fitted = clone(model).fit(X[train], y[train])
        scores[repeat, test] = fitted.predict_proba(X[test])[:, 1]
    return scores


def stratified_folds(y: np.ndarray, *, seed: int, repeats: int, folds: int = 5) -> Iterator[tuple]:
    """Repeated stratified cross-validation: number of the repeat, positions to learn from, positions to score.

    The same labels and seed give the same folds to every model.

    Raises
    ------
    DataError
        If a class has fewer members than there are folds.
    """
    y = np.asarray(y, dtype=bool)
    if min(y.sum(), (~y).sum()) < folds:
        raise DataError(f"{folds} folds need {folds} cases of each class; there are {y.sum()} and {(~y).sum()}.")
    splitter = RepeatedStratifiedKFold(n_splits=folds, n_repeats=repeats, random_state=seed)
    for number, (train, test) in enumerate(splitter.split(np.zeros(len(y)), y)):
        yield number // folds, train, test


def fold_areas(scores: np.ndarray, y: np.ndarray, *, seed: int, folds: int = 5) -> np.ndarray:
    """Area under the ROC curve within each fold of :func:`out_of_fold` (float, shape (repeats * folds,))."""
    divisions = stratified_folds(y, seed=seed, repeats=len(scores), folds=folds)
    return np.array([roc_auc_score(y[test], scores[repeat, test]) for repeat, _, test in divisions])


def corrected_t(differences: np.ndarray, *, folds: int, confidence: float = 0.95) -> Estimate:
    """Mean difference between two models over the folds of repeated cross-validation, by the corrected resampled t.

    Folds learn from mostly the same cases, so the plain t is too sure. The variance of the mean is that of the
    differences, times 1/J for J folds plus the cases scored by the cases learnt from.

    Parameters
    ----------
    differences : numpy.ndarray, shape (repeats * folds,)
        Of both models on the same folds.
    folds : int
        Of one division.
    confidence : float

    Notes
    -----
    Nadeau and Bengio (2003), Machine Learning 52, 239; for repeated cross-validation Bouckaert and Frank (2004).

    Examples
    --------
    >>> [round(v, 2) for v in corrected_t(np.array([0.0, 0.1, 0.2, 0.1]), folds=2)]  # sd .0816, times the root of 1/4 + 1
    [0.1, -0.19, 0.39]
    """
    number = len(differences)
    error = differences.std(ddof=1) * np.sqrt(1 / number + 1 / (folds - 1))
    half = float(student.ppf((1 + confidence) / 2, number - 1) * error)
    mean = float(differences.mean())
    return Estimate(mean, mean - half, mean + half)


def auc_interval(scores: np.ndarray, y: np.ndarray, *, seed: int, resamples: int = 1000) -> Estimate:
    """Area under the ROC curve, mean over repeats, with a bootstrap interval over cases.

    Cases are resampled within each class. The models are not fitted again, so the interval says how far the area
    may move with other cases to score, not with other cases to learn from.

    Parameters
    ----------
    scores : numpy.ndarray, shape (repeats, n) or (n,)
    y : numpy.ndarray of bool, shape (n,)
    seed, resamples : int
    """
    areas = auc_draws(scores, y, seed=seed, resamples=resamples)
    return Estimate(float(areas[0]), *np.quantile(areas[1:], [0.025, 0.975]))


def auc_draws(scores: np.ndarray, y: np.ndarray, *, seed: int, resamples: int = 1000) -> np.ndarray:
    """The area itself, and in each resample of the cases (float, shape (1 + resamples,)).

    The same labels and seed draw the same cases, so that two models can be compared draw by draw. Parameters as for
    :func:`auc_interval`.
    """
    scores, y = np.atleast_2d(scores), np.asarray(y, dtype=bool)
    positive, negative = np.flatnonzero(y), np.flatnonzero(~y)
    if not len(positive) or not len(negative):
        return np.full(1 + resamples, np.nan)

    rng, draws = np.random.default_rng(seed), np.zeros((1 + resamples, len(y)), dtype=int)
    draws[0] = 1  # the cases themselves
    for counts in draws[1:]:
        for members in (positive, negative):
            counts += np.bincount(rng.choice(members, len(members)), minlength=len(y))
    return np.mean([roc_auc(row, y, draws) for row in scores], axis=0)
