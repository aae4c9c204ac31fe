"""Who arrived: when accounts of the wave were registered, how new they were, in which language and about what they wrote.

All of it is said of posts that a search found, and of newcomers in the first crawl unless a condition says otherwise.
Sessions, time zones, codebook, encoder and strata are arguments.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from rednote_study.analysis.sessions import RULE, chosen
from rednote_study.analysis.verdicts import NOTHING
from rednote_study.coding.bilingual import likeness, says_twice
from rednote_study.coding.codebook import categories
from rednote_study.coding.hand_reading import agreement
from rednote_study.crawl.conditions import checked
from rednote_study.crawl.crawl import Crawl
from rednote_study.crawl.sessions import SessionRule
from rednote_study.encoders.sentence import SentenceEncoder
from rednote_study.formats import interval_ends
from rednote_study.results import SEED, result
from rednote_study.statistics.inference import Estimate, bootstrap_interval, wilson
from rednote_study.statistics.of_users import delta, estimate, quantile, resampled, share
from rednote_study.store.small_cells import MINIMUM_USERS, ROUNDED, tens
from rednote_study.text.clean import post_text

NEWCOMERS = "account == 'wave' and crawl == 1"
LARGE = "account == 'wave' and session <= 2"
"""In sessions large enough that what they hold can be told apart; the third has too few older accounts."""
CHINA, NEW_YORK = "Asia/Shanghai", "America/New_York"


def _first_posts(crawl: Crawl, where: str, rule: SessionRule) -> pd.DataFrame:
    """The first post found of each user, with the registration of the account."""
    posts = chosen(crawl, where, rule).sort_values("created", kind="stable").drop_duplicates("author")
    return posts.assign(registered=posts["author"].map(crawl.users["registered"]))


@result(
    "arrival_clock",
    title="At what hour newcomers registered, and at what hour their first found post was written.",
    columns={
        "event": "registration of the account, or first found post",
        "zone": "time zone",
        "hour": "hour of the day in this zone",
        "users": "users",
        "share": "share of all users here",
        **interval_ends(" (Wilson; a user counts once)"),
    },
    keys=("event", "zone", "hour"),
    adds_up=("event", "zone"),
)
def clock(
    crawl: Crawl, where: str = NEWCOMERS, *, zones: Sequence[str] = (CHINA, NEW_YORK), rule: SessionRule = RULE
) -> pd.DataFrame:
    """One row an event, zone and hour of the day.

    Parameters
    ----------
    crawl : Crawl
    where : str
        Condition on the posts.
    zones : sequence of str
        IANA names of time zones.
    rule : SessionRule
    """
    posts, rows = _first_posts(crawl, where, rule), []
    events = {"registration": posts["registered"], "first found post": posts["created"]}
    for (event, times), zone in itertools.product(events.items(), zones):
        hours = times.dt.tz_localize(CHINA).dt.tz_convert(zone).dt.hour
        counts = np.bincount(hours.to_numpy(dtype=np.int64), minlength=24)
        rows += [(event, zone, hour, n, *wilson(n, counts.sum())) for hour, n in enumerate(counts)]
    return rows


MEASURES = ("median hours", "within an hour", "within a day")


@result(
    "arrival_newness",
    title="How new newcomers were when they wrote the post that was found: hours from registration to the post.",
    columns={
        "session": "number of the session",
        "measure": "median of the hours, or share of posts within this time of registration",
        "users": "users",
        "value": "hours, or share of posts; empty where it rests on one to four users",
        **interval_ends(", users resampled"),
    },
    keys=("session", "measure"),
)
def newness(
    crawl: Crawl, where: str = LARGE, *, rule: SessionRule = RULE, resamples: int = 2000, seed: int = SEED
) -> pd.DataFrame:
    """Right-truncated: whoever would write later could not be found, so these are not times that accounts take.

    Parameters
    ----------
    crawl : Crawl
    where : str
        Condition on the posts.
    rule : SessionRule
    resamples, seed : int
        Of users.
    """
    posts, how, rows = chosen(crawl, where, rule), {"resamples": resamples, "seed": seed}, []
    for session, part in [*posts.groupby("session")]:
        users, hours = part["author"], part["hours"].to_numpy()
        values = (
            estimate(users, quantile(hours, 0.5), **how),
            share(users, hours <= 1, **how),
            share(users, hours <= 24, **how),
        )
        rows += [(session, m, users.nunique(), *v) for m, v in zip(MEASURES, values, strict=True)]
    return rows


EDGES = (0, 0.5, 1, 3, 12, 24, 48)
FEATURES = {
    "with Chinese": "chinese",
    "video": "video",
    "greeting": "greeting",
    "looks for company": "connection",
    "thanks, welcome": "welcome",
    "ban and move": "move",
    "languages": "language",
    "animals": "animals",
}


@result(
    "arrival_ages",
    title="What newcomers' posts hold, by the time since registration.",
    columns={
        "feature": "what a post has",
        "age": "hours from registration to the post",
        "begins": "beginning of this stretch, hours",
        "ends": "its end, hours",
        "users": "users with a post of this age",
        "share": "share of their posts; empty where it rests on one to four users, or would give away another that does",
        **interval_ends(", users resampled"),
    },
    keys=("feature", "age", "begins", "ends"),
)
def ages(
    crawl: Crawl,
    where: str = LARGE,
    *,
    edges: Sequence[float] = EDGES,
    features: Mapping[str, str] = FEATURES,
    rule: SessionRule = RULE,
    resamples: int = 2000,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row a feature and stretch of time.

    Parameters
    ----------
    crawl : Crawl
    where : str
        Condition on the posts.
    edges : sequence of float
        Hours.
    features : mapping of str to str
        By name: a condition on the posts.
    rule : SessionRule
    resamples, seed : int
        Of users.
    """
    posts, rows = chosen(crawl, where, rule), []
    stretches = list(itertools.pairwise(edges))
    parts = [posts[posts["hours"].between(*ends, inclusive="right")] for ends in stretches]
    for name, condition in features.items():
        holds = [part.eval(checked(condition)).astype(bool) for part in parts]
        sides = [[p.loc[h ^ flip, "author"].nunique() for p, h in zip(parts, holds, strict=True)] for flip in (0, 1)]
        hidden = hide(np.array(sides)).any(axis=0)
        for (begins, ends), part, held, gone in zip(stretches, parts, holds, hidden, strict=True):
            value = NOTHING if gone else share(part["author"], held, resamples=resamples, seed=seed)
            rows.append((name, f"{begins:g}–{ends:g}", begins, ends, part["author"].nunique(), *value))
    return rows


def hide(counts: np.ndarray) -> np.ndarray:
    """Which cells of a table of counts are not shown: those of one to four, and others so that no sum gives them away.

    A row or a column with a single hidden cell gets its smallest other cell hidden too, until there is none.

    Examples
    --------
    >>> hide(np.array([[2, 9, 30], [20, 8, 40], [50, 60, 70]])).astype(int).tolist()
    [[1, 1, 0], [1, 1, 0], [0, 0, 0]]
    """
    hidden = (counts > 0) & (counts < MINIMUM_USERS)
    while True:
        before = hidden.sum()
        for view, shown in ((hidden, counts), (hidden.T, counts.T)):
            for row, numbers in zip(view, shown, strict=True):
                rest = np.where(row | (numbers == 0), np.inf, numbers)
                if row.sum() == 1 and np.isfinite(rest).any():
                    row[rest.argmin()] = True
        if hidden.sum() == before:
            return hidden


@result(
    "arrival_scripts",
    title="Scripts of newcomers' posts, hashtags left out.",
    columns={
        "group": "whose posts",
        "script": "what a post holds; Han alone and mixed are one row where either rests on fewer than five users",
        "users": ROUNDED,
        "share": "share of posts; empty where it rests on one to four users",
        **interval_ends(", users resampled"),
    },
    keys=("group", "script"),
)
def scripts(
    crawl: Crawl,
    groups: Mapping[str, str] = {"sessions 1 and 2": LARGE, "second crawl": "account == 'wave' and crawl == 2"},
    *,
    rule: SessionRule = RULE,
    resamples: int = 2000,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row a group and script.

    Parameters
    ----------
    crawl : Crawl
    groups : mapping of str to str
        By name: a condition on the posts.
    rule : SessionRule
    resamples, seed : int
        Of users.
    """
    rows = []
    for group, where in groups.items():
        posts = chosen(crawl, where, rule)
        parts = {"Latin and Han": ["mixed"], "Han only": ["han"]}
        if min(posts.loc[posts["script"].isin(kept), "author"].nunique() for kept in parts.values()) < MINIMUM_USERS:
            parts = {"Han, with Latin or without": ["han", "mixed"]}
        for name, kept in ({"Latin only": ["latin"]} | parts | {"no words": ["none"]}).items():
            value = share(posts["author"], posts["script"].isin(kept), resamples=resamples, seed=seed)
            rows.append((group, name, tens(posts["author"].nunique()), *value))
    return rows


@result(
    "arrival_languages",
    title="Share of posts with Chinese characters: newcomers, and older accounts in the same session.",
    columns={
        "session": "number of the session",
        "account": "wave: registered in the wave (newcomers); older: before it",
        "users": ROUNDED,
        "share": "share of posts with a Chinese character; empty where it rests on one to four users",
        **interval_ends(", users resampled"),
    },
    keys=("session", "account"),
    adds_up=("session",),
)
def languages(crawl: Crawl, *, rule: SessionRule = RULE, resamples: int = 2000, seed: int = SEED) -> pd.DataFrame:
    """One row a session and kind of account."""
    posts, rows = chosen(crawl, "account == 'wave' or account == 'older'", rule), []
    for (session, account), part in posts.groupby(["session", "account"]):
        value = share(part["author"], part["chinese"], resamples=resamples, seed=seed)
        rows.append((session, account, tens(part["author"].nunique()), *value))
    return pd.DataFrame(rows, columns=["session", "account", "users", "share", "low", "high"]).sort_values(
        ["session", "account"], ascending=[True, False], ignore_index=True
    )


@result(
    "arrival_beside",
    title="Newcomers less older accounts, share of posts with Chinese characters, within sessions.",
    columns={
        "sample": "which posts",
        "users": ROUNDED,
        "difference": "difference of the shares over all pairs within a session",
        **interval_ends(", users resampled"),
    },
    keys=("sample",),
)
def beside(
    crawl: Crawl,
    samples: Mapping[str, str] = {"first crawl": "crawl == 1", "second crawl": "crawl == 2"},
    *,
    rule: SessionRule = RULE,
    resamples: int = 2000,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row a sample.

    Parameters
    ----------
    crawl : Crawl
    samples : mapping of str to str
        By name: a condition on the posts.
    rule : SessionRule
    resamples, seed : int
        Of users.
    """
    rows = []
    for name, where in samples.items():
        posts = chosen(crawl, f"({where}) and (account == 'wave' or account == 'older')", rule)
        statistic = delta(posts["chinese"], posts["account"].eq("wave"), posts["session"])
        enough = both_sides(posts, posts["account"].eq("wave"))
        value = estimate(posts["author"], statistic, resamples=resamples, seed=seed) if enough else NOTHING
        rows.append((name, tens(posts["author"].nunique()), *value))
    return rows


def both_sides(posts: pd.DataFrame, side: pd.Series) -> bool:
    """Whether enough users stand on both sides."""
    return all(posts.loc[s, "author"].nunique() >= MINIMUM_USERS for s in (side, ~side))


SAMPLES = {
    "first crawl": NEWCOMERS,
    "first crawl, posts with words": f"{NEWCOMERS} and words",
    "session 1": "account == 'wave' and session == 1",
    "session 2": "account == 'wave' and session == 2",
    "second crawl": "account == 'wave' and crawl == 2",
    "older accounts, sessions 1 and 2": "account == 'older' and session <= 2",
}
"""By name: posts whose writers are compared by the time since they registered."""


@result(
    "arrival_odds",
    title="Chinese in a post against the time since registration: odds ratio for ten times as many hours.",
    columns={
        "sample": "which posts",
        "users": ROUNDED,
        "odds_ratio": "odds of a Chinese character in the post, for ten times as many hours; sessions held apart",
        **interval_ends(", users resampled"),
    },
    keys=("sample",),
)
def odds(
    crawl: Crawl,
    samples: Mapping[str, str] = SAMPLES,
    *,
    outcome: str = "chinese",
    rule: SessionRule = RULE,
    resamples: int = 2000,
    seed: int = SEED,
) -> pd.DataFrame:
    """Logistic regression of an outcome on the logarithm of the hours, with a constant for each session.

    Parameters
    ----------
    crawl : Crawl
    samples : mapping of str to str
        By name: a condition on the posts.
    outcome : str
        What a post has or has not.
    rule : SessionRule
    resamples, seed : int
        Of users.
    """
    rows = []
    for name, where in samples.items():
        posts = chosen(crawl, where, rule)
        holds = posts[outcome].astype(bool)
        found = NOTHING
        if both_sides(posts, holds):
            hours = np.log10(posts["hours"])
            design = np.column_stack([hours - hours.mean(), pd.get_dummies(posts["session"], dtype=float)])
            fit = _slope(design, holds.to_numpy(dtype=float))
            drawn = resampled(posts["author"], fit, resamples=resamples, seed=seed)
            found = Estimate(*np.exp([fit(np.ones(len(posts))), *bootstrap_interval(drawn)]))
        rows.append((name, tens(posts["author"].nunique()), *found))
    return rows


def _slope(design: np.ndarray, outcome: np.ndarray):
    """The first coefficient of a logistic regression, as a statistic of weights (Newton's method)."""

    def statistic(weights: np.ndarray) -> np.ndarray:
        w = np.atleast_2d(weights)
        beta = np.zeros((len(w), design.shape[1]))
        for _ in range(30):
            p = 1 / (1 + np.exp(-beta @ design.T))
            score = (w * (outcome - p)) @ design
            spread = np.einsum("rn,nk,nl->rkl", w * p * (1 - p), design, design, optimize=True)
            spread += 1e-9 * np.eye(design.shape[1])  # a session that was not drawn has no constant
            step = np.linalg.solve(spread, score[..., None])[..., 0]
            beta = np.clip(beta + np.clip(step, -2, 2), -20, 20)
            if np.abs(step[:, 0]).max() < 1e-8:
                break
        return beta[:, 0] if np.ndim(weights) > 1 else beta[0, 0]

    return statistic


@result(
    "arrival_bilingual",
    title="Posts by newcomers in Latin letters and Chinese characters: do both parts say the same?",
    columns={
        "group": "whose posts",
        "users": "users",
        "threshold": "cosine of the two parts from which a post says the same twice",
        "share": "share of posts that do; empty where it rests on one to four users",
        **interval_ends(", users resampled"),
    },
    keys=("group",),
)
def bilingual(
    crawl: Crawl,
    groups: Mapping[str, str] = {"newcomers": "account == 'wave' and bilingual"},
    *,
    encoder: BaseEstimator | None = None,
    level: float = 0.95,
    rule: SessionRule = RULE,
    resamples: int = 2000,
    seed: int = SEED,
) -> pd.DataFrame:
    """Of the posts in both scripts; the threshold is found anew in each group.

    Parameters
    ----------
    crawl : Crawl
    groups : mapping of str to str
        By name: a condition on the posts.
    encoder : estimator, optional
        Of sentences in both languages; the multilingual sentence encoder if not given.
    level : float
        So many of the pairs of parts from two posts must be less alike.
    rule : SessionRule
    resamples, seed : int
        Of users.
    """
    text, rows = post_text(crawl.posts), []
    for name, where in groups.items():
        posts = chosen(crawl, where, rule)
        if posts["author"].nunique() < MINIMUM_USERS:
            rows.append((name, posts["author"].nunique(), np.nan, *NOTHING))
            continue
        twice, threshold = says_twice(likeness(text[posts.index], encoder or SentenceEncoder()), level)
        value = share(posts["author"], twice, resamples=resamples, seed=seed)
        rows.append((name, posts["author"].nunique(), threshold, *value))
    return rows


@result(
    "arrival_reading",
    title="How far the rules agree with a reader who had not seen them.",
    columns={
        "reading": "what was read",
        "category": "category, or what counts as the same",
        "read": "posts read, each of another user",
        "hand": "posts that the reader put there",
        "rule": "posts that the rule put there",
        "precision": "of those of the rule, the share that the reader put there too",
        **interval_ends(" (Wilson)", of="precision"),
        "recall": "of those of the reader, the share that the rule found",
        **interval_ends(" (Wilson)", of="recall"),
        "kappa": "Cohen's kappa: agreement beyond chance",
        **interval_ends(", posts resampled", of="kappa"),
    },
    keys=("reading", "category"),
    needs_data=False,
)
def reading() -> pd.DataFrame:
    """As it was kept (``data/evaluation/hand_reading.csv``): cells of one to four posts are empty."""
    return pd.concat([agreement("bilingual"), agreement("topics")], ignore_index=True)


@result(
    "arrival_topics",
    title="What newcomers' posts are about, by the codebook.",
    columns={
        "category": "category of the codebook; a post may have several",
        "definition": "when a post belongs to it",
        "users": ROUNDED,
        "share": "share of posts that the word lists put there; empty where it rests on one to four users",
        **interval_ends(", users resampled"),
        "precision": "share of those that a reader put there too",
        "recall": "share of the reader's that the word lists found",
        "good": "whether both are at least the demanded ones; empty where the reader found too few",
    },
    keys=("category", "definition"),
)
def topics(
    crawl: Crawl,
    where: str = LARGE,
    *,
    demanded: float = 0.7,
    rule: SessionRule = RULE,
    resamples: int = 2000,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row a category, the most frequent first.

    Parameters
    ----------
    crawl : Crawl
    where : str
        Condition on the posts.
    demanded : float
        Precision and recall below this mark a category.
    rule : SessionRule
    resamples, seed : int
        Of users.
    """
    posts = chosen(crawl, where, rule)
    read = agreement("topics").set_index("category")[["precision", "recall"]]
    rows = []
    for name, category in categories().items():
        value = share(posts["author"], posts[name], resamples=resamples, seed=seed)
        known = read.loc[name]
        good = None if known.isna().any() else bool((known >= demanded).all())
        rows.append((name, category.definition, tens(posts["author"].nunique()), *value, *known, good))
    columns = ["category", "definition", "users", "share", "low", "high", "precision", "recall", "good"]
    return pd.DataFrame(rows, columns=columns).sort_values("share", ascending=False, kind="stable")
