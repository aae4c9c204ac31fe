"""What all encoders share: how texts come in, how vectors and their names go out."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from rednote_study.errors import DataError

POSTS = "these posts"
"""What an encoder has learnt from that learns when it is fitted."""


def as_texts(texts: Iterable[str | None]) -> list[str]:
    """Texts as a list of str; missing ones (None, NaN) are empty, half surrogates become ``?``.

    Raises
    ------
    DataError
        If `texts` is a single string, or holds something that is no text.
    """
    if isinstance(texts, (str, bytes)):
        raise DataError("Expected several texts, got a single one. Put it into a list: encoder.transform([text]).")
    result = []
    for position, text in enumerate(np.asarray(texts, dtype=object).ravel() if hasattr(texts, "dtype") else texts):
        if text is None or text != text:  # nan is not equal to itself
            text = ""
        if not isinstance(text, str):
            raise DataError(f"Text {position} is of type {type(text).__name__}, not str: {text!r:.80}.")
        result.append(text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8"))
    return result


class TextEncoder(TransformerMixin, BaseEstimator):
    """Base of the encoders.

    A subclass implements ``_fit(texts)``, which sets ``dimension_``, and ``_encode(texts)``, which gives an array
    of shape ``(n_texts, dimension_)`` for texts that are not empty. A text without anything to encode is a zero vector.

    Attributes
    ----------
    learnt_from : str
        What stands behind its vectors, for a reader.
    """

    learnt_from = POSTS

    def fit(self, X, y=None):
        """Learn from texts.

        Parameters
        ----------
        X : iterable of str
        y : ignored

        Returns
        -------
        self
        """
        self._fit(as_texts(X))
        return self

    def transform(self, X) -> np.ndarray:
        """Encode texts.

        Parameters
        ----------
        X : iterable of str, length n_texts

        Returns
        -------
        numpy.ndarray of float32, shape ``(n_texts, dimension_)``
        """
        check_is_fitted(self, "dimension_")
        texts = as_texts(X)
        vectors = np.zeros((len(texts), self.dimension_), dtype=np.float32)
        filled = [i for i, text in enumerate(texts) if text.strip()]
        if filled:
            vectors[filled] = self._encode([texts[i] for i in filled])
        return vectors

    def get_feature_names_out(self, input_features=None) -> np.ndarray:
        """Names of the dimensions: the class's name in lower case, and a number."""
        check_is_fitted(self, "dimension_")
        return np.array([f"{type(self).__name__.lower()}{i}" for i in range(self.dimension_)], dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags
