"""Figures of the data chapter."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from rednote_study.plots.registry import figure
from rednote_study.plots.style import COLOURS, WIDTH

CRAWLS = (("wave", "o"), ("published", "s"), ("younger", "^"), ("placebo", "D"))
"""Colour and marker of the first, second, ... crawl."""


def _marks_alt(t: pd.DataFrame) -> str:
    wide = t.pivot(index="mark", columns="crawl", values="share")
    parts = [f"{m}: " + ", ".join(f"{s:.0%} in crawl {c}" for c, s in row.items()) for m, row in wide.iterrows()]
    return "Dot plot of the share of posts with each mark, by crawl. " + "; ".join(parts) + "."


@figure(
    "data-marks",
    table="data_marks",
    title="Marks of the crawls",
    caption="Share of posts that carry each mark, by crawl. A mark that is in nearly all posts of one crawl and in "
    "none of the other says how the posts were collected, not who wrote them.",
    alt=_marks_alt,
)
def data_marks(t: pd.DataFrame) -> Figure:
    """One row a mark, one dot a crawl."""
    order = t.groupby("mark")["share"].agg(np.ptp).sort_values().index
    fig, ax = plt.subplots(figsize=(WIDTH, 0.42 * len(order) + 1))
    for (crawl, rows), (colour, marker) in zip(t.groupby("crawl"), CRAWLS, strict=False):
        y = order.get_indexer(rows["mark"])
        ax.scatter(rows["share"] * 100, y, s=70, marker=marker, color=COLOURS[colour], label=f"crawl {crawl}", zorder=3)
    spans = t.groupby("mark")["share"].agg(["min", "max"]).loc[order] * 100
    ax.hlines(range(len(order)), spans["min"], spans["max"], color=COLOURS["left"], lw=2, zorder=2)
    ax.set_yticks(range(len(order)), order, fontsize=10)
    ax.set(xlabel="share of the crawl's posts (%)", xlim=(-3, 103))
    ax.legend(loc="lower right", fontsize=10, frameon=True)
    return fig


def _fingerprints_alt(t: pd.DataFrame) -> str:
    parts = [f"{row.mark}, {row.group}: {row.auc:.2f}" for row in t.itertuples() if not pd.isna(row.auc)]
    return "Areas under the ROC curve with intervals, 0.5 is chance. " + "; ".join(parts) + "."


@figure(
    "data-fingerprints",
    table="data_fingerprints",
    title="The crawl, predicted from its marks",
    caption="Area under the ROC curve (0.5: chance, 1: perfect) with 95 % interval of a model that knows nothing but a "
    "mark of the crawl and says who is seen from February on. Where it does as well among accounts that did not come "
    "with the wave (control), it has learnt the crawl.",
    alt=_fingerprints_alt,
)
def data_fingerprints(t: pd.DataFrame) -> Figure:
    """One row a mark, wave above control."""
    marks = list(dict.fromkeys(t["mark"]))[::-1]
    fig, ax = plt.subplots(figsize=(WIDTH, 0.5 * len(marks) + 1))
    ax.axvline(0.5, color=COLOURS["neutral"], lw=1, ls="--")
    for group, colour, marker, shift in (("wave", "wave", "o", 0.13), ("control", "control", "s", -0.13)):
        rows = t[t["group"].eq(group)].dropna(subset="auc")
        y = np.array([marks.index(m) for m in rows["mark"]]) + shift
        errors = np.array([rows["auc"] - rows["low"], rows["high"] - rows["auc"]])
        ax.errorbar(rows["auc"], y, xerr=errors, fmt=marker, color=COLOURS[colour], ms=7, capsize=3, label=group)
    ax.set_yticks(range(len(marks)), marks, fontsize=10)
    ax.set(xlabel="area under the ROC curve", xlim=(0.3, 1.02))
    ax.legend(loc="upper left", fontsize=10, frameon=True)
    return fig
