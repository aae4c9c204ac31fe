"""Figures of the behaviour chapter."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import dates as mdates
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from rednote_study.plots.data import CRAWLS
from rednote_study.plots.registry import figure
from rednote_study.plots.style import COLOURS, WIDTH

_COUNTS = ("like_count", "collect_count", "comment_count", "share_count")
_NAMES = {c: c.removesuffix("_count") + "s" for c in _COUNTS}
_ROWS = {
    "wave at risk": ("wave", "o", "wave: seen later or not"),
    "control": ("control", "s", "control: seen later or not"),
    "difference": ("neutral", "D", "wave minus control"),
    "placebo": ("placebo", "^", "placebo: two parts of one crawl"),
}


def _effects_alt(t: pd.DataFrame) -> str:
    t = t[t["contrast"].isin(_ROWS)].dropna(subset="delta")
    parts = [f"{_NAMES[r.count]}, {r.contrast}: {r.delta:+.2f} ({r.low:+.2f} to {r.high:+.2f})" for r in _named(t)]
    return "Cliff's delta with 95 % intervals by count and comparison. " + "; ".join(parts) + "."


def _named(t: pd.DataFrame) -> list:
    """Rows as named tuples; the column ``count`` would hide the tuple's own method otherwise."""
    return list(t.itertuples(index=False, name="Row"))


@figure(
    "behaviour-effects",
    table="behaviour_effects",
    title="Do users seen later get more attention?",
    caption="Difference in likes, collects, comments and shares between users seen from February on and users seen in "
    "January only, as Cliff's delta (0: no difference, 1: always higher) with 95 % interval. The placebo compares two "
    "parts of one crawl, which cannot differ in staying.",
    alt=_effects_alt,
)
def behaviour_effects(t: pd.DataFrame) -> Figure:
    """Forest plot, one block a count."""
    fig, ax = plt.subplots(figsize=(WIDTH, 5.2))
    ax.axvline(0, color=COLOURS["neutral"], lw=1)
    for shift, (contrast, (colour, marker, label)) in zip((0.27, 0.09, -0.09, -0.27), _ROWS.items(), strict=True):
        rows = t[t["contrast"].eq(contrast)].set_index("count").reindex(_COUNTS)
        errors = [rows["delta"] - rows["low"], rows["high"] - rows["delta"]]
        y = np.arange(len(rows))[::-1] + shift
        ax.errorbar(rows["delta"], y, xerr=errors, fmt=marker, color=COLOURS[colour], ms=7, capsize=3, label=label)
    ax.set_yticks(range(len(_COUNTS)), [_NAMES[c] for c in _COUNTS][::-1], fontsize=11)
    ax.set(xlabel="Cliff's delta: lower counts  ←  0  →  higher counts", xlim=(-0.85, 0.85))
    fig.legend(loc="outside lower center", ncols=2, fontsize=9.5)
    return fig


@figure(
    "behaviour-violins",
    table="behaviour_density",
    title="Counts of users, by group and by when they were seen",
    caption="Estimated distribution of counts per user (logarithmic; the outer twentieth of users at each end, five "
    "at least, is cut off): upper half seen from February on, lower half in January only.",
    alt=lambda t: (
        "Split violins, one row a count, for the wave and the control group. "
        "Modes: "
        + "; ".join(
            f"{g}, {a}, {_NAMES[c]}: {10 ** rows.loc[rows['density'].idxmax(), 'log_count'] - 1:,.0f}"
            for (g, a, c), rows in t.groupby(["group", "arm", "count"])
        )
        + "."
    ),
)
def behaviour_violins(t: pd.DataFrame) -> Figure:
    """Half a violin upwards for later, downwards for January; one panel a group."""
    fig, axes = plt.subplots(1, 2, figsize=(WIDTH, 4.2), sharex=True, sharey=True)
    for ax, group in zip(axes, ("wave at risk", "control"), strict=True):
        for (arm, count), rows in t[t["group"].eq(group)].groupby(["arm", "count"]):
            later = arm == "seen later"
            base = len(_COUNTS) - 1 - _COUNTS.index(count)
            height = 0.42 * rows["density"] / rows["density"].max() * (1 if later else -1)
            colour = COLOURS["retained"] if later else COLOURS["left"]
            label = arm if count == _COUNTS[0] else None
            ax.fill_between(
                rows["log_count"], base, base + height, color=colour, alpha=0.85, lw=0.8, ec="black", label=label
            )
        ax.set_title(group, fontsize=11)
        ax.set_xticks(range(5), ["0", "9", "99", "999", "9,999"], fontsize=9)
        ax.set_xlabel("count per user")
    axes[0].set_yticks(range(len(_COUNTS)), [_NAMES[c] for c in _COUNTS][::-1], fontsize=10)
    handles, labels = axes[0].get_legend_handles_labels()
    if handles:
        fig.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=10)
    return fig


def _daily_alt(t: pd.DataFrame) -> str:
    here = t.dropna(subset="users")
    if here.empty:
        return "Users per day; no day has five users or more."
    peak = here.loc[here["users"].idxmax()]
    return (
        f"Users with a post on each day, by crawl, with the published chart as a line. "
        f"The peak is {peak['day']:%d %B} with {peak['users']:,.0f} users; the published peak is "
        f"{t.loc[t['published'].idxmax(), 'day']:%d %B} with {t['published'].max():,.0f}."
    )


@figure(
    "behaviour-daily",
    table="behaviour_daily",
    title="Users per day",
    caption="Users with a post on each day (days with fewer than five are left out), and the published chart of the full "
    "data, read off to about five users.",
    alt=_daily_alt,
)
def behaviour_daily(t: pd.DataFrame) -> Figure:
    """Bars by crawl, published values as a line."""
    fig, ax = plt.subplots(figsize=(WIDTH, 3.8))
    chart = t.dropna(subset="published").drop_duplicates("day")
    ax.plot(chart["day"], chart["published"], "-o", color=COLOURS["neutral"], ms=4, lw=1, label="published chart")
    for (crawl, rows), (colour, _) in zip(t.dropna(subset="crawl").groupby("crawl"), CRAWLS, strict=False):
        ax.bar(rows["day"], rows["users"], width=0.85, color=COLOURS[colour], label=f"here, crawl {crawl:.0f}")
    ax.set(yscale="symlog", ylabel="users (logarithmic scale)", ylim=(0, None))
    ax.set_yticks([0, 10, 100, 1000], ["0", "10", "100", "1,000"])
    ax.xaxis.set_major_locator(mdates.DayLocator(bymonthday=[1, 13, 22]))
    ax.xaxis.set_major_formatter(mdates.DateFormatter("%-d %b"))
    fig.legend(loc="outside lower center", ncols=3, fontsize=10)
    return fig


@figure(
    "behaviour-correlations",
    table="behaviour_correlations",
    title="How counts go together",
    caption="Correlations between the counts of January users: the published values and those computed here, with 95 % "
    "intervals. Pearson's correlation of such skewed counts hangs on a few users, hence its wide intervals.",
    alt=lambda t: (
        "Dots with intervals by pair of counts. "
        + "; ".join(
            f"{r.pair}: published {r.published:.2f}, Pearson here {r.pearson:.2f}, Spearman here {r.spearman:.2f}"
            for r in t.itertuples()
        )
        + "."
    ),
)
def behaviour_correlations(t: pd.DataFrame) -> Figure:
    """Three dots a pair."""
    y = np.arange(len(t))[::-1]
    fig, ax = plt.subplots(figsize=(WIDTH, 3.9))
    for name, colour, marker, shift in (("pearson", "wave", "o", 0), ("spearman", "younger", "s", -0.2)):
        errors = [t[name] - t[f"{name}_low"], t[f"{name}_high"] - t[name]]
        label = f"{name.title()}, here"
        ax.errorbar(t[name], y + shift, xerr=errors, fmt=marker, color=COLOURS[colour], ms=7, capsize=3, label=label)
    ax.scatter(
        t["published"], y + 0.2, marker="X", s=70, color=COLOURS["published"], label="Pearson, published", zorder=3
    )
    ax.set_yticks(y, t["pair"], fontsize=10)
    ax.set(xlabel="correlation", xlim=(0, 1.03))
    fig.legend(loc="outside lower center", ncols=3, fontsize=10)
    return fig
