"""One look for every figure: theme, colours, and glyphs for Chinese text on any machine."""

import functools
import logging
from pathlib import Path

import matplotlib as mpl
import pylopdf_fonts_zh_cn as noto
import seaborn as sns
from matplotlib import font_manager
from matplotlib.figure import Figure

CHINESE_FONT = str(noto.sans_path())
"""Path of Noto Sans SC, for programs that take a font by path (word clouds)."""

WIDTH = 5.6
"""Width of a figure in inches: read on a phone without zooming, on paper in one column."""

_FAMILIES = ["DejaVu Sans", "Noto Sans SC"]
"""The second where the first lacks a glyph."""

# Okabe and Ito's colours, the blue darker than theirs: distinct for colour-blind readers. Pairs that meet in one
# picture also differ in lightness (tests/test_plots.py), and get different markers, lines or hatches.
# A picture stands on white in both themes of the site.
COLOURS = {
    "wave": "#0065A0",
    "older": "#E69F00",
    "younger": "#009E73",
    "control": "#E69F00",
    "retained": "#333333",
    "left": "#999999",
    "published": "#D55E00",
    "placebo": "#CC79A7",
    "synthetic": "#A83279",
    "method 1": "#0F3D36",
    "method 2": "#7A4A21",
    "method 3": "#5F8F97",
    "method 4": "#B3A86A",
    "latin": "#0F3D36",
    "mixed": "#56B4E9",
    "han": "#7A4A21",
    "none": "#BBBBBB",
    "neutral": "#444444",
    "session 1": "#3F2B6B",
    "session 2": "#8467B5",
    "session 3": "#BFA6DE",
    "session 4": "#000000",
    "crawl 1": "#555555",
    "crawl 2": "#A0A0A0",
}


@functools.cache
def _register_fonts() -> None:
    fonts = font_manager.fontManager
    shipped = str(Path(mpl.get_data_path()))  # fonts of these names that a user has installed may be other versions
    fonts.ttflist = [f for f in fonts.ttflist if f.name not in _FAMILIES or f.fname.startswith(shipped)]
    fonts.addfont(CHINESE_FONT)
    # Noto Sans SC has one weight; bold Latin text would be told so for every glyph.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)


def use_style() -> None:
    """Set theme and fonts; called before every drawing, so pictures depend neither on order nor on a matplotlibrc."""
    _register_fonts()
    mpl.rcdefaults()
    sns.set_theme(
        context="notebook",
        style="whitegrid",
        palette="colorblind",
        font_scale=0.92,
        rc={
            "font.family": _FAMILIES,
            "timezone": "UTC",
            "axes.unicode_minus": False,
            "figure.figsize": (WIDTH, 3.6),
            "figure.constrained_layout.use": True,
            "savefig.facecolor": "white",
            "axes.titlesize": "medium",
            "legend.frameon": False,
        },
    )
    mpl.rcParams["axes.spines.top"] = mpl.rcParams["axes.spines.right"] = False


def mark_synthetic(figure: Figure) -> None:
    """Write *synthetic* across a figure's plot area, so that no copy of it loses the word."""
    figure.text(
        0.5,
        0.5,
        "SYNTHETIC",
        fontsize=38,
        color=COLOURS["synthetic"],
        alpha=0.18,
        rotation=20,
        ha="center",
        va="center",
        zorder=10,
    )
