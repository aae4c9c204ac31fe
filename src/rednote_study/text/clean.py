"""Take marks out of a text, each kind by itself: format marks, hashtags, the crawls' search keywords."""

import pandas as pd

_STICKER = r"\[[^\[\]\s#]{1,12}R\]"  # [哭惹R]
_FORMAT_MARK = r"(?:话题)?\[话题\][#＃]?"
_HASHTAG = r"[#＃][^#＃\n]*?\[话题\][#＃]|[#＃][^\s#＃]*"
_ADDRESS = r"https?://\S+|@\S+"
_KEYWORD = (
    r"[A-Za-z_]*(?:tik\s*_?\s*tok|refugee|rednote|red\s+note|xiaohongshu)[A-Za-z_]*"
    r"|抖音|难民|難民|洋抖|小红书|小紅書"
)

VERSIONS = {
    "raw": {},
    "without format marks": {"marks": False},
    "without marks and keywords": {"marks": False, "keywords": False},
    "words only": {"marks": False, "keywords": False, "hashtags": False},
}
"""The versions of a text on which every model is reported: what :func:`clean` is told for each.

The last one is there because the first crawl of ``us_posts`` took whole hashtags out of the text, and the second
left them in: how many words a text has from hashtags is a mark of the crawl as well.
"""


def post_text(posts: pd.DataFrame) -> pd.Series:
    """Title and content of each post on two lines (str; empty where both are missing)."""
    titles, contents = (posts[c].to_numpy(na_value="") for c in ("title", "content"))
    joined = [f"{title}\n{content}".strip() for title, content in zip(titles, contents, strict=True)]
    return pd.Series(joined, index=posts.index, dtype="str")


def clean(texts: pd.Series, *, marks: bool = True, hashtags: bool = True, keywords: bool = True) -> pd.Series:
    """Keep or remove, separately, what a crawl or a platform adds to a text.

    Parameters
    ----------
    texts : pandas.Series of str
    marks : bool
        Keep sticker codes, the sign ``#`` and suffix ``[话题]#`` of hashtags, addresses, mentions and white space as
        they are.
    hashtags : bool
        Keep hashtags.
    keywords : bool
        Keep the words by which the crawls searched: TikTok, refugee, RedNote and their Chinese names.

    Examples
    --------
    >>> text = pd.Series(["hi[笑哭R] #cat[话题]# TikTok refugees  "])
    >>> clean(text, marks=False).tolist()
    ['hi cat TikTok refugees']
    >>> clean(text, marks=False, hashtags=False, keywords=False).tolist()
    ['hi']
    """
    if not hashtags:  # first, because the suffix says where a hashtag with blanks ends
        texts = remove_hashtags(texts)
    if not marks:
        texts = remove_marks(texts)
    if not keywords:
        texts = remove_keywords(texts)
    return texts if marks else texts.str.replace(r"\s+", " ", regex=True).str.strip()


def text_version(texts: pd.Series, version: str) -> pd.Series:
    """One of the three `VERSIONS` of texts."""
    return clean(texts, **VERSIONS[version])


def remove_hashtags(texts: pd.Series) -> pd.Series:
    """Replace hashtags (``#...[话题]#``, or ``#`` up to the next blank or ``#``) by a blank.

    Examples
    --------
    >>> remove_hashtags(pd.Series(["hi #tiktokrefugee[话题]# you #cat"])).tolist()
    ['hi   you  ']
    """
    return texts.str.replace(_HASHTAG, " ", regex=True)


def remove_marks(texts: pd.Series) -> pd.Series:
    """Replace sticker codes, leftover format marks, signs of hashtags, addresses and mentions by a blank.

    Examples
    --------
    >>> remove_marks(pd.Series(["bye[哭惹R] @somebody"])).tolist()
    ['bye   ']
    """
    return texts.str.replace(f"{_STICKER}|{_FORMAT_MARK}|{_ADDRESS}|[#＃]", " ", regex=True)


def remove_keywords(texts: pd.Series) -> pd.Series:
    """Replace the search words of the crawls, and longer words that hold them, by a blank.

    Examples
    --------
    >>> remove_keywords(pd.Series(["a Tik Tok refugee, 抖音难民", "#tiktokban"])).tolist()
    ['a    ,   ', '# ']
    """
    return texts.str.replace(f"(?i:{_KEYWORD})", " ", regex=True)
