"""The panel's design: known answers, direction of every argument, agreement with simulation post by post."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import binomtest
from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail

from rednote_study.errors import DataError
from rednote_study.panel import (
    Panel,
    accounts_for_change,
    observed_odds_ratio,
    panel_power,
    required_accounts,
    simulate_panel,
)

ALL_SEEN = {"posts_per_day": 1000.0, "dispersion": np.inf, "lost": 0.0}  # every account that stays is seen to
ODDS_RATIOS = st.floats(1.3, 8) | st.floats(0.1, 0.75)
PANELS = st.fixed_dictionaries(
    {
        "days": st.floats(5, 120),
        "sampled": st.floats(0.01, 1),
        "stays": st.floats(0.05, 0.8),
        "exposed": st.floats(0.1, 0.9),
        "dispersion": st.floats(0.3, 5) | st.just(np.inf),
    }
)


def test_sample_size_worked_out_by_hand():
    # 30 % against 50 %, groups alike, level 5 %, power 80 %: pooled share 0.4, and a group needs
    # (1.959964 * sqrt(2 * 0.4 * 0.6) + 0.841621 * sqrt(0.3 * 0.7 + 0.5 * 0.5))^2 / 0.2^2
    # = (1.357903 + 0.570815)^2 / 0.04 = 92.999: 93, together 186.
    odds_ratio = (0.5 / 0.5) / (0.3 / 0.7)
    assert required_accounts(odds_ratio, days=100, stays=0.3, exposed=0.5, **ALL_SEEN) == 186


def test_unequal_groups_and_losses_are_those_of_statsmodels_closed_form():
    # It leaves out the other side of the test, which adds next to nothing.
    without, having = Panel(100, stays=0.1, exposed=0.14, **ALL_SEEN).rates(2)
    group = samplesize_proportions_2indep_onetail(having - without, without, 0.8, ratio=0.86 / 0.14)
    accounts = required_accounts(2, days=100, **ALL_SEEN | {"lost": 0.2})
    assert accounts == pytest.approx(group / 0.14 / 0.8, abs=1)


def test_sample_size_for_a_change_within_accounts():
    # 45 % gain it and 5 % lose it: 23 pairs (Connor's formula, as powerandsamplesize.com works it out)
    both = 0.25
    correlation = (both - 0.3 * 0.7) / 0.21
    assert accounts_for_change(0.3, 0.4, correlation=correlation) == 23
    # with a control group: 0.3 * 0.7 + 0.4 * 0.6 + 2 * 0.7 * 0.3 = 0.87;
    # (1.959964 * 0.88**0.5 + 0.841621 * 0.87**0.5)^2 / 0.01 = 688.34
    assert accounts_for_change(0.3, 0.1, control=0.7) == 689


@pytest.mark.parametrize(("correlation", "control"), [(0.0, None), (0.4, None), (0.25, 0.5)])
def test_a_change_is_seen_in_four_of_five_simulated_panels(correlation, control):
    n = accounts_for_change(0.15, 0.1, correlation=correlation, control=control)
    rng, variance, change = np.random.default_rng(5), 0.0, 0.0
    for before, after in [(0.15, 0.25), *([] if control is None else [(control, control)])]:
        both = before * after + correlation * math.sqrt(before * (1 - before) * after * (1 - after))
        pairs = rng.multinomial(n, [both, after - both, before - both, 1 - before - after + both], size=4000)
        gained, lost = pairs[:, 1] / n, pairs[:, 2] / n
        sign = 1 if before != after else -1
        change, variance = change + sign * (gained - lost), variance + (gained + lost) / n
    assert np.mean(np.abs(change) > 1.959964 * np.sqrt(variance)) == pytest.approx(0.8, abs=0.03)


def test_what_is_seen_worked_out_by_hand():
    # 0.5 posts a day, 20 days, a tenth found: one post in the mean; 1 - 1/e if all post alike, 1/2 at shape 1.
    alike = Panel(20, 0.1, posts_per_day=0.5, dispersion=np.inf, posting_ratio=2)
    assert alike.seen == pytest.approx((1 - math.exp(-1), 1 - math.exp(-2)))
    unequal = Panel(20, 0.1, posts_per_day=0.5, stays=0.2)
    assert unequal.seen == pytest.approx((0.5, 0.5))
    assert unequal.staying(2) == pytest.approx((0.2, 1 / 3))
    assert unequal.rates(2) == pytest.approx((0.1, 1 / 6))
    # odds 1/9 and 1/5
    assert observed_odds_ratio(2, days=20, sampled=0.1, posts_per_day=0.5, stays=0.2) == pytest.approx(1.8)


def test_the_smallest_number_that_is_enough():
    for odds_ratio, sampled, power in ((2, 1.0, 0.8), (1.5, 0.01, 0.9), (0.4, 0.1, 0.5)):
        accounts = required_accounts(odds_ratio, days=28, sampled=sampled, power=power)
        assert panel_power(accounts, odds_ratio, days=28, sampled=sampled) >= power
        assert panel_power(accounts - 1, odds_ratio, days=28, sampled=sampled) < power


def test_lost_accounts_are_added():
    accounts = required_accounts(2, days=28, lost=0.0)
    assert required_accounts(2, days=28, lost=0.5) == pytest.approx(2 * accounts, abs=2)


@given(ODDS_RATIOS, PANELS, st.floats(0.3, 0.9))
def test_more_is_needed_for_more(odds_ratio, panel, power):
    accounts = required_accounts(odds_ratio, power=power, **panel)
    closer = odds_ratio**0.8
    assert required_accounts(odds_ratio, power=power + 0.05, **panel) >= accounts  # surer
    assert required_accounts(closer, power=power, **panel) >= accounts  # of a smaller effect
    assert required_accounts(odds_ratio, power=power, alpha=0.01, **panel) >= accounts  # with fewer false alarms
    assert required_accounts(odds_ratio, power=power, lost=0.4, **panel) >= accounts  # after losses


@given(st.floats(1.3, 8), PANELS)
def test_fewer_posts_found_need_more_accounts(odds_ratio, panel):
    assume(panel["sampled"] > 0.02)
    less = panel | {"sampled": panel["sampled"] / 2}
    shorter = panel | {"days": panel["days"] / 2}
    accounts = required_accounts(odds_ratio, **panel)
    assert required_accounts(odds_ratio, **less) >= accounts
    assert required_accounts(odds_ratio, **shorter) >= accounts
    # half the posts found and half the time are the same
    assert required_accounts(odds_ratio, **less) == required_accounts(odds_ratio, **shorter)


@given(ODDS_RATIOS, PANELS)
def test_missing_who_stayed_hides_a_part_of_the_effect(odds_ratio, panel):
    observed = observed_odds_ratio(odds_ratio, **panel)
    low, high = sorted((1.0, odds_ratio))
    assert low <= observed <= high * (1 + 1e-9)


@pytest.mark.parametrize(
    ("odds_ratio", "assumptions"),
    [
        (2, {"days": 28}),
        (2, {"days": 28, "sampled": 0.1, "dispersion": 0.5, "lost": 0.3}),
        (0.5, {"days": 14, "sampled": 0.3, "stays": 0.5, "exposed": 0.2}),
        (3, {"days": 90, "sampled": 0.01, "dispersion": np.inf}),
    ],
)
def test_simulation_agrees_with_the_formula(odds_ratio, assumptions):
    accounts = required_accounts(odds_ratio, **assumptions)
    panels = simulate_panel(accounts, odds_ratio, runs=1000, seed=1, **assumptions)
    found = binomtest(int((panels["p"] < 0.05).sum()), 1000).proportion_ci(0.999)
    assert found.low - 0.01 < 0.8 < found.high + 0.01  # a point for the normal approximation
    panel = Panel(**assumptions)
    without, having = panel.rates(odds_ratio)
    expected = accounts * (1 - panel.lost) * (panel.exposed * having + (1 - panel.exposed) * without)
    assert panels["seen"].mean() == pytest.approx(expected, rel=0.05)
    assert np.exp(np.log(panels["odds_ratio"]).mean()) == pytest.approx(
        observed_odds_ratio(odds_ratio, **assumptions), rel=0.05
    )


def test_without_an_effect_one_panel_in_twenty_finds_one():
    panels = simulate_panel(1000, 1, days=28, sampled=0.1, runs=2000, seed=3)
    assert binomtest(int((panels["p"] < 0.05).sum()), 2000, 0.05).pvalue > 0.001
    assert panel_power(1000, 1, days=28) == pytest.approx(0.05)


def test_who_posts_more_seems_to_stay():
    settings = {"days": 28, "sampled": 0.01, "posting_ratio": 2}
    panels = simulate_panel(20_000, 1, runs=200, seed=4, **settings)
    assert np.exp(np.log(panels["odds_ratio"]).mean()) == pytest.approx(observed_odds_ratio(1, **settings), rel=0.03)
    assert observed_odds_ratio(1, **settings) > 1.8
    assert observed_odds_ratio(1, days=90, posting_ratio=2) < 1.1


def test_the_same_seed_gives_the_same_panels():
    first, again, other = (simulate_panel(300, 2, days=28, runs=5, seed=seed) for seed in (1, 1, 2))
    assert first.equals(again) and not first.equals(other)


def test_an_empty_panel_finds_nothing():
    panels = simulate_panel(2, 2, days=1, sampled=1e-6, runs=20, seed=1)
    assert panels["seen"].eq(0).all() and panels["p"].eq(1).all() and panels["odds_ratio"].isna().all()


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: required_accounts(1, days=28), "no effect to find"),
        (lambda: required_accounts(-2, days=28), "odds ratio"),
        (lambda: required_accounts(float("nan"), days=28), "odds ratio"),
        (lambda: required_accounts(2, days=0), "days must be a number above 0"),
        (lambda: required_accounts(2, days=np.inf), "days must be a number above 0"),
        (lambda: required_accounts(2, days=28, sampled=0), "sampled must lie above 0"),
        (lambda: required_accounts(2, days=28, sampled=1.1), "sampled must lie above 0"),
        (lambda: required_accounts(2, days=28, stays=1), "stays must lie between 0 and 1"),
        (lambda: required_accounts(2, days=28, exposed=0), "exposed must lie between 0 and 1"),
        (lambda: required_accounts(2, days=28, lost=1), "lost must lie from 0"),
        (lambda: required_accounts(2, days=28, power=1), "power must lie between 0.05 and 1"),
        (lambda: required_accounts(2, days=28, power=0.04), "power must lie between 0.05 and 1"),
        (lambda: required_accounts(2, days=28, alpha=0), "alpha must lie between 0 and 1"),
        (lambda: required_accounts(2, days=28, dispersion=-1), "dispersion must be a number above 0"),
        (lambda: panel_power(0, 2, days=28), "needs accounts"),
        (lambda: accounts_for_change(0.3, 0), "nothing to see"),
        (lambda: accounts_for_change(0.95, 0.1), "A share must lie from 0 to 1"),
        (lambda: accounts_for_change(0.1, 0.5, correlation=0.9), "cannot have a correlation"),
        (lambda: simulate_panel(1, 2, days=28, runs=1, seed=1), "two accounts and one run"),
    ],
)
def test_bad_numbers_are_named(call, sentence):
    with pytest.raises(DataError, match=sentence):
        call()
