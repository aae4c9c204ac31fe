"""Worlds in which the truth is known: effects planted among users of the replica, and the book's methods on them.

Three kinds, each a function of the block's number, which is its seed:
:func:`recovery_block` (users, who is retained, estimates), :func:`verdict_block`
(two crawls with a control group, the book's rule), :func:`pipeline_block` (a
raw file, read by the real code).
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from rednote_study.analysis.verdicts import verdict
from rednote_study.crawl.posts import COUNTS, read_posts
from rednote_study.crawl.users import WAVE, build_users
from rednote_study.encoders.evaluation import out_of_fold
from rednote_study.replica import Effects, Size, draw_retained, simulate, write
from rednote_study.statistics import effect_sizes
from rednote_study.statistics.inference import Estimate, delta_of_counts, mann_whitney, mover, newcombe
from rednote_study.statistics.logistic import fit_logistic
from rednote_study.system.paths import DATA
from rednote_study.text.clean import post_text
from rednote_study.text.language import script_of
from rednote_study.text.segment import segment

FEATURES = {"engagement": "engagement", "language": "chinese", "topic": "adaptation"}
"""Features on which effects are planted, and the columns of the replica that hold them."""

ODDS_RATIOS = (1.0, 1.2, 1.5, 2.0, 3.0)
POSITIVES = (20, 50, 127, 500)
"""Retained users: the published number, two of the real posts' order, and a good crawl's."""

DRAWS = 40  # of the retained users in a block, for each cell
RESAMPLES = 200  # of the bootstrap, where the book takes ten times as many
SLOW_RATIOS, SLOW_DRAWS = (1.0, 2.0), 15  # for bootstrap intervals

SMALLEST = {"engagement": 0.147, "language": 0.1, "language, odds": float(np.log(1.5))}
"""Smallest effect that matters, by what is compared: Cliff's delta, a difference of shares, a log odds ratio."""

SIZES = {"newcomers": (300, 166, 75), "control": (26, 23, 33)}
"""Users of the real crawls: found in the first session of the first crawl, later in it, and by the later crawl."""


class Search(NamedTuple):
    """By what odds ratio a search prefers a feature; what the real posts show, rounded.

    :func:`rednote_study.analysis.validation.searches` finds it, and a test compares.

    Attributes
    ----------
    session : mapping of str to float
        Later sessions of the first crawl against its first session, by group.
    crawl : float
        Second crawl against first, control group.
    placebos : tuple of (int, int, float)
        Splits within one session, newcomers: users in the two parts, odds ratio of the first against the second.
    """

    session: Mapping[str, float]
    crawl: float
    placebos: Sequence[tuple[int, int, float]]

    def preference(self, crawl: str) -> dict[str, float]:
        """Odds ratio by which the later crawl prefers the feature in each group; below 1 if it avoids it."""
        if crawl == "alike":
            return dict.fromkeys(self.session, 1.0)
        ratios = self.session if crawl.endswith("as sessions differ") else dict.fromkeys(self.session, self.crawl)
        turned = (ratios["newcomers"] < 1) == crawl.startswith("prefers")
        return {group: 1 / ratio if turned else ratio for group, ratio in ratios.items()}


SEARCHES = {
    "engagement": Search({"newcomers": 0.36, "control": 0.76}, 0.52, ((128, 105, 0.67), (70, 63, 0.38))),
    "language": Search({"newcomers": 0.87, "control": 1.09}, 3.39, ((128, 105, 1.02), (70, 63, 0.23))),
}


class Cell(NamedTuple):
    """What is simulated.

    Attributes
    ----------
    measure : str
        What is compared: a key of :data:`SMALLEST`.
    times : int
        So many times the real number of users.
    placebos : str
        ``as found``: splits within a session differ as in the real posts; ``none``: they do not.
    crawl : str
        What the later crawl does: one of :data:`CRAWLS`.
    effect : float
        Planted effect, in smallest ones that matter.
    """

    measure: str
    times: int
    placebos: str
    crawl: str
    effect: float


CRAWLS = ("alike", "prefers", "avoids", "prefers, as sessions differ", "avoids, as sessions differ")
EFFECTS = (0.0, 0.5, 1.0, 3.0)
"""None, small, at the bound, large: times the smallest effect that matters."""

VERDICT_DRAWS = 40


# Recovery -------------------------------------------------------------------------------------------------


def recovery_block(
    number: int,
    seed: int,
    draws: int = DRAWS,
    odds_ratios: Sequence[float] = ODDS_RATIOS,
    positives: Sequence[int] = POSITIVES,
) -> pd.DataFrame:
    """Estimates from one population of the published size, for every cell and method.

    Design ``independent``: each user is retained independently, so many in the mean. Design ``published``: exactly so
    many, half of them among the newest fifth of accounts; the regressions know the newest fifth, the rest does not.

    Returns
    -------
    pandas.DataFrame
        One row a cell, method and draw: ``design``, ``feature``, ``odds_ratio``, ``positives``, ``method``,
        ``estimate`` (log odds ratio; NaN for other methods, or where there is none), ``covered`` (1 or 0, NaN
        likewise), ``found`` (bool).
    """
    users = simulate(seed + number, size=Size(n_retained=0)).users.query("january")
    rng = np.random.default_rng([seed, number])
    cells = [("independent", *c) for c in itertools.product(FEATURES, odds_ratios, positives)]
    cells += [("published", *c) for c in itertools.product(FEATURES, (1.0, 2.0), (20, 127))]
    parts = []
    for design, feature, odds_ratio, expected in cells:
        retained = _retained(rng, users, design, Effects(**{feature: np.log(odds_ratio)}), expected, draws)
        rows = pd.concat(_estimates(rng, users, design, feature, odds_ratio, retained))
        keys = {"design": design, "feature": feature, "odds_ratio": odds_ratio, "positives": expected}
        parts.append(rows.assign(**keys))
    return pd.concat(parts, ignore_index=True)


def _retained(
    rng: np.random.Generator, users: pd.DataFrame, design: str, effects: Effects, positives: int, draws: int
) -> np.ndarray:
    """Who is retained in each draw (bool, shape (n_users, draws))."""
    size = Size(n_retained=positives)
    if design == "independent":
        size = Size(n_retained=None, base_rate=_base_rate(users, effects, positives))
    return np.column_stack([draw_retained(rng, users, effects, size) for _ in range(draws)])


def _base_rate(users: pd.DataFrame, effects: Effects, expected: int) -> float:
    """Base rate at which `expected` users are retained in the mean."""
    log_odds = users[list(FEATURES.values())].to_numpy(dtype=float) @ [getattr(effects, f) for f in FEATURES]
    return float(expit(brentq(lambda a: expit(a + log_odds).sum() - expected, -30, 30)))


def _estimates(
    rng: np.random.Generator, users: pd.DataFrame, design: str, feature: str, odds_ratio: float, retained: np.ndarray
) -> list[pd.DataFrame]:
    """Rows of each method for the draws of one cell."""
    values = users[FEATURES[feature]].to_numpy(dtype=float)
    others = [users["newest"]] if design == "published" else []
    columns = np.column_stack([np.ones(len(users)), values, *others]).astype(float)
    parts = [
        _regression(name, columns, retained, np.log(odds_ratio), firth)
        for name, firth in (("logistic", False), ("logistic, Firth", True))
    ]
    if feature != "engagement":
        count, n = values @ retained, retained.sum(axis=0)
        pairs = zip(count, n, values.sum() - count, len(values) - n, strict=True)
        return [*parts, _found("Newcombe", [_excludes(newcombe((a, b), (c, d))) for a, b, c, d in pairs])]
    arms = [(values[r], values[~r]) for r in retained.T if r.any()]
    parts.append(_found("Mann-Whitney", [mann_whitney(*arm) < 0.05 for arm in arms]))
    if odds_ratio in SLOW_RATIOS and design == "independent":
        pairs = [tuple(np.unique(values, return_counts=True) for values in arm) for arm in arms[:SLOW_DRAWS]]
        delta = partial(effect_sizes.bootstrap, effect_sizes.cliffs_delta, resamples=RESAMPLES)
        deltas = [delta(pair, seed=_seed(rng)) for pair in pairs]
        parts.append(_found("Cliff's delta", [_excludes(delta) for delta in deltas]))
    return parts


def _regression(method: str, columns: np.ndarray, retained: np.ndarray, planted: float, firth: bool) -> pd.DataFrame:
    """Wald intervals of the second coefficient."""
    fits = fit_logistic(columns, retained, firth=firth)
    estimate, margin = fits.coefficients[:, 1], norm.ppf(0.975) * fits.errors[:, 1]
    covered = np.where(np.isnan(estimate), np.nan, np.abs(estimate - planted) <= margin)
    found = np.abs(estimate) > margin  # false where there is no estimate
    return pd.DataFrame({"method": method, "estimate": estimate, "covered": covered, "found": found})


def _found(method: str, found: list[bool]) -> pd.DataFrame:
    return pd.DataFrame({"method": method, "estimate": np.nan, "covered": np.nan, "found": np.array(found, dtype=bool)})


def _excludes(estimate: Estimate) -> bool:
    """Whether the interval excludes zero."""
    return estimate.low > 0 or estimate.high < 0


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**32))


# Two crawls -----------------------------------------------------------------------------------------------


def verdict_block(
    number: int,
    seed: int,
    draws: int = VERDICT_DRAWS,
    cells: Sequence[Cell] = (),
    sizes: Mapping[str, Sequence[int]] = SIZES,
    searches: Mapping[str, Search] = SEARCHES,
) -> pd.DataFrame:
    """What the book's rule says of two crawls of the real size, users from one population.

    Each search finds users of a group with odds that rise or fall with the feature: the first session of the first
    crawl as they are, its later sessions by the odds ratio of `searches`, the later crawl as the first crawl does,
    times the odds ratio by which it prefers the feature, times, among newcomers, the planted effect of staying.

    Returns
    -------
    pandas.DataFrame
        One row a cell and draw: the cell, ``odds_ratio`` (planted), ``size`` (the same on the measure's scale),
        ``verdict``, and bool: ``naive`` (the newcomers' interval excludes zero), ``difference`` (that of newcomers
        minus control does), ``cross_validated`` (interval of the area under the curve above 0.5; NaN where not
        computed).
    """
    users = simulate(seed + number, size=Size(n_retained=0)).users.query("january")
    start, end = ((t - pd.Timestamp("1970-01-01T08:00")).total_seconds() for t in WAVE)  # UTC+8
    in_wave = users["registered"].between(start, end, inclusive="left")
    groups = {"newcomers": users[in_wave], "control": users[~in_wave]}
    rng = np.random.default_rng([seed, number])
    values = {
        feature: {group: members[FEATURES[feature]].to_numpy(dtype=float) for group, members in groups.items()}
        for feature in searches
    }
    rows = []
    for cell in cells:
        feature = cell.measure.split(",")[0]
        world = _World(values[feature], {g: cell.times * np.array(n) for g, n in sizes.items()}, searches[feature])
        planted, size = _planted(world, cell)
        fair = cell == ("engagement", 1, "as found", "alike", 0)
        for _ in range(draws):
            found, splits = _caught(rng, world, cell, planted), _splits(rng, world, cell)
            arms = [world.values[group][part] for group, parts in found.items() for part in parts]
            scored = _cross_validated(rng, groups["newcomers"], *found["newcomers"]) if fair else np.nan
            rows.append((*cell, np.exp(planted), size, *_judge(cell.measure, arms, splits), scored))
    names = [*Cell._fields, "odds_ratio", "size", "naive", "difference", "verdict", "cross_validated"]
    return pd.DataFrame(rows, columns=names)


class _World(NamedTuple):
    """Values of the feature and numbers of users to be found, by group, and how searches prefer it."""

    values: dict[str, np.ndarray]
    counts: dict[str, np.ndarray]
    search: Search


def _caught(rng: np.random.Generator, world: _World, cell: Cell, planted: float) -> dict[str, list[np.ndarray]]:
    """Positions of the users that the later crawl and the first crawl find, by group."""
    preference, found = world.search.preference(cell.crawl), {}
    for group, values in world.values.items():
        first, rest, later = world.counts[group]
        session = np.log(world.search.session[group])
        log_odds = np.log(preference[group]) + (planted if group == "newcomers" else 0)
        like_first = rng.binomial(later, first / (first + rest))
        asked = ((like_first, log_odds), (later - like_first, session + log_odds), (first, 0.0), (rest, session))
        drawn = [_drawn(rng, values, n, tilt) for n, tilt in asked]
        found[group] = [np.concatenate(drawn[:2]), np.concatenate(drawn[2:])]
    return found


def _splits(rng: np.random.Generator, world: _World, cell: Cell) -> list[tuple[np.ndarray, np.ndarray]]:
    """Values of the two parts of each placebo."""
    values, differs = world.values["newcomers"], cell.placebos == "as found"
    return [
        tuple(
            values[_drawn(rng, values, cell.times * n, tilt)] for n, tilt in ((one, differs * np.log(odds)), (other, 0))
        )
        for one, other, odds in world.search.placebos
    ]


def _drawn(rng: np.random.Generator, values: np.ndarray, n: int, log_odds: float) -> np.ndarray:
    """Positions of `n` users that a search finds, with odds that rise with the feature; it may find a twin twice."""
    weights = np.exp(log_odds * values)
    return rng.choice(len(values), n, p=weights / weights.sum())


def _planted(world: _World, cell: Cell) -> tuple[float, float]:
    """Log odds ratio whose effect is so many times the smallest that matters, and its size on the measure's scale."""
    wanted = cell.effect * SMALLEST[cell.measure]
    if cell.measure == "language, odds":
        return wanted, wanted
    levels, number = np.unique(world.values["newcomers"], return_counts=True)
    shares = world.counts["newcomers"][:2] / world.counts["newcomers"][:2].sum()
    session = np.log(world.search.session["newcomers"])

    def mixture(log_odds: float) -> np.ndarray:
        parts = [number * np.exp(tilt * levels) for tilt in (log_odds, log_odds + session)]
        return sum(share * part / part.sum() for share, part in zip(shares, parts, strict=True))

    def size(log_odds: float) -> float:  # of a share, Cliff's delta is the difference
        return float(effect_sizes.cliffs_delta(levels, mixture(log_odds), mixture(0.0)))

    planted = brentq(lambda log_odds: size(log_odds) - wanted, -1, 10) if wanted else 0.0
    return planted, size(planted)


def _judge(
    measure: str, arms: Sequence[np.ndarray], placebos: Sequence[tuple[np.ndarray, np.ndarray]]
) -> tuple[bool, bool, str]:
    """Whether the naive comparison and that with the control group see an effect, and the verdict of the rule."""
    compared = {"engagement": _delta, "language": _share, "language, odds": _log_odds}[measure]
    naive, control = compared(*arms[:2]), compared(*arms[2:])
    apart, ninety = mover(naive, control), mover(*(compared(*pair, confidence=0.9) for pair in (arms[:2], arms[2:])))
    splits = [compared(*parts) for parts in placebos]
    return _excludes(naive), _excludes(apart), verdict(apart, splits, ninety, SMALLEST[measure])


def _delta(x: np.ndarray, y: np.ndarray, confidence: float = 0.95) -> Estimate:
    """By formula, where the chapters resample: a fraction of the time, and hardly ever another verdict (a test looks)."""
    return delta_of_counts(*(np.unique(v, return_counts=True) for v in (x, y)), confidence=confidence)


def _share(x: np.ndarray, y: np.ndarray, confidence: float = 0.95) -> Estimate:
    return newcombe(*((int(v.sum()), len(v)) for v in (x, y)), confidence=confidence)


def _log_odds(x: np.ndarray, y: np.ndarray, confidence: float = 0.95) -> Estimate:
    """Log odds ratio with Woolf's interval, half a case added to each cell (Haldane and Anscombe)."""
    (a, b), (c, d) = ((v.sum() + 0.5, len(v) - v.sum() + 0.5) for v in (x, y))
    value, half = (
        float(np.log(a * d / (b * c))),
        norm.ppf((1 + confidence) / 2) * np.sqrt(1 / a + 1 / b + 1 / c + 1 / d),
    )
    return Estimate(value, float(value - half), float(value + half))


def _cross_validated(rng: np.random.Generator, users: pd.DataFrame, later: np.ndarray, earlier: np.ndarray) -> bool:
    """Whether a logistic regression on all features seems to predict (interval above 0.5)."""
    features = users[list(FEATURES.values())].to_numpy(dtype=float)[np.concatenate([later, earlier])]
    seen_later = np.arange(len(features)) < len(later)
    model = make_pipeline(StandardScaler(), LogisticRegression(solver="newton-cholesky"))
    scores = out_of_fold(model, features, seen_later, seed=_seed(rng), repeats=1)[0]
    return effect_sizes.area_under_curve(scores, seen_later, resamples=RESAMPLES, seed=_seed(rng)).low > 0.5


# The whole pipeline ---------------------------------------------------------------------------------------

PIPELINE_EFFECTS = Effects(topic=np.log(2), language=np.log(2), engagement=np.log(1.5))
PIPELINE_SIZE = Size(n_users=2000, n_retained=400)


def pipeline_block(number: int, seed: int, size: Size = PIPELINE_SIZE) -> pd.DataFrame:
    """Plant effects, write a raw file, read it with the real code, measure the features in it, estimate.

    Returns
    -------
    pandas.DataFrame
        One row a feature: ``feature``, ``planted``, ``truth`` and ``measured`` (log odds ratios: planted, estimated
        from the true features, and from those measured in the file), ``agreement`` (share of users whose feature is
        measured right; rank correlation for engagement).
    """
    users = simulate(seed + number, PIPELINE_EFFECTS, size).users.query("january").sort_values(["registered", "salt"])
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder, "planted.csv"), seed=seed + number, effects=PIPELINE_EFFECTS, size=size)
        posts = read_posts(path).posts
    measured = _measure(posts)
    true, found = (_joint(u) for u in (users, measured))
    agreement = [users["engagement"].corr(measured["engagement"].set_axis(users.index), method="spearman")]
    agreement += [np.mean(users[c].to_numpy() == measured[c].to_numpy()) for c in ("chinese", "adaptation")]
    planted = [getattr(PIPELINE_EFFECTS, f) for f in FEATURES]
    return pd.DataFrame(
        {"feature": list(FEATURES), "planted": planted, "truth": true, "measured": found, "agreement": agreement}
    )


def _measure(posts: pd.DataFrame) -> pd.DataFrame:
    """Features of January users from their January posts alone, in order of registration; label from all posts."""
    people = build_users(posts)
    users = people[people["in_january"]]
    january = posts[posts["created"].between("2025-01-01", "2025-02-01", inclusive="left")]
    texts = post_text(january)
    lexicon = set(
        pd.read_csv(DATA / "context" / "claim_words.csv").set_index("measure").at["adapting", "words"].split()
    )
    marks = pd.DataFrame(
        {
            "chinese": script_of(texts).isin(["han", "mixed"]),
            "adaptation": texts.map(lambda text: bool(lexicon & set(segment(text)))),
        }
    )
    features = marks.groupby(january["author"]).any().reindex(users.index)
    level = np.log1p(january.groupby("author")[list(COUNTS)].sum().sum(axis=1).reindex(users.index).astype(float))
    features["engagement"] = (level - level.mean()) / level.std(ddof=0)
    features["newest"] = np.arange(len(users)) >= int(0.8 * len(users))
    return features.assign(retained=users["published_retained"])


def _joint(users: pd.DataFrame) -> np.ndarray:
    """Log odds ratios of all features in one regression with an indicator of the newest fifth, in their order."""
    columns = np.column_stack([np.ones(len(users)), users[[*FEATURES.values(), "newest"]].astype(float)])
    return fit_logistic(columns, users[["retained"]].to_numpy(), firth=True).coefficients[0, 1:-1]
