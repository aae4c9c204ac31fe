"""Figures of the context chapter."""

from __future__ import annotations

import textwrap

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from rednote_study.plots.registry import figure
from rednote_study.plots.style import COLOURS, WIDTH


def _timeline_alt(t: pd.DataFrame) -> str:
    events = "; ".join(f"{row.day:%d %B %Y}: {row.subject}" for row in t.itertuples())
    return f"A vertical list of {len(t)} dated events, earliest on top. {events}."


@figure(
    "context-timeline",
    table="context_timeline",
    title="What happened, December 2024 to February 2025",
    caption="Dated events around the move from TikTok to Xiaohongshu, as the sources report them. "
    "The distance between two events is not to scale; the sources stand in the table of events.",
    alt=_timeline_alt,
)
def context_timeline(t: pd.DataFrame) -> Figure:
    """One line an event, top to bottom, so that it reads on a phone."""
    labels = [textwrap.fill(s, 52) for s in t["subject"]]
    heights = [1 + label.count("\n") * 0.75 for label in labels]
    tops = pd.Series([0.0, *heights[:-1]]).cumsum()
    fig, ax = plt.subplots(figsize=(WIDTH, 0.42 * sum(heights) + 0.4))
    ax.plot([0, 0], [-tops.iloc[0], -tops.iloc[-1]], color=COLOURS["left"], lw=2, zorder=1)
    for row, label, top in zip(t.itertuples(), labels, tops, strict=True):
        decisive = "ban" in label.lower() or "law" in label.lower()
        colour, marker = (COLOURS["published"], "s") if decisive else (COLOURS["wave"], "o")
        ax.plot(0, -top, marker=marker, color=colour, ms=8, zorder=2)
        ax.text(-0.35, -top, f"{row.day.day} {row.day:%b %Y}", ha="right", va="center", fontsize=10, weight="bold")
        ax.text(0.35, -top + 0.2, label, ha="left", va="top", fontsize=10, linespacing=1.15)
    ax.set(xlim=(-3.1, 10), ylim=(-tops.iloc[-1] - heights[-1], 0.6))
    ax.axis("off")
    return fig


_UNITS = {"hashtag_views": "views", "hashtag_discussions": "discussions"}


@figure(
    "context-hashtag",
    table="context_disagreements",
    title="One hashtag, several figures",
    caption="Views and discussions of the TikTok refugee hashtag as three press articles of January 2025 report them, "
    "on a scale where each step is ten times the last. Only one article gives a day. Claims, not measurements.",
    alt=lambda t: (
        "Dots on a logarithmic scale. "
        + "; ".join(
            f"{row.source}: {row.value:,.0f} {_UNITS[row.quantity]}" for row in t.itertuples() if row.quantity in _UNITS
        )
        + "."
    ),
)
def context_hashtag(t: pd.DataFrame) -> Figure:
    """Dots on a logarithmic axis, one row a claim."""
    t = t[t["quantity"].isin(_UNITS)].sort_values(["quantity", "value"]).reset_index(drop=True)
    fig, ax = plt.subplots(figsize=(WIDTH, 0.55 * len(t) + 0.9))
    for quantity, marker, colour in (("hashtag_views", "o", "wave"), ("hashtag_discussions", "s", "published")):
        rows = t[t["quantity"].eq(quantity)]
        ax.scatter(rows["value"], rows.index, s=70, marker=marker, color=COLOURS[colour], label=_UNITS[quantity])
    for row in t.itertuples():
        ax.annotate(
            f"{row.value:,.0f}", (row.value, row.Index), (0, 9), textcoords="offset points", ha="center", fontsize=10
        )
    day = [
        f"{d:%d Jan}" if isinstance(d, pd.Timestamp) and not pd.isna(d) else "no day" for d in pd.to_datetime(t["date"])
    ]
    ax.set_yticks(
        t.index, [f"{s.removesuffix('2025')}\n({d})" for s, d in zip(t["source"], day, strict=True)], fontsize=10
    )
    ax.set(xscale="log", xlim=(8e4, 2e9), ylim=(-0.6, len(t) - 0.2), xlabel="reported number (logarithmic scale)")
    ax.legend(loc="lower right", fontsize=10)
    return fig
