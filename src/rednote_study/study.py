"""What a chapter sees: a data set, opened by name, that gives tables, figures and numbers.

>>> from rednote_study import study
>>> study.open("replica").synthetic
True
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from dataclasses import replace
from html import escape
from pathlib import Path

import matplotlib as mpl
import pandas as pd

from rednote_study import answers, record, settings, sources, watch
from rednote_study.citation import latex_table
from rednote_study.display import Notice, Numbers, TableView
from rednote_study.errors import DataError, StudyError
from rednote_study.formats import for_reading, format_entry, is_known
from rednote_study.notation import HASHES, NONE
from rednote_study.plain import plain
from rednote_study.plots import registry as figures
from rednote_study.plots import style
from rednote_study.plots.missing import missing_figure
from rednote_study.posts import read_posts
from rednote_study.provenance import Provenance
from rednote_study.publish import PlottedTable, Published, citable, publish
from rednote_study.tables import registry
from rednote_study.users import OF_REGISTRATION, build_users

__all__ = ["Study", "load", "open", "replication", "require"]

REPLICATION = ("full", "replica")
"""Data sets on which the published steps are repeated, the better first."""

NOT_KNOWN = "not known from these data"
"""What stands in the prose for a number that a crawl of one's own does not give."""


def load(name: str) -> registry.Data | None:
    """Read the posts of a data set or of a crawl of one's own; None where it is not on this machine.

    Parameters
    ----------
    name : str
        Key of a data set (``us_posts``) or path of a file with the same columns.
    """
    how = settings.reading() if sources.describe_source(name).path else {}
    return _load(name, **how)


@watch.cached(maxsize=4)
def _load(name: str, **how: str) -> registry.Data | None:
    path = sources.locate(name)
    if path is None:
        return None
    dataset = sources.describe_source(name)
    posts = read_posts(path, **how)
    users = build_users(posts.posts)
    digest = sources.digest(dataset)
    if any(how.values()):  # other results of the same file
        table = Path(how["columns"]).read_bytes() if how["columns"] else b""
        digest = hashlib.sha256(repr((digest, table, how["zone"])).encode()).hexdigest()
    return registry.Data(
        dataset.key,
        dataset.synthetic,
        posts.posts,
        users,
        posts.quarantine,
        posts.rows,
        posts.missing,
        digest,
        reading=posts.reading,
    )


def require(name: str) -> registry.Data:
    """Read the posts of a data set that must be on this machine.

    Raises
    ------
    DataError
        If they are not; the message says how to get them.
    """
    data = load(name)
    if data is None:
        source = sources.describe_source(name)
        raise DataError(f"The data set {source.key} is not on this machine. {source.how}")
    return data


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

    def __init__(self, name: str, *, chosen: bool = False):
        self._name = name
        self._source = sources.describe_source(name)
        self.key, self.synthetic = self._source.key, self._source.synthetic
        self.own = self._source.path is not None or (chosen and self.key != settings.DEFAULT)
        self._twin = self.key in REPLICATION and not chosen  # stands beside the chosen data on one page
        self._manifest = None if self._data else record.read_manifest(self.key)
        self.table = watch.cached()(self._table)

    @property
    def _data(self) -> registry.Data | None:
        return load(self._name)

    @property
    def recorded(self) -> bool:
        """Whether the numbers are recorded results, the posts not being on this machine."""
        return self._data is None

    def can_answer(self, chapter: str) -> bool:
        """Whether these data have whom the question of `chapter` compares; see :mod:`rednote_study.answers`."""
        return not self._missing(chapter)

    def _missing(self, chapter: str) -> list[str]:
        return answers.missing(chapter, self._data) if self.own and self._data else []

    def _table(self, name: str) -> pd.DataFrame:
        """The table `name`: computed where the posts are, else from the record."""
        if self.recorded and registry.spec(name).needs_data:
            return record.read_table(self.key, name)
        found = self._shipped(name)
        return found if found is not None else self._made(f"The table {name}", lambda: self._computed(name))

    def _shipped(self, name: str) -> pd.DataFrame | None:
        """The table from the record, where it rests on no real posts."""
        if not registry.spec(name).needs_data:
            return record.shipped(record.SIMULATIONS, name, "")
        return record.shipped(self.key, name, self._data.digest) if self.synthetic and not self.own else None

    def _computed(self, name: str) -> pd.DataFrame:
        return record.from_csv(record.to_csv(registry.compute(name, self._data)))

    def _made(self, what: str, make: Callable):
        """What `make` gives; on a crawl of one's own, a failure as a sentence for the page."""
        if not self.own:
            return make()
        if self._data and self._data.reading.notation.users == NONE:
            raise DataError(f"{what} cannot be made. {self._data.reading.sentences()[0]}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # means of nothing and the like: the page shows that they are empty
            try:
                return make()
            except StudyError:
                raise
            except Exception as error:
                if self._asks_for_registration(error):
                    raise DataError(f"{what} cannot be made. {self._data.reading.sentences()[0]}") from error
                raise DataError(
                    f"{what} cannot be made from these data ({type(error).__name__}: {plain(str(error))[:300]})."
                ) from error

    def _asks_for_registration(self, error: Exception) -> bool:
        hashes = self._data is not None and self._data.reading.notation.users == HASHES
        return hashes and any(column in str(error) for column in OF_REGISTRATION)

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
        spec = registry.spec(name)
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
        spec = registry.spec(name)
        text = record.to_csv(self.table(name))
        return PlottedTable(name, spec.title, text, spec.columns, spec.keys, spec.tolerance, spec.absolute)

    def _provenance(self, names: tuple[str, ...]) -> Provenance:
        """What stands behind these tables."""
        if not _rests_on_posts(names):
            return Provenance()
        if self.recorded:
            return Provenance.of(self._source, self._manifest["sha256"], self._manifest["version"])
        return Provenance.of(self._source, self._data.digest)

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

    def notice(self, chapter: str | None = None) -> Notice:
        """Say which data stand behind this page, and whether they can answer the question of `chapter`."""
        if self.own:
            return self._own_notice(self._missing(chapter) if chapter else [])
        if self.synthetic:
            return Notice(
                "warning",
                f"<strong>Synthetic data.</strong> {self._source.title}: no real person wrote these posts.",
            )
        if self.recorded:
            return Notice(
                "info",
                f"<strong>Recorded results.</strong> The posts of <code>{self.key}</code> are not on this machine."
                f" Numbers about them were computed by version {self._manifest['version']} of this study from the file"
                f" with sha256 <code>{self._manifest['sha256'][:12]}…</code> and are shown as recorded."
                f" To compute them afresh: <code>make data</code>, then <code>make book</code>.",
            )
        return Notice(
            "info",
            f"<strong>Computed afresh.</strong> The {self._data.rows:,} posts of <code>{self.key}</code> are on this"
            f" machine (sha256 <code>{sources.digest(self._source)[:12]}…</code>); this page was computed from them.",
        )

    def _own_notice(self, missing: list[str]) -> Notice:
        what = "<strong>Synthetic data.</strong>" if self.synthetic else "<strong>Your data.</strong>"
        text = (
            f"{what} This page was computed from {self._kept()} of <code><bdi>{escape(self._source.file)}</bdi></code>"
            f" (sha256 <code>{sources.digest(self._source)[:12]}…</code>)."
            f" Sentences that interpret were written for <code>{settings.DEFAULT}</code>; read them against your numbers."
        )
        text += "".join(f" {escape(said)}" for said in self._data.reading.sentences())
        if missing:
            text += (
                " <strong>These data cannot answer the question of this chapter.</strong>"
                f" They lack {escape('; '.join(missing))}. What can be counted is shown all the same."
            )
        return Notice("warning", text)

    def _kept(self) -> str:
        """How many posts were kept, and of how many rows."""
        posts, rows = len(self._data.posts), self._data.rows
        return f"{posts:,} posts" if posts == rows else f"{posts:,} posts ({posts:,} of {rows:,} rows)"

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
    return any(registry.spec(n).needs_data for n in names)


@watch.cached(maxsize=4)
def open(name: str | None = None) -> Study:
    """Open a data set by name, a crawl of one's own by path, or by default the chosen one.

    Parameters
    ----------
    name : str, optional
        Without it, what ``REDNOTE_STUDY_DATASET`` or ``study.toml`` names; without those, ``us_posts``.

    Raises
    ------
    DataError
        If there is no such data set, or it is neither present nor recorded.
    """
    try:
        return Study(name or settings.dataset(), chosen=name is None)
    except FileNotFoundError as error:
        raise DataError(str(error)) from None


def replication() -> Study:
    """Open the published data where they are on this machine, and the replica otherwise."""
    return open(next(name for name in REPLICATION if sources.locate(name)))
