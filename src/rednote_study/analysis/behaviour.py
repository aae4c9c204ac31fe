"""Do the engaged stay? Likes, collects, comments and shares of users, and who was seen later.

A contrast is a pair of conditions on the users: of those in the first, those for whom the second holds are compared
with the others. Counts are totals of a user's posts, lower bounds where a count is shown as a band. A user of whom a
count is missing in some post has no total of it, and is left out for this count alone: each table says on how many
users each count rests.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import gaussian_kde

from rednote_study.analysis.relations import frequencies, quantiles, query, registrations_known, select
from rednote_study.analysis.verdicts import NOTHING, verdict
from rednote_study.crawl.conditions import checked, split
from rednote_study.crawl.crawl import Crawl
from rednote_study.crawl.posts import COUNTS
from rednote_study.crawl.users import UNKNOWN
from rednote_study.crawl.users import totals as totals_by_user
from rednote_study.formats import Format, format_number, with_ends
from rednote_study.reported.published import published_facts
from rednote_study.results import SEED, result
from rednote_study.statistics.effect_sizes import Effect, bootstrap, cliffs_delta
from rednote_study.statistics.inference import Estimate, benjamini_hochberg, correlation, delta_of_counts, mann_whitney
from rednote_study.store.small_cells import MINIMUM_USERS

__all__ = ["claims", "correlations", "correlations_with", "daily", "deltas", "densities", "effects", "totals"]

Contrasts = Mapping[str, tuple[str, str]]

STAYED = "last_post >= '2025-02-01'"
"""Seen from February on."""

CONTRASTS = {
    "wave at risk": ("at_risk", STAYED),
    "whole wave": ("account == 'wave'", STAYED),
    "wave at risk, no bands": ("at_risk and not banded", STAYED),
    "control": ("account != 'wave'", STAYED),
    "placebo": (
        "account == 'wave' and crawl == 1 and last_post < '2025-02-01' and first_post >= '2025-01-13'",
        "first_post < '2025-01-14'",
    ),
}
"""By name: whom to compare, and what splits them; those for whom it holds are expected to be higher."""

DIFFERENCES = {"difference": ("wave at risk", "control")}
DRAWN = {name: CONTRASTS[name] for name in ("wave at risk", "control")}
ARMS = ("seen later", "January only")


@result(
    "behaviour_effects",
    title="Do users seen later have higher counts? Cliff's delta of user totals.",
    columns={
        "contrast": "who is compared (see the chapter)",
        "count": "which count",
        "higher_users": "users in the first arm",
        "lower_users": "users in the second arm",
        "delta": "Cliff's delta: chance of being higher minus chance of being lower, -1 to 1",
        "low": "lower end of its 95 % bootstrap interval",
        "high": "upper end of its 95 % bootstrap interval",
        "p": "two-sided p-value of the Mann-Whitney test",
        "q": "the same after Benjamini and Hochberg, over the family of all tests here",
    },
    keys=("contrast", "count"),
)
def effects(
    crawl: Crawl,
    contrasts: Contrasts = CONTRASTS,
    *,
    differences: Contrasts = DIFFERENCES,
    upper_ends: Sequence[str] = ("wave at risk",),
    counts: Sequence[str] = COUNTS,
    effect: Effect = cliffs_delta,
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
    upper_ends : sequence of str
        Contrasts to be repeated with each band at its upper end.
    counts : sequence of str
    effect : Effect
        Effect size; another one is a function of the same form, such as
        :func:`rednote_study.statistics.effect_sizes.difference_of_medians`.
    resamples, seed : int
        Of the bootstrap.
    """
    samples = {(c, n): _samples(crawl, arms, n) for (c, arms), n in itertools.product(contrasts.items(), counts)}
    for contrast, count in itertools.product(upper_ends, counts):
        upper = _samples(crawl, contrasts[contrast], f"{count}_upper")
        samples[f"{contrast}, upper ends", count] = upper
    single = [(*key, (pair,)) for key, pair in samples.items()]
    double = [
        (name, count, (samples[first, count], samples[second, count]))
        for (name, (first, second)), count in itertools.product(differences.items(), counts)
    ]
    rows = []
    for contrast, count, pairs in single + double:
        sizes = [int(numbers.sum()) for pair in pairs for _, numbers in pair]
        enough = min(sizes) >= MINIMUM_USERS
        estimate = bootstrap(effect, *pairs, resamples=resamples, seed=seed) if enough else NOTHING
        p = mann_whitney(*(np.repeat(*s) for s in pairs[0])) if enough and len(pairs) == 1 else np.nan
        rows.append((contrast, count, *sizes[:2], *estimate, p))
    names = ["contrast", "count", "higher_users", "lower_users", "delta", "low", "high", "p"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(q=benjamini_hochberg(table["p"]))


def _samples(crawl: Crawl, contrast: tuple[str, str], count: str) -> tuple:
    """The frequencies of a count in the two arms of a contrast."""
    return tuple(frequencies(crawl, count, where=arm) for arm in split(*contrast))


@result(
    "behaviour_deltas",
    title="Do users seen later have higher counts? Cliff's delta with an interval by formula, for data of any size.",
    columns={
        "contrast": "who is compared (see the chapter)",
        "count": "which count",
        "higher_users": "users in the first arm",
        "lower_users": "users in the second arm",
        "delta": "Cliff's delta: chance of being higher minus chance of being lower, -1 to 1",
        "low": "lower end of its 95 % interval (Feng and Cliff)",
        "high": "upper end of its 95 % interval",
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
    return pd.DataFrame(rows, columns=["contrast", "count", "higher_users", "lower_users", "delta", "low", "high"])


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
    return pd.DataFrame(rows, columns=["group", "arm", "count", "users", *wanted])


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
    columns = ["group", "arm", "count", "users", "log_count", "density"]
    pieces = [pd.DataFrame(columns=columns)]
    for group, arm, count, sample in _by_arm(crawl, contrasts, arms, counts):
        values = np.log10(1 + np.repeat(*sample))
        if len(values) < 4 * MINIMUM_USERS or np.ptp(values) == 0:
            continue
        beyond = max(0.05, MINIMUM_USERS / len(values))
        grid = np.linspace(*np.quantile(values, [beyond, 1 - beyond]), points)
        piece = {"group": group, "arm": arm, "count": count, "users": len(values), "log_count": grid}
        pieces.append(pd.DataFrame({**piece, "density": gaussian_kde(values)(grid)}))
    return pd.concat(pieces[1:] or pieces)


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
    names = [f"{m}{end}" for m in ("pearson", "spearman") for end in ("", "_low", "_high")]
    return pd.DataFrame(rows, columns=["pair", "published", "users", *names])


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
    return pd.DataFrame(rows, columns=["count", "users", "spearman", "low", "high"])


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
    charted = pd.DataFrame({"day": list(chart), "published": list(chart.values())}, dtype=object).astype(
        {"day": "datetime64[us]", "published": float}
    )
    table = table.astype({"day": "datetime64[us]"}).merge(charted, on="day", how="outer")
    return table.sort_values(["day", "crawl"], ignore_index=True)[["day", "crawl", "users", "published"]]


_DELTA, _ORDER, _TREND = "difference of counts", "order of the counts", "users of both months"
_EVIDENCE = {"wave": "wave at risk", "control": "control", "difference": "difference", "placebo": "placebo"}
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
    **with_ends(
        {
            "wave": "what the accounts of the wave at risk show",
            "control": "what older and younger accounts show",
            "difference": "wave minus control",
            "placebo": "what a split inside one crawl shows",
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
    counts: Sequence[str] = COUNTS,
    effect: Effect = cliffs_delta,
    resamples: int = 2000,
    seed: int = SEED,
) -> pd.DataFrame:
    """Evidence and verdict by rule; see :func:`rednote_study.analysis.verdicts.verdict`.

    Parameters
    ----------
    crawl : Crawl
    contrasts, differences, counts, effect, resamples, seed
        As for :func:`effects`; the contrasts are called as there.
    """
    options = {"counts": counts, "resamples": resamples, "seed": seed}
    found = effects(crawl, contrasts, differences=differences, effect=effect, **options)
    found = found.set_index(["contrast", "count"])
    rows = []
    for count in counts:
        parts = {c: Estimate(*found.loc[(c, count), ["delta", "low", "high"]]) for c in _EVIDENCE.values()}
        name = count.removesuffix("_count")
        row = {"claim": f"Retained users get more {name}s", "evidence": _DELTA}
        for column, contrast in _EVIDENCE.items():
            row |= dict(zip((column, f"{column}_low", f"{column}_high"), parts[contrast], strict=True))
        rows.append(row | {"verdict": verdict(parts["wave at risk"], parts["difference"], parts["placebo"])})
    ranks = correlations_with(crawl, *contrasts["wave at risk"], **options)
    return pd.DataFrame([*rows, _order_claim(ranks), _trend_claim(crawl)], columns=list(_CLAIMS))


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
