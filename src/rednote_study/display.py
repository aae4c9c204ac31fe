"""How tables and notices look to a reader of the book."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

import pandas as pd

from rednote_study.datasets.provenance import METADATA_KEY
from rednote_study.formats import format_cell

REPRODUCING = "#reproducing"
"""Address of the page that says how results are computed; the site puts its own in its place."""

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
class Numbers:
    """What a cell gave to the prose, by name; the book leaves it out, a notebook shows it.

    Attributes
    ----------
    texts : dict of str to str
    """

    texts: dict[str, str]

    def __repr__(self) -> str:
        return "\n".join(f"{name}: {text}" for name, text in self.texts.items())

    def _repr_html_(self) -> str:
        rows = (f"<tr><th><code>{n}</code></th><td>{escape(text)}</td></tr>" for n, text in self.texts.items())
        return f'<table class="rednote-numbers"><tbody>{"".join(rows)}</tbody></table>'  # notebooks give it room


@dataclass(frozen=True)
class Notice:
    """What a reader must know of the data behind a page: one small ``line``, or a box with a ``warning``."""

    kind: str
    html: str

    def _repr_html_(self) -> str:
        return f'<div class="rednote-notice rednote-{self.kind}" role="note">{self.html}</div>'
