"""Lorenz curves: how unequally something is shared."""

from __future__ import annotations

import pandas as pd

from rednote_study.plots.picture import Picture, colours_of, draws, label, new

__all__ = ["lorenz"]

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
    figure, (axis,) = new(3.9)
    axis.plot([0, 1], [0, 1], color="#444444", lw=1, ls=":", label="all the same")
    said = []
    for place, (name, paint) in enumerate(colours_of(frame[colour].unique()).items()):
        part = frame[frame[colour].eq(name)].sort_values(x)
        axis.plot(part[x], part[y], _LINES[place % 4], color=paint, lw=2, label=label(name))
        axis.fill_between(part[x], part["low"], part["high"], color=paint, alpha=0.25, lw=0)
        said += [
            f"{label(name)}: the lower {100 * p:.0f} % have {100 * s:.1f} %"
            for p, s in part[[x, y]].to_numpy()
            if round(p, 3) in (0.5, 0.9)
        ]
    axis.set(xlabel=xlabel or x, ylabel=ylabel or y, xlim=(0, 1), ylim=(0, 1))
    for which in (axis.xaxis, axis.yaxis):
        which.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
    axis.legend(loc="upper left", fontsize=10)
    figure.alt = f"Lorenz curves. {'; '.join(said) or 'Nothing to show'}."
    return figure
