"""Numbers of the index page that belong to no chapter: what the published accuracy is worth."""

from __future__ import annotations

import pandas as pd

from rednote_study.analysis.numbers import NUMBER_COLUMNS, number_table
from rednote_study.reported.published import published_facts
from rednote_study.results import result

__all__ = ["summary_numbers"]


@result("summary_numbers", title="Numbers of the index page", columns=NUMBER_COLUMNS, needs_data=False)
def summary_numbers() -> pd.DataFrame:
    """The published accuracy beside that of calling every user a leaver."""
    facts = published_facts()
    users, stayed = facts["dataset"]["january_users"], facts["dataset"]["retained_users"]
    rows = [
        ("accuracy", facts["results"]["accuracy"], "percent2"),
        ("majority", (users - stayed) / users, "percent2"),
        ("recall", float(facts["results"]["recall"]), "count"),
        ("users", users, "count"),
        ("stayed", stayed, "count"),
    ]
    return number_table("summary", rows)
