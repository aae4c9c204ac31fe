"""Distributions, one half upwards, the other downwards."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from rednote_study.plots.picture import Picture, colours_of, draws, label, new


@draws
def violins(
    frame: pd.DataFrame,
    *,
    x: str,
    height: str,
    rows: str,
    halves: str,
    panels: str,
    colours: Mapping[str, str] | None = None,
    xlabel: str = "",
) -> Picture:
    """Split violins of a logarithm to base 10 of one plus a count.

    Parameters
    ----------
    frame : pandas.DataFrame
    x, height : str
        Columns of the logarithm, and of the density there.
    rows, halves, panels : str
        Columns: one violin a row, its first half upwards, one panel each.
    colours : mapping of str to str, optional
        Other colours than the book's, by value of `halves`.
    xlabel : str
    """
    groups, names, sides = (list(frame[c].unique()) for c in (panels, rows, halves))
    figure, axes = new(3.9, 1, max(1, len(groups)), sharex=True, sharey=True)
    chosen = colours_of(sides, colours)
    for axis, group in zip(axes, groups, strict=False):
        for (side, name), part in frame[frame[panels].eq(group)].groupby([halves, rows]):
            base, upwards = len(names) - 1 - names.index(name), 1 if side == sides[0] else -1
            top = base + upwards * 0.42 * part[height] / part[height].max()
            axis.fill_between(part[x], base, top, color=chosen[side], alpha=0.85, lw=0.8, ec="black")
        axis.set_title(label(group), fontsize=11)
        axis.set_xticks(range(5), ["0", "9", "99", "999", "9,999"], fontsize=10)
        axis.set_xlabel(xlabel)
    axes[0].set_yticks(range(len(names)), [label(n) for n in names][::-1], fontsize=10)
    place = {"transform": axes[0].get_yaxis_transform(), "ha": "right", "va": "center", "fontsize": 10}
    for side, shift in zip(sides, (0.25, -0.25), strict=False):
        axes[0].text(1, shift, label(side), **place)
    figure.alt = "Split violins. Modes: " + "; ".join(_modes(frame, x, height, [panels, halves, rows])) + "."
    return figure


def _modes(frame: pd.DataFrame, x: str, height: str, by: list[str]) -> list[str]:
    top = frame.loc[frame.groupby(by)[height].idxmax()]
    return [f"{', '.join(map(label, key))}: {10**at - 1:,.0f}" for *key, at in top[[*by, x]].to_numpy()]
