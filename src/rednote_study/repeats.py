"""How often simulations are repeated: a default that fits into a book's build, and an option for more."""

import os

from rednote_study.errors import DataError

__all__ = ["scaled"]

_OPTION = "REDNOTE_STUDY_RUNS"


def scaled(n: int) -> int:
    """Number of runs: `n` times the whole number in the environment variable ``REDNOTE_STUDY_RUNS`` (default 1).

    Raises
    ------
    DataError
        If the variable is not a whole number from 1 on.

    Examples
    --------
    >>> scaled(20)
    20
    """
    text = os.environ.get(_OPTION, "1")
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise DataError(f"{_OPTION}={text!r} must be a whole number from 1 on: how many times the usual runs are made.")
    return n * int(text)
