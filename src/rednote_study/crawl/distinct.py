"""Work on distinct cells only: what depends on a cell alone is done once for each different cell."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import pandas as pd


def by_value(function: Callable) -> Callable:
    """Let a function of text cells see every different cell once.

    Counts and times of a crawl repeat, and the rules ask for the same column several times: the answers to the
    last few columns are kept as well.

    Parameters
    ----------
    function : callable
        Of a Series of text, to a Series or DataFrame with one row a cell that depends on this cell alone.

    Examples
    --------
    >>> seen = []
    >>> @by_value
    ... def shout(cells):
    ...     seen.extend(cells)
    ...     return cells.str.upper()
    >>> shout(pd.Series(["a", "b", "a"])).tolist(), seen
    (['A', 'B', 'A'], ['a', 'b'])
    """

    @functools.lru_cache(maxsize=8)
    def once(values: tuple, dtype):
        return function(pd.Series(values, dtype=dtype))

    @functools.wraps(function)
    def mapped(cells: pd.Series):
        codes, values = pd.factorize(cells, use_na_sentinel=False)
        return once(tuple(np.asarray(values, dtype=object).tolist()), cells.dtype).take(codes).set_axis(cells.index)

    return mapped
