"""Words of a text: jieba for Chinese, letters for English, stop words of both taken out."""

from __future__ import annotations

import functools
import logging
import re
import tempfile
import unicodedata
from collections.abc import Iterable
from importlib.resources import files

import jieba
from stopwordsiso import stopwords

__all__ = ["is_chinese", "segment", "stop_words"]

_PIECE = re.compile(r"[\u3400-\u9fff]+|[^\W\d_\u3400-\u9fff]+(?:'[^\W\d_\u3400-\u9fff]+)*")


def is_chinese(word: str) -> bool:
    """Whether a word begins with a Chinese character."""
    return "\u3400" <= word[:1] <= "\u9fff"


@functools.cache
def _tokenizer() -> jieba.Tokenizer:
    """Load jieba with the platform's words, in a folder of its own: its shared cache can be half written."""
    jieba.setLogLevel(logging.ERROR)
    tokenizer = jieba.Tokenizer()
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.tmp_dir = folder
        tokenizer.initialize()
    dictionary = files("rednote_study.text") / "userdict.txt"
    for line in dictionary.read_text("utf-8").splitlines():
        word, frequency, tag = line.split()
        tokenizer.add_word(word, int(frequency), tag)
    return tokenizer


@functools.cache
def stop_words() -> frozenset[str]:
    """Stop words of English and Chinese: the list of stopwords-iso, and `ownstopwords.txt`.

    The own list holds English contractions without their apostrophe, as people type them, and a few
    Chinese function words that the list lacks.
    """
    own = (files("rednote_study.text") / "ownstopwords.txt").read_text("utf-8").split()
    return frozenset(stopwords(["en", "zh"])) | frozenset(own)


def segment(text: str) -> list[str]:
    """Cut a text into words, in order: lower case, compatibility forms folded, no numbers, no stop words.

    Parameters
    ----------
    text : str
        Text without marks (see :mod:`rednote_study.text.clean`).

    Returns
    -------
    list of str
        English words of two letters or more and Chinese words of two characters or more;
        the same text gives the same words, always.

    Examples
    --------
    >>> segment("我爱小红书! It's my cat tax，猫税 123")
    ['小红书', 'cat', 'tax', '猫税']
    """
    folded = unicodedata.normalize("NFKC", text).replace("’", "'").lower()
    return [w for w in _words(_PIECE.findall(folded)) if len(w) > 1 and w not in stop_words()]


def _words(pieces: Iterable[str]) -> Iterable[str]:
    for piece in pieces:
        if is_chinese(piece):
            yield from _tokenizer().cut(piece)
        else:
            yield piece.removesuffix("'s")
