"""Language of a post by its scripts: Latin-only, Han-only, mixed, none."""

import pandas as pd

from rednote_study.text.clean import remove_hashtags, remove_marks

LANGUAGES = ("latin", "mixed", "han", "none")

# CJK Unified Ideographs with extensions A to I and the compatibility ideographs.
_HAN = r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
_LATIN = r"[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f]{2}"


def script_of(texts: pd.Series) -> pd.Series:
    """Language class of each text, after hashtags, sticker codes and marks are taken out.

    A text is *Han* if it has a CJK unified ideograph and *Latin* if it has two
    Latin letters in a row.

    Returns
    -------
    pandas.Series of str
        One of `LANGUAGES`.

    Examples
    --------
    >>> script_of(pd.Series(["hello [哭惹R]", "你好", "你好 friends", "#hello 🐱"])).tolist()
    ['latin', 'han', 'mixed', 'none']
    """
    bare = remove_marks(remove_hashtags(texts.fillna("")))
    han, latin = bare.str.contains(_HAN, regex=True), bare.str.contains(_LATIN, regex=True)
    result = pd.Series("none", index=texts.index, dtype="str")
    return result.mask(latin, "latin").mask(han, "han").mask(han & latin, "mixed")
