"""Which data set the book is about: one environment variable, or one line of ``study.toml``.

``REDNOTE_STUDY_DATASET`` wins over ``study.toml`` at the root of the repository, and that over ``us_posts``.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from rednote_study.datasets.sources import DATASETS, describe_source
from rednote_study.errors import DataError, StudyError
from rednote_study.system.paths import ROOT

DEFAULT = "us_posts"
"""The data set that the prose of the book was written for."""

VARIABLE = "REDNOTE_STUDY_DATASET"
KEYS = ("dataset", "columns", "zone")
READING = {"columns": "REDNOTE_STUDY_COLUMNS", "zone": "REDNOTE_STUDY_ZONE"}
"""How a crawl of one's own is read: a table of its columns, the zone of its times; `study.toml` may say it, too."""


def dataset(root: Path = ROOT) -> str:
    """Name of the chosen data set, or absolute path of the chosen crawl.

    Raises
    ------
    StudyError
        If ``study.toml`` in `root` cannot be read or has an unknown key.
    DataError
        If the choice is neither a data set nor a file; the message says where it was made.
    """
    chosen, where = os.environ.get(VARIABLE), f"The variable {VARIABLE}"
    if not chosen:
        chosen, where = _from_file(root / "study.toml"), "`dataset` in study.toml"
    if not chosen:
        return DEFAULT
    try:
        return resolve(chosen, root)
    except DataError as error:
        raise DataError(f"{where}: {error}") from None


def reading(crawl: Path, root: Path = ROOT) -> dict[str, str]:
    """``columns`` and ``zone``, as :func:`rednote_study.crawl.posts.read_posts` takes them; empty where nothing was chosen.

    What ``study.toml`` says of them is said of the crawl that it names, and of no other.

    Parameters
    ----------
    crawl : pathlib.Path
    root : pathlib.Path

    Raises
    ------
    StudyError
        If ``study.toml`` in `root` cannot be read.
    """
    file = root / "study.toml"
    named = _from_file(file)
    of_this = named is not None and (root / Path(named).expanduser()).resolve() == crawl.resolve()
    chosen = {
        key: os.environ.get(variable) or (of_this and _from_file(file, key)) or "" for key, variable in READING.items()
    }
    if chosen["columns"]:
        chosen["columns"] = str((root / Path(chosen["columns"]).expanduser()).resolve())
    return chosen


def resolve(name: str, folder: Path) -> str:
    """`name` of a data set as it is; a path as an absolute one, if relative then from `folder`.

    Raises
    ------
    DataError
        If it is neither.

    Examples
    --------
    >>> resolve("replica", Path())
    'replica'
    """
    if name in DATASETS:
        return name
    try:
        path = folder / Path(name).expanduser()
        found = path.exists()
    except (OSError, RuntimeError, ValueError):
        found = False  # a name that no file can have
    return str(describe_source(path if found else name).path)


_SUCH_AS = {"dataset": '"us_posts" or "my_crawl.csv"', "columns": '"my.toml"', "zone": '"UTC"'}


def _from_file(path: Path, key: str = "dataset") -> str | None:
    """A value of ``study.toml``; None where there is no such file or line."""
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:  # a TOML or UTF-8 error is a ValueError
        raise StudyError(f"{path} cannot be read: {error}.") from None
    unknown = sorted(set(values) - set(KEYS))
    if unknown:
        raise StudyError(f"{path}: unknown key {unknown[0]!r}. Known keys: {', '.join(KEYS)}.")
    value = values.get(key)
    if value is not None and not isinstance(value, str):
        raise StudyError(f"{path}: `{key}` must be text, such as {_SUCH_AS[key]}; it is {value!r}.")
    return value
