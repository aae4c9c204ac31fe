"""A map of shares: rows by columns, darker is more."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rednote_study.plots.picture import Picture, draws, label, new

__all__ = ["heat"]


@draws
def heat(frame: pd.DataFrame, *, x: str, y: str, value: str, xlabel: str = "", under: str = "") -> Picture:
    """Cells with their share in per cent; an empty cell is hatched.

    Parameters
    ----------
    frame : pandas.DataFrame
    x, y, value : str
        Columns, in the order in which their values occur.
    xlabel : str
    under : str
        Column whose value stands under each label of `x`.
    """
    columns, rows = list(frame[x].unique()), list(frame[y].unique())
    cells = frame.pivot(index=y, columns=x, values=value).reindex(index=rows, columns=columns).to_numpy(dtype=float)
    figure, (axis,) = new(1.5 + 0.36 * len(rows))
    axis.grid(False)
    axis.set_facecolor("#EEEEEE")
    axis.pcolormesh(
        np.ma.masked_invalid(cells), cmap="Blues", vmin=0, vmax=max(0.01, np.nanmax(cells, initial=0)), ec="white"
    )
    for (row, column), share in np.ndenumerate(cells):
        text, dark = ("", False) if np.isnan(share) else (f"{100 * share:.0f}", share > 0.6 * np.nanmax(cells))
        axis.text(
            column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=10, color="white" if dark else "black"
        )
    names = [str(c) for c in columns]
    if under:
        numbers = frame.drop_duplicates(x).set_index(x)[under]
        names = [n if pd.isna(numbers[c]) else f"{n}\n({numbers[c]:,.0f})" for n, c in zip(names, columns, strict=True)]
    axis.set_xticks(np.arange(len(columns)) + 0.5, names, fontsize=9)
    axis.set_yticks(np.arange(len(rows)) + 0.5, [label(r) for r in rows], fontsize=10)
    axis.invert_yaxis()
    axis.set_xlabel(xlabel or x)
    said = [
        f"{r}: " + ", ".join("too few" if np.isnan(v) else f"{100 * v:.0f} %" for v in line)
        for r, line in zip(rows, cells, strict=True)
    ]
    figure.alt = f"Map of shares; columns: {', '.join(map(str, columns))}. {'; '.join(said)}."
    return figure
