"""Random posts for a reader who does not know the rules by which the study sorts them, and how far the two agree.

The texts stay on the machine that holds the posts; only tables of counts are kept (``data/evaluation``). Whoever has
the posts draws the same sample again: ``to_read(crawl, "bilingual")``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from rednote_study.crawl import Crawl
from rednote_study.errors import StudyError
from rednote_study.text.clean import clean, post_text
from rednote_study.text.language import script_of

__all__ = ["SAMPLES", "to_read"]

SAMPLES = {"bilingual": (100, 1401), "topics": (150, 1402)}
"""Of each reading: posts, and the seed of the draw."""


def to_read(crawl: Crawl, reading: str) -> pd.DataFrame:
    """Draw newcomers' posts at random, one a user; what is read is title and text without hashtags and marks.

    Parameters
    ----------
    crawl : Crawl
    reading : str
        ``bilingual`` (posts in both scripts) or ``topics`` (posts with words).

    Returns
    -------
    pandas.DataFrame
        Columns ``id`` (running number), ``line`` (of the post in the raw file; not for the reader), ``text``.

    Raises
    ------
    StudyError
        If there is no such reading.
    """
    if reading not in SAMPLES:
        raise StudyError(f"There is no reading {reading!r}. Known readings: {', '.join(SAMPLES)}.")
    size, seed = SAMPLES[reading]
    posts = crawl.posts.sort_values("line", ignore_index=True)
    newcomers = posts["author"].map(crawl.users["account"]).eq("wave")
    script = script_of(post_text(posts))
    wanted = script.eq("mixed") if reading == "bilingual" else script.ne("none")
    order = np.random.default_rng(seed).permutation(np.flatnonzero(newcomers & wanted))
    drawn = posts.iloc[order].drop_duplicates("author").head(size)
    text = clean(post_text(drawn), marks=False, hashtags=False)
    return pd.DataFrame({"id": np.arange(1, len(drawn) + 1), "line": drawn["line"].to_numpy(), "text": text.to_numpy()})
