"""In what rows that were set aside differ from those that were kept."""

from __future__ import annotations

import pandas as pd
from scipy.stats import chi2_contingency, mannwhitneyu

from rednote_study.crawl.counts import parse_counts
from rednote_study.crawl.identifiers import is_object_id, object_id_time

FEWEST = 5
"""Rows on either side below which nothing is said."""
LEVEL = 0.01


def differences(kept: pd.DataFrame, aside: pd.DataFrame) -> list[str]:
    """Say whether rows set aside differ from posts kept in likes, format or month, by tests at 1 %.

    It says in which direction, and no number: a few rows may be one person's.

    Parameters
    ----------
    kept, aside : pandas.DataFrame of str
        Rows in the study's notation.

    Returns
    -------
    list of str
        A sentence for each difference.
    """
    said = []
    likes = [parse_counts(rows["like_count"])["value"].dropna().astype(float) for rows in (kept, aside)]
    if min(map(len, likes)) >= FEWEST and mannwhitneyu(*likes).pvalue < LEVEL:
        more = "more" if likes[1].median() > likes[0].median() else "fewer"
        said.append(f"Rows set aside differ in likes: they have {more} than the posts kept.")
    for name, of in {"format": _format, "month": _month}.items():
        table = pd.DataFrame({n: of(rows).value_counts() for n, rows in enumerate((kept, aside))}).fillna(0)
        if len(table) > 1 and (table.sum() >= FEWEST).all() and chi2_contingency(table)[1] < LEVEL:
            shares = table / table.sum()
            most = (shares[1] - shares[0]).idxmax()
            said.append(f"Rows set aside differ in {name}: more of them than of the posts kept are {most}.")
    return said


def _format(rows: pd.DataFrame) -> pd.Series:
    found = rows["post_type"] if "post_type" in rows else pd.Series([], dtype="str")
    return found[found.isin(["video", "normal"])]


def _month(rows: pd.DataFrame) -> pd.Series:
    posts = rows["post_id"][is_object_id(rows["post_id"])]
    return object_id_time(posts).dt.strftime("of %B %Y")
