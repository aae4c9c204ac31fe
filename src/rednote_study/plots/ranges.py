"""Means of runs with their range, beside what chance gives."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from rednote_study.plots.picture import Picture, colours_of, draws, name_marks, new
from rednote_study.plots.style import COLOURS

_MARKERS = "os^"


@draws
def ranges(
    frame: pd.DataFrame,
    *,
    x: Mapping[str, str],
    rows: str,
    chance: tuple[str, str],
    labels: Mapping[str, str] | None = None,
    colours: Mapping[str, str] | None = None,
    below: int = 0,
    reference: float = 0.5,
    xlabel: str = "",
) -> Picture:
    """One row for each value of `rows`: a symbol for each column, and a bar for the range of chance.

    Parameters
    ----------
    frame : pandas.DataFrame
    x : mapping of str to str
        Columns, and how those of their range begin (``auc`` for ``auc_min`` and ``auc_max``).
    rows : str
        Column.
    chance : tuple of str
        Columns of the ends of what chance gives the first of `x`.
    labels, colours : mapping of str to str, optional
        How the columns `x` are called, and their colours.
    below : int
        So many rows stand below a line.
    reference : float
        Where a dotted line is drawn.
    xlabel : str
    """
    labels, chosen = labels or {}, colours_of(x, colours)
    figure, (axis,) = new(1.6 + 0.45 * max(1, len(frame)))
    places, shifts = np.arange(len(frame))[::-1], np.linspace(0.13, -0.13, len(x)) if len(x) > 1 else [0.0]
    low, high = (frame[end].to_numpy(float) for end in chance)
    bars = {"left": low, "height": 0.24, "color": COLOURS["none"], "alpha": 0.6}
    axis.barh(places + shifts[0], high - low, **bars)
    marks = {}
    axis.use_sticky_edges = False
    for number, (column, beginning) in enumerate(x.items()):
        mean, least, most = (frame[c].to_numpy(float) for c in (column, f"{beginning}_min", f"{beginning}_max"))
        errors = np.clip([mean - least, most - mean], 0, None)
        style = {"fmt": _MARKERS[number], "color": chosen[column], "ms": 6.5, "capsize": 3}
        axis.errorbar(mean, places + shifts[number], xerr=errors, **style)
        marks[labels.get(column, column)] = _ends(axis, least, most, places + shifts[number])
    axis.axvline(reference, color=COLOURS["neutral"], lw=1.2, ls=":")
    marks[f"{labels.get(next(iter(x)), '')} by chance".strip()] = _ends(axis, low, high, places + shifts[0])
    marks["no skill"] = [(axis, reference, place - 0.4) for place in places[::-1]]
    if below:
        axis.axhline(below - 0.5, color=COLOURS["neutral"], lw=1)
    axis.set_yticks(places, frame[rows], fontsize=10)
    axis.set(xlabel=xlabel, ylim=(-0.6, max(len(frame), 1) - 0.4))
    axis.margins(x=0.04)
    axis.grid(axis="y", visible=False)
    name_marks(figure, marks)
    parts = [
        f"{row[0]}: " + ", ".join(f"{labels.get(c, c)} {v:.2f}" for c, v in zip(x, row[1:], strict=True))
        for row in frame[[rows, *x]].to_numpy()
    ]
    figure.alt = f"Symbols with ranges, by {rows}. {'; '.join(parts) or 'No rows: too few users'}."
    return figure


def _ends(axis: Axes, least: np.ndarray, most: np.ndarray, places: np.ndarray) -> list[tuple[Axes, float, float]]:
    return [(axis, end, place) for *ends, place in zip(most, least, places, strict=True) for end in ends]
