"""Tables of the cohort chapter: who is a refugee, who stayed, by three definitions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rednote_study.analysis.numbers import NUMBER_COLUMNS, number_table
from rednote_study.analysis.relations import counted, frequencies, quantiles, query
from rednote_study.crawl import Crawl
from rednote_study.published import published_facts
from rednote_study.results import result
from rednote_study.small_cells import MINIMUM_USERS
from rednote_study.stats import Estimate, wilson
from rednote_study.users import FEBRUARY, GROUPS, TENURES, risk_ends

__all__ = ["cohort_definitions", "cohort_flow", "cohort_numbers", "cohort_registrations", "cohort_tenure"]

_DESIGN = "the study's design publishes the sizes of its cohorts"


_WHO = {
    "users": "true",
    "wave": "account = 'wave'",
    "at_risk": "at_risk",
    "late": "account = 'wave' AND NOT at_risk",
    "control": "account <> 'wave'",
}
"""SQL: kinds of users."""

_SIZES = _WHO | {f"{name}_positive": f"{condition} AND cohort_retained" for name, condition in _WHO.items()}


@result(
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
def cohort_flow(data: Crawl) -> pd.DataFrame:
    """One row a step; `n` and `left_out` add up to the step before."""
    n = counted(data, "users", _SIZES)
    posts = counted(data, "posts", {"posts": "true"})["posts"]
    aside = counted(data, "quarantine", {"rows": "true"})["rows"]
    steps = [
        ("rows in the file", "rows", data.rows, 0, ""),
        ("posts", "posts", posts, aside, "cannot be used"),
        ("users", "users", n["users"], 0, "several posts of one user are one user"),
        ("registered in the wave", "users", n["wave"], n["control"], "accounts before or after it: control"),
        ("at risk", "users", n["at_risk"], n["late"], "registered after the January crawl had ended"),
        (
            "seen from February on",
            "users",
            n["at_risk_positive"],
            n["at_risk"] - n["at_risk_positive"],
            "seen in January only",
        ),
    ]
    return pd.DataFrame(steps, columns=["step", "unit", "n", "left_out", "why"])


@result(
    "cohort_registrations",
    title="Accounts by day of registration.",
    columns={"day": "day of registration, UTC+8", "users": "accounts registered"},
    keys=("day",),
    adds_up=(),
)
def cohort_registrations(data: Crawl) -> pd.DataFrame:
    """Days of January and February 2025; days without an account are zero."""
    days = pd.date_range("2025-01-01", "2025-02-28", name="day")
    found = query(data, "SELECT date_trunc('day', registered) AS day, count(*) AS users FROM users GROUP BY ALL")
    counts = found.astype({"day": days.dtype}).set_index("day")["users"]
    return counts.reindex(days, fill_value=0).reset_index()


@result(
    "cohort_years",
    title="Accounts by year of registration.",
    columns={"year": "year of registration; 2025 in two parts", "users": "accounts", "share": "share of all accounts"},
    keys=("year",),
    adds_up=(),
)
def cohort_years(data: Crawl) -> pd.DataFrame:
    """Years up to 2024, the first ones together, the wave, and what came after it."""
    table = query(data, _YEARS)
    return table.assign(share=table["users"] / table["users"].sum())


_YEARS = """SELECT CASE account WHEN 'wave' THEN '2025, wave' WHEN 'younger' THEN '2025, later' ELSE
  CASE WHEN year(registered) <= 2018 THEN '2018 and before' WHEN year(registered) <= 2020 THEN '2019 and 2020'
    WHEN year(registered) >= 2025 THEN '2025, before the wave' ELSE year(registered)::VARCHAR END END AS year,
  count(*) AS users FROM users GROUP BY ALL ORDER BY year"""


@result(
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
def cohort_definitions(data: Crawl) -> pd.DataFrame:
    """The three labels, each on its own base; the last row is the published report's."""
    wave, seen = _WHO["wave"], "seen from February on"
    labels = {
        "published: January users with a February post": ("in_january", "published_retained"),
        f"cohort: all of the wave, {seen}": (wave, "cohort_retained"),
        f"cohort: wave at risk, {seen}": ("at_risk", "cohort_retained"),
        "cohort: wave, registered too late for the January crawl": (_WHO["late"], "cohort_retained"),
        f"control: other accounts, {seen}": (_WHO["control"], "cohort_retained"),
        **{f"tenure: wave, seen {d} days after registration or later": (wave, f"tenure_{d}") for d in TENURES},
    }
    bases = counted(data, "users", {name: base for name, (base, _) in labels.items()})
    positive = counted(data, "users", {name: f"{base} AND {label}" for name, (base, label) in labels.items()})
    rows = [(name, bases[name], positive[name]) for name in labels]
    described = published_facts()["dataset"]
    rows.append(
        (
            "published report: January users with a February post",
            described["january_users"],
            described["retained_users"],
        )
    )
    return pd.DataFrame(
        [(name, n, k, *_share(k, n)) for name, n, k in rows],
        columns=["definition", "users", "positive_users", "share", "low", "high"],
    )


def _share(positive: int, users: int) -> Estimate:
    return wilson(positive, users) if users else Estimate(np.nan, np.nan, np.nan)


_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


@result(
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
def cohort_tenure(data: Crawl) -> pd.DataFrame:
    """Quantiles with at least five users beyond them."""
    rows = []
    for crawl in query(data, f"SELECT DISTINCT crawl FROM users WHERE {_WHO['wave']} ORDER BY crawl")["crawl"]:
        days = frequencies(data, "tenure_days", where=f"{_WHO['wave']} AND crawl = {crawl}")
        users = int(days[1].sum())
        shown = [q for q in _QUANTILES if min(q, 1 - q) * users >= MINIMUM_USERS]
        rows += [(crawl, q, value, users) for q, value in zip(shown, quantiles(*days, shown), strict=True)]
    return pd.DataFrame(rows, columns=["crawl", "quantile", "days", "users"])


@result(
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
def cohort_groups(data: Crawl) -> pd.DataFrame:
    """Sizes of the control group and of the wave."""
    table = query(
        data,
        'SELECT account AS "group", count(*) AS users, count(*) FILTER (cohort_retained) AS later_users FROM users GROUP BY ALL',
    ).set_index("group")
    table = table.reindex([g for g in GROUPS if g in table.index]).reset_index()
    return table.assign(share=table["later_users"] / table["users"])


@result("cohort_numbers", title="Numbers of the cohort chapter", columns=NUMBER_COLUMNS, exempt=_DESIGN)
def cohort_numbers(data: Crawl) -> pd.DataFrame:
    """What the prose pastes."""
    users, n = data.users, counted(data, "users", _SIZES)
    wave, at_risk, late, control = ((n[f"{who}_positive"], n[who]) for who in ("wave", "at_risk", "late", "control"))
    in_wave, groups = users["account"].eq("wave"), users["account"].value_counts()
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
        ("older", int(groups.get("older", 0)), "count"),
        ("younger", int(groups.get("younger", 0)), "count"),
        ("published_users", published[1], "count"),
        ("published_positive", published[0], "count"),
        ("published_share", _share(*published), "percent"),
        ("risk_end", risk_ends(data.posts), "time"),
        ("peak_day", peak.index[0], "date"),
        ("peak_users", int(peak.iloc[0]), "count"),
        (
            "wave_before_ban",
            float((users.loc[in_wave, "registered"] < pd.Timestamp("2025-01-19")).mean()),
            "percent",
        ),
        (
            "stayers_by_crawl",
            float(users.loc[in_wave & (users["last_post"] >= FEBRUARY), "crawl"].gt(1).mean()),
            "percent",
        ),
    ]
    return number_table("cohort", rows, exempt=("published_positive",))
