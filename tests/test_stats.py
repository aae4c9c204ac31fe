"""Effect sizes, intervals, many tests, log-odds: known answers, properties, coverage."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from rednote_study.errors import DataError
from rednote_study.statistics import effect_sizes
from rednote_study.statistics import inference as stats

SAMPLES = st.lists(st.integers(0, 9), min_size=2, max_size=25)
COUNTS = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def fraction_covered(replications, truth):
    """Share of intervals that hold the truth; 200 at 95 % give 0.95 with a standard error of 0.015."""
    return np.mean([interval.low <= truth <= interval.high for interval in replications])


def cliffs_delta(x, y):
    return stats.delta_of_counts(*(np.unique(sample, return_counts=True) for sample in (x, y))).value


def resampled_delta(*samples, resamples=2000, seed):
    """Cliff's delta of two samples, or of the first two less that of the others, with its bootstrap interval."""
    counted = [np.unique(sample, return_counts=True) for sample in samples]
    pairs = zip(counted[::2], counted[1::2], strict=True)
    return effect_sizes.bootstrap(effect_sizes.cliffs_delta, *pairs, resamples=resamples, seed=seed)


# Cliff's delta


@given(SAMPLES, SAMPLES)
def test_delta_is_the_mean_sign_of_all_pairs_and_antisymmetric(x, y):
    delta = cliffs_delta(x, y)
    assert delta == pytest.approx(np.sign(np.subtract.outer(x, y)).mean(), abs=1e-12)
    assert cliffs_delta(y, x) == pytest.approx(-delta, abs=1e-12)


def test_delta_of_an_empty_sample_is_unknown():
    assert np.isnan(cliffs_delta([], [1.0])) and np.isnan(cliffs_delta([1.0], []))
    assert np.isnan(stats.mann_whitney([], [1.0]))
    assert stats.mann_whitney(pd.Series([3, 4], dtype="Int64"), pd.Series([3, 4], dtype="Int64")) == 1


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: stats.mann_whitney([1.0], [np.nan, 2.0]), "Sample y has 1 missing"),
        (lambda: stats.mann_whitney([[1.0]], [2.0]), "2 dimensions"),
        (lambda: stats.clopper_pearson(3, 2), "3 successes in 2 trials"),
        (
            lambda: stats.did_clustered([1, 0, 1], [7, 7, 8], [True, False, True], [True, True, False], seed=1),
            "1 users are in both groups",
        ),
        (lambda: stats.correlation([1, 2], [1, 2, 3]), "needs pairs"),
        (
            lambda: stats.log_odds(pd.Series({"new": 1}), pd.Series({"old": 1}), prior=pd.Series({"old": 3})),
            "1 words have no positive count",
        ),
    ],
)
def test_what_cannot_be_is_refused(call, sentence):
    with pytest.raises(DataError, match=sentence):
        call()


def test_delta_interval_covers():
    rng = np.random.default_rng(6)
    truth = 2 * norm.cdf(0.5 / np.sqrt(2)) - 1  # P(X > Y) for normals half a standard deviation apart
    intervals = [
        resampled_delta(rng.normal(0.5, size=40), rng.normal(size=50), resamples=300, seed=i) for i in range(200)
    ]
    assert 0.89 <= fraction_covered(intervals, truth) <= 0.99


def test_difference_of_deltas_covers_and_subtracts():
    rng = np.random.default_rng(7)
    truth = 2 * norm.cdf(0.5 / np.sqrt(2)) - 1
    intervals = [
        resampled_delta(*(rng.normal(m, size=40) for m in (0.5, 0, 0, 0)), resamples=300, seed=i) for i in range(200)
    ]
    assert 0.89 <= fraction_covered(intervals, truth) <= 0.99
    assert resampled_delta([3, 4], [1, 3], [1, 2], [3, 4], seed=0).value == 1.75


def test_area_under_curve_is_scikit_learns():
    rng = np.random.default_rng(8)
    positive, score = rng.random(200) < 0.2, rng.poisson(3, 200)
    area = effect_sizes.area_under_curve(score, positive, seed=1)
    assert area.value == pytest.approx(roc_auc_score(positive, score))
    assert area.low < area.value < area.high


def test_mann_whitney_knows_ties():
    assert stats.mann_whitney([2, 2], [2, 2, 2]) == 1.0
    # U = 9 of 9; mean 4.5, variance 3*3*7/12 = 5.25; with continuity correction z = 4/sqrt(5.25)
    assert stats.mann_whitney([4, 5, 6], [1, 2, 3]) == pytest.approx(2 * norm.sf(4 / np.sqrt(5.25)))


# Proportions


@pytest.mark.parametrize(
    ("count", "wilson", "exact"),
    [  # Newcombe 1998, Statistics in Medicine 17, 857, table I: methods 3 and 5
        ((81, 263), (0.2553, 0.3662), (0.2527, 0.3676)),
        ((15, 148), (0.0624, 0.1605), (0.0578, 0.1617)),
        ((0, 20), (0.0000, 0.1611), (0.0000, 0.1684)),
        ((1, 29), (0.0061, 0.1718), (0.0009, 0.1776)),
    ],
)
def test_intervals_of_proportions_are_newcombes(count, wilson, exact):
    assert stats.wilson(*count)[1:] == pytest.approx(wilson, abs=6e-5)
    assert stats.clopper_pearson(*count)[1:] == pytest.approx(exact, abs=6e-5)


@given(COUNTS)
def test_intervals_of_proportions_hold_their_estimate(count):
    for method in (stats.wilson, stats.clopper_pearson):
        interval = method(*count)
        assert 0 <= interval.low <= interval.value <= interval.high <= 1


def test_proportion_of_nothing_is_unknown():
    assert np.isnan(stats.wilson(0, 0)).all()


@given(COUNTS, COUNTS)
@example((0, 83), (199, 199))  # rounding put its lower end below -1
def test_newcombe_is_antisymmetric_and_holds_its_estimate(first, second):
    one, other = stats.newcombe(first, second), stats.newcombe(second, first)
    assert -1 <= one.low <= one.value <= one.high <= 1
    assert one == pytest.approx((-other.value, -other.high, -other.low), abs=1e-9)


def test_mover_puts_two_newcombe_intervals_together():
    # 0.2 (0.0524 to 0.3339) against itself: 0 ± sqrt(0.1476² + 0.1339²)
    same = (56, 70), (48, 80)
    assert stats.did_mover(*same, *same) == pytest.approx((0, -0.1993, 0.1993), abs=1e-4)
    assert np.isnan(stats.did_mover(*same, (0, 0), (1, 2))).all()


def posts_of(cells, copies=1):
    """One post a user (times `copies`) with the counts of the four cells, as arrays for did_clustered."""
    rows = []
    for (successes, trials), treated, after in cells:
        rows += [(i < successes, f"{treated}{after}{i}", treated, after) for i in range(trials)] * copies
    return [np.array(column) for column in zip(*rows, strict=True)]


CELLS = [((60, 90), True, True), ((120, 300), True, False), ((20, 40), False, True), ((15, 50), False, False)]


def test_clustered_did_agrees_with_mover_where_users_post_once():
    clustered = stats.did_clustered(*posts_of(CELLS), seed=1)
    mover = stats.did_mover(*(cell for cell, _, _ in CELLS))
    assert clustered.value == pytest.approx((60 / 90 - 0.4) - (0.5 - 0.3))
    assert clustered == pytest.approx(mover, abs=0.02)


def test_clustered_did_is_not_fooled_by_repeated_posts():
    once, thrice = (stats.did_clustered(*posts_of(CELLS, copies), seed=1) for copies in (1, 3))
    assert once == pytest.approx(thrice)


def test_clustered_did_covers_where_posts_of_a_user_agree():
    rng = np.random.default_rng(9)
    intervals = []
    for i in range(200):
        users = np.arange(240)
        treated, after = users % 2 == 0, users % 3 == 0
        share = 0.3 + 0.2 * after + 0.1 * (treated & after)
        habit = rng.random(240) < share
        posts = np.repeat(users, 1 + rng.poisson(1, 240))
        agree = np.where(rng.random(len(posts)) < 0.8, habit[posts], rng.random(len(posts)) < share[posts])
        intervals.append(stats.did_clustered(agree, posts, treated[posts], after[posts], n_resamples=300, seed=i))
    assert 0.89 <= fraction_covered(intervals, 0.1) <= 0.99


def test_clustered_did_without_a_control_is_unknown():
    assert np.isnan(stats.did_clustered([1, 0], [1, 2], [True, True], [True, False], seed=1)).all()


# Correlation


def test_correlation_by_hand():
    # deviations (-1.5, -.5, .5, 1.5) and (-1.5, .5, -.5, 1.5): 4 / 5
    assert stats.correlation([1, 2, 3, 4], [1, 3, 2, 4], method="pearson").value == pytest.approx(0.8)
    assert stats.correlation([1, 2, 3, 4], [1, 9, 10, 800]).value == pytest.approx(1)


def test_bootstrap_of_a_correlation_covers():
    rng = np.random.default_rng(10)
    intervals = []
    for i in range(200):
        x = rng.normal(size=80)
        y = 0.6 * x + 0.8 * rng.normal(size=80)
        intervals.append(stats.correlation(x, y, method="pearson", n_resamples=200, seed=i))
    assert 0.88 <= fraction_covered(intervals, 0.6) <= 0.99


def test_correlation_that_cannot_be():
    assert np.isnan(stats.correlation([1, 1, 1, 1], [1, 2, 3, 4])).all()
    with pytest.raises(ValueError, match="kendall"):
        stats.correlation([1, 2, 3, 4], [1, 2, 4, 3], method="kendall")


# Many tests, many words


def test_benjamini_hochberg_leaves_gaps():
    adjusted = stats.benjamini_hochberg([np.nan, 0.02, 0.04])
    assert np.isnan(adjusted[0])
    assert adjusted[1:] == pytest.approx([0.04, 0.04])
    assert len(stats.benjamini_hochberg([])) == 0


def test_log_odds_by_hand():
    first, second = pd.Series({"cat": 10, "tax": 90}), pd.Series({"cat": 5, "tax": 95})
    result = stats.log_odds(first, second, prior=pd.Series({"cat": 1, "tax": 9}))
    # cat: 10 + 1 against 90 + 9, and 5 + 1 against 95 + 9
    difference, sd = np.log(11 / 99) - np.log(6 / 104), np.sqrt(1 / 11 + 1 / 6)
    assert result.loc["cat"].tolist() == pytest.approx([difference, sd, difference / sd])
    assert result.loc["tax", "log_odds"] == pytest.approx(-difference)
    assert result.index.tolist() == ["cat", "tax"]


def test_log_odds_shrinks_rare_words():
    prior = pd.Series({"rare": 2, "common": 500, "rest": 2000})
    result = stats.log_odds(pd.Series({"rare": 2, "common": 300}), pd.Series({"common": 200}), prior)
    assert result.at["common", "z"] > result.at["rare", "z"] > 0


def test_the_interval_of_delta_by_formula_is_that_of_the_bootstrap():
    rng = np.random.default_rng(3)
    x, y = rng.poisson(3.0, 400), rng.poisson(2.5, 300)
    found = stats.delta_of_counts(*(np.unique(s, return_counts=True) for s in (x, y)))
    again = resampled_delta(x, y, seed=1)
    assert found.low == pytest.approx(again.low, abs=0.015) and found.high == pytest.approx(again.high, abs=0.015)


def test_the_interval_by_formula_covers_as_often_as_it_says():
    rng, covered = np.random.default_rng(5), 0
    for _ in range(400):  # delta of two exponentials with rates 1 and 2 is 1/3
        x, y = rng.exponential(1, 40), rng.exponential(0.5, 60)
        found = stats.delta_of_counts(*(np.unique(s, return_counts=True) for s in (x, y)))
        covered += found.low <= 1 / 3 <= found.high
    assert 0.92 < covered / 400 < 0.98


def test_samples_that_do_not_overlap_have_no_width():
    found = stats.delta_of_counts((np.array([5]), np.array([3])), (np.array([1]), np.array([4])))
    assert found == (1, 1, 1)
