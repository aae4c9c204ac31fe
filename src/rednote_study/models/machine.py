"""A network that is compiled once and trained many times.

Compiling takes longer than training on a few hundred users, and Keras' own ``fit`` and ``train_on_batch`` spend more
time on handing over a few rows than on learning from them. So a network is kept, set back to the state of a seed for
each fit, and trained by one traced function for an epoch, which is Keras' own loop, step for step.
"""

from __future__ import annotations

import numpy as np

from rednote_study.system.backend import load_tensorflow

_ROWS = 512  # scored at once


class Machine:
    """A compiled network of Adam and binary cross-entropy.

    Parameters
    ----------
    model : keras.Model
        With one sigmoid at its end.
    batch_size : int

    Attributes
    ----------
    model : keras.Model
        Compiled, so that Keras' callbacks can have it.
    """

    def __init__(self, model, batch_size: int):
        self._tf = load_tensorflow()
        from keras import losses, optimizers

        self.model = model
        self.model.compile(optimizers.Adam(), "binary_crossentropy")
        self.model.optimizer.build(self.model.trainable_variables)
        functions = _functions(self._tf, self.model, losses.BinaryCrossentropy(), batch_size)
        self._epoch, self._loss, self._scores = functions

    def reset(self, values: list[np.ndarray], learning_rate: float) -> None:
        """Give weights and dropout's random numbers the values that a new network has; the optimiser begins anew.

        Parameters
        ----------
        values : list of numpy.ndarray
            Of all ``variables`` of a network of the same layers.
        learning_rate : float
        """
        for old, value in zip(self.model.variables, values, strict=True):
            old.assign(value)
        for variable in self.model.optimizer.variables:
            variable.assign(np.zeros(variable.shape, variable.dtype))
        self.model.optimizer.learning_rate = learning_rate

    def inputs(self, X: np.ndarray, y: np.ndarray, weights: np.ndarray) -> tuple:
        """Arrays as tensors; labels as the network's output has them."""
        columns = X, np.asarray(y)[:, None], weights
        return tuple(self._tf.constant(a, self._tf.float32) for a in columns)

    def epoch(self, inputs: tuple, order: np.ndarray) -> float:
        """One pass over the rows in this order; mean training loss, as Keras reports it."""
        return float(self._epoch(*inputs, self._tf.constant(order, self._tf.int32)))

    def loss(self, inputs: tuple, rows: np.ndarray) -> float:
        """Mean loss of the rows, nothing learnt."""
        return float(self._loss(*inputs, self._tf.constant(rows, self._tf.int32)))

    def scores(self, X: np.ndarray) -> np.ndarray:
        """Probabilities (float64, shape (n,))."""
        return self._scores(self._tf.constant(X, self._tf.float32)).numpy()[:, 0].astype(float)

    def scores_in_parts(self, X: np.ndarray) -> np.ndarray:
        """The same, some rows at a time."""
        return np.concatenate([self.scores(X[start : start + _ROWS]) for start in range(0, len(X), _ROWS)])


def _functions(tf, model, loss, batch_size: int) -> tuple:
    """Traced functions of a model: one epoch of training, loss of rows, scores of rows."""
    inputs, column = tf.TensorSpec(model.input_shape, tf.float32), tf.TensorSpec([None, 1], tf.float32)
    signature = [inputs, column, tf.TensorSpec([None], tf.float32), tf.TensorSpec([None], tf.int32)]
    optimizer = model.optimizer

    def loss_of(X, y, weights, rows, training):
        found = model(tf.gather(X, rows), training=training)
        return loss(tf.gather(y, rows), found, sample_weight=tf.gather(weights, rows))

    @tf.function(input_signature=signature)
    def epoch(X, y, weights, order):
        total = 0.0
        for start in tf.range(0, tf.size(order), batch_size):
            rows = order[start : start + batch_size]
            with tf.GradientTape() as tape:
                value = loss_of(X, y, weights, rows, True)
            optimizer.apply_gradients(
                zip(tape.gradient(value, model.trainable_variables), model.trainable_variables, strict=True)
            )
            total += value * tf.cast(tf.size(rows), tf.float32)
        return total / tf.cast(tf.size(order), tf.float32)

    @tf.function(input_signature=signature)
    def validate(X, y, weights, rows):
        return loss_of(X, y, weights, rows, False)

    @tf.function(input_signature=[inputs])
    def scores(X):
        return model(X, training=False)

    return epoch, validate, scores
