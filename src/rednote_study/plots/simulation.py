"""What simulations say of a method: estimates of a planted effect, how often it is found, false alarms, panels."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter

from rednote_study.plots.picture import Picture, draws, missing, name_marks, new
from rednote_study.plots.style import COLOURS

_PERCENT = FuncFormatter(lambda share, _: f"{100 * share:g} %")
_COUNT = FuncFormatter(lambda n, _: f"{n:,.0f}")
_FEATURES = {
    "engagement": "engagement (one standard deviation)",
    "language": "language (writes Chinese or not)",
    "topic": "topic (writes on it or not; few do)",
}
_LOOKS = (
    (COLOURS["method 1"], "o", "-"),
    (COLOURS["method 2"], "s", "--"),
    (COLOURS["method 3"], "^", "-."),
    (COLOURS["method 4"], "D", ":"),
)
_METHODS = {"logistic": ("method 3", "s", -0.1, "plain"), "logistic, Firth": ("method 1", "o", 0.1, "Firth's penalty")}


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
    picture, panels = new(5.6, len(_FEATURES), sharex=True, sharey=True)
    marks = {label: [] for *_, label in _METHODS.values()}
    for axes, (feature, name) in zip(panels, _FEATURES.items(), strict=True):
        axes.axhline(odds_ratio, color=COLOURS["neutral"], ls="--", lw=1.2)
        for method, (colour, marker, shift, label) in _METHODS.items():
            part = rows[rows["feature"].eq(feature) & rows["method"].eq(method)].sort_values("positives")
            x = np.arange(len(part)) + shift
            error = [part["estimate"] - part["estimate_low"], part["estimate_high"] - part["estimate"]]
            axes.errorbar(x, part["estimate"], error, fmt=marker, color=COLOURS[colour], ms=6, capsize=3)
            marks[label] += [
                (axes, *end)
                for column in ("estimate_high", "estimate_low")
                for end in zip(x, part[column], strict=True)
            ]
        axes.set_title(name, loc="left")
        axes.set(yscale="log", ylabel="odds ratio")
        axes.set_yticks([0.5, 1, 2, 4], ["0.5", "1", "2", "4"])
        axes.minorticks_off()
    panels[-1].set_xticks(range(len(positives)), [f"{n}" for n in positives])
    panels[-1].set_xlabel("retained users among 3,249")
    name_marks(picture, marks)
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
    picture, panels = new(7, len(_FEATURES), sharex=True, sharey=True)
    marks = {f"{n} retained": [] for n in sorted(rows["positives"].unique())}
    for axes, (feature, name) in zip(panels, _FEATURES.items(), strict=True):
        axes.axhline(aim, color=COLOURS["neutral"], ls="--", lw=1.2)
        parts = rows[rows["feature"].eq(feature)].groupby("positives")
        for (positives, part), (colour, marker, line) in zip(parts, itertools.cycle(_LOOKS), strict=False):
            error = [part["found"] - part["low"], part["high"] - part["found"]]
            look = {"fmt": marker, "ls": line, "color": colour, "ms": 6, "capsize": 2}
            axes.errorbar(part["odds_ratio"], part["found"], error, **look)
            at = zip(part["odds_ratio"], part["found"], strict=True)
            marks[f"{positives} retained"] += [(axes, *point) for point in at]
        axes.set_title(name, loc="left")
        axes.set(ylim=(0, 1.04), ylabel="runs that find it", xscale="log")
        axes.set_xticks(ratios, [f"{r:g}" for r in ratios])
        axes.minorticks_off()
        axes.yaxis.set_major_formatter(_PERCENT)
    panels[-1].set_xlabel("planted odds ratio")
    name_marks(picture, marks)
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


_VERDICTS = {
    "explained_not": ("#00564A", "", "seen and not explained by the crawl"),
    "separable_not": ("#8C8C8C", "//", "seen and not separable"),
    "seen_not": ("#222222", "..", "not seen"),
    "undetermined": ("#E2E2E2", "", "undetermined"),
    "other_way": ("#CC79A7", "xx", "seen the other way"),
}
_EFFECTS = {0.0: "none", 0.5: "small", 1.0: "at the bound", 3.0: "large"}


@draws
def verdict_shares(
    frame: pd.DataFrame,
    *,
    rows: str = "crawl",
    titles: str = "{}",
    effects: Mapping[float, str] = MappingProxyType(_EFFECTS),
) -> Picture:
    """Which verdicts are given, in stacked bars: one panel a crawl, one bar a planted effect.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``effect`` and the shares of the verdicts, of one measure.
    rows : str
        Column whose values have a panel each.
    titles : str
        How a panel is called, with braces for its value.
    effects : mapping of float to str
        How the planted effects are called.
    """
    names, given = list(frame[rows].unique()), [v for v in _VERDICTS if frame[v].gt(0).any()]
    picture, panels = new(0.9 + len(names), len(names), sharex=True)
    for axes, name in zip(panels, names, strict=True):
        part = frame[frame[rows].eq(name)].sort_values("effect", ascending=False)
        left = np.zeros(len(part))
        for column, (colour, hatch, text) in ((v, _VERDICTS[v]) for v in given):
            share = part[column].to_numpy(dtype=float)
            axes.barh(range(len(part)), share, left=left, color=colour, hatch=hatch, ec="white", lw=0.5, label=text)
            for place in np.flatnonzero(share >= 0.1):
                light = column in ("explained_not", "seen_not")
                box = {"boxstyle": "round,pad=0.12", "fc": colour, "ec": "none"}
                axes.text(
                    left[place] + share[place] / 2, place, f"{100 * share[place]:.0f}", ha="center", va="center",
                    fontsize=10, color="white" if light else "black", bbox=box,
                )  # fmt: skip
            left += share
        axes.set_yticks(range(len(part)), [effects.get(e, f"{e:g}") for e in part["effect"]], fontsize=10)
        axes.set_title(titles.format(name), loc="left", fontsize=10)
        axes.set(xlim=(0, 1), ylabel="effect")
        axes.grid(axis="y", visible=False)
        axes.xaxis.set_major_formatter(_PERCENT)
    panels[-1].set_xlabel("share of runs")
    picture.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=10)
    picture.alt = (
        f"Stacked bars of the verdicts given, one bar a planted effect. {'; '.join(_told(frame, rows, effects))}."
    )
    return picture


def _told(frame: pd.DataFrame, rows: str, effects: Mapping[float, str]) -> list[str]:
    return [
        f"{r[rows]}, effect {effects.get(r['effect'], r['effect'])}: "
        + ", ".join(f"{text} {100 * r[c]:.0f} %" for c, (_, _, text) in _VERDICTS.items() if r[c] >= 0.01)
        for r in frame.to_dict("records")
    ]


@draws
def panel_sizes(frame: pd.DataFrame) -> Picture:
    """Accounts to follow against the staying rate, one line an odds ratio, a band from the least attrition to the most.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``stays``, ``odds_ratio``, ``lost``, ``accounts``.
    """
    if frame["accounts"].isna().all():
        return missing("No number of accounts can be computed: how many have the feature is not known from these data.")
    picture, (axes,) = new(4.2)
    lost = sorted(frame["lost"].unique())
    middle = lost[len(lost) // 2]
    for (odds_ratio, part), (colour, marker, line) in zip(
        frame.groupby("odds_ratio"), itertools.cycle(_LOOKS), strict=False
    ):
        sizes = part.pivot(index="stays", columns="lost", values="accounts")
        axes.fill_between(sizes.index, sizes[lost[0]], sizes[lost[-1]], color=colour, alpha=0.2, lw=0)
        axes.plot(sizes.index, sizes[middle], line, marker=marker, color=colour, lw=1.8, ms=6)
        for at, accounts in sizes[middle].items():
            axes.annotate(
                f"{accounts:,.0f}", (at, accounts), (0, 7), textcoords="offset points", ha="center", fontsize=10
            )
        last = sizes[middle].iloc[-1]
        axes.annotate(
            f"odds ratio {odds_ratio:g}", (sizes.index[-1], last), (10, 0), textcoords="offset points", va="center",
            fontsize=10,
        )  # fmt: skip
    rates = sorted(frame["stays"].unique())
    axes.set(xscale="log", yscale="log", xlabel="staying rate without the feature", ylabel="accounts to follow")
    axes.set_xlim(rates[0] * 0.85, rates[-1] * 1.75)
    axes.set_xticks(rates, [f"{100 * r:g} %" for r in rates])
    axes.yaxis.set_major_formatter(_COUNT)
    axes.minorticks_off()
    parts = [
        f"odds ratio {odds_ratio:g}: "
        + ", ".join(f"{r.accounts:,.0f} at {100 * r.stays:g} %" for r in part[part["lost"].eq(middle)].itertuples())
        for odds_ratio, part in frame.groupby("odds_ratio")
    ]
    picture.alt = (
        "Falling lines on logarithmic axes: accounts to follow by the staying rate. With an attrition of"
        f" {100 * middle:g} %, {'; '.join(parts)}. Bands: attrition from {100 * lost[0]:g} to {100 * lost[-1]:g} %."
    )
    return picture
