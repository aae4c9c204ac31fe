"""Results kept on disk, under a name for the state of package and data, so that nothing stale can be read."""

from __future__ import annotations

import functools
import shutil

import joblib

from rednote_study.fingerprint import fingerprint
from rednote_study.paths import BUILD, ROOT

__all__ = ["memory"]

_STATES = 3  # kept of each kind: a developer goes to and fro between two


@functools.cache
def memory(kind: str) -> joblib.Memory:
    """Cache of functions in ``build/<kind>/<state>``; all but the newest states are removed.

    Parameters
    ----------
    kind : str
        Name of a folder.
    """
    here = BUILD / kind / fingerprint(ROOT, tables=True)
    here.mkdir(parents=True, exist_ok=True)
    here.touch()
    states = sorted(here.parent.iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True)
    for old in states[_STATES:]:
        shutil.rmtree(old, ignore_errors=True)
    return joblib.Memory(here, verbose=0)
