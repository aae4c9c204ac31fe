"""How newcomers' posts were received: comments, likes, comments per like; how unequally, and by format and language.

Posts are compared within a session and two hours, because sessions show other posts and an older post has had more
time. When each post was crawled is not known.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from rednote_study.analysis.arrival import LARGE, NEWCOMERS, both_sides
from rednote_study.analysis.sessions import RULE, chosen
from rednote_study.analysis.verdicts import NOTHING
from rednote_study.crawl.conditions import checked
from rednote_study.crawl.crawl import Crawl
from rednote_study.crawl.sessions import SessionRule
from rednote_study.formats import interval_ends
from rednote_study.results import SEED, result
from rednote_study.statistics.inference import benjamini_hochberg, bootstrap_interval
from rednote_study.statistics.of_users import delta, estimate, gini, lorenz, permuted, quantile, ratio, resampled, share
from rednote_study.store.small_cells import MINIMUM_USERS, ROUNDED, tens

OUTCOMES = ("likes", "comments", "comments_per_like")
STRATA = ("session", "slot")
MEASURES = ("share answered", "median likes", "median comments", "median comments per like", "comments by likes")


@result(
    "reception_described",
    title="How newcomers' posts were received, by session.",
    columns={
        "session": "number of the session",
        "measure": "what is measured; comments per like is of posts with likes, comments by likes of all together",
        "users": "users",
        "value": "share of posts, or a number; empty where it rests on one to four users",
        **interval_ends(", users resampled"),
    },
    keys=("session", "measure"),
)
def described(
    crawl: Crawl, where: str = LARGE, *, rule: SessionRule = RULE, resamples: int = 2000, seed: int = SEED
) -> pd.DataFrame:
    """One row a session and measure.

    Parameters
    ----------
    crawl : Crawl
    where : str
        Condition on the posts.
    rule : SessionRule
    resamples, seed : int
        Of users.
    """
    posts, rows = chosen(crawl, where, rule).dropna(subset=["likes", "comments"]), []
    how = {"resamples": resamples, "seed": seed}
    for session, part in posts.groupby("session"):
        liked = part.dropna(subset=["comments_per_like"])
        values = (
            share(part["author"], part["answered"], **how),
            estimate(part["author"], quantile(part["likes"], 0.5), **how),
            estimate(part["author"], quantile(part["comments"], 0.5), **how),
            estimate(liked["author"], quantile(liked["comments_per_like"], 0.5), **how),
            estimate(part["author"], ratio(part["comments"], part["likes"]), **how),
        )
        rows += [(session, m, part["author"].nunique(), *v) for m, v in zip(MEASURES, values, strict=True)]
    return rows


@result(
    "reception_concentration",
    title="How unequal likes and comments of newcomers' posts are.",
    columns={
        "sample": "which posts",
        "count": "which count",
        "users": "users",
        "gini": "Gini's coefficient: 0 where all posts have the same, near 1 where one has all",
        **interval_ends(", users resampled", of="gini"),
        "top_tenth": "share of all that the tenth of the posts with the most have",
        **interval_ends(", users resampled", of="top_tenth"),
    },
    keys=("sample", "count"),
)
def concentration(
    crawl: Crawl,
    samples: Mapping[str, str] = {
        "first crawl": NEWCOMERS,
        "session 1": "account == 'wave' and session == 1",
        "session 2": "account == 'wave' and session == 2",
    },
    *,
    counts: Sequence[str] = ("likes", "comments"),
    rule: SessionRule = RULE,
    resamples: int = 2000,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row a sample and count.

    Parameters
    ----------
    crawl : Crawl
    samples : mapping of str to str
        By name: a condition on the posts.
    counts : sequence of str
    rule : SessionRule
    resamples, seed : int
        Of users.
    """
    how, rows = {"resamples": resamples, "seed": seed}, []
    for (name, where), count in itertools.product(samples.items(), counts):
        posts = chosen(crawl, where, rule).dropna(subset=[count])
        users, values = posts["author"], posts[count]
        curve = lorenz(values, [0.9])
        top = estimate(users, lambda w, curve=curve: 1 - curve(w)[..., 0], **how)
        rows.append((name, count, users.nunique(), *estimate(users, gini(values), **how), *top))
    return rows


@result(
    "reception_lorenz",
    title="Lorenz curves: what share of all likes and comments the least noticed posts have.",
    columns={
        "count": "which count",
        "posts_below": "share of the posts, those with the least first",
        "users": "users",
        "share": "share of the count that they have together",
        **interval_ends(", users resampled"),
    },
    keys=("count", "posts_below"),
)
def lorenz_curve(
    crawl: Crawl,
    where: str = NEWCOMERS,
    *,
    counts: Sequence[str] = ("likes", "comments"),
    points: int = 21,
    rule: SessionRule = RULE,
    resamples: int = 2000,
    seed: int = SEED,
) -> pd.DataFrame:
    """Points of the curves; none so near to an end that fewer than five users lie beyond it.

    Parameters
    ----------
    crawl : Crawl
    where : str
        Condition on the posts.
    counts : sequence of str
    points : int
        Of a curve.
    rule : SessionRule
    resamples, seed : int
        Of users.
    """
    posts, rows = chosen(crawl, where, rule), []
    at = np.linspace(0, 1, points)
    for count in counts:
        part = posts.dropna(subset=[count])
        users = part["author"].nunique()
        shown = at[[e in (0, 1) or min(e, 1 - e) * users >= MINIMUM_USERS for e in at]]
        curve = lorenz(part[count], shown)
        if users < MINIMUM_USERS:
            continue
        drawn = resampled(part["author"], curve, resamples=resamples, seed=seed)
        ends = [bootstrap_interval(d) for d in drawn.T]
        rows += [(count, a, users, v, *e) for a, v, e in zip(shown, curve(np.ones(len(part))), ends, strict=True)]
    return rows


KINDS = {
    "video": "video",
    "pictures": "not video",
    "with Chinese": "chinese",
    "without": "not chinese",
}


@result(
    "reception_by_kind",
    title="Likes and comments of newcomers' posts by format and language.",
    columns={
        "kind": "which posts",
        "count": "which count",
        "users": ROUNDED,
        "q10": "a tenth of the posts have at most this",
        "q25": "a quarter",
        "median": "half",
        "low": "lower end of the 95 % interval of the median, users resampled",
        "high": "upper end",
        "q75": "three quarters",
        "q90": "nine tenths",
    },
    keys=("kind", "count"),
)
def by_kind(
    crawl: Crawl,
    where: str = LARGE,
    kinds: Mapping[str, str] = KINDS,
    *,
    counts: Sequence[str] = OUTCOMES,
    rule: SessionRule = RULE,
    resamples: int = 2000,
    seed: int = SEED,
) -> pd.DataFrame:
    """Quantiles; only those with at least five users beyond them.

    Parameters
    ----------
    crawl : Crawl
    where : str
        Condition on the posts.
    kinds : mapping of str to str
        By name: a condition on the posts.
    counts : sequence of str
    rule : SessionRule
    resamples, seed : int
        Of users.
    """
    posts, rows = chosen(crawl, where, rule), []
    for (kind, condition), count in itertools.product(kinds.items(), counts):
        part = posts[posts.eval(checked(condition)).astype(bool)].dropna(subset=[count])
        users, ones = part["author"].nunique(), np.ones(len(part))
        row = {"kind": kind, "count": count, "users": tens(users)}
        wanted = {"q10": 0.1, "q25": 0.25, "q75": 0.75, "q90": 0.9}
        row |= {n: float(quantile(part[count], q)(ones)) for n, q in wanted.items() if min(q, 1 - q) * users >= 5}
        middle = estimate(part["author"], quantile(part[count], 0.5), resamples=resamples, seed=seed)
        rows.append(row | dict(zip(("median", "low", "high"), middle, strict=True)))
    return rows


# Comparisons ----------------------------------------------------------------------------------------------

Comparison = tuple[str, str, str, Sequence[str]]
"""Which posts, what splits them, which number is compared, and what is held apart."""

BOTH = "crawl == 1 and (account == 'wave' or account == 'older')"
TESTS: dict[str, Comparison] = {
    **{f"video or pictures: {o}": (NEWCOMERS, "video", o, STRATA) for o in OUTCOMES},
    **{f"Chinese or none: {o}": (NEWCOMERS, "chinese", o, STRATA) for o in OUTCOMES},
    "looks for company or not: comments": (NEWCOMERS, "connection", "comments", STRATA),
    "animals or not: likes": (NEWCOMERS, "animals", "likes", STRATA),
    "newcomer or older: likes": (BOTH, "account == 'wave'", "likes", STRATA),
    "newcomer or older: comments": (BOTH, "account == 'wave'", "comments", STRATA),
    "newcomer or older: Chinese": (BOTH, "account == 'wave'", "chinese", ("session",)),
    "Chinese or none: hours since registration": (NEWCOMERS, "chinese", "hours", ("session",)),
}
"""The fixed list: twelve comparisons, written down before their results were seen."""

_COMPARED = {
    "users": ROUNDED,
    "pairs": "pairs of posts compared, all within a stratum",
    "delta": "Cliff's delta: chance that the first of a pair is higher, less that it is lower; of Chinese, a difference of shares",
    **interval_ends(", users resampled"),
    "elteren": "delta with large strata leading less (weights by pairs divided by posts)",
}


def _compared(crawl: Crawl, comparison: Comparison, rule: SessionRule, how: dict) -> tuple[pd.DataFrame, tuple]:
    """The posts with their values, groups and strata; users, pairs, delta and its interval."""
    where, by, outcome, strata = comparison
    posts = chosen(crawl, where, rule).dropna(subset=[outcome])
    first = posts.eval(checked(by)).astype(bool)
    table = pd.DataFrame({"author": posts["author"], "value": posts[outcome].astype(float), "first": first})
    table["stratum"] = posts.groupby(list(strata), sort=False).ngroup()
    sizes = table.groupby("stratum")["first"].agg(["sum", "size"])
    pairs = int((sizes["sum"] * (sizes["size"] - sizes["sum"])).sum())
    enough = both_sides(table, first) and pairs
    statistic = delta(table["value"], table["first"], table["stratum"])
    value = estimate(table["author"], statistic, **how) if enough else NOTHING
    other = delta(table["value"], table["first"], table["stratum"], weights_of="posts")(np.ones(len(table)))
    return table, (tens(table["author"].nunique()), pairs, *value, float(other) if enough else np.nan)


@result(
    "reception_list",
    title="The fixed list of tests.",
    columns={
        "test": "name",
        "posts": "which posts",
        "split": "what splits them: those for whom it holds against the others",
        "outcome": "in which number they are compared",
        "within": "what is held apart",
    },
    keys=("test", "posts"),
    needs_data=False,
)
def listed(comparisons: Mapping[str, Comparison] = TESTS) -> pd.DataFrame:
    """The list itself, before any result."""
    return [(name, *rest, " and ".join(strata)) for name, (*rest, strata) in comparisons.items()]


@result(
    "reception_tests",
    title="The fixed list of tests: Cliff's delta within sessions and two hours, one correction over all.",
    columns={
        "test": "which groups, and what is compared",
        **_COMPARED,
        "p": "two-sided p-value: groups shuffled within strata",
        "q": "the same after Benjamini and Hochberg, over this list",
        "verdict": "seen: q below .05 and the interval without zero; nothing that matters: the 90 % interval within the "
        "smallest effect that does; else undetermined",
    },
    keys=("test",),
)
def compare(
    crawl: Crawl,
    comparisons: Mapping[str, Comparison] = TESTS,
    *,
    smallest: float = 0.147,
    smallest_share: float = 0.1,
    rule: SessionRule = RULE,
    resamples: int = 2000,
    permutations: int = 9999,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row a test; the call is the family, so one test more changes every q.

    Parameters
    ----------
    crawl : Crawl
    comparisons : mapping of str to tuple
        By name: condition on the posts, condition that splits them, number that is compared, columns that are held
        apart.
    smallest, smallest_share : float
        Smallest effect that matters: of Cliff's delta, and of a difference of shares.
    rule : SessionRule
    resamples, permutations, seed : int
        Of users; of groups within strata.
    """
    rows, narrow = [], []
    for name, comparison in comparisons.items():
        table, found = _compared(crawl, comparison, rule, {"resamples": resamples, "seed": seed})
        known = not np.isnan(found[2])
        parts = (table[column] for column in ("value", "first", "stratum"))
        rows.append((name, *found, permuted(*parts, permutations=permutations, seed=seed) if known else np.nan))
        narrow.append(_narrow(table, resamples, seed) if known else (np.nan, np.nan))
    frame = pd.DataFrame(rows, columns=["test", *_COMPARED, "p"])
    frame["q"] = benjamini_hochberg(frame["p"])
    bounds = [smallest_share if c[2] == "chinese" else smallest for c in comparisons.values()]
    known = zip(frame["q"], frame["low"], frame["high"], narrow, bounds, strict=True)
    frame["verdict"] = [_verdict(q, low, high, *ends, bound) for q, low, high, ends, bound in known]
    return frame


def _narrow(table: pd.DataFrame, resamples: int, seed: int) -> tuple[float, float]:
    """The 90 % interval, as two one-sided tests need it."""
    statistic = delta(table["value"], table["first"], table["stratum"])
    return bootstrap_interval(resampled(table["author"], statistic, resamples=resamples, seed=seed), confidence=0.9)


def _verdict(q: float, low: float, high: float, narrow_low: float, narrow_high: float, bound: float) -> str:
    if np.isnan(q):
        return "cannot be tested"
    if -bound < narrow_low and narrow_high < bound:
        return "nothing that matters"
    return "seen" if q < 0.05 and low * high > 0 else "undetermined"


SAMPLES = {
    "session 1": "account == 'wave' and session == 1",
    "session 2": "account == 'wave' and session == 2",
    "first crawl, posts with words": f"{NEWCOMERS} and words",
    "second crawl": "account == 'wave' and crawl == 2",
}
SPLITS = {"video or pictures": "video", "Chinese or none": "chinese"}


@result(
    "reception_explored",
    title="Exploratory, outside the list of tests: the comparisons by format and language in other samples.",
    columns={
        "sample": "which posts of newcomers",
        "groups": "what is compared",
        "outcome": "in which number",
        **_COMPARED,
    },
    keys=("sample", "groups", "outcome"),
)
def explored(
    crawl: Crawl,
    samples: Mapping[str, str] = SAMPLES,
    splits: Mapping[str, str] = SPLITS,
    *,
    outcomes: Sequence[str] = OUTCOMES,
    strata: Sequence[str] = STRATA,
    rule: SessionRule = RULE,
    resamples: int = 2000,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row a sample, split and outcome.

    Parameters
    ----------
    crawl : Crawl
    samples, splits : mapping of str to str
        By name: a condition on the posts, and one that splits them.
    outcomes, strata : sequence of str
        What is compared, and what is held apart.
    rule : SessionRule
    resamples, seed : int
        Of users.
    """
    rows = []
    for (sample, where), (groups, by), outcome in itertools.product(samples.items(), splits.items(), outcomes):
        _, found = _compared(crawl, (where, by, outcome, strata), rule, {"resamples": resamples, "seed": seed})
        rows.append((sample, groups, outcome, *found))
    return rows
