"""Every figure of the book by id: the tables it draws, its caption, its alternative text.

A figure is a function from tidy tables to a matplotlib figure. It draws and
does nothing else; who calls it decides what becomes of the picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from rednote_study.errors import StudyError

__all__ = ["FigureSpec", "figure", "figure_ids", "spec"]

Text = str | Callable[..., str]


@dataclass(frozen=True)
class FigureSpec:
    """What is known of a figure before it is drawn.

    Attributes
    ----------
    id : str
        Permanent identifier, also the anchor in the page.
    tables : tuple of str
        Names of the tables that `function` takes, in this order.
    title, caption, alt : str or callable
        Texts, or functions of the same tables that compute them.
    """

    id: str
    tables: tuple[str, ...]
    title: str
    caption: Text
    alt: Text
    function: Callable[..., Figure]

    def text(self, which: str, *tables: pd.DataFrame) -> str:
        """The caption or the alternative text (`which`) for these tables."""
        value = getattr(self, which)
        return value(*tables) if callable(value) else value


_SPECS: dict[str, FigureSpec] = {}


def figure(
    id: str, *, table: str | tuple[str, ...], title: str, caption: Text, alt: Text
) -> Callable[[Callable[..., Figure]], Callable[..., Figure]]:
    """Register a function as the maker of the figure `id`; see :class:`FigureSpec`."""
    tables = (table,) if isinstance(table, str) else table

    def register(function: Callable[..., Figure]) -> Callable[..., Figure]:
        if id in _SPECS and _SPECS[id].function.__module__ != function.__module__:
            raise ValueError(f"figure {id!r} is registered twice")
        _SPECS[id] = FigureSpec(id, tables, title, caption, alt, function)
        return function

    return register


def figure_ids() -> list[str]:
    """Identifiers of all figures, in the order of the book."""
    _load()
    return list(_SPECS)


def spec(id: str) -> FigureSpec:
    """What is known of the figure `id`.

    Raises
    ------
    StudyError
        If there is no such figure.
    """
    _load()
    if id not in _SPECS:
        raise StudyError(f"There is no figure {id!r}. Known figures: {', '.join(_SPECS)}.")
    return _SPECS[id]


def _load() -> None:
    """Import the modules that register figures; their order is the book's."""
    from rednote_study.plots import (  # noqa: F401
        cohort,
        context,
        data,
        language,
        published_model,
        representations,
        retention,
        sampling,
        topics,
    )
