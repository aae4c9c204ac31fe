"""Tables of the context chapter: what happened, who says so. They rest on no posts."""

from __future__ import annotations

import pandas as pd

from rednote_study.analysis.numbers import NUMBER_COLUMNS, number_table
from rednote_study.context import disagreements, reported
from rednote_study.formats import Format
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
def context_figures() -> pd.DataFrame:
    """Every reported figure, in the order of dates."""
    rows = reported().query("kind == 'figure'").sort_values("date", kind="stable")
    return rows[list(_REPORTED)]


@result(
    "context_events",
    title="Events that the sources report.",
    columns={c: t for c, t in _REPORTED.items() if c not in ("value", "bound", "unit")},
    needs_data=False,
)
def context_events() -> pd.DataFrame:
    """Every reported event, in the order of dates."""
    rows = reported().query("kind == 'event'").sort_values("date", kind="stable")
    return rows[[c for c in _REPORTED if c not in ("value", "bound", "unit")]]


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
def context_timeline() -> pd.DataFrame:
    """One row a day and quantity; the first wording, all sources."""
    rows = reported().query("precision == 'day' and '2024-12-01' <= date <= '2025-02-20'")
    ranked = rows["quantity"].eq("app_store_rank") & rows["claimed_by"].ne("")
    rows = rows[rows["kind"].eq("event") | ranked].replace({"subject": _SHORTER})
    grouped = rows.groupby(["date", "quantity", "subject"], sort=False)["source"].agg(", ".join).reset_index()
    grouped = grouped.groupby(["date", "quantity"]).agg(subject=("subject", "first"), sources=("source", ", ".join))
    return grouped.reset_index().rename(columns={"date": "day"})[["day", "subject", "sources"]]


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
def context_disagreements() -> pd.DataFrame:
    """Reported values that differ, or that agree on a number and not on its scope."""
    return disagreements()[["quantity", "subject", "value", "bound", "date", "source", "ratio"]]


@result(
    "context_numbers",
    title="Numbers of the context chapter's prose",
    columns=NUMBER_COLUMNS,
    needs_data=False,
)
def context_numbers() -> pd.DataFrame:
    """What the prose pastes."""
    rows, differ = reported(), disagreements()
    views = differ[differ["quantity"].eq("hashtag_views")]
    numbers = [
        ("rows", len(rows), "count"),
        ("sources", rows["source"].nunique(), "count"),
        ("undated", int(rows["precision"].eq("none").sum()), "count"),
        ("named", float(rows["claimed_by"].ne("").mean()), "percent"),
        ("views_ratio", float(views["ratio"].max()), "count"),
        ("views_least", float(views["value"].min()), "count"),
        ("views_most", float(views["value"].max()), "count"),
    ]
    return number_table("context", numbers)
