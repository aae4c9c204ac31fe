"""What a chapter sees: a data set, opened by name, that gives tables, figures and numbers.

>>> from rednote_study import study
>>> study.open("replica").synthetic
True
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from html import escape

import matplotlib as mpl
import pandas as pd

from rednote_study import answers, catalogue, record, settings, sources, watch
from rednote_study.citation import latex_table
from rednote_study.crawl import Crawl, open_crawl
from rednote_study.display import Notice, Numbers, TableView
from rednote_study.errors import DataError, StudyError
from rednote_study.formats import for_reading, format_entry, is_known
from rednote_study.plain import plain
from rednote_study.plots import registry as figures
from rednote_study.plots import style
from rednote_study.plots.missing import missing_figure
from rednote_study.provenance import Provenance
from rednote_study.publish import PlottedTable, Published, citable, publish

__all__ = ["Study", "load", "open", "replication", "require"]

REPLICATION = ("full", "replica")
"""Data sets on which the published steps are repeated, the better first."""

NOT_KNOWN = "not known from these data"
"""What stands in the prose for a number that a crawl of one's own does not give."""


def load(name: str) -> Crawl | None:
    """Read the posts of a data set or of a crawl of one's own; None where it is not on this machine.

    Parameters
    ----------
    name : str
        Key of a data set (``us_posts``) or path of a file with the same columns.
    """
    crawl = open_crawl(name)
    return crawl if crawl.present else None


load.cache_clear = open_crawl.cache_clear


def require(name: str) -> Crawl:
    """Read the posts of a data set that must be on this machine.

    Raises
    ------
    DataError
        If they are not; the message says how to get them.
    """
    crawl = open_crawl(name)
    if not crawl.present:
        raise DataError(f"The data set {crawl.key} is not on this machine. {crawl.source.how}")
    return crawl


class Study:
    """One data set as the chapters ask it; made by :func:`open`.

    Attributes
    ----------
    key : str
        Name of the data set.
    synthetic : bool
        Whether its posts were made by this project's generator.
    own : bool
        Whether the book is built on these data in place of those it was written for. Then what cannot be computed
        is said on the page; elsewhere it is an error.
    """

    def __init__(self, name: str | None = None):
        self.crawl = open_crawl(*[name] if name else [])
        self.key, self.synthetic, self.own = self.crawl.key, self.crawl.synthetic, self.crawl.own
        self._twin = self.key in REPLICATION and name is not None  # stands beside the chosen data on one page
        if not self.crawl.present:
            record.read_manifest(self.key)  # says what to do where there is none
        self.table = watch.cached()(self._table)

    @property
    def recorded(self) -> bool:
        """Whether the numbers are recorded results, the posts not being on this machine."""
        return not self.crawl.present

    def can_answer(self, chapter: str) -> bool:
        """Whether these data have whom the question of `chapter` compares; see :mod:`rednote_study.answers`."""
        return not (self.own and answers.missing(chapter, self.crawl))

    def notice(self, chapter: str | None = None) -> Notice:
        """See :func:`rednote_study.answers.notice`."""
        return answers.notice(self.crawl, chapter)

    def _table(self, name: str) -> pd.DataFrame:
        """The table `name`, looked up or computed.

        Raises
        ------
        DataError
            If a crawl of one's own does not give it.
        """
        spec = catalogue.spec(name)
        frame = spec.function(self.crawl) if spec.needs_data else spec.function()
        if frame.attrs["failed"]:
            raise DataError(frame.attrs["failed"])
        return frame

    def _made(self, what: str, make: Callable):
        """What `make` gives; on a crawl of one's own, a failure as a sentence for the page."""
        if not self.own:
            return make()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # means of nothing and the like: the page shows that they are empty
            try:
                return make()
            except StudyError:
                raise
            except Exception as error:
                raise DataError(
                    f"{what} cannot be made from these data ({type(error).__name__}: {plain(str(error))[:300]})."
                ) from error

    def figure(self, id: str) -> Published:
        """Draw the figure `id`, ready to be shown, numbered and cited; matplotlib's settings stay the reader's."""
        with mpl.rc_context():
            return self._figure(id)

    def _figure(self, id: str) -> Published:
        spec = figures.spec(id)
        try:
            drawing, caption, alt, tables = self._made(f"The figure {id}", lambda: self._drawn(spec))
        except DataError as error:
            if not self.own:
                raise
            drawing, caption, alt, tables = missing_figure(str(error)), f"{spec.title} Not drawn.", str(error), []
        if self._rests_on_synthetic_posts(spec.tables):
            style.mark_synthetic(drawing)
            caption = f"Synthetic data (replica). {caption}"
        with warnings.catch_warnings():
            if (
                self.own
            ):  # letters that no font here has, labels without room: boxes are drawn, the text is in the files
                warnings.simplefilter("ignore")
            return self._publish(id, spec, drawing, caption, alt, tables)

    def _publish(self, id: str, spec, drawing, caption: str, alt: str, tables: list) -> Published:
        return publish(
            drawing,
            id=self._anchor(id, spec.tables),
            title=self._title(spec.title, spec.tables),
            caption=caption,
            alt=alt,
            tables=tables,
            provenance=self._provenance(spec.tables),
        )

    def _drawn(self, spec: figures.FigureSpec) -> tuple:
        """The picture of a figure, its caption, its alternative text, and the tables it draws."""
        tables = [self.table(name) for name in spec.tables]
        style.use_style()
        drawing = spec.function(*map(_without_mathtext, tables))
        return drawing, spec.text("caption", *tables), spec.text("alt", *tables), list(map(self._plotted, spec.tables))

    def show(self, name: str, columns: list[str] | None = None) -> TableView | Notice:
        """The table `name` for reading, with its caption and the meaning of its columns.

        The CSV below it holds all columns, as numbers and codes; the LaTeX file holds what is shown.
        """
        spec = catalogue.spec(name)
        try:
            frame = for_reading(self.table(name), spec.formats)
        except DataError as error:
            if not self.own:
                raise
            return Notice("warning", escape(str(error)))
        title, source = self._title(spec.title, (name,)), self._provenance((name,))
        columns = columns or list(frame.columns)
        view = TableView(frame[columns], title, {c: spec.columns[c] for c in columns})
        id = self._anchor(f"table-{name.replace('_', '-')}", (name,))
        latex = latex_table(id, title, view.head, view.cells, view.numeric, source)
        tables, files = [self._plotted(name)], {"tex": latex.encode()}
        metadata = citable("table", id, title, caption=title, tables=tables, provenance=source, files=files)
        return replace(view, metadata=metadata)

    def _anchor(self, id: str, names: tuple[str, ...]) -> str:
        """Permanent id; what is repeated on other data may stand beside it on one page."""
        return f"{id}-{self.key}" if self._twin and _rests_on_posts(names) else id

    def _title(self, title: str, names: tuple[str, ...]) -> str:
        return f"Synthetic data (replica). {title}" if self._rests_on_synthetic_posts(names) else title

    def _plotted(self, name: str) -> PlottedTable:
        spec = catalogue.spec(name)
        text = record.to_csv(self.table(name))
        return PlottedTable(name, spec.title, text, spec.columns, spec.keys, spec.tolerance, spec.absolute)

    def _provenance(self, names: tuple[str, ...]) -> Provenance:
        """What stands behind these tables."""
        name = next((n for n in names if catalogue.spec(n).needs_data), None)
        if name is None:
            return Provenance()
        return Provenance(**catalogue.spec(name).function(self.crawl).attrs["provenance"])

    def paste(self, *names: str) -> Numbers:
        """Make the numbers of these number tables available to the prose, as formatted text.

        Returns
        -------
        Numbers
            The same by name, for a notebook, whose prose names them only.
        """
        from myst_nb import glue

        texts = {number: text for name in names for number, text in self._numbers(name).items()}
        for number, text in texts.items():
            glue(number, text, display=False)
        return Numbers(texts)

    def _numbers(self, name: str) -> dict[str, str]:
        """Formatted numbers by name; on a crawl of one's own, words for those that it does not give."""
        if not self.own:
            return {r.number: format_entry(r) for r in self.table(name).itertuples()}
        texts = dict.fromkeys(record.number_names(settings.DEFAULT, name), NOT_KNOWN)
        try:
            rows = list(self.table(name).itertuples())
        except DataError:
            return texts
        return texts | {r.number: self._number(r) for r in rows if is_known(r)}

    def _number(self, row) -> str:
        return self._made(f"The number {row.number}", lambda: format_entry(row))

    def _rests_on_synthetic_posts(self, names: tuple[str, ...]) -> bool:
        return self.synthetic and _rests_on_posts(names)


def _without_mathtext(table: pd.DataFrame) -> pd.DataFrame:
    """The table for a figure, whose labels are texts: matplotlib takes ``$...$`` for a formula and would set or refuse it."""
    texts = [c for c in table.columns if isinstance(table[c].dtype, pd.StringDtype) or table[c].dtype == object]
    found = [c for c in texts if table[c].map(lambda v: isinstance(v, str) and "$" in v).any()]
    return table.assign(
        **{c: table[c].map(lambda v: v.replace("$", r"\$") if isinstance(v, str) else v) for c in found}
    )


def _rests_on_posts(names: tuple[str, ...]) -> bool:
    return any(catalogue.spec(n).needs_data for n in names)


@watch.cached(maxsize=4)
def open(name: str | None = None) -> Study:
    """Open a data set by name, a crawl of one's own by path, or by default the chosen one.

    Raises
    ------
    DataError
        If there is no such data set, or it is neither present nor recorded.
    """
    return Study(name)


def replication() -> Study:
    """Open the published data where they are on this machine, and the replica otherwise."""
    return open(next(name for name in REPLICATION if sources.locate(name)))
