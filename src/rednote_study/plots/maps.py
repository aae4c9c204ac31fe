"""Maps of points that were counted in the cells of a grid."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from rednote_study.plots.picture import Picture, draws, new
from rednote_study.plots.style import COLOURS

_THIRDS = {
    "under a third": "#F2EBD0",
    "a third to two thirds": COLOURS["method 3"],
    "over two thirds": COLOURS["method 1"],
}


@draws
def cell_map(
    frame: pd.DataFrame,
    *,
    panels: Mapping[str, str],
    x: str = "x",
    y: str = "y",
    size: str = "users",
    labels: tuple[str, str] = ("first component", "second component"),
    colours: Mapping[str, str] | None = None,
) -> Picture:
    """The same cells in panels below one another, coloured by shares in thirds.

    Parameters
    ----------
    frame : pandas.DataFrame
    panels : mapping of str to str
        Columns of the shares (``under a third``, ``a third to two thirds``, ``over two thirds``), and how each is called.
    x, y, size : str
        Columns: the middle of the cell, and the number that sets the size of its dot.
    labels : tuple of str
        What the axes are.
    colours : mapping of str to str, optional
        Other colours than the book's, by third.
    """
    figure, axes = new(3.5 * len(panels), len(panels), 1, sharex=True, sharey=True)
    for axis, (column, title) in zip(axes, panels.items(), strict=True):
        for third, colour in (_THIRDS | dict(colours or {})).items():
            cells = frame[frame[column].eq(third)]
            axis.scatter(
                cells[x], cells[y], s=8 * cells[size].astype(float), c=colour, edgecolor="black", lw=0.5, label=third
            )
        axis.set(ylabel=labels[1])
        axis.set_title(title, fontsize=11)
        axis.margins(0.12)
    axes[-1].set_xlabel(labels[0])
    legend = figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=10)
    for handle in legend.legend_handles:
        handle.set_sizes([60])
    figure.alt = _alt(frame, panels)
    return figure


def _alt(frame: pd.DataFrame, panels: Mapping[str, str]) -> str:
    if frame.empty:
        return "No cell of the map has five users."
    counts = [
        f"{title}: " + ", ".join(f"{frame[column].eq(third).sum()} {third}" for third in _THIRDS)
        for column, title in panels.items()
    ]
    return f"Map of {len(frame)} cells of posts, drawn for each of: {'; '.join(counts)}."
