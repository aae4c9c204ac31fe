"""Lorenz curves: how unequally something is shared."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rednote_study.plots.picture import Picture, colours_of, draws, label, new

_BESIDE = {"textcoords": "offset points", "fontsize": 10}
_LINES = ("-", "--", "-.", ":")


@draws
def lorenz(frame: pd.DataFrame, *, x: str, y: str, colour: str, xlabel: str = "", ylabel: str = "") -> Picture:
    """One curve for each value of `colour`, with its interval, and the diagonal of equal shares.

    Parameters
    ----------
    frame : pandas.DataFrame
        With ``low`` and ``high``.
    x, y, colour : str
    xlabel, ylabel : str
    """
    figure, (axis,) = new(3.6)
    axis.plot([0, 1], [0, 1], color="#444444", lw=1, ls=":")
    axis.annotate("all the same", (0.5, 0.5), (-6, 6), ha="right", **_BESIDE)
    said = []
    for place, (name, paint) in enumerate(colours_of(frame[colour].unique()).items()):
        part = frame[frame[colour].eq(name)].sort_values(x)
        axis.plot(part[x], part[y], _LINES[place % 4], color=paint, lw=2)
        axis.fill_between(part[x], part["low"], part["high"], color=paint, alpha=0.25, lw=0)
        at = (0.9 - 0.25 * place, 0.22 + 0.14 * place)
        arrow = {"arrowstyle": "-", "color": paint, "lw": 1.2, "shrinkA": 0, "shrinkB": 0}
        reached = (0.93, float(np.interp(0.93, part[x], part[y])))
        axis.annotate(label(name), reached, at, ha="right", va="bottom", fontsize=10, arrowprops=arrow)
        said += [
            f"{label(name)}: the lower {100 * p:.0f} % have {100 * s:.1f} %"
            for p, s in part[[x, y]].to_numpy()
            if round(p, 3) in (0.5, 0.9)
        ]
    axis.set(xlabel=xlabel or x, ylabel=ylabel or y, xlim=(0, 1), ylim=(0, 1))
    for which in (axis.xaxis, axis.yaxis):
        which.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
    figure.alt = f"Lorenz curves. {'; '.join(said) or 'Nothing to show'}."
    return figure
