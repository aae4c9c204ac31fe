"""Values that sources report for the same thing."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from rednote_study.plots.picture import Picture, draws, new
from rednote_study.plots.style import COLOURS

__all__ = ["reported_values"]


@draws
def reported_values(frame: pd.DataFrame, *, units: Mapping[str, str]) -> Picture:
    """Dots on a logarithmic axis, one row a claim.

    Parameters
    ----------
    frame : pandas.DataFrame
        With the columns ``quantity``, ``value``, ``date`` and ``source``.
    units : mapping of str to str
        The quantities to be shown, and in what they are counted.
    """
    claims = frame[frame["quantity"].isin(units)]
    rows = claims.sort_values(["quantity", "value"], ignore_index=True)
    picture, (axis,) = new(0.55 * len(rows) + 0.9)
    looks = (("o", "wave"), ("s", "published"), ("^", "younger"), ("D", "placebo")) * len(units)
    for (quantity, unit), (marker, colour) in zip(units.items(), looks, strict=False):
        part = rows[rows["quantity"].eq(quantity)]
        axis.scatter(part["value"], part.index, s=70, marker=marker, color=COLOURS[colour], label=unit)
    above = {"textcoords": "offset points", "ha": "center", "fontsize": 10}
    for place, value in rows["value"].items():
        axis.annotate(f"{value:,.0f}", (value, place), (0, 9), **above)
    days = ["no day" if pd.isna(day) else f"{day:%d %b}" for day in pd.to_datetime(rows["date"])]
    labels = [f"{s.removesuffix('2025')}\n({day})" for s, day in zip(rows["source"], days, strict=True)]
    axis.set_yticks(rows.index, labels, fontsize=10)
    axis.set(xscale="log", xlim=(8e4, 2e9), ylim=(-0.6, len(rows) - 0.2), xlabel="reported number (logarithmic scale)")
    axis.legend(loc="lower right", fontsize=10)
    parts = [f"{s}: {value:,.0f} {units[q]}" for s, value, q in claims[["source", "value", "quantity"]].to_numpy()]
    picture.alt = f"Dots on a logarithmic scale. {'; '.join(parts)}."
    return picture
