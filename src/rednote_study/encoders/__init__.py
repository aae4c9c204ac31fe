"""Texts to vectors, behind scikit-learn's contract.

Every encoder is an estimator: ``fit(texts)`` learns what there is to learn,
``transform(texts)`` gives a float32 array of shape (n_texts, dimension).
They can be cloned, pickled by joblib and put into a ``Pipeline``.
"""

from rednote_study.encoders.base import TextEncoder
from rednote_study.encoders.distilbert import SMALL_DISTILBERT, DistilBertEncoder
from rednote_study.encoders.fasttext import FastTextEncoder
from rednote_study.encoders.pretrained import PretrainedEncoder
from rednote_study.encoders.sentence import SentenceEncoder
from rednote_study.encoders.tfidf import TfidfSvdEncoder

__all__ = [
    "SMALL_DISTILBERT",
    "DistilBertEncoder",
    "FastTextEncoder",
    "PretrainedEncoder",
    "SentenceEncoder",
    "TextEncoder",
    "TfidfSvdEncoder",
]
