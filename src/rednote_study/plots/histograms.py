"""Histograms of counts on a logarithmic scale."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from rednote_study.plots.picture import Picture, colours_of, draws, label, name_marks, new


@draws
def histograms(
    frame: pd.DataFrame,
    *,
    height: str,
    panels: str,
    colour: str,
    colours: Mapping[str, str] | None = None,
    xlabel: str = "",
    ylabel: str = "",
) -> Picture:
    """Shares between edges that rise by about the same factor: one panel a count, bars of two groups side by side.

    Parameters
    ----------
    frame : pandas.DataFrame
        With the edges ``least`` and ``below``.
    height, panels, colour : str
        Columns; where the first is missing, a tick stands in place of the bar.
    colours : mapping of str to str, optional
        Other colours than the book's, by value of `colour`.
    xlabel, ylabel : str
    """
    names, groups = list(frame[panels].unique()), list(frame[colour].unique())
    edges = np.sort(frame["least"].unique())
    figure, axes = new(0.6 + 2.1 * ((len(names) + 1) // 2), (len(names) + 1) // 2, 2, sharex=True, sharey=True)
    chosen, width, said = colours_of(groups, colours), 0.84 / max(1, len(groups)), []
    marks = {label(group): [] for group in groups}
    for axis, name in zip(axes, names, strict=False):
        for place, group in enumerate(groups):
            bars = frame[frame[panels].eq(name) & frame[colour].eq(group)].set_index("least")[height].reindex(edges)
            x = np.arange(len(edges)) + (place + 0.5) * width + 0.08
            style = {"color": chosen[group], "hatch": "///" * place, "ec": "white", "lw": 0.4}
            axis.bar(x, 100 * bars.fillna(0), width, **style)
            marks[label(group)] += [(axis, *top) for top in zip(x, 100 * bars, strict=True)]
            axis.plot(x[bars.isna()], np.zeros(bars.isna().sum()), "|", color=chosen[group], ms=9)
            if bars.notna().any():
                said.append(f"{label(name)}, {group}: highest from {bars.idxmax():,}, {bars.max():.0%}")
        axis.set_title(label(name), fontsize=11)
        ticks = [n for n, edge in enumerate(edges) if edge == 0 or float(np.log10(edge)).is_integer()]
        axis.set_xticks(ticks, [f"{edges[n]:,}" for n in ticks], fontsize=10)
        axis.grid(axis="x", visible=False)
    for axis in axes[-2:]:
        axis.set_xlabel(xlabel)
    for axis in axes[::2]:
        axis.set_ylabel(ylabel)
    name_marks(figure, marks)
    figure.alt = f"Histograms with a logarithmic scale, one panel a count. {'; '.join(said)}."
    return figure
