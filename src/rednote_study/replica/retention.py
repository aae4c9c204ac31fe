"""Who is retained: a logistic model with planted effects."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from rednote_study.errors import DataError
from rednote_study.replica.draws import conditional_bernoulli
from rednote_study.reported.published import published_facts

TAIL = 0.8  # the published validation split: the last fifth in order of registration
PUBLISHED = published_facts()["dataset"]


@dataclass(frozen=True)
class Effects:
    """Planted effects on retention, as log odds ratios. All zero: retention depends on none of them.

    Attributes
    ----------
    topic : float
        Writing on the topic *adaptation* in January (yes against no).
    language : float
        Writing Chinese at all in January (yes against no).
    engagement : float
        One standard deviation of log(1 + all counts of January).
    """

    topic: float = 0.0
    language: float = 0.0
    engagement: float = 0.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not math.isfinite(value) or abs(value) > 10:
                raise DataError(f"The effect of {name} must be a log odds ratio from -10 to 10, not {value!r}.")


@dataclass(frozen=True)
class Size:
    """How many users, and how many of them are retained.

    Attributes
    ----------
    n_users : int
        Users with a January post; everything else grows in proportion.
    n_retained : int or None
        Exactly so many of them are retained, half of them among the newest fifth of accounts, as published.
    base_rate : float or None
        Instead of `n_retained`: each user is retained independently, with this
        chance where all features are 0 (their mean, for engagement).
    """

    n_users: int = PUBLISHED["january_users"]
    n_retained: int | None = PUBLISHED["retained_users"]
    base_rate: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.n_users, int) or self.n_users < 100:
            raise DataError(f"The replica needs at least 100 users, not {self.n_users!r}.")
        if (self.n_retained is None) == (self.base_rate is None):
            raise DataError("Give either n_retained or base_rate, and set the other to None.")
        if self.n_retained is not None and not 0 <= self.n_retained <= self.n_users // 3:
            raise DataError(f"n_retained must lie from 0 to a third of the users, not at {self.n_retained}.")
        if self.base_rate is not None and not 0 < self.base_rate < 1:
            raise DataError(f"base_rate must lie between 0 and 1, not at {self.base_rate}.")


def newest(order: np.ndarray) -> np.ndarray:
    """Whether each user is among the newest fifth (bool); `order` is the position by registration."""
    return order >= int(len(order) * TAIL)


def draw_retained(
    rng: np.random.Generator, users: pd.DataFrame, effects: Effects, size: Size, eligible: np.ndarray | None = None
) -> np.ndarray:
    """Draw the retained users; a simulation may do so many times for the same users.

    With ``n_retained`` the draw is made within the newest fifth and within the
    others, given the number in each: a logistic regression recovers the effects
    if it has an indicator of the newest fifth (conditional likelihood by stratum
    is exact). With ``base_rate`` the draws are independent and one intercept serves all.

    Parameters
    ----------
    users : pandas.DataFrame
        With ``adaptation``, ``chinese``, ``newest`` (bool) and ``engagement`` (float, standardised).
    eligible : numpy.ndarray of bool, optional
        Users who may be retained, where the number is fixed; all by default.

    Returns
    -------
    numpy.ndarray of bool, shape (n_users,)
    """
    features = users[["adaptation", "chinese", "engagement"]].to_numpy(dtype=float)
    log_odds = features @ np.array([effects.topic, effects.language, effects.engagement])
    if size.base_rate is not None:
        return rng.random(len(users)) < expit(logit(size.base_rate) + log_odds)
    tail = size.n_retained * PUBLISHED["retained_in_last_650_users"] // PUBLISHED["retained_users"]
    retained = np.zeros(len(users), dtype=bool)
    is_newest = users["newest"].to_numpy()
    eligible = np.ones(len(users), dtype=bool) if eligible is None else eligible
    for members, number in ((is_newest, tail), (~is_newest, size.n_retained - tail)):
        chosen = np.flatnonzero(members & eligible)
        retained[chosen] = conditional_bernoulli(rng, log_odds[chosen], number)
    return retained
