"""TF-IDF with singular value decomposition: latent semantic analysis (Deerwester et al. 1990)."""

from __future__ import annotations

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from rednote_study.encoders.base import TextEncoder
from rednote_study.text.segment import segment


class TfidfSvdEncoder(TextEncoder):
    """Words weighted by TF-IDF, reduced by a truncated SVD.

    Parameters
    ----------
    dimension : int
        Components. Where the texts carry fewer, the rest of the columns are zero.
    min_df : int
        A word must occur in so many texts.
    seed : int
        Seed of the randomised SVD.

    Attributes
    ----------
    dimension_ : int
    vectorizer_ : sklearn.feature_extraction.text.TfidfVectorizer or None
        None if no word occurs often enough; then every vector is zero.

    Examples
    --------
    >>> TfidfSvdEncoder(dimension=2, min_df=1).fit_transform(["cat tax", "猫税", ""]).shape
    (3, 2)
    """

    def __init__(self, dimension: int = 100, min_df: int = 2, seed: int = 0):
        self.dimension = dimension
        self.min_df = min_df
        self.seed = seed

    def _fit(self, texts: list[str]) -> None:
        self.dimension_, self.vectorizer_ = self.dimension, None
        vectorizer = TfidfVectorizer(analyzer=segment, min_df=self.min_df, sublinear_tf=True, dtype=np.float32)
        try:
            weights = vectorizer.fit_transform(texts)
        except ValueError:  # scikit-learn's word for an empty vocabulary
            return
        self.vectorizer_ = vectorizer
        self.svd_ = None
        if min(weights.shape) > 1:
            components = min(self.dimension, min(weights.shape) - 1)
            self.svd_ = TruncatedSVD(components, random_state=self.seed).fit(weights)

    def _encode(self, texts: list[str]) -> np.ndarray:
        vectors = np.zeros((len(texts), self.dimension_), dtype=np.float32)
        if self.vectorizer_ is None:
            return vectors
        weights = self.vectorizer_.transform(texts)
        found = self.svd_.transform(weights) if self.svd_ is not None else weights.toarray()[:, : self.dimension_]
        vectors[:, : found.shape[1]] = found
        return vectors
