"""Numbers with their intervals, one row each, in one panel or several side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from rednote_study.plots.picture import Picture, colours_of, draws, label, name_marks, new
from rednote_study.plots.style import COLOURS


@draws
def intervals(
    frame: pd.DataFrame,
    *,
    x: str | Sequence[str],
    rows: str,
    panels: str | None = None,
    sizes: str | None = None,
    labels: Mapping[str, str] | None = None,
    colours: Mapping[str, str] | None = None,
    reference: float = 0.5,
    xlabel: str = "",
    xlim: tuple[float, float] | None = None,
) -> Picture:
    """One row for each value of `rows`, from above; of several columns the first is filled, the others hollow.

    Parameters
    ----------
    frame : pandas.DataFrame
    x : str or sequence of str
        Columns, each with its interval in ``<column>_low`` and ``<column>_high``, or else in ``low`` and ``high``.
    rows, panels : str
        Columns.
    sizes : str, optional
        Column whose number is written after the row's name.
    labels, colours : mapping of str to str, optional
        How the columns `x` are called; other colours than the book's, of a column or of a row.
    reference : float
        Where a line is drawn.
    xlabel : str
    xlim : tuple of float, optional
    """
    series, names = [x] if isinstance(x, str) else list(x), list(frame[rows].unique())
    groups = [("", frame)] if panels is None else list(frame.groupby(panels, sort=False))
    figure, axes = new(
        1.1 + (0.36 if len(series) == 1 else 0.42) * len(names), 1, max(len(groups), 1), sharex=True, sharey=True
    )
    labels, chosen = labels or {}, {"auc": COLOURS["wave"], **(colours or {})}
    chosen |= colours_of([name for name in series if name not in chosen])
    marks = {labels.get(name, name): [] for name in series}
    for axis, (title, part) in zip(axes, groups, strict=True):
        axis.axvline(reference, color=COLOURS["neutral"], lw=1)
        points = part.set_index(rows).reindex(names[::-1])
        for place, name in enumerate(series):
            y = np.arange(len(names)) + 0.3 * ((len(series) - 1) / 2 - place)
            low, high = (points[c] for c in _ends(frame, name))
            errors = np.array([points[name] - low, high - points[name]]).clip(0)
            style = {"fmt": "os^"[place], "mfc": "white" if place else None, "ms": 6.5, "capsize": 2.5}
            paints = np.array([chosen.get(row, chosen[name]) for row in points.index])
            for paint in dict.fromkeys(paints):
                part = paints == paint
                axis.errorbar(points[name][part], y[part], xerr=errors[:, part], color=paint, **style)
            ends = zip(high[::-1], low[::-1], y[::-1], strict=True)
            marks[labels.get(name, name)] += [(axis, end, at) for *both, at in ends for end in both]
        axis.set_title(label(title), fontsize=11)
        axis.set(xlim=xlim, ylim=(-0.6, len(names) - 0.4))
        axis.xaxis.set_major_formatter("{x:g}")
    if len(axes) > 1:
        figure.supxlabel(xlabel or series[0], fontsize=11)
    else:
        axes[0].set_xlabel(xlabel or series[0])
    written = names if sizes is None else [f"{n} ({s:,.0f})" for n, s in frame[[rows, sizes]].to_numpy()]
    axes[0].set_yticks(range(len(names)), written[::-1], fontsize=10)
    if len(series) > 1:
        name_marks(figure, marks)
    keys = [rows] if panels is None else [rows, panels]
    parts = [
        f"{', '.join(map(str, row[: len(keys)]))}: {', '.join(_said(series, labels, row[len(keys) :]))}"
        for row in frame.dropna(subset=series)[[*keys, *series]].to_numpy()
    ]
    figure.alt = f"Points with intervals, {xlabel or series[0]}. {'; '.join(parts)}."
    return figure


def _ends(frame: pd.DataFrame, name: str) -> tuple[str, str]:
    return (f"{name}_low", f"{name}_high") if f"{name}_low" in frame else ("low", "high")


def _said(series: Sequence[str], labels: Mapping[str, str], values: Sequence[float]) -> list[str]:
    names = ["" if len(series) == 1 else f"{labels.get(name, name)} " for name in series]
    return [f"{name}{value:.2f}" for name, value in zip(names, values, strict=True)]
