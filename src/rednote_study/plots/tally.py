"""Counts as squares, one for each thing counted."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.patches import Rectangle

from rednote_study.plots.picture import Picture, colours_of, draws, new


@draws
def tally(
    frame: pd.DataFrame, *, rows: str, value: str, colour: str, colours: Mapping[str, str] | None = None
) -> Picture:
    """One line a category, its name above its squares; those of the second series are hollow.

    Parameters
    ----------
    frame : pandas.DataFrame
    rows, value, colour : str
        Columns: the category, how many, and of what; one row for each pair.
    colours : mapping of str to str, optional
        Other colours than the book's, by value of `colour`.
    """
    names, series = list(frame[rows].unique()), list(frame[colour].unique())
    counts = frame.pivot(index=rows, columns=colour, values=value).loc[names, series]
    chosen, widest = colours_of(series, colours), max(1, int(counts.sum(axis=1).max()))
    picture, (axis,) = new(0.5 * len(names) + 0.4)
    for line, (name, row) in enumerate(counts.iterrows()):
        kinds = [s for s in series for _ in range(row[s])]
        for place, kind in enumerate(kinds):
            fill = chosen[kind] if kind == series[0] else "white"
            axis.add_patch(Rectangle((place, -line), 0.8, 0.42, facecolor=fill, edgecolor=chosen[kind], lw=1.6))
        counted = ", ".join(f"{s} {row[s]}" for s in series if row[s])
        axis.text(0, 0.5 - line, f"{name}: {counted}", fontsize=10.5, va="bottom")
    axis.set(xlim=(-0.2, widest + 0.2), ylim=(0.8 - len(names), 1))
    axis.axis("off")
    said = [f"{name}: {', '.join(f'{row[s]} of {s}' for s in series)}" for name, row in counts.iterrows()]
    picture.alt = f"One square for each. {'; '.join(said)}."
    return picture
