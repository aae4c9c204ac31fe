"""Long simulations in blocks: on all cores, with a progress bar, each finished block kept on disk.

A block is named by its arguments alone and seeds itself by them, so neither the
number of workers nor the order in which they finish changes a number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rednote_study.store.memory import kept
from rednote_study.system import parallel


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
    asked = kept("simulations", function) if keep else function
    return parallel.run(asked, blocks, what=what, n_jobs=workers)
