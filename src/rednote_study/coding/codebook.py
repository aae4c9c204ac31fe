"""What posts are about, by a written codebook: ``data/codebook.toml`` holds categories, definitions and word lists."""

from __future__ import annotations

import functools
import hashlib
import re
import tomllib
import unicodedata
from typing import NamedTuple

import opencc
import pandas as pd

from rednote_study.errors import DataError
from rednote_study.system.paths import DATA
from rednote_study.text.clean import clean

CODEBOOK = DATA / "codebook.toml"


class Category(NamedTuple):
    """A category of the codebook."""

    definition: str
    english: tuple[str, ...]
    chinese: tuple[str, ...]


@functools.cache
def categories() -> dict[str, Category]:
    """The categories by name.

    Raises
    ------
    DataError
        If a category lacks its definition or a word list.
    """
    held = tomllib.loads(CODEBOOK.read_text("utf-8"))
    for name, entry in held.items():
        if set(entry) != {"definition", "english", "chinese"}:
            raise DataError(f"{CODEBOOK}: category {name} needs definition, english and chinese, and nothing else.")
    return {n: Category(e["definition"], tuple(e["english"]), tuple(e["chinese"])) for n, e in held.items()}


def codebook_digest() -> str:
    """By which a reading knows the word lists it judged (12 hexadecimal digits of the file's sha256)."""
    return hashlib.sha256(CODEBOOK.read_bytes()).hexdigest()[:12]


def coded(texts: pd.Series) -> pd.DataFrame:
    """Which categories each text belongs to (bool, one column a category).

    Parameters
    ----------
    texts : pandas.Series of str
        Titles and texts of posts; hashtags, marks and names of the event are taken out here.

    Examples
    --------
    >>> found = coded(pd.Series(["Hiii, my cats say thanks", "教育 #cat[话题]#", "TikTok refugee 謝謝"]))
    >>> found.T[found.any()].index.tolist()
    ['greeting', 'welcome', 'animals']
    >>> found["animals"].tolist()
    [True, False, False]
    """
    bare = clean(texts.fillna(""), marks=False, hashtags=False, keywords=False)
    folded = bare.map(lambda text: unicodedata.normalize("NFKC", text).replace("’", "'").lower())
    simple = folded.map(opencc.OpenCC("t2s").convert)
    return pd.DataFrame({name: simple.str.contains(_pattern(name), regex=True).astype(bool) for name in categories()})


@functools.cache
def _pattern(name: str) -> re.Pattern:
    category = categories()[name]
    words = [re.escape(w).replace(r"\*", r"[^\W\d_\u3400-\u9fff]*") for w in category.english]
    letters = r"[^\W\d_\u3400-\u9fff]"
    return re.compile(rf"(?<!{letters})(?:{'|'.join(words)})(?!{letters})|{'|'.join(map(re.escape, category.chinese))}")
