"""FastText trained on the corpus (Bojanowski et al. 2017), texts as SIF-weighted means (Arora et al. 2017)."""

from __future__ import annotations

import numpy as np

from rednote_study.encoders.base import TextEncoder
from rednote_study.text.segment import segment


class FastTextEncoder(TextEncoder):
    """Mean of FastText word vectors, each word weighted by smooth inverse frequency.

    A word that was never seen gets the vector of its character n-grams, so misspellings are not lost. One worker
    and a fixed seed make the vectors the same in every process.

    Parameters
    ----------
    dimension : int
    epochs : int
    min_count : int
        A word must occur so often to be learnt.
    window : int
        Words of context on each side.
    ngrams : tuple of (int, int)
        Shortest and longest character n-gram; short, because Chinese words are.
    smoothing : float
        Parameter a of the weight a / (a + p(word)).
    common_component : bool
        Take away the projection on the first singular vector of the training texts.
    seed : int

    Attributes
    ----------
    dimension_ : int
    words_ : gensim.models.fasttext.FastTextKeyedVectors or None
        None if no word occurs often enough; then every vector is zero.
    """

    def __init__(
        self,
        dimension: int = 100,
        epochs: int = 30,
        min_count: int = 2,
        window: int = 5,
        ngrams: tuple[int, int] = (1, 5),
        smoothing: float = 1e-3,
        common_component: bool = True,
        seed: int = 0,
    ):
        self.dimension = dimension
        self.epochs = epochs
        self.min_count = min_count
        self.window = window
        self.ngrams = ngrams
        self.smoothing = smoothing
        self.common_component = common_component
        self.seed = seed

    def _fit(self, texts: list[str]) -> None:
        from gensim.models import FastText

        self.dimension_, self.words_, self.common_ = self.dimension, None, None
        sentences = [segment(text) for text in texts]
        counts: dict[str, int] = {}
        for word in (word for sentence in sentences for word in sentence):
            counts[word] = counts.get(word, 0) + 1
        if not any(n >= self.min_count for n in counts.values()):
            return
        model = FastText(
            sentences,
            vector_size=self.dimension,
            epochs=self.epochs,
            min_count=self.min_count,
            window=self.window,
            min_n=self.ngrams[0],
            max_n=self.ngrams[1],
            bucket=50_000,
            workers=1,
            seed=self.seed,
        )
        total = sum(counts.values())
        self.words_ = model.wv
        self.weights_ = {word: self.smoothing / (self.smoothing + n / total) for word, n in counts.items()}
        if self.common_component:
            self.common_ = _first_direction(self._means(sentences))

    def word_vectors(self, words: list[str]) -> np.ndarray:
        """Vectors of words, seen or not (float32, shape ``(n_words, dimension_)``)."""
        if self.words_ is None:
            return np.zeros((len(words), self.dimension_), dtype=np.float32)
        return np.array([self.words_.get_vector(word) for word in words], dtype=np.float32)

    def _means(self, sentences: list[list[str]]) -> np.ndarray:
        means = np.zeros((len(sentences), self.dimension_), dtype=np.float32)
        for row, words in zip(means, sentences, strict=True):
            if words:
                weights = np.array([self.weights_.get(word, 1.0) for word in words], dtype=np.float32)
                row[:] = weights @ self.word_vectors(words) / len(words)
        return means

    def _encode(self, texts: list[str]) -> np.ndarray:
        if self.words_ is None:
            return np.zeros((len(texts), self.dimension_), dtype=np.float32)
        means = self._means([segment(text) for text in texts])
        return means if self.common_ is None else means - np.outer(means @ self.common_, self.common_)


def _first_direction(vectors: np.ndarray) -> np.ndarray | None:
    """First right singular vector, by way of the small matrix of squares: texts may be many; None if it is the only one."""
    wide = vectors.astype(np.float64)
    squared, directions = np.linalg.eigh(wide.T @ wide)
    alone = len(squared) < 2 or squared[-2] <= 1e-10 * squared[-1]  # vectors of few texts are nearly parallel
    return None if alone else directions[:, -1].astype(np.float32)
