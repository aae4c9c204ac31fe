"""Other arrivals beside this one, what is reported of its end, and a framework set against these data. No posts."""

from __future__ import annotations

import pandas as pd

from rednote_study.results import result
from rednote_study.system.paths import DATA

_TIER = "A: read in the source, or in a reliable report of it; B: at second hand; C: untraced, and nothing rests on it"


@result(
    "migrations",
    title="Other migrations between platforms: what was measured, in whom, and where the figure stands.",
    columns={
        "move": "from where to where, and who",
        "year": "year in which it began",
        "measure": "what the share is of; the measures are not the same thing",
        "share": "share that the source reports, or that follows from its two counts",
        "window": "time over which it was measured",
        "sample": "who was counted",
        "place": "where in the source it stands",
        "source": "key in the list of references",
        "tier": _TIER,
        "read": "what of the source was read here",
    },
    needs_data=False,
)
def migrations() -> pd.DataFrame:
    """One row a figure, the highest first within each measure (``data/context/migrations.csv``)."""
    table = pd.read_csv(DATA / "context" / "migrations.csv")
    return table.sort_values(["measure", "share"], ascending=[True, False], ignore_index=True)


@result(
    "migrations_aftermath",
    title="What became of the ban, and what firms estimate of RedNote's daily users in the United States.",
    columns={
        "when": "date or time that the source gives",
        "what": "what happened, or what is counted",
        "value": "number as the source gives it",
        "unit": "unit of the value, and whether it is a bound",
        "measured_by": "who estimated it",
        "method": "what is said of how",
        "source": "key in the list of references",
        "tier": _TIER,
    },
    needs_data=False,
)
def aftermath() -> pd.DataFrame:
    """In the order of time (``data/context/aftermath.csv``)."""
    return pd.read_csv(DATA / "context" / "aftermath.csv", dtype={"value": float})


@result(
    "migrations_framework",
    title="A framework for platform migration, and which of its parts these posts can speak to.",
    columns={
        "part": "part of the framework (Cheng 2025)",
        "claim": "what it says, in our words",
        "can_speak": "whether these data can speak to it",
        "what_they_say": "what they say, or why they cannot",
    },
    needs_data=False,
)
def framework() -> pd.DataFrame:
    """One row a part (``data/context/framework.csv``)."""
    return pd.read_csv(DATA / "context" / "framework.csv")
