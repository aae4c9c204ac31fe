"""Quantiles of counts as bars from the lower to the upper, on a logarithmic scale."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rednote_study.plots.picture import Picture, draws, label, new
from rednote_study.plots.style import COLOURS


@draws
def spreads(frame: pd.DataFrame, *, rows: str, panels: str, xlabel: str = "") -> Picture:
    """For each row and panel: the middle half as a bar, the middle eight tenths as a line, the median with its interval.

    Parameters
    ----------
    frame : pandas.DataFrame
        With ``q10``, ``q25``, ``median``, ``low``, ``high``, ``q75`` and ``q90``.
    rows, panels : str
    xlabel : str
    """
    names, groups = list(frame[rows].unique()), list(frame[panels].unique())
    figure, axes = new(1.4 + 0.42 * len(names), 1, max(1, len(groups)), sharey=True)
    said = []
    for axis, group in zip(axes, groups, strict=False):
        part = frame[frame[panels].eq(group)].set_index(rows).reindex(names)
        whole = (part["median"].dropna() % 0.5 == 0).all()
        place = (lambda v: np.log10(1 + v)) if whole else (lambda v: np.log10(np.maximum(v, 1e-3)))
        y = np.arange(len(names))[::-1]
        axis.hlines(y, place(part["q10"]), place(part["q90"]), color=COLOURS["wave"], lw=1.5)
        axis.hlines(y, place(part["q25"]), place(part["q75"]), color=COLOURS["wave"], lw=9, alpha=0.45)
        ends = [place(part["median"]) - place(part["low"]), place(part["high"]) - place(part["median"])]
        axis.errorbar(
            place(part["median"]),
            y,
            xerr=[np.maximum(e.fillna(0), 0) for e in ends],
            fmt="o",
            color="black",
            ms=5,
            capsize=3,
        )
        ticks = [0, 9, 99, 999] if whole else [0.1, 0.3, 1, 3]
        axis.set_xticks([float(place(np.float64(t))) for t in ticks], [f"{t:,}" for t in ticks], fontsize=10)
        axis.set_title(label(group), fontsize=10)
        said += [
            f"{label(group)}, {r}: {'too few users' if pd.isna(m) else f'{m:,.2f}'.rstrip('0').rstrip('.')}"
            for r, m in part["median"].items()
        ]
    axes[0].set_yticks(range(len(names)), [label(n) for n in names][::-1], fontsize=10)
    axes[0].set_ylim(-0.6, len(names) - 0.4)
    figure.supxlabel(xlabel, fontsize=10)
    figure.alt = f"Bars from quarter to three quarters with medians. Medians: {'; '.join(said)}."
    return figure
