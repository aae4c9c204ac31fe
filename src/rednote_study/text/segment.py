"""Words of a text: jieba's words for Chinese, letters for English, stop words of both taken out."""

from __future__ import annotations

import functools
import re
import unicodedata
import warnings
from importlib.resources import files

import opencc
import rjieba
from stopwordsiso import stopwords

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Python warns of its source once, when it compiles it
    import jieba

LONGEST = 60
"""Characters of a word; what is longer is no word, and is cut."""

_ADDRESS = re.compile(r"https?://\S+|(?<![^\W_])@\S+")
_PIECE = re.compile(r"[\u3400-\u9fff]+|[^\W\d_\u3400-\u9fff]+(?:'[^\W\d_\u3400-\u9fff]+)*")


def is_chinese(word: str) -> bool:
    """Whether a word begins with a Chinese character."""
    return "\u3400" <= word[:1] <= "\u9fff"


def user_dictionary() -> list[tuple[str, int, str]]:
    """Words of the platform that jieba's dictionary lacks: word, frequency, part of speech."""
    lines = (files("rednote_study.text") / "userdict.txt").read_text("utf-8").splitlines()
    return [(word, int(frequency), tag) for word, frequency, tag in map(str.split, lines)]


@functools.cache
def _tokenizer() -> rjieba.Jieba:
    """Load rjieba with the platform's words: jieba's algorithm and dictionary in Rust."""
    tokenizer = rjieba.Jieba()
    for word, frequency, tag in user_dictionary():
        tokenizer.add_word(word, frequency, tag)
    return tokenizer


@functools.cache
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def dictionary_words() -> dict[str, tuple[int, str]]:
    """Words of jieba's dictionary with their frequency and part of speech."""
    with jieba.get_dict_file() as lines:
        parts = (line.decode("utf-8").split() for line in lines)
        return {word: (int(frequency), tag) for word, frequency, tag in parts}


@functools.cache
def stop_words() -> frozenset[str]:
    """Stop words of English and Chinese: the list of stopwords-iso, and `ownstopwords.txt`.

    The own list holds English contractions without their apostrophe, as people type them, and a few
    Chinese function words that the list lacks.
    """
    own = (files("rednote_study.text") / "ownstopwords.txt").read_text("utf-8").split()
    return frozenset(stopwords(["en", "zh"])) | frozenset(own)


def segment(text: str) -> list[str]:
    """Cut a text into words, in order.

    Full-width and other compatibility forms are folded, letters lowered, traditional characters simplified
    (OpenCC). Addresses, mentions, numbers, emoji and stop words are left out.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str
        English words of two letters or more and Chinese words of two characters or more;
        the same text gives the same words, always.

    Notes
    -----
    Chinese is cut by rjieba, which gives the words of jieba (Sun 2013) on every corpus of this study at
    many times its speed; the tests compare the two.

    Examples
    --------
    >>> segment("我爱小紅書! It's my cat tax，猫税 123 @you")
    ['小红书', 'cat', 'tax', '猫税']
    """
    folded = unicodedata.normalize("NFKC", text).replace("’", "'").lower()
    pieces = _PIECE.findall(_ADDRESS.sub(" ", folded))
    return [word for piece in pieces for word in (_words(piece) if len(piece) < _KNOWN else _words.__wrapped__(piece))]


_KNOWN = 50  # characters; longer stretches hardly come again


@functools.lru_cache(maxsize=2**17)
def _words(piece: str) -> tuple[str, ...]:
    """Words of a stretch of letters that are kept; most stretches of a corpus come again and again."""
    words = _tokenizer().cut(_simplifier().convert(piece)) if is_chinese(piece) else [piece.removesuffix("'s")]
    return tuple(w[:LONGEST] for w in words if len(w) > 1 and w not in stop_words())
