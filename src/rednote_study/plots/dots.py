"""Numbers with their intervals over categories, one panel above the other."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import numpy as np
import pandas as pd

from rednote_study.plots.picture import Picture, colours_of, draws, new
from rednote_study.plots.style import COLOURS

_MARKERS = "xos^DvP"


@draws
def dots(
    frame: pd.DataFrame,
    *,
    x: str,
    y: str,
    colour: str,
    panels: str,
    titles: Mapping[str, str],
    colours: Mapping[str, str] | None = None,
    reference: float = 0.5,
    ylabel: str = "",
    ylim: tuple[float, float] | None = None,
) -> Picture:
    """One panel for each title, one column a category, one colour and marker a series.

    Parameters
    ----------
    frame : pandas.DataFrame
        With the intervals of `y` in ``low`` and ``high``.
    x, y, colour, panels : str
        Columns.
    titles : mapping of str to str
        Of the panels, by value of the column `panels`; others are not drawn.
    colours : mapping of str to str, optional
        Other colours than the book's, by value of `colour`.
    reference : float
        Where a line is drawn.
    ylabel : str
    ylim : tuple of float, optional
    """
    categories, names = list(frame[x].unique()), list(frame[colour].unique())
    figure, axes = new(1.0 + 0.95 * len(titles), len(titles), sharex=True, sharey=True)
    chosen, shifts = colours_of(names, colours), np.linspace(-0.3, 0.3, max(len(names), 2))
    for axis, (panel, title) in zip(axes, titles.items(), strict=True):
        axis.axhline(reference, color=COLOURS["neutral"], lw=1)
        for place, name in enumerate(names):
            points = frame[frame[panels].eq(panel) & frame[colour].eq(name)].set_index(x).reindex(categories)
            errors = np.array([points[y] - points["low"], points["high"] - points[y]]).clip(0)
            style = {
                "fmt": _MARKERS[place % len(_MARKERS)],
                "color": chosen[name],
                "ms": 6,
                "capsize": 2,
                "mfc": "white" if place > 3 else None,
            }
            axis.errorbar(np.arange(len(categories)) + shifts[place], points[y], yerr=errors, label=name, **style)
        axis.set_title(title, fontsize=11)
        axis.set(ylim=ylim)
    axes[-1].set_xticks(range(len(categories)), [textwrap.fill(str(c), 13) for c in categories], fontsize=10)
    figure.supylabel(ylabel or y, fontsize=10)
    style = {"loc": "outside lower center", "ncols": 3, "columnspacing": 1.2, "fontsize": 10}
    figure.legend(*axes[0].get_legend_handles_labels(), **style)
    drawn = frame[frame[panels].isin(list(titles))].dropna(subset=y)
    parts = [f"{', '.join(map(str, keys))}: {value:.2f}" for *keys, value in drawn[[panels, x, colour, y]].to_numpy()]
    figure.alt = f"{ylabel or y} with intervals, {len(titles)} panels. {'; '.join(parts)}."
    return figure
