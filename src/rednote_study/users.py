"""Posts to users: registration, tenure, totals, and the three labels of retention.

The labels are never mixed: ``published_retained`` is the published notebook's,
``cohort_retained`` that of accounts registered in the wave, ``tenure_*`` the
time for which an account was seen posting.
"""

from __future__ import annotations

import pandas as pd

from rednote_study.posts import COUNTS

__all__ = ["FEBRUARY", "GROUPS", "TENURES", "WAVE", "build_users", "risk_ends"]

WAVE = (pd.Timestamp("2025-01-09"), pd.Timestamp("2025-02-01"))
"""Registration in this half-open interval (UTC+8) makes a refugee: 9 to 31 January 2025."""

JANUARY, FEBRUARY, MARCH = (pd.Timestamp(f"2025-{month:02}-01") for month in (1, 2, 3))
GROUPS = ("older", "wave", "younger")
TENURES = (7, 14, 28)  # days


def risk_ends(posts: pd.DataFrame) -> pd.Timestamp:
    """Moment at which the January crawl ended; later accounts could not be seen in it.

    The last post of the last crawl that ended before February; where no crawl
    did, the whole of January was open, and the moment is 1 February.
    """
    ends = posts.groupby("crawl")["created"].max()
    ends = ends[ends < FEBRUARY]
    return ends.max() if len(ends) else FEBRUARY


def build_users(posts: pd.DataFrame) -> pd.DataFrame:
    """Aggregate posts to users.

    Parameters
    ----------
    posts : pandas.DataFrame
        As :func:`rednote_study.posts.read_posts` makes them.

    Returns
    -------
    pandas.DataFrame
        One row a user, index ``user`` (pseudonym) in order of registration:
        ``registered``, ``first_post``, ``last_post`` (datetime64, UTC+8), ``crawl``
        (of the first post), ``crawls`` (how many), ``n_posts``, totals of the counts (Int64; lower
        bounds where ``<count>_banded``), ``tenure_first_days`` and ``tenure_days``
        (registration to first and last post, days), ``group`` (``wave``, ``older``
        or ``younger`` account), ``in_january``, ``published_retained`` (a post in
        January and one in February), ``cohort_retained`` (a post on or after 1
        February), ``at_risk`` (wave account registered before :func:`risk_ends`)
        and ``tenure_7``, ``tenure_14``, ``tenure_28`` (bool).
    """
    posts = posts.sort_values(["user_order", "created", "line"])
    grouped = posts.groupby("user", sort=False)
    users = grouped.agg(
        registered=("registered", "first"),
        first_post=("created", "min"),
        last_post=("created", "max"),
        crawl=("crawl", "first"),
        crawls=("crawl", "nunique"),
        n_posts=("post", "size"),
        **{c: (c, "sum") for c in COUNTS},
        **{f"{c}_banded": (f"{c}_banded", "any") for c in COUNTS},
    )
    day = pd.Timedelta(days=1)
    users["tenure_first_days"] = (users["first_post"] - users["registered"]) / day
    users["tenure_days"] = (users["last_post"] - users["registered"]) / day
    users["group"] = _group(users["registered"])
    users["in_january"] = _seen(posts, JANUARY, FEBRUARY).reindex(users.index, fill_value=False)
    in_february = _seen(posts, FEBRUARY, MARCH).reindex(users.index, fill_value=False)
    users["published_retained"] = users["in_january"] & in_february
    users["cohort_retained"] = users["last_post"] >= FEBRUARY
    users["at_risk"] = users["group"].eq("wave") & users["registered"].lt(risk_ends(posts))
    for days in TENURES:
        users[f"tenure_{days}"] = users["tenure_days"] >= days
    return users


def _group(registered: pd.Series) -> pd.Series:
    start, end = WAVE
    group = pd.Series("wave", index=registered.index, dtype="str")
    return group.mask(registered < start, "older").mask(registered >= end, "younger")


def _seen(posts: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.Series:
    """Whether each user has a post in the half-open interval (bool, indexed by user)."""
    return posts["created"].between(start, end, inclusive="left").groupby(posts["user"]).any()
