"""What is found in noise, by the number of directions that the noise has, above those of real vectors."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, NullLocator

from rednote_study.plots.picture import Picture, draws, name_series, new
from rednote_study.plots.style import COLOURS

_TICKS = (1, 3, 10, 30, 100, 300, 1000)
_LINES = ("--", ":", "-.")
_LOOKS = (("o", COLOURS["neutral"]), ("D", COLOURS["placebo"]))


@draws
def directions(
    noise: pd.DataFrame,
    dealt: pd.DataFrame,
    *vectors: pd.DataFrame,
    y: str,
    filled: str,
    labels: tuple[str, str] = ("noise", "texts, label dealt by chance"),
    crawls: Sequence[str] = (),
    lines: Mapping[str, float] | None = None,
    percent: bool = False,
    ylabel: str = "",
) -> Picture:
    """Noise by its directions, with intervals; in a panel below, where the vectors of texts lie.

    Parameters
    ----------
    noise, dealt : pandas.DataFrame
        ``directions``, ``variant``, and `y` with its ends: of noise, and of inputs whose label is dealt by chance.
    *vectors : pandas.DataFrame
        One of each crawl: ``vectors`` and ``directions``. Without any there is one panel.
    y : str
        Column.
    filled : str
        The `variant` that is drawn filled; the others are hollow.
    labels : tuple of str
        How the two kinds are called.
    crawls : sequence of str
        How the crawls of `vectors` are called.
    lines : mapping of str to float, optional
        Numbers to compare with, by what they are called.
    percent : bool
        Whether `y` is written as per cent.
    ylabel : str
    """
    shape = {"height_ratios": [3, 2]} if vectors else {}
    figure, axes = new(3.6, 1 + bool(vectors), sharex=True, **shape)
    kinds = dict(zip(labels, (noise, dealt), strict=True))
    for (kind, frame), (marker, colour) in zip(kinds.items(), _LOOKS, strict=True):
        for variant, rows in frame.groupby("variant", sort=False):
            full, scale = variant == filled, 100 if percent else 1
            ends = [rows[y] - rows[f"{y}_low"], rows[f"{y}_high"] - rows[y]]
            style = {"color": colour, "mfc": colour if full else "white", "ms": 6.5, "capsize": 2.5}
            style |= {"fmt": marker + ("-" if full else ""), "label": kind if full else None}
            at = rows["directions"] * (1 if full else 1.1)
            axes[0].errorbar(at, scale * rows[y], scale * np.array(ends, dtype=float).clip(0), **style)
    for style, (name, value) in zip(_LINES, (lines or {}).items(), strict=False):
        axes[0].axhline(value, color=COLOURS["published"], ls=style, lw=1.3)
        beside = {"xycoords": axes[0].get_yaxis_transform(), "textcoords": "offset points", "va": "center"}
        axes[0].annotate(textwrap.fill(name, 13), (1, value), (5, 0), fontsize=10, **beside)
    axes[0].set(
        ylabel=textwrap.fill(ylabel or y, 22), xscale="log", xlim=(0.8, 1000), ylim=(-2, 102) if percent else None
    )
    axes[-1].set(xlabel="effective directions of the inputs")
    axes[-1].set_xticks(_TICKS, [f"{tick:,}" for tick in _TICKS])
    axes[-1].xaxis.set_minor_locator(NullLocator())
    if percent:
        axes[0].yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{share:g} %"))
    if vectors:
        _vectors(axes[1], vectors, crawls)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=10)
    figure.alt = _said(kinds, dict(zip(crawls, vectors, strict=False)), y, ylabel or y, percent)
    return figure


def _vectors(axis, vectors: Sequence[pd.DataFrame], crawls: Sequence[str]) -> None:
    """A row an encoder, a mark a crawl, which is named beside its first."""
    named, rows = [], list(dict.fromkeys(name for frame in vectors for name in frame["vectors"]))[::-1]
    looks = zip(vectors, crawls, ("s", "^"), (COLOURS["synthetic"], COLOURS["method 1"]), strict=False)
    for frame, crawl, marker, colour in looks:
        heights = [rows.index(name) for name in frame["vectors"]]
        axis.plot(frame["directions"], heights, marker, color=colour, ms=7)
        named += [(f"vectors of {crawl}", at, at, heights[0]) for at in frame["directions"].head(1)]
    axis.set_yticks(range(len(rows)), rows, fontsize=10)
    axis.set(ylim=(-0.6, len(rows) - 0.4))
    name_series(axis, named)


def _said(kinds: Mapping, crawls: Mapping, y: str, ylabel: str, percent: bool) -> str:
    written = "{:.0%}" if percent else "{:.3g}"
    above = [
        f"{kind}, {variant}: "
        + ", ".join(f"{written.format(v)} at {d:,.0f}" for d, v in rows[["directions", y]].to_numpy())
        for kind, frame in kinds.items()
        for variant, rows in frame.groupby("variant", sort=False)
    ]
    vectors = [
        f"{crawl}: " + ", ".join(f"{name} {d:,.0f}" for name, d in frame[["vectors", "directions"]].to_numpy())
        for crawl, frame in crawls.items()
    ]
    below = f" Below, effective directions of vectors. {'; '.join(vectors)}." if vectors else ""
    return f"Points with intervals, {ylabel} by effective directions. {'; '.join(above)}.{below}"
