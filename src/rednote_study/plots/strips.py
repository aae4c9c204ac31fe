"""Single runs as points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from rednote_study.plots.picture import Picture, colours_of, draws, new
from rednote_study.plots.style import COLOURS

__all__ = ["strips"]

_MARKERS = "o^sD"


@draws
def strips(
    frame: pd.DataFrame,
    summary: pd.DataFrame,
    *,
    x: Sequence[str],
    rows: Sequence[str],
    filled: tuple[str, str],
    labels: Mapping[str, str] | None = None,
    colours: Mapping[str, str] | None = None,
    line: str = "published",
    reference: float = 0.5,
    xlabel: str = "",
) -> Picture:
    """One strip of points for each column `x` in each row, spread by their order, with a bar at their mean.

    Parameters
    ----------
    frame, summary : pandas.DataFrame
        The runs, and one that knows what they are compared with.
    x, rows : sequence of str
        Columns: the numbers, and what makes a row.
    filled : tuple of str
        Column, and the value for which points are filled; the others are hollow.
    labels, colours : mapping of str to str, optional
        How the columns `x` are called, and their colours.
    line : str
        Column of `summary` whose first number is drawn as a line.
    reference : float
        Where a dotted line is drawn.
    xlabel : str
    """
    groups, labels = list(frame.groupby(list(rows), sort=False)), labels or {}
    chosen, shifts = colours_of(x, colours), np.linspace(0.18, -0.18, len(x)) if len(x) > 1 else [0]
    figure, (axis,) = new(1.4 + max(1, len(groups)))
    for place, (_, group) in enumerate(groups[::-1]):
        for number, (column, shift) in enumerate(zip(x, shifts, strict=True)):
            for value, own in group.groupby(filled[0], sort=False):
                heights = place + shift + np.linspace(-0.11, 0.11, len(own))
                full = value == filled[1]
                style = {"marker": _MARKERS[number], "s": 20, "lw": 0.9, "edgecolors": chosen[column]}
                label = labels.get(column, column) if full and place == 0 else None
                axis.scatter(own[column], heights, facecolors=chosen[column] if full else "none", label=label, **style)
            mean = group[column].mean()
            axis.plot([mean, mean], [place + shift - 0.16, place + shift + 0.16], color="black", lw=2.2)
    known = {"color": COLOURS["published"], "lw": 1.6, "label": f"{line}, {labels.get(x[0], x[0])}"}
    axis.axvline(float(summary[line].iloc[0]), **known)
    axis.axvline(reference, color=COLOURS["neutral"], lw=1.2, ls=":", label="no skill")
    axis.set_yticks(range(len(groups)), ["\n".join(map(str, key)) for key, _ in groups[::-1]], fontsize=10)
    axis.set(xlabel=xlabel or x[0], ylim=(-0.6, len(groups) - 0.4))
    axis.grid(axis="y", visible=False)
    figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=10)
    said = [
        f"{', '.join(map(str, key))}: " + ", ".join(f"{labels.get(c, c)} {group[c].mean():.2f}" for c in x)
        for key, group in groups
    ]
    figure.alt = f"{len(groups)} rows, each with {len(x)} strips of points. Means: {'; '.join(said)}."
    return figure
