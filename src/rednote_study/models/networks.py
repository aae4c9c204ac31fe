"""The two networks: an MLP on features, an LSTM on sequences of posts."""

from __future__ import annotations

import numpy as np
from sklearn.preprocessing import StandardScaler

from rednote_study.models.keras_classifier import KerasClassifier


class MlpClassifier(KerasClassifier):
    """The published multi-layer perceptron (128 and 64 units, normalised, dropout 0.3), trained fairly.

    Takes features of shape (n, d), on a common scale.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> X, y = rng.normal(size=(60, 3)), np.arange(60) % 2
    >>> MlpClassifier(epochs=2).fit(X + y[:, None], y).predict_proba(X).shape
    (60, 2)
    """

    def _prepare(self, X: np.ndarray, *, fit: bool) -> np.ndarray:
        return X.astype(np.float32)

    @staticmethod
    def _layers() -> list:
        from keras import layers

        blocks = [(layers.Dense(n, activation="relu"), layers.BatchNormalization(), layers.Dropout(0.3))
                  for n in (128, 64)]  # fmt: skip
        return [layer for block in blocks for layer in block]


class LstmClassifier(KerasClassifier):
    """A long short-term memory (Hochreiter and Schmidhuber 1997) of 32 units over each user's posts in time.

    Takes sequences of shape (n, steps, d); steps of zeros at the end are no posts, and are masked.
    """

    def _prepare(self, X: np.ndarray, *, fit: bool) -> np.ndarray:
        posts = np.any(X != 0, axis=2)
        if fit:
            self.scaler_ = StandardScaler().fit(X[posts])
        scaled = np.zeros(X.shape, dtype=np.float32)
        scaled[posts] = self.scaler_.transform(X[posts])
        return scaled

    @staticmethod
    def _layers() -> list:
        from keras import layers

        return [layers.Masking(), layers.LSTM(32, use_cudnn=False), layers.Dropout(0.3)]
