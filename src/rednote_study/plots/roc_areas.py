"""Areas under ROC curves."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rednote_study.plots.picture import Picture, colours_of, draws, name_series, new
from rednote_study.plots.style import COLOURS


@draws
def roc_areas(frame: pd.DataFrame, *, area: str, rows: str, colour: str) -> Picture:
    """One row each with its areas and their 95 % intervals (columns ``low`` and ``high``); a line marks chance.

    Parameters
    ----------
    frame : pandas.DataFrame
    area, rows, colour : str
        Columns: the area, what it was reached with, and what the colour tells.
    """
    names, groups = list(dict.fromkeys(frame[rows]))[::-1], list(dict.fromkeys(frame[colour]))
    picture, (axis,) = new(0.4 * len(names) + 0.8)
    axis.axvline(0.5, color=COLOURS["neutral"], lw=1, ls="--")
    first, shifts = [], np.linspace(0.2, -0.2, len(groups)) if len(groups) > 1 else [0]
    for (group, paint), marker, shift in zip(colours_of(groups).items(), "os^Dv" * len(groups), shifts, strict=False):
        part = frame[frame[colour].eq(group)].dropna(subset=area)
        y = np.array([names.index(name) for name in part[rows]]) + shift
        errors = np.array([part[area] - part["low"], part["high"] - part[area]])
        axis.errorbar(part[area], y, xerr=errors, fmt=marker, color=paint, ms=7, capsize=3)
        first += [(group, *ends, y[0]) for ends in part[["low", "high"]].head(1).to_numpy()]
    axis.set_yticks(range(len(names)), names, fontsize=10)
    axis.set(xlabel="AUC", xlim=(0.3, 1.02))
    name_series(axis, first)
    known = frame.dropna(subset=area)
    parts = [f"{name}, {group}: {value:.2f}" for name, group, value in known[[rows, colour, area]].to_numpy()]
    picture.alt = f"Areas under the ROC curve with intervals, 0.5 is chance. {'; '.join(parts)}."
    return picture
