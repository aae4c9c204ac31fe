"""What happened, in the order of days."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import pandas as pd

from rednote_study.plots.picture import Picture, draws, new
from rednote_study.plots.style import COLOURS


@draws
def happenings(frame: pd.DataFrame, *, day: str, text: str, decisive: Sequence[str] = ()) -> Picture:
    """One line an event, top to bottom, so that it reads on a phone; distances are not to scale.

    Parameters
    ----------
    frame : pandas.DataFrame
    day, text : str
        Columns: the date, and what happened.
    decisive : sequence of str
        Words that mark an event as decisive.
    """
    labels = [textwrap.fill(words, 52) for words in frame[text]]
    heights = [1 + label.count("\n") * 0.75 for label in labels]
    tops = pd.Series([0.0, *heights[:-1]]).cumsum()
    picture, (axis,) = new(0.42 * sum(heights) + 0.4)
    axis.plot([0, 0], [-tops.iloc[0], -tops.iloc[-1]], color=COLOURS["left"], lw=2, zorder=1)
    for date, label, top in zip(frame[day], labels, tops, strict=True):
        turning = any(word in label.lower() for word in decisive)
        colour, marker = (COLOURS["published"], "s") if turning else (COLOURS["neutral"], "o")
        axis.plot(0, -top, marker=marker, color=colour, ms=8, zorder=2)
        axis.text(-0.35, -top, f"{date.day} {date:%b %Y}", ha="right", va="center", fontsize=10, weight="bold")
        axis.text(0.35, -top + 0.2, label, ha="left", va="top", fontsize=10, linespacing=1.15)
    axis.set(xlim=(-3.1, 10), ylim=(-tops.iloc[-1] - heights[-1], 0.6))
    axis.axis("off")
    events = "; ".join(f"{date:%d %B %Y}: {words}" for date, words in zip(frame[day], frame[text], strict=True))
    picture.alt = f"A vertical list of {len(frame)} dated events, earliest on top. {events}."
    return picture
