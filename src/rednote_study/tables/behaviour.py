"""Tables of the behaviour chapter: likes, comments, shares and collects against who was seen later.

Every comparison is later minus earlier (seen on or after 1 February, or not), as Cliff's delta of
user totals. A total is a lower bound where a count is shown as a band.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.stats import gaussian_kde

from rednote_study.formats import Format, format_number, with_ends
from rednote_study.posts import COUNTS
from rednote_study.published import published_facts
from rednote_study.stats import (
    Estimate,
    benjamini_hochberg,
    cliffs_delta_interval,
    correlation,
    delta_of_counts,
    difference_of_deltas,
    mann_whitney,
)
from rednote_study.tables.numbers import NUMBER_COLUMNS, number_table
from rednote_study.tables.registry import MINIMUM_USERS, SEED, Data, table
from rednote_study.tables.relations import frequencies, quantiles, query
from rednote_study.tables.verdicts import NOTHING, verdict

__all__ = [
    "behaviour_claims",
    "behaviour_correlations",
    "behaviour_daily",
    "behaviour_deltas",
    "behaviour_effects",
    "behaviour_quantiles",
]

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)

FIRST_DAY = pd.Timestamp("2025-01-13")
"""Day on which the wave peaked; the placebo compares it with the later days of the same crawl."""


_WAVE, _CONTROL = "account = 'wave'", "account <> 'wave'"
_PLAIN = "NOT (" + " OR ".join(f"{c}_banded" for c in COUNTS) + ")"
_FIRST_CRAWL = f"{_WAVE} AND crawl = 1 AND last_post < TIMESTAMP '2025-02-01'"

ARMS = {
    "wave at risk": ("at_risk AND cohort_retained", "at_risk AND NOT cohort_retained"),
    "whole wave": (f"{_WAVE} AND cohort_retained", f"{_WAVE} AND NOT cohort_retained"),
    "wave at risk, no bands": (
        f"at_risk AND cohort_retained AND {_PLAIN}",
        f"at_risk AND NOT cohort_retained AND {_PLAIN}",
    ),
    "control": (f"{_CONTROL} AND cohort_retained", f"{_CONTROL} AND NOT cohort_retained"),
    "placebo": (
        f"{_FIRST_CRAWL} AND date_trunc('day', first_post) = TIMESTAMP '{FIRST_DAY}'",
        f"{_FIRST_CRAWL} AND date_trunc('day', first_post) > TIMESTAMP '{FIRST_DAY}'",
    ),
}
"""SQL: contrasts as pairs of users, those expected to be higher if the claim holds, and the others."""


def _arms(data: Data) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """The users of each arm."""
    conditions = ", ".join(arm for pair in ARMS.values() for arm in pair)
    masks = iter(query(data, f"SELECT {conditions} FROM users ORDER BY author").to_numpy(dtype=bool).T)
    return {name: (data.users[next(masks)], data.users[next(masks)]) for name in ARMS}


CONTRASTS = {
    "wave at risk": "accounts of the wave at risk: seen from February on, against January only",
    "whole wave": "the same with accounts registered after the January crawl",
    "wave at risk, no bands": "the same at risk, without users who have a banded count",
    "wave at risk, upper ends": "the same at risk, each band at its upper end",
    "control": "older and younger accounts: seen from February on, against January only",
    "difference": "wave at risk minus control",
    "placebo": "wave accounts of the first crawl: posts of 13 January against later days of that crawl",
}


@table(
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
def behaviour_effects(data: Data) -> pd.DataFrame:
    """One row a contrast and count."""
    arms, rows = _arms(data), []
    upper = _upper_totals(data)
    for contrast, count in itertools.product(CONTRASTS, COUNTS):
        source = {"wave at risk, upper ends": "wave at risk", "difference": "wave at risk"}.get(contrast, contrast)
        x, y = arms[source]
        values = upper[count] if contrast.endswith("upper ends") else data.users[count].astype(float)
        pair = values[x.index].to_numpy(), values[y.index].to_numpy()
        if contrast == "difference":
            others = [arm[count].to_numpy(dtype=float) for arm in arms["control"]]
            estimate, p = _difference(*pair, *others), np.nan
        else:
            estimate, p = _delta(*pair)
        rows.append((contrast, count, len(x), len(y), *estimate, p))
    table = pd.DataFrame(
        rows, columns=["contrast", "count", "higher_users", "lower_users", "delta", "low", "high", "p"]
    )
    return table.assign(q=benjamini_hochberg(table["p"]))


def _delta(x: np.ndarray, y: np.ndarray) -> tuple[Estimate, float]:
    if min(len(x), len(y)) < MINIMUM_USERS:
        return NOTHING, np.nan
    return cliffs_delta_interval(x, y, seed=SEED), mann_whitney(x, y)


def _difference(*samples: np.ndarray) -> Estimate:
    if min(map(len, samples)) < MINIMUM_USERS:
        return NOTHING
    return difference_of_deltas(*samples, seed=SEED)


def _upper_totals(data: Data) -> pd.DataFrame:
    """Totals with each band at its upper end (float, indexed like users)."""
    upper = data.posts.groupby("author")[[f"{c}_upper" for c in COUNTS]].sum().astype(float)
    return upper.rename(columns=lambda c: c.removesuffix("_upper")).reindex(data.users.index)


_ARM_NAMES = ("seen later", "January only")


def _groups(data: Data) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Group, arm and users of the two contrasts that are drawn."""
    arms = _arms(data)
    for group in ("wave at risk", "control"):
        for arm, users in zip(_ARM_NAMES, arms[group], strict=True):
            yield group, arm, users


@table(
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
def behaviour_deltas(data: Data) -> pd.DataFrame:
    """The contrasts of :func:`behaviour_effects` that compare two arms, without resampling."""
    rows = []
    for (contrast, arms), count in itertools.product(ARMS.items(), COUNTS):
        x, y = (frequencies(data, count, where=arm) for arm in arms)
        sizes = [int(sample[1].sum()) for sample in (x, y)]
        rows.append((contrast, count, *sizes, *(delta_of_counts(x, y) if min(sizes) >= MINIMUM_USERS else NOTHING)))
    return pd.DataFrame(rows, columns=["contrast", "count", "higher_users", "lower_users", "delta", "low", "high"])


@table(
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
def behaviour_quantiles(data: Data) -> pd.DataFrame:
    """Quantiles that have at least five users beyond them; others are missing."""
    rows = []
    for group, count in itertools.product(("wave at risk", "control"), COUNTS):
        for arm, condition in zip(_ARM_NAMES, ARMS[group], strict=True):
            sample = frequencies(data, count, where=condition)
            users = int(sample[1].sum())
            shown = [q for q in QUANTILES if min(q, 1 - q) * users >= MINIMUM_USERS]
            known = dict(zip(shown, quantiles(*sample, shown), strict=True))
            rows.append((group, arm, count, users, *(known.get(q, np.nan) for q in QUANTILES)))
    rows.sort(key=lambda row: (("wave at risk", "control").index(row[0]), _ARM_NAMES.index(row[1])))
    return pd.DataFrame(rows, columns=["group", "arm", "count", "users", "q10", "q25", "median", "q75", "q90"])


@table(
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
def behaviour_density(data: Data) -> pd.DataFrame:
    """Kernel estimates of the middle 90 %, or less: at least five users lie beyond each end."""
    pieces = []
    for group, arm, users in _groups(data):
        for count in COUNTS:
            values = np.log10(1 + users[count].to_numpy(dtype=float))
            if len(values) < 4 * MINIMUM_USERS or np.ptp(values) == 0:
                continue
            beyond = max(0.05, MINIMUM_USERS / len(values))
            grid = np.linspace(*np.quantile(values, [beyond, 1 - beyond]), 40)
            piece = {"group": group, "arm": arm, "count": count, "users": len(values), "log_count": grid}
            pieces.append(pd.DataFrame({**piece, "density": gaussian_kde(values)(grid)}))
    columns = ["group", "arm", "count", "users", "log_count", "density"]
    return pd.concat(pieces)[columns] if pieces else pd.DataFrame(columns=columns)


@table(
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
def behaviour_correlations(data: Data) -> pd.DataFrame:
    """One row a pair of counts."""
    january = data.posts[data.posts["created"].between("2025-01-01", "2025-02-01", inclusive="left")]
    totals = january.groupby("author", sort=False)[list(COUNTS)].sum().astype(float)
    rows = []
    for pair, published in published_facts()["engagement_user_totals"]["pearson"].items():
        x, y = (totals[f"{name}_count"].to_numpy() for name in pair.split("-"))
        both = [correlation(x, y, method=m, seed=SEED) if len(x) >= 10 else NOTHING for m in ("pearson", "spearman")]
        rows.append((pair, published, len(x), *both[0], *both[1]))
    columns = ["pair", "published", "users", "pearson", "pearson_low", "pearson_high"]
    return pd.DataFrame(rows, columns=[*columns, "spearman", "spearman_low", "spearman_high"])


@table(
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
def behaviour_with_label(data: Data) -> pd.DataFrame:
    """One row a count."""
    users = data.users[data.users["at_risk"]]
    label = users["cohort_retained"].to_numpy(dtype=float)
    enough = min(label.sum(), len(label) - label.sum()) >= MINIMUM_USERS
    rows = [
        (c, len(users), *(correlation(users[c].to_numpy(dtype=float), label, seed=SEED) if enough else NOTHING))
        for c in COUNTS
    ]
    return pd.DataFrame(rows, columns=["count", "users", "spearman", "low", "high"])


@table(
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
def behaviour_daily(data: Data) -> pd.DataFrame:
    """One row a day and crawl."""
    table = query(
        data,
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


@table(
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
def behaviour_claims(data: Data) -> pd.DataFrame:
    """Evidence and verdict by rule; see :func:`verdict`."""
    effects = behaviour_effects(data).set_index(["contrast", "count"])
    rows = []
    for count in COUNTS:
        parts = {c: Estimate(*effects.loc[(c, count), ["delta", "low", "high"]]) for c in CONTRASTS}
        name = count.removesuffix("_count")
        row = {"claim": f"Retained users get more {name}s", "evidence": _DELTA}
        for column, contrast in _EVIDENCE.items():
            row |= dict(zip((column, f"{column}_low", f"{column}_high"), parts[contrast], strict=True))
        rows.append(row | {"verdict": verdict(parts["wave at risk"], parts["difference"], parts["placebo"])})
    return pd.DataFrame([*rows, _order_claim(data), _trend_claim(data)], columns=list(_CLAIMS))


def _order_claim(data: Data) -> dict:
    """Whether the counts go with being seen later in the order that the report says."""
    ranks = behaviour_with_label(data)
    row = {"claim": "Likes and collects go most with retention, then comments, then shares", "evidence": _ORDER}
    if ranks["spearman"].isna().any():
        return row | {"verdict": "cannot be tested"}
    order = ranks.sort_values("spearman", ascending=False)["count"].str.removesuffix("_count")
    overlap = ranks["low"].max() <= ranks["high"].min()
    return row | {"order": " > ".join(order), "verdict": "order not distinguishable" if overlap else "see the order"}


def _trend_claim(data: Data) -> dict:
    """Whether there are users whose trend from January to February could be told."""
    both = int(data.users["published_retained"].sum())
    few = both < 10 * MINIMUM_USERS
    return {
        "claim": "Stable or rising engagement from January to February goes with staying",
        "evidence": _TREND,
        "both_months": np.nan if 0 < both < MINIMUM_USERS else both,
        "verdict": "cannot be tested" if few else "circular: the trend needs the label's month",
    }


@table("behaviour_numbers", title="Numbers of the behaviour chapter", columns=NUMBER_COLUMNS)
def behaviour_numbers(data: Data) -> pd.DataFrame:
    """What the prose pastes."""
    effects = behaviour_effects(data).set_index(["contrast", "count"])
    names = {"wave at risk": "wave", "whole wave": "whole", "control": "control", "difference": "difference",
             "placebo": "placebo", "wave at risk, no bands": "unbanded"}  # fmt: skip
    rows = [
        (
            f"{short}_{count.removesuffix('_count')}",
            Estimate(*effects.loc[(long, count), ["delta", "low", "high"]]),
            "signed",
        )
        for long, short in names.items()
        for count in COUNTS
    ]
    pearson = behaviour_correlations(data).set_index("pair")
    for pair in pearson.index:
        name = pair.replace("-", "_")
        rows.append(
            (f"pearson_{name}", Estimate(*pearson.loc[pair, ["pearson", "pearson_low", "pearson_high"]]), "decimal")
        )
        rows.append((f"published_{name}", float(pearson.loc[pair, "published"]), "decimal"))
    claims = behaviour_claims(data)["verdict"]
    tested = claims.iloc[: len(COUNTS)]
    rows += [
        ("verdict", "; ".join(tested.unique()), "word"),
        ("supported", int(tested.eq("holds beyond the crawl").sum()), "integer"),
        ("placebo_significant", int(effects.loc["placebo"]["q"].lt(0.05).sum()), "integer"),
        ("wave_significant", int(effects.loc["wave at risk"]["q"].lt(0.05).sum()), "integer"),
        ("control_significant", int(effects.loc["control"]["q"].lt(0.05).sum()), "integer"),
        (
            "within_intervals",
            int((pearson["published"].between(pearson["pearson_low"], pearson["pearson_high"])).sum()),
            "integer",
        ),
    ]
    return number_table("behaviour", rows)
