"""Counts in the cells of a table, such as a confusion matrix."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from rednote_study.plots.picture import Picture, draws, new


@draws
def matrix(
    frame: pd.DataFrame,
    *,
    rows: str,
    columns: str,
    value: str,
    panels: str,
    titles: Mapping[str, str] | None = None,
    xlabel: str = "",
    ylabel: str = "",
) -> Picture:
    """One square a panel; each cell holds its number, and is darker the larger its share of the row.

    Parameters
    ----------
    frame : pandas.DataFrame
    rows, columns, value, panels : str
        Columns of the frame. A number that is missing is written as blank.
    titles : mapping of str to str, optional
        Of the panels.
    xlabel, ylabel : str
    """
    groups, titles = list(frame.groupby(panels, sort=False)), titles or {}
    figure, axes = new(3.1, 1, max(1, len(groups)))
    said = []
    for axis, (name, part) in zip(axes, groups, strict=False):
        cells = part.pivot(index=rows, columns=columns, values=value).astype(float)
        cells = cells.loc[part[rows].unique(), part[columns].unique()]
        shares = cells.div(cells.sum(axis=1), axis=0).fillna(0).to_numpy()
        axis.imshow(shares, cmap="Blues", vmin=0, vmax=1.15)
        for (y, x), number in np.ndenumerate(cells.to_numpy()):
            text = "fewer\nthan 5" if np.isnan(number) else f"{number:,.0f}"
            axis.text(
                x, y, text, ha="center", va="center", fontsize=13, color="white" if shares[y, x] > 0.6 else "black"
            )
            said.append(
                f"{titles.get(name, name)}, {cells.index[y]} called {cells.columns[x]}: {text}".replace("\n", " ")
            )
        axis.set_xticks(range(cells.shape[1]), cells.columns, fontsize=10)
        axis.set_yticks(range(cells.shape[0]), cells.index, fontsize=10, rotation=90, va="center")
        axis.set_title(titles.get(name, name), fontsize=11)
        axis.set(xlabel=xlabel or columns, ylabel=ylabel or rows)
        axis.grid(visible=False)
    figure.alt = f"Tables of {ylabel or rows} by {xlabel or columns}. {'; '.join(said) or 'No rows: too few users'}."
    return figure
