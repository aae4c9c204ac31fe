"""Worlds in which the truth is known: effects planted among users of the replica, and the book's methods on them.

Three kinds, each a function of the block's number, which is its seed:
:func:`recovery_block` (users, who is retained, estimates), :func:`crawl_block`
(two crawls with a control group, the book's rule), :func:`pipeline_block` (a
raw file, read by the real code).
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

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
from rednote_study.replica.draws import conditional_bernoulli
from rednote_study.statistics.inference import (
    Estimate,
    area_under_curve,
    cliffs_delta_interval,
    did_mover,
    difference_of_deltas,
    mann_whitney,
    newcombe,
)
from rednote_study.statistics.logistic import fit_logistic
from rednote_study.system.paths import DATA
from rednote_study.text.clean import post_text
from rednote_study.text.language import script_of
from rednote_study.text.segment import segment

__all__ = [
    "CRAWL_CELLS",
    "CRAWL_DRAWS",
    "CRAWL_RESAMPLES",
    "DRAWS",
    "FEATURES",
    "ODDS_RATIOS",
    "PIPELINE_SIZE",
    "POSITIVES",
    "SIZES",
    "crawl_block",
    "pipeline_block",
    "recovery_block",
]

FEATURES = {"engagement": "engagement", "language": "chinese", "topic": "adaptation"}
"""Features on which effects are planted, and the columns of the replica that hold them."""

ODDS_RATIOS = (1.0, 1.2, 1.5, 2.0, 3.0)
POSITIVES = (20, 50, 127, 500)
"""Retained users: the published number, two of the real posts' order, and a good crawl's."""

DRAWS = 40  # of the retained users in a block, for each cell
RESAMPLES = 200  # of the bootstrap, where the book takes ten times as many
SLOW_RATIOS, SLOW_DRAWS = (1.0, 2.0), 15  # for bootstrap intervals

SIZES = {"later": 75, "earlier": 466, "control_later": 33, "control_earlier": 49, "placebo": 296, "placebo_rest": 165}
"""Users of the two real crawls: accounts of the wave at risk, control group, and the placebo's two parts of crawl 1."""

CRAWL_CELLS = tuple(
    (feature, planted, crawl)
    for feature in ("engagement", "language")
    for planted, crawl in [(1.0, c) for c in (1.0, 1.5, 2.0, 3.0, 4.0)] + [(p, 1.0) for p in (1.5, 2.0, 3.0, 5.0)]
)
"""Feature, planted odds ratio of staying, odds ratio by which the later crawl prefers it in everybody."""

CRAWL_DRAWS = 20
CRAWL_RESAMPLES = 300


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
        deltas = [cliffs_delta_interval(*arm, n_resamples=RESAMPLES, seed=_seed(rng)) for arm in arms[:SLOW_DRAWS]]
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


def crawl_block(
    number: int,
    seed: int,
    draws: int = CRAWL_DRAWS,
    sizes: Mapping[str, int] = SIZES,
    resamples: int = CRAWL_RESAMPLES,
) -> pd.DataFrame:
    """What the book's rule says of two crawls of the real size, users from one population.

    The later crawl catches a user with odds that rise with the feature, in the
    wave as in the control group; in the wave, the planted effect on staying
    multiplies them. The placebo's parts are drawn at random.

    Returns
    -------
    pandas.DataFrame
        One row a cell and draw: ``feature``, ``odds_ratio``, ``crawl``, and bool: ``naive`` (the wave's interval
        excludes zero), ``naive_up`` (it lies above zero), ``difference`` (that of wave minus control excludes zero),
        ``holds`` (the verdict: seen and not explained by the crawl), ``cross_validated`` (interval of the area under the curve
        above 0.5; NaN where not computed).
    """
    users = simulate(seed + number, size=Size(n_retained=0)).users.query("january")
    rng = np.random.default_rng([seed, number])
    rows = []
    for feature, odds_ratio, crawl in CRAWL_CELLS:
        for _ in range(draws):
            wave, control = _crawled(rng, users, sizes)
            chosen = _caught(rng, wave, FEATURES[feature], odds_ratio * crawl, sizes["later"])
            compared = _caught(rng, control, FEATURES[feature], crawl, sizes["control_later"])
            arms = wave[FEATURES[feature]], chosen, control[FEATURES[feature]], compared
            judged = _judge(rng, feature, *arms, sizes, resamples)
            scored = _cross_validated(rng, wave, chosen) if odds_ratio == crawl == 1 else np.nan
            rows.append((feature, odds_ratio, crawl, *judged, scored))
    names = ["feature", "odds_ratio", "crawl", "naive", "naive_up", "difference", "holds", "cross_validated"]
    return pd.DataFrame(rows, columns=names)


def _crawled(
    rng: np.random.Generator, users: pd.DataFrame, sizes: Mapping[str, int]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Random users of the wave and of the control group, as many as in the real crawls."""
    start, end = ((t - pd.Timestamp("1970-01-01T08:00")).total_seconds() for t in WAVE)  # UTC+8
    in_wave = users["registered"].between(start, end, inclusive="left").to_numpy()
    numbers = sizes["later"] + sizes["earlier"], sizes["control_later"] + sizes["control_earlier"]
    return tuple(
        users.iloc[rng.choice(np.flatnonzero(members), n, replace=False)]
        for members, n in zip((in_wave, ~in_wave), numbers, strict=True)
    )


def _caught(rng: np.random.Generator, users: pd.DataFrame, column: str, odds_ratio: float, n: int) -> np.ndarray:
    """The `n` users that the later crawl catches (bool)."""
    return conditional_bernoulli(rng, np.log(odds_ratio) * users[column].to_numpy(dtype=float), n)


def _judge(
    rng: np.random.Generator,
    feature: str,
    wave: pd.Series,
    chosen: np.ndarray,
    control: pd.Series,
    compared: np.ndarray,
    sizes: Mapping[str, int],
    resamples: int,
) -> tuple[bool, bool, bool, bool]:
    """The naive comparison, the comparison with the control group, and the verdict of the book's rule."""
    wave, control = wave.to_numpy(dtype=float), control.to_numpy(dtype=float)
    arms = wave[chosen], wave[~chosen], control[compared], control[~compared]
    shuffled = rng.permutation(arms[1])
    placebo = shuffled[: sizes["placebo"]], shuffled[-sizes["placebo_rest"] :]
    if feature == "engagement":
        options = {"n_resamples": resamples, "seed": _seed(rng)}
        naive, apart = cliffs_delta_interval(*arms[:2], **options), difference_of_deltas(*arms, **options)
        none = cliffs_delta_interval(*placebo, **options)
        narrow, smallest = difference_of_deltas(*arms, confidence=0.9, **options), 0.147
    else:
        counts = [(int(arm.sum()), len(arm)) for arm in arms]
        naive, apart = newcombe(*counts[:2]), did_mover(*counts)
        none = newcombe(*((int(arm.sum()), len(arm)) for arm in placebo))
        narrow, smallest = did_mover(*counts, confidence=0.9), 0.1
    holds = verdict(apart, [none], narrow, smallest) == "seen and not explained by the crawl"
    return _excludes(naive), naive.low > 0, _excludes(apart), holds


def _cross_validated(rng: np.random.Generator, users: pd.DataFrame, chosen: np.ndarray) -> bool:
    """Whether a logistic regression on all features seems to predict (interval above 0.5)."""
    features = users[list(FEATURES.values())].to_numpy(dtype=float)
    model = make_pipeline(StandardScaler(), LogisticRegression(solver="newton-cholesky"))
    scores = out_of_fold(model, features, chosen, seed=_seed(rng), repeats=1)[0]
    return area_under_curve(scores, chosen, n_resamples=RESAMPLES, seed=_seed(rng)).low > 0.5


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
