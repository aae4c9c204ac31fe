"""A day as a clock of 24 hours, in two time zones."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rednote_study.plots.picture import Picture, draws, label
from rednote_study.plots.style import COLOURS, WIDTH


@draws
def clock(
    frame: pd.DataFrame,
    *,
    hour: str,
    height: str,
    panels: str,
    zone: str,
    zones: tuple[str, str],
    names: tuple[str, str],
    day: str = "2025-01-13",
) -> Picture:
    """One dial for each value of `panels`; midnight of the first zone is at the top, hours run clockwise.

    Parameters
    ----------
    frame : pandas.DataFrame
    hour, height, panels, zone : str
        Columns: hour of the day, length of the bar, what a dial shows, and the zone of the hour.
    zones : tuple of str
        Values of `zone`: the first gives the bars' places, the second the hours on the outer ring.
    names : tuple of str
        How they are called.
    day : str
        A day of these hours; zones change to summer time and back.
    """
    kinds = list(frame[panels].unique())
    figure = Picture(figsize=(WIDTH, 3.5))
    axes = figure.subplots(1, max(1, len(kinds)), squeeze=False, subplot_kw={"projection": "polar"})[0]
    shifts = _shift(zones, day)
    said = []
    for axis, kind in zip(axes, kinds, strict=False):
        part = frame[frame[panels].eq(kind) & frame[zone].eq(zones[0])].set_index(hour)[height].reindex(range(24))
        angles = (np.arange(24) + 0.5) * np.pi / 12
        axis.bar(angles, part.fillna(0), width=np.pi / 12 * 0.92, color=COLOURS["wave"])
        axis.set(theta_zero_location="N", theta_direction=-1)
        axis.set_xticks(
            np.arange(0, 24, 3) * np.pi / 12, [f"{h} ({(h + shifts) % 24})" for h in range(0, 24, 3)], fontsize=10
        )
        axis.tick_params(axis="x", pad=-1)
        axis.set_rlabel_position(67)
        axis.set_yticks([t for t in axis.get_yticks() if t > 0][1::2])
        axis.tick_params(axis="y", labelsize=9)
        axis.set_title(label(kind), fontsize=11, pad=14)
        if part.gt(0).any():
            top = int(part.idxmax())
            said.append(
                f"{kind}: most at {top} o'clock in {names[0]}, {(top + shifts) % 24} in {names[1]} ({part[top]:,.0f})"
            )
    figure.supxlabel(f"hour in {names[0]} (in brackets: {names[1]}); length: {height}", fontsize=10)
    figure.alt = f"Dials of 24 hours. {'; '.join(said) or 'Nothing to show'}."
    return figure


def _shift(zones: tuple[str, str], day: str) -> int:
    """Hours by which the second zone's clock is ahead of the first's, on a day."""
    midnight = pd.Timestamp(day, tz=zones[0])
    return int((midnight.tz_convert(zones[1]).utcoffset() - midnight.utcoffset()) / pd.Timedelta("1h"))
