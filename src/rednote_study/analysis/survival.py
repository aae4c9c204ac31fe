"""Survival view: how long newcomers are seen, under rules that say when silence is departure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm
from statsmodels.duration.survfunc import SurvfuncRight

from rednote_study.analysis.relations import holds, select
from rednote_study.analysis.verdicts import NOTHING
from rednote_study.crawl.conditions import checked
from rednote_study.crawl.crawl import Crawl
from rednote_study.formats import interval_ends, with_ends
from rednote_study.results import SEED, result
from rednote_study.statistics.inference import Estimate, bootstrap_interval
from rednote_study.store.small_cells import MINIMUM_USERS

DAYS = (0, 1, 2, 3, 5, 7, 10, 14, 21, 28, 35, 42)
WAVE, AT_RISK = "account == 'wave'", "at_risk"

_RULES = {
    "last post": "every last post in the sample is a departure",
    "one crawl": "{} days without a post before the end of the second crawl, as if the two crawls were one",
    "own crawl": "{} days without a post before the end of the crawl that saw the user, observed from its beginning on",
}


def kaplan_meier(
    days: np.ndarray, departed: np.ndarray, at: np.ndarray, entered: np.ndarray | None = None
) -> pd.DataFrame:
    """Kaplan and Meier's (1958) estimate of staying beyond given days.

    Parameters
    ----------
    days : numpy.ndarray of float, shape (n,)
        Time under observation.
    departed : numpy.ndarray of bool, shape (n,)
        Whether it ended with a departure; else it is censored.
    at : numpy.ndarray of float
    entered : numpy.ndarray of float, shape (n,), optional
        When it began, below `days`; before it nobody could have been seen to depart (left truncation: Kalbfleisch and
        Prentice 2002, section 1.3). From the beginning on by default.

    Returns
    -------
    pandas.DataFrame
        One row a day of `at`: ``at_risk_users`` (observed just before), ``staying``, ``low`` and ``high``
        (95 % interval on the scale of log(-log), Kalbfleisch and Prentice 2002, section 1.4). Without a departure
        so far the interval is missing.

    Examples
    --------
    >>> days, departed = np.array([1.0, 2, 3, 4]), np.array([True, False, True, False])
    >>> kaplan_meier(days, departed, np.array([1.0, 3.0]))["staying"].tolist()  # 3/4; 3/4 * 1/2
    [0.75, 0.375]
    >>> late = kaplan_meier(days, departed, np.array([3.0]), np.array([0.0, 0, 0, 2]))  # 2/3 * 1/2
    >>> late["staying"].round(4).tolist()
    [0.3333]
    """
    started = True if entered is None else entered[:, None] <= at
    at_risk = ((days[:, None] >= at) & started).sum(axis=0)
    fitted = SurvfuncRight(days, departed.astype(int), entry=entered) if departed.any() else None
    staying, error = np.ones(len(at)), np.zeros(len(at))
    if fitted is not None:
        last = np.searchsorted(fitted.surv_times, at, side="right")
        staying = np.append(1.0, fitted.surv_prob)[last]
        error = np.append(0.0, fitted.surv_prob_se)[last]
    low, high = _log_log(staying, error)
    return pd.DataFrame({"day": at, "at_risk_users": at_risk, "staying": staying, "low": low, "high": high})


def _log_log(staying: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    inside = (staying > 0) & (staying < 1)
    s = np.where(inside, staying, 0.5)
    spread = np.exp(norm.ppf(0.975) * error / (s * np.abs(np.log(s))))
    return tuple(np.where(inside, s**power, np.nan) for power in (spread, 1 / spread))


class Course(NamedTuple):
    """Days from registration under one rule: to the last post, to the beginning of observation; who departed."""

    lasted: np.ndarray
    departed: np.ndarray
    entered: np.ndarray | None

    def at(self, days: np.ndarray, of: np.ndarray | slice = slice(None)) -> pd.DataFrame:
        """:func:`kaplan_meier` at these days, of some users."""
        return kaplan_meier(
            self.lasted[of], self.departed[of], days, None if self.entered is None else self.entered[of]
        )


def _courses(crawl: Crawl, who: str, silence: int) -> dict[str, Course]:
    """By rule: the course of each user. Whom a crawl found first must have been posting when that crawl began."""
    users = crawl.users.iloc[select(crawl, ["author"], where=checked(who))["c0"].to_numpy(int)]
    times = crawl.posts.groupby("crawl")["created"].agg(["min", "max"])
    last_crawl = crawl.posts.groupby("author")["crawl"].max().reindex(users.index)
    silent, days = pd.Timedelta(days=silence), users["tenure_days"].to_numpy(float)
    began = users["crawl"].map(times["min"].dt.normalize()) - users["registered"]
    everyone = np.ones(len(users), dtype=bool)
    one, own = times["max"].max() - users["last_post"], last_crawl.map(times["max"]) - users["last_post"]
    return {
        "last post": Course(days, everyone, None),
        "one crawl": Course(days, (one >= silent).to_numpy(), None),
        "own crawl": Course(days, (own >= silent).to_numpy(), (began / pd.Timedelta(days=1)).to_numpy()),
    }


@result(
    "survival_curves",
    title="Share of newcomers still posting, by days since registration, under three rules.",
    columns={
        "rule": "when a user counts as departed (see the chapter)",
        "day": "days since registration",
        "at_risk_users": "newcomers under observation whose last post is not earlier",
        "staying": "Kaplan-Meier estimate of still posting after that day",
        **interval_ends(),
    },
    keys=("rule", "day"),
)
def curves(crawl: Crawl, who: str = AT_RISK, *, silence: int = 7, days: Sequence[int] = DAYS) -> pd.DataFrame:
    """One row a rule and day.

    Parameters
    ----------
    crawl : Crawl
    who : str
        Condition on the users.
    silence : int
        Days without a post that count as departure.
    days : sequence of int
        Since registration; those with fewer than five last posts between them are left out.
    """
    courses = _courses(crawl, who, silence)
    at = _shown(courses["last post"].lasted, days)
    parts = [course.at(at).assign(rule=rule) for rule, course in courses.items()]
    return pd.concat(parts, ignore_index=True).assign(day=lambda t: t["day"].astype(int))


def _shown(lasted: np.ndarray, days: Sequence[int]) -> np.ndarray:
    """Days between which the last posts of five users and more lie: no fewer can be found by subtraction."""
    shown, left = [], np.inf
    for day in days:
        now = int((lasted >= day).sum())
        if left - now >= MINIMUM_USERS and now >= MINIMUM_USERS:
            shown.append(float(day))
            left = now
    return np.array(shown)


@result(
    "survival_rules",
    title="What a rule for silence makes of the same posts.",
    columns={
        "rule": "when a user counts as departed",
        "users": "newcomers",
        "departed_users": "of them departed by this rule",
        **with_ends(
            {
                "month": "Kaplan-Meier estimate of still posting after 28 days",
                "added": "what it would gain if newcomers never at risk were counted, users resampled",
            }
        ),
    },
    keys=("rule",),
)
def rules(
    crawl: Crawl,
    who: str = AT_RISK,
    *,
    everyone: str = WAVE,
    silence: int = 7,
    month: int = 28,
    resamples: int = 500,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row a rule.

    Parameters
    ----------
    crawl : Crawl
    who, silence
        As for :func:`curves`.
    everyone : str
        Condition on the users: those of `who`, and others who were registered after the January crawl had ended.
    month : int
        Days since registration.
    resamples, seed : int
        Of the bootstrap over users.
    """
    at, chosen, rows = np.array([float(month)]), holds(crawl, everyone, "users"), []
    counted = holds(crawl, who, "users")[chosen]
    for rule, course in _courses(crawl, everyone, silence).items():
        end = course.at(at, counted).iloc[0]
        added = _added(course, counted, at, resamples, np.random.default_rng(seed))
        sizes = int(counted.sum()), int(course.departed[counted].sum())
        rows.append((_RULES[rule].format(silence), *sizes, *end[["staying", "low", "high"]], *added))
    return rows


def _added(course: Course, counted: np.ndarray, at: np.ndarray, resamples: int, rng: np.random.Generator) -> Estimate:
    """The estimate with everyone less that of those counted, and its percentile interval."""

    def difference(drawn: np.ndarray) -> float:
        return course.at(at, drawn)["staying"].item() - course.at(at, drawn[counted[drawn]])["staying"].item()

    users = np.arange(len(counted))
    if counted.all() or not counted.any():
        return NOTHING
    drawn = [difference(rng.choice(users, len(users))) for _ in range(resamples)]
    return Estimate(difference(users), *bootstrap_interval(drawn))
