"""Shares in per cent: by date, from one crawl to another, in stacked bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.colors import to_rgb

from rednote_study.plots.picture import Picture, colours_of, draws, name_marks, new
from rednote_study.plots.style import COLOURS

_MARKERS = "osD^vP"
_NAMES = {"wave": "newcomers", "older": "older accounts"}


@draws
def dated_shares(
    frame: pd.DataFrame,
    *,
    x: str,
    y: str,
    colour: str,
    order: Sequence[str],
    what: str,
    xlabel: str = "",
    colours: Mapping[str, str] | None = None,
) -> Picture:
    """Shares with intervals by date, the groups side by side.

    Parameters
    ----------
    frame : pandas.DataFrame
        With ``posts``, on which the shares rest.
    x, y, colour : str
        Columns: the day, the share (its interval in ``<y>_low`` and ``<y>_high``), and the group.
    order : sequence of str
        The groups, from left to right.
    what : str
        What the share is of.
    xlabel : str
    colours : mapping of str to str, optional
        Other colours than the book's, by group.
    """
    figure, (axis,) = new(3.4)
    chosen = colours_of(order, colours)
    for place, group in enumerate(order):
        rows = frame[frame[colour].eq(group)].dropna(subset=y)
        days = rows[x] + pd.Timedelta(days=1.6 * (place - (len(order) - 1) / 2))
        style = {"fmt": _MARKERS[place], "color": chosen[group], "ms": 8, "capsize": 3, "clip_on": False}
        axis.errorbar(days, rows[y] * 100, yerr=_errors(rows, y), **style)
        for day, share in zip(days.head(1), rows[y] * 100, strict=False):
            axis.annotate(
                _NAMES.get(group, group), (day, share), (9, 0), textcoords="offset points", va="center", fontsize=10
            )
    days = sorted(set(frame[x]))
    axis.set_xticks(days, [f"{day.day} {day:%b}" for day in days], fontsize=10)
    axis.set(ylabel=f"{what} (%)", xlabel=xlabel, ylim=(0, 100))
    parts = [
        f"{x} of {day:%d %B}, {group}: {share:.0%} of {posts:.0f} posts"
        for day, group, share, posts in frame.dropna(subset=y)[[x, colour, y, "posts"]].itertuples(index=False)
    ]
    figure.alt = f"Share of {what} by {x}, {' and '.join(order)}, with intervals. {'; '.join(parts)}."
    return figure


@draws
def slopes(
    shares: pd.DataFrame,
    did: pd.DataFrame,
    *,
    y: str,
    what: str,
    groups: tuple[str, str] = ("older", "wave"),
    colours: Mapping[str, str] | None = None,
) -> Picture:
    """Two groups from the first to the last crawl, and where the second would be had it moved like the first.

    Parameters
    ----------
    shares : pandas.DataFrame
        As :func:`rednote_study.analysis.language.shares` gives it.
    did : pandas.DataFrame
        As :func:`rednote_study.analysis.language.did` gives it; its first row is what is drawn.
    y : str
        Column of the share.
    what : str
        What the share is of.
    groups : tuple of str
        The control group and the group of interest.
    colours : mapping of str to str, optional
        Other colours than the book's, by group.
    """
    figure, (axis,) = new(3.5)
    ends, chosen = [1, shares["crawl"].max()], colours_of(groups, colours)
    for group, marker, shift in zip(groups, "so", (0.015, -0.015), strict=True):
        rows = shares[shares["account"].eq(group) & shares["crawl"].isin(ends)].dropna(subset=y)
        x = rows["crawl"].map({ends[0]: 0, ends[1]: 1}) + shift
        style = {"fmt": f"-{marker}", "color": chosen[group], "ms": 8, "lw": 2, "capsize": 4}
        axis.errorbar(x, rows[y] * 100, yerr=_errors(rows, y), **style)
        for place, value in zip(x, rows[y] * 100, strict=True):
            side = {"ha": "right", "xytext": (-9, 0)} if place < 0.5 else {"ha": "left", "xytext": (9, 0)}
            text = f"{_NAMES.get(group, group)}:\n{value:.0f} %"
            axis.annotate(text, (place, value), textcoords="offset points", va="center", fontsize=10, **side)
    start = shares[shares["account"].eq(groups[1]) & shares["crawl"].eq(1)][y]
    change = did["control_change"].iloc[0]
    if len(start) and not pd.isna(change):
        line = np.array([start.iloc[0], start.iloc[0] + change]) * 100
        axis.plot([-0.015, 0.985], line, "--", color=COLOURS["neutral"], lw=1.2)
        text = f"had they risen as much\nas {_NAMES.get(groups[0], groups[0])}"
        axis.annotate(
            text,
            (0.62, line[0] + 0.635 * (line[1] - line[0])),
            (0, -6),
            textcoords="offset points",
            va="top",
            fontsize=10,
        )
    axis.set_xticks([0, 1], ["first crawl", "last crawl"])
    axis.set(ylabel=f"{what} (%)", xlim=(-0.42, 1.42), ylim=(0, 100))
    axis.grid(axis="x", visible=False)
    figure.alt = _slopes_alt(shares.dropna(subset=y), did.iloc[0], y, groups)
    return figure


def _slopes_alt(shares: pd.DataFrame, did: pd.Series, y: str, groups: tuple[str, str]) -> str:
    parts = [f"{a}, crawl {c}: {share:.0%}" for a, c, share in shares[["account", "crawl", y]].itertuples(index=False)]
    levels = shares.pivot_table(index="crawl", columns="account", values=y).reindex(columns=list(groups))
    rising = "rising " if did[["wave_change", "control_change"]].gt(0).all() else ""
    above = (
        f", {groups[0]} accounts above {groups[1]} accounts" if (levels[groups[0]] > levels[groups[1]]).all() else ""
    )
    if pd.isna(did["did"]):
        return f"Two {rising}lines{above}. {'; '.join(parts) or 'No share is known'}. Which rises more is not known: too few posts."
    return (
        f"Two {rising}lines{above}. {'; '.join(parts)}. "
        f"Difference of the two rises: {did['did'] * 100:+.1f} points ({did['low'] * 100:+.1f} to {did['high'] * 100:+.1f})."
    )


_STACKED = {"chinese": ("han", ".."), "latin_share": ("latin", ""), "none_share": ("none", "")}
"""Colour and hatch of a share."""


@draws
def stacked_shares(frame: pd.DataFrame, *, parts: Mapping[str, str], rows: str, xlabel: str = "") -> Picture:
    """Stacked horizontal bars.

    Parameters
    ----------
    frame : pandas.DataFrame
        One bar a row, the first on top; rows without ``posts`` are left out.
    parts : mapping of str to str
        Columns of the shares, from the left, and how each is called.
    rows : str
        How a bar is called: a text with names of columns in braces.
    xlabel : str
    """
    shown = frame.dropna(subset="posts").iloc[::-1].reset_index(drop=True)
    names = [rows.format(**row) for row in shown.to_dict("records")]
    figure, (axis,) = new(0.62 * len(shown) + 1)
    left, marks = np.zeros(len(shown)), {}
    for column, text in parts.items():
        colour, hatch = _STACKED.get(column, ("mixed", "//"))
        width = shown[column].fillna(0) * 100
        axis.barh(shown.index, width, left=left, color=COLOURS[colour], hatch=hatch, ec="white")
        widest = width.idxmax() if len(shown) else 0
        if len(shown) and width[widest] > 2.2 * len(text):
            box = {"boxstyle": "round,pad=0.15", "fc": COLOURS[colour], "ec": "none"}
            letters = "black" if np.mean(to_rgb(COLOURS[colour])) > 0.5 else "white"
            place = {"ha": "center", "va": "center", "fontsize": 10, "color": letters, "bbox": box}
            axis.text(left[widest] + width[widest] / 2, widest, text, **place)
        else:
            marks[text] = [(axis, left[n] + width[n] / 2, n + 0.4) for n in shown.index[::-1] if width[n]]
        left += width
    axis.set_yticks(shown.index, names, fontsize=10)
    axis.set(xlabel=xlabel, xlim=(0, 100), ylim=(-0.5, len(shown) - 0.1))
    axis.grid(axis="y", visible=False)
    name_marks(figure, marks)
    figure.alt = f"Stacked bars. {'; '.join(_stacked_alt(shown.iloc[::-1], names[::-1], parts))}."
    return figure


def _stacked_alt(shown: pd.DataFrame, names: list[str], parts: Mapping[str, str]) -> list[str]:
    texts = []
    for name, values in zip(names, shown[list(parts)].to_numpy(dtype=float), strict=True):
        told = [f"{v:.0%} {text}" for v, text in zip(values, parts.values(), strict=True) if not np.isnan(v)]
        texts.append(f"{' '.join(name.split())}: {', '.join(told) or 'too few posts'}")
    return texts


def _errors(rows: pd.DataFrame, y: str) -> np.ndarray:
    """Ends of the interval of a share, as matplotlib wants them, in per cent."""
    return np.array([rows[y] - rows[f"{y}_low"], rows[f"{y}_high"] - rows[y]]) * 100
