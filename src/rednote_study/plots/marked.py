"""Points with intervals; those that a check found wanting are hollow."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rednote_study.plots.picture import Picture, draws, interval_text, label, name_marks, new
from rednote_study.plots.style import COLOURS


@draws
def marked(
    frame: pd.DataFrame,
    *,
    x: str,
    rows: str,
    good: tuple[str, object],
    names: tuple[str, str],
    xlabel: str = "",
    percent: bool = True,
    colour: str = COLOURS["wave"],
) -> Picture:
    """One point a row, filled where a column has the value that makes it good.

    Parameters
    ----------
    frame : pandas.DataFrame
        With ``low`` and ``high``, where there are intervals.
    x, rows : str
    good : tuple of (str, object)
        Column, and the value in it.
    names : tuple of str
        What filled and hollow points are called.
    xlabel : str
    percent : bool
        Whether the points are shares; else zero is marked.
    colour : str
    """
    figure, (axis,) = new(1.2 + sum(0.14 + 0.16 * (1 + str(r).count("\n")) for r in frame[rows]))
    fine, marks = frame[good[0]].eq(good[1]), {}
    frame = frame.assign(**{end: np.nan for end in ("low", "high") if end not in frame})
    for filled, name in zip((True, False), names, strict=True):
        part = frame.assign(y=range(len(frame))[::-1])[fine.eq(filled)]
        errors = [(part[x] - part["low"]).fillna(0), (part["high"] - part[x]).fillna(0)]
        style = {
            "fmt": "o",
            "color": colour,
            "mfc": colour if filled else "white",
            "ms": 7,
            "capsize": 3,
        }
        axis.errorbar(part[x], part["y"], xerr=errors, **style)
        ends = zip(part["high"].fillna(part[x]), part["low"].fillna(part[x]), part["y"], strict=True)
        marks[name] = [(axis, end, at) for *both, at in ends for end in both]
    axis.set_yticks(range(len(frame)), [label(n) for n in frame[rows]][::-1], fontsize=10)
    axis.set_xlabel(xlabel or x, loc="right")  # rows with long names leave little below the axis
    axis.set_ylim(-0.6, len(frame) - 0.4)
    if percent:
        axis.set_xlim(0, None)
        axis.xaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
    else:
        axis.axvline(0, color="#444444", lw=1, zorder=0)
    name_marks(figure, marks)
    parts = [
        f"{label(row)} ({names[0] if held else names[1]}): {interval_text(*values)}"
        for row, held, *values in zip(frame[rows], fine, frame[x], frame["low"], frame["high"], strict=True)
    ]
    figure.alt = f"Points, with 95 % intervals where there are any, {xlabel or x}. {'; '.join(parts)}."
    return figure
