"""Encoders that have learnt before, from other texts than those they are fitted on."""

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable, Sequence

import numpy as np
from sklearn.base import BaseEstimator, clone

from rednote_study.encoders.base import TextEncoder
from rednote_study.encoders.student_text import student_texts
from rednote_study.store.fingerprint import code_digest
from rednote_study.store.memory import kept
from rednote_study.system import watch


class PretrainedEncoder(TextEncoder):
    """An encoder that learns once, from a text of its own; what it is fitted on teaches it nothing.

    By default the text is what the small DistilBERT learnt from, so that both have read the same. What was learnt is
    kept in ``build/tables``.

    Parameters
    ----------
    encoder : estimator
        Learns from texts when it is fitted, as TF-IDF and FastText do.
    texts : callable
        Gives the texts (sequence of str); a function of a module, so that it is known by its name.

    Attributes
    ----------
    encoder_ : estimator
        Fitted.
    dimension_ : int
    """

    def __init__(self, encoder: BaseEstimator, texts: Callable[[], Sequence[str]] = student_texts):
        self.encoder = encoder
        self.texts = texts

    @property
    def learnt_from(self) -> str:
        """What it had read."""
        return "the text of the small DistilBERT" if self.texts is student_texts else self.texts.__name__

    def _fit(self, texts: list[str]) -> None:
        self.encoder_ = _taught(pickle.dumps((clone(self.encoder), self.texts)))
        self.dimension_ = self.encoder_.transform([""]).shape[1]

    def _encode(self, texts: list[str]) -> np.ndarray:
        return self.encoder_.transform(texts)


@watch.cached(maxsize=4)
def _taught(what: bytes) -> BaseEstimator:
    return kept("tables/pretrained", _learn, state=code_digest(__package__))(what)


def _learn(what: bytes) -> BaseEstimator:
    encoder, texts = pickle.loads(what)  # made by `_fit` in this process
    return encoder.fit(_read(texts))


@functools.lru_cache(maxsize=1)
def _read(texts: Callable[[], Sequence[str]]) -> list[str]:
    """The texts, made once for all encoders that learn from them."""
    return list(texts())
