"""Shares that change with time, one curve a series."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from rednote_study.plots.picture import Picture, colours_of, draws, name_marks, new

_LINES, _MARKERS = ("-", "--", "-", "-."), "sDo^vP"


@draws
def curves(
    frame: pd.DataFrame,
    *,
    x: str,
    y: str,
    colour: str,
    labels: Mapping[str, str] | None = None,
    colours: Mapping[str, str] | None = None,
    xlabel: str = "",
    ylabel: str = "",
) -> Picture:
    """Curves of shares, as per cent, with their intervals; side by side where they have the same `x`.

    Parameters
    ----------
    frame : pandas.DataFrame
        With the intervals of `y` in ``low`` and ``high``.
    x, y, colour : str
        Columns.
    labels, colours : mapping of str to str, optional
        How the series are called, and other colours than the book's, by value of `colour`.
    xlabel, ylabel : str
    """
    names, labels = list(frame[colour].unique()), labels or {}
    figure, (axis,) = new(4)
    marks = {}
    chosen, shifts = colours_of(names, colours), np.linspace(-0.4, 0.4, max(len(names), 2))
    for place, name in enumerate(names):
        points = frame[frame[colour].eq(name)]
        low, high = points["low"].fillna(points[y]), points["high"].fillna(points[y])
        errors = np.array([points[y] - low, high - points[y]]).clip(0) * 100
        style = {"fmt": _MARKERS[place % 6] + _LINES[place % 4], "color": chosen[name], "ms": 6, "capsize": 2}
        at = points[x] + shifts[place]
        axis.errorbar(at, points[y] * 100, yerr=errors, **style)
        marks[labels.get(name, name)] = [(axis, *point) for point in zip(at, points[y] * 100, strict=True)][::-1]
    axis.set(xlabel=xlabel or x, ylabel=ylabel or y, ylim=(0, 103))
    name_marks(figure, marks)
    last = frame.dropna(subset=y).groupby(colour, sort=False).last()
    parts = [f"{labels.get(name, name)}: {row[y]:.0%} at {row[x]:.0f}" for name, row in last[[x, y]].iterrows()]
    figure.alt = f"Curves of {ylabel or y} by {xlabel or x}. {'; '.join(parts)}."
    return figure
