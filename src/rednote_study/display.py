"""How numbers, tables and notices look to a reader of the book."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

import pandas as pd

from rednote_study.provenance import METADATA_KEY

__all__ = ["Notice", "TableView", "format_cell", "format_number"]


def format_number(value, low=None, high=None, kind: str = "decimal") -> str:
    """Format a number for prose; with its interval where it has one.

    Parameters
    ----------
    value, low, high : float or str
        The number and the ends of its interval; missing ends mean no interval.
    kind : {"count", "percent", "points", "decimal", "signed", "days", "p", "text"}
        ``percent`` and ``points`` (a difference of percentages) take a share between -1 and 1;
        ``points`` and ``signed`` show the sign of positive numbers too.

    Examples
    --------
    >>> format_number(0.214, 0.18, 0.25, "percent")
    '21.4 % (18.0 to 25.0 %)'
    >>> format_number(0.011, -0.212, 0.254, "points")
    '+1.1 (−21.2 to +25.4)'
    >>> format_number(4117, kind="count")
    '4,117'
    """
    if pd.isna(value):
        return "fewer than 5"
    if kind == "text":
        return str(value)
    value = float(value)
    if kind == "p":
        return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"
    scale, style, unit = {
        "count": (1, ",.0f", ""),
        "percent": (100, ".1f", " %"),
        "points": (100, "+.1f", ""),
        "signed": (1, "+.2f", ""),
        "decimal": (1, ".2f", ""),
        "days": (1, ".1f", ""),
    }[kind]
    texts = [
        f"{float(v) * scale:{style}}".replace("-", "−") for v in (value, low, high) if v is not None and not pd.isna(v)
    ]
    return texts[0] + unit if len(texts) == 1 else f"{texts[0]}{unit} ({texts[1]} to {texts[2]}{unit})"


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


LONGEST_OPEN = 12
"""Longer tables are folded: a reader on a phone should not scroll past them."""


@dataclass(frozen=True)
class TableView:
    """A table as a reader sees it: caption, formatted cells, meaning of the columns.

    Attributes
    ----------
    frame : pandas.DataFrame
    title : str
        Caption.
    columns : dict of str to str
        Meaning of the columns.
    metadata : dict
        What makes it citable; see :func:`rednote_study.publish.citable`.
    """

    frame: pd.DataFrame
    title: str
    columns: dict[str, str]
    metadata: dict = field(default_factory=dict, repr=False)

    @property
    def head(self) -> list[str]:
        """Names of the columns as they are shown."""
        return [str(c).replace("_", " ") for c in self.frame]

    @property
    def numeric(self) -> list[bool]:
        """Which columns hold numbers."""
        return [pd.api.types.is_numeric_dtype(self.frame[c]) for c in self.frame]

    @property
    def cells(self) -> list[list[str]]:
        """The cells as they are shown, row by row."""
        rows = self.frame.astype(object).itertuples(index=False, name=None)
        return [[format_cell(value) for value in row] for row in rows]

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self._repr_html_(), "text/plain": self.title}, {METADATA_KEY: self.metadata}

    def _repr_html_(self) -> str:
        return f'<p class="rednote-caption">{escape(self.title)}</p>{self.body}'

    @property
    def body(self) -> str:
        """The table without its caption; folded where it is long."""
        kinds = [_class(numeric) for numeric in self.numeric]
        head = "".join(f'<th scope="col"{k}>{escape(c)}</th>' for k, c in zip(kinds, self.head, strict=True))
        rows = [
            "<tr>" + "".join(f"<td{k}>{escape(c)}</td>" for k, c in zip(kinds, row, strict=True)) + "</tr>"
            for row in self.cells
        ] or [f'<tr><td colspan="{len(kinds)}">no rows</td></tr>']
        meaning = "".join(
            f"<dt>{escape(c.replace('_', ' '))}</dt><dd>{escape(text)}</dd>" for c, text in self.columns.items()
        )
        table = (
            f'<div class="rednote-table" tabindex="0" role="region" aria-label="{escape(self.title)}">'
            f'<table aria-label="{escape(self.title)}"><thead><tr>{head}</tr></thead>'
            f"<tbody>{''.join(rows)}</tbody></table></div>"
            f'<details class="rednote-columns"><summary>What the columns mean</summary><dl>{meaning}</dl></details>'
        )
        if len(self.frame) <= LONGEST_OPEN:
            return table
        summary = f"Show the table of {len(self.frame)} rows"
        return f'<details class="rednote-fold"><summary>{summary}</summary>{table}</details>'


def _class(numeric: bool) -> str:
    return ' class="number"' if numeric else ""


@dataclass(frozen=True)
class Notice:
    """A line at the head of a page about the data behind it."""

    kind: str
    html: str

    def _repr_html_(self) -> str:
        return f'<div class="rednote-notice rednote-{self.kind}" role="note">{self.html}</div>'
