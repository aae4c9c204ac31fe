"""The published network and its protocol, as the report's code has them (Wu 2025, section 5.2).

A network of three dense layers, trained until the loss on the last fifth of the rows stops falling, and
scored on all rows. Arrays in, results out.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    precision_recall_fscore_support,
    roc_auc_score,
)
from sklearn.utils.class_weight import compute_sample_weight

from rednote_study.errors import DataError
from rednote_study.models.machine import Machine
from rednote_study.system.backend import load_tensorflow

INPUTS = 772
"""Four counts and 768 numbers of a text."""


@dataclass(frozen=True)
class Protocol:
    """How the published network is trained.

    Attributes
    ----------
    dropout : float
        Share of units switched off in training, after each hidden layer.
    batch_size : int
    epochs : int
        Most passes over the training rows.
    learning_rate : float
        Adam's, at the start.
    patience : int
        Epochs without a lower validation loss after which training stops; the best weights are kept.
    plateau : int
        Epochs without a lower validation loss after which the learning rate is multiplied by `factor`.
    factor : float
    validation_share : float
        Rows at the end that are not trained on.
    shuffle : bool
        Whether the training rows come in another order in each epoch.
    units : tuple of int
        Of the hidden layers, the first first.
    """

    dropout: float = 0.3
    batch_size: int = 16
    epochs: int = 30
    learning_rate: float = 1e-3
    patience: int = 5
    plateau: int = 3
    factor: float = 0.5
    validation_share: float = 0.2
    shuffle: bool = True
    units: tuple[int, ...] = (128, 64)


AS_CODED = Protocol(dropout=0.3, batch_size=16)
AS_WRITTEN = Protocol(dropout=0.2, batch_size=32)
VARIANTS = {"as coded": AS_CODED, "as written": AS_WRITTEN}
"""The report's code and its text differ in two settings."""


@dataclass(frozen=True, eq=False)
class PublishedFit:
    """What a fit leaves behind.

    Attributes
    ----------
    scores : numpy.ndarray of float64, shape (n,)
        Probability of staying of every row, training rows included.
    history : pandas.DataFrame
        One row an epoch: ``epoch`` (from 1), ``loss``, ``val_loss``, ``learning_rate``.
    train, validation : numpy.ndarray of int
        Positions of the rows that were learnt from, and of those that stopped the training.
    """

    scores: np.ndarray
    history: pd.DataFrame
    train: np.ndarray
    validation: np.ndarray

    @property
    def epochs(self) -> int:
        """Epochs run."""
        return len(self.history)

    @property
    def best_epoch(self) -> int:
        """Epoch with the lowest validation loss, whose weights are kept."""
        return int(self.history["val_loss"].idxmin()) + 1

    @property
    def best_val_loss(self) -> float:
        """The lowest validation loss."""
        return float(self.history["val_loss"].min())


def network(n_inputs: int = INPUTS, protocol: Protocol = AS_CODED, seed: int = 0):
    """Build the published layers, with weights and dropout of a seed.

    Parameters
    ----------
    n_inputs : int
        Columns of the input; 772 in the report.
    protocol : Protocol
        Its units and its dropout count here.
    seed : int

    Returns
    -------
    keras.Sequential
        Not compiled; gives probabilities of shape (n, 1).

    Examples
    --------
    >>> network(772, Protocol(dropout=0.3), seed=0).count_params()
    108033
    """
    load_tensorflow()
    from keras import Input, Sequential, initializers, layers

    seeds = map(int, np.random.SeedSequence(seed).generate_state(2 * len(protocol.units) + 1))

    def dense(units: int, activation: str):
        return layers.Dense(units, activation, kernel_initializer=initializers.GlorotUniform(next(seeds)))

    model = Sequential([Input((n_inputs,))])
    for units in protocol.units:
        model.add(dense(units, "relu"))
        model.add(layers.BatchNormalization())
        model.add(layers.Dropout(protocol.dropout, seed=next(seeds)))
    model.add(dense(1, "sigmoid"))
    return model


def tail_split(n: int, share: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    """Positions to learn from and the unshuffled tail, as Keras' ``validation_split`` cuts it.

    Examples
    --------
    >>> [len(part) for part in tail_split(3249)]
    [2599, 650]
    """
    cut = int(n * (1 - share))
    return np.arange(cut), np.arange(cut, n)


def fit_published(
    X: np.ndarray,
    y: np.ndarray,
    protocol: Protocol = AS_CODED,
    seed: int = 0,
    *,
    split: tuple[np.ndarray, np.ndarray] | None = None,
    balanced: bool = False,
) -> PublishedFit:
    """Train the published network and score every row of `X`.

    Parameters
    ----------
    X : numpy.ndarray of float, shape (n, n_inputs)
    y : numpy.ndarray of bool or {0, 1}, shape (n,)
    protocol : Protocol
    seed : int
        Decides weights, dropout and the order of the rows.
    split : tuple of numpy.ndarray of int, optional
        Positions to train on, and to stop the training by; :func:`tail_split` if not given. Rows in neither are
        only scored.
    balanced : bool
        Whether both classes weigh the same, in training and in the loss that stops it.

    Returns
    -------
    PublishedFit
        The same to the last digit for the same arguments, whatever was fitted before in this process. Between
        processes with different numbers of threads the last digit differs, and training amplifies it.

    Raises
    ------
    DataError
        If shapes do not agree, a value is missing, or a part of the split is empty.
    """
    X, y = np.asarray(X, dtype=np.float32), np.asarray(y).astype(np.float32)
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise DataError(f"Inputs of shape {X.shape} and labels of shape {y.shape}; expected (n, d) and (n,).")
    if not np.isfinite(X).all():
        raise DataError("The inputs hold missing or infinite values; fill them or leave their rows out.")
    train, validation = tail_split(len(y), protocol.validation_share) if split is None else split
    if not (len(train) and len(validation)):
        raise DataError(f"{len(train)} rows to train on and {len(validation)} to validate on; each needs one at least.")
    machine = _machine(X.shape[1], tuple(protocol.units), protocol.dropout, protocol.batch_size)
    new = network(X.shape[1], protocol, seed)
    machine.reset([v.numpy() for v in new.variables], protocol.learning_rate)
    history = _train(machine, X, y, train, validation, protocol, np.random.default_rng(seed), balanced)
    return PublishedFit(machine.scores(X), history, np.asarray(train), np.asarray(validation))


def _train(machine: Machine, X, y, train, validation, protocol: Protocol, rng, balanced: bool) -> pd.DataFrame:
    """Epochs until Keras' own callbacks say stop; the machine is left with the best weights."""
    from keras.callbacks import CallbackList, EarlyStopping, ReduceLROnPlateau

    weights = np.ones_like(y)
    if balanced:
        for part in (train, validation):
            weights[part] = compute_sample_weight("balanced", y[part])
    callbacks = CallbackList(
        [
            EarlyStopping("val_loss", patience=protocol.patience, restore_best_weights=True),
            ReduceLROnPlateau("val_loss", factor=protocol.factor, patience=protocol.plateau),
        ],
        model=machine.model,
    )
    inputs = machine.inputs(X, y, weights)
    orders = (rng.permutation(train) if protocol.shuffle else train for _ in range(protocol.epochs))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)  # Keras under NumPy 2
        return pd.DataFrame(_epochs(machine, callbacks, inputs, orders, validation))


def _epochs(machine: Machine, callbacks, inputs: tuple, orders: Iterable[np.ndarray], validation) -> list[dict]:
    """Rows of the history."""
    rows, machine.model.stop_training = [], False
    callbacks.on_train_begin()
    for epoch, order in enumerate(orders):
        rate = float(machine.model.optimizer.learning_rate.numpy())
        losses = {"loss": machine.epoch(inputs, order), "val_loss": machine.loss(inputs, validation)}
        rows.append({"epoch": epoch + 1, **losses, "learning_rate": rate})
        callbacks.on_epoch_end(epoch, losses)
        if machine.model.stop_training:
            break
    callbacks.on_train_end()
    return rows


@functools.lru_cache(maxsize=4)
def _machine(n_inputs: int, units: tuple[int, ...], dropout: float, batch_size: int) -> Machine:
    return Machine(network(n_inputs, Protocol(dropout, batch_size, units=units)), batch_size)


# What a fit is worth --------------------------------------------------------------------------------------


def auc(y: np.ndarray, scores: np.ndarray) -> float:
    """Area under the ROC curve; NaN where a class is empty.

    Examples
    --------
    >>> auc(np.array([0, 0, 1]), np.array([0.1, 0.4, 0.3]))
    0.5
    """
    y = np.asarray(y, dtype=bool)
    return float(roc_auc_score(y, scores)) if y.any() and not y.all() else np.nan


def chance_auc(positives: int, others: int) -> tuple[float, float]:
    """Range that holds 95 % of the areas of scores which know nothing of these people.

    Normal approximation to the null distribution of Mann and Whitney (1947), whose U is the area times the number
    of pairs.

    Examples
    --------
    >>> [round(end, 2) for end in chance_auc(20, 3229)]
    [0.37, 0.63]
    """
    half = 1.96 * np.sqrt((positives + others + 1) / (12 * positives * others))
    return float(0.5 - half), float(0.5 + half)


def measures(y: np.ndarray, scores: np.ndarray, called: np.ndarray | None = None) -> dict[str, float]:
    """Measures of a classifier on one set of rows.

    Parameters
    ----------
    y : numpy.ndarray of bool, shape (n,)
    scores : numpy.ndarray of float, shape (n,)
    called : numpy.ndarray of bool, shape (n,), optional
        Who is called retained; scores above 0.5, as in the report, if not given.

    Returns
    -------
    dict of str to float
        ``accuracy``, ``balanced_accuracy``, ``precision``, ``recall``, ``f1``, ``auc``, ``average_precision``.
        Precision is 0 where nobody is called retained, as in the report; what needs both classes is NaN without.

    Examples
    --------
    >>> y = np.arange(3249) < 20
    >>> found = measures(y, np.full(3249, 20 / 3249))  # everyone is called a leaver
    >>> found["accuracy"], found["recall"], found["auc"]
    (0.9938442597722376, 0.0, 0.5)
    """
    y = np.asarray(y, dtype=bool)
    called = np.asarray(scores) > 0.5 if called is None else np.asarray(called, dtype=bool)
    precision, recall, f1, _ = precision_recall_fscore_support(y, called, average="binary", zero_division=0)
    both = y.any() and not y.all()
    return {
        "accuracy": float(accuracy_score(y, called)),
        "balanced_accuracy": float(balanced_accuracy_score(y, called)) if both else np.nan,
        "precision": float(precision),
        "recall": float(recall),
        "f1": float(f1),
        "auc": auc(y, scores),
        "average_precision": float(average_precision_score(y, scores)) if both else np.nan,
    }


def constant_loss(probability: float, positives: int, n: int) -> float:
    """Binary cross-entropy of giving every one of `n` rows the same probability.

    Examples
    --------
    >>> round(constant_loss(20 / 3249, positives=10, n=650), 4)  # the published best validation loss
    0.0844
    """
    return float(-(positives * np.log(probability) + (n - positives) * np.log1p(-probability)) / n)
