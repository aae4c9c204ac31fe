"""What a chapter sees: a data set, opened by name, that gives tables, figures and numbers.

>>> from rednote_study import study
>>> study.open("replica").synthetic
True
"""

from __future__ import annotations

import functools
from dataclasses import replace

import pandas as pd

from rednote_study import record, sources
from rednote_study.citation import latex_table
from rednote_study.display import Notice, TableView, format_number
from rednote_study.errors import DataError
from rednote_study.plots import registry as figures
from rednote_study.plots import style
from rednote_study.posts import read_posts
from rednote_study.provenance import Provenance
from rednote_study.publish import PlottedTable, Published, citable, publish
from rednote_study.tables import registry
from rednote_study.users import build_users

__all__ = ["Study", "load", "open", "replication", "require"]

REPLICATION = ("full", "replica")
"""Data sets on which the published steps are repeated, the better first."""


@functools.lru_cache(maxsize=4)
def load(name: str) -> registry.Data | None:
    """Read the posts of a data set or of a crawl of one's own; None where it is not on this machine.

    Parameters
    ----------
    name : str
        Key of a data set (``us_posts``) or path of a file with the same columns.
    """
    path = sources.locate(name)
    if path is None:
        return None
    dataset = sources.describe_source(name)
    posts = read_posts(path)
    users = build_users(posts.posts)
    return registry.Data(
        dataset.key,
        dataset.synthetic,
        posts.posts,
        users,
        posts.quarantine,
        posts.rows,
        posts.missing,
        sources.digest(dataset),
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
    """

    def __init__(self, name: str):
        self._data = load(name)
        self._source = sources.describe_source(name)
        self.key, self.synthetic = self._source.key, self._source.synthetic
        self._manifest = None if self._data else record.read_manifest(self.key)
        self.table = functools.cache(self._table)

    @property
    def recorded(self) -> bool:
        """Whether the numbers are recorded results, the posts not being on this machine."""
        return self._data is None

    def _table(self, name: str) -> pd.DataFrame:
        """The table `name`: computed where the posts are, else from the record."""
        if self.recorded and registry.spec(name).needs_data:
            return record.read_table(self.key, name)
        return record.from_csv(record.to_csv(registry.compute(name, self._data)))

    def figure(self, id: str) -> Published:
        """Draw the figure `id`, ready to be shown, numbered and cited."""
        spec = figures.spec(id)
        tables = [self.table(name) for name in spec.tables]
        style.use_style()
        drawing = spec.function(*tables)
        caption = spec.text("caption", *tables)
        if self._rests_on_synthetic_posts(spec.tables):
            style.mark_synthetic(drawing)
            caption = f"Synthetic data (replica). {caption}"
        return publish(
            drawing,
            id=self._anchor(id),  # data sets may stand on one page
            title=self._title(spec.title, spec.tables),
            caption=caption,
            alt=spec.text("alt", *tables),
            tables=[self._plotted(name) for name in spec.tables],
            provenance=self._provenance(spec.tables),
        )

    def show(self, name: str, columns: list[str] | None = None) -> TableView:
        """The table `name` for reading, with its caption and the meaning of its columns.

        The CSV below it holds all columns, the LaTeX file those that are shown.
        """
        spec, frame = registry.spec(name), self.table(name)
        title, source = self._title(spec.title, (name,)), self._provenance((name,))
        columns = columns or list(frame.columns)
        view = TableView(frame[columns], title, {c: spec.columns[c] for c in columns})
        id = self._anchor(f"table-{name.replace('_', '-')}")
        latex = latex_table(id, title, view.head, view.cells, view.numeric, source)
        tables, files = [self._plotted(name)], {"tex": latex.encode()}
        metadata = citable("table", id, title, caption=title, tables=tables, provenance=source, files=files)
        return replace(view, metadata=metadata)

    def _anchor(self, id: str) -> str:
        """Permanent id: the data sets of the repeated steps may stand on one page."""
        return f"{id}-{self.key}" if self.key in REPLICATION else id

    def _title(self, title: str, names: tuple[str, ...]) -> str:
        return f"Synthetic data (replica). {title}" if self._rests_on_synthetic_posts(names) else title

    def _plotted(self, name: str) -> PlottedTable:
        spec = registry.spec(name)
        text = record.to_csv(self.table(name))
        return PlottedTable(name, spec.title, text, spec.columns, spec.keys, spec.tolerance, spec.absolute)

    def _provenance(self, names: tuple[str, ...]) -> Provenance:
        """What stands behind these tables."""
        if not any(registry.spec(n).needs_data for n in names):
            return Provenance()
        if self.recorded:
            return Provenance.of(self._source, self._manifest["sha256"], self._manifest["version"])
        return Provenance.of(self._source, self._data.digest)

    def paste(self, name: str) -> None:
        """Make the numbers of the number table `name` available to the prose, as formatted text."""
        from myst_nb import glue

        for row in self.table(name).itertuples():
            glue(row.number, format_number(row.value, row.low, row.high, row.kind), display=False)

    def notice(self) -> Notice:
        """Say which data stand behind this page."""
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

    def _rests_on_synthetic_posts(self, names: tuple[str, ...]) -> bool:
        return self.synthetic and any(registry.spec(n).needs_data for n in names)


@functools.lru_cache(maxsize=4)
def open(name: str = "us_posts") -> Study:
    """Open a data set by name, or a crawl of one's own by path.

    Raises
    ------
    DataError
        If there is no such data set, or it is neither present nor recorded.
    """
    try:
        return Study(name)
    except FileNotFoundError as error:
        raise DataError(str(error)) from None


def replication() -> Study:
    """Open the published data where they are on this machine, and the replica otherwise."""
    return open(next(name for name in REPLICATION if sources.locate(name)))
