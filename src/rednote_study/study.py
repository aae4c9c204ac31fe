"""What a chapter sees: a data set, opened by name, that gives tables, figures and numbers.

>>> from rednote_study import study
>>> study.open("replica").synthetic
True
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import matplotlib as mpl
import pandas as pd

from rednote_study import answers, catalogue, record, sources, watch
from rednote_study.crawl import Crawl, open_crawl
from rednote_study.display import Notice, Numbers, TableView
from rednote_study.errors import DataError, StudyError
from rednote_study.plain import plain
from rednote_study.plots import registry as figures
from rednote_study.plots import style
from rednote_study.plots.missing import missing_figure
from rednote_study.plots.picture import without_mathtext
from rednote_study.provenance import Provenance
from rednote_study.publish import Published, numbers, plotted, publish, table

__all__ = ["Study", "load", "open", "replication", "require"]

REPLICATION = ("full", "replica")
"""Data sets on which the published steps are repeated, the better first."""


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
        frame = self._result(name)
        if frame.attrs["failed"]:
            raise DataError(frame.attrs["failed"])
        return frame

    def _result(self, name: str) -> pd.DataFrame:
        spec = catalogue.spec(name)
        return spec.function(self.crawl) if spec.needs_data else spec.function()

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
            if self.own:  # letters that no font here has: boxes are drawn, the text is in the files
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
        drawing = spec.function(*map(without_mathtext, tables))
        return drawing, spec.text("caption", *tables), spec.text("alt", *tables), list(map(plotted, tables))

    def show(self, name: str, columns: list[str] | None = None) -> TableView | Notice:
        """The table `name` for reading, with its caption and the meaning of its columns.

        The CSV below it holds all columns, as numbers and codes; the LaTeX file holds what is shown.
        """
        return table(self._result(name), self._anchor(f"table-{name.replace('_', '-')}", (name,)), columns=columns)

    def _anchor(self, id: str, names: tuple[str, ...]) -> str:
        """Permanent id; what is repeated on other data may stand beside it on one page."""
        return f"{id}-{self.key}" if self._twin and _rests_on_posts(names) else id

    def _title(self, title: str, names: tuple[str, ...]) -> str:
        return f"Synthetic data (replica). {title}" if self._rests_on_synthetic_posts(names) else title

    def _provenance(self, names: tuple[str, ...]) -> Provenance:
        """What stands behind these tables."""
        name = next((n for n in names if catalogue.spec(n).needs_data), None)
        if name is None:
            return Provenance()
        return Provenance(**self._result(name).attrs["provenance"])

    def paste(self, *names: str) -> Numbers:
        """Make the numbers of these number tables available to the prose, as formatted text.

        Returns
        -------
        Numbers
            The same by name, for a notebook, whose prose names them only.
        """
        return numbers(*map(self._result, names))

    def _rests_on_synthetic_posts(self, names: tuple[str, ...]) -> bool:
        return self.synthetic and _rests_on_posts(names)


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
