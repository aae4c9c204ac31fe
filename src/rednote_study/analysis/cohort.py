"""The cohort: who came with the wave, who could be seen, and who "stayed", by several definitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from rednote_study.analysis.relations import counted, frequencies, quantiles, query
from rednote_study.analysis.verdicts import STAYED
from rednote_study.crawl.conditions import checked, split
from rednote_study.crawl.crawl import Crawl
from rednote_study.crawl.users import GROUPS, TENURES
from rednote_study.formats import with_ends
from rednote_study.reported.published import published_facts
from rednote_study.results import result
from rednote_study.statistics.inference import newcombe, wilson
from rednote_study.store.small_cells import MINIMUM_USERS

Labels = Mapping[str, tuple[str, str]]
"""By name: whom a label is applied to, and who of them has it; both are conditions on the columns of users."""

_WAVE, _CONTROL, _LATE = "account == 'wave'", "account != 'wave'", "account == 'wave' and not at_risk"
_YOUNGER = "account == 'younger'"

DEFINITIONS: Mapping[str, tuple[str, str, str]] = {
    "published: January users with a February post": ("in_january", "published_retained", ""),
    "cohort: newcomers, seen from February on": ("at_risk", STAYED, _LATE),
    **{  # beside the late accounts that were seen after 7 or 14 days, those that were not are fewer than five
        f"tenure: newcomers, seen {days} days after registration or later": (
            "at_risk",
            f"tenure_days >= {days}",
            _LATE if days == TENURES[-1] else "",
        )
        for days in TENURES
    },
    "control: older accounts, seen from February on": ("account == 'older'", STAYED, _YOUNGER),
}
"""The book's labels: whom each is applied to, who of them has it, and who was never at risk."""

SHARES: Labels = {"wave: registered before the ban": (_WAVE, "registered < '2025-01-19'")}

_DESIGN = "the study's design publishes the sizes of its cohorts"


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
def flow(crawl: Crawl, *, stayed: str = STAYED) -> pd.DataFrame:
    """One row a step; `n` and `left_out` add up to the step before.

    Parameters
    ----------
    crawl : Crawl
    stayed : str
        Condition on users: who of those at risk counts as seen later.
    """
    later, january = split("at_risk", stayed)
    who = {"users": "true", "wave": _WAVE, "control": _CONTROL, "at_risk": "at_risk", "late": _LATE}
    n = counted(crawl, "users", who | {"later": later, "january": january})
    posts = counted(crawl, "posts", {"posts": "true"})["posts"]
    aside = counted(crawl, "quarantine", {"rows": "true"})["rows"]
    return [
        ("rows in the file", "rows", crawl.rows, 0, ""),
        ("posts", "posts", posts, aside, "cannot be used"),
        ("users", "users", n["users"], 0, "several posts of one user are one user"),
        ("registered in the wave", "users", n["wave"], n["control"], "accounts before or after it: control"),
        ("at risk", "users", n["at_risk"], n["late"], "registered after the January crawl had ended"),
        ("seen from February on", "users", n["later"], n["january"], "seen in January only"),
    ]


@result(
    "cohort_registrations",
    title="Accounts by day of registration.",
    columns={"day": "day of registration, UTC+8", "users": "accounts registered"},
    keys=("day",),
    adds_up=(),
)
def registrations(crawl: Crawl, *, start: str = "2025-01-01", end: str = "2025-03-01") -> pd.DataFrame:
    """Accounts by day from `start` to the day before `end`; days without an account are zero."""
    days = pd.date_range(start, end, inclusive="left", name="day")
    found = query(crawl, "SELECT date_trunc('day', registered) AS day, count(*) AS users FROM users GROUP BY ALL")
    counts = found.astype({"day": days.dtype}).set_index("day")["users"]
    return counts.reindex(days, fill_value=0).reset_index()


@result(
    "cohort_years",
    title="Accounts by year of registration.",
    columns={"year": "year of registration; 2025 in two parts", "users": "accounts", "share": "share of all accounts"},
    keys=("year",),
    adds_up=(),
)
def years(crawl: Crawl) -> pd.DataFrame:
    """Years up to 2024, the first ones together, the wave, and what came after it."""
    table = query(crawl, _YEARS)
    return table.assign(share=table["users"] / table["users"].sum())


_YEARS = """SELECT CASE account WHEN 'wave' THEN '2025, wave' WHEN 'younger' THEN '2025, later' ELSE
  CASE WHEN year(registered) <= 2018 THEN '2018 and before' WHEN year(registered) <= 2020 THEN '2019 and 2020'
    WHEN year(registered) >= 2025 THEN '2025, before the wave' ELSE year(registered)::VARCHAR END END AS year,
  count(*) AS users FROM users GROUP BY ALL ORDER BY year"""


@result(
    "cohort_groups",
    title="Accounts by group, those at risk, and how many of these were seen later.",
    columns={
        "group": "older than the wave, wave, younger",
        "users": "users",
        "at_risk_users": "those registered before the January crawl had ended: all older ones, and no younger one",
        "later_users": "those of them seen on or after 1 February",
        "share": "their share of those at risk",
    },
    keys=("group",),
    adds_up=(),
)
def groups(crawl: Crawl, *, later: str = STAYED) -> pd.DataFrame:
    """Sizes of the control group and of the wave, and how many of those at risk satisfy the condition `later`."""
    whom = {"older": "account == 'older'", "wave": "at_risk", "younger": f"at_risk and {_YOUNGER}"}
    users = counted(crawl, "users", {group: f"account == '{group}'" for group in GROUPS})
    sizes = _sizes(crawl, {group: (condition, later) for group, condition in whom.items()})
    return [(group, users[group], n, k, k / n if n else np.nan) for group, n, k in sizes if users[group]]


@result(
    "cohort_definitions",
    title="Who 'stayed', by definition: accounts at risk, and what those never at risk would add. Wilson's intervals.",
    columns={
        "definition": "label and whom it is applied to",
        "users": "users to whom it applies, all at risk",
        "positive_users": "users who have the label",
        **with_ends({"share": "share"}),
        "late_users": "users of the same kind who were never at risk, being registered after the January crawl had ended",
        "late_positive_users": "those of them who have the label",
        "all_share": "share if they were counted",
        **with_ends({"added": "all_share minus share"}),
    },
    exempt=_DESIGN,
)
def definitions(crawl: Crawl, labels: Mapping[str, tuple[str, str, str]] = DEFINITIONS) -> pd.DataFrame:
    """Each label on its own base; the last row is the published report's.

    Parameters
    ----------
    crawl : Crawl
    labels : mapping of str to (str, str, str)
        By name: whom the label is applied to, who of them has it, and who of the same kind was never at risk ("": none).
    """
    facts = published_facts()["dataset"]
    report = "published report: January users with a February post"
    at_risk = _sizes(crawl, {name: (who, has) for name, (who, has, _) in labels.items()})
    late = _sizes(crawl, {name: (never or "false", has) for name, (_, has, never) in labels.items()})
    pairs = zip(at_risk, late, strict=True)
    rows = [(name, n, k, *wilson(k, n), *_added(k, n, late_k, late_n)) for (name, n, k), (_, late_n, late_k) in pairs]
    n, k = facts["january_users"], facts["retained_users"]
    names = ["definition", "users", "positive_users", "share", "share_low", "share_high", "late_users"]
    names += ["late_positive_users", "all_share", "added", "added_low", "added_high"]
    frame = pd.DataFrame([*rows, (report, n, k, *wilson(k, n), *_added(k, n, 0, 0))], columns=names)
    return frame.astype({"late_users": "Int64", "late_positive_users": "Int64"})


def _added(positive: int, users: int, late_positive: int, late: int) -> tuple:
    """What users never at risk add to a share: the difference of the two shares, by the part that they are of all."""
    if not (users and late):
        return (pd.NA, pd.NA, *[np.nan] * 4)
    part, share = late / (users + late), (positive + late_positive) / (users + late)
    return (late, late_positive, share, *(part * end for end in newcombe((late_positive, late), (positive, users))))


@result(
    "cohort_shares",
    title="Shares of users for whom something holds.",
    columns={
        "what": "whom, and what holds",
        "users": "users",
        "positive_users": "those for whom it holds",
        "share": "their share",
    },
    keys=("what",),
)
def shares(crawl: Crawl, labels: Labels = SHARES) -> pd.DataFrame:
    """Of those for whom the first condition holds, those for whom the second holds too; see :func:`definitions`."""
    table = pd.DataFrame(_sizes(crawl, labels), columns=["what", "users", "positive_users"])
    return table.assign(share=table["positive_users"] / table["users"])


def _sizes(crawl: Crawl, labels: Labels) -> list[tuple[str, int, int]]:
    """Name of each label, users to whom it applies, and users who have it."""
    bases = counted(crawl, "users", {name: checked(base) for name, (base, _) in labels.items()})
    positive = counted(crawl, "users", {name: split(*label)[0] for name, label in labels.items()})
    return [(name, bases[name], positive[name]) for name in labels]


@result(
    "cohort_tenure",
    title="Days from registration to the last post seen, wave accounts at risk by crawl.",
    columns={
        "crawl": "crawl in which the user was seen",
        "quantile": "share of users below",
        "days": "days",
        "users": "users",
    },
    keys=("crawl", "quantile"),
)
def tenure(crawl: Crawl, *, levels: Sequence[float] = (0.1, 0.25, 0.5, 0.75, 0.9)) -> pd.DataFrame:
    """Quantiles at these levels, where at least five users are beyond them."""
    rows = []
    for number in query(crawl, "SELECT DISTINCT crawl FROM users WHERE at_risk ORDER BY crawl")["crawl"]:
        days = frequencies(crawl, "tenure_days", where=f"at_risk AND crawl = {number}")
        users = int(days[1].sum())
        shown = [q for q in levels if min(q, 1 - q) * users >= MINIMUM_USERS]
        rows += [(number, q, value, users) for q, value in zip(shown, quantiles(*days, shown), strict=True)]
    return rows
