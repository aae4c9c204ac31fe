"""Survival view: how long newcomers are seen, under rules that say when silence is departure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import norm
from statsmodels.duration.survfunc import SurvfuncRight

from rednote_study.analysis.relations import select
from rednote_study.crawl.conditions import checked
from rednote_study.crawl.crawl import Crawl
from rednote_study.results import result
from rednote_study.store.small_cells import MINIMUM_USERS

__all__ = ["curves", "kaplan_meier", "rules"]

DAYS = (0, 1, 2, 3, 5, 7, 10, 14, 21, 28, 35, 42)
WAVE = "account == 'wave'"

_RULES = {
    "last post": "every last post in the sample is a departure",
    "one crawl": "{} days without a post before the end of the second crawl, as if the two crawls were one",
    "own crawl": "{} days without a post before the end of the crawl that saw the user",
}


def kaplan_meier(days: np.ndarray, departed: np.ndarray, at: np.ndarray) -> pd.DataFrame:
    """Kaplan and Meier's (1958) estimate of staying beyond given days.

    Parameters
    ----------
    days : numpy.ndarray of float, shape (n,)
        Time under observation.
    departed : numpy.ndarray of bool, shape (n,)
        Whether it ended with a departure; else it is censored.
    at : numpy.ndarray of float

    Returns
    -------
    pandas.DataFrame
        One row a day of `at`: ``at_risk_users`` (still observed just before), ``staying``, ``low`` and ``high``
        (95 % interval on the scale of log(-log), Kalbfleisch and Prentice 2002, section 1.4). Without a departure
        so far the interval is missing.

    Examples
    --------
    >>> days, departed = np.array([1.0, 2, 3, 4]), np.array([True, False, True, False])
    >>> kaplan_meier(days, departed, np.array([1.0, 3.0]))["staying"].tolist()  # 3/4; 3/4 * 1/2
    [0.75, 0.375]
    """
    at_risk = (days[:, None] >= at).sum(axis=0)
    fitted = SurvfuncRight(days, departed.astype(int)) if departed.any() else None
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


def _departures(crawl: Crawl, who: str, silence: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Days from registration to the last post of each user; who departed, by rule."""
    users = crawl.users.iloc[select(crawl, ["author"], where=checked(who))["c0"].to_numpy(int)]
    ends = crawl.posts.groupby("crawl")["created"].max()
    last_crawl = crawl.posts.groupby("author")["crawl"].max().reindex(users.index)
    days = pd.Timedelta(days=silence)
    departed = {
        "last post": np.ones(len(users), dtype=bool),
        "one crawl": (ends.max() - users["last_post"] >= days).to_numpy(),
        "own crawl": (last_crawl.map(ends) - users["last_post"] >= days).to_numpy(),
    }
    return users["tenure_days"].to_numpy(float), departed


@result(
    "survival_curves",
    title="Share of newcomers still posting, by days since registration, under three rules.",
    columns={
        "rule": "when a user counts as departed (see the chapter)",
        "day": "days since registration",
        "at_risk_users": "newcomers whose last post is not earlier",
        "staying": "Kaplan-Meier estimate of still posting after that day",
        "low": "lower end of its 95 % interval",
        "high": "upper end of its 95 % interval",
    },
    keys=("rule", "day"),
)
def curves(crawl: Crawl, who: str = WAVE, *, silence: int = 7, days: Sequence[int] = DAYS) -> pd.DataFrame:
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
    lasted, departed = _departures(crawl, who, silence)
    at = _shown(lasted, days)
    parts = [kaplan_meier(lasted, gone, at).assign(rule=rule) for rule, gone in departed.items()]
    frame = pd.concat(parts, ignore_index=True).assign(day=lambda t: t["day"].astype(int))
    return frame[["rule", "day", "at_risk_users", "staying", "low", "high"]]


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
        "month": "Kaplan-Meier estimate of still posting after 28 days",
        "month_low": "lower end of its 95 % interval",
        "month_high": "upper end of its 95 % interval",
    },
    keys=("rule",),
)
def rules(crawl: Crawl, who: str = WAVE, *, silence: int = 7, month: int = 28) -> pd.DataFrame:
    """One row a rule.

    Parameters
    ----------
    crawl : Crawl
    who, silence
        As for :func:`curves`.
    month : int
        Days since registration.
    """
    lasted, departed = _departures(crawl, who, silence)
    rows = []
    for rule, gone in departed.items():
        end = kaplan_meier(lasted, gone, np.array([float(month)])).iloc[0]
        rows.append((_RULES[rule].format(silence), len(lasted), int(gone.sum()), *end[["staying", "low", "high"]]))
    return pd.DataFrame(rows, columns=["rule", "users", "departed_users", "month", "month_low", "month_high"])
