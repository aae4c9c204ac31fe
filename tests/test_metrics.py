"""Metrics with their resamples: against scikit-learn, and the properties that a reader of intervals relies on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, balanced_accuracy_score, brier_score_loss, roc_auc_score

from rednote_study.statistics.metrics import METRICS, estimate, resampling_weights

THEIRS = {
    "auc": roc_auc_score,
    "average precision": average_precision_score,
    "brier": brier_score_loss,
    "balanced accuracy": balanced_accuracy_score,
}


@st.composite
def predictions(draw):
    n = draw(st.integers(2, 40))
    y = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    y[:2] = [True, False]
    scores = np.array(draw(st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.5001, 1.0]), min_size=n, max_size=n)))
    weights = np.array(draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)), dtype=float)
    weights[:2] = [1, 2]
    return y, scores, weights


@pytest.mark.parametrize("metric", METRICS)
@given(case=predictions())
def test_each_metric_is_scikit_learns_with_weights_and_ties(metric, case):
    y, scores, weights = case
    given_scores = scores > 0.3 if metric == "balanced accuracy" else scores
    ours = METRICS[metric](given_scores, y, np.vstack([weights, np.ones(len(y))]))
    theirs = [THEIRS[metric](y, given_scores, sample_weight=w) for w in (weights, np.ones(len(y)))]
    assert np.allclose(ours, theirs)


def test_weights_keep_the_number_of_each_class_and_begin_with_the_cases_themselves():
    y = np.arange(30) < 7
    weights = resampling_weights(y, seed=1, resamples=50)
    assert (weights[0] == 1).all()
    assert (weights[:, y].sum(axis=1) == 7).all()
    assert (weights[:, ~y].sum(axis=1) == 23).all()
    assert np.array_equal(weights, resampling_weights(y, seed=1, resamples=50))


def test_an_interval_holds_the_truth_about_as_often_as_it_says():
    """Scores are normal with a shift of 1 for positives: the area is Phi(1 / sqrt 2) = 0.760."""
    rng, held = np.random.default_rng(5), []
    for run in range(150):
        y = np.arange(120) < 40
        found = estimate("auc", rng.normal(size=120) + y, y, resampling_weights(y, seed=run, resamples=300))
        held.append(found.low <= 0.7602 <= found.high)
    assert 0.88 <= np.mean(held) <= 0.99


def test_the_difference_of_a_model_from_itself_is_nothing_and_pairs_narrow_the_interval():
    rng, y = np.random.default_rng(2), np.arange(200) < 60
    scores = rng.normal(size=(2, 200)) + y
    weights = resampling_weights(y, seed=3)
    assert estimate("auc", scores, y, weights, minus=scores) == (0, 0, 0)
    near = scores + rng.normal(size=scores.shape) / 10
    paired, alone = estimate("auc", near, y, weights, minus=scores), estimate("auc", scores, y, weights)
    assert paired.high - paired.low < (alone.high - alone.low) / 2


def test_one_class_gives_no_number():
    y = np.zeros(10, dtype=bool)
    assert np.isnan(estimate("auc", np.arange(10.0), y, resampling_weights(y, seed=1))).all()
