"""All results of the book by name."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import pandas as pd

from rednote_study import analysis, results
from rednote_study.crawl.crawl import Crawl
from rednote_study.errors import StudyError
from rednote_study.results import ResultSpec


def table_names(*, needs_data: bool | None = None) -> list[str]:
    """Names of all results, module by module."""
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
    """Import all modules of the analysis; their names in order."""
    return [import_module(f"{analysis.__name__}.{m.name}").__name__ for m in pkgutil.iter_modules(analysis.__path__)]
