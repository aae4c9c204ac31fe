"""No number leaves this package that rests on one to four users."""

from __future__ import annotations

import pandas as pd

MINIMUM_USERS = 5
"""Smallest number of users on whom a published number may rest."""


ROUNDED = "users, rounded down to tens: a difference of two rows says nothing of the few whom they do not share"
"""Meaning of a column of :func:`tens`."""


def tens(users: int) -> int:
    """A number of users for a row that shares users with others, or parts a known total with them.

    Rounded down to tens, and five to nine to five, so that sums and differences do not give a group of one to four
    away; such a group keeps its number, and :func:`suppress_small` blanks it.

    Examples
    --------
    >>> [tens(n) for n in (3, 9, 63, 373)]
    [3, 5, 60, 370]
    """
    return users if users < MINIMUM_USERS else max(MINIMUM_USERS, users // 10 * 10)


def suppress_small(
    frame: pd.DataFrame, *, keep: tuple[str, ...] = (), adds_up: tuple[str, ...] | None = None
) -> pd.DataFrame:
    """Blank every measure of the rows that rest on one to four users or posts.

    Columns named ``users``, ``posts``, ``*_users`` or ``*_posts`` are counts. Where rows add up to a
    known total, a single blank would give its number away; the next smallest row is blanked with it.

    Examples
    --------
    >>> t = pd.DataFrame({"day": [1, 2], "users": [4, 9], "share": [0.5, 0.25]})
    >>> suppress_small(t, keep=("day",))["share"].tolist()
    [nan, 0.25]
    """
    counts = [c for c in frame.columns if c.split("_")[-1] in {"users", "posts"} and c not in keep]
    small = frame[counts].apply(pd.to_numeric).gt(0) & frame[counts].apply(pd.to_numeric).lt(MINIMUM_USERS)
    rows = small.any(axis=1)
    if not rows.any():
        return frame
    if adds_up is not None:
        rows |= _companions(frame, rows, counts[0], adds_up)
    frame = frame.copy()
    for column in frame.columns.difference(keep):
        if pd.api.types.is_bool_dtype(frame[column]):
            frame[column] = frame[column].astype("boolean")
        elif pd.api.types.is_integer_dtype(frame[column]):
            frame[column] = frame[column].astype("Int64")
        frame.loc[rows, column] = pd.NA if str(frame[column].dtype) in {"Int64", "boolean"} else None
    return frame


def _companions(frame: pd.DataFrame, rows: pd.Series, count: str, adds_up: tuple[str, ...]) -> pd.Series:
    """Rows to blank along with the only blank row of their group."""
    groups = frame.groupby(list(adds_up)).ngroup() if adds_up else pd.Series(0, index=frame.index)
    alone = rows.groupby(groups).transform("sum").eq(1) & ~rows & frame[count].gt(0)
    smallest = frame.loc[alone, count].groupby(groups[alone]).idxmin()
    return pd.Series(frame.index.isin(smallest), index=frame.index)
