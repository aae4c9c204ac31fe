"""Whether the method would find an effect, and which data would settle the question.

All of it is simulation. The long ones are :func:`runs` and :func:`crawls`; :func:`recovery`, :func:`power` and
:func:`false_positives` are read off them and take the same arguments.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import norm

from rednote_study.analysis import planted
from rednote_study.analysis.blocks import in_blocks
from rednote_study.formats import Format
from rednote_study.panel import Panel, observed_odds_ratio, panel_power, required_accounts, simulate_panel
from rednote_study.replica import Size, simulate
from rednote_study.results import SEED, result
from rednote_study.statistics.inference import Estimate, clopper_pearson, wilson

__all__ = [
    "assumptions",
    "crawls",
    "false_positives",
    "features",
    "misled",
    "panel",
    "panel_curves",
    "pipeline",
    "power",
    "recovery",
    "runs",
]

POPULATIONS = 8
"""Each gives so many draws of retained users a cell, or pairs of crawls."""

_CELL = ["design", "feature", "odds_ratio", "positives", "method"]
_CELL_COLUMNS = {
    "design": "independent: so many retained in the mean; published: exactly so many, half among the newest accounts",
    "feature": "what the effect is planted on: engagement (per standard deviation), language or topic (yes or no)",
    "odds_ratio": "planted odds ratio; 1 is none",
    "positives": "retained users among 3,249",
    "method": "how it is looked for",
    "runs": "simulated draws of retained users",
}


# The features ---------------------------------------------------------------------------------------------


@result(
    "validation_features",
    title="Simulation: the features on which effects are planted, and how large an effect is",
    columns={
        "feature": "engagement (logarithm of the counts), language or topic (yes or no)",
        "share": "share of the replica's users who have it; empty for engagement, which all have more or less of",
        "difference": "what the odds ratio makes of it: Cliff's delta (of engagement, for one standard deviation), which"
        " is the difference of shares where the answer is yes or no",
    },
    keys=("feature",),
    needs_data=False,
)
def features(odds_ratio: float = 2.0, seed: int = SEED) -> pd.DataFrame:
    """One row a feature.

    Parameters
    ----------
    odds_ratio : float
        Of staying, where few stay.
    seed : int
        Of the population.
    """
    users = simulate(seed, size=Size(n_retained=0)).users.query("january")
    # Rare positives from a normal distribution are one as well, moved by the log odds ratio.
    rows = [("engagement", np.nan, 2 * norm.cdf(np.log(odds_ratio) / np.sqrt(2)) - 1)]
    for feature in ("language", "topic"):
        share = float(users[planted.FEATURES[feature]].mean())
        rows.append((feature, share, share * odds_ratio / (1 - share + share * odds_ratio) - share))
    return pd.DataFrame(rows, columns=["feature", "share", "difference"])


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
def runs(
    odds_ratios: Sequence[float] = planted.ODDS_RATIOS,
    positives: Sequence[int] = planted.POSITIVES,
    *,
    populations: int = POPULATIONS,
    draws: int = planted.DRAWS,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row a cell and method.

    Parameters
    ----------
    odds_ratios : sequence of float
        Planted effects; 1 is none.
    positives : sequence of int
        Retained users in the mean, one design each.
    populations, draws, seed : int
        Populations of 3,249 users, and draws of retained users from each.
    """
    blocks = [(number, seed, draws, tuple(odds_ratios), tuple(positives)) for number in range(populations)]
    drawn = pd.concat(in_blocks(planted.recovery_block, blocks, what="planted effects"))
    rows = [(*key, *_summary(part, np.log(key[2]))) for key, part in drawn.groupby(_CELL, sort=False)]
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
def recovery(
    odds_ratios: Sequence[float] = planted.ODDS_RATIOS,
    positives: Sequence[int] = planted.POSITIVES,
    *,
    populations: int = POPULATIONS,
    draws: int = planted.DRAWS,
    seed: int = SEED,
    shown: Sequence[float] = (1.0, 2.0),
) -> pd.DataFrame:
    """Rows of the two regressions.

    Parameters
    ----------
    odds_ratios : sequence of float
        Planted effects; 1 is none.
    positives : sequence of int
        Retained users in the mean, one design each.
    populations, draws, seed : int
        Populations of 3,249 users, and draws of retained users from each.
    shown : sequence of float
        Which of the odds ratios.
    """
    cells = runs(odds_ratios, positives, populations=populations, draws=draws, seed=seed)
    chosen = cells["method"].str.startswith("logistic") & cells["odds_ratio"].isin(shown)
    columns = ["runs", "missing", "estimate", "estimate_low", "estimate_high", "bias", "coverage"]
    return cells.loc[chosen, [*_CELL, *columns]]


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
def power(
    odds_ratios: Sequence[float] = planted.ODDS_RATIOS,
    positives: Sequence[int] = planted.POSITIVES,
    *,
    populations: int = POPULATIONS,
    draws: int = planted.DRAWS,
    seed: int = SEED,
) -> pd.DataFrame:
    """Rows with an effect, independent design; the arguments are those of :func:`runs`."""
    cells = runs(odds_ratios, positives, populations=populations, draws=draws, seed=seed)
    chosen = cells["design"].eq("independent") & cells["odds_ratio"].gt(1)
    return cells.loc[chosen, [*_CELL, "runs", "found", "low", "high"]]


_ACCOUNTS, _CRAWLS = 3249, "two crawls alike"


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
def false_positives(
    odds_ratios: Sequence[float] = planted.ODDS_RATIOS,
    positives: Sequence[int] = planted.POSITIVES,
    sizes: Mapping[str, int] = planted.SIZES,
    *,
    populations: int = POPULATIONS,
    draws: int = planted.DRAWS,
    pairs: int = planted.CRAWL_DRAWS,
    seed: int = SEED,
) -> pd.DataFrame:
    """Methods on users of the published size, then the book's rule on crawls of the real size.

    The arguments are those of :func:`runs` and :func:`crawls`.
    """
    cells = runs(odds_ratios, positives, populations=populations, draws=draws, seed=seed)
    rows = [
        (
            r.design, r.positives, _ACCOUNTS, r.feature, r.method, 0.05, r.runs, *_exact(r.found, r.runs),
        )
        for r in cells[cells["odds_ratio"].eq(1)].itertuples()
    ]  # fmt: skip
    judged = crawls(sizes, populations=populations, pairs=pairs, seed=seed)
    methods = {"naive": 0.05, "difference": 0.05, "holds": 0.025, "cross_validated": 0.025}
    users = sizes["later"], sizes["later"] + sizes["earlier"]
    for r in judged[judged["odds_ratio"].eq(1) & judged["crawl"].eq(1)].to_dict("records"):
        rows += [
            (_CRAWLS, *users, r["feature"] if m != "cross_validated" else "all three", _METHODS[m], nominal, r["runs"],
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
def crawls(
    sizes: Mapping[str, int] = planted.SIZES,
    *,
    populations: int = POPULATIONS,
    pairs: int = planted.CRAWL_DRAWS,
    resamples: int = planted.CRAWL_RESAMPLES,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row a cell.

    Parameters
    ----------
    sizes : mapping of str to int
        Users: of the wave, ``later`` and ``earlier``; of the control group, ``control_later`` and ``control_earlier``;
        of the placebo's two parts, ``placebo`` and ``placebo_rest``.
    populations, pairs, seed : int
        Populations of 3,249 users, and pairs of crawls from each.
    resamples : int
        Of the bootstrap.
    """
    blocks = [(number, seed, pairs, dict(sizes), resamples) for number in range(populations)]
    drawn = pd.concat(in_blocks(planted.crawl_block, blocks, what="two crawls"))
    rows = []
    for key, part in drawn.groupby(["feature", "odds_ratio", "crawl"], sort=False):
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
        "files": "files that were simulated",
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
def pipeline(files: int = 6, *, users: int = 2000, retained: int = 400, seed: int = SEED) -> pd.DataFrame:
    """One row a feature.

    Parameters
    ----------
    files, users, retained, seed : int
        So many files, with so many users each, of whom so many are retained.
    """
    blocks = [(number, seed, Size(n_users=users, n_retained=retained)) for number in range(files)]
    measured = pd.concat(in_blocks(planted.pipeline_block, blocks, what="whole pipeline"))
    rows = []
    for feature, part in measured.groupby("feature", sort=False):
        ranges = [np.exp([v.mean(), v.min(), v.max()]) for v in (part["truth"], part["measured"])]
        rows.append(
            (feature, len(part), np.exp(part["planted"].iloc[0]), *itertools.chain(*ranges), part["agreement"].mean())
        )
    names = [f"{n}{end}" for n in ("truth", "measured") for end in ("", "_low", "_high")]
    return pd.DataFrame(rows, columns=["feature", "files", "planted", *names, "agreement"])


# A panel --------------------------------------------------------------------------------------------------

RATIOS, DAYS, SAMPLED = (1.5, 2.0, 3.0), (14, 28, 90), (1.0, 0.1, 0.01, 0.001)
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
def panel(
    odds_ratios: Sequence[float] = RATIOS,
    days: Sequence[float] = DAYS,
    sampled: Sequence[float] = SAMPLED,
    *,
    stays: float = Panel.stays,
    exposed: float = Panel.exposed,
    posts_per_day: float = Panel.posts_per_day,
    runs: int = 500,
    seed: int = SEED,
) -> pd.DataFrame:
    """Formula and simulation on a grid of effects, durations and sampling rates.

    Parameters
    ----------
    odds_ratios, days, sampled : sequence of float
        Odds ratios of staying, days of follow-up, shares of all posts that are found.
    stays, exposed, posts_per_day : float
        Assumptions: share of accounts without the feature that stay, share with the feature, posts of who stays.
    runs, seed : int
        Simulated panels.
    """
    grid = itertools.product(odds_ratios, days, sampled)
    assumed = {"stays": stays, "exposed": exposed, "posts_per_day": posts_per_day}
    blocks = [(*cell, runs, seed + i, assumed) for i, cell in enumerate(grid)]
    rows = in_blocks(_panel_row, blocks, what="panels")
    names = ["accounts", "seen", "detection", "observed_odds_ratio", "power", "power_low", "power_high"]
    return pd.DataFrame(rows, columns=[*_PANEL_KEYS, *names])


def _panel_row(
    odds_ratio: float, days: float, sampled: float, runs: int, seed: int, assumed: Mapping[str, float]
) -> tuple:
    options = {"days": days, "sampled": sampled, **assumed}
    followed, accounts = Panel(**options), required_accounts(odds_ratio, **options)
    without, having = followed.rates(odds_ratio)
    seen = accounts * (having * followed.exposed + without * (1 - followed.exposed))
    share = Estimate(np.nan, np.nan, np.nan)
    if accounts <= MOST_SIMULATED:
        found = simulate_panel(accounts, odds_ratio, runs=runs, seed=seed, **options)["p"] < 0.05
        share = clopper_pearson(int(found.sum()), runs)
    observed = observed_odds_ratio(odds_ratio, **options)
    return (odds_ratio, days, sampled, accounts, seen, followed.seen[0], observed, *share)


@result(
    "validation_panel_curves",
    title="Simulation: accounts to follow by sampling rate, for the picture",
    columns={**_PANEL_KEYS, "accounts": "accounts to follow for 80 % power, by formula"},
    keys=tuple(_PANEL_KEYS),
    needs_data=False,
)
def panel_curves(
    odds_ratios: Sequence[float] = RATIOS,
    days: Sequence[float] = DAYS,
    *,
    least: float = 0.001,
    stays: float = Panel.stays,
    exposed: float = Panel.exposed,
    posts_per_day: float = Panel.posts_per_day,
) -> pd.DataFrame:
    """The formula on a fine grid of sampling rates, from `least` to 1; see :func:`panel` for the other arguments."""
    assumed = {"stays": stays, "exposed": exposed, "posts_per_day": posts_per_day}
    grid = itertools.product(odds_ratios, days, np.geomspace(least, 1, 13))
    rows = [(o, d, f, required_accounts(o, days=d, sampled=f, **assumed)) for o, d, f in grid]
    return pd.DataFrame(rows, columns=[*_PANEL_KEYS, "accounts"])


VARIED = {
    "stays": (0.1, 0.3, 0.5),
    "exposed": (0.1, 0.4, 0.7),
    "posts_per_day": (0.1, 0.3, 1.0),
    "dispersion": (0.5, 1.0, np.inf),
    "lost": (0.0, 0.2, 0.4),
}


@result(
    "validation_panel_assumptions",
    title="Simulation: accounts to follow, if an assumption is changed",
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
def assumptions(
    varied: Mapping[str, Sequence[float]] = VARIED, odds_ratio: float = 2.0, days: float = 28
) -> pd.DataFrame:
    """One assumption at a time.

    Parameters
    ----------
    varied : mapping of str to sequence of float
        Values of arguments of :class:`rednote_study.panel.Panel`.
    odds_ratio, days : float
        Of staying; of follow-up.
    """
    rows = [
        (name, value, bool(value == getattr(Panel, name)),
         *(required_accounts(odds_ratio, days=days, sampled=f, **{name: value}) for f in (1.0, 0.1, 0.01)))
        for name, values in varied.items()
        for value in values
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["assumption", "value", "default", "all_posts", "tenth", "hundredth"])


@result(
    "validation_panel_misled",
    title="Simulation: no effect on staying, but accounts with the feature post more often",
    columns={
        "days": _PANEL_KEYS["days"],
        "sampled": _PANEL_KEYS["sampled"],
        "apparent_odds_ratio": "odds ratio of being seen to stay, where that of staying is 1",
        "false_alarm": "chance that the panel finds an effect all the same",
    },
    keys=("days", "sampled"),
    needs_data=False,
)
def misled(
    accounts: int = 2000,
    posting_ratio: float = 2.0,
    *,
    days: Sequence[float] = DAYS,
    sampled: Sequence[float] = SAMPLED,
) -> pd.DataFrame:
    """What unequal posting does, by formula.

    Parameters
    ----------
    accounts : int
        Size of the panel.
    posting_ratio : float
        How many times as often accounts with the feature post, if they stay.
    days, sampled : sequence of float
        Days of follow-up, shares of all posts that are found.
    """
    rows = [
        (d, f, observed_odds_ratio(1, days=d, sampled=f, posting_ratio=posting_ratio),
         panel_power(accounts, 1, days=d, sampled=f, posting_ratio=posting_ratio))
        for d, f in itertools.product(days, sampled)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["days", "sampled", "apparent_odds_ratio", "false_alarm"])
