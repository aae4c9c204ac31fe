"""How results become texts for a reader: the one place that formats them. Tables hold numbers and codes alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import pandas as pd

_KINDS = {
    "count": (1, ",.0f", ""),
    "integer": (1, ",.0f", ""),
    "of": (1, ",.0f", ""),
    "percent": (100, ".1f", " %"),
    "percent2": (100, ".2f", " %"),
    "points": (100, "+.1f", ""),
    "signed": (1, "+.2f", ""),
    "decimal": (1, ".2f", ""),
    "decimal4": (1, ".4f", ""),
    "days": (1, ".1f", ""),
}
"""Scale, style and unit."""

_WORDS = {"word": None, "date": "%-d %B %Y", "time": "%-d %B %Y, %H:%M"}
"""Kinds that are no numbers: a word as it is, and dates (recorded as ISO 8601) with how they are written."""


def format_number(value, low=None, high=None, kind: str = "decimal", *, missing: str = "fewer than 5") -> str:
    """Format a number, with its interval where it has one.

    Parameters
    ----------
    value, low, high : float
        The number and the ends of its interval; missing ends mean no interval.
    kind : {"count", "integer", "percent", "percent2", "points", "decimal", "decimal4", "signed", "days", "p", "range"}
        ``count`` counts people or posts, ``integer`` anything else; ``percent``, ``percent2`` and ``points`` (a
        difference of percentages) take a share between -1 and 1; ``points`` and ``signed`` show the sign of positive
        numbers too; a 2 or 4 is the number of digits. ``KIND range`` shows the two ends alone.
    missing : str
        What stands for a number that is missing.

    Examples
    --------
    >>> format_number(0.214, 0.18, 0.25, "percent")
    '21.4 % (18.0 to 25.0 %)'
    >>> format_number(0.011, -0.212, 0.254, "points")
    '+1.1 (−21.2 to +25.4)'
    >>> format_number(4117, kind="count")
    '4,117'
    >>> format_number(float("nan"), 0.0062, 0.0309, "percent2 range")
    '0.62 % to 3.09 %'
    """
    name, _, ends_alone = kind.partition(" ")
    if pd.isna(low if ends_alone else value):
        return missing
    if kind == "p":
        return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"
    scale, style, unit = _KINDS[name]
    texts = [None if pd.isna(v) else f"{float(v) * scale:{style}}".replace("-", "−") for v in (value, low, high)]
    if ends_alone:
        return f"{texts[1]}{unit} to {texts[2]}{unit}"
    return texts[0] + unit + ("" if texts[1] is None else f" ({texts[1]} to {texts[2]}{unit})")


def format_word(value, kind: str = "word") -> str:
    """Format a word as it is, or a date as the prose writes it.

    Examples
    --------
    >>> format_word("Han"), format_word("2025-01-15", "date")
    ('Han', '15 January 2025')
    """
    style = _WORDS.get(kind)
    return f"{pd.Timestamp(value):{style}}" if style else str(value)


def format_cell(value) -> str:
    """Format a cell of a table: as many digits as a reader can use.

    Examples
    --------
    >>> [format_cell(v) for v in (0.12345, 12.345, 4117, float("nan"), True)]
    ['0.123', '12.35', '4,117', '–', 'yes']
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if pd.isna(value):
        return "–"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}" if value == value.normalize() else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, int | float):
        if float(value).is_integer():
            return f"{value:,.0f}".replace("-", "−")
        digits = 0 if abs(value) >= 1000 else 2 if abs(value) >= 1 else 3
        return f"{value:,.{digits}f}".replace("-", "−")
    return str(value)


class Format(NamedTuple):
    """How some columns of a table are shown as one, declared beside the columns.

    Attributes
    ----------
    text : callable
        What is shown, from the cells of the columns in `of` and then of those in `given`.
    of : tuple of str
        Columns in whose place it stands.
    given : tuple of str
        Columns that it looks at, and that are shown as well.
    """

    text: Callable[..., str]
    of: tuple[str, ...]
    given: tuple[str, ...] = ()


def estimates(*names: str, kind: str, missing: str = "too few users") -> dict[str, Format]:
    """Formats of columns that are estimates, each with ``NAME_low`` and ``NAME_high`` beside it."""
    text = partial(format_number, kind=kind, missing=missing)
    return {name: Format(text, (name, f"{name}_low", f"{name}_high")) for name in names}


def interval_ends(how: str = "", *, of: str = "") -> dict[str, str]:
    """Documentation of the ends of an estimate's 95 % interval, with `how` it is found.

    Examples
    --------
    >>> interval_ends(" (Wilson)", of="share")
    {'share_low': 'lower end of its 95 % interval (Wilson)', 'share_high': 'upper end of its 95 % interval'}
    """
    low, high = (f"{of}_{end}".lstrip("_") for end in ("low", "high"))
    return {low: f"lower end of its 95 % interval{how}", high: "upper end of its 95 % interval"}


def with_ends(columns: Mapping[str, str]) -> dict[str, str]:
    """Documentation of estimates, each followed by that of the ends of its interval.

    Examples
    --------
    >>> list(with_ends({"wave": "change"}))
    ['wave', 'wave_low', 'wave_high']
    """
    pairs = ({column: meaning} | interval_ends(of=column) for column, meaning in columns.items())
    return {name: text for pair in pairs for name, text in pair.items()}


def with_interval(row: pd.Series, column: str) -> tuple:
    """A number of a row and the ends of its interval, by whichever names they have; NaN where it has none.

    Examples
    --------
    >>> with_interval({"auc": 0.6, "auc_min": 0.5, "auc_max": 0.7}, "auc")
    (0.6, 0.5, 0.7)
    """
    pairs = [(f"{column}_low", f"{column}_high"), (f"{column}_min", f"{column}_max"), ("low", "high")]
    ends = next((pair for pair in pairs if pair[0] in row), pairs[-1])
    return row[column], *(row.get(end, float("nan")) for end in ends)


def for_reading(frame: pd.DataFrame, formats: Mapping[str, Format]) -> pd.DataFrame:
    """The table with each formatted column as text, where the columns it is made of stood."""
    taken = {column for shown in formats.values() for column in shown.of}
    out = {}
    for column in frame:
        if column in formats:
            shown = formats[column]
            cells = frame[[*shown.of, *shown.given]].astype(object).itertuples(index=False, name=None)
            out[column] = pd.Series([shown.text(*row) for row in cells], index=frame.index, dtype=object)
        elif column not in taken:
            out[column] = frame[column]
    return pd.DataFrame(out, index=frame.index)
