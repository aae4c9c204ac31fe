"""Number tables: the single numbers that a chapter's prose pastes by name."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from rednote_study.stats import Estimate
from rednote_study.tables.registry import MINIMUM_USERS

__all__ = ["NUMBER_COLUMNS", "number_table"]

NUMBER_COLUMNS = {
    "number": "name by which the prose pastes it",
    "value": "the number",
    "low": "lower end of its 95 % interval",
    "high": "upper end of its 95 % interval",
    "kind": "how it is written",
}


def number_table(prefix: str, rows: Iterable[tuple], *, exempt: tuple[str, ...] = ()) -> pd.DataFrame:
    """Collect numbers for the prose.

    Parameters
    ----------
    prefix : str
        Chapter, put before every name.
    rows : iterable of (str, float or Estimate, str)
        Name, number, and how it is written (see :func:`rednote_study.display.format_number`).
    exempt : tuple of str
        Counts that may be shown although they are 1 to 4; all others are blanked.
    """
    table = pd.DataFrame(
        [
            (f"{prefix}_{name}", *(tuple(value) if isinstance(value, Estimate) else (value, np.nan, np.nan)), kind)
            for name, value, kind in rows
        ],
        columns=list(NUMBER_COLUMNS),
    )
    numbers = pd.to_numeric(table["value"], errors="coerce")
    few = table["kind"].eq("count") & numbers.gt(0) & numbers.lt(MINIMUM_USERS)
    few &= ~table["number"].isin([f"{prefix}_{name}" for name in exempt])
    table["value"] = table["value"].mask(few)
    return table
