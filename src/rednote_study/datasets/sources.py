"""Which data sets exist, where from, under which licence, with which sha256; where they lie."""

from __future__ import annotations

import difflib
import functools
import hashlib
import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from rednote_study.errors import DataError
from rednote_study.system.paths import DATA, raw_folder
from rednote_study.system.plain import plain


@dataclass(frozen=True)
class Dataset:
    """What is known of a data set before it is read.

    Attributes
    ----------
    key, title, author, licence : str
        How the book names it, who made it, how it may be used.
    reference : str
        DOI or public address of its description.
    file : str
        File name on this machine.
    sha256 : str or None
        Of the file; None where the publisher's file may change (its first sha256 is then kept beside it).
    how : str
        A sentence that says how to get it.
    url : str or None
        Address of the file, for :func:`rednote_study.crawl.fetch.fetch`.
    mirror_name : str
        Name of the file on a mirror.
    synthetic : bool
        Whether this project's generator made it.
    version : str
        The publisher's name for this state of it.
    results_licence : str
        Licence of figures and tables computed from it, where its own licence asks for one.
    path : pathlib.Path or None
        Where it lies, for a crawl of one's own.
    largest : int
        Bytes; more is never taken.
    """

    key: str
    title: str
    author: str
    licence: str
    reference: str
    file: str
    how: str
    sha256: str | None = None
    url: str | None = None
    mirror_name: str = ""
    synthetic: bool = False
    version: str = ""
    results_licence: str = ""
    path: Path | None = None
    largest: int = 200 * 2**20


JOIN = "Several files of one crawl become one by `rednote-study convert A B --out all.csv`."
LONGEST_KEY = 60
"""Characters of the key of a crawl of one's own: it names a folder."""
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
"""Names that Windows gives to devices."""

DATASETS = {
    key: Dataset(key, **entry)
    for key, entry in tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8")).items()
}
"""The data sets of ``sources.toml``; one is described there and nowhere else."""


def describe_source(name: str | Path) -> Dataset:
    """The data set of that name, or a crawl of one's own at that path.

    Raises
    ------
    DataError
        If it is neither.
    """
    if str(name) in DATASETS:
        return DATASETS[str(name)]
    path = _own_file(name)
    key = re.sub(r"[^0-9a-z]+", "-", path.name.split(".")[0].lower()).strip("-") or "crawl"
    key = (
        f"{key[:LONGEST_KEY].strip('-')}-crawl"
        if key in {*DATASETS, "us-posts", *_RESERVED} or len(key) > LONGEST_KEY
        else key
    )
    return Dataset(
        key=key,
        title=f"Crawl {key}",
        author="unknown",
        licence="unknown",
        reference="a file on this machine",
        file=plain(path.name) or key,
        sha256=None,
        how="It is a file on this machine.",
        results_licence="as the licence of the crawl asks",
        path=path.resolve(),
    )


def _own_file(name: str | Path) -> Path:
    """The file of that name, or a sentence that says why there is none."""
    try:
        path = Path(name).expanduser()
        if path.is_dir():
            raise DataError(f"{path} is a folder; name the CSV file in it. {JOIN}")
        if path.is_file():
            return path
        if path.is_symlink() and not path.exists():
            raise DataError(f"{path} is a link to {os.readlink(path)}, which does not exist.")
        if path.exists():
            raise DataError(f"{path} is not a regular file; save what it gives to a file and name that.")
    except PermissionError:
        raise DataError(f"{name} cannot be read: its folder is closed to you.") from None
    except (OSError, RuntimeError, ValueError):
        pass  # a name that no file can have: too long, a zero byte, the home of nobody
    close = difflib.get_close_matches(str(name), DATASETS, n=1, cutoff=0.5)
    hint = f" Did you mean {close[0]}?" if close else ""
    shown = name if len(str(name)) < 300 else f"{str(name)[:60]}…"
    raise DataError(f"{shown} is neither a data set ({', '.join(DATASETS)}) nor a file.{hint}")


def locate(name: str | Path) -> Path | None:
    """Path of a data set or of a crawl of one's own; None where it is not on this machine."""
    path = place(describe_source(name))
    return path if path.is_file() else None


def place(dataset: Dataset) -> Path:
    """Where the file of a data set belongs, whether it is there or not."""
    if dataset.path:
        return dataset.path
    return (DATA / "replica" if dataset.synthetic else raw_folder()) / dataset.file


def digest(dataset: Dataset) -> str:
    """sha256 of the file of a data set that is on this machine (hexadecimal).

    Raises
    ------
    DataError
        If the file is not here or cannot be read.
    """
    path = locate(dataset.path or dataset.key)
    if path is None:
        raise DataError(f"The data set {dataset.key} is not on this machine. {dataset.how}")
    try:
        state = path.stat()
        return _hash(path, state.st_mtime_ns, state.st_size)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from None


@functools.lru_cache(maxsize=16)
def _hash(path: Path, changed: int, size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
