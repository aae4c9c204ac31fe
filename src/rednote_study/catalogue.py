"""All results of the book by name."""

from __future__ import annotations

from importlib import import_module

import pandas as pd

from rednote_study import results
from rednote_study.crawl.crawl import Crawl
from rednote_study.errors import StudyError
from rednote_study.results import ResultSpec

_MODULES = (
    "arrival",
    "behaviour",
    "cohort",
    "context",
    "data",
    "discussion",
    "explanation",
    "language",
    "migrations",
    "published_model",
    "published_noise",
    "representations",
    "reception",
    "reproducing",
    "retention",
    "sampling",
    "scale",
    "sessions",
    "survival",
    "topics",
    "validation",
)


def table_names(*, needs_data: bool | None = None) -> list[str]:
    """Names of all results, in the order of the book."""
    order = _load()
    chosen = [s for s in results.SPECS.values() if needs_data in (None, s.needs_data) and s.module in order]
    return [s.name for s in sorted(chosen, key=lambda s: order.index(s.module))]


def spec(name: str) -> ResultSpec:
    """What is known of the result `name`.

    Raises
    ------
    StudyError
        If there is no such result.
    """
    if name not in results.SPECS:
        _load()
    if name not in results.SPECS:
        raise StudyError(f"There is no table {name!r}. Known tables: {', '.join(results.SPECS)}.")
    return results.SPECS[name]


def compute(name: str, crawl: Crawl | None = None) -> pd.DataFrame:
    """Compute the result `name` at its defaults, whatever is recorded."""
    wanted = spec(name)
    given = wanted.signature.bind(*([crawl] if wanted.needs_data else []))
    given.apply_defaults()
    return results.compute(wanted, given.arguments)


def _load() -> list[str]:
    """Import the modules that hold results; their names in the order of the book."""
    return [import_module(f"{__package__}.analysis.{name}").__name__ for name in _MODULES]
