"""One short name for the state of everything that a chapter can import or read."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

from rednote_study.paths import raw_folder
from rednote_study.repeats import scaled
from rednote_study.settings import dataset
from rednote_study.sources import describe_source, digest

__all__ = ["fingerprint"]

_INPUTS = ("src", "data", "requirements.txt")
_SKIPPED_FOLDERS = {"__pycache__", "raw", "site", "distillation"}
_COMMANDS = {
    "book.py",
    "codemeta.py",
    "cli.py",
    "cli_data.py",
    "cli_figures.py",
    "cli_scale.py",
    "comparison.py",
    "download.py",
    "fetch.py",
    "fingerprint.py",
    "notebooks.py",
    "release.py",
    "results.py",
}
"""Modules that no chapter imports; a change in them changes no number."""


def fingerprint(root: Path, *, tables: bool = False) -> str:
    """Fingerprint of the package, the data and the pins (16 hexadecimal digits).

    Parameters
    ----------
    root : pathlib.Path
    tables : bool
        Only of what computed tables depend on beside their posts, which they name by sha256 themselves: without
        fetched data and recorded results.
    """
    total = hashlib.sha256(str(scaled(1)).encode())
    skipped = _SKIPPED_FOLDERS | {"results"} if tables else _SKIPPED_FOLDERS
    fetched = [] if tables else sorted(raw_folder().glob("*.csv"))
    if not tables:
        total.update(f"{os.environ.get('REDNOTE_STUDY_RAW', '')} {_choice()}".encode())
    for path in itertools.chain(_files(root, skipped), fetched):
        name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
        total.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]


def _choice() -> str:
    """The data set that the book is about; of a crawl of one's own its content too."""
    source = describe_source(dataset())
    return f"{source.key} {source.file} {digest(source)}" if source.path else source.key


def _files(root: Path, skipped: set[str]) -> Iterator[Path]:
    for name in _INPUTS:
        top = root / name
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            parts = path.relative_to(root).parts
            hidden = any(p in skipped or p.startswith(".") or p.endswith(".egg-info") for p in parts)
            if path.is_file() and not hidden and path.name not in _COMMANDS:
                yield path
