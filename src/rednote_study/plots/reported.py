"""Values that sources report for the same thing."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from rednote_study.plots.picture import Picture, draws, name_series, new
from rednote_study.plots.style import COLOURS


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
    picture, (axis,) = new(0.42 * len(rows) + 0.8)
    looks = (("o", "method 1"), ("s", "method 2"), ("^", "method 3"), ("D", "method 4")) * len(units)
    for quantity, (marker, colour) in zip(units, looks, strict=False):
        part = rows[rows["quantity"].eq(quantity)]
        axis.scatter(part["value"], part.index, s=70, marker=marker, color=COLOURS[colour])
    days = ["no day" if pd.isna(day) else f"{day:%d %b}" for day in pd.to_datetime(rows["date"])]
    labels = [f"{s.removesuffix('2025')}\n({day})" for s, day in zip(rows["source"], days, strict=True)]
    axis.set_yticks(rows.index, labels, fontsize=10)
    axis.set(xscale="log", xlim=(8e4, 2e9), ylim=(-0.6, len(rows) - 0.2), xlabel="reported number (logarithmic scale)")
    axis.set_xticks([1e5, 1e7, 1e9], ["100,000", "10,000,000", "1,000,000,000"])  # powers would be small on a phone
    axis.minorticks_off()
    said = (f"{value:,.0f} {units[q]}" for value, q in rows[["value", "quantity"]].to_numpy())
    name_series(axis, zip(said, rows["value"], rows["value"], rows.index, strict=True))
    parts = [f"{s}: {value:,.0f} {units[q]}" for s, value, q in claims[["source", "value", "quantity"]].to_numpy()]
    picture.alt = f"Dots on a logarithmic scale. {'; '.join(parts)}."
    return picture
