"""Figures of the chapter on validation; all of them show simulations."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from rednote_study.plots.registry import figure
from rednote_study.plots.style import COLOURS, WIDTH

__all__ = ["validation_crawls", "validation_panel", "validation_power", "validation_recovery"]

_PERCENT = FuncFormatter(lambda share, _: f"{100 * share:g} %")
_COUNT = FuncFormatter(lambda n, _: f"{n:,.0f}")
_FEATURES = {
    "engagement": "engagement (one standard deviation)",
    "language": "language (writes Chinese or not)",
    "topic": "topic (writes on it or not; few do)",
}
_LOOKS = (
    (COLOURS["published"], "o", "-"),
    (COLOURS["wave"], "s", "--"),
    (COLOURS["younger"], "^", "-."),
    (COLOURS["placebo"], "D", ":"),
)
_METHODS = {"logistic": ("older", "s", -0.1, "plain"), "logistic, Firth": ("wave", "o", 0.1, "Firth's penalty")}


def _recovery_rows(t: pd.DataFrame) -> pd.DataFrame:
    return t[t["design"].eq("independent") & t["odds_ratio"].eq(2)]


def _recovery_alt(t: pd.DataFrame) -> str:
    rows = _recovery_rows(t)
    rows = rows[rows["method"].eq("logistic, Firth") & rows["positives"].isin([20, 500])]
    parts = [
        f"{r.feature}, {r.positives} positives: {r.estimate:.2f} ({r.estimate_low:.2f} to {r.estimate_high:.2f})"
        for r in rows.itertuples()
    ]
    return (
        "Three panels, one a feature: estimated odds ratios by number of positives. The means lie near the planted 2;"
        " the ranges narrow as positives grow. With the penalty: " + "; ".join(parts) + "."
    )


@figure(
    "validation-recovery",
    table="validation_recovery",
    title="Does the regression recover a planted effect?",
    caption="Simulation. An odds ratio of 2 is planted on one feature (dashed line). Points: mean of the estimated odds"
    " ratios; bars: range of 95 % of the runs; each for so many retained users in the mean among 3,249. Plain"
    " logistic regression, where it gives an estimate at all, and with Firth's penalty.",
    alt=_recovery_alt,
)
def validation_recovery(t: pd.DataFrame) -> Figure:
    """One panel a feature, positives along the axis, logarithmic odds ratios."""
    rows = _recovery_rows(t)
    positives = sorted(rows["positives"].unique())
    drawing, panels = plt.subplots(len(_FEATURES), 1, figsize=(WIDTH, 6.2), sharex=True, sharey=True)
    for axes, (feature, name) in zip(panels, _FEATURES.items(), strict=True):
        axes.axhline(2, color=COLOURS["neutral"], ls="--", lw=1.2)
        for method, (colour, marker, shift, label) in _METHODS.items():
            part = rows[rows["feature"].eq(feature) & rows["method"].eq(method)].sort_values("positives")
            x = np.arange(len(part)) + shift
            error = [part["estimate"] - part["estimate_low"], part["estimate_high"] - part["estimate"]]
            axes.errorbar(x, part["estimate"], error, fmt=marker, color=COLOURS[colour], ms=6, capsize=3, label=label)
        axes.set_title(name, loc="left")
        axes.set(yscale="log", ylabel="odds ratio")
        axes.set_yticks([0.5, 1, 2, 4], ["0.5", "1", "2", "4"])
        axes.minorticks_off()
    panels[-1].set_xticks(range(len(positives)), [f"{n}" for n in positives])
    panels[-1].set_xlabel("retained users among 3,249")
    drawing.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=10)
    return drawing


def _power_rows(t: pd.DataFrame) -> pd.DataFrame:
    return t[t["method"].eq("logistic, Firth")]


def _power_alt(t: pd.DataFrame) -> str:
    rows = _power_rows(t)
    rows = rows[rows["odds_ratio"].eq(2)]
    parts = [
        f"{feature}: "
        + ", ".join(f"{100 * r.found:.0f} % with {r.positives}" for r in part.sort_values("positives").itertuples())
        for feature, part in rows.groupby("feature", sort=False)
    ]
    return (
        "Three panels of rising curves, one curve for each number of positives, with a line at 80 %. Share of runs that"
        " find an odds ratio of 2: " + "; ".join(parts) + "."
    )


@figure(
    "validation-power",
    table="validation_power",
    title="How often is an effect found?",
    caption="Simulation. Share of runs in which logistic regression with Firth's penalty finds the planted effect"
    " (95 % interval excludes none), by its size and by the number of retained users among 3,249; bars: Wilson's"
    " interval. The dashed line is the usual aim of 80 %.",
    alt=_power_alt,
)
def validation_power(t: pd.DataFrame) -> Figure:
    """Power curves, one panel a feature."""
    rows = _power_rows(t)
    drawing, panels = plt.subplots(len(_FEATURES), 1, figsize=(WIDTH, 6.8), sharex=True, sharey=True)
    for axes, (feature, name) in zip(panels, _FEATURES.items(), strict=True):
        axes.axhline(0.8, color=COLOURS["neutral"], ls="--", lw=1.2)
        parts = rows[rows["feature"].eq(feature)].groupby("positives")
        for (positives, part), (colour, marker, line) in zip(parts, _LOOKS, strict=True):
            error = [part["found"] - part["low"], part["high"] - part["found"]]
            look = {"fmt": marker, "ls": line, "color": colour, "ms": 6, "capsize": 2}
            axes.errorbar(part["odds_ratio"], part["found"], error, label=f"{positives} retained", **look)
        axes.set_title(name, loc="left")
        axes.set(ylim=(0, 1.04), ylabel="runs that find it", xscale="log")
        axes.set_xticks([1.2, 1.5, 2, 3], ["1.2", "1.5", "2", "3"])
        axes.minorticks_off()
        axes.yaxis.set_major_formatter(_PERCENT)
    panels[-1].set_xlabel("planted odds ratio")
    drawing.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=10)
    return drawing


_JUDGES = {
    "naive": ("published", "o", "-", "wave alone: interval excludes zero"),
    "holds": ("wave", "s", "--", "book's rule: holds beyond the crawl"),
}


def _crawls_alt(t: pd.DataFrame) -> str:
    def said(rows: pd.DataFrame, column: str) -> str:
        return "; ".join(
            f"{feature}: "
            + ", ".join(
                f"odds ratio {r[column]:g}: {100 * r['naive']:.0f} % against {100 * r['holds']:.0f} %"
                for r in part.to_dict("records")
            )
            for feature, part in rows.groupby("feature", sort=False)
        )

    none, true = t[t["odds_ratio"].eq(1)], t[t["crawl"].eq(1) & t["odds_ratio"].gt(1)]
    return (
        "Four panels: share of runs in which the comparison of the wave alone, and the book's rule, say effect."
        f" Left, no effect but a crawl that prefers the feature, {said(none, 'crawl')}."
        f" Right, a true effect and crawls alike, {said(true, 'odds_ratio')}."
    )


@figure(
    "validation-crawls",
    table="validation_crawls",
    title="Two crawls: false alarms, and effects found",
    caption="Simulation of two crawls of the real size. Left: staying depends on nothing, but the later crawl prefers"
    " the feature in everybody; every alarm is false (dashed: the 5 % that a test promises). Right: the crawls are"
    " alike and the feature makes people stay (dashed: 80 %). Bars: Wilson's 95 % interval.",
    alt=_crawls_alt,
)
def validation_crawls(t: pd.DataFrame) -> Figure:
    """False alarms on the left, power on the right; one row a feature."""
    drawing, panels = plt.subplots(2, 2, figsize=(WIDTH, 5.4), sharey=True)
    sides = (("crawl", t[t["odds_ratio"].eq(1)], 0.05), ("odds_ratio", t[t["crawl"].eq(1)], 0.8))
    for row, feature in zip(panels, ("engagement", "language"), strict=True):
        for axes, (column, rows, aim) in zip(row, sides, strict=True):
            part = rows[rows["feature"].eq(feature)].sort_values(column)
            axes.axhline(aim, color=COLOURS["neutral"], ls="--", lw=1.2)
            for judge, (colour, marker, line, label) in _JUDGES.items():
                error = [part[judge] - part[f"{judge}_low"], part[f"{judge}_high"] - part[judge]]
                look = {"fmt": marker, "ls": line, "color": COLOURS[colour], "ms": 6, "capsize": 2}
                axes.errorbar(part[column], part[judge], error, label=label, **look)
            axes.set_title(f"{feature}: {'no effect' if column == 'crawl' else 'true effect'}", loc="left", fontsize=10)
            axes.yaxis.set_major_formatter(_PERCENT)
            axes.set(ylim=(-0.02, 1.04))
            axes.set_xticks([1, 2, 3, 4] if column == "crawl" else [1, 2, 3, 4, 5])
        row[0].set_ylabel("runs that say effect")
    panels[1, 0].set_xlabel("crawl prefers it by\nan odds ratio of")
    panels[1, 1].set_xlabel("odds ratio\nof staying")
    drawing.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=1, fontsize=10)
    return drawing


_LINES = {14: ":", 28: "-", 90: "--"}


def _panel_alt(curves: pd.DataFrame, simulated: pd.DataFrame) -> str:
    rows = simulated[simulated["days"].eq(28)]
    parts = [
        f"odds ratio {odds_ratio:g}: "
        + ", ".join(f"{r.accounts:,} accounts if {100 * r.sampled:g} % are found" for r in part.itertuples())
        for odds_ratio, part in rows.groupby("odds_ratio")
    ]
    return (
        "Nine falling curves on logarithmic axes: the fewer posts are found, the more accounts must be followed. Over"
        " 28 days, " + "; ".join(parts) + ". Longer follow-up lowers the curves, most where few posts are found."
    )


@figure(
    "validation-panel",
    table=("validation_panel_curves", "validation_panel"),
    title="Accounts that a panel must follow",
    caption="Simulation and formula. Accounts to follow to find an effect with a probability of 80 %, by the share of"
    " posts that is found, for three odds ratios of staying and three durations. Lines: formula; points: panels that"
    " were simulated post by post and found the effect in 70 to 90 % of the runs. Other assumptions at their default.",
    alt=_panel_alt,
)
def validation_panel(curves: pd.DataFrame, simulated: pd.DataFrame) -> Figure:
    """Accounts against sampling rate, both logarithmic."""
    drawing, axes = plt.subplots(figsize=(WIDTH, 5.0))
    agree = simulated[simulated["power"].between(0.7, 0.9)]
    handles = []
    for (odds_ratio, rows), (colour, marker, _) in zip(curves.groupby("odds_ratio"), _LOOKS, strict=False):
        for days, part in rows.groupby("days"):
            axes.plot(part["sampled"], part["accounts"], _LINES[days], color=colour, lw=1.8)
        points = agree[agree["odds_ratio"].eq(odds_ratio)]
        axes.plot(points["sampled"], points["accounts"], marker, color=colour, ms=6)
        handles.append(Line2D([], [], color=colour, marker=marker, lw=1.8, label=f"odds ratio {odds_ratio:g}"))
    handles += [
        Line2D([], [], color=COLOURS["neutral"], ls=line, lw=1.8, label=f"{days} days") for days, line in _LINES.items()
    ]
    axes.set(xscale="log", yscale="log", xlabel="share of posts that is found", ylabel="accounts to follow")
    axes.set_xticks([0.001, 0.01, 0.1, 1])
    axes.xaxis.set_major_formatter(_PERCENT)
    axes.yaxis.set_major_formatter(_COUNT)
    axes.minorticks_off()
    drawing.legend(handles=handles, loc="outside lower center", ncols=2, fontsize=10)
    return drawing
