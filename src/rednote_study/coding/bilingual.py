"""Posts in Latin letters and Chinese characters, and whether the two parts say the same.

The rule: both parts are encoded by a multilingual sentence encoder, and they say the same if they are more alike than
19 in 20 pairs of parts from two posts. So no reading by hand sets its threshold.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone

from rednote_study.encoders.evaluation import unit
from rednote_study.encoders.sentence import SentenceEncoder
from rednote_study.text.clean import clean

_HAN = r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\u3000-\u303f\uff00-\uffef]+"
_LATIN = r"[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f'’]+"


def parts(texts: pd.Series) -> pd.DataFrame:
    """The Latin and the Chinese part of each text, without hashtags, marks and the names of the event.

    Examples
    --------
    >>> parts(pd.Series(["TikTok refugee 你好，朋友 Hello, friends! #cat"])).iloc[0].tolist()
    ['Hello friends', '你好，朋友']
    """
    bare = clean(texts, marks=False, hashtags=False, keywords=False)
    return pd.DataFrame(
        {"latin": bare.str.findall(_LATIN).str.join(" "), "chinese": bare.str.findall(_HAN).str.join("")}
    )


def likeness(texts: pd.Series, encoder: BaseEstimator | None = None) -> np.ndarray:
    """Cosine of the Latin part of each text (row) with the Chinese part of each (column), shape (n, n).

    An empty part is like nothing.
    """
    both = parts(texts)
    encoder = clone(encoder or SentenceEncoder()).fit([*both["latin"], *both["chinese"]])
    return unit(encoder.transform(both["latin"])) @ unit(encoder.transform(both["chinese"])).T


def says_twice(like: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, float]:
    """Which texts say the same twice, and the threshold: the quantile `level` of pairs of parts from two texts.

    Parameters
    ----------
    like : numpy.ndarray, shape (n, n)
        As :func:`likeness` gives it.
    level : float

    Examples
    --------
    >>> says_twice(np.array([[0.9, 0.1], [0.2, 0.15]]))[0].tolist()
    [True, False]
    """
    if len(like) < 2:
        return np.zeros(len(like), dtype=bool), np.nan
    others = like[~np.eye(len(like), dtype=bool)]
    threshold = float(np.quantile(others, level))
    return np.diag(like) > threshold, threshold
