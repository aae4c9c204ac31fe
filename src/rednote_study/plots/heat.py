"""A map of shares or correlations: rows by columns, darker is more."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rednote_study.plots.picture import Picture, draws, label, new


@draws
def heat(
    frame: pd.DataFrame,
    *,
    x: str,
    y: str,
    value: str,
    xlabel: str = "",
    under: str = "",
    correlation: bool = False,
) -> Picture:
    """Cells with their share in per cent, or a correlation; an empty cell is grey.

    Parameters
    ----------
    frame : pandas.DataFrame
    x, y, value : str
        Columns, in the order in which their values occur.
    xlabel : str
    under : str
        Column whose value stands under each label of `x`.
    correlation : bool
        Values lie between -1 and 1.
    """
    columns, rows = list(frame[x].unique()), list(frame[y].unique())
    cells = frame.pivot(index=y, columns=x, values=value).reindex(index=rows, columns=columns).to_numpy(dtype=float)
    figure, (axis,) = new(1.5 + 0.36 * len(rows))
    axis.grid(False)
    axis.set_facecolor("#EEEEEE")
    top = 1 if correlation else max(0.01, np.nanmax(cells, initial=0))
    look = {"cmap": "RdBu", "vmin": -1} if correlation else {"cmap": "Blues", "vmin": 0}
    axis.pcolormesh(np.ma.masked_invalid(cells), vmax=top, ec="white", **look)
    written = "{:.2f}".format if correlation else "{:.0%}".format
    for (row, column), share in np.ndenumerate(cells):
        text, dark = ("", False) if np.isnan(share) else (written(share).rstrip("%"), abs(share) > 0.6 * top)
        axis.text(
            column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=10, color="white" if dark else "black"
        )
    names = [label(c) for c in columns]
    if under:
        numbers = frame.drop_duplicates(x).set_index(x)[under]
        names = [n if pd.isna(numbers[c]) else f"{n}\n({numbers[c]:,.0f})" for n, c in zip(names, columns, strict=True)]
    turned = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if correlation else {}
    axis.set_xticks(np.arange(len(columns)) + 0.5, names, fontsize=10, **turned)
    axis.set_yticks(np.arange(len(rows)) + 0.5, [label(r) for r in rows], fontsize=10)
    axis.invert_yaxis()
    axis.set_xlabel(xlabel or ("" if correlation else x))
    said = [
        f"{label(r)}: " + ", ".join("too few" if np.isnan(v) else written(v).replace("%", " %") for v in line)
        for r, line in zip(rows, cells, strict=True)
    ]
    figure.alt = f"Map of {'correlations' if correlation else 'shares'}; columns: {', '.join(map(label, columns))}. {'; '.join(said)}."
    return figure
