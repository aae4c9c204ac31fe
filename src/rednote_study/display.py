"""How numbers, tables and notices look to a reader of the book."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import pandas as pd

__all__ = ["Notice", "TableView", "format_cell", "format_number"]


def format_number(value, low=None, high=None, kind: str = "decimal") -> str:
    """Format a number for prose; with its interval where it has one.

    Parameters
    ----------
    value, low, high : float or str
        The number and the ends of its interval; missing ends mean no interval.
    kind : {"count", "percent", "decimal", "days", "p", "text"}
        ``percent`` takes a share between 0 and 1.

    Examples
    --------
    >>> format_number(0.214, 0.18, 0.25, "percent")
    '21.4 % (18.0 to 25.0 %)'
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
        "decimal": (1, ".2f", ""),
        "days": (1, ".1f", ""),
    }[kind]
    text = f"{value * scale:{style}}"
    if low is None or pd.isna(low):
        return text + unit
    return f"{text}{unit} ({float(low) * scale:{style}} to {float(high) * scale:{style}}{unit})"


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
            return f"{value:,.0f}"
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"
    return str(value)


@dataclass(frozen=True)
class TableView:
    """A table as a reader sees it: caption, formatted cells, meaning of the columns."""

    frame: pd.DataFrame
    title: str
    columns: dict[str, str]

    def _repr_html_(self) -> str:
        numeric = {c: pd.api.types.is_numeric_dtype(self.frame[c]) for c in self.frame}
        head = "".join(f'<th scope="col"{_class(numeric[c])}>{escape(c.replace("_", " "))}</th>' for c in self.frame)
        body = "".join(
            "<tr>"
            + "".join(f"<td{_class(numeric[c])}>{escape(format_cell(row[c]))}</td>" for c in self.frame)
            + "</tr>"
            for row in self._rows()
        )
        meaning = "".join(
            f"<dt>{escape(c.replace('_', ' '))}</dt><dd>{escape(text)}</dd>" for c, text in self.columns.items()
        )
        return (
            f'<div class="rednote-table" tabindex="0" role="region" aria-label="{escape(self.title)}"><table>'
            f"<caption>{escape(self.title)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
            f'<details class="rednote-columns"><summary>What the columns mean</summary><dl>{meaning}</dl></details>'
        )

    def _rows(self) -> list[dict]:
        return self.frame.astype(object).to_dict("records")


def _class(numeric: bool) -> str:
    return ' class="number"' if numeric else ""


@dataclass(frozen=True)
class Notice:
    """A line at the head of a page about the data behind it."""

    kind: str
    html: str

    def _repr_html_(self) -> str:
        return f'<div class="rednote-notice rednote-{self.kind}" role="note">{self.html}</div>'
