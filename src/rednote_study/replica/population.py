"""Users and posts of the replica as numbers, before any text is written."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from rednote_study.replica import engagement
from rednote_study.replica.draws import categorical, distinct, exponential, normal, streams, whole
from rednote_study.replica.grammar import TOPICS, topic_weights
from rednote_study.replica.retention import Effects, Size, draw_retained, newest
from rednote_study.replica.schedule import (
    FIRST_SECOND,
    JANUARY,
    LAST_CHARTED,
    daily_users,
    post_times,
    user_days,
)
from rednote_study.reported.published import published_facts

SEED = 2027
"""Seed of the shipped file: the first from 2025 on with every notation of counts (``1万+`` is rare), and with
10 retained users among the newest 649 of 3,249 accounts (a fifth, rounded down) as well as among the newest 650."""

LANGUAGES = ("latin", "mixed", "han", "none")

# Assumed: the published report gives none of the following shares.
_LANGUAGE_SHARES = (0.42, 0.19, 0.39)  # of users: latin, mixed, han
_OTHER_LANGUAGE = 0.2  # posts whose language is drawn anew, not the user's own
_WORDLESS = 0.06  # posts of emoji and hashtags alone
_WAVE_SHARES = np.array([0.75, 0.45, 0.12])  # of users by language: registered for the occasion
_BANDED = 0.25  # February posts whose counts are shown in bands
_DAY = 86400
_OLD_END = FIRST_SECOND + 8 * _DAY  # accounts from before the wave: until 8 January


@dataclass(frozen=True)
class Population:
    """Users and posts with the truth behind them.

    Attributes
    ----------
    users : pandas.DataFrame
        ``registered`` (Unix seconds), ``salt`` (uint64, the random part of the
        identifier), ``language`` (habit), ``january`` (has a January post),
        ``adaptation``, ``chinese`` (January posts on that topic, with Chinese),
        ``engagement`` (log(1 + all January counts), standardised), ``newest``
        (newest fifth of January users), ``retained``. January users first; the
        features of the others are False and missing.
    posts : pandas.DataFrame
        ``user`` (row of `users`), ``time`` (Unix seconds), ``topic``, ``language``
        (categories), the four counts (int64) and ``banded`` (bool).
    """

    users: pd.DataFrame
    posts: pd.DataFrame


@dataclass(frozen=True)
class _Month:
    """Ratios of the published data in one month, kept as whole numbers."""

    daily: np.ndarray
    users: int  # users that the daily counts stand for

    @property
    def days(self) -> int:
        return int(self.daily.sum())


def _months() -> tuple[_Month, _Month, int]:
    """January, February, and the users who post in February only.

    The number of February users is not published: assumed is that they come on
    as many days each as January users.
    """
    facts, daily = published_facts()["dataset"], daily_users()
    january = _Month(daily[:JANUARY], facts["january_users"])
    users = int(daily[JANUARY:].sum()) * january.users // january.days
    return january, _Month(daily[JANUARY:], users), users - facts["retained_users"]


def simulate(seed: int = SEED, effects: Effects | None = None, size: Size | None = None) -> Population:
    """Draw users and posts without texts: what a simulation of retention needs, in milliseconds.

    Parameters
    ----------
    seed : int
    effects : Effects, optional
        Planted effects; none by default.
    size : Size, optional
        The published size by default.

    Raises
    ------
    DataError
        If the seed is not a whole number from 0 on.
    """
    effects, size, rng = effects or Effects(), size or Size(), streams(seed)
    january, february, only_february = _months()
    n = size.n_users
    user, day = user_days(rng["schedule"], n, n * january.days // january.users, january.daily)
    user, time = post_times(rng["schedule"], user, day, _n_posts(len(user)))
    users = _people(rng["people"], user, time, n)
    oldest = _place_oldest(rng["people"], users)
    posts = _habits(rng["people"], users, user, time)
    totals = engagement.january_totals(rng["engagement"], n, oldest, _oldest_totals())
    posts[list(engagement.COUNTS)] = engagement.split(rng["engagement"], totals, user)
    _add_features(users, posts)
    users["retained"] = draw_retained(rng["retention"], users, effects, size, ~users.index.isin(oldest))
    others, later = _february(rng["february"], users, february, only_february * n // january.users)
    posts["banded"] = False
    return Population(pd.concat([users, others], ignore_index=True), pd.concat([posts, later], ignore_index=True))


def _n_posts(n_days: int) -> int:
    """Posts that come with so many pairs of user and day, in the published ratio."""
    return round(n_days * published_facts()["dataset"]["rows"] / daily_users().sum())


def _people(rng: np.random.Generator, user: np.ndarray, time: np.ndarray, n: int) -> pd.DataFrame:
    """Language habit and registration of `n` users with the given posts."""
    first = np.full(n, np.iinfo(np.int64).max)
    np.minimum.at(first, user, time)
    language = categorical(rng, _LANGUAGE_SHARES, n)
    wave = rng.random(n) < _WAVE_SHARES[language]
    delay = 60 + np.exp(np.log(8 * 3600) + 1.5 * normal(rng, n)).astype(np.int64)  # median 8 hours
    late = first >= FIRST_SECOND + JANUARY * _DAY
    in_wave = FIRST_SECOND + 12 * _DAY + exponential(rng, 4 * _DAY, n).astype(np.int64)  # from 13 January on
    from_wave = late & (rng.random(n) < 0.5)
    recent = np.where(from_wave, np.minimum(in_wave, first - 60), first - delay)
    start = _oldest_dates()[-1] + _DAY
    end = np.minimum(_OLD_END, first - 60)
    old = start + ((end - start) * np.sqrt(rng.random(n))).astype(np.int64)  # more in later years
    salt = rng.integers(0, 2**64, n, dtype=np.uint64)
    registered = np.where(wave, recent, old)
    return pd.DataFrame({"registered": registered, "salt": salt, "language": _languages(language), "january": True})


def _oldest_dates() -> np.ndarray:
    """First second (UTC) of the registration days of the oldest January accounts."""
    dates = published_facts()["first_rows_january_users"]["registered_utc"]
    return np.array([int(dt.datetime.fromisoformat(f"{d}T00:00+00:00").timestamp()) for d in dates])


def _oldest_totals() -> np.ndarray:
    rows = published_facts()["first_rows_january_users"]
    return np.array([rows[c] for c in engagement.COUNTS]).T


def _place_oldest(rng: np.random.Generator, users: pd.DataFrame) -> np.ndarray:
    """Give five users of older accounts the published registration days; their rows, oldest first."""
    old = np.flatnonzero(users["registered"] < _OLD_END)
    dates = _oldest_dates()
    oldest = old[distinct(rng, len(old), len(dates))]
    users.loc[oldest, "registered"] = dates + whole(rng, _DAY, len(dates))
    return oldest


def _habits(rng: np.random.Generator, users: pd.DataFrame, user: np.ndarray, time: np.ndarray) -> pd.DataFrame:
    """Language and topic of posts: mostly the user's language, topics independent of time."""
    n = len(user)
    language = users["language"].cat.codes.to_numpy(dtype=np.int64)[user]
    anew = categorical(rng, _LANGUAGE_SHARES, n)
    language = np.where(rng.random(n) < _OTHER_LANGUAGE, anew, language)
    language = np.where(rng.random(n) < _WORDLESS, LANGUAGES.index("none"), language)
    by_language = np.array([categorical(rng, topic_weights(name), n) for name in LANGUAGES])
    topic = pd.Categorical.from_codes(by_language[language, np.arange(n)], list(TOPICS))
    return pd.DataFrame({"user": user, "time": time, "topic": topic, "language": _languages(language)})


def _languages(codes: np.ndarray) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, list(LANGUAGES))


def _add_features(users: pd.DataFrame, posts: pd.DataFrame) -> None:
    """Add the features that a planted effect can rest on."""
    by_user = posts["user"].to_numpy()
    adapted = posts["topic"].eq("adaptation") & posts["language"].ne("none")
    chinese = posts["language"].isin(["han", "mixed"])
    counts = posts[list(engagement.COUNTS)].sum(axis=1)
    users["adaptation"] = np.bincount(by_user[adapted], minlength=len(users)) > 0
    users["chinese"] = np.bincount(by_user[chinese], minlength=len(users)) > 0
    level = np.log1p(np.bincount(by_user, counts, minlength=len(users)))
    users["engagement"] = (level - level.mean()) / level.std()
    order = np.empty(len(users), dtype=np.int64)
    order[np.lexsort((users["salt"], users["registered"]))] = np.arange(len(users))
    users["newest"] = newest(order)


def _february(
    rng: np.random.Generator, users: pd.DataFrame, month: _Month, n_only: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """February posts by the retained and by `n_only` users who post in February only; the latter as users."""
    retained = np.flatnonzero(users["retained"])
    n = n_only + len(retained)
    user, day = user_days(rng, n, n * month.days // month.users, month.daily)
    seen = np.searchsorted(day[:n], LAST_CHARTED - JANUARY, side="right")  # come before the 28th
    rows = np.full(n, -1)
    rows[distinct(rng, seen, len(retained))] = retained[np.argsort(rng.random(len(retained)), kind="stable")]
    rows[rows < 0] = len(users) + np.arange(n_only)
    user, time = post_times(rng, user, day + JANUARY, _n_posts(len(user)))
    strangers = rows[user] >= len(users)
    others = _people(rng, rows[user][strangers] - len(users), time[strangers], n_only).assign(january=False)
    posts = _habits(rng, pd.concat([users, others], ignore_index=True), rows[user], time)
    totals = engagement.february_totals(rng, n)
    posts[list(engagement.COUNTS)] = engagement.split(rng, totals, user)
    posts["banded"] = rng.random(len(user)) < _BANDED
    return others.assign(adaptation=False, chinese=False, newest=False, retained=False), posts
