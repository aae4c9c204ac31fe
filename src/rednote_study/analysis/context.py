"""What happened, and who says so. Nothing here rests on posts."""

from __future__ import annotations

import pandas as pd

from rednote_study.formats import Format
from rednote_study.reported import context
from rednote_study.results import result

_REPORTED = {
    "date": "date that the source gives (year, month or day); empty if none",
    "subject": "what is reported",
    "value": "number as the source prints it, in the unit beside it",
    "bound": "whether the source says at least or at most",
    "unit": "unit of the value",
    "source": "key of the source in the list of references",
    "claimed_by": "whom the source names for it; empty if nobody",
    "original": "wording of the source, for finding the place",
    "note": "our remark",
}


def _all_digits(value: float) -> str:
    """A reported value for a reader; they range from one to 1.7 trillion."""
    return "–" if pd.isna(value) else f"{value:,.10g}"


@result(
    "context_figures",
    title="Figures that the sources report. They are claims of the sources, not measurements of this study.",
    columns=_REPORTED,
    formats={"value": Format(_all_digits, ("value",))},
    needs_data=False,
)
def figures() -> pd.DataFrame:
    """Every reported figure, in the order of dates."""
    return context.reported().query("kind == 'figure'").sort_values("date", kind="stable")


@result(
    "context_events",
    title="Events that the sources report.",
    columns={c: t for c, t in _REPORTED.items() if c not in ("value", "bound", "unit")},
    needs_data=False,
)
def events() -> pd.DataFrame:
    """Every reported event, in the order of dates."""
    return context.reported().query("kind == 'event'").sort_values("date", kind="stable")


_SHORTER = {
    "Rank of Xiaohongshu among free apps, US App Store": "Xiaohongshu ranks first among free apps in the US App Store",
    "The law against TikTok takes effect unless it is sold": "Ban deadline: the law takes effect unless TikTok is sold",
}


@result(
    "context_timeline",
    title="Events of December 2024 to February 2025 whose day a source gives.",
    columns={"day": "date", "subject": "what happened", "sources": "keys of the sources that say so"},
    needs_data=False,
)
def timeline(*, start: str = "2024-12-01", end: str = "2025-02-20") -> pd.DataFrame:
    """One row a day and quantity, from the day `start` to the day `end`; the first wording, all sources."""
    rows = context.reported()
    rows = rows[rows["precision"].eq("day") & rows["date"].between(start, end)]
    ranked = rows["quantity"].eq("app_store_rank") & rows["claimed_by"].ne("")
    rows = rows[rows["kind"].eq("event") | ranked].replace({"subject": _SHORTER})
    grouped = rows.groupby(["date", "quantity", "subject"], sort=False)["source"].agg(", ".join).reset_index()
    grouped = grouped.groupby(["date", "quantity"]).agg(subject=("subject", "first"), sources=("source", ", ".join))
    return grouped.reset_index().rename(columns={"date": "day"})


@result(
    "context_disagreements",
    title="The same quantity in several sources: values side by side.",
    columns={
        "quantity": "what is counted",
        "subject": "wording",
        "value": "number as the source prints it",
        "bound": "whether the source says at least or at most",
        "date": "date that the source gives; empty if none",
        "source": "key of the source",
        "ratio": "largest divided by smallest value of the quantity",
    },
    needs_data=False,
)
def disagreements() -> pd.DataFrame:
    """Reported values that differ, or that agree on a number and not on its scope."""
    return context.disagreements()
