"""Do the engaged stay? Likes, collects, comments and shares of users, and who was seen later.

A contrast is a pair of conditions on the users: of those in the first, those for whom the second holds are compared
with the others. A count is read in three ways (:data:`READINGS`). A user of whom a count is missing in some post has no
total of it, and is left out for this count alone: each table says on how many users each count rests.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import gaussian_kde

from rednote_study.analysis.relations import frequencies, quantiles, query, registrations_known, select
from rednote_study.analysis.verdicts import NOTHING, PLACEBOS, STAYED, verdict, within
from rednote_study.crawl.conditions import checked, same_names, split
from rednote_study.crawl.crawl import Crawl
from rednote_study.crawl.posts import COUNTS
from rednote_study.crawl.users import UNKNOWN
from rednote_study.crawl.users import totals as totals_by_user
from rednote_study.formats import Format, format_number, interval_ends, with_ends
from rednote_study.reported.published import published_facts
from rednote_study.results import SEED, result
from rednote_study.statistics.effect_sizes import Effect, bootstrap, cliffs_delta
from rednote_study.statistics.inference import Estimate, benjamini_hochberg, correlation, delta_of_counts, mann_whitney
from rednote_study.store.small_cells import MINIMUM_USERS

Contrasts = Mapping[str, tuple[str, str]]

CONTRASTS = {
    "wave at risk": ("at_risk", STAYED),
    "whole wave": ("account == 'wave'", STAYED),
    "wave at risk, no bands": ("at_risk and not banded", STAYED),
    "control": ("account != 'wave'", STAYED),
    "older accounts": ("account == 'older'", STAYED),
    **{name: within(moments) for name, moments in PLACEBOS.items()},
    "two sessions": within(("2025-01-13", "2025-01-14", "2025-01-15 12:00")),
}
"""By name: whom to compare, and what splits them. A name that begins with *placebo* is one."""

DIFFERENCES = {
    "difference": ("wave at risk", "control"),
    "difference, older accounts": ("wave at risk", "older accounts"),
}
READINGS = {"lower ends": "{count}", "upper ends": "{count}_upper", "first posts": "{count}_first"}
"""By name: column of the users for a count. Totals with bands at one end or the other; the first post's lower end."""

DRAWN = {name: CONTRASTS[name] for name in ("wave at risk", "control")}
ARMS = ("seen later", "January only")
GROUPS = {"newcomers": "account == 'wave'", "other accounts": "account != 'wave'"}
EDGES = (0, 1, 3, 10, 32, 100, 316, 1000, 3162, 10**9)
"""Two bars to a power of ten."""

KNOWN = {
    **{c: c for c in COUNTS},
    "posts": "n_posts",
    "days since registration": "tenure_first_days",
    "a count as a band": "banded",
    "seen later": STAYED,
}
"""What is known of users, by name."""


@result(
    "behaviour_effects",
    title="Do users seen later have higher counts? Cliff's delta of users' counts, in three readings.",
    columns={
        "contrast": "who is compared (see the chapter)",
        "reading": "totals with bands at their lower or upper ends, or first posts alone (lower ends)",
        "count": "which count",
        "higher_users": "users in the first arm",
        "lower_users": "users in the second arm",
        "delta": "Cliff's delta: chance of being higher minus chance of being lower, -1 to 1",
        "low": "lower end of its bootstrap interval, 95 % unless asked otherwise",
        "high": "upper end of its bootstrap interval",
        "p": "two-sided p-value of the Mann-Whitney test",
        "q": "the same after Benjamini and Hochberg, over the counts and readings of the contrast",
    },
    keys=("contrast", "reading", "count"),
)
def effects(
    crawl: Crawl,
    contrasts: Contrasts = CONTRASTS,
    *,
    differences: Contrasts = DIFFERENCES,
    readings: Mapping[str, str] = READINGS,
    counts: Sequence[str] = COUNTS,
    effect: Effect = cliffs_delta,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = SEED,
) -> pd.DataFrame:
    """Compare the counts of the two arms of each contrast.

    Parameters
    ----------
    crawl : Crawl
    contrasts : mapping of str to (str, str)
        By name: whom to compare, and what splits them; see :func:`rednote_study.crawl.conditions.split`.
    differences : mapping of str to (str, str)
        By name: two contrasts, the effect in the first less that in the second. What the second shows too is not the
        first one's own.
    readings : mapping of str to str
        By name: the column of the users for a ``{count}``.
    counts : sequence of str
    effect : Effect
        Effect size; another one is a function of the same form, such as
        :func:`rednote_study.statistics.effect_sizes.difference_of_medians`.
    confidence : float
        Of the intervals.
    resamples, seed : int
        Of the bootstrap.
    """
    same_names(itertools.chain(*differences.values()), contrasts, "contrast")
    asked = [(reading, column.replace("{count}", c), c) for reading, column in readings.items() for c in counts]
    samples = {
        (name, reading, c): _samples(crawl, arms, column)
        for (name, arms), (reading, column, c) in itertools.product(contrasts.items(), asked)
    }
    pairs = {key: (pair,) for key, pair in samples.items()} | {
        (name, reading, c): (samples[first, reading, c], samples[second, reading, c])
        for (name, (first, second)), (reading, _, c) in itertools.product(differences.items(), asked)
    }
    rows, options = [], {"resamples": resamples, "seed": seed, "confidence": confidence}
    for key, compared in pairs.items():
        sizes = [int(numbers.sum()) for pair in compared for _, numbers in pair]
        enough = min(sizes) >= MINIMUM_USERS
        estimate = bootstrap(effect, *compared, **options) if enough else NOTHING
        p = mann_whitney(*(np.repeat(*s) for s in compared[0])) if enough and len(compared) == 1 else np.nan
        rows.append((*key, *sizes[:2], *estimate, p))
    names = ["contrast", "reading", "count", "higher_users", "lower_users", "delta", "low", "high", "p"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(q=table.groupby("contrast")["p"].transform(benjamini_hochberg))


def _samples(crawl: Crawl, contrast: tuple[str, str], column: str) -> tuple:
    """The frequencies of a column of the users in the two arms of a contrast."""
    return tuple(frequencies(crawl, column, where=arm) for arm in split(*contrast))


@result(
    "behaviour_deltas",
    title="Do users seen later have higher counts? Cliff's delta with an interval by formula, for data of any size.",
    columns={
        "contrast": "who is compared (see the chapter)",
        "count": "which count",
        "higher_users": "users in the first arm",
        "lower_users": "users in the second arm",
        "delta": "Cliff's delta: chance of being higher minus chance of being lower, -1 to 1",
        **interval_ends(" (Feng and Cliff)"),
    },
    keys=("contrast", "count"),
)
def deltas(crawl: Crawl, contrasts: Contrasts = CONTRASTS, *, counts: Sequence[str] = COUNTS) -> pd.DataFrame:
    """The contrasts of :func:`effects`, without resampling."""
    rows = []
    for (contrast, arms), count in itertools.product(contrasts.items(), counts):
        pair = _samples(crawl, arms, count)
        sizes = [int(numbers.sum()) for _, numbers in pair]
        rows.append((contrast, count, *sizes, *(delta_of_counts(*pair) if min(sizes) >= MINIMUM_USERS else NOTHING)))
    return rows


@result(
    "behaviour_quantiles",
    title="Counts of users, by group and by when they were seen.",
    columns={
        "group": "wave at risk, or control (older and younger accounts)",
        "arm": "seen from February on, or in January only",
        "count": "which count, total of the user's posts",
        "users": "users",
        "q10": "a tenth of users have at most this",
        "q25": "a quarter",
        "median": "half",
        "q75": "three quarters",
        "q90": "nine tenths",
    },
    keys=("group", "arm", "count"),
)
def totals(
    crawl: Crawl,
    contrasts: Contrasts = DRAWN,
    *,
    arms: tuple[str, str] = ARMS,
    counts: Sequence[str] = COUNTS,
) -> pd.DataFrame:
    """Quantiles of the counts in the arms of each contrast; only those with at least five users beyond them.

    Parameters
    ----------
    crawl : Crawl
    contrasts : mapping of str to (str, str)
        As for :func:`effects`.
    arms : tuple of str
        How the two arms are called.
    counts : sequence of str
    """
    wanted = {"q10": 0.1, "q25": 0.25, "median": 0.5, "q75": 0.75, "q90": 0.9}
    rows = []
    for group, arm, count, sample in _by_arm(crawl, contrasts, arms, counts):
        users = int(sample[1].sum())
        known = {n: q for n, q in wanted.items() if min(q, 1 - q) * users >= MINIMUM_USERS}
        values = dict(zip(known, quantiles(*sample, known.values()), strict=True))
        rows.append({"group": group, "arm": arm, "count": count, "users": users, **values})
    return rows


def _by_arm(crawl: Crawl, contrasts: Contrasts, arms: tuple[str, str], counts: Sequence[str]):
    """Each sample; of all users where nobody's date of registration is known, split as in the first contrast."""
    if not registrations_known(crawl):
        contrasts = {UNKNOWN: ("true", next(iter(contrasts.values()))[1])}
    for group, contrast in contrasts.items():
        for arm, where in zip(arms, split(*contrast), strict=True):
            for count in counts:
                yield group, arm, count, frequencies(crawl, count, where=where)


@result(
    "behaviour_density",
    title="Estimated density of counts (logarithm), by group and by when users were seen.",
    columns={
        "group": "wave at risk, or control",
        "arm": "seen from February on, or in January only",
        "count": "which count",
        "users": "users",
        "log_count": "logarithm to base 10 of one plus the user's total",
        "density": "Gaussian kernel estimate, Scott's bandwidth",
    },
    keys=("group", "arm", "count", "log_count"),
)
def densities(
    crawl: Crawl,
    contrasts: Contrasts = DRAWN,
    *,
    arms: tuple[str, str] = ARMS,
    counts: Sequence[str] = COUNTS,
    points: int = 40,
) -> pd.DataFrame:
    """Kernel estimates of the middle 90 %, or less: at least five users lie beyond each end.

    Parameters
    ----------
    crawl : Crawl
    contrasts, arms, counts
        As for :func:`totals`.
    points : int
        At which the density is given.
    """
    pieces = []
    for group, arm, count, sample in _by_arm(crawl, contrasts, arms, counts):
        values = np.log10(1 + np.repeat(*sample))
        if len(values) < 4 * MINIMUM_USERS or np.ptp(values) == 0:
            continue
        beyond = max(0.05, MINIMUM_USERS / len(values))
        grid = np.linspace(*np.quantile(values, [beyond, 1 - beyond]), points)
        piece = {"group": group, "arm": arm, "count": count, "users": len(values), "log_count": grid}
        pieces.append(pd.DataFrame({**piece, "density": gaussian_kde(values)(grid)}))
    return pd.concat(pieces) if pieces else []


@result(
    "behaviour_histogram",
    title="Counts of users on a logarithmic scale.",
    columns={
        "group": "newcomers, or older and younger accounts",
        "count": "which count, total of the user's posts",
        "least": "a user of this bar has at least so many",
        "below": "and fewer than so many",
        "users": "users",
        "share": "share of the group's users",
    },
    keys=("group", "count", "least", "below"),
    adds_up=("group", "count"),
)
def histogram(
    crawl: Crawl,
    groups: Mapping[str, str] = GROUPS,
    *,
    counts: Sequence[str] = COUNTS,
    edges: Sequence[int] = EDGES,
) -> pd.DataFrame:
    """How many users have a count between two edges.

    Parameters
    ----------
    crawl : Crawl
    groups : mapping of str to str
        By name: condition on the users.
    counts : sequence of str
    edges : sequence of int
        Ascending; the last one lies above every count, or what is above it is left out.
    """
    rows = []
    for (group, where), count in itertools.product(groups.items(), counts):
        values, numbers = frequencies(crawl, count, where=checked(where))
        users, _ = np.histogram(values, edges, weights=numbers)
        bars = zip(edges, edges[1:], users.astype(int), users / max(1, numbers.sum()), strict=False)
        rows += [(group, count, *bar) for bar in bars]
    return rows


@result(
    "behaviour_map",
    title="What goes with what: rank correlations of what is known of newcomers.",
    columns={
        "one": "a count, or something else about the user",
        "other": "another",
        "users": "users of whom both are known",
        "spearman": "Spearman's rank correlation",
    },
    keys=("one", "other"),
)
def together(crawl: Crawl, who: str = "account == 'wave'", *, known: Mapping[str, str] = KNOWN) -> pd.DataFrame:
    """Rank correlation of each pair of columns or conditions, among the users for whom a condition holds.

    Parameters
    ----------
    crawl : Crawl
    who : str
        Condition.
    known : mapping of str to str
        By name: column of the users, or condition.
    """
    users = select(crawl, map(checked, known.values()), where=checked(who)).astype(float).set_axis(list(known), axis=1)
    ranks, both = users.corr("spearman"), users.notna().astype(int)
    numbers = both.T @ both
    ranks = ranks.where(numbers >= MINIMUM_USERS)
    return [(*pair, numbers.at[pair], ranks.at[pair]) for pair in itertools.product(known, known)]


@result(
    "behaviour_correlations",
    title="Correlations between counts: as published, and here. January users, totals of their January posts.",
    columns={
        "pair": "the two counts",
        "published": "Pearson's correlation in the published report",
        "users": "users here",
        "pearson": "Pearson's correlation here",
        "pearson_low": "lower end of its 95 % bootstrap interval",
        "pearson_high": "upper end of its 95 % bootstrap interval",
        "spearman": "Spearman's rank correlation here",
        "spearman_low": "lower end of its 95 % bootstrap interval",
        "spearman_high": "upper end of its 95 % bootstrap interval",
    },
    keys=("pair", "published"),
)
def correlations(
    crawl: Crawl,
    *,
    start: str = "2025-01-01",
    end: str = "2025-02-01",
    resamples: int = 2000,
    seed: int = SEED,
) -> pd.DataFrame:
    """Correlations between counts: as published, and here.

    Parameters
    ----------
    crawl : Crawl
    start, end : str
        Totals are of the posts from this day on, and before that one.
    resamples, seed : int
        Of the bootstrap.
    """
    posts = crawl.posts[crawl.posts["created"].between(start, end, inclusive="left")]
    users = totals_by_user(posts).astype(float)
    rows = []
    for pair, published in published_facts()["engagement_user_totals"]["pearson"].items():
        x, y = users[[f"{name}_count" for name in pair.split("-")]].dropna().to_numpy().T
        both = [
            correlation(x, y, method=m, n_resamples=resamples, seed=seed) if len(x) >= 2 * MINIMUM_USERS else NOTHING
            for m in ("pearson", "spearman")
        ]
        rows.append((pair, published, len(x), *both[0], *both[1]))
    return rows


@result(
    "behaviour_with_label",
    title="Which count goes most with being seen later? Rank correlation with the label, wave at risk.",
    columns={
        "count": "which count",
        "users": "users",
        "spearman": "rank correlation with being seen from February on",
        "low": "lower end of its 95 % bootstrap interval",
        "high": "upper end of its 95 % bootstrap interval",
    },
    keys=("count",),
)
def correlations_with(
    crawl: Crawl,
    who: str = "at_risk",
    label: str = STAYED,
    *,
    counts: Sequence[str] = COUNTS,
    resamples: int = 2000,
    seed: int = SEED,
) -> pd.DataFrame:
    """Rank correlation of each count with a condition, among the users in another.

    Parameters
    ----------
    crawl : Crawl
    who, label : str
        Conditions; `label` is what counts are correlated with.
    counts : sequence of str
    resamples, seed : int
        Of the bootstrap.
    """
    users = select(crawl, [checked(label), *counts], where=checked(who)).astype(float)
    rows = []
    for number, count in enumerate(counts, 1):
        held, values = users[["c0", f"c{number}"]].dropna().to_numpy().T
        enough = min(held.sum(), len(held) - held.sum()) >= MINIMUM_USERS
        rows.append(
            (count, len(held), *(correlation(values, held, n_resamples=resamples, seed=seed) if enough else NOTHING))
        )
    return rows


@result(
    "behaviour_daily",
    title="Users seen on each day, and the published chart.",
    columns={
        "day": "day of the post, UTC+8",
        "crawl": "number of the crawl",
        "users": "users with a post on this day",
        "published": "users in the published chart, read off to about 5",
    },
    keys=("day", "crawl", "published"),
    adds_up=("crawl",),
)
def daily(crawl: Crawl) -> pd.DataFrame:
    """One row a day and crawl."""
    table = query(
        crawl,
        "SELECT date_trunc('day', created) AS day, crawl, count(DISTINCT author) AS users FROM posts GROUP BY day, crawl",
    )
    chart = {pd.Timestamp(d): n for d, n in published_facts()["daily_active_users_approx"].items() if d != "note"}
    charted = pd.DataFrame(chart.items(), columns=["day", "published"])
    charted = charted.astype({"day": "datetime64[us]", "published": float})
    table = table.astype({"day": "datetime64[us]"}).merge(charted, on="day", how="outer")
    return table.sort_values(["day", "crawl"], ignore_index=True)


_DELTA, _ORDER, _TREND = "difference of counts", "order of the counts", "users of both months"
_EVIDENCE = {"wave": "wave at risk", "control": "control", "difference": "difference"}
"""Columns of the claims, and the contrasts that they show."""


def _wave_text(evidence: str, value: float, low: float, high: float, order: str, both: float) -> str:
    """What the wave shows, for a reader."""
    if evidence == _ORDER:
        return "cannot be computed" if pd.isna(order) else order
    if evidence == _TREND:
        return f"{format_number(both, kind='count')} users have a post in both months"
    return format_number(value, low, high, "signed", missing="too few users")


def _part_text(value: float, low: float, high: float, evidence: str) -> str:
    return format_number(value, low, high, "signed", missing="too few users" if evidence == _DELTA else "–")


_CLAIMS = {
    "claim": "what the published report says, in our words",
    "evidence": "what is looked at: difference of counts (Cliff's delta), order of the counts, or users of both months",
    "reading": "how counts are read",
    **with_ends(
        {
            "wave": "what the accounts of the wave at risk show",
            "control": "what older and younger accounts show",
            "difference": "wave minus control",
            "placebo": "what a split within one session shows: the largest of them",
        }
    ),
    "order": "the counts by their rank correlation with being seen later, the largest first",
    "both_months": "users with a post in both months; empty if they are 1 to 4",
    "verdict": "by the rule in the chapter",
}


@result(
    "behaviour_claims",
    title="Published claims about behaviour, and what these data say.",
    columns=_CLAIMS,
    formats={
        "wave": Format(_wave_text, ("evidence", "wave", "wave_low", "wave_high", "order", "both_months")),
        **{
            part: Format(_part_text, (part, f"{part}_low", f"{part}_high"), ("evidence",))
            for part in ("control", "difference", "placebo")
        },
    },
)
def claims(
    crawl: Crawl,
    contrasts: Contrasts = CONTRASTS,
    *,
    differences: Contrasts = DIFFERENCES,
    readings: Mapping[str, str] = READINGS,
    counts: Sequence[str] = COUNTS,
    effect: Effect = cliffs_delta,
    smallest: float = 0.147,
    resamples: int = 2000,
    seed: int = SEED,
) -> pd.DataFrame:
    """Evidence and verdict by rule; see :func:`rednote_study.analysis.verdicts.verdict`.

    Parameters
    ----------
    crawl : Crawl
    contrasts, differences, readings, counts, effect, resamples, seed
        As for :func:`effects`; the contrasts are called as there.
    smallest : float
        Smallest effect that matters.
    """
    same_names(_EVIDENCE.values(), [*contrasts, *differences], "contrast")
    options = {"counts": counts, "resamples": resamples, "seed": seed}
    keys, ends = ["contrast", "reading", "count"], ["delta", "low", "high"]
    known = {"differences": differences, "readings": readings, "effect": effect, **options}
    found, ninety = (effects(crawl, contrasts, confidence=c, **known).set_index(keys)[ends] for c in (0.95, 0.9))
    rows = []
    for count, reading in itertools.product(counts, readings):
        parts = {
            name: Estimate(*found.loc[(name, reading, count)]) for name in (*_EVIDENCE.values(), *_placebos(contrasts))
        }
        placebos = [parts[name] for name in _placebos(contrasts)]
        shown = {column: parts[name] for column, name in _EVIDENCE.items()}
        shown["placebo"] = max(placebos, key=lambda p: np.nan_to_num(abs(p.value), nan=-1), default=NOTHING)
        name, narrow = count.removesuffix("_count"), Estimate(*ninety.loc[("difference", reading, count)])
        row = {"claim": f"Retained users get more {name}s", "evidence": _DELTA, "reading": reading}
        for column, estimate in shown.items():
            row |= dict(zip((column, f"{column}_low", f"{column}_high"), estimate, strict=True))
        rows.append(row | {"verdict": verdict(parts["difference"], placebos, narrow, smallest)})
    ranks = correlations_with(crawl, *contrasts["wave at risk"], **options)
    return [*rows, _order_claim(ranks), _trend_claim(crawl)]


def _placebos(contrasts: Contrasts) -> list[str]:
    return [name for name in contrasts if name.startswith("placebo")]


def _order_claim(ranks: pd.DataFrame) -> dict:
    """Whether the counts go with being seen later in the order that the report says."""
    row = {"claim": "Likes and collects go most with retention, then comments, then shares", "evidence": _ORDER}
    if ranks["spearman"].isna().any():
        return row | {"verdict": "cannot be tested"}
    order = ranks.sort_values("spearman", ascending=False)["count"].str.removesuffix("_count")
    overlap = ranks["low"].max() <= ranks["high"].min()
    return row | {"order": " > ".join(order), "verdict": "order not distinguishable" if overlap else "see the order"}


def _trend_claim(crawl: Crawl) -> dict:
    """Whether there are users whose trend from January to February could be told."""
    both = int(crawl.users["published_retained"].sum())
    few = both < 10 * MINIMUM_USERS
    return {
        "claim": "Stable or rising engagement from January to February goes with staying",
        "evidence": _TREND,
        "both_months": np.nan if 0 < both < MINIMUM_USERS else both,
        "verdict": "cannot be tested" if few else "circular: the trend needs the label's month",
    }
