"""What more rows cost."""

from __future__ import annotations

import pandas as pd

from rednote_study.plots.picture import Picture, draws, new
from rednote_study.plots.style import COLOURS

_STEPS = {
    "scale": ("method 1", "o", "-", "in batches (rednote-study scale)"),
    "in memory": ("method 2", "s", "--", "all in memory (the book's way)"),
}


@draws
def growth(frame: pd.DataFrame, *, allowed: float = 4.0) -> Picture:
    """Time and memory by number of rows, two panels.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``step``, ``rows``, ``processor_seconds``, ``memory`` (MB).
    allowed : float
        Memory that is allowed (GB), a dotted line.
    """
    picture, (time, memory) = new(4.6, 2, sharex=True)
    for step, (colour, marker, line, label) in _STEPS.items():
        part = frame[frame["step"].eq(step)]
        style = {"color": COLOURS[colour], "marker": marker, "linestyle": line}
        time.plot(part["rows"], part["processor_seconds"], **style)
        memory.plot(part["rows"], part["memory"] / 1000, **style)
        last, below = part.iloc[-1], step != "scale"
        place = {"textcoords": "offset points", "ha": "left" if below else "right", "va": "top", "fontsize": 10}
        memory.annotate(label, (last["rows"], last["memory"] / 1000), (6 if below else 0, -8), **place)
    largest = frame[frame["step"].eq("scale")].iloc[-1]
    rows = frame["rows"].agg(["min", "max"])
    time.plot(rows, rows * largest["processor_seconds"] / largest["rows"], ":", color=COLOURS["neutral"])
    memory.axhline(allowed, ls=":", color=COLOURS["neutral"])
    time.set(xscale="log", yscale="log", ylabel="seconds of processors")
    for side in (time.yaxis, memory.xaxis):
        side.set_major_formatter("{x:,.0f}")
    memory.set(xlabel="rows", ylabel="most memory, GB", ylim=(0, None))
    parts = [
        f"{r.step}, {r.rows:,} rows: {r.processor_seconds:,.0f} s and {r.memory / 1000:.1f} GB"
        for r in frame[frame["step"].isin(_STEPS)].itertuples()
    ]
    picture.alt = f"Two panels over the number of rows: time (both axes logarithmic), and memory. {'; '.join(parts)}."
    return picture
