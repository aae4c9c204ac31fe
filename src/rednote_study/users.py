"""Posts to users: registration, tenure, totals, and the three labels of retention.

The labels are never mixed: ``published_retained`` is the published notebook's,
``cohort_retained`` that of accounts registered in the wave, ``tenure_*`` the
time for which an account was seen posting.
"""

from __future__ import annotations

import pandas as pd

from rednote_study.engine import Engine
from rednote_study.posts import COUNTS

__all__ = ["FEBRUARY", "GROUP", "GROUPS", "TENURES", "WAVE", "build_users", "risk_ends", "users_query"]

WAVE = (pd.Timestamp("2025-01-09"), pd.Timestamp("2025-02-01"))
"""Registration in this half-open interval (UTC+8) makes a refugee: 9 to 31 January 2025."""

JANUARY, FEBRUARY, MARCH = (pd.Timestamp(f"2025-{month:02}-01") for month in (1, 2, 3))
GROUPS = ("older", "wave", "younger")
TENURES = (7, 14, 28)  # days


GROUP = f"""CASE WHEN registered < TIMESTAMP '{WAVE[0]}' THEN 'older'
  WHEN registered < TIMESTAMP '{WAVE[1]}' THEN 'wave' ELSE 'younger' END"""
"""SQL: the group of an account, from ``registered``."""

RISK_ENDS = f"""SELECT coalesce(max(ended) FILTER (ended < TIMESTAMP '{FEBRUARY}'), TIMESTAMP '{FEBRUARY}') AS moment
FROM (SELECT max(created)::TIMESTAMP AS ended FROM posts GROUP BY crawl)"""


def _seen(start: pd.Timestamp, end: pd.Timestamp) -> str:
    return f"bool_or(created >= TIMESTAMP '{start}' AND created < TIMESTAMP '{end}')"


_TOTALS = ",\n    ".join(f"coalesce(sum({c}), 0)::BIGINT AS {c}" for c in COUNTS)
_BANDED = ",\n    ".join(f"bool_or({c}_banded) AS {c}_banded" for c in COUNTS)
_TENURES = ", ".join(f"tenure_days >= {days} AS tenure_{days}" for days in TENURES)

USERS = f"""
WITH seen AS (
  SELECT "user", any_value(registered) AS registered, min(created) AS first_post, max(created) AS last_post,
    arg_min(crawl, created) AS crawl, count(DISTINCT crawl) AS crawls, count(*) AS n_posts,
    {_TOTALS},
    {_BANDED},
    {_seen(JANUARY, FEBRUARY)} AS in_january, {_seen(FEBRUARY, MARCH)} AS in_february
  FROM posts GROUP BY "user"),
dated AS (
  SELECT * EXCLUDE (in_january, in_february),
    date_diff('second', registered, first_post) / 86400::DOUBLE AS tenure_first_days,
    date_diff('second', registered, last_post) / 86400::DOUBLE AS tenure_days,
    {GROUP} AS "group", in_january, in_january AND in_february AS published_retained,
    last_post >= TIMESTAMP '{FEBRUARY}' AS cohort_retained
  FROM seen)
SELECT *, "group" = 'wave' AND registered < TIMESTAMP '{{risk_ends}}' AS at_risk, {_TENURES} FROM dated
"""
"""One row a user, from the posts; `risk_ends` is to be put in."""


def users_query(engine: Engine) -> str:
    """The query that makes users of the relation ``posts``; see :func:`build_users` for its columns."""
    return USERS.format(risk_ends=engine.row(RISK_ENDS)["moment"])


def risk_ends(posts: pd.DataFrame) -> pd.Timestamp:
    """Moment at which the January crawl ended; later accounts could not be seen in it.

    The last post of the last crawl that ended before February; where no crawl
    did, the whole of January was open, and the moment is 1 February.
    """
    return pd.Timestamp(Engine({"posts": posts[["crawl", "created"]]}).row(RISK_ENDS)["moment"])


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
    names = posts.drop_duplicates("user_order").set_index("user_order")["user"]
    engine = Engine({"posts": posts[_USED].assign(user=posts["user_order"])})
    users = engine.query(f'{users_query(engine)} ORDER BY "user"').astype({**_TYPES})
    return users.set_index(pd.Index(names.loc[users.pop("user")], dtype="str", name="user"))


_USED = ["registered", "created", "crawl", *COUNTS, *(f"{c}_banded" for c in COUNTS)]
_TYPES = {c: "Int64" for c in COUNTS} | {"group": "str"}
