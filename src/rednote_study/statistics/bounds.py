"""The smallest effects that matter, one table for the whole book, and what an interval carries by them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping

from rednote_study.system.paths import DATA


def bounds() -> dict[str, dict]:
    """Of each measure: its value where there is nothing, the smallest distance from it that matters, and who says so."""
    return tomllib.loads((DATA / "claims.toml").read_text("utf-8"))["bounds"]


def verdict(low: float, high: float, measure: str, known: Mapping[str, Mapping] | None = None) -> str:
    """What an interval carries: ``presence``, ``absence`` of what matters, or ``undetermined``.

    The interval of 95 % is stricter on absence than the 90 % of two one-sided tests. `known` are other bounds than
    the book's.

    Examples
    --------
    >>> verdict(0.2, 0.5, "delta"), verdict(-0.1, 0.1, "delta"), verdict(-0.1, 0.5, "delta")
    ('presence', 'absence', 'undetermined')
    """
    bound = (known or bounds())[measure]
    nothing, smallest = bound["nothing"], bound["smallest"]
    least, most = (1 / smallest, smallest) if bound.get("ratio") else (nothing - smallest, nothing + smallest)
    if least < low and high < most:
        return "absence"
    return "presence" if low > nothing or high < nothing else "undetermined"
