"""Figures of the chapter on representations."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from rednote_study.plots.registry import figure
from rednote_study.plots.style import COLOURS, WIDTH

_VERSIONS = {
    "raw": ("published", "s"),
    "without format marks": ("older", "D"),
    "without marks and keywords": ("placebo", "^"),
    "words only": ("wave", "o"),
}
_MEASURES = {
    "english_chinese": "finds the\ntranslation",
    "misspelt": "finds a\nmisspelt word",
    "purity": "neighbours share\na hashtag",
}


def _comparison_alt(t: pd.DataFrame) -> str:
    parts = [
        f"{r.encoder}: translations {r.english_chinese:.0%}, misspelt words {r.misspelt:.0%}, neighbours {r.purity:.0%}"
        for r in t.itertuples()
    ]
    return "Three panels of dots, one row an encoder. " + "; ".join(parts) + "."


@figure(
    "representation-comparison",
    table="representation_comparison",
    title="What encoders know",
    caption=lambda t: (
        "Share of 200 English sentences whose nearest Chinese sentence is their translation; of misspelt "
        "words whose nearest word is the right one; and of a post's ten nearest posts that carry one of its "
        f"hashtags (dashed: any post, {t['purity_chance'].iloc[0]:.0%}). Bars are 95 % intervals."
    ),
    alt=_comparison_alt,
)
def representation_comparison(t: pd.DataFrame) -> Figure:
    """One panel a measure, one row an encoder."""
    t = t.iloc[::-1].reset_index(drop=True)
    fig, axes = plt.subplots(1, 3, figsize=(WIDTH, 3.3), sharey=True)
    for ax, (column, label) in zip(axes, _MEASURES.items(), strict=True):
        x = t[column] * 100
        if f"{column}_low" in t:
            errors = np.array([x - t[f"{column}_low"] * 100, t[f"{column}_high"] * 100 - x])
            ax.errorbar(x, t.index, xerr=errors.clip(0), fmt="o", color=COLOURS["wave"], ms=6, capsize=2)
        else:
            ax.plot(x, t.index, "o", color=COLOURS["wave"], ms=6)
        ax.set(xlim=(-6, 106), xlabel="%", ylim=(-0.6, len(t) - 0.4))
        ax.set_title(label, fontsize=9.5)
        ax.set_xticks([0, 50, 100])
    axes[2].axvline(t["purity_chance"].iloc[0] * 100, color=COLOURS["neutral"], ls="--", lw=1)
    axes[0].set_yticks(t.index, t["encoder"], fontsize=9)
    return fig


def _auc_alt(t: pd.DataFrame) -> str:
    parts = [f"{r.encoder}, {r.version}: {r.wave:.2f}, control {r.control:.2f}" for r in t.dropna().itertuples()]
    return "Areas under the curve with intervals, newcomers left, control group right. " + "; ".join(parts) + "."


@figure(
    "representation-auc",
    table="representation_auc",
    title="Telling who is seen later: four versions of the same texts",
    caption="Area under the ROC curve of a logistic regression on text vectors, with 95 % intervals (0.5: guessing). "
    "Left: newcomers, scored in folds that the model did not see. Right: accounts that did not come with the wave, "
    "scored by the model of the newcomers. What is high on both sides is the crawl.",
    alt=_auc_alt,
)
def representation_auc(t: pd.DataFrame) -> Figure:
    """Two panels, one row an encoder, one marker a version."""
    names = list(dict.fromkeys(t["encoder"]))[::-1]
    fig, axes = plt.subplots(1, 2, figsize=(WIDTH, 4.2), sharex=True, sharey=True)
    for ax, group in zip(axes, ("wave", "control"), strict=True):
        ax.axvline(0.5, color=COLOURS["neutral"], lw=1)
        for shift, (version, (colour, marker)) in zip((0.3, 0.1, -0.1, -0.3), _VERSIONS.items(), strict=True):
            rows = t[t["version"].eq(version)].set_index("encoder").reindex(names)
            x = rows[group]
            errors = np.array([x - rows[f"{group}_low"], rows[f"{group}_high"] - x])
            y = np.arange(len(names)) + shift
            ax.errorbar(x, y, xerr=errors, fmt=marker, color=COLOURS[colour], ms=6, capsize=2, label=version)
        ax.set_title({"wave": "newcomers", "control": "control group"}[group], fontsize=11)
        ax.set(xlim=(0.35, 1.02), xlabel="area under the curve")
    axes[0].set_yticks(range(len(names)), names, fontsize=9)
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=9.5)
    return fig


_THIRDS = {"under a third": "#F0E442", "a third to two thirds": "#56B4E9", "over two thirds": "#0072B2"}


def _map_alt(t: pd.DataFrame) -> str:
    if t.empty:
        return "No cell of the map has five users."
    counts = [", ".join(f"{t[c].eq(third).sum()} {third}" for third in _THIRDS) for c in ("chinese", "later")]
    return (
        f"Map of {len(t)} cells of posts, drawn twice. Cells with Chinese: {counts[0]}; with later posts: {counts[1]}."
    )


@figure(
    "representation-map",
    table="representation_map",
    title="A map of the posts",
    caption="First two principal components of sentence vectors of posts, hashtags, search words and format marks taken out. "
    "A dot is a cell with five users or more, its size their number; colour shows the share of posts with Chinese "
    "(above) and of posts after the first crawl (below), in thirds.",
    alt=_map_alt,
)
def representation_map(t: pd.DataFrame) -> Figure:
    """The same cells twice, coloured by language and by crawl."""
    fig, axes = plt.subplots(2, 1, figsize=(WIDTH, 7), sharex=True, sharey=True)
    titles = {"chinese": "posts with Chinese", "later": "posts after the first crawl"}
    for ax, (column, title) in zip(axes, titles.items(), strict=True):
        for third, colour in _THIRDS.items():
            cells = t[t[column].eq(third)]
            ax.scatter(cells["x"], cells["y"], s=8 * cells["users"], c=colour, edgecolor="black", lw=0.5, label=third)
        ax.set(ylabel="second component")
        ax.set_title(title, fontsize=11)
        ax.margins(0.12)
    axes[1].set_xlabel("first component")
    legend = fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=9.5)
    for handle in legend.legend_handles:
        handle.set_sizes([60])
    return fig
