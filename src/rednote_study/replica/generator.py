"""Users, their counts and posts, drawn from a seed. See the package's docstring for what is calibrated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, ndtri

from rednote_study.errors import DataError
from rednote_study.identifiers import UTC_OFFSET
from rednote_study.published import published_facts
from rednote_study.replica import grammar
from rednote_study.replica.writer import write_texts

__all__ = ["DAILY", "SEED", "Effects", "generate", "simulate_users"]

SEED = 20250119
COUNTS = ("like_count", "collect_count", "comment_count", "share_count")
FEBRUARY, END = pd.Timestamp("2025-02-01"), pd.Timestamp("2025-02-28")
WAVE = pd.Timestamp("2025-01-09")

LANGUAGES = {"latin": 0.44, "han": 0.38, "mixed": 0.13, "none": 0.05}
"""Assumed shares of users by the language that they write."""

REGISTERED_EARLIER = {"latin": 0.12, "han": 0.8, "mixed": 0.35, "none": 0.3}
"""Assumed shares of accounts that are older than the wave."""

FACTOR = {"like_count": 0.97, "collect_count": 0.93, "comment_count": 0.9, "share_count": 0.88}
"""Loading of each count on a user's popularity (Gaussian copula)."""

SPREAD = {"like_count": 2.35, "collect_count": 2.2, "comment_count": 2.0, "share_count": 2.1}
"""Standard deviation of the logarithm of each count."""

TOP = 12
"""Users whose totals are set in `PEAKS`."""

BANDED = 0.25
"""Assumed share of February posts whose counts are shown as bands."""


def _daily() -> pd.Series:
    """Users on each day: the published chart where it has a value, else the middle of its range."""
    chart = {d: n for d, n in published_facts()["daily_active_users_approx"].items() if d != "note"}
    days = pd.date_range("2025-01-01", "2025-02-27")
    early, late = days < "2025-01-12", days < "2025-02-01"
    pattern = np.arange(len(days))
    guess = np.where(early, 2 + pattern % 3, np.where(late, 7, 7 + pattern * 5 % 9))
    return pd.Series(guess, index=days).where(
        ~days.strftime("%Y-%m-%d").isin(chart), pd.Series(chart).rename(pd.Timestamp)
    )


DAILY = _daily()
"""Users with a post on each day, 1 January to 27 February 2025 (int, indexed by day)."""


@dataclass(frozen=True)
class Effects:
    """Log odds ratios of being retained; zero plants nothing.

    Attributes
    ----------
    topic : float
        Writing about adaptation, against any other topic.
    language : float
        Writing any Chinese, against none.
    engagement : float
        One standard deviation more of the logarithm of one plus all counts.
    """

    topic: float = 0.0
    language: float = 0.0
    engagement: float = 0.0


def simulate_users(
    n_users: int = 3249,
    *,
    n_retained: int | None = 20,
    base_rate: float | None = None,
    effects: Effects | None = None,
    seed: int = SEED,
) -> pd.DataFrame:
    """Draw the users who post in January, with the truth that no file holds.

    Parameters
    ----------
    n_users : int
        Users with a January post, at least 50.
    n_retained : int, optional
        Exactly so many are retained, half of them among the newest fifth of accounts, drawn without
        replacement with weights ``exp(effect)`` (Efraimidis and Spirakis 2006, Information Processing
        Letters 97, 181). Odds ratios are then approximate.
    base_rate : float, optional
        Instead: each user is retained by an independent draw whose log odds are those of `base_rate`
        plus the effects, so that logistic regression estimates them without bias in large samples.
    effects : Effects, optional
        What is planted; default nothing.
    seed : int
        Same seed, same users.

    Returns
    -------
    pandas.DataFrame
        In order of registration: ``registered`` and ``day`` (datetime64), ``language``, ``topic``,
        the four counts (int, January totals), ``adaptation``, ``chinese`` (bool), ``engagement``
        (float, standardised) and ``retained`` (bool).

    Raises
    ------
    DataError
        If the sizes do not fit.
    """
    if n_users < 50:
        raise DataError(f"A replica needs 50 users or more; {n_users} were asked for.")
    if base_rate is None and (n_retained is None or not 0 <= n_retained <= n_users // 5):
        raise DataError(f"n_retained must lie between 0 and a fifth of {n_users} users, or base_rate be given.")
    if base_rate is not None and not 0 < base_rate < 1:
        raise DataError(f"base_rate must lie between 0 and 1, not be {base_rate}.")
    rng = np.random.default_rng(seed)
    users = pd.DataFrame({"day": _january_days(n_users, rng)})
    users["language"] = _pick(list(LANGUAGES), list(LANGUAGES.values()), n_users, rng)
    users["topic"] = _topics(users["language"], rng)
    users = _register(users, rng)
    users = pd.concat([users, _totals(n_users, rng)], axis=1)
    users = _pin_oldest(users)
    users["adaptation"] = users["topic"].eq("adaptation")
    users["chinese"] = users["language"].isin(["han", "mixed"])
    logs = np.log1p(users[list(COUNTS)].sum(axis=1))
    users["engagement"] = (logs - logs.mean()) / logs.std(ddof=0)
    users["retained"] = _retain(users, n_retained, base_rate, effects or Effects(), rng)
    return users


def generate(n_users: int = 3249, **options) -> pd.DataFrame:
    """Make a synthetic crawl in the raw file's format; see :func:`simulate_users` for the options.

    Returns
    -------
    pandas.DataFrame of str
        One row a post, the columns of the published file in its spelling and order. Sizes other
        than the published 3,249 users scale everything else.
    """
    seed = options.get("seed", SEED)
    users = simulate_users(n_users, **options)
    rng = np.random.default_rng([seed, 1])
    scale = n_users / published_facts()["dataset"]["january_users"]
    posts = pd.concat([_january_posts(users, scale, rng), _february_posts(users, scale, rng)], ignore_index=True)
    posts = _add_repeats(posts, round(published_facts()["dataset"]["rows"] * scale), rng)
    posts = posts.iloc[_shuffle(len(posts), rng)].reset_index(drop=True)
    return write_texts(posts, rng)[published_facts()["dataset"]["column_names"]]


# Users -----------------------------------------------------------------------------------------------------


def _shuffle(n: int, rng: np.random.Generator) -> np.ndarray:
    return np.argsort(rng.random(n), kind="stable")


def _pick(values: list, weights: list[float], n: int, rng: np.random.Generator) -> np.ndarray:
    edges = np.cumsum(weights) / np.sum(weights)
    return np.asarray(values, dtype=object)[
        np.searchsorted(edges, rng.random(n), side="right").clip(0, len(values) - 1)
    ]


def _slots(daily: pd.Series, scale: float) -> np.ndarray:
    """Each day as often as it has users."""
    return np.repeat(daily.index.to_numpy(), np.maximum((daily * scale).round().astype(int), 1))


def _january_days(n_users: int, rng: np.random.Generator) -> np.ndarray:
    """A first day for each user, in the proportions of the chart."""
    slots = _slots(DAILY[DAILY.index < FEBRUARY], n_users / published_facts()["dataset"]["january_users"])
    chosen = _shuffle(len(slots), rng)[:n_users] if len(slots) >= n_users else rng.integers(len(slots), size=n_users)
    return slots[chosen]


def _topics(language: pd.Series, rng: np.random.Generator) -> np.ndarray:
    chinese = language.isin(["han"]).to_numpy()
    draws = {name: _pick(list(grammar.topics()), list(grammar.topic_weights(name)), len(language), rng)
             for name in grammar.LANGUAGES}  # fmt: skip
    return np.where(chinese, draws["chinese"], draws["english"])


def _register(users: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Registration times; the users are then sorted by them, as identifiers sort."""
    n = len(users)
    noon = users["day"] + pd.Timedelta(hours=1)
    earlier = rng.random(n) < users["language"].map(REGISTERED_EARLIER).to_numpy()
    earlier |= (users["day"] < WAVE + pd.Timedelta(days=1)).to_numpy()
    years = pd.Timestamp("2015-01-01"), WAVE
    long_ago = years[0] + pd.to_timedelta((rng.random(n) ** 0.7) * (years[1] - years[0]).total_seconds() // 1, unit="s")
    # In the wave most post within a day of registering, some after a week.
    wait = np.minimum(-np.log1p(-rng.random(n)) * 0.8, 12) * 86400
    recent = np.maximum(noon - pd.to_timedelta(wait // 1, unit="s"), pd.Series(WAVE, index=users.index))
    users["registered"] = pd.Series(long_ago, index=users.index).where(earlier, recent).astype("datetime64[s]")
    return users.sort_values("registered", kind="stable", ignore_index=True)


def _totals(n_users: int, rng: np.random.Generator) -> pd.DataFrame:
    """January totals: log-normal bulk with a common factor, and a few peaks on top."""
    popularity = ndtri(rng.random(n_users))
    columns = {}
    for count in COUNTS:
        loading = FACTOR[count]
        latent = loading * popularity + np.sqrt(1 - loading**2) * ndtri(rng.random(n_users))
        level = {"like_count": 2.9, "collect_count": 0.7, "comment_count": 2.1, "share_count": 0.2}[count]
        values = np.floor(np.exp(level + SPREAD[count] * latent))
        columns[count] = np.minimum(values, published_facts()["engagement_user_totals"]["max_approx"][count] / 12)
    totals = pd.DataFrame(columns).astype("int64")
    places = np.argsort(-popularity, kind="stable")[:TOP]
    totals.iloc[places] = peaks()
    return totals


def peaks() -> np.ndarray:
    """Totals of the `TOP` most popular users, as shares of the published maxima; shape (TOP, 4)."""
    limits = published_facts()["engagement_user_totals"]["max_approx"]
    shares = np.array(PEAKS).T
    return np.round(shares * np.array([limits[c] for c in COUNTS]) / 1000).astype("int64") * 1000


PEAKS = (
    (0.15, 0.55, 0.45, 0.35, 0.15, 0.45, 0.10, 0.10, 0.65, 1.00, 0.30, 0.25),
    (0.25, 0.65, 0.20, 0.50, 0.25, 1.00, 0.05, 0.05, 0.50, 0.20, 0.10, 0.25),
    (0.05, 0.30, 1.00, 0.40, 0.05, 0.05, 0.90, 0.20, 0.50, 0.65, 0.05, 0.30),
    (0.05, 0.75, 0.60, 0.15, 0.70, 0.20, 0.15, 0.05, 0.45, 0.05, 0.05, 1.00),
)
"""Likes, collects, comments and shares of the most popular users, as shares of the published maxima.

Found once by hill climbing in steps of 0.05 until the six Pearson correlations of the shipped seed came
within 0.02 of the published ones: with counts this skewed, a dozen users decide them.
"""


def _pin_oldest(users: pd.DataFrame) -> pd.DataFrame:
    """Give the five oldest accounts the published dates and totals."""
    first = published_facts()["first_rows_january_users"]
    dates = [pd.Timestamp(d) + UTC_OFFSET + pd.Timedelta(hours=4) for d in first["registered_utc"]]
    users.loc[: len(dates) - 1, "registered"] = pd.Series(dates).astype("datetime64[s]").to_numpy()
    for count in COUNTS:
        users.loc[: len(dates) - 1, count] = first[count]
    return users


def _retain(
    users: pd.DataFrame, n_retained: int | None, base_rate: float | None, effects: Effects, rng: np.random.Generator
) -> np.ndarray:
    effect = (
        effects.topic * users["adaptation"]
        + effects.language * users["chinese"]
        + effects.engagement * users["engagement"]
    ).to_numpy(dtype=float)
    draws = rng.random(len(users))
    if base_rate is not None:
        return draws < expit(np.log(base_rate / (1 - base_rate)) + effect)
    keys = effect - np.log(-np.log(draws))  # Gumbel: the largest keys are a weighted sample
    newest = np.arange(len(users)) >= len(users) - (len(users) + 4) // 5
    retained = np.zeros(len(users), dtype=bool)
    for part, size in ((newest, n_retained // 2), (~newest, n_retained - n_retained // 2)):
        members = np.flatnonzero(part)
        retained[members[np.argsort(-keys[members], kind="stable")[:size]]] = True
    return retained


# Posts -----------------------------------------------------------------------------------------------------


def _january_posts(users: pd.DataFrame, scale: float, rng: np.random.Generator) -> pd.DataFrame:
    """One post a user, and further days until each day has its users."""
    slots = pd.Series(_slots(DAILY[DAILY.index < FEBRUARY], scale)).value_counts()
    open_days = slots.sub(users["day"].value_counts(), fill_value=0).clip(lower=0).astype(int).sort_index()
    days = np.repeat(open_days.index.to_numpy(), open_days)
    who = 5 + rng.integers(len(users) - 5, size=len(days))  # the five oldest have one post, as published
    more = pd.DataFrame({"user": who, "day": days})
    more = more[more["day"] > users["day"].to_numpy()[who]].drop_duplicates()
    posts = pd.concat([pd.DataFrame({"user": users.index, "day": users["day"]}), more], ignore_index=True)
    posts = posts.join(users[["registered", "language", "topic", *COUNTS]], on="user")
    return _split_totals(posts, rng)


def _split_totals(posts: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Share a user's totals among the user's posts, so that they add up."""
    weight = rng.random(len(posts))
    share = weight / pd.Series(weight).groupby(posts["user"]).transform("sum").to_numpy()
    first = ~posts["user"].duplicated()
    for count in COUNTS:
        part = np.floor(posts[count] * share)
        part = part.where(part < 10_000, part // 1000 * 1000).where(~first, 0)
        rest = posts[count] - part.groupby(posts["user"]).transform("sum")
        posts[count] = part.where(~first, rest).astype("int64")
    return posts


def _february_posts(users: pd.DataFrame, scale: float, rng: np.random.Generator) -> pd.DataFrame:
    """A post of each retained user, and posts of users whom January did not see."""
    days = _slots(DAILY[DAILY.index >= FEBRUARY], scale)
    days = days[_shuffle(len(days), rng)]
    retained = np.flatnonzero(users["retained"])
    if len(days) < len(retained):
        days = np.resize(days, len(retained))
    new = len(days) - len(retained)
    others = pd.DataFrame({"day": days[len(retained) :]})
    others["language"] = _pick(list(LANGUAGES), list(LANGUAGES.values()), new, rng)
    others["topic"] = _topics(others["language"], rng)
    others = _register(others, rng).assign(user=len(users) + np.arange(new))
    stayed = users.iloc[retained][["registered", "language", "topic"]].assign(user=retained, day=days[: len(retained)])
    posts = pd.concat([stayed, others], ignore_index=True)
    totals = _totals(max(len(posts), TOP), rng).iloc[_shuffle(max(len(posts), TOP), rng)[: len(posts)]]
    limits = totals.quantile(0.9, axis=0).astype("int64")
    return pd.concat([posts, totals.clip(upper=limits, axis=1).reset_index(drop=True)], axis=1)


def _add_repeats(posts: pd.DataFrame, rows: int, rng: np.random.Generator) -> pd.DataFrame:
    """Further posts on days on which their authors posted anyway, until there are `rows`; they get no counts."""
    candidates = np.flatnonzero(posts["user"].to_numpy() >= 5)
    chosen = candidates[rng.integers(len(candidates), size=max(rows - len(posts), 0))]
    again = posts.iloc[chosen].assign(**dict.fromkeys(COUNTS, 0))
    posts = pd.concat([posts, again], ignore_index=True)
    seconds = 3600 * 1 + 600 + rng.random(len(posts)) * (22 * 3600) // 1
    posts["created"] = (posts["day"] + pd.to_timedelta(seconds, unit="s")).astype("datetime64[s]")
    banded = (rng.random(len(posts)) < BANDED) & (posts["created"] >= FEBRUARY)
    return posts.assign(banded=banded)
