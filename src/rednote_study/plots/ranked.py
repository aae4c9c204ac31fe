"""Dots in rows, in the order of the frame: what gains and what loses."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from rednote_study.plots.picture import Picture, colours_of, draws, name_marks, name_series, new
from rednote_study.plots.style import COLOURS

_MARKERS = "osD^vP"
_LONGEST = 32  # letters of a name


@draws
def ranked_changes(
    frame: pd.DataFrame,
    *,
    x: str,
    rows: str,
    colour: Mapping[str, str],
    colours: Mapping[str, str] | None = None,
    xlabel: str = "",
    prefix: str = "",
) -> Picture:
    """Changes of shares with intervals, one row each, the first on top.

    Parameters
    ----------
    frame : pandas.DataFrame
        With the interval of `x` in ``low`` and ``high``; rows without a change are left out.
    x, rows : str
        Columns: the change of a share, and what each row is called.
    colour : mapping of str to str
        By name: a condition on the rows that get a colour and marker of their own.
    colours : mapping of str to str, optional
        Other colours than the book's, by the same names.
    xlabel : str
    prefix : str
        Stands before the name of each row.
    """
    shown = _from_below(frame, x)
    figure, axis = _axis(0.28 * len(shown) + 0.8, shown, [f"{prefix}{_shortened(name)}" for name in shown[rows]])
    chosen = colours_of(colour, colours)
    named = []
    for (name, condition), marker in zip(colour.items(), "soD^vP", strict=False):
        _points(axis, shown.query(condition), x, fmt=marker, color=chosen[name])
        top = shown.query(condition).tail(1)
        named += [(name, 100 * r["low"], 100 * r["high"], place) for place, r in top.iterrows()]
    axis.set(xlabel=xlabel)
    name_series(axis, named)
    figure.alt = f"Dots with intervals, {xlabel or x}. {'; '.join(_told(shown, x, rows, '+.1f')[:12])}."
    return figure


@draws
def ranked_pairs(
    frame: pd.DataFrame,
    *,
    x: Mapping[str, str],
    rows: str,
    colours: Mapping[str, str] | None = None,
    xlabel: str = "",
) -> Picture:
    """Changes of shares with intervals, and beside each one that it is to be compared with.

    Parameters
    ----------
    frame : pandas.DataFrame
        With the intervals in ``<column>_low`` and ``<column>_high``, or else in ``low`` and ``high``.
    x : mapping of str to str
        Columns of the changes, from above in each row, and how each is called; rows without the first are left out.
    rows : str
        Column that names the rows.
    colours : mapping of str to str, optional
        Other colours than the book's, by column.
    xlabel : str
    """
    main = next(iter(x))
    shown = _from_below(frame, main)
    figure, axis = _axis(0.5 * len(shown) + 0.9, shown, shown[rows])
    chosen = colours_of(["wave" if column == main else column for column in x], colours)
    marks = {}
    for place, (column, name) in enumerate(x.items()):
        shift = 0.28 * ((len(x) - 1) / 2 - place)
        _points(axis, shown, column, shift, fmt="o^sDvP"[place], color=list(chosen.values())[place])
        low, high = _ends(shown, column)
        ends = zip(100 * shown[high], 100 * shown[low], shown.index + shift, strict=True)
        marks[name] = [(axis, end, at) for *both, at in [*ends][::-1] for end in both]
    axis.set(xlabel=xlabel)
    name_marks(figure, marks)
    beside = ", ".join([*x][1:])
    figure.alt = (
        f"Dots with intervals by {rows}, and a {beside} beside each. {'; '.join(_told(shown, main, rows, '+.0f'))}."
    )
    return figure


@draws
def ranked_words(
    frame: pd.DataFrame,
    *,
    x: Mapping[str, str],
    rows: str,
    note: str,
    limits: tuple[float, float] = (-1.96, 1.96),
    colours: Mapping[str, str] | None = None,
    xlabel: str = "",
) -> Picture:
    """Scores of words, one row each, the first on top.

    Parameters
    ----------
    frame : pandas.DataFrame
    x : mapping of str to str
        Columns of the scores, and how each is called.
    rows, note : str
        Columns: the word, and its translation where it has one.
    limits : tuple of float
        Scores where dotted lines stand.
    colours : mapping of str to str, optional
        Other colours than the book's, by the names in `x`.
    xlabel : str
    """
    shown = frame.iloc[::-1].reset_index(drop=True)
    notes = shown[note].fillna("")
    names = [f"{word} ({text})" if text else word for word, text in zip(shown[rows], notes, strict=True)]
    figure, axis = _axis(0.25 * len(shown) + 0.8, shown, names)
    named = []
    for limit in limits:
        axis.axvline(limit, color=COLOURS["neutral"], lw=1, ls=":")
    chosen = colours_of(x.values(), colours)
    for place, (column, name) in enumerate(x.items()):
        style = {"s": 50 - 10 * place, "marker": _MARKERS[place], "zorder": 3 - place}
        axis.scatter(shown[column], shown.index, color=chosen[name], **style)
        top = shown[column].dropna().tail(1)
        named += [(name, value, value, height) for height, value in top.items()]
    axis.set(xlabel=xlabel)
    name_series(axis, named)
    scores = [f"{word} {score:+.1f}" for word, score in zip(frame[rows], frame[next(iter(x))], strict=True)]
    ends = f"Highest: {', '.join(scores[:3])}; lowest: {', '.join(scores[-3:])}"
    figure.alt = f"Dots by {rows}, {' and '.join(x.values())}. {ends}."
    return figure


def _from_below(frame: pd.DataFrame, x: str) -> pd.DataFrame:
    """The rows that have a value, the last first: matplotlib counts from below."""
    return frame.dropna(subset=x).iloc[::-1].reset_index(drop=True)


def _axis(height: float, shown: pd.DataFrame, names: list[str] | pd.Series) -> tuple[Picture, object]:
    figure, (axis,) = new(height)
    axis.axvline(0, color=COLOURS["neutral"], lw=1)
    axis.set_yticks(shown.index, names, fontsize=10)
    axis.set(ylim=(-0.7, len(shown) - 0.3))
    return figure, axis


def _points(axis, part: pd.DataFrame, column: str, shift: float = 0.0, **style) -> None:
    """Points with intervals, in percentage points."""
    low, high = _ends(part, column)
    errors = np.array([part[column] - part[low], part[high] - part[column]]) * 100
    axis.errorbar(part[column] * 100, part.index + shift, xerr=errors, ms=6, capsize=2, **style)


def _ends(frame: pd.DataFrame, column: str) -> tuple[str, str]:
    return (f"{column}_low", f"{column}_high") if f"{column}_low" in frame else ("low", "high")


def _told(shown: pd.DataFrame, column: str, rows: str, style: str) -> list[str]:
    """Each row in words, from above."""
    pairs = zip(shown[rows].iloc[::-1], shown[column].iloc[::-1], strict=True)
    return [f"{name}: {value * 100:{style}} points" for name, value in pairs]


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
