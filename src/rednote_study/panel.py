r"""A fixed panel: how many accounts must be followed, how long, to find out what makes people stay.

Accounts are drawn once and looked at later. An account that stays is *seen*
to stay if at least one of its posts is found; one that left is never seen. So
some who stayed count as gone, the more the smaller the part of posts that is
found. Everything here follows from that and from the usual comparison of two
proportions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import norm
from statsmodels.stats.proportion import power_proportions_2indep

from rednote_study.errors import DataError
from rednote_study.sampling import detection_probability

LARGEST_LOG_ODDS = 10.0


@dataclass(frozen=True)
class Panel:
    """How a panel is followed, and what is assumed of its accounts.

    The defaults are the case that the book prices. `exposed` is the share of newcomers found to write Chinese
    (:func:`rednote_study.analysis.validation.prevalence`, rounded). No source tells the others for TikTok refugees: they
    are assumptions, to be replaced by what a pilot panel shows.

    Attributes
    ----------
    days : float
        Length of the follow-up. Who posts on one of these days stays.
    sampled : float
        Share of all posts that is found, above 0; 1 where each account's own page is read.
    exposed : float
        Share of accounts with the feature whose effect is asked for, between 0 and 1.
    lost : float
        Share of accounts that are lost for other reasons (closed, made private), from 0 on. They count for nothing.
    stays : float
        Probability that an account without the feature stays.
    posts_per_day : float
        Mean number of posts a day of an account that stays and has not the feature.
    dispersion : float
        Shape of the gamma distribution of posting rates between accounts; infinite where all post alike.
    posting_ratio : float
        How many times as often accounts with the feature post, if they stay.

    Raises
    ------
    DataError
        If a value is out of its range.

    Examples
    --------
    >>> [round(q, 3) for q in Panel(days=28, sampled=0.1).seen]  # 1 - 1/(1 + 0.1 * 28 * 0.3)
    [0.457, 0.457]
    """

    days: float
    sampled: float = 1.0
    exposed: float = 0.14
    lost: float = 0.2
    stays: float = 0.1
    posts_per_day: float = 0.3
    dispersion: float = 1.0
    posting_ratio: float = 1.0

    def __post_init__(self) -> None:
        for name in ("days", "posts_per_day", "posting_ratio", "dispersion"):
            value = getattr(self, name)
            if not value > 0 or (math.isinf(value) and name != "dispersion"):
                raise DataError(f"{name} must be a number above 0, not {value!r}.")
        for name in ("exposed", "stays"):
            if not 0 < getattr(self, name) < 1:
                raise DataError(f"{name} must lie between 0 and 1, not at {getattr(self, name)!r}.")
        if not 0 < self.sampled <= 1:
            raise DataError(
                f"sampled must lie above 0 and not above 1, not at {self.sampled!r}: without posts no panel."
            )
        if not 0 <= self.lost < 1:
            raise DataError(f"lost must lie from 0 to below 1, not at {self.lost!r}.")

    @property
    def seen(self) -> tuple[float, float]:
        """Probability that an account which stays is seen to: without the feature, and with it."""
        posts = self.posts_per_day * self.days * np.array([1.0, self.posting_ratio])
        without, having = detection_probability(self.sampled, posts, self.dispersion)
        return float(without), float(having)

    def staying(self, odds_ratio: float) -> tuple[float, float]:
        """Probability that an account stays: without the feature, and with it."""
        _check_odds_ratio(odds_ratio)
        return self.stays, float(expit(logit(self.stays) + np.log(odds_ratio)))

    def rates(self, odds_ratio: float) -> tuple[float, float]:
        """Expected share of accounts seen to stay: without the feature, and with it."""
        without, having = (p * q for p, q in zip(self.staying(odds_ratio), self.seen, strict=True))
        return without, having


def observed_odds_ratio(odds_ratio: float, *, days: float, sampled: float = 1.0, **assumptions: float) -> float:
    r"""Odds ratio of *being seen to stay*, where that of staying is `odds_ratio`.

    Missing who stayed makes an effect look smaller than it is, but hardly where
    few stay: the odds ratio tends to the ratio of the two rates. If those with
    the feature also post more often, they are seen more often, and an effect
    appears where there is none.

    Parameters
    ----------
    odds_ratio : float
        Of staying, with the feature against without.
    days, sampled, **assumptions : float
        See :class:`Panel`.

    Examples
    --------
    >>> observed = [observed_odds_ratio(2, days=28, sampled=f) for f in (1, 0.01)]
    >>> [round(o, 2) for o in observed]
    [1.98, 1.83]
    >>> round(observed_odds_ratio(1, days=28, sampled=0.01, posting_ratio=2), 2)
    1.87
    """
    without, having = Panel(days, sampled, **assumptions).rates(odds_ratio)
    return float(np.exp(logit(having) - logit(without)))


def panel_power(
    n_accounts: int,
    odds_ratio: float,
    *,
    days: float,
    sampled: float = 1.0,
    alpha: float = 0.05,
    **assumptions: float,
) -> float:
    """Probability that a panel finds the effect: two-sided comparison of two proportions, normal approximation.

    Parameters
    ----------
    n_accounts : int
        Accounts at the start.
    odds_ratio : float
        Of staying, with the feature against without.
    alpha : float
        Level of the test.
    days, sampled, **assumptions : float
        See :class:`Panel`.

    Returns
    -------
    float

    Raises
    ------
    DataError
        If a number is out of its range.

    Examples
    --------
    >>> round(panel_power(500, 2, days=28), 2)
    0.41
    """
    if not n_accounts > 0:
        raise DataError(f"A panel needs accounts; {n_accounts!r} are too few.")
    _check_between("alpha", alpha)
    panel = Panel(days, sampled, **assumptions)
    return _power(n_accounts, panel, odds_ratio, alpha)


def required_accounts(
    odds_ratio: float,
    *,
    days: float,
    sampled: float = 1.0,
    power: float = 0.8,
    alpha: float = 0.05,
    **assumptions: float,
) -> int:
    """Accounts that a panel must follow to find an effect of this size with this probability.

    Two proportions are compared, those seen to stay with and without the
    feature, by the two-sided test with pooled variance (Fleiss, Levin and Paik
    2003, Statistical Methods for Rates and Proportions, 3rd edition, section
    4.2, without continuity correction). Accounts that are lost are added.

    Parameters
    ----------
    odds_ratio : float
        Of staying, with the feature against without; not 1.
    days : float
        Length of the follow-up.
    sampled : float
        Share of all posts that is found.
    power, alpha : float
        Probability of finding the effect; level of the test.
    **assumptions : float
        ``stays``, ``exposed``, ``posts_per_day``, ``dispersion``, ``lost``, ``posting_ratio``: see :class:`Panel`.

    Returns
    -------
    int
        The smallest number of accounts at which :func:`panel_power` reaches `power`.

    Raises
    ------
    DataError
        If there is no effect to find, or a number is out of its range.

    Examples
    --------
    >>> required_accounts(2, days=28)
    1534
    >>> required_accounts(2, days=28, sampled=0.01)
    19874
    """
    _check_between("alpha", alpha)
    _check_between("power", power, least=alpha)
    panel = Panel(days, sampled, **assumptions)
    without, having = panel.rates(odds_ratio)
    if math.isclose(without, having, rel_tol=1e-9):
        raise DataError("With this odds ratio both groups look alike: there is no effect to find. Give another one.")
    enough = 1
    while _power(enough, panel, odds_ratio, alpha) < power:
        enough *= 2
    few = enough // 2  # too few, or none
    while enough - few > 1:
        middle = (few + enough) // 2
        few, enough = (few, middle) if _power(middle, panel, odds_ratio, alpha) >= power else (middle, enough)
    return enough


def accounts_for_change(
    start: float,
    change: float,
    *,
    correlation: float = 0.0,
    control: float | None = None,
    power: float = 0.8,
    alpha: float = 0.05,
) -> int:
    """Accounts with a post before and one after that show a change within them, as McNemar's test sees it.

    The sample size for paired proportions of Connor (1987), Biometrics 43, 207: two posts of one account differ by
    -1, 0 or 1. With a control group the two changes are compared; its variance is added, and its accounts are as many.

    Parameters
    ----------
    start : float
        Share of the first posts that have it.
    change : float
        Change of the share that is to be seen.
    correlation : float
        Of the two posts of an account in having it.
    control : float, optional
        Share among the control group, in which nothing changes.
    power, alpha : float
        Probability of seeing the change; level of the two-sided test.

    Returns
    -------
    int
        Accounts, in each group where there are two.

    Raises
    ------
    DataError
        If there is no change to see, or no accounts have such shares and such a correlation.

    Examples
    --------
    >>> accounts_for_change(0.3, 0.2)  # (1.960 * 0.5**0.5 + 0.842 * 0.46**0.5)**2 / 0.2**2
    96
    """
    _check_between("alpha", alpha)
    _check_between("power", power, least=alpha)
    if not change:
        raise DataError("Without a change there is nothing to see. Give another one.")
    groups = [(start, start + change), *([] if control is None else [(control, control)])]
    variance = sum(_variance_of_change(*shares, correlation) for shares in groups)
    seen = norm.ppf(1 - alpha / 2) * math.sqrt(variance + change**2) + norm.ppf(power) * math.sqrt(variance)
    return math.ceil((seen / change) ** 2)


def _variance_of_change(before: float, after: float, correlation: float) -> float:
    """Variance of the difference of two posts of one account."""
    if not (0 <= before <= 1 and 0 <= after <= 1):
        raise DataError(f"A share must lie from 0 to 1, not at {before:g} or {after:g}.")
    spread = math.sqrt(before * (1 - before) * after * (1 - after))
    both = before * after + correlation * spread
    if not max(0.0, before + after - 1) <= both <= min(before, after):
        raise DataError(f"Shares of {before:g} and {after:g} cannot have a correlation of {correlation:g}.")
    return before * (1 - before) + after * (1 - after) - 2 * correlation * spread


def simulate_panel(
    n_accounts: int,
    odds_ratio: float,
    *,
    days: float,
    sampled: float = 1.0,
    runs: int,
    seed: int,
    **assumptions: float,
) -> pd.DataFrame:
    """Simulate panels account by account, without any formula: who stays, how much each posts, what is found.

    Parameters
    ----------
    n_accounts : int
    odds_ratio : float
        Of staying; 1 for no effect.
    days, sampled, **assumptions : float
        See :class:`Panel`.
    runs, seed : int

    Returns
    -------
    pandas.DataFrame
        One row a run: ``seen`` (accounts seen to stay), ``odds_ratio`` (of being seen to stay; NaN where a cell is
        empty), ``p`` (two-sided, pooled variance; 1 where all or none are seen).
    """
    if not (n_accounts >= 2 and runs >= 1):
        raise DataError(f"A simulation needs two accounts and one run; {n_accounts!r} and {runs!r} are too few.")
    panel, rng = Panel(days, sampled, **assumptions), np.random.default_rng(seed)
    counts = np.array([_one_panel(rng, int(n_accounts), panel, odds_ratio) for _ in range(runs)], dtype=float)
    seen, size = counts[:, :2], counts[:, 2:]
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = seen / (size - seen)
        odds_ratios = odds[:, 1] / odds[:, 0]
    odds_ratios[~np.isfinite(odds_ratios) | (odds_ratios == 0)] = np.nan
    return pd.DataFrame({"seen": seen.sum(axis=1).astype(int), "odds_ratio": odds_ratios, "p": _p_values(seen, size)})


def _one_panel(rng: np.random.Generator, n: int, panel: Panel, odds_ratio: float) -> tuple[int, ...]:
    """Accounts seen to stay, then accounts: without and with the feature each."""
    exposed = rng.random(n - rng.binomial(n, panel.lost)) < panel.exposed
    stays = rng.random(len(exposed)) < np.where(exposed, *reversed(panel.staying(odds_ratio)))
    posts = panel.posts_per_day * panel.days * np.where(exposed[stays], panel.posting_ratio, 1.0)
    if math.isfinite(panel.dispersion):
        posts = posts * rng.gamma(panel.dispersion, 1 / panel.dispersion, len(posts))
    found = rng.binomial(rng.poisson(posts), panel.sampled) > 0
    having = int((found & exposed[stays]).sum())
    return int(found.sum()) - having, having, int((~exposed).sum()), int(exposed.sum())


def _p_values(seen: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Two-sided p-values of the comparison of two proportions with pooled variance."""
    pooled = seen.sum(axis=1) / size.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(pooled * (1 - pooled) * (1 / size).sum(axis=1))
        z = (seen[:, 1] / size[:, 1] - seen[:, 0] / size[:, 0]) / error
    return np.where(np.isfinite(z), 2 * norm.sf(np.abs(z)), 1.0)


def _power(n_accounts: float, panel: Panel, odds_ratio: float, alpha: float) -> float:
    without, having = panel.rates(odds_ratio)
    kept = n_accounts * (1 - panel.lost)
    ratio = (1 - panel.exposed) / panel.exposed
    return float(
        power_proportions_2indep(
            having - without, without, kept * panel.exposed, ratio=ratio, alpha=alpha, return_results=False
        )
    )


def _check_odds_ratio(odds_ratio: float) -> None:
    if not (odds_ratio > 0 and abs(math.log(odds_ratio)) <= LARGEST_LOG_ODDS):
        raise DataError(f"An odds ratio must be a number above 0 (and not beyond e to the 10th), not {odds_ratio!r}.")


def _check_between(name: str, value: float, least: float = 0.0) -> None:
    if not least < value < 1:
        raise DataError(f"{name} must lie between {least:g} and 1, not at {value!r}.")
