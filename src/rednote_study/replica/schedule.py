"""Who posts on which day: the published daily counts, reached exactly."""

import datetime as dt

import numpy as np

from rednote_study.replica.draws import allocate, distinct, whole
from rednote_study.reported.published import published_facts

FIRST_DAY = dt.date(2025, 1, 1)
FIRST_SECOND = int(dt.datetime(2025, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=8))).timestamp())
JANUARY, DAYS = 31, 59
LAST_CHARTED = 57  # 27 February; the published filter loses the 28th

_EARLY, _EARLY_USERS = 11, 3  # 1 to 11 January: "between 1 and 5 a day"
_FEBRUARY_RANGE = (4, 18)  # "other February days between 4 and 18"

_HOURS = np.array([5, 3, 2, 1, 1, 2, 3, 5, 6, 7, 7, 7, 8, 7, 6, 6, 6, 6, 7, 8, 9, 10, 9, 7])
"""Posts by hour of day (UTC+8), assumed: few at night in China, most in its evening."""


def daily_users() -> np.ndarray:
    """Users who post, on each day from 1 January to 28 February 2025.

    The days listed in ``facts.json`` as they are; days between them on a straight
    line in the logarithm, within the range that its note gives.

    Returns
    -------
    numpy.ndarray of int64, shape (59,)
    """
    listed = published_facts()["daily_active_users_approx"]
    known = {(dt.date.fromisoformat(day) - FIRST_DAY).days: n for day, n in listed.items() if day != "note"}
    days = np.arange(DAYS)
    users = np.rint(np.exp(np.interp(days, list(known), np.log(list(known.values()))))).astype(np.int64)
    users[:_EARLY] = _EARLY_USERS
    users[JANUARY:] = users[JANUARY:].clip(*_FEBRUARY_RANGE)
    users[list(known)] = list(known.values())
    return users


def user_days(rng: np.random.Generator, n_users: int, n_days: int, daily: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Spread users over the days of a month.

    Every user posts on one day at least and on none twice; the `n_days` pairs are
    spread over the days in proportion to `daily`.

    Returns
    -------
    user, day : numpy.ndarray of int64, shape (n_days,)
        Users are numbered in order of their first day; days from 0.
    """
    per_day = allocate(n_days, daily)
    earlier = np.cumsum(per_day) - per_day
    again = allocate(n_days - n_users, np.minimum(per_day, earlier // 4))
    first = np.repeat(np.arange(len(daily)), per_day - again)
    known = np.cumsum(per_day - again) - (per_day - again)
    returning = [distinct(rng, n, k) for n, k in zip(known, again, strict=True)]
    user = np.concatenate([np.arange(n_users), *returning])
    return user, np.concatenate([first, np.repeat(np.arange(len(daily)), again)])


def post_times(rng: np.random.Generator, user, day, n_posts: int) -> tuple[np.ndarray, np.ndarray]:
    """One post for every pair of user and day, and the rest of `n_posts` as further posts on these days.

    Returns
    -------
    user, time : numpy.ndarray of int64, shape (n_posts,)
        Time in Unix seconds.
    """
    rows = np.concatenate([np.arange(len(user)), whole(rng, len(user), n_posts - len(user))])
    hours = np.concatenate([[0], np.cumsum(_HOURS)]) / _HOURS.sum()
    second = np.interp(rng.random(n_posts), hours, np.arange(25) * 3600).astype(np.int64)
    return user[rows], FIRST_SECOND + day[rows] * 86400 + second
