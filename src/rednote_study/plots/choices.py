"""How many: measures of fitted models by a number that somebody must choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from rednote_study.plots.picture import Picture, draws, new
from rednote_study.plots.style import COLOURS


@draws
def choices(
    frame: pd.DataFrame,
    *,
    x: str,
    measures: Sequence[str],
    method: str = "method",
    colours: Mapping[str, str] | None = None,
) -> Picture:
    """One panel a measure: lines of the first method, with chance dashed, the choice ringed, other methods beside.

    Parameters
    ----------
    frame : pandas.DataFrame
        With ``chosen`` (bool), and what chance gives in ``<measure>_chance``.
    x : str
        Column of the number.
    measures : sequence of str
        Columns, one panel each.
    method : str
        Column of the method; the first value is drawn as a line.
    colours : mapping of str to str, optional
        Other colours than the book's, by method.
    """
    names, chosen = list(frame[method].unique()), frame[frame["chosen"].astype(bool)]
    paint = dict(zip(names, (COLOURS["method 1"], COLOURS["method 2"]), strict=False)) | dict(colours or {})
    figure, axes = new(2.5 * len(measures), len(measures), 1, sharex=True)
    for axis, measure in zip(axes, measures, strict=True):
        for place, name in enumerate(names):
            rows = frame[frame[method].eq(name)]
            axis.plot(rows[x], rows[measure], "s" if place else "o-", color=paint[name], ms=8 if place else 6)
            if not place:
                axis.plot(rows[x], rows[f"{measure}_chance"], "--", color=COLOURS["neutral"])
        ring = {"ms": 14, "mfc": "none", "mec": COLOURS["published"], "mew": 2}
        axis.plot(chosen[x], chosen[measure], "o", **ring)
        axis.set_ylabel(measure)
    axes[-1].set_xlabel(x)
    axes[-1].set_ylim(0, 1)
    _name(axes[0], frame, x, measures[0], method)
    figure.alt = _alt(frame, x, measures, method)
    return figure


def _name(axis, frame: pd.DataFrame, x: str, measure: str, method: str) -> None:
    """Names beside the marks of a panel: over the ends of lines, to the right of single marks."""
    over, beside = ({"textcoords": "offset points", "fontsize": 10, "ha": side} for side in ("right", "left"))
    for place, (name, rows) in enumerate(frame.groupby(method, sort=False)):
        last = rows.iloc[-1]
        axis.annotate(name, (last[x], last[measure]), (10, -4) if place else (0, 6), **(beside if place else over))
        if not place:
            axis.annotate(f"{name}, words dealt anew", (last[x], last[f"{measure}_chance"]), (0, 6), **over)
    for at, value in frame.loc[frame["chosen"].astype(bool), [x, measure]].to_numpy():
        axis.annotate("choice", (at, value), (9, 5), **beside)


def _alt(frame: pd.DataFrame, x: str, measures: Sequence[str], method: str) -> str:
    parts, styles = [], {m: "+.2f" if frame[m].lt(0).any() else ".2f" for m in measures}
    for row in frame.to_dict("records"):
        told = [f"{m} {row[m]:{style}} (chance {row[f'{m}_chance']:{style}})" for m, style in styles.items()]
        parts.append(f"{row[method]} with {row[x]:.0f}: {', '.join(told)}")
    return f"{' and '.join(measures).capitalize()} by number of {x}. {'; '.join(parts)}."
