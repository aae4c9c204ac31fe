"""Results kept on disk, under a name for the state of package and data, so that nothing stale can be read."""

from __future__ import annotations

import functools
import shutil
from pathlib import Path

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
    others = sorted((p for p in here.parent.iterdir() if p != here), key=_touched, reverse=True)
    for old in others[_STATES - 1 :]:  # never this one, whatever a clock that was set back says of its age
        shutil.rmtree(old, ignore_errors=True)
    return joblib.Memory(here, verbose=0)


def _touched(folder: Path) -> float:
    """When a state was last used; long ago if another process has just removed it."""
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:
        return 0.0
