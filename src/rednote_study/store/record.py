"""Recorded results: tables of a data set that not every reader can have, and tables that take long to compute.

``data/results/<data set>/`` holds one CSV a table and ``manifest.json``, which
names the input's sha256, the version, and the arguments and the code of each. Aggregates only: every
table went through :func:`rednote_study.store.small_cells.suppress_small`. Tables of the replica and of simulations
are recorded with a digest of the code that made them, and taken from the record while that code stands.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from rednote_study import __version__
from rednote_study.errors import DataError
from rednote_study.store.small_cells import MINIMUM_USERS
from rednote_study.system.files import alone, remove_leftovers
from rednote_study.system.paths import RESULTS
from rednote_study.system.plain import guard_formula, plain, unguard_formula

SIMULATIONS = "simulations"
"""What stands for a data set where tables rest on no posts."""

_DATES = ("day", "week")


def to_csv(frame: pd.DataFrame) -> str:
    """Text of a table: 10 significant digits, so that machines agree on it.

    Texts may come from anybody's posts: what steers a terminal or the direction of writing is taken out, and what a
    spreadsheet would calculate gets an apostrophe, which `from_csv` takes off again.
    """
    frame = _texts(frame, lambda text: guard_formula(plain(text)))
    return frame.to_csv(index=False, float_format="%.10g", lineterminator="\n")


def from_csv(text: str) -> pd.DataFrame:
    """Read a table back; columns named as dates become dates.

    Computed tables pass through here too, so a chapter sees the same types
    whether the posts are present or not.
    """
    frame = pd.read_csv(io.StringIO(text), keep_default_na=False, na_values=[""])
    frame = _texts(frame, unguard_formula)
    for column in frame.columns:
        if column in _DATES and not pd.api.types.is_numeric_dtype(frame[column]):
            frame[column] = pd.to_datetime(frame[column])
    return frame


def _texts(frame: pd.DataFrame, change: Callable[[str], str]) -> pd.DataFrame:
    """The frame with every text changed."""
    found = [
        c
        for c in frame.columns
        if isinstance(frame[c].dtype, pd.StringDtype | pd.CategoricalDtype) or frame[c].dtype == object
    ]
    return frame.assign(**{c: frame[c].map(lambda v: change(v) if isinstance(v, str) else v) for c in found})


def write_record(
    key: str, tables: Mapping[str, tuple[pd.DataFrame, dict]], sha256: str, folder: Path | None = None
) -> Path:
    """Write the tables of the data set `key` and their manifest; all or nothing, also where this process is killed.

    Parameters
    ----------
    key, sha256 : str
        Name and state of the data set.
    tables : mapping of str to (pandas.DataFrame, dict)
        Each with what the manifest says of it, as :func:`rednote_study.results.entry` gives it.
    folder : pathlib.Path, optional
    """
    folder = folder or RESULTS / key
    folder.parent.mkdir(parents=True, exist_ok=True)
    with alone(folder.parent):
        fresh, old = folder.with_name(f".{folder.name}.new"), _old(folder)
        _restore(folder)
        remove_leftovers(folder.parent, f".{folder.name}.*")
        fresh.mkdir()
        try:
            _fill(fresh, key, tables, sha256)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        if folder.exists():
            folder.rename(old)
        fresh.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    return folder


def _fill(fresh: Path, key: str, tables: Mapping[str, tuple[pd.DataFrame, dict]], sha256: str) -> None:
    entries = {}
    for name, (frame, about) in tables.items():
        content = to_csv(frame).encode()
        (fresh / f"{name}.csv").write_bytes(content)
        entries[name] = about | {"sha256": hashlib.sha256(content).hexdigest()}
    manifest = {
        "dataset": key,
        "sha256": sha256,
        "version": __version__,
        "minimum_users": MINIMUM_USERS,
        "tables": entries,
    }
    (fresh / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")


def _old(folder: Path) -> Path:
    """Where the last record stands for the moment between two renames."""
    return folder.with_name(f".{folder.name}.old")


def _restore(folder: Path) -> None:
    """Put the last record back if a process was killed in that moment; only while being alone."""
    if not folder.exists() and _old(folder).exists():
        _old(folder).rename(folder)


def is_recorded(key: str) -> bool:
    """Whether there are recorded results of the data set `key`."""
    return any((folder / "manifest.json").is_file() for folder in (RESULTS / key, _old(RESULTS / key)))


def read_manifest(key: str) -> dict:
    """The manifest of the recorded results of the data set `key`.

    Raises
    ------
    DataError
        If nothing is recorded for it.
    """
    path = RESULTS / key / "manifest.json"
    if not path.parent.exists() and _old(path.parent).exists():
        with alone(RESULTS):  # a process that is just writing has its two renames behind it then
            _restore(path.parent)
    if not path.is_file():
        raise DataError(
            f"The data set {key} is not on this machine and has no recorded results."
            f" Get it with `rednote-study data fetch {key}` or `rednote-study data add PATH`."
        )
    return json.loads(path.read_text("utf-8"))


def read_table(key: str, name: str) -> pd.DataFrame:
    """The recorded table `name` of the data set `key`.

    Raises
    ------
    DataError
        If its file is missing, or is not the one that was recorded.
    """
    path = RESULTS / key / f"{name}.csv"
    known = read_manifest(key)["tables"].get(name, {}).get("sha256")
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != known:
        state = "is damaged" if path.is_file() else "is missing"
        raise DataError(f"{path} {state}. Get it back with git, or record it again: `make results`, with the posts.")
    return from_csv(path.read_text("utf-8"))
