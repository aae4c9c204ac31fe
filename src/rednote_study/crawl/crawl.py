"""A crawl as chapters hold it: its posts and users where they are on this machine, else its name alone."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

import joblib
import pandas as pd

from rednote_study.crawl.reading import Reading
from rednote_study.crawl.unpacking import check_file
from rednote_study.datasets import settings, sources
from rednote_study.errors import DataError
from rednote_study.system import watch
from rednote_study.system.engine import Engine


class PostsMissing(DataError):
    """The posts that a computation needs are not on this machine."""


class Crawl:
    """Posts that were collected together; made by :func:`open_crawl`. It never changes: frames are handed out as copies.

    Parameters
    ----------
    key : str
        Name of the data set, such as ``us_posts``.
    synthetic : bool
        Whether the posts were made by this project's generator.
    posts, users, quarantine : pandas.DataFrame, optional
        As :mod:`rednote_study.crawl.posts` and :mod:`rednote_study.crawl.users` make them; None where the posts are not on this
        machine, or larger than memory.
    rows : int
        Data rows in the raw file: posts and quarantined rows together.
    missing : dict of str to int, optional
        Blank cells of each column among the posts kept.
    digest : str
        sha256 of the raw file, by which results are kept on disk; without it they are not.
    engine : Engine, optional
        Posts, users and quarantine as relations, where they are larger than memory.
    source : Dataset, optional
        What is known of where it comes from.
    reading : Reading, optional
        How the raw file was read.
    own : bool
        Whether the book is built on it in place of the data it was written for. Then what cannot be computed is said
        on the page; elsewhere it is an error.
    """

    def __init__(
        self,
        key: str,
        synthetic: bool,
        posts: pd.DataFrame | None = None,
        users: pd.DataFrame | None = None,
        quarantine: pd.DataFrame | None = None,
        rows: int = 0,
        missing: dict[str, int] | None = None,
        digest: str = "",
        engine: Engine | None = None,
        source: sources.Dataset | None = None,
        own: bool = False,
        reading: Reading | None = None,
    ):
        self.key, self.synthetic, self.rows, self.missing = key, synthetic, rows, missing or {}
        self.digest, self.engine, self.source, self.own = digest, engine, source, own
        self.reading = reading or Reading()
        self._frames = {"posts": posts, "users": users, "quarantine": quarantine}

    @property
    def present(self) -> bool:
        """Whether the posts are on this machine."""
        return self.engine is not None or self._frames["posts"] is not None

    @property
    def posts(self) -> pd.DataFrame:
        """One row a post; a copy."""
        return self._frame("posts")

    @property
    def users(self) -> pd.DataFrame:
        """One row a user; a copy."""
        return self._frame("users")

    @property
    def quarantine(self) -> pd.DataFrame:
        """Rows that were set aside, with ``line`` and ``reason``; a copy."""
        return self._frame("quarantine")

    def _frame(self, name: str) -> pd.DataFrame:
        if not self.present:
            raise PostsMissing(
                f"The posts of {self.key} are not on this machine. {self.source.how if self.source else ''}"
            )
        return self._frames[name].copy(deep=False)  # pandas copies what is written to, and no more

    @functools.cached_property
    def content(self) -> str:
        """What its results are known by on this machine: file, frames, pseudonyms."""
        return joblib.hash([self.digest, *self._frames.values()])

    def replaced(self, **frames: pd.DataFrame) -> Crawl:
        """A crawl with other ``posts``, ``users`` or ``quarantine``; its results are its own."""
        made = Crawl(self.key, self.synthetic, **(self._frames | frames), rows=self.rows, missing=self.missing)
        made.source, made.own, made.reading = self.source, self.own, self.reading
        made.digest = self.digest and joblib.hash([self.digest, *frames.values()])
        return made


def open_crawl(*names: str) -> Crawl:
    """Open a data set by name, or a crawl of one's own by path.

    Parameters
    ----------
    *names : str
        The first whose posts are on this machine is opened, or else the first. Without a name, what
        ``REDNOTE_STUDY_DATASET`` or ``study.toml`` chooses, or else ``us_posts``.

    Raises
    ------
    DataError
        If a name is neither that of a data set nor of a file.

    Examples
    --------
    >>> open_crawl("full", "replica").synthetic  # the published data where they are, else the replica
    True
    """
    chosen = not names
    names = names or (settings.dataset(),)
    name = str(next((name for name in names if sources.locate(name)), names[0]))
    path = sources.describe_source(name).path
    if path:
        check_file(path)
    return _open(name, chosen, **(settings.reading(path) if path else {}))


def require(name: str) -> Crawl:
    """Open a crawl whose posts must be on this machine.

    Raises
    ------
    DataError
        If they are not; the message says how to get them.
    """
    crawl = open_crawl(name)
    if not crawl.present:
        raise DataError(f"The data set {crawl.key} is not on this machine. {crawl.source.how}")
    return crawl


@watch.cached(maxsize=4)
def _open(name: str, chosen: bool, **how: str) -> Crawl:
    source = sources.describe_source(name)
    own = source.path is not None or (chosen and source.key != settings.DEFAULT)
    path = sources.locate(name)
    if path is None:
        return Crawl(source.key, source.synthetic, source=source, own=own)
    from rednote_study.crawl.posts import read_posts  # takes a second to import, and most results are looked up
    from rednote_study.crawl.users import build_users

    read = read_posts(path, **how)
    frames = {"posts": read.posts, "users": build_users(read.posts), "quarantine": read.quarantine}
    return Crawl(
        source.key,
        source.synthetic,
        **frames,
        rows=read.rows,
        missing=read.missing,
        digest=_digest(source, how),
        source=source,
        own=own,
        reading=read.reading,
    )


def _digest(source: sources.Dataset, how: dict[str, str]) -> str:
    """sha256 of the file; read in another way it gives other results, so that counts too."""
    digest = sources.digest(source)
    if not any(how.values()):
        return digest
    table = Path(how["columns"]).read_bytes() if how["columns"] else b""
    return hashlib.sha256(repr((digest, table, how["zone"])).encode()).hexdigest()


open_crawl.cache_clear = _open.cache_clear
