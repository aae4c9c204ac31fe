"""Hashtags of a post, from its label column and its text."""

import pandas as pd

from rednote_study.system.plain import plain
from rednote_study.text.clean import post_text

LONGEST = 60
"""Characters of a hashtag; what is longer was not typed by anybody, and is cut."""

_IN_TEXT = r"[#＃](?:([^#＃\n]*?)\[话题\][#＃]|([^\s#＃]+))"
_NOISE = r"\[?话题\]?$|[\u200b-\u200f\ufe0f\ufeff]|^[\s,.，。!！?？、]+|[\s,.，。!！?？、]+$"


def hashtags(posts: pd.DataFrame) -> pd.DataFrame:
    """List the hashtags of posts, one row a post and tag.

    The label column (``tiktok#music``) and the text are read alike; tags are
    folded to lower case in compatibility form, and count once a post.

    Parameters
    ----------
    posts : pandas.DataFrame
        With ``post``, ``user``, ``title``, ``content`` and ``label``.

    Returns
    -------
    pandas.DataFrame
        Columns ``post``, ``user``, ``tag`` (str).
    """
    labels = posts["label"].fillna("").str.split("#")
    in_text = post_text(posts).str.findall(_IN_TEXT).map(lambda found: [a or b for a, b in found])
    tags = (labels + in_text).explode().dropna()
    tags = tags.str.normalize("NFKC").str.lower().str.replace(_NOISE, "", regex=True)
    tags = tags.map(lambda tag: plain(tag).strip()[:LONGEST])
    tags = tags[tags.ne("")]
    table = posts[["post", "author"]].join(tags.rename("tag"), how="inner")
    return table.drop_duplicates(["post", "tag"], ignore_index=True)


def is_refugee_tag(tags: pd.Series) -> pd.Series:
    """Whether a tag names the event itself, as the search words of the crawls do (bool)."""
    return tags.str.contains(r"tik\s*_?tok|refugee|难民|難民|洋抖|rednote|小红书|xiaohongshu", regex=True)
