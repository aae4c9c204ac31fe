"""Figure of the page about size."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from rednote_study.plots.registry import figure
from rednote_study.plots.style import COLOURS, WIDTH

__all__ = ["scale_growth"]

_STEPS = {
    "scale": ("wave", "o", "-", "in batches (rednote-study scale)"),
    "in memory": ("published", "s", "--", "all in memory (the book's way)"),
}
ALLOWED = 4  # GB, the default of the command


def _alt(t: pd.DataFrame) -> str:
    parts = [
        f"{r.step}, {r.rows:,} rows: {r.processor_seconds:,.0f} s and {r.memory / 1000:.1f} GB"
        for r in t[t["step"].isin(_STEPS)].itertuples()
    ]
    return "Two panels over the number of rows: time (both axes logarithmic), and memory. " + "; ".join(parts) + "."


@figure(
    "scale-growth",
    table="scale_growth",
    title="What a larger crawl costs",
    caption="Time of the processors and most memory by number of rows, on synthetic posts of the replica's generator."
    " In batches: rows checked in worker processes, then queries that keep to their memory. All in memory: the same"
    " tables by the way the book is computed. Dotted: time in proportion to rows; memory allowed.",
    alt=_alt,
)
def scale_growth(t: pd.DataFrame) -> Figure:
    """Two panels: time, memory."""
    fig, (time, memory) = plt.subplots(2, 1, figsize=(WIDTH, 5.4), sharex=True)
    for step, (colour, marker, line, label) in _STEPS.items():
        part = t[t["step"].eq(step)]
        style = {"color": COLOURS[colour], "marker": marker, "linestyle": line, "label": label}
        time.plot(part["rows"], part["processor_seconds"], **style)
        memory.plot(part["rows"], part["memory"] / 1000, **style)
    largest = t[t["step"].eq("scale")].iloc[-1]
    rows = t["rows"].agg(["min", "max"])
    time.plot(rows, rows * largest["processor_seconds"] / largest["rows"], ":", color=COLOURS["neutral"])
    memory.axhline(ALLOWED, ls=":", color=COLOURS["neutral"])
    time.set(xscale="log", yscale="log", ylabel="seconds of processors")
    memory.set(xlabel="rows", ylabel="most memory, GB", ylim=(0, None))
    fig.legend(*time.get_legend_handles_labels(), loc="outside lower center", ncols=1, fontsize=10)
    return fig
