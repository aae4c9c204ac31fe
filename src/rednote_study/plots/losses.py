"""How a network learns: loss by epoch."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import pandas as pd
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from rednote_study.plots.picture import Picture, colours_of, draws, name_marks, new
from rednote_study.plots.style import COLOURS

_LABELS = {"as coded": "trained anew, as coded", "as written": "trained anew, as written"}
_COLOURS = {name: COLOURS[f"method {n}"] for name, n in (("as coded", 1), ("as written", 2), ("this fit", 1))}
_MARKERS, _LINES, _STYLES = "os^Dv", ("--", ":", "-."), ("-", (0, (6, 1.5)), (0, (4, 1, 1, 1)))
_TICKS = ((0.01, 0.03, 0.1, 0.3), (0.06, 0.08, 0.1, 0.15, 0.2, 0.3))


@draws
def losses(
    frame: pd.DataFrame,
    constants: pd.DataFrame,
    *,
    colour: str | None = None,
    labels: Mapping[str, str] | None = None,
    colours: Mapping[str, str] | None = None,
) -> Picture:
    """Training loss above, validation loss below with that of constants; logarithmic axes.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``epoch``, ``loss``, ``val_loss``, and where there is a band ``val_loss_min`` and ``val_loss_max``.
    constants : pandas.DataFrame
        ``constant`` and ``loss``, a line each.
    colour : str, optional
        Column of the series; one series without it.
    labels, colours : mapping of str to str, optional
        How series are called, and other colours than the book's.
    """
    labels, groups = {**_LABELS, **(labels or {})}, [("this fit", frame)]
    if colour:
        groups = list(frame.groupby(colour, sort=False))
    chosen = colours_of([name for name, _ in groups], {**_COLOURS, **(colours or {})})
    figure, panels = new(5.2, 2, 1, sharex=True)
    marks = {}
    for place, (name, rows) in enumerate(groups):
        style = {
            "marker": _MARKERS[place % len(_MARKERS)],
            "color": chosen[name],
            "ms": 5,
            "lw": 1.6,
            "ls": _STYLES[place % 3],
        }
        for axis, column in zip(panels, ("loss", "val_loss"), strict=True):
            axis.plot(rows["epoch"], rows[column], **style)
            at = zip(rows["epoch"], rows[column], strict=True)
            marks.setdefault(labels.get(name, name), []).extend((axis, *point) for point in at)
        if "val_loss_min" in rows:
            band = rows["val_loss_min"], rows["val_loss_max"]
            panels[1].fill_between(rows["epoch"], *band, color=chosen[name], alpha=0.15, lw=0)
    for name, loss, line in zip(constants["constant"], constants["loss"], _LINES, strict=False):
        panels[1].axhline(loss, color=COLOURS["neutral"], ls=line, lw=1.4)
        stands = "bottom" if loss > constants["loss"].mean() else "top"
        beside = {"xycoords": panels[1].get_yaxis_transform(), "textcoords": "offset points", "va": stands}
        text = textwrap.fill(f"constant: {name}", 14)
        panels[1].annotate(text, (1, loss), (5, 4 if stands == "bottom" else -4), fontsize=10, **beside)
    panels[0].set(ylabel="training loss", yscale="log")
    panels[1].set(ylabel="validation loss", yscale="log", xlabel="epoch")
    for axis, ticks in zip(panels, _TICKS, strict=True):
        axis.yaxis.set_major_locator(FixedLocator(ticks))
        axis.yaxis.set_minor_locator(NullLocator())
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    name_marks(figure, marks)
    lowest = ", ".join(f"{labels.get(name, name)} {rows['val_loss'].min():.4f}" for name, rows in groups if len(rows))
    marked = ", ".join(
        f"{name} {loss:.4f}" for name, loss in zip(constants["constant"], constants["loss"], strict=True)
    )
    name, first = groups[0]
    course = f"from {first['loss'].iloc[0]:.2f} to {first['loss'].iloc[-1]:.2f}" if len(first) else "nowhere"
    figure.alt = (
        f"Two panels of curves by epoch. The training loss ({labels.get(name, name)}) goes {course}. Lowest points of the"
        f" validation loss: {lowest or 'none'}. Lines mark the loss of constants: {marked}."
    )
    return figure
