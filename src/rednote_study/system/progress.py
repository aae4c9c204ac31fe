"""Progress bars on long steps: in a terminal and in a notebook, never in the built book."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from tqdm import tqdm


def progress(items: Iterable | None = None, *, what: str, unit: str = "step", total: int | None = None, least: int = 2):
    """Show how far a loop is.

    Parameters
    ----------
    items : iterable, optional
        Without it the bar is moved by hand (``bar.update``).
    what, unit : str
        What is done, and what is counted.
    total : int, optional
    least : int
        Shorter loops show nothing.

    Returns
    -------
    tqdm.tqdm
    """
    if total is None and hasattr(items, "__len__"):
        total = len(items)
    seen = sys.stderr.isatty() or "JPY_SESSION_NAME" in os.environ  # set by Jupyter for a notebook that a person opened
    quiet = "REDNOTE_STUDY_QUIET" in os.environ or not seen or (total is not None and total < least)
    return tqdm(items, desc=what, unit=unit, total=total, disable=quiet, mininterval=0.5)
