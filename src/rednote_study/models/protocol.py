"""One protocol for all models: the same folds, everything that learns inside them, scores only for cases unseen."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from rednote_study.encoders.evaluation import stratified_folds
from rednote_study.models.features import preparation
from rednote_study.models.leakage import refuse_leaks
from rednote_study.models.networks import LstmClassifier, MlpClassifier
from rednote_study.statistics.metrics import best_threshold

BASELINE = "logistic regression"
SEQUENCE_MODELS = ("LSTM",)


class Predictions(NamedTuple):
    """What a model says of cases that it has not seen.

    Attributes
    ----------
    scores : numpy.ndarray of float, shape (repeats, n)
        Probability of the positive class.
    decisions : numpy.ndarray of bool, shape (repeats, n)
        Whether it is called positive, by a threshold chosen on a part of the cases learnt from.
    """

    scores: np.ndarray
    decisions: np.ndarray


class Thresholded(ClassifierMixin, BaseEstimator):
    """A classifier with a threshold of largest balanced accuracy on a stratified fifth that was held back.

    The threshold is chosen with a model learnt from the rest; then the model learns from all cases.

    Parameters
    ----------
    model : estimator with ``predict_proba``
    seed : int
    """

    def __init__(self, model: BaseEstimator, seed: int = 0):
        self.model = model
        self.seed = seed

    def fit(self, X, y):
        """Choose the threshold, then fit the model to all cases."""
        train, held = train_test_split(np.arange(len(y)), test_size=0.2, stratify=y, random_state=self.seed)
        scores = clone(self.model).fit(X[train], y[train]).predict_proba(X[held])[:, 1]
        self.threshold_ = best_threshold(y[held], scores)
        self.model_ = clone(self.model).fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, X) -> np.ndarray:
        """Probabilities of both classes (float64, shape (n, 2))."""
        return self.model_.predict_proba(X)

    def predict(self, X) -> np.ndarray:
        """Class by the threshold (int, shape (n,))."""
        return (self.predict_proba(X)[:, 1] >= self.threshold_).astype(int)


def models(seed: int) -> dict[str, BaseEstimator]:
    """The models that are compared, by name, not fitted.

    The logistic regression is that of the chapter on representations. The trees are few and shallow, because a
    training fold has some sixty positive users.
    """
    trees = HistGradientBoostingClassifier(
        max_iter=60, max_leaf_nodes=8, min_samples_leaf=10, max_bins=64, early_stopping=False, random_state=seed
    )
    return {
        "no-skill prior": Thresholded(DummyClassifier(strategy="prior"), seed),
        BASELINE: Thresholded(LogisticRegression(C=0.01, max_iter=2000), seed),
        "gradient-boosted trees": Thresholded(trees, seed),
        "MLP": MlpClassifier(seed=seed),
        "LSTM": LstmClassifier(seed=seed),
    }


def cross_validate(
    chosen: dict[str, BaseEstimator],
    features: pd.DataFrame,
    y: np.ndarray,
    *,
    feature_set: str,
    sequences: np.ndarray | None = None,
    seed: int,
    repeats: int = 2,
    folds: int = 5,
) -> dict[str, Predictions]:
    """Predict every case by models that have not seen it, by repeated stratified cross-validation.

    Parameters
    ----------
    chosen : dict of str to estimator
    features : pandas.DataFrame, n rows
        As :func:`rednote_study.models.features.user_features` makes them; prepared inside each fold.
    y : numpy.ndarray of bool, shape (n,)
    feature_set : str
    sequences : numpy.ndarray, shape (n, steps, d), optional
        For the models of `SEQUENCE_MODELS`.
    seed, repeats, folds : int

    Raises
    ------
    DataError
        If a class has fewer cases than there are folds, or a single feature is the label.
    """
    refuse_leaks(features.select_dtypes("number"), y)
    y = np.asarray(y).astype(int)
    shape = (repeats, len(y))
    found = {name: Predictions(np.empty(shape), np.empty(shape, dtype=bool)) for name in chosen}
    for repeat, train, test in stratified_folds(y, seed=seed, repeats=repeats, folds=folds):
        inputs = _prepared(feature_set, features.iloc[train], features.iloc[test])
        for name, model in chosen.items():
            learn, score = (sequences[train], sequences[test]) if name in SEQUENCE_MODELS else inputs
            fitted = clone(model).fit(learn, y[train])
            found[name].scores[repeat, test] = fitted.predict_proba(score)[:, 1]
            found[name].decisions[repeat, test] = fitted.predict(score)
    return found


def score_others(
    chosen: dict[str, BaseEstimator],
    features: tuple[pd.DataFrame, pd.DataFrame],
    y: np.ndarray,
    *,
    feature_set: str,
    sequences: tuple[np.ndarray, np.ndarray] | None = None,
) -> dict[str, Predictions]:
    """Predict other cases (second of each pair) by models learnt from the first.

    Parameters
    ----------
    chosen, feature_set
        As for :func:`cross_validate`.
    features, sequences : tuple of two
        Of the cases to learn from and of the cases to score.
    y : numpy.ndarray of bool
        Labels of the former.
    """
    inputs, y, found = _prepared(feature_set, *features), np.asarray(y).astype(int), {}
    for name, model in chosen.items():
        learn, score = sequences if name in SEQUENCE_MODELS else inputs
        fitted = clone(model).fit(learn, y)
        found[name] = Predictions(fitted.predict_proba(score)[None, :, 1], fitted.predict(score).astype(bool)[None])
    return found


def _prepared(feature_set: str, train: pd.DataFrame, test: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    steps = preparation(feature_set)
    return steps.fit_transform(train), steps.transform(test)
