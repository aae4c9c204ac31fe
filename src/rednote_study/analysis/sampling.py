"""What the published label measures: theory against simulation, and what the crawls can have seen."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from scipy.stats import hypergeom

from rednote_study import sampling
from rednote_study.crawl.crawl import Crawl
from rednote_study.formats import Format, interval_ends, with_ends
from rednote_study.reported.published import published_facts
from rednote_study.results import SEED, result
from rednote_study.sampling import rounded_down as rounded_down  # chapter 4 calls it beside its results
from rednote_study.statistics.inference import Estimate, clopper_pearson
from rednote_study.store.small_cells import MINIMUM_USERS

_DESIGN = "published by the study's design: only the totals under the published label enter"


# Theory and simulation ------------------------------------------------------------------------------------


@result(
    "sampling_theory",
    title="Simulation: rate of users labelled as retained, by formula and in simulated crawls",
    columns={
        "true_rate": "share of January users who stay",
        "sampling_fraction": "share of all posts that the crawl keeps",
        "posting_rate": "mean number of posts in February of a user who stays",
        "dispersion": "shape of the gamma distribution of posting rates; inf: all users alike",
        "detection_probability": "chance that a user who stays is found in February, by formula",
        "expected_rate": "share of January users labelled as retained, by formula",
        "expected_positives": "the same as a number of users",
        "simulated_rate": "share labelled, mean of the simulated crawls",
        "low": "2.5 % quantile of the simulated crawls",
        "high": "97.5 % quantile of the simulated crawls",
    },
    keys=("true_rate", "sampling_fraction", "posting_rate", "dispersion"),
    needs_data=False,
)
def theory(
    *,
    true_rates: Sequence[float] = (0.1, 0.3, 0.5, 0.7, 0.9),
    fractions: Sequence[float] = (0.01, 0.03, 0.1, 0.3, 1.0),
    posting_rate: float = 4.0,
    dispersions: Sequence[float | None] = (None, 0.5),
    users: int = 3249,
    runs: int = 100,
    seed: int = SEED,
) -> pd.DataFrame:
    """Formula against simulation; see :func:`rednote_study.sampling.simulate_label`.

    Parameters
    ----------
    true_rates : sequence of float
        Shares of January users who stay.
    fractions : sequence of float
        Shares of all posts that the crawl keeps.
    posting_rate : float
        Posts in February of a user who stays.
    dispersions : sequence of float or None
        Shapes of the gamma distribution of posting rates; None: all users alike.
    users : int
        January users; by default as many as the published report has.
    runs, seed : int
        Of the simulation.
    """
    rows = []
    shapes = [np.inf if d is None else d for d in dispersions]
    for i, (dispersion, fraction, true_rate) in enumerate(itertools.product(shapes, fractions, true_rates)):
        simulated = sampling.simulate_label(
            true_rate, fraction, posting_rate, users=users, runs=runs, dispersion=dispersion, seed=seed + i
        )
        q = float(sampling.detection_probability(fraction, posting_rate, dispersion))
        quantiles = np.quantile(simulated, [0.025, 0.975])
        expected = q, true_rate * q, users * (true_rate * q)
        rows.append((true_rate, fraction, posting_rate, dispersion, *expected, simulated.mean(), *quantiles))
    return rows


@result(
    "sampling_overlap",
    title="Simulation: users that two crawls share, by the true rate of staying",
    columns={
        "true_rate": "share of the accounts that stay between the two crawls",
        "recaptures": "accounts caught by both crawls",
        "simulated_share": "share of the simulated pairs of crawls",
        "expected_share": "hypergeometric probability, in which the true rate does not occur",
    },
    keys=("true_rate", "recaptures"),
    needs_data=False,
)
def overlap(
    *,
    population: int = 10_000,
    first: int = 500,
    second: int = 160,
    true_rates: Sequence[float] = (0.1, 0.5, 0.9),
    runs: int = 1000,
    seed: int = SEED,
) -> pd.DataFrame:
    """Distribution of recaptures; see :func:`rednote_study.sampling.simulate_overlap`.

    Parameters
    ----------
    population, first, second : int
        Accounts before anyone leaves, those that the first crawl catches, and those that the second does.
    true_rates : sequence of float
        Shares of the accounts that stay.
    runs, seed : int
        Of the simulation.
    """
    recaptures = np.arange(21)
    expected = hypergeom.pmf(recaptures, population, first, second)
    parts = []
    for i, true_rate in enumerate(true_rates):
        shared = sampling.simulate_overlap(population, first, second, true_rate, runs=runs, seed=seed + i)
        simulated = np.bincount(shared, minlength=len(recaptures))[: len(recaptures)] / len(shared)
        columns = {"recaptures": recaptures, "simulated_share": simulated, "expected_share": expected}
        parts.append(pd.DataFrame({"true_rate": true_rate, **columns}))
    return pd.concat(parts)


@result(
    "sampling_popularity",
    title="Simulation: popularity of users labelled as retained where popularity has no effect on staying",
    columns={
        "elasticity": "how strongly the crawl prefers popular posts; 0: blind to popularity",
        "expected_delta": "Cliff's delta of popularity, labelled against unlabelled January users, by formula",
        "simulated_delta": "the same, mean of the simulated crawls",
        "low": "2.5 % quantile of the simulated crawls",
        "high": "97.5 % quantile of the simulated crawls",
    },
    keys=("elasticity",),
    needs_data=False,
)
def popularity(
    *,
    elasticities: Sequence[float] = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0),
    true_rate: float = 0.3,
    fraction: float = 0.02,
    posting_rate: float = 4.0,
    spread: float = 1.5,
    users: int = 20_000,
    runs: int = 50,
    seed: int = SEED,
) -> pd.DataFrame:
    """Cliff's delta against the crawl's elasticity, with no true effect.

    Parameters
    ----------
    elasticities : sequence of float
        How strongly the crawl prefers popular posts.
    true_rate, fraction, posting_rate, spread : float
        As for :func:`rednote_study.sampling.popularity_delta`.
    users, runs, seed : int
        Of the simulation.
    """
    world = {"true_rate": true_rate, "fraction": fraction, "posting_rate": posting_rate, "spread": spread}
    rows = []
    for elasticity in elasticities:
        deltas = sampling.simulate_popularity(elasticity, **world, users=users, runs=runs, seed=seed)
        expected = round(sampling.popularity_delta(elasticity, **world), 9) + 0.0  # no negative zero
        rows.append((elasticity, expected, np.nanmean(deltas), *np.nanquantile(deltas, [0.025, 0.975])))
    return rows


# What the published label is compatible with --------------------------------------------------------------


@result(
    "sampling_label",
    title="What was observed under the published label",
    columns={
        "source": "published: the report; otherwise the data set of this page",
        "users": "users with a post in January",
        "positive_users": "those of them who have one in February, too",
        "rate": "their share",
        **interval_ends(" (Clopper and Pearson)"),
    },
    keys=("source",),
    exempt=_DESIGN,
)
def label(crawl: Crawl) -> pd.DataFrame:
    """The report's users and those of `crawl`, and their share under the published label."""
    return [(source, n, k, *clopper_pearson(k, n)) for source, k, n in _labelled(crawl)]


@result(
    "sampling_crowd",
    title="Accounts from which two random draws share so many",
    columns={
        "first_users": "users of the first draw",
        "second_users": "users of the second",
        "recaptured_users": "users in both",
        "accounts": "accounts in all after Chapman, to two digits",
        "accounts_low": "lower end of the 95 % interval",
        "accounts_high": "upper end of the 95 % interval",
    },
    keys=("first_users", "second_users", "recaptured_users"),
    needs_data=False,
)
def crowd(*, first: int = 3249, second: int = 868, recaptured: int = 20) -> pd.DataFrame:
    """Size of a closed population, whatever part of it stayed between the draws.

    Parameters
    ----------
    first, second, recaptured : int
        Users of each draw and of both; by default the published report's January and at most so many in February.
    """
    draws = first, second, recaptured
    sizes = _rounded(sampling.chapman(*draws), *sampling.population_limits(*draws))
    return [(*draws, *sizes)]


@result(
    "sampling_compatible",
    title="True rates of staying that fit the published label, by sampling fraction and posting rate",
    columns={
        "source": "published: the report's 20 of 3,249; otherwise the data set of this page",
        "sampling_fraction": "share of all posts that the crawl keeps",
        "posting_rate": "mean number of posts in February of a user who stays",
        "detection_probability": "chance that a user who stays is found in February",
        "estimate": "observed rate divided by that chance, at most 1; empty where no true rate fits",
        "low": "lower end of the 95 % interval (Clopper and Pearson, divided likewise)",
        "high": "upper end of the 95 % interval, at most 1",
        "possible": "whether any true rate fits",
    },
    keys=("source", "sampling_fraction", "posting_rate", "detection_probability"),
    exempt=_DESIGN,
)
def compatible(crawl: Crawl, *, posting_rates: Sequence[float] = (1.0, 4.0, 16.0)) -> pd.DataFrame:
    """Bands of true rates over a grid of sampling fractions, for users who stay and post so often in February."""
    fractions, rates = (a.ravel() for a in np.meshgrid(np.geomspace(1e-4, 1, 41), posting_rates))
    q = sampling.detection_probability(fractions, rates)
    grid = {"sampling_fraction": fractions, "posting_rate": rates, "detection_probability": q}
    return pd.concat(
        pd.DataFrame({"source": source, **grid, **sampling.compatible_true_rates(positive, n, q)._asdict()})
        for source, positive, n in _labelled(crawl)
    )


def _band(rate: float, low: float, high: float, basis: str) -> str:
    """Interval of the true rates that fit, for a reader."""
    if np.isnan(low):
        return "none" if basis == "assumed" else "–"
    if np.isnan(rate) and basis == "assumed":
        return "no user"
    return f"{_percent(low)} to {_percent(high)} %"


def _chance(value: float, low: float, high: float) -> str:
    """A chance, with its interval where it is estimated and its limit where no more is known."""
    if np.isnan(value):
        return f"at most {_percent(high)} %"
    return f"{_percent(value)} %" + ("" if np.isnan(low) else f" ({_percent(low)} to {_percent(high)} %)")


def _percent(share: float) -> str:
    """Whole per cent from ten on, two significant digits below."""
    return f"{100 * share:.0f}" if share >= 0.0995 else f"{100 * share:.2g}"


@result(
    "sampling_rates",
    title="True rates of staying that fit what was observed, by what is taken for the chance of being found again",
    columns={
        "basis": "assumed: a share of posts and a posting rate; else whose frequencies give the chance (Good-Turing)",
        "sampling_fraction": "share of all posts that the crawl keeps; frequencies need none",
        "posting_rate": "mean number of posts in February of a user who stays; frequencies need none",
        **with_ends({"detection_probability": "chance that a user who stays is found again"}),
        **with_ends(
            {
                "published": "true rates that fit the report's 20 of 3,249; none: not even a true rate of 100 % does",
                "this_data": "true rates that fit the published label in the data set of this page",
                "older": "true rates that fit accounts older than the wave: first crawl, found in a later one",
            }
        ),
    },
    formats={
        "detection_probability": Format(_chance, tuple(f"detection_probability{e}" for e in ("", "_low", "_high"))),
        **{c: Format(_band, (c, f"{c}_low", f"{c}_high"), ("basis",)) for c in ("published", "this_data", "older")},
    },
    keys=("basis", "sampling_fraction", "posting_rate"),
    exempt=_DESIGN,
)
def rates(
    crawl: Crawl,
    *,
    fractions: Sequence[float] = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3),
    posting_rates: Sequence[float] = (1.0, 4.0, 16.0),
) -> pd.DataFrame:
    """The bands of :func:`compatible` at a few round sampling fractions, after those that frequencies give."""
    published, here = _labelled(crawl)
    counts = {"published": published[1:], "this_data": here[1:], "older": _older(crawl)}
    rows = [_row(f"posts per user in crawl {number}", posts, counts) for number, posts in _posts_per_user(crawl)]
    rows.append(_report_row(*counts["published"]))
    for fraction, posting_rate in itertools.product(fractions, posting_rates):
        q = float(sampling.detection_probability(fraction, posting_rate))
        row = {"basis": "assumed", "sampling_fraction": fraction, "posting_rate": posting_rate}
        fitting = {column: _fitting(*observed, q) for column, observed in counts.items()}
        rows.append(row | {"detection_probability": q} | _flat(fitting))
    return rows


def _row(basis: str, posts_per_user: np.ndarray, counts: dict[str, tuple[int, int]]) -> dict:
    """What a crawl's frequencies say; of the report's label they say nothing, which is of another crawl."""
    found = {c: sampling.rates_by_coverage(*n, posts_per_user) for c, n in counts.items() if c != "published" and n[1]}
    coverage = sampling.good_turing_coverage(posts_per_user)
    return {"basis": basis} | _flat({"detection_probability": coverage} | {c: rate for c, (_, rate) in found.items()})


def _report_row(positive: int, users: int) -> dict:
    """What the report's totals allow: a chance that is at most so large, hence a rate that is at least so large."""
    posts = published_facts()["dataset"]["rows"] - positive  # who was retained has a post in February at least
    most = sampling.coverage_at_most(users, posts)
    observed = clopper_pearson(positive, users)
    chance, rate = Estimate(np.nan, 0.0, most), Estimate(np.nan, observed.low / most, 1.0)
    found = _flat({"detection_probability": chance, "published": rate})
    return {"basis": "posts per user in the report, at most"} | found


def _flat(estimates: dict[str, Estimate]) -> dict[str, float]:
    return {f"{c}{end}": v for c, e in estimates.items() for end, v in zip(("", "_low", "_high"), e, strict=True)}


def _older(data: Crawl) -> tuple[int, int]:
    """Accounts older than the wave that the first crawl found, and those of them that a later crawl found too."""
    if "account" not in data.users:
        return 0, 0
    older = data.users[data.users["account"].eq("older") & data.users["crawl"].eq(1)]
    again = int(older["crawls"].gt(1).sum())
    return (0, 0) if 0 < again < MINIMUM_USERS or len(older) < MINIMUM_USERS else (again, len(older))


# What the crawls show of themselves -----------------------------------------------------------------------


@result(
    "sampling_frequencies",
    title="Users by the number of their posts that a crawl caught",
    columns={
        "crawl": "number of the crawl in order of time; all: the whole file",
        "posts_seen": "posts of a user in this crawl; classes are merged until each has 5 users in each crawl",
        "users": "users",
        "share": "share of the users of this crawl",
    },
    keys=("crawl", "posts_seen"),
)
def frequencies(crawl: Crawl) -> pd.DataFrame:
    """Frequencies of frequencies, coarse enough to be published."""
    seen = dict(_posts_per_user(crawl))
    if len(seen) > 1:
        seen["all"] = crawl.posts.groupby("author").size().to_numpy()
    classes = max(k for k in (1, 2, 3) if k == 1 or not any(_small(_classes(n, k)) for n in seen.values()))
    names = [str(i) for i in range(1, classes)] + [f"{classes} or more"]
    parts = [
        pd.DataFrame(
            {"crawl": scope, "posts_seen": names, "users": _classes(n, classes), "share": _classes(n, classes) / len(n)}
        )
        for scope, n in seen.items()
    ]
    return pd.concat(parts)


@result(
    "sampling_capture",
    title="Users never seen: estimates from the users seen once and twice, and from two crawls together",
    columns={
        "scope": "crawl, or pair of crawls",
        "estimator": "method",
        "quantity": "accounts: in the population that the crawl drew from; share: of all posts, by the users seen",
        "users": "users seen; for a pair: those of the later crawl who had registered before the first one ended",
        "recaptured_users": "users seen in both crawls of a pair",
        "estimate": "estimate, accounts to two digits; empty where nobody was recaptured",
        "low": "lower end of the 95 % interval; one-sided where nobody was recaptured",
        "high": "upper end of the 95 % interval; empty where there is none",
    },
    keys=("scope", "estimator", "quantity"),
)
def capture(crawl: Crawl) -> pd.DataFrame:
    """Capture-recapture estimates for each crawl and between the first crawl and the others."""
    rows = []
    for number, counts in _posts_per_user(crawl):
        rows += [(f"crawl {number}", *row) for row in _single_crawl(counts)]
    rows += [(f"crawls 1 and {number}", *_pair(*counts)) for number, counts in _pairs(crawl)]
    names = ["scope", "estimator", "quantity", "users", "recaptured_users", "estimate", "low", "high"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.astype({"users": "Int64", "recaptured_users": "Int64"})


def _single_crawl(counts: np.ndarray) -> Iterator[tuple]:
    """Rows of one crawl; estimates that would rest on too few users are left empty."""
    enough = not _small(np.array([np.sum(counts == 1), np.sum(counts == 2)]))
    for name, quantity, estimator in (
        ("Good-Turing", "share", sampling.good_turing_coverage),
        ("truncated Poisson", "accounts", sampling.population_truncated_poisson),
        ("Chao", "accounts", sampling.population_chao),
        ("Zelterman", "accounts", sampling.population_zelterman),
    ):
        estimate = estimator(counts) if enough else Estimate(np.nan, np.nan, np.nan)
        # All digits would tell how many users were seen exactly twice, which may be few.
        yield (name, quantity, len(counts), pd.NA, *(_rounded(*estimate) if quantity == "accounts" else estimate))


def _pair(first: int, second: int, recaptured: int) -> tuple:
    if not min(first, second):
        return ("Chapman", "accounts", second, recaptured, np.nan, np.nan, np.nan)
    low, high = sampling.population_limits(first, second, recaptured)
    estimate = sampling.chapman(first, second, recaptured) if recaptured else np.nan
    return ("Chapman", "accounts", second, recaptured, estimate, low, high if np.isfinite(high) else np.nan)


def _posts_per_user(data: Crawl) -> Iterator[tuple[str, np.ndarray]]:
    """Each crawl's number and the posts of each of its users."""
    for crawl, posts in data.posts.groupby("crawl"):
        yield str(crawl), posts.groupby("author").size().to_numpy()


def _pairs(data: Crawl) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """For each later crawl: users of the first, of the later among those it could share, and of both.

    Who registered after the first crawl's end could not be caught by it and is left out.
    """
    users = {crawl: set(posts["author"]) for crawl, posts in data.posts.groupby("crawl")}
    first = min(users)
    end = data.posts.loc[data.posts["crawl"].eq(first), "created"].max()
    known = set(data.users.index[data.users["registered"] <= end])
    for crawl in sorted(set(users) - {first}):
        second = users[crawl] & known
        yield str(crawl), (len(users[first]), len(second), len(users[first] & second))


def _classes(counts: np.ndarray, classes: int) -> np.ndarray:
    """Users with 1, 2, ... posts; the last class takes all above."""
    return np.bincount(np.minimum(counts, classes), minlength=classes + 1)[1:]


def _small(users: np.ndarray) -> bool:
    return bool(((users > 0) & (users < MINIMUM_USERS)).any())


def _labelled(data: Crawl) -> tuple[tuple[str, int, int], tuple[str, int, int]]:
    """Source, positives and January users under the published label: the report's and this data set's."""
    facts, users = published_facts()["dataset"], data.users
    january, positive = int(users["in_january"].sum()), int(users["published_retained"].sum())
    return ("published", facts["retained_users"], facts["january_users"]), (data.key, positive, january)


def _fitting(positive: int, n: int, detection: float) -> Estimate:
    """True rates that fit; missing where none does, and without an estimate where nobody was observed: all fit then."""
    if not n:
        return Estimate(np.nan, 0.0, 1.0)
    rates = sampling.compatible_true_rates(positive, n, detection)
    return Estimate(float(rates.estimate), float(rates.low), float(rates.high))


def _rounded(*estimate: float) -> Estimate:
    """Two significant digits: estimates of the unseen deserve no more."""
    return Estimate(*(float(f"{v:.2g}") for v in estimate))
