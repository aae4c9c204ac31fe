"""A drawn figure as a cell's output: the picture, and beside it what makes it citable.

Everything travels in the output of the cell, so the execution cache holds it
too and no chapter writes a file as a side effect. CONTRIBUTING.md says why the package reprofig was not taken.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from html import escape

import matplotlib as mpl
import pandas as pd
from IPython.display import display
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from rednote_study import results
from rednote_study.citation import latex_table
from rednote_study.crawl.conditions import checked
from rednote_study.datasets.provenance import METADATA_KEY, Provenance
from rednote_study.display import Notice, Numbers, TableView
from rednote_study.errors import StudyError
from rednote_study.formats import for_reading, format_number, format_word, with_interval
from rednote_study.plots import fonts, style
from rednote_study.plots.picture import Picture
from rednote_study.plots.style import CHINESE_FONT
from rednote_study.store.record import to_csv

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
    finding : str
        What the picture shows, in one sentence; stands above it.
    """

    id: str
    caption: str
    alt: str
    svg: str
    metadata: dict = field(default_factory=dict, repr=False)
    finding: str = ""

    def _repr_mimebundle_(self, include=None, exclude=None):
        bundle = {"text/html": self._repr_html_(), "image/svg+xml": self.svg, "text/plain": self.alt}
        return bundle, {METADATA_KEY: self.metadata}

    def _repr_html_(self) -> str:
        """Picture and caption, for a notebook; as an image, which is also shown where a notebook is not trusted."""
        source = base64.b64encode(self.svg.encode()).decode()
        image = f'<img src="data:image/svg+xml;base64,{source}" alt="{escape(self.alt)}">'
        finding = f'<p class="rednote-finding"><strong>{escape(self.finding)}</strong></p>' if self.finding else ""
        return f"<figure>{finding}{image}<figcaption>{escape(self.caption)}</figcaption></figure>"


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
    code: Sequence[str] = (),
    finding: str = "",
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
    code : sequence of str
        Names, with their modules, of the functions that made it.
    finding : str
        What a figure shows, in one sentence.
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
        "finding": finding,
        "alt": alt,
        "tables": entries,
        "code": list(dict.fromkeys(code)),
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
    code: Sequence[str] = (),
    finding: str = "",
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
    code : sequence of str
    finding : str
        See :func:`citable`.
    """
    source, texts = provenance or Provenance(), (id, title or id, caption)
    with mpl.rc_context(_SETTINGS):
        svg = _render(figure, "svg", source.svg(*texts)).decode()
        layout = figure.get_layout_engine()
        figure.set_layout_engine("none")  # it is laid out: once, and in all files alike
        with fonts.truetype(CHINESE_FONT, svg):
            pdf = _render(figure, "pdf", source.pdf(*texts))
        png = _render(figure, "png", source.png(*texts))
        figure.set_layout_engine(layout)
    plt.close(figure)
    files = {"pdf": pdf, "png": png}  # the SVG is the cell's output itself
    metadata = citable(
        "figure",
        id,
        title or id,
        caption=caption,
        alt=alt,
        tables=tables,
        provenance=source,
        files=files,
        code=code,
        finding=finding,
    )
    return Published(id, caption, alt, fonts.embed(svg), metadata, finding)


def _render(figure: Figure, form: str, metadata: dict) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=form, dpi=DPI, metadata=metadata)
    return buffer.getvalue()


# What chapters call ---------------------------------------------------------------------------------------

NOT_KNOWN = "not known from these data"
"""What stands in the prose for a number that a crawl of one's own does not give."""


def figure(
    picture: Picture,
    id: str,
    *,
    title: str,
    caption: str,
    finding: str = "",
    data: pd.DataFrame | Sequence[pd.DataFrame] | None = None,
    alt: str = "",
) -> Published:
    """Make a picture citable: an id, a caption, an alternative text, its files, and the frames that it draws.

    Parameters
    ----------
    picture : Picture
        Of frames that functions of a crawl returned.
    id : str
        Permanent; anchor in the page, name of the files.
    title, caption : str
    finding : str, optional
        What the picture shows of the study's own data, in one sentence. It stands above the picture, and is left out
        where the data or the arguments are others than the recorded ones: there it may be false.
    data : pandas.DataFrame or sequence of them, optional
        What the CSV files hold, where the picture shows some rows only.
    alt : str, optional
        In place of the text that the plot function wrote.

    Raises
    ------
    StudyError
        If a frame is none that a result returned.
    """
    frames = picture.frames if data is None else [data] if isinstance(data, pd.DataFrame) else data
    known = [results.about(frame)[1] for frame in frames]
    if {a["result"] for a in known} != {results.about(f)[1]["result"] for f in picture.frames}:
        raise StudyError(f"The data of the figure {id} are not what it draws.")
    main = next((a for a in known if a["provenance"]["dataset"]), known[0])
    if main["synthetic"]:
        style.mark_synthetic(picture)
    if any(a["failed"] for a in known):
        caption = f"{title} Not drawn."
    return publish(
        picture,
        id=id,
        title=_marked(title, main),
        caption=_dated(caption, main),
        alt=alt or picture.alt,
        tables=[plotted(frame) for frame in frames],
        provenance=Provenance(**main["provenance"]),
        code=[picture.made_by, *map(_made_by, frames)],
        finding=finding if all(a["known"] for a in known) else "",
    )


def table(
    frame: pd.DataFrame, id: str, *, caption: str = "", columns: Sequence[str] | None = None
) -> TableView | Notice:
    """Make a frame citable: an id, a caption, the meaning of its columns, and its files.

    Parameters
    ----------
    frame : pandas.DataFrame
        What a function of a crawl returned.
    id : str
        Permanent.
    caption : str, optional
        In place of the result's title.
    columns : sequence of str, optional
        Which are shown; the CSV file has all.

    Raises
    ------
    StudyError
        If the frame is none that a result returned.
    """
    spec, known = results.about(frame)
    if known["failed"]:
        return Notice("warning", escape(known["failed"]))
    title, source = _dated(caption or spec.title, known), Provenance(**known["provenance"])
    shown = for_reading(frame, spec.formats)
    shown = shown[list(columns or shown.columns)]
    view = TableView(shown, title, {c: spec.columns[c] for c in shown})
    files = {"tex": latex_table(id, title, view.head, view.cells, view.numeric, source).encode()}
    tables, code = [plotted(frame)], [_made_by(frame)]
    metadata = citable("table", id, title, caption=title, tables=tables, provenance=source, files=files, code=code)
    return replace(view, metadata=metadata)


def value(
    frame: pd.DataFrame,
    column: str,
    kind: str = "signed",
    /,
    *,
    of: str | int | None = None,
    ends: tuple[str, str] | None = None,
    **where,
) -> str:
    """One cell of a frame as the prose writes it, with its interval where it has one.

    Parameters
    ----------
    frame : pandas.DataFrame
    column : str
        Its interval is in ``<column>_low`` and ``<column>_high``, in ``<column>_min`` and ``<column>_max``, or else
        in ``low`` and ``high``.
    kind : str
        How it is written; see :func:`rednote_study.formats.format_number`; also ``word``, ``date``, ``time`` and
        ``of``.
    of : str or int, optional
        Column or number of which it is a part, for the kind ``of``.
    ends : tuple of str, optional
        Other columns of its interval.
    **where
        Values of other columns, which choose the row.

    Raises
    ------
    StudyError
        If not exactly one row is chosen.

    Examples
    --------
    >>> value(pd.DataFrame({"count": ["likes"], "delta": [0.1], "low": [-0.2], "high": [0.4]}), "delta", count="likes")
    '+0.10 (−0.20 to +0.40)'
    """
    rows, own = _rows(frame, where), frame.attrs.get("own", False)
    if len(rows) != 1:
        if own:
            return NOT_KNOWN
        raise StudyError(f"{len(rows)} rows of {frame.attrs.get('result', 'this frame')} have {where}; one is needed.")
    row = rows.iloc[0]
    number, low, high = (row[c] for c in (column, *ends)) if ends else with_interval(row, column)
    if own and pd.isna(number) and pd.isna(low):
        return NOT_KNOWN
    if isinstance(number, str | pd.Timestamp):
        return format_word(number, kind)
    text = format_number(number, low, high, kind)
    if kind != "of":
        return text
    return f"{text} of {format_number(row[of] if isinstance(of, str) else of, kind='integer')}"


def sample(frame: pd.DataFrame, column: str = "users", /, **where) -> str:
    """How many users or posts stand behind rows of a frame, all behind the same, as a caption writes it.

    Parameters
    ----------
    frame : pandas.DataFrame
    column : str
    **where
        Values of other columns, which choose the rows.

    Raises
    ------
    StudyError
        If the rows have different numbers, or none.

    Examples
    --------
    >>> sample(pd.DataFrame({"group": ["wave", "wave", "control"], "users": [1541, 1541, 82]}), group="wave")
    '1,541'
    """
    sizes = _rows(frame, where)[column].dropna().unique()
    if len(sizes) == 1:
        return format_number(sizes[0], kind="integer")
    if frame.attrs.get("own"):
        return NOT_KNOWN
    raise StudyError(f"{len(sizes)} numbers of {column} stand behind {where or 'the rows'}; a caption needs one.")


def _rows(frame: pd.DataFrame, where: dict) -> pd.DataFrame:
    """The rows that have these values."""
    for name, wanted in where.items():
        frame = frame[frame[name].eq(wanted)]
    return frame


def count(frame: pd.DataFrame, condition: str = "", *, of: int | None = None) -> str:
    """How many rows of a frame satisfy a condition (all of them without one), as the prose writes it.

    Examples
    --------
    >>> count(pd.DataFrame({"q": [0.01, 0.2]}), "q < 0.05", of=2)
    '1 of 2'
    """
    if frame.attrs.get("failed"):
        return NOT_KNOWN
    number = format_number(len(frame.query(checked(condition)) if condition else frame), kind="integer")
    return number if of is None else f"{number} of {format_number(of, kind='integer')}"


def numbers(**values: str | int) -> Numbers:
    """Give numbers to the prose by name; in a notebook they are shown, so that both can be read together.

    Parameters
    ----------
    **values : str or int
        What :func:`value` and :func:`count` give, or a whole number; names are permanent.
    """
    texts = {n: v if isinstance(v, str) else format_number(v, kind="integer") for n, v in values.items()}
    for name, text in texts.items():
        _glue(name, text)
    return Numbers(texts)


def _glue(name: str, text: str) -> None:
    """What `myst_nb.glue` does with a text; to import that takes each chapter's kernel more than a second."""
    prefix = "application/papermill.record/"
    display(
        {f"{prefix}text/plain": repr(text)}, raw=True, metadata={"scrapbook": {"name": name, "mime_prefix": prefix}}
    )


def _marked(text: str, known: dict) -> str:
    """A title with what has to be said of the data behind it."""
    return f"Synthetic data (replica). {text}" if known["synthetic"] else text


def _dated(text: str, known: dict) -> str:
    """A caption that says so where the numbers were recorded by other code than this."""
    text = _marked(text, known)
    return f"{text} Recorded by version {known['version']}; the code has changed since." if known["moved_on"] else text


def _made_by(frame: pd.DataFrame) -> str:
    """Name, with its module, of the function that returned a frame."""
    made = results.about(frame)[0].function
    return f"{made.__module__}.{made.__qualname__}"


def plotted(frame: pd.DataFrame) -> PlottedTable:
    """A frame that a result returned, as it is downloaded."""
    spec, _ = results.about(frame)
    columns = {c: spec.columns[c] for c in frame}
    return PlottedTable(spec.name, spec.title, to_csv(frame), columns, spec.keys, spec.tolerance, spec.absolute)
