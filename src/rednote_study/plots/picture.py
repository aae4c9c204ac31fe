"""What all pictures share: a figure that knows its frames and says in words what is seen, labels, colours in order."""

from __future__ import annotations

import functools
import io
import itertools
import logging
import warnings
from collections.abc import Callable, Iterable, Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from rednote_study.errors import StudyError
from rednote_study.plots.missing import write_reason
from rednote_study.plots.style import COLOURS, WIDTH, use_style

_CYCLE = (*(COLOURS[f"method {n}"] for n in range(1, 5)), COLOURS["mixed"], COLOURS["neutral"])
_AWAY = (7, 11, 18, 26, 38, 56)
"""Points between a mark and its name, the nearest first; with the last four, a line joins them."""
_NOTHING = "These data have too few users or posts for this figure."
_NOT_MADE = "This figure was drawn for other data and cannot show these. Its table can be downloaded below."
_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
_PROPER = ("pearson", "spearman")
_ENTITIES = {
    "wave at risk": "wave",
    "difference": "neutral",
    "seen later": "retained",
    "January only": "left",
    "newcomers": "wave",
    "other accounts": "control",
}


class Picture(Figure):
    """A figure of the book; not known to pyplot, so that a notebook shows it once.

    Attributes
    ----------
    alt : str
        What is seen, in words.
    frames : tuple of pandas.DataFrame
        What is drawn.
    made_by : str
        Name of the function that drew it, with its module.
    """

    alt: str = ""
    made_by: str = ""
    frames: tuple[pd.DataFrame, ...] = ()

    def savefig(self, *args, **kwargs) -> None:
        """As matplotlib's, in the look of the book whatever the session's settings are."""
        with mpl.rc_context(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph")  # of a script that no font here has
            settings = {k: v for k, v in mpl.rcParams.items() if k.startswith(("svg.", "pdf."))}
            use_style()
            mpl.rcParams.update(settings)
            super().savefig(*args, **kwargs)

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=120)
        return buffer.getvalue()


def new(height: float, rows: int = 1, columns: int = 1, **options) -> tuple[Picture, list]:
    """An empty picture of the book's width, and its panels row by row.

    Parameters
    ----------
    height : float
        In inches.
    rows, columns : int
    **options
        Of ``matplotlib.figure.Figure.subplots``.
    """
    picture = Picture(figsize=(WIDTH, height))
    return picture, list(picture.subplots(rows, columns, squeeze=False, **options).ravel())


def name_series(axis: Axes, series: Iterable[tuple[str, float, float, float]]) -> None:
    """Write the name of each series beside one of its intervals, where there is more room; this replaces a legend.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
        With its limits set.
    series : iterable of (str, float, float, float)
        Name, ends of the interval, and its height; without an end, the series is not drawn and not named.
    """
    series, (left, right) = [s for s in series if not (pd.isna(s[1]) or pd.isna(s[2]))], axis.get_xlim()
    for name, low, high, y in series:
        start, first, last, end = (axis.transData.transform((x, y))[0] for x in (left, low, high, right))
        after, wide = end - last >= first - start, (8 * len(name) + 12) * axis.figure.dpi / 72
        marks = [axis.transData.transform((s[1], y))[0] for s in series if s[3] == y and s[0] != name]
        if any(0 < (m - last if after else first - m) < wide for m in marks):
            after = not after
        place = {"xytext": (8 if after else -8, 0), "textcoords": "offset points", "ha": "left" if after else "right"}
        behind = {"facecolor": "white", "edgecolor": "none", "pad": 0.3}
        axis.annotate(name, (high if after else low, y), va="center", fontsize=10, bbox=behind, zorder=4, **place)


def name_marks(figure: Figure, marks: Mapping[str, Iterable[tuple[Axes, float, float]]]) -> None:
    """Write each name beside one of its marks, where nothing else is drawn; this replaces a legend.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        With all its marks drawn.
    marks : mapping of str to iterable of (matplotlib.axes.Axes, float, float)
        Where the marks of a name are; the first that has room is taken. Without any, nothing is written.
    """
    ink, scale = _ink(figure), figure.dpi / 72
    places = {
        name: [(a, a.convert_xunits(x), y) for a, x, y in at if not pd.isna([x, y]).any()] for name, at in marks.items()
    }
    pixels = {name: np.array([a.transData.transform((x, y)) for a, x, y in at]) for name, at in places.items() if at}
    for name, own in pixels.items():
        others = np.concatenate([np.full((1, 2), np.inf), *(p for other, p in pixels.items() if other != name)])
        text = figure.text(0, 0, name, fontsize=10)
        size = np.array(text.get_window_extent(figure.canvas.get_renderer()).size)
        text.remove()
        room = np.array(
            [_distance(others, p, np.zeros(2)) for p in own]
        )  # a mark among others cannot be told by a name
        apart = np.flatnonzero(room >= min(8 * scale, 0.9 * room.max()))
        tried = []
        for away, place, side in itertools.product(_AWAY, apart, _SIDES):
            point = own[place]
            low = point + np.multiply(side, away * scale) + (np.array(side) - 1) / 2 * size
            covered = _covered(ink, places[name][place][0], low - 2, low + size + 2)
            if away < _AWAY[-4]:
                unclear = _distance(others, low, size) < 2 * _distance(own, low, size) + 2
            else:  # a line joins them, which crosses nothing
                line = point + np.outer(np.linspace(9 / (away * scale), 1, 30), np.multiply(side, away * scale))
                unclear = ink[tuple(line.astype(int).clip(0, np.array(ink.shape[::-1]) - 1).T[::-1])].any()
            tried.append(((covered, unclear, len(tried)), place, np.multiply(side, away), low))
            if not covered and not unclear:
                break
        _, place, shift, low = min(tried, key=lambda found: found[0])
        _covered(ink, places[name][place][0], low - 2, low + size + 2, cover=True)
        _write(*places[name][place], name, shift)


def _covered(ink: np.ndarray, axis: Axes, low: np.ndarray, high: np.ndarray, *, cover: bool = False) -> float:
    """How many pixels of a box are drawn on; a box that leaves the panel is worse than any."""
    if not (axis.bbox.min <= low).all() or not (high <= axis.bbox.max).all():
        return np.inf
    box = tuple(slice(int(a), int(b) + 1) for a, b in zip(low[::-1], high[::-1], strict=True))
    ink[box] |= cover
    return float(ink[box].sum())


def _distance(points: np.ndarray, low: np.ndarray, size: np.ndarray) -> float:
    """From a box to the nearest point."""
    return float(np.hypot(*np.clip([low - points, points - low - size], 0, None).max(axis=0).T).min())


def _write(axis: Axes, x: float, y: float, name: str, shift: np.ndarray) -> None:
    """A name so far from its mark; a line joins them where that is not plain to see."""
    sides, stands = {-1: "right", 0: "center", 1: "left"}, {-1: "top", 0: "center", 1: "bottom"}
    style = {"ha": sides[np.sign(shift[0])], "va": stands[np.sign(shift[1])], "fontsize": 10, "in_layout": False}
    if abs(shift).max() >= _AWAY[-4]:
        line = {"arrowstyle": "-", "color": COLOURS["neutral"], "lw": 0.8, "shrinkA": 1, "shrinkB": 3}
        style["arrowprops"] = line | {"relpos": tuple((1 - np.sign(shift)) / 2)}
    behind = {"facecolor": "white", "edgecolor": "none", "pad": 0.3}
    axis.annotate(name, (x, y), tuple(shift), textcoords="offset points", bbox=behind, zorder=4, **style)


def _ink(figure: Figure) -> np.ndarray:
    """Which pixels of a figure are drawn on, counted from below; lines of a grid are not."""
    grid = [g for axis in figure.axes for g in (*axis.get_xgridlines(), *axis.get_ygridlines()) if g.get_visible()]
    canvas = FigureCanvasAgg(figure)
    figure.draw_without_rendering()  # the layout, which makes ticks anew
    for line in grid:
        line.set_visible(False)
    canvas.draw()
    for line in grid:
        line.set_visible(True)
    return (np.asarray(canvas.buffer_rgba())[::-1, :, :3] < 250).any(axis=2)


def draws(function: Callable[..., Picture]) -> Callable[..., Picture]:
    """Make a function of frames one that draws in the look of the book, and leaves matplotlib's settings alone.

    The picture remembers its frames. Of a crawl of one's own that does not give what is drawn, it says so.
    """

    @functools.wraps(function)
    def draw(*frames: pd.DataFrame, **options) -> Picture:
        with mpl.rc_context():
            use_style()
            picture = _drawn(function, frames, options)
        picture.frames, picture.made_by = frames, f"{function.__module__}.{function.__qualname__}"
        return picture

    return draw


def _drawn(function: Callable[..., Picture], frames: tuple[pd.DataFrame, ...], options: dict) -> Picture:
    failed = next((f.attrs["failed"] for f in frames if f.attrs.get("failed")), "")
    if failed:
        return missing(failed)
    if not any(f.attrs.get("own") for f in frames):
        return function(*map(without_mathtext, frames), **options)
    if not any(_can_be_drawn(frame, options) for frame in frames):
        return missing(_NOTHING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # letters that no font here has, labels without room
        try:
            return function(*map(without_mathtext, frames), **options)
        except StudyError as error:
            return missing(str(error))
        except Exception:  # for who wrote the plot function, not for a reader
            logging.getLogger(__name__).debug("%s was not drawn", function.__name__, exc_info=True)
            return missing(_NOT_MADE)


def _can_be_drawn(frame: pd.DataFrame, options: Mapping) -> bool:
    """Whether a row has a number in each of its roles: the columns of numbers that an option names, else all of them."""
    numbers = frame.select_dtypes("number").astype(float)
    named = [[o] if isinstance(o, str) else o for o in options.values() if isinstance(o, str | Iterable)]
    roles = [found for some in named if (found := [c for c in numbers if c in some])] or [list(numbers)]
    known = np.column_stack([np.isfinite(numbers[role]).any(axis=1) for role in roles])
    return bool(known.all(axis=1).any()) if len(numbers.columns) else len(frame) > 0


def missing(reason: str) -> Picture:
    """A picture that says why it cannot be drawn."""
    picture, (axis,) = new(1.6)
    write_reason(axis, reason)
    picture.alt = reason
    return picture


def without_mathtext(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with texts as labels: matplotlib takes ``$...$`` for a formula and would set or refuse it."""
    texts = [c for c in frame if isinstance(frame[c].dtype, pd.StringDtype) or frame[c].dtype == object]
    found = [c for c in texts if frame[c].map(lambda v: isinstance(v, str) and "$" in v).any()]
    return frame.assign(
        **{c: frame[c].map(lambda v: v.replace("$", r"\$") if isinstance(v, str) else v) for c in found}
    )


def label(name: str) -> str:
    """How a name in a table is written in a picture.

    Examples
    --------
    >>> label("like_count"), label("wave at risk"), label("pearson")
    ('likes', 'wave at risk', 'Pearson')
    """
    if name in _PROPER:
        return name.title()
    return f"{name.removesuffix('_count')}s" if name.endswith("_count") else str(name).replace("_", " ")


def colours_of(names: Iterable[str], chosen: Mapping[str, str] | None = None) -> dict[str, str]:
    """A colour for each name: the one chosen, the one that it has in the whole book, or the next in order."""
    order = itertools.cycle(_CYCLE)
    return {n: (chosen or {}).get(n) or COLOURS.get(_ENTITIES.get(n, n)) or next(order) for n in names}


def interval_text(value: float, low: float, high: float) -> str:
    """A number with its interval, for an alternative text.

    Examples
    --------
    >>> interval_text(0.1, -0.2, 0.4)
    '+0.10 (-0.20 to +0.40)'
    """
    if pd.isna(value):
        return "too few users"
    return f"{value:+.2f}" if pd.isna(low) else f"{value:+.2f} ({low:+.2f} to {high:+.2f})"
