"""Sessions of the crawls, what differs between them, and how far they depend on the rule that finds them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from rednote_study.coding.codebook import coded
from rednote_study.crawl.conditions import checked
from rednote_study.crawl.crawl import Crawl
from rednote_study.crawl.sessions import SessionRule, stops, with_sessions
from rednote_study.errors import DataError
from rednote_study.formats import interval_ends
from rednote_study.results import SEED, result, stored
from rednote_study.statistics.of_users import share
from rednote_study.store.small_cells import MINIMUM_USERS, ROUNDED, tens
from rednote_study.text.clean import post_text
from rednote_study.text.hashtags import is_refugee_tag
from rednote_study.text.language import script_of

RULE = SessionRule()

PROPERTIES = {
    "no title": "no_title",
    "event word in title": "event_title",
    "event word in title or text": "event_word",
    "newcomer": "account == 'wave'",
    "video": "video",
    "Chinese characters": "chinese",
    "counts shown as bands": "display == 'bands'",
}
"""By name: a condition on the posts."""


@stored
def described(crawl: Crawl, rule: SessionRule = RULE) -> pd.DataFrame:
    """What the chapter's conditions may ask of each post.

    Returns
    -------
    pandas.DataFrame
        ``line``, ``author``, ``crawl``, ``session``, ``display``, ``account`` (where known), ``created``; ``slot`` (two
        hours of ``created``), ``hours`` (from registration to the post, at least one minute), ``script``, ``chinese``,
        ``words``, ``bilingual``, ``video``, ``no_title``, ``event_title``,
        ``event_word``; ``likes``, ``comments``, ``answered`` (at
        least one comment), ``comments_per_like`` (missing without likes); and a column for each category of the
        codebook.
    """
    posts = with_sessions(crawl, rule)
    text = post_text(posts)
    script, likes, comments = script_of(text), _number(posts["like_count"]), _number(posts["comment_count"])
    table = posts[["line", "author", "crawl", "session", "display", "created"]].assign(
        **{c: posts[c] for c in ("account",) if c in posts},
        slot=posts["created"].dt.floor("2h"),
        hours=((posts["created"] - posts["registered"]).dt.total_seconds() / 3600).clip(lower=1 / 60),
        script=script,
        chinese=script.isin(["han", "mixed"]),
        words=script.ne("none"),
        bilingual=script.eq("mixed"),
        video=posts["post_type"].eq("video").fillna(False).astype(bool),
        no_title=posts["title"].isna(),
        event_title=is_refugee_tag(posts["title"].fillna("").str.lower()),
        event_word=is_refugee_tag(text.str.lower()),
        likes=likes,
        comments=comments,
        answered=comments > 0,
        comments_per_like=(comments / likes).where(likes > 0),
    )
    return table.join(coded(text))


def _number(counts: pd.Series) -> pd.Series:
    return pd.Series(counts.to_numpy(dtype=float, na_value=np.nan), index=counts.index)


def chosen(crawl: Crawl, where: str, rule: SessionRule = RULE) -> pd.DataFrame:
    """The posts of :func:`described` for which a condition holds.

    Raises
    ------
    DataError
        If the condition asks for what these data do not have.
    """
    posts = described(crawl, rule)
    try:
        return posts.query(checked(where)) if where else posts
    except pd.errors.UndefinedVariableError as error:
        raise DataError(f"The condition {where!r} cannot be used: {error}.") from None


@result(
    "sessions_half_hours",
    title="Posts per half hour, and the sessions in which they were found.",
    columns={
        "start": "beginning of the half hour, UTC+8",
        "session": "number of the session",
        "posts": "posts",
        "users": "users who wrote them",
    },
    keys=("start", "session"),
    adds_up=("session",),
)
def half_hours(crawl: Crawl, where: str = "crawl == 1", *, rule: SessionRule = RULE, minutes: int = 30) -> pd.DataFrame:
    """Posts in each stretch of time.

    Parameters
    ----------
    crawl : Crawl
    where : str
        Condition on the posts.
    rule : SessionRule
        By which sessions are told apart.
    minutes : int
        Length of a stretch.
    """
    posts = chosen(crawl, where, rule).assign(start=lambda p: p["created"].dt.floor(f"{minutes}min"))
    table = posts.groupby(["start", "session"]).agg(posts=("author", "size"), users=("author", "nunique"))
    return table.reset_index()


@result(
    "sessions_found",
    title="Sessions of the crawls.",
    columns={
        "session": "number, in order of time",
        "crawl": "number of the crawl",
        "begins": "hour of its fifth post, UTC+8; a few may be much older",
        "ends": "half hour after its last post, UTC+8",
        "stops": "whether posts stop abruptly at its end, by the rule",
        "posts": "posts",
        "users": ROUNDED,
    },
    keys=("session",),
)
def found(crawl: Crawl, *, rule: SessionRule = RULE) -> pd.DataFrame:
    """One row a session.

    Parameters
    ----------
    crawl : Crawl
    rule : SessionRule
    """
    posts = described(crawl, rule)
    ends = {c: stops(p["created"], rule) for c, p in posts.groupby("crawl")}
    rows = []
    for (session, number), part in posts.groupby(["session", "crawl"]):
        times = part["created"].sort_values()
        first = times.iloc[min(MINIMUM_USERS, len(times)) - 1].floor("h")
        rows.append(
            (session, number, first, times.iloc[-1].ceil("30min"), bool(times.iloc[-1] in ends[number]), len(part),
             tens(part["author"].nunique()))
        )  # fmt: skip
    return rows


@result(
    "sessions_differences",
    title="What differs between the sessions: shares of posts, with intervals that resample users.",
    columns={
        "session": "number of the session",
        "property": "what a post has",
        "posts": "posts",
        "users": ROUNDED,
        "share": "share of posts that have it; empty where it rests on one to four users",
        **interval_ends(),
    },
    keys=("session", "property"),
)
def differences(
    crawl: Crawl,
    properties: dict[str, str] = PROPERTIES,
    *,
    rule: SessionRule = RULE,
    resamples: int = 2000,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row a session and property; what these data cannot say of a post is left out.

    Parameters
    ----------
    crawl : Crawl
    properties : dict of str to str
        By name: a condition on the posts.
    rule : SessionRule
    resamples, seed : int
        Of users.
    """
    posts, rows = described(crawl, rule), []
    known = {
        name: condition for name, condition in properties.items() if "account" not in condition or "account" in posts
    }
    for (name, condition), (session, part) in itertools.product(known.items(), posts.groupby("session")):
        holds = part.eval(checked(condition)).astype(bool)
        value = share(part["author"], holds, resamples=resamples, seed=seed)
        rows.append((session, name, len(part), tens(part["author"].nunique()), *value))
    return rows


@result(
    "sessions_sensitivity",
    title="Other numbers in the rule: how many stops it finds.",
    columns={
        "hours": "length of a window, hours",
        "fall": "how many times as many posts stand in the window before",
        "least": "posts in the window before, at least",
        "stops": "stops found in all crawls",
        "chosen": "stops of the chosen rule",
        "again": "of them, those found again, to the half hour",
        "others": "stops that the chosen rule does not have",
    },
    keys=("hours", "fall", "least"),
    exempt="counts of moments, not of people",
)
def sensitivity(
    crawl: Crawl,
    hours: Sequence[float] = (1, 2, 3, 4, 6),
    falls: Sequence[float] = (3, 5, 10),
    least: Sequence[int] = (10, 20, 40),
    *,
    rule: SessionRule = RULE,
) -> pd.DataFrame:
    """One row a setting of the rule.

    Parameters
    ----------
    crawl : Crawl
    hours, falls, least : sequence
        What is tried.
    rule : SessionRule
        The chosen one.
    """
    crawls = [part["created"] for _, part in described(crawl, rule).groupby("crawl")]
    chosen = [t for times in crawls for t in stops(times, rule)]
    rows = []
    for setting in itertools.product(hours, falls, least):
        others = [t for times in crawls for t in stops(times, SessionRule(*setting))]
        again = sum(any(abs(t - o) <= pd.Timedelta("30min") for o in others) for t in chosen)
        new = sum(all(abs(t - o) > pd.Timedelta("30min") for t in chosen) for o in others)
        rows.append((*setting, len(others), len(chosen), again, new))
    return rows
