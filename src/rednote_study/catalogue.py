"""All results of the book by name."""

from __future__ import annotations

import pandas as pd

from rednote_study import results
from rednote_study.crawl import Crawl
from rednote_study.errors import StudyError
from rednote_study.results import ResultSpec

__all__ = ["compute", "spec", "table_names"]


def table_names(*, needs_data: bool | None = None) -> list[str]:
    """Names of all results, in the order of the book."""
    _load()
    return [n for n, s in results.SPECS.items() if needs_data is None or s.needs_data == needs_data]


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


def _load() -> None:
    """Import the modules that register tables; their order is the book's."""
    from rednote_study.analysis import (  # noqa: F401
        behaviour,
        cohort,
        context,
        data,
        explanation,
        language,
        published_model,
        published_noise,
        representations,
        reproducing,
        retention,
        retention_numbers,
        sampling,
        scale,
        summary,
        survival,
        topics,
        validation,
    )
