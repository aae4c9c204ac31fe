"""The published protocol with one defect mended at a time, and with all of them mended."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.preprocessing import StandardScaler

from rednote_study.errors import DataError
from rednote_study.models.published import AS_CODED, Protocol, PublishedFit, fit_published, tail_split
from rednote_study.statistics.metrics import best_threshold

COUNTS = 4
"""Columns that the scaler sees: the four counts come first, the numbers of the text follow."""

FOLDS = 5

TRAININGS = (
    "as published",
    "scaler without the tail",
    "class weights",
    "rows shuffled before the cut",
    "stratified validation rows",
)
"""Ways to train that differ from the published one in one thing."""


@dataclass(frozen=True, eq=False)
class FairRun:
    """What the mended protocol says of users that no part of it has seen.

    Attributes
    ----------
    scores : numpy.ndarray of float64, shape (n,)
        Rank of each user in its fold, between 0 and 1: every fold has a network of its own, and the probabilities
        of two networks are not comparable.
    called : numpy.ndarray of bool, shape (n,)
        Who is called retained, by the threshold of the fold.
    validation_positives : int
        Retained users among the rows that stop the training, in the first fold.
    """

    scores: np.ndarray
    called: np.ndarray
    validation_positives: int


def scaled_counts(X: np.ndarray, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
    """Inputs whose counts have mean 0 and variance 1 among `rows`; the numbers of the text as they are (float32)."""
    scaler = StandardScaler().fit(X[rows, :COUNTS])
    return np.hstack([scaler.transform(X[:, :COUNTS]), X[:, COUNTS:]]).astype(np.float32)


def train(
    X: np.ndarray, y: np.ndarray, training: str = "as published", seed: int = 0, protocol: Protocol = AS_CODED
) -> PublishedFit:
    """Train the published network as published, or with one thing mended.

    Parameters
    ----------
    X : numpy.ndarray of float, shape (n, d)
        Four counts, not scaled, and the numbers of the text; rows in order of registration.
    y : numpy.ndarray of bool, shape (n,)
    training : str
        One of :data:`TRAININGS`.
    seed : int
        Of the network, and of the split where rows are drawn.
    protocol : Protocol

    Raises
    ------
    DataError
        If there is no such training.
    """
    if training not in TRAININGS:
        raise DataError(f"There is no training {training!r}; choose one of: {'; '.join(TRAININGS)}.")
    y = np.asarray(y, dtype=bool)
    split = tail_split(len(y), protocol.validation_share)
    if training in ("rows shuffled before the cut", "stratified validation rows"):
        stratify = y if training == "stratified validation rows" else None
        split = train_test_split(np.arange(len(y)), test_size=len(split[1]), stratify=stratify, random_state=seed)
    inputs = scaled_counts(X, split[0]) if training == "scaler without the tail" else scaled_counts(X)
    return fit_published(inputs, y, protocol, seed, split=split, balanced=training == "class weights")


def fair(X: np.ndarray, y: np.ndarray, seed: int = 0, protocol: Protocol = AS_CODED) -> FairRun:
    """Judge the published network with every defect mended.

    Stratified cross-validation in five folds. Inside the fold a stratified fifth is held back: it stops the training
    and gives the threshold with the largest balanced accuracy. The scaler learns from the other four fifths, and
    both classes weigh the same.

    Parameters
    ----------
    X : numpy.ndarray of float, shape (n, d)
        As for :func:`train`.
    y : numpy.ndarray of bool, shape (n,)
    seed : int
        Of folds, inner splits and networks.
    protocol : Protocol

    Raises
    ------
    DataError
        If a class has fewer than ten cases: each fold needs two, and the rows held back one.
    """
    y = np.asarray(y, dtype=bool)
    if min(y.sum(), (~y).sum()) < 2 * FOLDS:
        raise DataError(f"A fair judgement needs ten cases of each class; there are {y.sum()} and {(~y).sum()}.")
    ranks, called, held_positives = np.empty(len(y)), np.empty(len(y), dtype=bool), []
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    for number, (learn, test) in enumerate(folds.split(X, y)):
        inner, held = train_test_split(learn, test_size=0.2, stratify=y[learn], random_state=seed)
        inputs = scaled_counts(X, inner)
        fit = fit_published(inputs, y, protocol, FOLDS * seed + number, split=(inner, held), balanced=True)
        called[test] = fit.scores[test] >= best_threshold(y[held], fit.scores[held])
        ranks[test] = rankdata(fit.scores[test]) / len(test)
        held_positives.append(int(y[held].sum()))
    return FairRun(ranks, called, held_positives[0])
