"""Posts in short stretches of time, in the colours of their sessions."""

from __future__ import annotations

import pandas as pd
from matplotlib import dates

from rednote_study.plots.picture import Picture, colours_of, draws, new


@draws
def bursts(
    frame: pd.DataFrame, sessions: pd.DataFrame, *, x: str, height: str, colour: str, stop: str, ylabel: str = ""
) -> Picture:
    """Bars, and a line wherever posts stop.

    Parameters
    ----------
    frame, sessions : pandas.DataFrame
        The bars; and one row a session with ``stops`` and the column `stop`.
    x, height, colour : str
        Columns: beginning of the stretch, height of the bar, session.
    stop : str
        Column of `sessions`: its end.
    ylabel : str
    """
    figure, (axis,) = new(3.4)
    frame = frame.assign(**{x: pd.to_datetime(frame[x])})
    shown = frame.dropna(subset=[height])
    chosen = colours_of([f"{colour} {s}" for s in sorted(frame[colour].unique())])
    width = shown[x].drop_duplicates().sort_values().diff().min() if len(shown) > 1 else pd.Timedelta("30min")
    said, over = [], {"textcoords": "offset points", "ha": "center", "fontsize": 10}
    for (session, part), paint in zip(frame.groupby(colour), chosen.values(), strict=True):
        bars = part.dropna(subset=[height])
        axis.bar(bars[x], bars[height], width=width, align="edge", color=paint)
        if len(bars):
            top = bars.loc[bars[height].idxmax()]
            axis.annotate(f"{colour} {session}", (top[x] + width / 2, top[height]), (0, 3), **over)
        said.append(
            f"{colour} {session}: highest {bars[height].max():,.0f}" if len(bars) else f"{colour} {session}: few"
        )
    stopped = sessions["stops"].eq(True) & sessions[colour].isin(frame[colour])
    ends = pd.to_datetime(sessions.loc[stopped, stop])
    for moment in ends:
        axis.axvline(moment, color="#444444", lw=1, ls="--")
    axis.set(ylabel=ylabel or height, ylim=(0, 1.08 * shown[height].max() if len(shown) else None))
    if len(shown):
        axis.set_xlim(shown[x].min() - pd.Timedelta("3h"), max([shown[x].max(), *ends]) + pd.Timedelta("3h"))
    axis.xaxis.set_major_locator(dates.AutoDateLocator(minticks=4, maxticks=7))
    axis.xaxis.set_major_formatter(dates.DateFormatter("%-d %b\n%H:%M"))
    stops = ", ".join(f"{m:%-d %B %H:%M}" for m in ends) or "none"
    figure.alt = f"Bars by time ({ylabel or height}). {'; '.join(said)}. Posts stop at: {stops}."
    return figure
