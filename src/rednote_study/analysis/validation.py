"""Tables of the chapter on validation: whether the method would find an effect, and which data would settle it.

All of it is simulation. The long ones are :func:`validation_runs` and
:func:`validation_crawls`; the others are read off them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.stats import norm

from rednote_study.analysis import planted
from rednote_study.analysis.blocks import in_blocks
from rednote_study.analysis.numbers import NUMBER_COLUMNS, number_table
from rednote_study.formats import Format
from rednote_study.panel import Panel, observed_odds_ratio, panel_power, required_accounts, simulate_panel
from rednote_study.repeats import scaled
from rednote_study.replica import Size, simulate
from rednote_study.results import SEED, result
from rednote_study.stats import Estimate, clopper_pearson, wilson

__all__ = [
    "validation_crawls",
    "validation_false_positives",
    "validation_numbers",
    "validation_panel",
    "validation_panel_assumptions",
    "validation_panel_curves",
    "validation_panel_misled",
    "validation_pipeline",
    "validation_power",
    "validation_recovery",
    "validation_runs",
]

BLOCKS = 8
"""Populations; each gives 40 draws of retained users a cell, or 20 pairs of crawls."""

FILES = 6
PANEL_RUNS = 500

_CELL = ["design", "feature", "odds_ratio", "positives", "method"]
_CELL_COLUMNS = {
    "design": "independent: so many retained in the mean; published: exactly so many, half among the newest accounts",
    "feature": "what the effect is planted on: engagement (per standard deviation), language or topic (yes or no)",
    "odds_ratio": "planted odds ratio; 1 is none",
    "positives": "retained users among 3,249",
    "method": "how it is looked for",
    "runs": "simulated draws of retained users",
}


# Recovery, false positives, power -------------------------------------------------------------------------


@result(
    "validation_runs",
    title="Simulation: planted effects and what each method makes of them, all cells",
    columns={
        **_CELL_COLUMNS,
        "missing": "share of runs without an estimate (the feature separates the classes)",
        "estimate": "geometric mean of the estimated odds ratios",
        "estimate_low": "2.5 % quantile of the estimated odds ratios",
        "estimate_high": "97.5 % quantile of the estimated odds ratios",
        "bias": "mean of the estimated log odds ratios minus the planted one",
        "coverage": "share of the 95 % intervals that hold the planted value, of those that there are",
        "found": "share of runs in which the method says: effect (interval excludes no effect, or p below 0.05)",
        "low": "lower end of its 95 % interval (Wilson)",
        "high": "upper end of its 95 % interval",
    },
    keys=tuple(_CELL),
    needs_data=False,
)
def validation_runs() -> pd.DataFrame:
    """One row a cell and method."""
    blocks = [(number, SEED) for number in range(scaled(BLOCKS))]
    runs = pd.concat(in_blocks(planted.recovery_block, blocks, what="planted effects"))
    rows = [(*key, *_summary(part, np.log(key[2]))) for key, part in runs.groupby(_CELL, sort=False)]
    names = [*_CELL, "runs", "missing", "estimate", "estimate_low", "estimate_high", "bias", "coverage", "found"]
    return pd.DataFrame(rows, columns=[*names, "low", "high"])


def _summary(part: pd.DataFrame, planted_value: float) -> tuple:
    estimates, found = part["estimate"].dropna(), wilson(int(part["found"].sum()), len(part))
    regression = part["method"].iloc[0].startswith("logistic")
    missing = 1 - len(estimates) / len(part) if regression else np.nan
    if estimates.empty:
        return (len(part), missing, *[np.nan] * 5, *found)
    quantiles = np.exp(estimates.quantile([0.025, 0.975]))
    centre = (np.exp(estimates.mean()), *quantiles, estimates.mean() - planted_value)
    return (len(part), missing, *centre, part["covered"].mean(), *found)


@result(
    "validation_recovery",
    title="Simulation: does logistic regression recover a planted effect?",
    columns={
        **_CELL_COLUMNS,
        "missing": "share of runs without an estimate",
        "estimate": "geometric mean of the estimated odds ratios",
        "estimate_low": "2.5 % quantile of the estimates",
        "estimate_high": "97.5 % quantile of the estimates",
        "bias": "mean of the estimated log odds ratios minus the planted one",
        "coverage": "share of the 95 % intervals that hold the planted value",
    },
    keys=tuple(_CELL),
    needs_data=False,
)
def validation_recovery() -> pd.DataFrame:
    """Rows of the two regressions at odds ratios of 1 and 2."""
    runs = validation_runs()
    chosen = runs["method"].str.startswith("logistic") & runs["odds_ratio"].isin([1.0, 2.0])
    columns = ["runs", "missing", "estimate", "estimate_low", "estimate_high", "bias", "coverage"]
    return runs.loc[chosen, [*_CELL, *columns]]


@result(
    "validation_power",
    title="Simulation: share of runs in which a planted effect is found",
    columns={
        **_CELL_COLUMNS,
        "found": "share of runs in which the method says: effect",
        "low": "lower end of its 95 % interval (Wilson)",
        "high": "upper end of its 95 % interval",
    },
    keys=tuple(_CELL),
    needs_data=False,
)
def validation_power() -> pd.DataFrame:
    """Rows with an effect, independent design."""
    runs = validation_runs()
    chosen = runs["design"].eq("independent") & runs["odds_ratio"].gt(1)
    return runs.loc[chosen, [*_CELL, "runs", "found", "low", "high"]]


_ACCOUNTS, _CRAWLS = 3249, "two crawls alike"
_CRAWL_SIZES = planted.SIZES["later"], planted.SIZES["later"] + planted.SIZES["earlier"]


def _setting_text(setting: str, positives: int, accounts: int) -> str:
    how = {"published": ", half of them among the newest", _CRAWLS: f", {_CRAWLS}"}.get(setting, "")
    return f"{positives} of {accounts:,}{how}"


@result(
    "validation_false_positives",
    title="Simulation: nothing is planted. How often is an effect found all the same?",
    columns={
        "setting": "how many positives, and how they come about",
        "positives": "users who are positive",
        "accounts": "users among whom they are",
        "feature": "what is compared",
        "method": "how it is looked for",
        "nominal": "share of false alarms that the method promises",
        "runs": "simulated draws",
        "found": "share of runs in which the method says: effect",
        "low": "lower end of its 95 % interval (Clopper and Pearson)",
        "high": "upper end of its 95 % interval",
    },
    keys=("setting", "positives", "accounts", "feature", "method", "nominal"),
    formats={"setting": Format(_setting_text, ("setting", "positives", "accounts"))},
    needs_data=False,
)
def validation_false_positives() -> pd.DataFrame:
    """Methods on users of the published size, then the book's rule on crawls of the real size."""
    runs = validation_runs()
    rows = [
        (
            r.design, r.positives, _ACCOUNTS, r.feature, r.method, 0.05, r.runs, *_exact(r.found, r.runs),
        )
        for r in runs[runs["odds_ratio"].eq(1)].itertuples()
    ]  # fmt: skip
    crawls = validation_crawls()
    methods = {"naive": 0.05, "difference": 0.05, "holds": 0.025, "cross_validated": 0.025}
    for r in crawls[crawls["odds_ratio"].eq(1) & crawls["crawl"].eq(1)].to_dict("records"):
        rows += [
            (_CRAWLS, *_CRAWL_SIZES, r["feature"] if m != "cross_validated" else "all three", _METHODS[m], nominal, r["runs"],
             *_exact(r[m], r["runs"]))
            for m, nominal in methods.items()
            if m != "cross_validated" or r["feature"] == "engagement"
        ]  # fmt: skip
    columns = ["setting", "positives", "accounts", "feature", "method", "nominal", "runs", "found", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


_METHODS = {
    "naive": "interval of the wave alone",
    "difference": "interval of wave minus control",
    "holds": "verdict: holds beyond the crawl",
    "cross_validated": "area under the curve, cross-validated",
}


def _exact(share: float, runs: int) -> Estimate:
    return clopper_pearson(round(share * runs), runs)


# Two crawls -----------------------------------------------------------------------------------------------


@result(
    "validation_crawls",
    title="Simulation: two crawls of the real size. What do the naive comparison and the book's rule say?",
    columns={
        "feature": "engagement (Cliff's delta), or language (difference of shares)",
        "odds_ratio": "planted odds ratio of staying; 1 is none",
        "crawl": "odds ratio by which the later crawl prefers the feature, in wave and control alike; 1: crawls alike",
        "runs": "simulated pairs of crawls",
        "naive": "share of runs in which the wave's interval excludes zero",
        "naive_low": "lower end of its 95 % interval (Wilson)",
        "naive_high": "upper end",
        "difference": "share of runs in which the interval of wave minus control excludes zero",
        "difference_low": "lower end of its 95 % interval",
        "difference_high": "upper end",
        "holds": "share of runs with the verdict: holds beyond the crawl",
        "holds_low": "lower end of its 95 % interval",
        "holds_high": "upper end",
        "cross_validated": "share of runs in which cross-validation seems to predict (only where nothing differs)",
    },
    keys=("feature", "odds_ratio", "crawl"),
    needs_data=False,
)
def validation_crawls() -> pd.DataFrame:
    """One row a cell."""
    blocks = [(number, SEED) for number in range(scaled(BLOCKS))]
    runs = pd.concat(in_blocks(planted.crawl_block, blocks, what="two crawls"))
    rows = []
    for key, part in runs.groupby(["feature", "odds_ratio", "crawl"], sort=False):
        shares = [wilson(int(part[name].sum()), len(part)) for name in ("naive", "difference", "holds")]
        rows.append((*key, len(part), *itertools.chain(*shares), part["cross_validated"].astype(float).mean()))
    names = [f"{n}{end}" for n in ("naive", "difference", "holds") for end in ("", "_low", "_high")]
    return pd.DataFrame(rows, columns=["feature", "odds_ratio", "crawl", "runs", *names, "cross_validated"])


# From the raw file ----------------------------------------------------------------------------------------


@result(
    "validation_pipeline",
    title="Simulation: effects planted, a raw file written, read and measured by the real code",
    columns={
        "feature": "engagement (per standard deviation), language or topic (yes or no)",
        "files": "files, each of 2,000 users, 400 of them retained",
        "planted": "planted odds ratio",
        "truth": "geometric mean of the estimates from the true features",
        "truth_low": "smallest of them",
        "truth_high": "largest of them",
        "measured": "geometric mean of the estimates from the features measured in the files",
        "measured_low": "smallest of them",
        "measured_high": "largest of them",
        "agreement": "users whose feature is measured right (share), or rank correlation (engagement); mean",
    },
    keys=("feature",),
    needs_data=False,
)
def validation_pipeline() -> pd.DataFrame:
    """One row a feature."""
    blocks = [(number, SEED) for number in range(scaled(FILES))]
    runs = pd.concat(in_blocks(planted.pipeline_block, blocks, what="whole pipeline"))
    rows = []
    for feature, part in runs.groupby("feature", sort=False):
        ranges = [np.exp([v.mean(), v.min(), v.max()]) for v in (part["truth"], part["measured"])]
        rows.append(
            (feature, len(part), np.exp(part["planted"].iloc[0]), *itertools.chain(*ranges), part["agreement"].mean())
        )
    names = [f"{n}{end}" for n in ("truth", "measured") for end in ("", "_low", "_high")]
    return pd.DataFrame(rows, columns=["feature", "files", "planted", *names, "agreement"])


# A panel --------------------------------------------------------------------------------------------------

PANEL_RATIOS, PANEL_DAYS, PANEL_SAMPLED = (1.5, 2.0, 3.0), (14, 28, 90), (1.0, 0.1, 0.01, 0.001)
MOST_SIMULATED = 20_000
"""Larger panels are not simulated."""

_PANEL_KEYS = {
    "odds_ratio": "odds ratio of staying, with the feature against without",
    "days": "days of follow-up",
    "sampled": "share of all posts that is found",
}


@result(
    "validation_panel",
    title="Simulation: accounts that a panel must follow to find an effect with 80 % probability",
    columns={
        **_PANEL_KEYS,
        "accounts": "accounts to follow, by formula",
        "seen": "accounts expected to be seen staying",
        "detection": "chance that an account which stays is seen to",
        "observed_odds_ratio": "odds ratio of being seen to stay",
        "power": "share of simulated panels of this size that find the effect; empty above 20,000 accounts",
        "power_low": "lower end of its 95 % interval (Clopper and Pearson)",
        "power_high": "upper end of its 95 % interval",
    },
    keys=tuple(_PANEL_KEYS),
    needs_data=False,
)
def validation_panel() -> pd.DataFrame:
    """Formula and simulation on a grid of effects, durations and sampling rates."""
    grid = list(itertools.product(PANEL_RATIOS, PANEL_DAYS, PANEL_SAMPLED))
    blocks = [(*cell, scaled(PANEL_RUNS), SEED + i) for i, cell in enumerate(grid)]
    rows = in_blocks(_panel_row, blocks, what="panels")
    names = ["accounts", "seen", "detection", "observed_odds_ratio", "power", "power_low", "power_high"]
    return pd.DataFrame(rows, columns=[*_PANEL_KEYS, *names])


def _panel_row(odds_ratio: float, days: float, sampled: float, runs: int, seed: int) -> tuple:
    panel, accounts = Panel(days, sampled), required_accounts(odds_ratio, days=days, sampled=sampled)
    without, having = panel.rates(odds_ratio)
    seen = accounts * (having * panel.exposed + without * (1 - panel.exposed))
    power = Estimate(np.nan, np.nan, np.nan)
    if accounts <= MOST_SIMULATED:
        found = simulate_panel(accounts, odds_ratio, days=days, sampled=sampled, runs=runs, seed=seed)["p"] < 0.05
        power = clopper_pearson(int(found.sum()), runs)
    observed = observed_odds_ratio(odds_ratio, days=days, sampled=sampled)
    return (odds_ratio, days, sampled, accounts, seen, panel.seen[0], observed, *power)


@result(
    "validation_panel_curves",
    title="Simulation: accounts to follow by sampling rate, for the picture",
    columns={**_PANEL_KEYS, "accounts": "accounts to follow for 80 % power, by formula"},
    keys=tuple(_PANEL_KEYS),
    needs_data=False,
)
def validation_panel_curves() -> pd.DataFrame:
    """The formula on a fine grid of sampling rates."""
    grid = itertools.product(PANEL_RATIOS, PANEL_DAYS, np.geomspace(0.001, 1, 13))
    return pd.DataFrame(
        [(o, d, f, required_accounts(o, days=d, sampled=f)) for o, d, f in grid], columns=[*_PANEL_KEYS, "accounts"]
    )


_VARIED = {
    "stays": (0.1, 0.3, 0.5),
    "exposed": (0.1, 0.4, 0.7),
    "posts_per_day": (0.1, 0.3, 1.0),
    "dispersion": (0.5, 1.0, np.inf),
    "lost": (0.0, 0.2, 0.4),
}


@result(
    "validation_panel_assumptions",
    title="Simulation: accounts to follow for an odds ratio of 2 over 28 days, if an assumption is changed",
    columns={
        "assumption": "what is changed; the others keep their default",
        "value": "its value (dispersion inf: all accounts post alike)",
        "default": "whether this is the default",
        "all_posts": "accounts to follow if every post is found",
        "tenth": "accounts to follow if a tenth is found",
        "hundredth": "accounts to follow if a hundredth is found",
    },
    keys=("assumption", "value", "default"),
    needs_data=False,
)
def validation_panel_assumptions() -> pd.DataFrame:
    """One assumption at a time."""
    rows = [
        (name, value, bool(value == getattr(Panel, name)),
         *(required_accounts(2, days=28, sampled=f, **{name: value}) for f in (1.0, 0.1, 0.01)))
        for name, values in _VARIED.items()
        for value in values
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["assumption", "value", "default", "all_posts", "tenth", "hundredth"])


@result(
    "validation_panel_misled",
    title="Simulation: no effect on staying, but accounts with the feature post twice as often",
    columns={
        "days": _PANEL_KEYS["days"],
        "sampled": _PANEL_KEYS["sampled"],
        "apparent_odds_ratio": "odds ratio of being seen to stay, where that of staying is 1",
        "false_alarm": "chance that a panel of 2,000 accounts finds an effect all the same",
    },
    keys=("days", "sampled"),
    needs_data=False,
)
def validation_panel_misled() -> pd.DataFrame:
    """What unequal posting does, by formula."""
    rows = [
        (d, f, observed_odds_ratio(1, days=d, sampled=f, posting_ratio=2),
         panel_power(2000, 1, days=d, sampled=f, posting_ratio=2))
        for d, f in itertools.product(PANEL_DAYS, PANEL_SAMPLED)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["days", "sampled", "apparent_odds_ratio", "false_alarm"])


# Numbers for the prose ------------------------------------------------------------------------------------


@result(
    "validation_numbers",
    title="Numbers of the chapter on validation",
    columns=NUMBER_COLUMNS,
    needs_data=False,
)
def validation_numbers() -> pd.DataFrame:
    """What the prose pastes."""
    rows = [*_recovery_numbers(), *_alarm_numbers(), *_crawl_numbers(), *_pipeline_numbers(), *_panel_numbers()]
    few = ("alarm_outside", "alarm_above", "files", "panel_agree")
    return number_table("validation", rows, exempt=few)


def _recovery_numbers() -> Iterator[tuple]:
    """Estimates and power of the penalised regression, and what the plain one and a confounder do."""
    runs = validation_runs().set_index(_CELL)
    yield "runs", int(runs["runs"].max()), "count"
    users = simulate(SEED, size=Size(n_retained=0)).users.query("january")
    yield "share_language", float(users["chinese"].mean()), "percent"
    yield "share_topic", float(users["adaptation"].mean()), "percent"
    for feature in planted.FEATURES:
        for positives in planted.POSITIVES:
            cell = runs.loc[("independent", feature, 2.0, positives, "logistic, Firth")]
            yield f"power_{feature}_{positives}", Estimate(*cell[["found", "low", "high"]]), "percent"
    for feature in ("engagement", "language"):
        cell = runs.loc[("independent", feature, 2.0, 20, "logistic, Firth")]
        yield f"estimate_{feature}_20", Estimate(*cell[["estimate", "estimate_low", "estimate_high"]]), "decimal"
    yield "topic_missing", runs.loc[("independent", "topic", 1.0, 20, "logistic"), "missing"], "percent"
    penalised = runs.xs("logistic, Firth", level="method")
    yield "coverage_least", penalised["coverage"].min(), "percent"
    yield "coverage_most", penalised["coverage"].max(), "percent"
    yield "bias_most", penalised["bias"].abs().max(), "decimal"
    for word, odds_ratio in (("null", 1.0), ("two", 2.0)):
        for method in ("Newcombe", "logistic, Firth"):
            cell = runs.loc[("published", "language", odds_ratio, 127, method)]
            name = f"age_{word}_{'naive' if method == 'Newcombe' else 'adjusted'}"
            yield name, Estimate(*cell[["found", "low", "high"]]), "percent"


def _alarm_numbers() -> Iterator[tuple]:
    """False alarms where nothing differs: smallest and largest share, and whose intervals do not hold the promise."""
    alarms = validation_false_positives()
    fair = alarms[alarms["setting"].ne("published") & alarms["nominal"].eq(0.05)]
    yield "alarm_rows", len(fair), "count"
    yield "alarm_least", fair["found"].min(), "percent"
    yield "alarm_most", fair["found"].max(), "percent"
    yield "alarm_outside", int((fair["low"].gt(0.05) | fair["high"].lt(0.05)).sum()), "count"
    yield "alarm_above", int(fair["low"].gt(0.05).sum()), "count"
    scored = alarms[alarms["method"].str.contains("cross-validated")].iloc[0]
    yield "alarm_auc", Estimate(*scored[["found", "low", "high"]]), "percent"


def _crawl_numbers() -> Iterator[tuple]:
    """Naive comparison and book's rule, at the sizes of the real crawls."""
    crawls = validation_crawls().set_index(["feature", "odds_ratio", "crawl"])
    yield "crawl_runs", int(crawls["runs"].max()), "count"
    for name, size in planted.SIZES.items():
        yield f"size_{name}", size, "count"
    # Rare positives from a normal distribution are one as well, moved by the log odds ratio.
    yield "crawl_delta", 2 * norm.cdf(np.log(2) / np.sqrt(2)) - 1, "decimal"
    yield "size_wave", planted.SIZES["later"] + planted.SIZES["earlier"], "count"
    yield "size_control", planted.SIZES["control_later"] + planted.SIZES["control_earlier"], "count"
    for feature in ("engagement", "language"):
        for odds_ratio, crawl in ((1.0, 2.0), (1.0, 4.0), (2.0, 1.0), (3.0, 1.0)):
            cell = crawls.loc[(feature, odds_ratio, crawl)]
            for judge in ("naive", "holds"):
                shown = Estimate(*cell[[judge, f"{judge}_low", f"{judge}_high"]])
                yield f"{judge}_{feature}_{odds_ratio:.0f}_{crawl:.0f}", shown, "percent"


def _pipeline_numbers() -> Iterator[tuple]:
    rows = validation_pipeline().set_index("feature")
    yield "files", int(rows["files"].max()), "count"
    for feature, row in rows.iterrows():
        yield f"pipeline_{feature}_planted", row["planted"], "decimal"
        yield f"pipeline_{feature}_truth", row["truth"], "decimal"
        yield f"pipeline_{feature}_measured", row["measured"], "decimal"
    yield "pipeline_topic_agreement", rows.at["topic", "agreement"], "percent"
    yield "pipeline_language_agreement", rows.at["language", "agreement"], "percent"


def _panel_numbers() -> Iterator[tuple]:
    """Accounts to follow, and how the simulation agrees."""
    panel = validation_panel().set_index(list(_PANEL_KEYS))
    words = {1.0: "all", 0.1: "tenth", 0.01: "hundredth", 0.001: "thousandth"}
    for (odds_ratio, days, sampled), row in panel.iterrows():
        if days == 28:
            yield f"panel_{10 * odds_ratio:.0f}_{words[sampled]}", row["accounts"], "count"
            if odds_ratio == 2:
                power = Estimate(*row[["power", "power_low", "power_high"]])
                yield f"panel_power_{words[sampled]}", power, "percent"
                yield f"panel_seen_{words[sampled]}", row["seen"], "count"
                yield f"panel_observed_{words[sampled]}", row["observed_odds_ratio"], "decimal"
                yield f"panel_detection_{words[sampled]}", row["detection"], "percent"
    simulated = panel.dropna(subset="power")
    holds = simulated["power_low"].le(0.8) & simulated["power_high"].ge(0.8)
    yield "panel_simulated", len(simulated), "count"
    yield "panel_agree", int(holds.sum()), "count"
    yield "panel_power_least", simulated["power"].min(), "percent"
    yield "panel_power_most", simulated["power"].max(), "percent"
    misled = validation_panel_misled().set_index(["days", "sampled"])
    for sampled, word in words.items():
        yield f"misled_{word}", misled.at[(28, sampled), "apparent_odds_ratio"], "decimal"
    yield "misled_alarm", misled.at[(28, 0.1), "false_alarm"], "percent"
    yield "misled_alarm_all", misled.at[(28, 1.0), "false_alarm"], "percent"
    default = Panel(28)
    yield "default_stays", default.stays, "percent"
    yield "default_exposed", default.exposed, "percent"
    yield "default_posts", default.posts_per_day, "decimal"
