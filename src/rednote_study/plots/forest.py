"""Numbers with their intervals, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from rednote_study.plots.picture import Picture, colours_of, draws, interval_text, label, name_series, new

_MARKERS = "osD^vP"


@draws
def forest(
    frame: pd.DataFrame,
    *,
    x: str | Sequence[str],
    rows: str,
    colour: str | None = None,
    colours: Mapping[str, str] | None = None,
    xlabel: str = "",
    xlim: tuple[float, float] | None = None,
) -> Picture:
    """One block of points with intervals for each value of `rows`; the series are named in the first.

    Parameters
    ----------
    frame : pandas.DataFrame
    x : str or sequence of str
        Column of the points, with its interval in ``low`` and ``high``; or several columns, each with its interval in
        ``<column>_low`` and ``<column>_high`` where there is one.
    rows, colour : str
        Columns; with several `x`, these are the colours.
    colours : mapping of str to str, optional
        Other colours than the book's, by value of `colour`.
    xlabel : str
    xlim : tuple of float, optional
    """
    series = _series(frame, x, rows, colour)
    names, blocks = list(series["series"].unique()), list(series["row"].unique())
    figure, (axis,) = new(0.9 + 0.2 * len(blocks) * len(names))
    axis.axvline(0, color="#444444", lw=1)
    chosen, first = colours_of(names, colours), []
    for place, name in enumerate(names):
        points = series[series["series"].eq(name)].set_index("row").reindex(blocks)
        y = np.arange(len(blocks))[::-1] + 0.85 * (0.5 - (place + 0.5) / len(names))
        errors = [points["value"] - points["low"], points["high"] - points["value"]]
        style = {"fmt": _MARKERS[place % len(_MARKERS)], "color": chosen[name], "ms": 7, "capsize": 3}
        axis.errorbar(points["value"], y, xerr=[e.fillna(0) for e in errors], **style)
        known = points.assign(y=y).dropna(subset="value").head(1)
        ends = (known[end].fillna(known["value"]) for end in ("low", "high"))
        first += [(label(name), *at) for at in zip(*ends, known["y"], strict=True)]
    axis.set_yticks(range(len(blocks)), [label(b) for b in blocks][::-1], fontsize=11)
    axis.set(xlabel=xlabel or label(x if isinstance(x, str) else ""), xlim=xlim, ylim=(-0.6, len(blocks) - 0.4))
    if colour or not isinstance(x, str):  # else each row is a series, named by its row
        name_series(axis, first)
    parts = [f"{label(r.row)}, {label(r.series)}: {interval_text(r.value, r.low, r.high)}" for r in series.itertuples()]
    figure.alt = f"Points with 95 % intervals, {xlabel or x}. {'; '.join(parts)}."
    return figure


def _series(frame: pd.DataFrame, x: str | Sequence[str], rows: str, colour: str | None) -> pd.DataFrame:
    """Long form: ``row``, ``series``, ``value``, ``low``, ``high``."""
    if isinstance(x, str):
        columns = {"row": rows, "series": colour or rows, "value": x, "low": "low", "high": "high"}
        series = pd.DataFrame({name: frame[column] for name, column in columns.items()})
        return series.astype({"value": float, "low": float, "high": float})
    pieces = []
    for name in x:
        ends = {e: frame.get(f"{name}_{e}", pd.Series(np.nan, frame.index)) for e in ("low", "high")}
        pieces.append(pd.DataFrame({"row": frame[rows], "series": name, "value": frame[name], **ends}))
    return pd.concat(pieces, ignore_index=True)
