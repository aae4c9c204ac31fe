"""Number tables: the single numbers that a chapter's prose pastes by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

from rednote_study.statistics.inference import Estimate
from rednote_study.store.small_cells import MINIMUM_USERS

__all__ = ["NUMBER_COLUMNS", "Part", "number_table"]

NUMBER_COLUMNS = {
    "number": "name by which the prose pastes it",
    "value": "the number",
    "total": "the number of which it is a part, where the prose says so",
    "low": "lower end of its 95 % interval, or smallest value",
    "high": "upper end of its 95 % interval, or largest value",
    "word": "a word or a date (ISO 8601) in place of a number",
    "kind": "how it is written",
}


class Part(NamedTuple):
    """So many of so many."""

    value: int
    total: int


def number_table(prefix: str, rows: Iterable[tuple], *, exempt: tuple[str, ...] = ()) -> pd.DataFrame:
    """Collect numbers for the prose.

    Parameters
    ----------
    prefix : str
        Chapter, put before every name.
    rows : iterable of (str, float or Estimate or Part or str or pandas.Timestamp, str)
        Name, number or word, and how it is written (see :func:`rednote_study.formats.format_number`).
    exempt : tuple of str
        Counts that may be shown although they are 1 to 4; all others are blanked.
    """
    named = [{"number": f"{prefix}_{name}", "kind": kind} | _parts(value) for name, value, kind in rows]
    table = pd.DataFrame(named, columns=list(NUMBER_COLUMNS))
    numbers = ["value", "total", "low", "high"]
    table[numbers] = table[numbers].astype(float)
    few = table["kind"].eq("count") & table["value"].gt(0) & table["value"].lt(MINIMUM_USERS)
    few &= ~table["number"].isin([f"{prefix}_{name}" for name in exempt])
    table["value"] = table["value"].mask(few)
    return table


def _parts(value) -> dict:
    if isinstance(value, Estimate | Part):
        return value._asdict()
    if isinstance(value, pd.Timestamp):
        return {"word": value.isoformat(timespec="minutes").removesuffix("T00:00")}
    return {"word": value} if isinstance(value, str) else {"value": value}
