"""In what rows that were set aside differ from those that were kept."""

from __future__ import annotations

import pandas as pd
from scipy.stats import chi2_contingency, mannwhitneyu

from rednote_study.counts import parse_counts
from rednote_study.identifiers import is_object_id, object_id_time

__all__ = ["differences"]

FEWEST = 5
"""Rows on either side below which nothing is said."""
LEVEL = 0.01


def differences(kept: pd.DataFrame, aside: pd.DataFrame) -> list[str]:
    """Say whether rows set aside differ from posts kept in likes, format or month, by tests at 1 %.

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
        medians = [f"{side.median():,.0f}" for side in likes]
        said.append(
            f"Rows set aside differ in likes: their median is {medians[1]}, that of the posts kept {medians[0]}."
        )
    for name, sides in {
        "format": [_format(r) for r in (kept, aside)],
        "month": [_month(r) for r in (kept, aside)],
    }.items():
        table = pd.DataFrame({n: side.value_counts() for n, side in enumerate(sides)}).fillna(0)
        if len(table) > 1 and (table.sum() >= FEWEST).all() and chi2_contingency(table)[1] < LEVEL:
            shares = table / table.sum()
            most = (shares[1] - shares[0]).abs().idxmax()
            said.append(
                f"Rows set aside differ in {name}: {shares.loc[most, 1]:.0%} of them are {most}, and"
                f" {shares.loc[most, 0]:.0%} of the posts kept."
            )
    return said


def _format(rows: pd.DataFrame) -> pd.Series:
    found = rows["post_type"] if "post_type" in rows else pd.Series([], dtype="str")
    return found[found.isin(["video", "normal"])]


def _month(rows: pd.DataFrame) -> pd.Series:
    posts = rows["post_id"][is_object_id(rows["post_id"])]
    return object_id_time(posts).dt.strftime("of %B %Y")
