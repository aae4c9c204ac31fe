"""Predicted probabilities against what came."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from rednote_study.plots.picture import Picture, colours_of, draws, new
from rednote_study.plots.style import COLOURS

_MARKERS = "os^DvP"


@draws
def reliability(
    frame: pd.DataFrame,
    *,
    x: str,
    y: str,
    panels: str,
    colours: Mapping[str, str] | None = None,
    xlabel: str = "predicted (%)",
    ylabel: str = "",
) -> Picture:
    """One calibration curve a panel, with the diagonal; shares as per cent.

    Parameters
    ----------
    frame : pandas.DataFrame
        With the intervals of `y` in ``low`` and ``high``.
    x, y, panels : str
        Columns: predicted, observed, and what there is a panel for.
    colours : mapping of str to str, optional
        Other colours than the book's, by value of `panels`.
    xlabel, ylabel : str
    """
    names = list(frame[panels].unique())
    figure, axes = new(
        0.4 + 2.4 * max(1, -(-len(names) // 2)), max(1, -(-len(names) // 2)), 2, sharex=True, sharey=True
    )
    chosen, top = colours_of(names, colours), float(np.nanmax([*(frame["high"].astype(float) * 100), 50]))
    for place, (axis, name) in enumerate(zip(axes, names, strict=False)):
        points = frame[frame[panels].eq(name)].dropna(subset=y)
        errors = np.array([points[y] - points["low"], points["high"] - points[y]], dtype=float).clip(0) * 100
        style = {"fmt": f"{_MARKERS[place % len(_MARKERS)]}-", "color": chosen[name], "ms": 6, "capsize": 2}
        axis.plot([0, 100], [0, 100], "--", color=COLOURS["neutral"], lw=1)
        axis.errorbar(points[x] * 100, points[y] * 100, yerr=errors, **style)
        axis.set_title(name, fontsize=11)
        axis.set(xlim=(0, top), ylim=(0, top))
    for axis in axes[len(names) :]:
        axis.set_axis_off()
    for axis in axes[-2:]:
        axis.set_xlabel(xlabel)
    for axis in axes[::2]:
        axis.set_ylabel(ylabel or y)
    shown = frame.dropna(subset=[x, y])
    parts = [f"{name}: predicted {p:.0%}, came {o:.0%}" for name, p, o in shown[[panels, x, y]].to_numpy()]
    figure.alt = f"Calibration curves with intervals and the diagonal. {'; '.join(parts)}."
    return figure
