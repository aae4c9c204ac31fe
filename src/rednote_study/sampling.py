r"""What a crawl can see of retention.

A user who stays makes posts at random; a crawl keeps each post with the same
small chance. So the label "has a post in January and one in February" marks
who stayed *and* was found twice. This module derives what follows: the rate
that the label shows, the true rates that fit an observed one, the users never
seen, what two crawls can tell by sharing users, and how a crawl that prefers
popular posts makes those who stay look popular.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.stats import hypergeom, norm

from rednote_study.errors import DataError
from rednote_study.statistics.inference import Estimate, clopper_pearson, delta_of_counts

LARGEST_POPULATION = 10**9
"""Where the search for a population's upper limit ends."""


class CompatibleRates(NamedTuple):
    """True rates that fit an observed one; arrays of the shape of the detection probability.

    Where even a true rate of 1 is too small for what was observed, `possible`
    is False and the rest NaN.
    """

    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray
    possible: np.ndarray


# The published label --------------------------------------------------------------------------------------


def detection_probability(fraction: ArrayLike, posting_rate: ArrayLike, dispersion: ArrayLike = np.inf) -> np.ndarray:
    r"""Probability that a user who stays is found in February.

    The user's posts are Poisson with mean :math:`\lambda`; each is kept with
    probability :math:`f`; so the posts kept are Poisson with mean
    :math:`f\lambda` and :math:`q = 1 - e^{-f\lambda}`. If the means vary between
    users as a gamma distribution with shape :math:`k`, the posts kept are
    negative binomial and :math:`q = 1 - (1 + f\lambda/k)^{-k}`, which is smaller.

    Parameters
    ----------
    fraction : array-like of float
        Share of all posts that the crawl keeps, 0 to 1.
    posting_rate : array-like of float
        Mean number of posts in February of a user who stays.
    dispersion : array-like of float
        Shape :math:`k` of the gamma distribution of the means; infinite where all users post alike.

    Returns
    -------
    numpy.ndarray or numpy.float64
        Broadcast over the arguments.

    Raises
    ------
    DataError
        If a fraction is outside 0 to 1, or a rate or dispersion is not positive.

    Examples
    --------
    >>> float(detection_probability(0.01, 4).round(4))  # 1 - exp(-0.04)
    0.0392
    >>> float(detection_probability(0.01, 4, dispersion=0.5).round(4))  # 1 - 1.08**-0.5
    0.0377
    """
    fraction, posting_rate, dispersion = (np.asarray(a, dtype=float) for a in (fraction, posting_rate, dispersion))
    if not ((fraction >= 0) & (fraction <= 1)).all():
        raise DataError("A sampling fraction must lie between 0 and 1.")
    if not ((posting_rate > 0).all() and (dispersion > 0).all()):
        raise DataError("Posting rates and dispersions must be above 0.")
    mean = fraction * posting_rate
    alike = np.isinf(dispersion)
    shape = np.where(alike, 1.0, dispersion)
    return -np.expm1(np.where(alike, -mean, -shape * np.log1p(mean / shape)))


def compatible_true_rates(positive: int, n: int, detection: ArrayLike, *, confidence: float = 0.95) -> CompatibleRates:
    """True rates that fit `positive` users labelled as retained among `n`.

    The exact interval of the observed rate (Clopper and Pearson 1934), divided
    by the probability of detection and cut at 1.

    Parameters
    ----------
    positive, n : int
    detection : array-like of float
        Probability, above 0, that a user who stays is found.
    confidence : float

    Examples
    --------
    >>> rates = compatible_true_rates(20, 3249, 0.04)
    >>> [round(float(r), 2) for r in (rates.low, rates.estimate, rates.high)]
    [0.09, 0.15, 0.24]
    >>> bool(compatible_true_rates(20, 3249, 0.001).possible)  # 0.6 % seen, at most 0.1 % can be
    False
    """
    detection = np.asarray(detection, dtype=float)
    if not ((detection > 0) & (detection <= 1)).all():
        raise DataError("A probability of detection must lie above 0 and not above 1.")
    observed = clopper_pearson(positive, n, confidence=confidence)
    possible = observed.low <= detection
    estimate, low, high = (
        np.where(possible, np.minimum(rate / detection, 1), np.nan)
        for rate in (observed.value, observed.low, observed.high)
    )
    return CompatibleRates(estimate, low, high, possible)


def simulate_label(
    true_rate: float,
    fraction: float,
    posting_rate: float,
    *,
    users: int,
    runs: int,
    dispersion: float = np.inf,
    seed: int,
) -> np.ndarray:
    """Simulate crawls of `users` January users and label them as the published notebook does.

    Step by step, without the formula: who stays, how much each posts, which
    posts the crawl keeps, who has one.

    Returns
    -------
    numpy.ndarray of float, shape (runs,)
        Share of users labelled as retained in each run.
    """
    rng = np.random.default_rng(seed)
    stays = rng.random((runs, users)) < true_rate
    stayers = stays.sum()
    rates = posting_rate if np.isinf(dispersion) else rng.gamma(dispersion, posting_rate / dispersion, stayers)
    kept = rng.binomial(rng.poisson(rates, stayers), fraction)
    labelled = np.zeros(stays.shape)
    labelled[stays] = kept > 0
    return labelled.mean(axis=1)


# Users never seen -----------------------------------------------------------------------------------------


def good_turing_coverage(posts_per_user: ArrayLike, *, confidence: float = 0.95) -> Estimate:
    """Share of all posts that were made by the users seen, from the share of users seen once.

    One less the number of users seen once, divided by the number of posts
    (Good 1953, Biometrika 40, 237); interval by the normal approximation of
    Esty (1983), Annals of Statistics 11, 905.

    Parameters
    ----------
    posts_per_user : array-like of int, shape (n_users,)
        Posts of each user seen, at least 1.

    Examples
    --------
    >>> good_turing_coverage([1, 1, 2, 4]).value  # 8 posts, 2 users seen once
    0.75
    """
    counts = _seen(posts_per_user)
    n, once, twice = counts.sum(), np.sum(counts == 1), np.sum(counts == 2)
    sd = np.sqrt(once * (1 - once / n) + 2 * twice) / n
    value, margin = float(1 - once / n), float(norm.ppf((1 + confidence) / 2) * sd)
    return Estimate(value, max(value - margin, 0.0), min(value + margin, 1.0))


def coverage_at_most(users: int, posts: int) -> float:
    """The largest value that :func:`good_turing_coverage` can have where so many users made so many posts.

    Users seen more than once have two posts at least, so at least ``2 * users - posts`` were seen once.

    Examples
    --------
    >>> coverage_at_most(3, 4), good_turing_coverage([1, 1, 2]).value  # no other way to share out four posts
    (0.5, 0.5)
    """
    return min(2 * (posts - users) / posts, 1.0)


def rates_by_coverage(
    positive: int, n: int, posts_per_user: ArrayLike, *, confidence: float = 0.95
) -> tuple[Estimate, Estimate]:
    """True rates that fit where the chance of being found again is read off the second crawl itself.

    A first crawl finds users in proportion to their posts, if it keeps few of them; a second one finds such users with
    a probability that is its coverage, however unequally they post. This takes for granted that it draws posts
    independently, from all who are still there, and that who stays posts as before. The intervals of rate and coverage
    are combined (Bonferroni), so together they hold at the `confidence` or more.

    Parameters
    ----------
    positive, n : int
        Users of the first crawl, and those of them whom the second found too.
    posts_per_user : array-like of int, shape (n_users,)
        Posts of each user of the second crawl.
    confidence : float

    Returns
    -------
    coverage, rate : Estimate
        The rate is NaN where even a true rate of 1 is too small.

    Examples
    --------
    >>> coverage, rate = rates_by_coverage(20, 100, [1] * 60 + [2] * 20)
    >>> [round(float(v), 2) for v in (coverage.value, rate.low, rate.value, rate.high)]  # 0.2 found, 40 % of those there
    [0.4, 0.2, 0.5, 1.0]
    """
    half = (1 + confidence) / 2
    coverage = good_turing_coverage(posts_per_user, confidence=half)
    observed = clopper_pearson(positive, n, confidence=half)
    if observed.low > coverage.high:
        return coverage, Estimate(np.nan, np.nan, np.nan)
    pairs = zip(observed, (coverage.value, coverage.high, coverage.low), strict=True)
    return coverage, Estimate(*(min(rate / q, 1.0) if q else 1.0 for rate, q in pairs))


def population_chao(posts_per_user: ArrayLike, *, confidence: float = 0.95) -> Estimate:
    """Number of users, seen or not, after Chao: a lower bound where users differ.

    In the form corrected for bias, which is defined where nobody was seen twice;
    log-normal interval (Chao 1987, Biometrics 43, 783).

    Examples
    --------
    >>> population_chao([1] * 10 + [2] * 5).value  # 15 + 10 * 9 / (2 * 6)
    22.5
    """
    counts = _seen(posts_per_user)
    once, twice = int(np.sum(counts == 1)), int(np.sum(counts == 2))
    unseen = once * (once - 1) / (2 * (twice + 1))
    variance = (
        unseen
        + once * (2 * once - 1) ** 2 / (4 * (twice + 1) ** 2)
        + once**2 * twice * (once - 1) ** 2 / (4 * (twice + 1) ** 4)
    )
    return _population(len(counts), unseen, variance, confidence)


def population_zelterman(posts_per_user: ArrayLike, *, confidence: float = 0.95) -> Estimate:
    """Number of users, seen or not, after Zelterman: from those seen once and twice alone.

    Robust against users who post very much (Zelterman 1988, Journal of
    Statistical Planning and Inference 18, 225); variance of Böhning (2008),
    Statistical Methodology 5, 410; log-normal interval.

    Returns
    -------
    Estimate
        NaN where nobody was seen once or nobody twice.
    """
    counts = _seen(posts_per_user)
    n, once, twice = len(counts), int(np.sum(counts == 1)), int(np.sum(counts == 2))
    if not (once and twice):
        return Estimate(np.nan, np.nan, np.nan)
    rate = 2 * twice / once
    odds = np.exp(-rate) / np.expm1(-rate) ** 2  # of never being seen, over the chance of being seen
    variance = n * odds * (1 + n * odds * rate**2 * (1 / once + 1 / twice))
    return _population(n, n / np.expm1(rate), variance, confidence)


def population_truncated_poisson(posts_per_user: ArrayLike, *, confidence: float = 0.95) -> Estimate:
    """Number of users, seen or not, if all have the same Poisson mean: too few where they differ.

    Maximum likelihood under the Poisson distribution without its zero class;
    log-normal interval from the asymptotic variance N / (exp(m) - 1 - m).

    Returns
    -------
    Estimate
        NaN where nobody was seen twice: the likelihood then rises without end.
    """
    counts = _seen(posts_per_user)
    mean = counts.mean()
    if mean <= 1:
        return Estimate(np.nan, np.nan, np.nan)
    rate = brentq(lambda m: m / -np.expm1(-m) - mean, 1e-9, mean)
    population = len(counts) / -np.expm1(-rate)
    variance = population / (np.expm1(rate) - rate)
    return _population(len(counts), population - len(counts), variance, confidence)


def _seen(posts_per_user: ArrayLike) -> np.ndarray:
    counts = np.asarray(posts_per_user)
    if not len(counts) or (counts < 1).any():
        raise DataError("Posts per user must be at least 1 for each user seen, and at least one user seen.")
    return counts


def _population(seen: int, unseen: float, variance: float, confidence: float) -> Estimate:
    """Interval for a population: the logarithm of the unseen part is taken for normal."""
    if unseen <= 0:
        return Estimate(float(seen), float(seen), float(seen))
    spread = np.exp(norm.ppf((1 + confidence) / 2) * np.sqrt(np.log1p(variance / unseen**2)))
    return Estimate(*(float(seen + u) for u in (unseen, unseen / spread, unseen * spread)))


def rounded_down(values: ArrayLike, digits: int = 2) -> ArrayLike:
    """Positive numbers with so many significant digits, rounded down: a limit from below stays one.

    Examples
    --------
    >>> float(rounded_down(17947.0))
    17000.0
    """
    unit = 10.0 ** np.maximum(np.floor(np.log10(np.maximum(values, 1))) + 1 - digits, 0)
    return values // unit * unit


# Two crawls -----------------------------------------------------------------------------------------------


def chapman(first: int, second: int, recaptured: int) -> float:
    """Size of a closed population after Chapman, from two samples and those in both.

    Examples
    --------
    >>> chapman(9, 19, 3)  # 10 * 20 / 4 - 1
    49.0
    """
    _check_recaptures(first, second, recaptured)
    return (first + 1) * (second + 1) / (recaptured + 1) - 1


def population_limits(first: int, second: int, recaptured: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Sizes of a closed population at which the number of recaptures is no surprise.

    The hypergeometric distribution is inverted. With no recapture there is no
    upper limit, and the lower limit is one-sided.

    Parameters
    ----------
    first, second : int
        Users caught by each crawl.
    recaptured : int
        Users caught by both.

    Returns
    -------
    low, high : float
        `high` is infinite where nobody was recaptured.

    Examples
    --------
    >>> population_limits(1, 40, 0)  # the one is missed with probability 1 - 40/N: 5 % at N = 42.1
    (43.0, inf)
    """
    _check_recaptures(first, second, recaptured)
    smallest = first + second - recaptured
    tail = (1 - confidence) / (2 if recaptured else 1)
    low = _smallest(lambda n: hypergeom.cdf(recaptured, n, first, second) >= tail, smallest)
    if not recaptured:
        return float(low), np.inf
    beyond = _smallest(lambda n: hypergeom.sf(recaptured - 1, n, first, second) < tail, low)
    return float(low), float(max(beyond - 1, low))


def _smallest(holds, start: int) -> int:
    """Smallest whole number from `start` on at which `holds` is true, being false before and true after."""
    if holds(start):
        return start
    low, high = start, 2 * start + 1
    while not holds(high):
        low, high = high, 2 * high
        if high > LARGEST_POPULATION:
            return high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _check_recaptures(first: int, second: int, recaptured: int) -> None:
    if not 0 <= recaptured <= min(first, second) or not min(first, second):
        raise DataError(f"{recaptured} recaptures among {first} and {second} users are impossible; check the counts.")


def simulate_overlap(population: int, first: int, second: int, true_rate: float, *, runs: int, seed: int) -> np.ndarray:
    r"""Simulate two crawls of fixed size with departures between them.

    Crawl 1 catches :math:`n_1` of :math:`N` accounts, of which a share :math:`r` stays; crawl 2 catches :math:`n_2`.
    They are expected to share :math:`n_2 r n_1 / (rN) = n_1 n_2 / N` accounts, whatever share stays: the overlap tells
    the size of the population and nothing about retention.

    Returns
    -------
    numpy.ndarray of int, shape (runs,)
        Users caught by both crawls.

    Raises
    ------
    DataError
        If fewer accounts stay than the second crawl shall catch.
    """
    rng = np.random.default_rng(seed)
    shared = np.empty(runs, dtype=int)
    for run in range(runs):
        caught = rng.choice(population, first, replace=False)
        here = np.flatnonzero(rng.random(population) < true_rate)
        if len(here) < second:
            raise DataError(f"Only {len(here)} accounts are left for a second crawl of {second}.")
        shared[run] = np.isin(rng.choice(here, second, replace=False), caught).sum()
    return shared


# A crawl that prefers popular posts -----------------------------------------------------------------------


def popularity_delta(
    elasticity: float, *, true_rate: float, fraction: float, posting_rate: float, spread: float, cells: int = 20_000
) -> float:
    r"""Cliff's delta of popularity between labelled and unlabelled users where staying ignores popularity.

    Popularity :math:`a` is log-normal. The crawl keeps a post with probability
    proportional to :math:`a^\beta` (cut at 1), in January and in February alike,
    so it finds a user of popularity :math:`a` with probability :math:`q(a)` each
    month. Among users seen in January the density is proportional to
    :math:`q(a) p(a)`; a share :math:`r q(a)` of them is labelled. The ratio of the
    two densities, :math:`r q / (1 - r q)`, rises with :math:`q`, and :math:`q` rises
    with :math:`a` if :math:`\beta > 0`: a monotone likelihood ratio, hence stochastic
    order, hence a positive delta without any effect of popularity on staying.

    Parameters
    ----------
    elasticity : float
        :math:`\beta`; 0 for a crawl that is blind to popularity.
    true_rate : float
        :math:`r`, the same for all users.
    fraction : float
        Share of all posts kept, before the cut at 1.
    posting_rate : float
        Posts of each user in each month.
    spread : float
        Standard deviation of the logarithm of popularity.
    cells : int
        Equally probable cells over which the distribution is summed.

    Returns
    -------
    float

    Examples
    --------
    >>> settings = dict(true_rate=0.3, fraction=0.02, posting_rate=4, spread=1.5)
    >>> abs(popularity_delta(0, **settings)) < 1e-12, popularity_delta(0.5, **settings) > 0.2
    (True, True)
    """
    scores = norm.ppf((np.arange(cells) + 0.5) / cells)
    q = detection_probability(_kept(scores, elasticity, fraction, spread), posting_rate)
    labelled, unlabelled = q * true_rate * q, q * (1 - true_rate * q)
    labelled, unlabelled = labelled / labelled.sum(), unlabelled / unlabelled.sum()
    below = np.cumsum(unlabelled) - unlabelled
    return float(labelled @ (2 * below + unlabelled - 1))


def simulate_popularity(
    elasticity: float,
    *,
    true_rate: float,
    fraction: float,
    posting_rate: float,
    spread: float,
    users: int,
    runs: int,
    seed: int,
) -> np.ndarray:
    """Simulate what :func:`popularity_delta` computes, post by post.

    Returns
    -------
    numpy.ndarray of float, shape (runs,)
        Cliff's delta of popularity, labelled against unlabelled users, among those
        seen in January; NaN where a run labels nobody.
    """
    rng = np.random.default_rng(seed)
    deltas = np.empty(runs)
    for run in range(runs):
        popularity = rng.normal(size=users)  # standard score of the logarithm: delta depends on order alone
        kept = _kept(popularity, elasticity, fraction, spread)
        january = rng.binomial(rng.poisson(posting_rate, users), kept) > 0
        stays = rng.random(users) < true_rate
        february = stays & (rng.binomial(rng.poisson(posting_rate, users), kept) > 0)
        seen = (popularity[january & side] for side in (february, ~february))
        deltas[run] = delta_of_counts(*(np.unique(values, return_counts=True) for values in seen)).value
    return deltas


def _kept(scores: np.ndarray, elasticity: float, fraction: float, spread: float) -> np.ndarray:
    """Probability that a post is kept, by the standard score of log popularity; mean `fraction` before the cut."""
    power = elasticity * spread
    return np.minimum(fraction * np.exp(power * scores - power**2 / 2), 1)
