"""What simulations say of a method: estimates of a planted effect, how often it is found, false alarms, panels."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from rednote_study.plots.picture import Picture, draws, new
from rednote_study.plots.style import COLOURS

__all__ = ["panel_sizes", "planted_effects", "power_curves", "two_crawls"]

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


@draws
def planted_effects(frame: pd.DataFrame, *, odds_ratio: float = 2.0) -> Picture:
    """Estimated odds ratios by number of positives, one panel a feature.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``design``, ``feature``, ``odds_ratio``, ``positives``, ``method``, ``estimate`` with its ends.
    odds_ratio : float
        Which planted effect is shown.
    """
    rows = frame[frame["design"].eq("independent") & frame["odds_ratio"].eq(odds_ratio)]
    positives = sorted(rows["positives"].unique())
    picture, panels = new(6.2, len(_FEATURES), sharex=True, sharey=True)
    for axes, (feature, name) in zip(panels, _FEATURES.items(), strict=True):
        axes.axhline(odds_ratio, color=COLOURS["neutral"], ls="--", lw=1.2)
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
    picture.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=10)
    ends = rows[rows["method"].eq("logistic, Firth") & rows["positives"].isin([*positives[:1], *positives[-1:]])]
    parts = [
        f"{r.feature}, {r.positives} positives: {r.estimate:.2f} ({r.estimate_low:.2f} to {r.estimate_high:.2f})"
        for r in ends.itertuples()
    ]
    picture.alt = (
        "Three panels, one a feature: estimated odds ratios by number of positives. The means lie near the planted"
        f" {odds_ratio:g}; the ranges narrow as positives grow. With the penalty: {'; '.join(parts)}."
    )
    return picture


@draws
def power_curves(frame: pd.DataFrame, *, method: str = "logistic, Firth", aim: float = 0.8) -> Picture:
    """Share of runs that find an effect by its size, one panel a feature, one curve for each number of positives.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``feature``, ``odds_ratio``, ``positives``, ``method``, ``found`` with its ends in ``low`` and ``high``.
    method : str
        Which is shown.
    aim : float
        Where the dashed line lies.
    """
    rows = frame[frame["method"].eq(method)]
    ratios = sorted(rows["odds_ratio"].unique())
    picture, panels = new(6.8, len(_FEATURES), sharex=True, sharey=True)
    for axes, (feature, name) in zip(panels, _FEATURES.items(), strict=True):
        axes.axhline(aim, color=COLOURS["neutral"], ls="--", lw=1.2)
        parts = rows[rows["feature"].eq(feature)].groupby("positives")
        for (positives, part), (colour, marker, line) in zip(parts, itertools.cycle(_LOOKS), strict=False):
            error = [part["found"] - part["low"], part["high"] - part["found"]]
            look = {"fmt": marker, "ls": line, "color": colour, "ms": 6, "capsize": 2}
            axes.errorbar(part["odds_ratio"], part["found"], error, label=f"{positives} retained", **look)
        axes.set_title(name, loc="left")
        axes.set(ylim=(0, 1.04), ylabel="runs that find it", xscale="log")
        axes.set_xticks(ratios, [f"{r:g}" for r in ratios])
        axes.minorticks_off()
        axes.yaxis.set_major_formatter(_PERCENT)
    panels[-1].set_xlabel("planted odds ratio")
    picture.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=10)
    said = 2.0 if 2.0 in ratios else max(ratios)
    parts = [
        f"{feature}: "
        + ", ".join(f"{100 * r.found:.0f} % with {r.positives}" for r in part.sort_values("positives").itertuples())
        for feature, part in rows[rows["odds_ratio"].eq(said)].groupby("feature", sort=False)
    ]
    picture.alt = (
        f"Three panels of rising curves, one curve for each number of positives, with a line at {100 * aim:g} %. Share"
        f" of runs that find an odds ratio of {said:g}: {'; '.join(parts)}."
    )
    return picture


_JUDGES = {
    "naive": ("published", "o", "-", "wave alone: interval excludes zero"),
    "holds": ("wave", "s", "--", "book's rule: holds beyond the crawl"),
}


@draws
def two_crawls(frame: pd.DataFrame) -> Picture:
    """False alarms of two judges on the left, effects found on the right; one row a feature.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``feature``, ``odds_ratio`` of staying, ``crawl`` (that by which the later crawl prefers the feature), and
        shares of runs ``naive`` and ``holds`` with their ends.
    """
    picture, panels = new(5.4, 2, 2, sharey=True)
    none, true = frame[frame["odds_ratio"].eq(1)], frame[frame["crawl"].eq(1)]
    sides = (("crawl", none, 0.05), ("odds_ratio", true, 0.8))
    for row, feature in zip((panels[:2], panels[2:]), ("engagement", "language"), strict=True):
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
    panels[2].set_xlabel("crawl prefers it by\nan odds ratio of")
    panels[3].set_xlabel("odds ratio\nof staying")
    picture.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=1, fontsize=10)
    picture.alt = (
        "Four panels: share of runs in which the comparison of the wave alone, and the book's rule, say effect."
        f" Left, no effect but a crawl that prefers the feature, {_shares(none, 'crawl')}."
        f" Right, a true effect and crawls alike, {_shares(true[true['odds_ratio'].gt(1)], 'odds_ratio')}."
    )
    return picture


def _shares(rows: pd.DataFrame, column: str) -> str:
    return "; ".join(
        f"{feature}: "
        + ", ".join(
            f"odds ratio {r[column]:g}: {100 * r['naive']:.0f} % against {100 * r['holds']:.0f} %"
            for r in part.to_dict("records")
        )
        for feature, part in rows.groupby("feature", sort=False)
    )


_LINES = (":", "-", "--", "-.")


@draws
def panel_sizes(curves: pd.DataFrame, simulated: pd.DataFrame, *, said: float = 28) -> Picture:
    """Accounts to follow against the share of posts that is found, both logarithmic.

    Parameters
    ----------
    curves : pandas.DataFrame
        ``odds_ratio``, ``days``, ``sampled``, ``accounts``, by formula.
    simulated : pandas.DataFrame
        The same, with the ``power`` that simulated panels had; points where it lies from 0.7 to 0.9.
    said : float
        The duration of which the alternative text tells.
    """
    picture, (axes,) = new(5.0)
    agree = simulated[simulated["power"].between(0.7, 0.9)]
    lines = dict(zip(sorted(curves["days"].unique()), itertools.cycle(_LINES), strict=False))
    handles = []
    for (odds_ratio, rows), (colour, marker, _) in zip(
        curves.groupby("odds_ratio"), itertools.cycle(_LOOKS), strict=False
    ):
        for days, part in rows.groupby("days"):
            axes.plot(part["sampled"], part["accounts"], lines[days], color=colour, lw=1.8)
        points = agree[agree["odds_ratio"].eq(odds_ratio)]
        axes.plot(points["sampled"], points["accounts"], marker, color=colour, ms=6)
        handles.append(Line2D([], [], color=colour, marker=marker, lw=1.8, label=f"odds ratio {odds_ratio:g}"))
    handles += [
        Line2D([], [], color=COLOURS["neutral"], ls=line, lw=1.8, label=f"{days} days") for days, line in lines.items()
    ]
    axes.set(xscale="log", yscale="log", xlabel="share of posts that is found", ylabel="accounts to follow")
    axes.set_xticks([0.001, 0.01, 0.1, 1])
    axes.xaxis.set_major_formatter(_PERCENT)
    axes.yaxis.set_major_formatter(_COUNT)
    axes.minorticks_off()
    picture.legend(handles=handles, loc="outside lower center", ncols=2, fontsize=10)
    parts = [
        f"odds ratio {odds_ratio:g}: "
        + ", ".join(f"{r.accounts:,} accounts if {100 * r.sampled:g} % are found" for r in part.itertuples())
        for odds_ratio, part in simulated[simulated["days"].eq(said)].groupby("odds_ratio")
    ]
    count = "Nine" if len(lines) * curves["odds_ratio"].nunique() == 9 else "Some"
    picture.alt = (
        f"{count} falling curves on logarithmic axes: the fewer posts are found, the more accounts must be followed."
        f" Over {said:g} days, {'; '.join(parts)}. Longer follow-up lowers the curves, most where few posts are found."
    )
    return picture
