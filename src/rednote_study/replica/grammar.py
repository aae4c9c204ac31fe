"""A bilingual grammar of short posts: topics, sentence patterns with slots, words in both languages.

Everything in ``topics.csv``, ``sentences.csv`` and ``words.csv`` was written for
this project; nothing comes from a real post. A pattern stands in English and in
Chinese, and a slot is filled by the same word in both, so every sentence has a
translation. Chinese patterns hold no Latin letters and English ones no Chinese.
"""

from __future__ import annotations

import csv
import functools
import re
from dataclasses import dataclass
from importlib import resources

import numpy as np
import pandas as pd

from rednote_study.errors import DataError

_SLOT = re.compile(r"\{(\w+)\}")
_NUMBERS = 64  # random numbers that one text may use up


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files(__package__).joinpath(name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


TOPICS = {row["topic"]: row for row in _rows("topics.csv")}
"""The topics by name, with their meaning and their weights among Latin and Han posts."""


class Dice:
    """Random numbers drawn in advance, used up one by one: a text depends on its own numbers alone."""

    def __init__(self, numbers: list[int]) -> None:
        self._numbers = iter(numbers)
        self._chosen: dict[str, tuple[str, str]] = {}

    @staticmethod
    def many(rng: np.random.Generator, n: int) -> list[Dice]:
        """Dice for `n` texts."""
        return [Dice(row) for row in rng.integers(0, 2**32, (n, _NUMBERS), dtype=np.uint32).tolist()]

    def pick(self, items):
        """One of the items."""
        return items[next(self._numbers) % len(items)]

    def several(self, items, n: int) -> list:
        """`n` different ones of the items, in random order (all of them if there are fewer)."""
        left = list(items)
        return [left.pop(next(self._numbers) % len(left)) for _ in range(min(n, len(left)))]

    def word(self, slot: str) -> tuple[str, str]:
        """The word for a slot in both languages; the same throughout a text, so that it speaks of one cat."""
        if slot not in self._chosen:
            self._chosen[slot] = self.pick(_words()[slot])
        return self._chosen[slot]

    def chance(self, percent: int) -> bool:
        """True in so many of 100 cases."""
        return next(self._numbers) % 100 < percent


@dataclass(frozen=True)
class Pattern:
    """A sentence pattern in both languages."""

    english: str
    chinese: str
    slots: tuple[str, ...]

    def fill(self, dice: Dice) -> tuple[str, str]:
        """The sentence in English and in Chinese, its slots filled by the same words."""
        if not self.slots:
            return self.english, self.chinese
        words = {slot: dice.word(slot) for slot in self.slots}
        english = self.english.format_map({slot: pair[0] for slot, pair in words.items()})
        chinese = self.chinese.format_map({slot: pair[1] for slot, pair in words.items()})
        return english[0].upper() + english[1:], chinese


@functools.cache
def _words() -> dict[str, tuple[tuple[str, str], ...]]:
    """Words for each slot as pairs (English, Chinese)."""
    words: dict[str, list] = {}
    for row in _rows("words.csv"):
        words.setdefault(row["slot"], []).append((row["english"], row["chinese"]))
    return {slot: tuple(pairs) for slot, pairs in words.items()}


@functools.cache
def patterns(topic: str, kind: str) -> tuple[Pattern, ...]:
    """Patterns of a topic; the topic ``any`` has openers, closers and tags.

    Parameters
    ----------
    topic : str
        One of `TOPICS`, or ``any``.
    kind : str
        ``title``, ``sentence``, ``tag``, ``opener`` or ``closer``.
    """
    return tuple(
        Pattern(row["english"], row["chinese"], tuple(dict.fromkeys(_SLOT.findall(row["english"]))))
        for row in _rows("sentences.csv")
        if (row["topic"], row["kind"]) == (topic, kind)
    )


@functools.cache
def topic_weights(language: str) -> tuple[float, ...]:
    """Relative frequency of each topic among posts in a language (``latin``, ``han``; else the mean)."""
    pairs = [(float(row["latin_weight"]), float(row["han_weight"])) for row in TOPICS.values()]
    return tuple({"latin": latin, "han": han}.get(language, (latin + han) / 2) for latin, han in pairs)


def sentences(seed: int, n: int, topic: str | None = None) -> pd.DataFrame:
    """Sentences with their translation and topic: labelled text for training and tests.

    Parameters
    ----------
    seed : int
    n : int
        How many; they may repeat.
    topic : str, optional
        One of `TOPICS`; all in turn by default.

    Returns
    -------
    pandas.DataFrame
        Columns ``topic``, ``english``, ``chinese`` (str), n rows.

    Raises
    ------
    DataError
        If there is no such topic.
    """
    if topic is not None and topic not in TOPICS:
        raise DataError(f"There is no topic {topic!r}. Topics are {', '.join(TOPICS)}.")
    names = [topic] if topic else list(TOPICS)
    chosen = [names[i % len(names)] for i in range(n)]
    dice = Dice.many(np.random.default_rng(seed), n)
    pairs = [d.pick(patterns(name, "sentence")).fill(d) for name, d in zip(chosen, dice, strict=True)]
    frame = pd.DataFrame(pairs, columns=["english", "chinese"], dtype="str")
    frame.insert(0, "topic", pd.Series(chosen, dtype="str"))
    return frame
