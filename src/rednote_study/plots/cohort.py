"""Figures of the cohort chapter."""

from __future__ import annotations

import textwrap

import pandas as pd
from matplotlib import dates as mdates
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from rednote_study.plots.registry import figure
from rednote_study.plots.style import COLOURS, WIDTH


def _registrations_alt(t: pd.DataFrame) -> str:
    peak = t.loc[t["users"].idxmax()]
    return (
        f"Bars of accounts registered on each day of January and February 2025. The highest bar is {peak['day']:%d %B} "
        f"with {peak['users']:.0f} accounts; {t['users'].isna().sum()} days with one to four accounts are not shown."
    )


@figure(
    "cohort-registrations",
    table="cohort_registrations",
    title="When the accounts were registered",
    caption="Accounts by day of registration, read from their identifiers (UTC+8). Ticks mark days with one to "
    "four accounts, whose number is not shown. The shaded days are the wave, 9 to 31 January 2025.",
    alt=_registrations_alt,
)
def cohort_registrations(t: pd.DataFrame) -> Figure:
    """Bars by day with the two dates that matter."""
    fig, ax = plt.subplots(figsize=(WIDTH, 3.8))
    ax.axvspan(pd.Timestamp("2025-01-08 12:00"), pd.Timestamp("2025-01-31 12:00"), color=COLOURS["wave"], alpha=0.08)
    ax.bar(t["day"], t["users"], width=0.9, color=COLOURS["wave"])
    few = t[t["users"].isna()]
    ax.plot(few["day"], [0] * len(few), "|", color=COLOURS["neutral"], ms=10, label="1 to 4 accounts", clip_on=False)
    top = t["users"].max() if t["users"].notna().any() else 1
    ax.set_ylim(0, top * 1.25)
    marks = (("2025-01-13", "first in the US\nApp Store", 1.08, "right"), ("2025-01-19", "ban deadline", 0.7, "left"))
    for day, text, height, side in marks:
        shift = pd.Timedelta(hours=14) * (1 if side == "left" else -1)
        ax.axvline(pd.Timestamp(day), color=COLOURS["published"], lw=1, ls="--", zorder=0)
        ax.text(pd.Timestamp(day) + shift, top * height, text, color=COLOURS["published"], fontsize=10, ha=side)
    ax.xaxis.set_major_locator(mdates.DayLocator(bymonthday=[1, 9, 15, 22]))
    ax.xaxis.set_major_formatter(mdates.DateFormatter("%-d %b"))
    ax.set(ylabel="accounts registered")
    ax.grid(axis="x", visible=False)
    if len(few):
        ax.legend(loc="upper right", fontsize=10)
    return fig


def _flow_alt(t: pd.DataFrame) -> str:
    steps = "; ".join(f"{row.step}: {row.n:,.0f} {row.unit}" for row in t.itertuples())
    return f"A flow of boxes from top to bottom. {steps}."


@figure(
    "cohort-flow",
    table="cohort_flow",
    title="From rows to the cohort",
    caption="From the rows of the file to the analysis cohort and its label. Boxes at the right are left out at that "
    "step and stay in the book as what they are: quarantine, control group, late accounts.",
    alt=_flow_alt,
)
def cohort_flow(t: pd.DataFrame) -> Figure:
    """Boxes downwards, what is left out beside them."""
    fig, ax = plt.subplots(figsize=(WIDTH, 0.85 * len(t)))
    box = {"boxstyle": "round,pad=0.45", "ec": COLOURS["wave"], "fc": "#e8f1f8", "lw": 1.2}
    aside = {"boxstyle": "round,pad=0.4", "ec": COLOURS["left"], "fc": "#f4f4f4", "lw": 1}
    for i, row in enumerate(t.itertuples()):
        y = -i
        ax.text(0.3, y, f"{row.step}\n{row.n:,.0f} {row.unit}", ha="center", va="center", fontsize=10, bbox=box)
        if i:
            ax.annotate(
                "", (0.3, y + 0.27), (0.3, y + 0.73), arrowprops={"arrowstyle": "->", "color": COLOURS["neutral"]}
            )
        if row.left_out:
            text = f"{row.left_out:,.0f}: {row.why}".replace(": ", ":\n", 1)
            arrow = {"arrowstyle": "->", "color": COLOURS["left"]}
            ax.annotate("", (0.56, y + 0.5), (0.3, y + 0.5), arrowprops=arrow)
            ax.text(0.57, y + 0.5, text, ha="left", va="center", fontsize=9.5, bbox=aside)
    ax.set(xlim=(0, 1.12), ylim=(-len(t) + 0.5, 0.5))
    ax.axis("off")
    return fig


def _definitions_alt(t: pd.DataFrame) -> str:
    rows = t.dropna(subset="share")
    return "Shares with intervals. " + "; ".join(f"{r.definition}: {r.share:.1%}" for r in rows.itertuples()) + "."


@figure(
    "cohort-definitions",
    table="cohort_definitions",
    title="One question, many shares",
    caption="Share of users who 'stayed' by definition, with 95 % interval. All but the last row rest on the same posts.",
    alt=_definitions_alt,
)
def cohort_definitions(t: pd.DataFrame) -> Figure:
    """One row a definition."""
    t = t.dropna(subset="share").iloc[::-1].reset_index(drop=True)
    labels = [
        f"{textwrap.fill(d, 34)} ({k:,.0f} of {n:,.0f})"
        for d, k, n in zip(t["definition"], t["positive_users"], t["users"], strict=True)
    ]
    fig, ax = plt.subplots(figsize=(WIDTH, 0.62 * len(t) + 0.7))
    errors = [(t["share"] - t["low"]) * 100, (t["high"] - t["share"]) * 100]
    colours = [COLOURS["published"] if d.startswith("published") else COLOURS["wave"] for d in t["definition"]]
    ax.errorbar(t["share"] * 100, t.index, xerr=errors, fmt="none", ecolor=COLOURS["neutral"], capsize=3)
    ax.scatter(t["share"] * 100, t.index, color=colours, s=55, zorder=3)
    ax.set_yticks(t.index, labels, fontsize=9)
    ax.set(xlabel="share of users (%)", xlim=(-2, 102))
    return fig
