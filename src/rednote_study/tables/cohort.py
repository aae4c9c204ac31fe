"""Tables of the cohort chapter: who is a refugee, who stayed, by three definitions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rednote_study.published import published_facts
from rednote_study.stats import Estimate, wilson
from rednote_study.tables.numbers import NUMBER_COLUMNS, number_table
from rednote_study.tables.registry import MINIMUM_USERS, Data, table
from rednote_study.users import FEBRUARY, GROUPS, TENURES, risk_ends

__all__ = ["cohort_definitions", "cohort_flow", "cohort_numbers", "cohort_registrations", "cohort_tenure"]

_DESIGN = "the study's design publishes the sizes of its cohorts"


def _masks(users: pd.DataFrame) -> dict[str, pd.Series]:
    wave = users["group"].eq("wave")
    return {"wave": wave, "at_risk": users["at_risk"], "late": wave & ~users["at_risk"], "control": ~wave}


@table(
    "cohort_flow",
    title="From rows of the file to the two answers of each label.",
    columns={
        "step": "what is left",
        "unit": "what is counted",
        "n": "how many",
        "left_out": "how many of the step before are left out here",
        "why": "why",
    },
    exempt=_DESIGN,
)
def cohort_flow(data: Data) -> pd.DataFrame:
    """One row a step; `n` and `left_out` add up to the step before."""
    users, masks = data.users, _masks(data.users)
    stayed = users["at_risk"] & users["cohort_retained"]
    steps = [
        ("rows in the file", "rows", data.rows, 0, ""),
        ("posts", "posts", len(data.posts), len(data.quarantine), "cannot be used"),
        ("users", "users", len(users), 0, "several posts of one user are one user"),
        (
            "registered in the wave",
            "users",
            masks["wave"].sum(),
            masks["control"].sum(),
            "accounts before or after it: control",
        ),
        (
            "at risk",
            "users",
            masks["at_risk"].sum(),
            masks["late"].sum(),
            "registered after the January crawl had ended",
        ),
        ("seen from February on", "users", stayed.sum(), masks["at_risk"].sum() - stayed.sum(), "seen in January only"),
    ]
    return pd.DataFrame(steps, columns=["step", "unit", "n", "left_out", "why"])


@table(
    "cohort_registrations",
    title="Accounts by day of registration.",
    columns={"day": "day of registration, UTC+8", "users": "accounts registered"},
    keys=("day",),
    adds_up=(),
)
def cohort_registrations(data: Data) -> pd.DataFrame:
    """Days of January and February 2025; days without an account are zero."""
    days = pd.date_range("2025-01-01", "2025-02-28", name="day")
    counts = data.users["registered"].dt.normalize().value_counts()
    return counts.reindex(days, fill_value=0).rename("users").reset_index()


@table(
    "cohort_years",
    title="Accounts by year of registration.",
    columns={"year": "year of registration; 2025 in two parts", "users": "accounts", "share": "share of all accounts"},
    keys=("year",),
    adds_up=(),
)
def cohort_years(data: Data) -> pd.DataFrame:
    """Years up to 2024, the first ones together, the wave, and what came after it."""
    registered = data.users["registered"]
    year = registered.dt.year.astype("str").mask(registered.dt.year.le(2018), "2018 and before")
    year = year.mask(registered.dt.year.isin([2019, 2020]), "2019 and 2020")
    year = year.mask(registered.dt.year.ge(2025), "2025, before the wave")
    year = year.mask(data.users["group"].eq("wave"), "2025, wave").mask(
        data.users["group"].eq("younger"), "2025, later"
    )
    table = year.value_counts().sort_index().rename_axis("year").rename("users").reset_index()
    return table.assign(share=table["users"] / len(registered))


@table(
    "cohort_definitions",
    title="Who 'stayed', by definition. Shares with Wilson's 95 % interval.",
    columns={
        "definition": "label and whom it is applied to",
        "users": "users to whom it applies",
        "positive_users": "users who have the label",
        "share": "share",
        "low": "lower end of the interval",
        "high": "upper end of the interval",
    },
    exempt=_DESIGN,
)
def cohort_definitions(data: Data) -> pd.DataFrame:
    """The three labels, each on its own base; the last row is the published report's."""
    users, masks = data.users, _masks(data.users)
    rows = [
        ("published: January users with a February post", users["in_january"], users["published_retained"]),
        ("cohort: all of the wave, seen from February on", masks["wave"], users["cohort_retained"]),
        ("cohort: wave at risk, seen from February on", masks["at_risk"], users["cohort_retained"]),
        ("cohort: wave, registered too late for the January crawl", masks["late"], users["cohort_retained"]),
        ("control: other accounts, seen from February on", masks["control"], users["cohort_retained"]),
        *(
            (f"tenure: wave, seen {d} days after registration or later", masks["wave"], users[f"tenure_{d}"])
            for d in TENURES
        ),
    ]
    counted = [(name, int(base.sum()), int((base & label).sum())) for name, base, label in rows]
    described = published_facts()["dataset"]
    counted.append(
        (
            "published report: January users with a February post",
            described["january_users"],
            described["retained_users"],
        )
    )
    return pd.DataFrame(
        [(name, n, k, *_share(k, n)) for name, n, k in counted],
        columns=["definition", "users", "positive_users", "share", "low", "high"],
    )


def _share(positive: int, users: int) -> Estimate:
    return wilson(positive, users) if users else Estimate(np.nan, np.nan, np.nan)


_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


@table(
    "cohort_tenure",
    title="Days from registration to the last post seen, wave accounts by crawl.",
    columns={
        "crawl": "crawl in which the user was seen",
        "quantile": "share of users below",
        "days": "days",
        "users": "users",
    },
    keys=("crawl", "quantile"),
)
def cohort_tenure(data: Data) -> pd.DataFrame:
    """Quantiles with at least five users beyond them."""
    wave = data.users[data.users["group"].eq("wave")]
    rows = [
        (crawl, q, group["tenure_days"].quantile(q), len(group))
        for crawl, group in wave.groupby("crawl")
        for q in _QUANTILES
        if min(q, 1 - q) * len(group) >= MINIMUM_USERS
    ]
    return pd.DataFrame(rows, columns=["crawl", "quantile", "days", "users"])


@table(
    "cohort_groups",
    title="Accounts by group and by when they were seen.",
    columns={
        "group": "older than the wave, wave, younger",
        "users": "users",
        "later_users": "users seen on or after 1 February",
        "share": "their share",
    },
    keys=("group",),
    adds_up=(),
)
def cohort_groups(data: Data) -> pd.DataFrame:
    """Sizes of the control group and of the wave."""
    grouped = data.users.groupby("group")["cohort_retained"].agg(users="size", later_users="sum")
    table = grouped.reindex([g for g in GROUPS if g in grouped.index]).reset_index()
    return table.assign(share=table["later_users"] / table["users"])


@table("cohort_numbers", title="Numbers of the cohort chapter", columns=NUMBER_COLUMNS, exempt=_DESIGN)
def cohort_numbers(data: Data) -> pd.DataFrame:
    """What the prose pastes."""
    users, masks = data.users, _masks(data.users)
    stayed = users["cohort_retained"]

    def counts(mask):
        return int((mask & stayed).sum()), int(mask.sum())

    wave, at_risk, late, control = (counts(masks[m]) for m in ("wave", "at_risk", "late", "control"))
    older = users["group"].eq("older")
    published = int(users["published_retained"].sum()), int(users["in_january"].sum())
    peak = users["registered"].dt.normalize().value_counts()
    rows = [
        ("users", len(users), "count"),
        ("wave", wave[1], "count"),
        ("wave_positive", wave[0], "count"),
        ("wave_share", _share(*wave), "percent"),
        ("at_risk", at_risk[1], "count"),
        ("at_risk_positive", at_risk[0], "count"),
        ("at_risk_share", _share(*at_risk), "percent"),
        ("late", late[1], "count"),
        ("late_positive", late[0], "count"),
        ("drop", _share(*wave).value - _share(*at_risk).value, "points"),
        ("control", control[1], "count"),
        ("control_share", _share(*control), "percent"),
        ("older", int(older.sum()), "count"),
        ("younger", int(users["group"].eq("younger").sum()), "count"),
        ("published_users", published[1], "count"),
        ("published_positive", published[0], "count"),
        ("published_share", _share(*published), "percent"),
        ("risk_end", f"{risk_ends(data.posts):%-d %B %Y, %H:%M}", "text"),
        ("peak_day", f"{peak.index[0]:%-d %B %Y}", "text"),
        ("peak_users", int(peak.iloc[0]), "count"),
        (
            "wave_before_ban",
            float((users.loc[masks["wave"], "registered"] < pd.Timestamp("2025-01-19")).mean()),
            "percent",
        ),
        (
            "stayers_by_crawl",
            float(users.loc[masks["wave"] & (users["last_post"] >= FEBRUARY), "crawl"].gt(1).mean()),
            "percent",
        ),
    ]
    return number_table("cohort", rows, exempt=("published_positive",))
