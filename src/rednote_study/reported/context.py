"""Reported events and figures with their sources: claims of others, not measurements of this study."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from rednote_study.errors import DataError
from rednote_study.system.paths import DATA

REPORTED = DATA / "context" / "reported.csv"

_TEXT = pa.Column("str")
_SCHEMA = pa.DataFrameSchema(
    {
        "date": pa.Column(
            "str", pa.Check.str_matches(r"^(\d{4}(-\d{2}(-\d{2})?)?)?$"), description="ISO 8601, as exact as known"
        ),
        "precision": pa.Column("str", pa.Check.isin(["day", "month", "year", "none"])),
        "kind": pa.Column("str", pa.Check.isin(["event", "figure"])),
        "quantity": pa.Column("str", pa.Check.str_matches(r"^[a-z_]+$")),
        "subject": pa.Column("str", pa.Check.str_length(min_value=3)),
        "value": pa.Column("float64", nullable=True),
        "bound": pa.Column("str", pa.Check.isin(["", "at least", "at most"])),
        "unit": _TEXT,
        "source": pa.Column("str", pa.Check.str_matches(r"^[a-z]+\d{4}[a-z]*$")),
        "claimed_by": _TEXT,
        "original": _TEXT,
        "note": _TEXT,
    },
    checks=[
        pa.Check(
            lambda t: t["value"].notna() == t["kind"].eq("figure"), error="a figure has a value, an event has none"
        ),
        pa.Check(lambda t: t["unit"].ne("") == t["kind"].eq("figure"), error="a figure has a unit, an event has none"),
        pa.Check(lambda t: ~t.duplicated(["quantity", "subject", "source"]), error="stands twice"),
    ],
    strict=True,
)


def reported(path: Path = REPORTED) -> pd.DataFrame:
    """Every event and figure that the source documents report.

    Returns
    -------
    pandas.DataFrame
        ``date`` (text, ISO 8601 as exact as the source has it, empty if undated), ``precision``,
        ``kind`` (event or figure), ``quantity`` (rows of one name report the same thing),
        ``subject``, ``value`` (float, missing for events), ``bound`` (whether the source says
        "at least" or "at most"), ``unit``, ``source`` (key in ``book/references.bib``),
        ``claimed_by`` (whom the source names; empty if itself), ``original``, ``note``.

    Raises
    ------
    DataError
        If the file breaks its schema; the message names file, line, column and remedy.
    """
    table = pd.read_csv(path, dtype="str", keep_default_na=False)
    try:
        table = table.assign(value=pd.to_numeric(table["value"]))
        return _SCHEMA.validate(table, lazy=True)
    except (ValueError, KeyError) as error:
        raise DataError(f"{path}, column value: {error}. Correct the row.") from None
    except pa.errors.SchemaErrors as errors:
        case = errors.failure_cases.iloc[0]
        line = "" if pd.isna(case["index"]) else f", line {int(case['index']) + 2}"
        raise DataError(f"{path}{line}, {case['column'] or 'row'}: {case['check']}. Correct the row.") from None


def disagreements(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Quantities that sources report with different values or scopes, side by side.

    Returns
    -------
    pandas.DataFrame
        Rows of :func:`reported` whose quantity and unit occur in several sources, largest value
        first, with ``ratio`` (largest to smallest value of the quantity).
    """
    table = reported() if table is None else table
    figures = table[table["kind"].eq("figure") & ~table["quantity"].str.startswith("study_")]
    groups = figures.groupby(["quantity", "unit"])
    several = groups["source"].transform("nunique") > 1
    figures = figures.assign(ratio=groups["value"].transform("max") / groups["value"].transform("min"))[several]
    return figures.sort_values(["quantity", "value"], ascending=[True, False], ignore_index=True)
