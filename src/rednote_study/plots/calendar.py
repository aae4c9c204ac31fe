"""Counts by day, with days that matter."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib import dates as mdates

from rednote_study.plots.picture import Picture, draws, new
from rednote_study.plots.style import COLOURS


@draws
def calendar(
    frame: pd.DataFrame,
    *,
    day: str,
    bars: str,
    shaded: tuple[str, str] | None = None,
    marks: Mapping[str, str] | None = None,
    ylabel: str = "",
    colour: str = COLOURS["wave"],
) -> Picture:
    """Bars by day; ticks where one to four are not shown.

    Parameters
    ----------
    frame : pandas.DataFrame
    day, bars : str
        Columns; what is missing in the second is one to four.
    shaded : tuple of str, optional
        First and last day of a span.
    marks : mapping of str to str, optional
        Days and what is written beside them, to the left and to the right in turn.
    ylabel : str
        What is counted; its first word is the unit.
    colour : str
    """
    picture, (axis,) = new(3.4)
    noon, unit = pd.Timedelta(hours=12), (ylabel or bars).split()[0]
    if shaded:
        start, end = map(pd.Timestamp, shaded)
        axis.axvspan(start - noon, end + noon, color=colour, alpha=0.08)
    axis.bar(frame[day], frame[bars], width=0.9, color=colour)
    few = frame[frame[bars].isna()]
    axis.plot(few[day], [0] * len(few), "|", color=COLOURS["neutral"], ms=10, clip_on=False)
    top = frame[bars].max() if frame[bars].notna().any() else 1
    axis.set_ylim(0, top * 1.25)
    for number, (date, text) in enumerate((marks or {}).items()):
        side, height = ("right", 1.08) if number % 2 == 0 else ("left", 0.7)
        shift = pd.Timedelta(hours=14) * (1 if side == "left" else -1)
        axis.axvline(pd.Timestamp(date), color=COLOURS["published"], lw=1, ls="--", zorder=0)
        axis.text(pd.Timestamp(date) + shift, top * height, text, color=COLOURS["published"], fontsize=10, ha=side)
    axis.xaxis.set_major_locator(mdates.DayLocator(bymonthday=[1, 9, 20]))
    axis.xaxis.set_major_formatter(mdates.DateFormatter("%-d %b"))
    axis.set(ylabel=ylabel or bars)
    axis.grid(axis="x", visible=False)
    if len(few):
        place = {"xytext": (0, 9), "textcoords": "offset points", "ha": "right", "fontsize": 10}
        axis.annotate(f"ticks: days with 1 to 4 {unit}", (few[day].iloc[-1], 0), **place)
    picture.alt = _alt(frame, day, bars, ylabel or bars, unit)
    return picture


def _alt(frame: pd.DataFrame, day: str, bars: str, what: str, unit: str) -> str:
    known, few = frame.dropna(subset=bars), int(frame[bars].isna().sum())
    peak = known.loc[known[bars].idxmax()] if len(known) else None
    highest = f"The highest bar is {peak[day]:%d %B} with {peak[bars]:.0f} {unit}" if len(known) else "There is no bar"
    return (
        f"Bars of {what} on each day of {frame[day].min():%B} and {frame[day].max():%B %Y}. {highest}; "
        f"{few} days with one to four {unit} are not shown."
    )
