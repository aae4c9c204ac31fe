"""A bilingual grammar that writes short posts: templates and words in parallel, English and Chinese.

The three CSV files beside this module were written by hand for this project.
No sentence is taken from a real post.
"""

from __future__ import annotations

import csv
import functools
import re
from collections import defaultdict
from importlib.resources import files

import numpy as np

__all__ = ["LANGUAGES", "sentence", "tag", "topic_weights", "topics"]

LANGUAGES = ("english", "chinese")
_SLOT = re.compile(r"\{(\w+)\}")


def _rows(name: str) -> list[dict]:
    text = (files("rednote_study.replica") / name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


@functools.cache
def topics() -> tuple[str, ...]:
    """Names of the topics, in the order of ``topics.csv``."""
    return tuple(row["topic"] for row in _rows("topics.csv"))


@functools.cache
def topic_weights(language: str) -> np.ndarray:
    """How often each topic is written about in a language; shape (n_topics,), sums to 1."""
    column = {"english": "latin_weight", "chinese": "han_weight"}[language]
    weights = np.array([float(row[column]) for row in _rows("topics.csv")])
    return weights / weights.sum()


@functools.cache
def _templates() -> dict[tuple[str, str, str], tuple[str, ...]]:
    found = defaultdict(list)
    for row in _rows("sentences.csv"):
        for language in LANGUAGES:
            found[row["topic"], row["kind"], language].append(row[language])
    return {key: tuple(texts) for key, texts in found.items()}


@functools.cache
def _words() -> dict[tuple[str, str], tuple[str, ...]]:
    found = defaultdict(list)
    for row in _rows("words.csv"):
        for language in LANGUAGES:
            found[row["slot"], language].append(row[language])
    return {key: tuple(words) for key, words in found.items()}


def sentence(topic: str, kind: str, language: str, rng: np.random.Generator) -> str:
    """Compose a sentence.

    Parameters
    ----------
    topic : str
        One of :func:`topics`, or ``any``.
    kind : {"sentence", "title", "opener", "closer"}
        Openers and closers belong to the topic ``any``.
    language : {"english", "chinese"}
        Language of template and words.
    rng : numpy.random.Generator
        Source of randomness; only its ``integers`` is used.

    Examples
    --------
    >>> sentence("gratitude", "title", "english", np.random.default_rng(3))
    'Thank you'
    """
    templates = _templates()[topic, kind, language]
    template = templates[rng.integers(len(templates))]

    def fill(match: re.Match) -> str:
        words = _words()[match[1], language]
        return words[rng.integers(len(words))]

    return _SLOT.sub(fill, template)


def tag(topic: str, language: str, rng: np.random.Generator) -> str:
    """A hashtag of a topic, without its sign."""
    found = _templates()[topic, "tag", language]
    return found[rng.integers(len(found))]
