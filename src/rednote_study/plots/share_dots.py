"""Shares in per cent, one row each."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd

from rednote_study.plots.picture import Picture, colours_of, draws, name_series, new
from rednote_study.plots.style import COLOURS


@draws
def share_intervals(
    frame: pd.DataFrame,
    *,
    rows: str,
    share: str,
    part: str,
    of: str,
    beside: tuple[str, str] = ("", ""),
    xlabel: str = "",
) -> Picture:
    """Shares with 95 % intervals (``<share>_low`` and ``<share>_high``), coloured by the first word of their name.

    Parameters
    ----------
    frame : pandas.DataFrame
    rows, share, part, of : str
        Columns: name of the row, its share, and the two whole numbers behind it.
    beside : tuple of str
        Column of another share, drawn hollow, and what it is called; none by default.
    xlabel : str
    """
    shown = frame.dropna(subset=share).iloc[::-1].reset_index(drop=True)
    labels = [f"{textwrap.fill(r, 34)} ({k:,.0f} of {n:,.0f})" for r, k, n in shown[[rows, part, of]].to_numpy()]
    picture, (axis,) = new(0.42 * len(shown) + 0.7)
    errors = [(shown[share] - shown[f"{share}_low"]) * 100, (shown[f"{share}_high"] - shown[share]) * 100]
    kinds = {"published": "published", "control:": "older"}
    colours = [COLOURS[kinds.get(name.split()[0], "wave")] for name in shown[rows]]
    axis.errorbar(shown[share] * 100, shown.index, xerr=errors, fmt="none", ecolor=COLOURS["neutral"], capsize=3)
    axis.scatter(shown[share] * 100, shown.index, color=colours, s=45, zorder=3)
    other, called = beside
    if other:
        axis.scatter(shown[other] * 100, shown.index, fc="none", ec=colours, s=45, zorder=3)
        first = shown.dropna(subset=other).tail(1)
        for place, at in zip(first.index, first[other] * 100, strict=True):
            axis.annotate(called, (at, place), (9, 0), textcoords="offset points", va="center", fontsize=10)
    axis.set_yticks(shown.index, labels, fontsize=10)
    axis.set(xlabel=xlabel or f"{share} (%)", xlim=(-2, 102))
    listed = "; ".join(f"{name}: {value:.1%}" for name, value in shown[[rows, share]].iloc[::-1].to_numpy())
    others = (
        "; ".join(f"{n}: {v:.1%}" for n, v in shown.dropna(subset=other)[[rows, other]].iloc[::-1].to_numpy())
        if other
        else ""
    )
    picture.alt = f"Shares with intervals. {listed}." + (f" Hollow, {called}: {others}." if others else "")
    return picture


@draws
def share_spans(frame: pd.DataFrame, *, rows: str, share: str, colour: str, xlabel: str = "") -> Picture:
    """Shares as dots, the rows in which they lie furthest apart on top.

    Parameters
    ----------
    frame : pandas.DataFrame
    rows, share, colour : str
        Columns: name of the row, its share, and what the colour tells.
    xlabel : str
    """
    order, named = frame.groupby(rows)[share].agg(np.ptp).sort_values().index, []
    paints = colours_of(f"{colour} {group}" for group in sorted(frame[colour].unique()))
    picture, (axis,) = new(0.34 * len(order) + 0.8)
    for (group, part), paint, marker in zip(
        frame.groupby(colour), paints.values(), "os^Dv" * len(paints), strict=False
    ):
        y, look = order.get_indexer(part[rows]), {"s": 70, "marker": marker, "color": paint}
        axis.scatter(part[share] * 100, y, zorder=3, **look)
        top = part.loc[y == y.max(), share] * 100
        named += [(f"{colour} {group}", at, at, y.max()) for at in top]
    spans = frame.groupby(rows)[share].agg(["min", "max"]).loc[order] * 100
    axis.hlines(range(len(order)), spans["min"], spans["max"], color=COLOURS["left"], lw=2, zorder=2)
    axis.set_yticks(range(len(order)), order, fontsize=10)
    axis.set(xlabel=xlabel or f"{share} (%)", xlim=(-3, 103))
    name_series(axis, named)
    wide = frame.pivot(index=rows, columns=colour, values=share)
    parts = [f"{m}: " + ", ".join(f"{s:.0%} in {colour} {c}" for c, s in row.items()) for m, row in wide.iterrows()]
    picture.alt = f"Dot plot of the share of posts with each {rows}, by {colour}. {'; '.join(parts)}."
    return picture
