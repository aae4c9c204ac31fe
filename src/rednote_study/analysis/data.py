"""What these data are, and what tells their crawls apart."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.preprocessing import OneHotEncoder

from rednote_study.analysis.relations import counted, engine_of, query, select
from rednote_study.analysis.verdicts import NOTHING, STAYED
from rednote_study.crawl.conditions import checked
from rednote_study.crawl.crawl import Crawl
from rednote_study.crawl.posts import CELLS, COUNTS
from rednote_study.reported.published import published_facts
from rednote_study.results import SEED, result
from rednote_study.statistics.effect_sizes import area_under_curve
from rednote_study.statistics.inference import Estimate
from rednote_study.store.small_cells import MINIMUM_USERS
from rednote_study.text.marks import MARKS, post_marks

_MEANING = {
    "title": "title of the post",
    "content": "text of the post",
    "address": "address of the author's profile; not kept",
    "label": "hashtags, separated by #",
    "user_name": "name of the author; not kept",
    "user_id": "object identifier of the account; replaced by a salted hash",
    "like_count": "likes at the time of the crawl",
    "collect_count": "collects (bookmarks) at the time of the crawl",
    "comment_count": "comments at the time of the crawl",
    "share_count": "shares at the time of the crawl",
    "create_time": "time of the post, UTC+8",
    "post_id": "object identifier of the post; replaced by a salted hash",
    "ip_location": "place that the platform shows, from the network address",
    "post_image": "address of the first picture; not kept",
    "post_type": "video or normal (pictures and text)",
}


@result(
    "data_schema",
    title="Columns of the raw file, and how many posts leave them blank.",
    columns={"column": "name", "meaning": "what it holds", "missing": "posts without it", "share_missing": "share"},
    keys=("column", "meaning"),
)
def schema(crawl: Crawl) -> pd.DataFrame:
    """One row a column of the file."""
    missing = {c: crawl.missing[c] for c in _MEANING if c in crawl.missing}
    table = pd.DataFrame({"column": list(missing), "missing": list(missing.values())})
    table["meaning"] = table["column"].map(_MEANING)
    table["share_missing"] = table["missing"] / counted(crawl, "posts", {"posts": "true"})["posts"]
    return table


_NOTATION = """SELECT crawl, CASE WHEN {count} IS NULL THEN 'blank' WHEN {count}_banded THEN 'band'
  WHEN {count} >= 10000 THEN 'rounded' ELSE 'plain' END AS notation,
  count(*) AS posts, count(DISTINCT author) AS users FROM posts GROUP BY crawl, notation"""


@result(
    "data_notations",
    title="How the counts are written, by crawl.",
    columns={
        "crawl": "number of the crawl",
        "count": "which count",
        "notation": "plain number, rounded to a hundred or thousand (1.2万), band (10+, 1千+), or blank",
        "posts": "posts",
        "users": "users who wrote them",
        "share": "share of the crawl's posts",
    },
    keys=("crawl", "count", "notation"),
    adds_up=("crawl", "count"),
)
def notations(crawl: Crawl) -> pd.DataFrame:
    """Posts by crawl, count and notation; a number of 10,000 or more is written in 万."""
    table = pd.concat([query(crawl, _NOTATION.format(count=c)).assign(count=c) for c in COUNTS], ignore_index=True)
    table["share"] = table["posts"] / table.groupby(["crawl", "count"])["posts"].transform("sum")
    table = table.sort_values(["crawl", "count", "notation"], ignore_index=True)
    return table


@result(
    "data_identifiers",
    title="Audit of times: does the stated time of a post agree with the time in its identifier?",
    columns={
        "check": "what is compared",
        "posts": "posts compared",
        "disagree": "posts that disagree",
        "hours": "largest disagreement in hours",
    },
    exempt="the audit's result: how many posts disagree says nothing about a person",
)
def identifiers(crawl: Crawl) -> pd.DataFrame:
    """Agreement to the minute, and posts that are older than their account."""
    found = engine_of(crawl).row(_AUDIT)
    rows = [("stated time and identifier of the post", found["posts"], found["mismatches"], found["minutes"] / 60)]
    if pd.notna(found["seconds"]):  # else no account's date of registration is known
        hours = max(found["seconds"], 0) / 3600
        rows.append(("account registered before the post", found["posts"], found["early"], hours))
    return pd.DataFrame(rows, columns=["check", "posts", "disagree", "hours"]).astype(
        {"posts": "int64", "disagree": "int64"}
    )


_AUDIT = """SELECT count(*) AS posts, count(*) FILTER (time_mismatch) AS mismatches,
  max(abs(date_diff('minute', date_trunc('minute', created), date_trunc('minute', post_time)))) AS minutes,
  count(*) FILTER (registered > post_time) AS early, max(date_diff('second', post_time, registered)) AS seconds
FROM posts"""


@result(
    "data_rows",
    title="From rows of the file to posts.",
    columns={"step": "what is counted", "rows": "rows"},
    exempt="rows of a file, not people",
)
def rows(crawl: Crawl) -> pd.DataFrame:
    """Rows read, rows set aside by reason, posts kept; the last two add up to the first."""
    reasons = query(crawl, _REASONS)
    kept = counted(crawl, "posts", {"posts": "true"})["posts"]
    rows = [("data rows in the file", crawl.rows)]
    rows += [(f"set aside: {r.reason}", r.number) for r in reasons.itertuples()]
    rows += [("set aside, together", int(reasons["number"].sum())), ("posts kept", kept)]
    return rows


@result(
    "data_users",
    title="Users, by what is seen of them.",
    columns={"what": "which users", "users": "users", "share": "share of all users"},
    keys=("what",),
)
def users(crawl: Crawl) -> pd.DataFrame:
    """How many users there are, and how many have one post only, or posts in several crawls."""
    which = {"all": "true", "with one post": "n_posts == 1", "in several crawls": "crawls > 1"}
    table = pd.DataFrame(counted(crawl, "users", which).items(), columns=["what", "users"])
    return table.assign(share=table["users"] / table["users"].iloc[0])


_CELLS = CELLS.replace("'", "''")
"""SQL: what a reason says of a row; no cell of a row gets into a table."""

_REASONS = f"""SELECT regexp_replace(reason, '{_CELLS}', '', 'g') AS reason, count(*) AS number
FROM quarantine GROUP BY ALL ORDER BY number DESC, min(line)"""


_CRAWL_COLUMNS = {
    "crawl": "number of the crawl, in order of time",
    "first_post": "time of its first post, UTC+8",
    "last_post": "time of its last post, UTC+8",
    "posts": "posts",
    "users": "users",
    "shared": "users who are in another crawl too",
    **{name: f"share of posts: {text}" for name, text in MARKS.items()},
    "chinese": "share of posts with Chinese words, hashtags left out",
}


_CRAWLS = f"""SELECT crawl, min(created) AS first_post, max(created) AS last_post, count(*) AS posts,
  count(DISTINCT author) AS users, {", ".join(f"count(*) FILTER ({m}) AS {m}" for m in (*MARKS, "chinese"))}
FROM posts GROUP BY crawl ORDER BY crawl"""
_SHARED = """SELECT crawl, count(DISTINCT author) AS users FROM posts
WHERE author IN (SELECT author FROM users WHERE crawls > 1) GROUP BY crawl"""


@result(
    "data_crawls",
    title="What tells the crawls apart.",
    columns=_CRAWL_COLUMNS,
    keys=("crawl",),
    exempt="marks that the crawler left are no property of a person",
)
def crawls(crawl: Crawl) -> pd.DataFrame:
    """One row a crawl: dates, sizes, and the share of posts with each mark."""
    table = query(crawl, _CRAWLS)
    table["shared"] = table["crawl"].map(query(crawl, _SHARED).set_index("crawl")["users"]).fillna(0).astype("int64")
    for mark in (*MARKS, "chinese"):
        table[mark] = table[mark] / table["posts"]
    for column in ("first_post", "last_post"):
        table[column] = table[column].dt.strftime("%Y-%m-%d %H:%M")
    return table


@result(
    "data_marks",
    title="Share of posts with each mark, by crawl.",
    columns={"crawl": "number of the crawl", "mark": "mark", "posts": "posts of the crawl", "share": "share with it"},
    keys=("crawl", "mark"),
    exempt="marks that the crawler left are no property of a person",
)
def marks(crawl: Crawl) -> pd.DataFrame:
    """The marks of :func:`crawls`, one row a mark."""
    wide = crawls(crawl)
    table = wide.melt(["crawl", "posts"], [*MARKS, "chinese"], "mark", "share")
    table["mark"] = table["mark"].map({**MARKS, "chinese": "Chinese words in the text"})
    return table


@result(
    "data_hours",
    title="Posts by hour of the day (UTC+8) and crawl.",
    columns={
        "crawl": "number of the crawl",
        "hour": "first of four hours, UTC+8",
        "posts": "posts",
        "users": "users who wrote them",
        "share": "share of the crawl's posts",
    },
    keys=("crawl", "hour"),
    adds_up=("crawl",),
)
def hours(crawl: Crawl, *, block: int = 4) -> pd.DataFrame:
    """Blocks of so many hours, so that no block rests on a few users."""
    posts = crawl.posts.assign(hour=crawl.posts["created"].dt.hour // block * block)
    table = posts.groupby(["crawl", "hour"]).agg(posts=("post", "size"), users=("author", "nunique")).reset_index()
    table["share"] = table["posts"] / table.groupby("crawl")["posts"].transform("sum")
    return table


GROUPS = {"wave": "at_risk", "control": "account != 'wave'"}
"""Conditions: whom a model of the marks is asked about."""

FINGERPRINTS = {**MARKS, "hour": "hour of the day", "all": "all marks and the hour together"}


@result(
    "data_fingerprints",
    title="How well each mark of the crawl alone 'predicts' who is seen from February on.",
    columns={
        "group": "wave: accounts of the wave at risk; control: older and younger accounts",
        "mark": "what is known of a user",
        "users": "users",
        "positive_users": "users seen on or after 1 February",
        "auc": "area under the ROC curve, cross-validated",
        "low": "lower end of its 95 % bootstrap interval",
        "high": "upper end of its 95 % bootstrap interval",
    },
    keys=("group", "mark"),
)
def fingerprints(
    crawl: Crawl,
    groups: Mapping[str, str] = GROUPS,
    *,
    stayed: str = STAYED,
    model: BaseEstimator = LogisticRegression(class_weight="balanced"),  # noqa: B008 (cloned before it is fitted)
    folds: int = 5,
    seed: int = SEED,
) -> pd.DataFrame:
    """What a model that knows nothing but a mark says out of fold; nothing here says anything about people.

    Parameters
    ----------
    crawl : Crawl
    groups : mapping of str to str
        By name: whom the model is asked about, as a condition on users.
    stayed : str
        Condition: what it is asked.
    model : sklearn estimator
        With ``decision_function``.
    folds : int
        Of the cross-validation.
    seed : int
        Of the folds and of the bootstrap.
    """
    users, posts = crawl.users, crawl.posts
    marks = post_marks(posts).groupby(posts["author"]).any().reindex(users.index).astype(float)
    hours = posts.groupby("author")["created"].first().dt.hour.reindex(users.index)
    hour = OneHotEncoder(sparse_output=False).fit_transform(hours.to_frame() // 4)
    held = select(crawl, map(checked, [*groups.values(), stayed])).fillna(False).to_numpy(dtype=bool)
    rows = []
    for group, members in zip(groups, held.T, strict=False):
        positive = held[members, -1].astype(int)
        for name, text in FINGERPRINTS.items():
            features = {"hour": hour, "all": np.hstack([marks, hour])}.get(name)
            features = marks[[name]].to_numpy() if features is None else features
            auc = _cross_validated_auc(model, features[members], positive, folds, seed)
            rows.append((group, text, len(positive), int(positive.sum()), *auc))
    return rows


def _cross_validated_auc(
    model: BaseEstimator, features: np.ndarray, positive: np.ndarray, folds: int, seed: int
) -> Estimate:
    """Area under the curve of out-of-fold scores; missing where a class has fewer than five users."""
    if min(positive.sum(), len(positive) - positive.sum()) < max(MINIMUM_USERS, folds):
        return NOTHING
    division = StratifiedKFold(folds, shuffle=True, random_state=seed)
    scores = cross_val_predict(model, features, positive, cv=division, method="decision_function")
    return area_under_curve(scores.round(9), positive, seed=seed)


@result(
    "data_replica",
    title="The replica against the published description of the full data.",
    columns={"fact": "what is compared", "published": "as published", "here": "in this data set"},
    exempt="compares totals with the published ones",
)
def replica(crawl: Crawl) -> pd.DataFrame:
    """Totals of the published report beside the same totals of this data set."""
    facts, users = published_facts(), crawl.users
    described, posts = facts["dataset"], len(crawl.posts)
    january = users[users["in_january"]]
    newest = january.iloc[int(0.8 * len(january)) :]  # the published validation tail
    filled = [(c, described["non_null"][c], posts - crawl.missing.get(c, posts)) for c in ("title", "content", "label")]
    both, late = int(users["published_retained"].sum()), int(newest["published_retained"].sum())
    return [
        ("posts", described["rows"], posts),
        *((f"posts with {column}", *numbers) for column, *numbers in filled),
        ("users with a January post", described["january_users"], int(users["in_january"].sum())),
        ("of them with a February post", described["retained_users"], both),
        ("of these among the newest fifth of accounts", described["retained_in_last_650_users"], late),
    ]
