"""What all pictures share: a figure that knows its frames and says in words what is seen, labels, colours in order."""

from __future__ import annotations

import functools
import io
import itertools
import warnings
from collections.abc import Callable, Iterable, Mapping

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rednote_study.errors import StudyError
from rednote_study.plots.missing import write_reason
from rednote_study.plots.style import COLOURS, WIDTH, use_style
from rednote_study.system.plain import plain

_CYCLE = (COLOURS["wave"], "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#444444")
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
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # letters that no font here has, labels without room
        try:
            return function(*map(without_mathtext, frames), **options)
        except StudyError as error:
            return missing(str(error))
        except Exception as error:
            text = plain(str(error))[:300]
            return missing(f"This figure cannot be made from these data ({type(error).__name__}: {text}).")


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
