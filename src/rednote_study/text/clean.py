"""Take the platform's marks out of a text: sticker codes, format marks, hashtags, addresses."""

import pandas as pd

__all__ = ["post_text", "remove_hashtags", "remove_marks"]

_STICKER = r"\[[^\[\]\s#]{1,12}R\]"  # [哭惹R]
_FORMAT_MARK = r"\[话题\]#?"
_HASHTAG = r"[#＃][^#＃\n]*?\[话题\][#＃]|[#＃][^\s#＃]*"
_ADDRESS = r"https?://\S+|@\S+"


def post_text(posts: pd.DataFrame) -> pd.Series:
    """Title and content of each post on two lines (str; empty where both are missing)."""
    return (posts["title"].fillna("") + "\n" + posts["content"].fillna("")).str.strip()


def remove_hashtags(texts: pd.Series) -> pd.Series:
    """Replace hashtags (``#...[话题]#``, or ``#`` up to the next blank or ``#``) by a blank.

    Examples
    --------
    >>> remove_hashtags(pd.Series(["hi #tiktokrefugee[话题]# you #cat"])).tolist()
    ['hi   you  ']
    """
    return texts.str.replace(_HASHTAG, " ", regex=True)


def remove_marks(texts: pd.Series) -> pd.Series:
    """Replace sticker codes, leftover format marks, addresses and mentions by a blank.

    Examples
    --------
    >>> remove_marks(pd.Series(["bye[哭惹R] @somebody"])).tolist()
    ['bye   ']
    """
    return texts.str.replace(f"{_STICKER}|{_FORMAT_MARK}|{_ADDRESS}", " ", regex=True)
