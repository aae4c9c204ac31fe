"""ROC curves."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from rednote_study.plots.picture import Picture, colours_of, draws, name_marks, new
from rednote_study.plots.style import COLOURS

_LINES = ("-", "--", "-.", ":")


@draws
def roc(
    frame: pd.DataFrame,
    *,
    x: str,
    y: str,
    colour: str,
    area: str,
    colours: Mapping[str, str] | None = None,
    xlabel: str = "",
    ylabel: str = "",
) -> Picture:
    """One curve a series, named with its area, and the diagonal of no skill.

    Parameters
    ----------
    frame : pandas.DataFrame
    x, y, colour, area : str
        Columns: shares of false and of true positives, the series, and the area under its curve.
    colours : mapping of str to str, optional
        Other colours than the book's, by value of `colour`.
    xlabel, ylabel : str
    """
    groups = list(frame.groupby(colour, sort=False))
    figure, (axis,) = new(5)
    chosen = colours_of([name for name, _ in groups], colours)
    axis.plot([0, 1], [0, 1], ":", color=COLOURS["neutral"], lw=1.2)
    for place, (name, points) in enumerate(groups):
        axis.plot(points[x], points[y], _LINES[place % 4], color=chosen[name], lw=2)
    axis.set(xlabel=xlabel or x, ylabel=ylabel or y, xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    marks = {f"{n}: AUC {p[area].iloc[0]:.2f}": [(axis, *at) for at in p[[x, y]].to_numpy()] for n, p in groups}
    name_marks(figure, {"no skill": [(axis, 0.85, 0.85)], **marks})
    said = "; ".join(f"{name}: AUC {points[area].iloc[0]:.2f}" for name, points in groups)
    figure.alt = f"ROC curves and the diagonal. {said or 'No rows: too few users'}."
    return figure
