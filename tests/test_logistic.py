"""Logistic regression in bulk: against statsmodels, against tables worked out by hand, and where nothing can be had."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import example, given
from hypothesis import strategies as st

from rednote_study.errors import DataError
from rednote_study.statistics.logistic import fit_logistic


def two_by_two(a, b, c, d):
    """Design and outcome: a of a + b say yes without the feature, c of c + d with it."""
    feature = np.repeat([0, 0, 1, 1], [a, b, c, d])
    outcome = np.repeat([1, 0, 1, 0], [a, b, c, d])
    return np.column_stack([np.ones(len(feature)), feature]), outcome[:, None]


def test_the_same_as_statsmodels():
    rng = np.random.default_rng(1)
    design = np.column_stack([np.ones(400), rng.normal(size=400), rng.integers(0, 2, 400)])
    outcomes = rng.random((400, 6)) < 0.3
    fits = fit_logistic(design, outcomes)
    for i in range(6):
        theirs = sm.Logit(outcomes[:, i].astype(float), design).fit(disp=0)
        assert fits.coefficients[i] == pytest.approx(theirs.params, abs=1e-6)
        assert fits.errors[i] == pytest.approx(theirs.bse, abs=1e-6)


@given(st.tuples(*[st.integers(1, 40)] * 4))
def test_a_table_of_four_has_its_odds_ratio(counts):
    a, b, c, d = counts
    coefficients, errors = (v[0, 1] for v in fit_logistic(*two_by_two(*counts)))
    assert coefficients == pytest.approx(np.log(c * b / (a * d)), abs=1e-6)
    assert errors == pytest.approx(np.sqrt(1 / a + 1 / b + 1 / c + 1 / d), rel=1e-5)


@example((0, 1, 0, 1))  # one case a group: steps without the penalty's curvature never settle
@given(st.tuples(*[st.integers(0, 40)] * 4).filter(lambda n: min(n[0] + n[1], n[2] + n[3]) > 0))
def test_the_penalty_adds_half_a_case_to_each_cell(counts):
    a, b, c, d = (n + 0.5 for n in counts)
    fits = fit_logistic(*two_by_two(*counts), firth=True)
    assert fits.coefficients[0, 1] == pytest.approx(np.log(c * b / (a * d)), abs=1e-5)


def test_separated_classes_have_no_plain_estimate():
    design, outcome = two_by_two(3, 20, 0, 10)
    assert np.isnan(fit_logistic(design, outcome).coefficients).all()
    assert np.isfinite(fit_logistic(design, outcome, firth=True)).all()
    mixed = np.column_stack([outcome, 1 - outcome, np.arange(33)[:, None] % 2])
    assert np.isnan(fit_logistic(design, mixed).coefficients[:, 1]).tolist() == [True, True, False]


def test_few_positives_are_biased_without_the_penalty():
    rng = np.random.default_rng(2)
    design = np.column_stack([np.ones(60), rng.normal(size=60)])
    outcomes = rng.random((60, 3000)) < 1 / (1 + np.exp(2 - design[:, 1:]))
    plain, penalised = (np.nanmean(fit_logistic(design, outcomes, firth=f).coefficients[:, 1]) for f in (False, True))
    assert plain > 1.1 and abs(penalised - 1) < abs(plain - 1) / 2


@pytest.mark.parametrize(
    ("design", "outcomes", "sentence"),
    [
        (np.ones((4, 2)), np.ones((4, 1)), "combination of the others"),
        (np.ones((4, 1)), np.ones((5, 1)), "do not go together"),
        (np.ones((4, 1)), np.ones(4), "do not go together"),
    ],
)
def test_bad_designs_are_named(design, outcomes, sentence):
    with pytest.raises(DataError, match=sentence):
        fit_logistic(design, outcomes)
