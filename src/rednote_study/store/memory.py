"""Results kept on disk, under a name for the state of package and data, so that nothing stale can be read."""

from __future__ import annotations

import functools
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import joblib

from rednote_study.system import watch
from rednote_study.system.paths import BUILD

_NO_FAULT = "Persisting input arguments|Unable to cache to disk"
"""Warnings of joblib about a disk that is busy or full: the result is there, only not kept."""

_STATES = 3  # kept of each kind: a developer goes to and fro between two


@functools.cache
def memory(kind: str, state: str) -> joblib.Memory:
    """Cache of functions in ``build/<kind>/<state>``; all but the newest states are removed.

    Parameters
    ----------
    kind : str
        Name of a folder.
    state : str
        Of what the results depend on, such as :func:`rednote_study.store.fingerprint.code_digest` gives it.
    """
    here = BUILD / kind / state
    here.mkdir(parents=True, exist_ok=True)
    here.touch()
    others = sorted((p for p in here.parent.iterdir() if p != here), key=_touched, reverse=True)
    for old in others[_STATES - 1 :]:  # never this one, whatever a clock that was set back says of its age
        shutil.rmtree(old, ignore_errors=True)
    return joblib.Memory(here, verbose=0)


def kept(kind: str, function: Callable, *, state: str, **options) -> Callable:
    """The function, with its results on disk; what cannot be read back is computed again, without a word.

    joblib writes a result beside its place and renames it, so a killed process leaves none half written. A file that
    was cut off by other means (a disk that was full, a copy that broke) is noticed when it is read. joblib tells of it
    on stderr, where the book takes any word for a fault, and so with a disk that is full or busy.

    Parameters
    ----------
    kind, state : str
        As for :func:`memory`.
    function : callable
    **options
        Of ``joblib.Memory.cache``.
    """
    memorized = memory(kind, state).cache(function, **options)
    memorized.warn = _silent

    @functools.wraps(function)
    def call(*args, **kwargs):
        if watch.stores_are_off():
            return function(*args, **kwargs)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=_NO_FAULT)
            return memorized(*args, **kwargs)

    return call


def _silent(message: str) -> None:
    """Say nothing: takes the place of joblib's own word on what it cannot read back."""


def forget() -> None:
    """Remove all that is kept, so that what follows is computed by the code that is here now."""
    for kind in ("tables", "simulations", "vectors"):
        shutil.rmtree(BUILD / kind, ignore_errors=True)
    memory.cache_clear()


def _touched(folder: Path) -> float:
    """When a state was last used; long ago if another process has just removed it."""
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:
        return 0.0
