"""Survival view: how long newcomers are seen, under rules that say when silence is departure."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm
from statsmodels.duration.survfunc import SurvfuncRight

from rednote_study.crawl import Crawl
from rednote_study.results import result
from rednote_study.small_cells import MINIMUM_USERS

__all__ = ["RULES", "kaplan_meier", "survival_curves", "survival_rules"]

SILENCE = 7  # days without a post that may count as departure
DAYS = (0, 1, 2, 3, 5, 7, 10, 14, 21, 28, 35, 42)

RULES = {
    "last post": "every last post in the sample is a departure",
    "one crawl": f"{SILENCE} days without a post before the end of the second crawl, as if the two crawls were one",
    "own crawl": f"{SILENCE} days without a post before the end of the crawl that saw the user",
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


def _departures(data: Crawl) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Days from registration to the last post of each newcomer; who departed, by rule."""
    users = data.users[data.users["account"].eq("wave")]
    ends = data.posts.groupby("crawl")["created"].max()
    last_crawl = data.posts.groupby("author")["crawl"].max().reindex(users.index)
    silence = pd.Timedelta(days=SILENCE)
    departed = {
        "last post": np.ones(len(users), dtype=bool),
        "one crawl": (ends.max() - users["last_post"] >= silence).to_numpy(),
        "own crawl": (last_crawl.map(ends) - users["last_post"] >= silence).to_numpy(),
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
def survival_curves(data: Crawl) -> pd.DataFrame:
    """One row a rule and day."""
    days, departed = _departures(data)
    at = _shown(days)
    parts = [kaplan_meier(days, gone, at).assign(rule=rule) for rule, gone in departed.items()]
    frame = pd.concat(parts, ignore_index=True).assign(day=lambda t: t["day"].astype(int))
    return frame[["rule", "day", "at_risk_users", "staying", "low", "high"]]


def _shown(days: np.ndarray) -> np.ndarray:
    """Days of the grid between which the last posts of five users and more lie: no fewer can be found by subtraction."""
    shown, left = [], np.inf
    for day in DAYS:
        now = int((days >= day).sum())
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
def survival_rules(data: Crawl) -> pd.DataFrame:
    """One row a rule."""
    days, departed = _departures(data)
    rows = []
    for rule, gone in departed.items():
        month = kaplan_meier(days, gone, np.array([28.0])).iloc[0]
        rows.append((RULES[rule], len(days), int(gone.sum()), *month[["staying", "low", "high"]]))
    return pd.DataFrame(rows, columns=["rule", "users", "departed_users", "month", "month_low", "month_high"])
