"""Long simulations in blocks: on all cores, with a progress bar, each finished block kept on disk.

A block is named by its arguments alone and seeds itself by them, so neither the
number of workers nor the order in which they finish changes a number.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable

from rednote_study import parallel
from rednote_study.memory import NO_FAULT, memory, silent

__all__ = ["in_blocks"]


def in_blocks(
    function: Callable, blocks: Iterable[tuple], *, what: str, workers: int | None = None, keep: bool = True
) -> list:
    """Results of `function` for each block's arguments, in their order.

    An interrupted simulation goes on where it was: blocks that were finished under the same code are read back.

    Parameters
    ----------
    function : callable
        A module's function whose result depends on its arguments alone.
    blocks : iterable of tuple
    what : str
        Said by the progress bar.
    workers : int, optional
        Processes; one a core by default.
    keep : bool
        Whether finished blocks are kept.
    """
    asked = function
    if keep:
        asked = memory("simulations").cache(function)
        asked.warn = silent  # what cannot be read back is computed again
    return parallel.run(_quietly, ((asked, *block) for block in blocks), what=what, n_jobs=workers)


def _quietly(function: Callable, *block):
    """Call the function; that a busy disk was slow is no warning for a page of the book."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=NO_FAULT)
        return function(*block)
