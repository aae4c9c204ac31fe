"""Figures of the chapter on topics."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from rednote_study.plots.registry import figure
from rednote_study.plots.style import COLOURS, WIDTH


def _choice_alt(t: pd.DataFrame) -> str:
    parts = [
        f"{r.method} with {r.topics}: coherence {r.coherence:+.2f} (chance {r.coherence_chance:+.2f}), "
        f"stability {r.stability:.2f} (chance {r.stability_chance:.2f})"
        for r in t.itertuples()
    ]
    return "Coherence and stability by number of topics. " + "; ".join(parts) + "."


@figure(
    "topic-choice",
    table="topic_choice",
    title="How many topics?",
    caption="Coherence (NPMI of ten words) and stability (agreement with topics from random four fifths of the posts; "
    "1 is the same) by number of topics. Dashed: the same after all words were dealt anew among the "
    "posts. The ring marks the choice, the square the other method (LDA) at the same number.",
    alt=_choice_alt,
)
def topic_choice(t: pd.DataFrame) -> Figure:
    """Two panels: coherence; stability with what chance gives."""
    fig, axes = plt.subplots(2, 1, figsize=(WIDTH, 5), sharex=True)
    nmf, lda, chosen = t[t["method"].eq("NMF")], t[t["method"].eq("LDA")], t[t["chosen"].astype(bool)]
    for ax, column in zip(axes, ("coherence", "stability"), strict=True):
        ax.plot(nmf["topics"], nmf[column], "o-", color=COLOURS["wave"], label="NMF")
        ax.plot(nmf["topics"], nmf[f"{column}_chance"], "--", color=COLOURS["neutral"], label="NMF, words dealt anew")
        ax.plot(lda["topics"], lda[column], "s", color=COLOURS["older"], ms=8, label="LDA")
        ax.plot(
            chosen["topics"], chosen[column], "o", ms=14, mfc="none", mec=COLOURS["published"], mew=2, label="choice"
        )
    axes[0].set_ylabel("coherence")
    axes[1].set(ylabel="stability", xlabel="topics", ylim=(0, 1))
    fig.legend(*axes[1].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=10)
    return fig


_CONTRASTS = {
    "change": ("low", "high", "wave", "o", "newcomers: seen later minus not"),
    "placebo": ("placebo_low", "placebo_high", "placebo", "^", "placebo: two parts of the first crawl"),
}


def _shares_alt(t: pd.DataFrame) -> str:
    parts = [f"{r.topic}: {r.change * 100:+.0f} points" for r in t.dropna(subset="change").itertuples()]
    return "Dots with intervals by topic, and a placebo beside each. " + "; ".join(parts) + "."


@figure(
    "topic-shares",
    table="topic_shares",
    title="Topics of newcomers seen later and not seen later",
    caption="Difference in the mean share of a topic in users' words, newcomers seen later minus newcomers not seen "
    "later, with 95 % interval; and the same difference between two parts of the first crawl, in which nothing about "
    "staying can be seen. The row without a topic is a share of users.",
    alt=_shares_alt,
)
def topic_shares(t: pd.DataFrame) -> Figure:
    """One row a topic, largest change on top."""
    t = t.dropna(subset="change").sort_values("change").reset_index(drop=True)
    fig, ax = plt.subplots(figsize=(WIDTH, 0.5 * len(t) + 1.5))
    ax.axvline(0, color=COLOURS["neutral"], lw=1)
    for shift, (column, (low, high, colour, marker, label)) in zip((0.14, -0.14), _CONTRASTS.items(), strict=True):
        errors = np.array([t[column] - t[low], t[high] - t[column]]) * 100
        style = {"fmt": marker, "color": COLOURS[colour], "ms": 6, "capsize": 2, "label": label}
        ax.errorbar(t[column] * 100, t.index + shift, xerr=errors, **style)
    ax.set_yticks(t.index, t["topic"], fontsize=9.5)
    ax.set(xlabel="difference (percentage points)", ylim=(-0.7, len(t) - 0.3))
    fig.legend(loc="outside lower center", ncols=1, fontsize=9.5)
    return fig
