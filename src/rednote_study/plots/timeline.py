"""Numbers by day."""

from __future__ import annotations

import pandas as pd
from matplotlib import dates

from rednote_study.plots.picture import Picture, colours_of, draws, name_marks, new
from rednote_study.plots.style import COLOURS


@draws
def timeline(frame: pd.DataFrame, *, x: str, bars: str, line: str, colour: str, ylabel: str = "") -> Picture:
    """Bars by day in the colours of `colour`, and a line; on a logarithmic scale.

    Parameters
    ----------
    frame : pandas.DataFrame
    x, bars, line, colour : str
        Columns: the day, the height of the bars, that of the line, and what the bars' colour tells.
    ylabel : str
    """
    figure, (axis,) = new(3.8)
    chart, here = frame.dropna(subset=line).drop_duplicates(x), frame.dropna(subset=[bars, colour])
    axis.plot(chart[x], chart[line], "-o", color=COLOURS["published"], ms=4, lw=1)
    marks = {line: [(axis, *point) for point in chart[[x, line]].itertuples(index=False)]}
    greys = colours_of(f"crawl {n}" for n in range(1, 1 + here[colour].nunique()))
    for (value, part), paint in zip(here.groupby(colour), greys.values(), strict=True):
        axis.bar(part[x], part[bars], width=0.85, color=paint)
        tops = part.sort_values(bars, ascending=False)[[x, bars]].itertuples(index=False)
        marks[f"here, {colour} {value:.0f}"] = [(axis, *top) for top in tops]
    axis.set(yscale="symlog", ylabel=ylabel or bars, ylim=(0, None))
    axis.set_yticks([0, 10, 100, 1000], ["0", "10", "100", "1,000"])
    axis.xaxis.set_major_locator(dates.DayLocator(bymonthday=[1, 13, 22]))
    axis.xaxis.set_major_formatter(dates.DateFormatter("%-d %b"))
    name_marks(figure, marks)
    seen = [(bars, here), (line, chart)]
    tops = [
        f"{name} highest on {t.loc[t[name].idxmax(), x]:%d %B} ({t[name].max():,.0f})" for name, t in seen if len(t)
    ]
    figure.alt = f"Bars by day ({bars}) and a line ({line}): {', '.join(tops) or 'nothing to show'}."
    return figure
