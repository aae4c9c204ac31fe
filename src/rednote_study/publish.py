"""A drawn figure as a cell's output: the picture, and beside it what makes it citable.

Everything travels in the output of the cell, so the execution cache holds it
too and no chapter writes a file as a side effect.

The package reprofig (0.5.1, tried) also puts provenance into SVG, PNG and PDF. It is not used: its figure ids and
dates are new at each save, so that no file comes out twice the same, PDF needs one more package, its record is a
format of its own where Dublin Core, PNG text and PDF info have fields that every reader knows, and page, citation
and manifest would still be ours to write.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from html import escape

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from rednote_study import fonts
from rednote_study.plots.style import CHINESE_FONT
from rednote_study.provenance import METADATA_KEY, Provenance

__all__ = ["PlottedTable", "Published", "citable", "publish"]

DPI = 300
"""Of the PNG: what journals ask for."""

_SETTINGS = {
    "svg.fonttype": "none",  # text; the glyphs are put in by `fonts.embed`
    "svg.hashsalt": "rednote-study",
    "pdf.fonttype": 42,  # TrueType, not Type 3, which some journals refuse
}


@dataclass(frozen=True)
class PlottedTable:
    """A table as it is downloaded.

    Attributes
    ----------
    name, title, csv : str
        Name, caption, and the text of the CSV file.
    columns : mapping of str to str
        Meaning of the columns, with units.
    keys : sequence of str
        Columns that say which row it is.
    tolerance, absolute : float
        Largest difference between two machines that counts as equal, relative and absolute.
    """

    name: str
    title: str
    csv: str
    columns: Mapping[str, str]
    keys: Sequence[str] = ()
    tolerance: float = 0.0
    absolute: float = 0.0


@dataclass(frozen=True)
class Published:
    """A figure ready to be shown.

    Attributes
    ----------
    id, caption, alt : str
        Anchor in the page, caption that stands alone, text for who cannot see the picture.
    svg : str
        The picture.
    metadata : dict
        What makes it citable; see :func:`citable`.
    """

    id: str
    caption: str
    alt: str
    svg: str
    metadata: dict = field(default_factory=dict, repr=False)

    def _repr_mimebundle_(self, include=None, exclude=None):
        bundle = {"text/html": self._repr_html_(), "image/svg+xml": self.svg, "text/plain": self.alt}
        return bundle, {METADATA_KEY: self.metadata}

    def _repr_html_(self) -> str:
        """Picture and caption, for a notebook; as an image, which is also shown where a notebook is not trusted."""
        source = base64.b64encode(self.svg.encode()).decode()
        image = f'<img src="data:image/svg+xml;base64,{source}" alt="{escape(self.alt)}">'
        return f"<figure>{image}<figcaption>{escape(self.caption)}</figcaption></figure>"


def citable(
    kind: str,
    id: str,
    title: str,
    *,
    caption: str,
    alt: str = "",
    tables: Sequence[PlottedTable] = (),
    provenance: Provenance | None = None,
    files: Mapping[str, bytes] | None = None,
) -> dict:
    """What the site needs to know of a figure or table, as JSON can hold it.

    Parameters
    ----------
    kind : {"figure", "table"}
    id, title, caption, alt : str
    tables : sequence of PlottedTable
        Become CSV files: ``<id>.csv``, and ``<id>-<table>.csv`` for the second and later ones.
    provenance : Provenance, optional
    files : mapping of str to bytes, optional
        Content by suffix, such as ``pdf``.
    """
    contents = {f"{id}.{suffix}": content for suffix, content in (files or {}).items()}
    entries = []
    for table in tables:
        name = f"{id}-{table.name.replace('_', '-')}.csv" if entries else f"{id}.csv"
        contents[name] = table.csv.encode()
        entry = asdict(table)
        del entry["csv"]
        columns = [{"name": c, "meaning": text} for c, text in table.columns.items()]  # the cache sorts dictionaries
        entries.append(entry | {"columns": columns, "keys": list(table.keys), "file": name})
    return {
        "kind": kind,
        "id": id,
        "title": title,
        "caption": caption,
        "alt": alt,
        "tables": entries,
        "provenance": asdict(provenance or Provenance()),
        "files": {name: base64.b64encode(content).decode() for name, content in contents.items()},
    }


def publish(
    figure: Figure,
    *,
    id: str,
    caption: str,
    alt: str,
    title: str = "",
    tables: Sequence[PlottedTable] = (),
    provenance: Provenance | None = None,
) -> Published:
    """Render a figure as SVG, PDF and PNG, and close it. The same figure gives the same files, byte for byte.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    id, caption, alt : str
    title : str
        Short; the id where there is none.
    tables : sequence of PlottedTable
        What it draws.
    provenance : Provenance, optional
        Goes into the files themselves, too.
    """
    source, texts = provenance or Provenance(), (id, title or id, caption)
    with mpl.rc_context(_SETTINGS):
        svg = _render(figure, "svg", source.svg(*texts)).decode()
        with fonts.truetype(CHINESE_FONT, svg):
            pdf = _render(figure, "pdf", source.pdf(*texts))
        png = _render(figure, "png", source.png(*texts))
    plt.close(figure)
    files = {"pdf": pdf, "png": png}  # the SVG is the cell's output itself
    metadata = citable(
        "figure", id, title or id, caption=caption, alt=alt, tables=tables, provenance=source, files=files
    )
    return Published(id, caption, alt, fonts.embed(svg), metadata)


def _render(figure: Figure, form: str, metadata: dict) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=form, dpi=DPI, metadata=metadata)
    return buffer.getvalue()
