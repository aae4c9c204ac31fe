"""What the study's neural networks share: training on a split inside the fold, calibration, a threshold."""

from __future__ import annotations

import functools

import numpy as np
from scipy.special import logit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import check_is_fitted

from rednote_study.errors import DataError
from rednote_study.models.machine import Machine
from rednote_study.statistics.metrics import best_threshold
from rednote_study.system.backend import load_tensorflow

_EDGE = 1e-6  # probabilities of 0 and 1 have no logit


class KerasClassifier(ClassifierMixin, BaseEstimator):
    """Base of the networks; a subclass says how inputs are prepared and which layers it has.

    A stratified fifth of the cases that it is given is held back. On it training stops early, the probabilities are
    calibrated (Platt 1999) and the threshold is chosen; so nothing outside the fold has a say in them. Both classes
    weigh the same in training.

    Parameters
    ----------
    epochs : int
        Most epochs; training stops when the weighted loss of the part held back has not fallen for `patience`.
    patience, batch_size : int
    learning_rate : float
    seed : int

    Attributes
    ----------
    classes_ : numpy.ndarray of int, shape (2,)
    epochs_ : int
        Epochs run.
    threshold_ : float
        Calibrated probability from which on :meth:`predict` says 1: the largest balanced accuracy on the part
        held back.
    """

    def __init__(
        self,
        epochs: int = 100,
        patience: int = 10,
        batch_size: int = 128,
        learning_rate: float = 1e-3,
        seed: int = 0,
    ):
        self.epochs = epochs
        self.patience = patience
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.seed = seed

    def _prepare(self, X: np.ndarray, *, fit: bool) -> np.ndarray:
        """Inputs of the network; scaling is learnt where `fit` is true."""
        raise NotImplementedError

    @staticmethod
    def _layers() -> list:
        """Keras layers, the output left out."""
        raise NotImplementedError

    def fit(self, X, y):
        """Train, calibrate and choose the threshold.

        Parameters
        ----------
        X : numpy.ndarray of float, shape (n, ...)
        y : array-like of bool or {0, 1}, shape (n,)

        Raises
        ------
        DataError
            If a class has fewer than five cases: a fifth of them must be held back.
        """
        y = np.asarray(y).astype(int)
        if min(y.sum(), (1 - y).sum()) < 5:
            raise DataError(f"A network needs five cases of each class; there are {y.sum()} and {(1 - y).sum()}.")
        self.classes_ = np.array([0, 1])
        train, held = train_test_split(np.arange(len(y)), test_size=0.2, stratify=y, random_state=self.seed)
        inputs = self._prepare(np.asarray(X)[train], fit=True), self._prepare(np.asarray(X)[held], fit=False)
        self._train(inputs, (y[train], y[held]))
        scores = self._scores(inputs[1])
        self.calibration_ = LogisticRegression(C=np.inf).fit(scores, y[held])
        self.threshold_ = best_threshold(y[held], self.calibration_.predict_proba(scores)[:, 1])
        return self

    def _train(self, inputs: tuple, labels: tuple) -> None:
        """Train until the weighted loss of the part held back stops falling; keep the weights of its lowest."""
        shape = inputs[0].shape[1:]
        machine = self._machine = _machine(type(self), shape, self.batch_size)
        machine.reset(_new(type(self), shape, self.seed), self.learning_rate)
        weights = [compute_sample_weight("balanced", y) for y in labels]
        learnt = machine.inputs(inputs[0], labels[0], weights[0])
        rng, least, waited = np.random.default_rng(self.seed), np.inf, 0
        for epoch in range(1, self.epochs + 1):
            machine.epoch(learnt, rng.permutation(len(labels[0])))
            loss = log_loss(labels[1], _predict(machine, inputs[1]), sample_weight=weights[1])
            self.epochs_, waited = epoch, waited + 1
            if loss < least:
                least, waited, self.weights_ = loss, 0, machine.model.get_weights()
            if waited == self.patience:
                break

    def _scores(self, inputs: np.ndarray) -> np.ndarray:
        """Log odds before calibration (float, shape (n, 1)); the network is shared, so its weights are put back."""
        self._machine.model.set_weights(self.weights_)
        return logit(_predict(self._machine, inputs))[:, None]

    def predict_proba(self, X) -> np.ndarray:
        """Calibrated probabilities of both classes (float64, shape (n, 2))."""
        check_is_fitted(self, "calibration_")
        return self.calibration_.predict_proba(self._scores(self._prepare(np.asarray(X), fit=False)))

    def predict(self, X) -> np.ndarray:
        """Class by the threshold (int, shape (n,))."""
        return (self.predict_proba(X)[:, 1] >= self.threshold_).astype(int)


def _predict(machine: Machine, inputs: np.ndarray) -> np.ndarray:
    """Probabilities of the network (float64, shape (n,)), away from 0 and 1."""
    return np.clip(machine.scores_in_parts(inputs), _EDGE, 1 - _EDGE)


@functools.lru_cache(maxsize=32)
def _machine(kind: type[KerasClassifier], shape: tuple[int, ...], batch_size: int) -> Machine:
    return Machine(_network(kind, shape), batch_size)


@functools.lru_cache(maxsize=32)
def _new(kind: type[KerasClassifier], shape: tuple[int, ...], seed: int) -> list[np.ndarray]:
    """Weights and random state that `seed` gives to a new network."""
    load_tensorflow()
    import keras

    keras.utils.set_random_seed(seed)
    return [variable.numpy() for variable in _network(kind, shape).variables]


def _network(kind: type[KerasClassifier], shape: tuple[int, ...]):
    load_tensorflow()
    import keras

    return keras.Sequential([keras.Input(shape), *kind._layers(), keras.layers.Dense(1, activation="sigmoid")])
