"""Small multiples: the same rows in panels side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from rednote_study.plots.picture import Picture, colours_of, draws, new
from rednote_study.plots.style import COLOURS

_MARKERS = ("s", "D", "^", "o", "v", "P")


@draws
def multiples(
    frame: pd.DataFrame,
    *,
    panels: Mapping[str, str],
    rows: str,
    colour: str | None = None,
    colours: Mapping[str, str] | None = None,
    chance: Mapping[str, str] | float | None = None,
    percent: bool = False,
    xlabel: str = "",
    xlim: tuple[float, float] | None = None,
    xticks: Sequence[float] | None = None,
) -> Picture:
    """Dots with intervals: one panel a measure, one row a value of `rows`, the first on top.

    Parameters
    ----------
    frame : pandas.DataFrame
        The interval of a measure is in ``<measure>_low`` and ``<measure>_high``, where it has one.
    panels : mapping of str to str
        Columns, and how each is called above its panel.
    rows : str
        Column that names the rows.
    colour : str, optional
        Column that tells dots of one row apart; they are drawn below one another.
    colours : mapping of str to str, optional
        Colours by value of `colour`, or else by measure.
    chance : mapping of str to str, or float, optional
        By measure: the column with what chance gives (a dash in each row); or one number for all (drawn through).
    percent : bool
        Shares are shown in per cent.
    xlabel : str
    xlim, xticks : sequence of float, optional
    """
    names, scale = list(frame[rows].unique())[::-1], 100 if percent else 1
    series = list(frame[colour].unique()) if colour else [""]
    chosen = colours_of(series, colours) if colour else colours or {}
    shifts = 0.2 * ((len(series) - 1) / 2 - np.arange(len(series)))
    figure, axes = new(
        (1.5 if colour else 1.1) + (0.5 if colour else 0.31) * len(names), 1, len(panels), sharex=True, sharey=True
    )
    for axis, (measure, title) in zip(axes, panels.items(), strict=True):
        _chance(axis, frame.drop_duplicates(rows).set_index(rows).reindex(names), chance, measure, scale)
        for place, (name, shift) in enumerate(zip(series, shifts, strict=True)):
            part = (frame[frame[colour].eq(name)] if colour else frame).set_index(rows).reindex(names)
            style = {
                "color": chosen.get(name) or chosen.get(measure) or COLOURS.get(measure, COLOURS["wave"]),
                "ms": 6,
                "capsize": 2,
                "label": name,
            }
            marker = _MARKERS[place % len(_MARKERS)] if colour else "o"
            errors = _errors(part, measure, scale)
            axis.errorbar(part[measure] * scale, np.arange(len(names)) + shift, xerr=errors, fmt=marker, **style)
        axis.set_title(title, fontsize=11 if len(panels) < 3 else 10)
        axis.set(xlim=xlim, xlabel=xlabel, ylim=(-0.6, len(names) - 0.4))
    if xticks is not None:
        axes[0].set_xticks(xticks)
    axes[0].set_yticks(range(len(names)), names, fontsize=10)
    if colour:
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=10)
    figure.alt = _alt(frame, panels, [rows, *([colour] if colour else [])], percent)
    return figure


def _chance(axis, frame: pd.DataFrame, chance: Mapping[str, str] | float | None, measure: str, scale: int) -> None:
    if isinstance(chance, Mapping):
        if measure in chance:
            axis.plot(frame[chance[measure]] * scale, range(len(frame)), "|", color=COLOURS["neutral"], ms=13, mew=1.5)
    elif chance is not None:
        axis.axvline(chance * scale, color=COLOURS["neutral"], lw=1)


def _errors(part: pd.DataFrame, measure: str, scale: int) -> np.ndarray | None:
    if f"{measure}_low" not in part:
        return None
    low, high = part[f"{measure}_low"], part[f"{measure}_high"]
    return np.clip([part[measure] - low, high - part[measure]], 0, None) * scale


def _alt(frame: pd.DataFrame, panels: Mapping[str, str], keys: list[str], percent: bool) -> str:
    parts = []
    for row in frame.dropna(subset=list(panels)).to_dict("records"):
        told = [f"{' '.join(t.split())} {row[m]:{'.0%' if percent else '.2f'}}" for m, t in panels.items()]
        parts.append(f"{', '.join(str(row[key]) for key in keys)}: {', '.join(told)}")
    return f"Dots with intervals in {len(panels)} panels, one row for each {keys[0]}. {'; '.join(parts)}."
