"""What a crawl can see of retention: formulas by hand, against simulation, and the chapter's tables and figures."""

from math import comb, exp

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from rednote_study import catalogue, plots, sampling
from rednote_study.analysis import sampling as tables
from rednote_study.crawl.crawl import Crawl
from rednote_study.errors import DataError
from rednote_study.formats import for_reading
from rednote_study.reported.published import published_facts
from rednote_study.store import record

FRACTIONS = st.floats(1e-4, 1)
RATES = st.floats(0.1, 50)
SHAPES = st.floats(0.1, 100)


# The published label


@given(FRACTIONS, FRACTIONS, RATES, RATES)
def test_detection_rises_with_the_fraction_and_the_posting_rate(fraction, other_fraction, rate, other_rate):
    fractions, rates = sorted((fraction, other_fraction)), sorted((rate, other_rate))
    least, most = (sampling.detection_probability(f, r) for f, r in zip(fractions, rates, strict=True))
    assert 0 < least <= sampling.detection_probability(fractions[0], rates[1]) <= most <= 1


@given(FRACTIONS, RATES, SHAPES)
def test_unequal_posters_are_found_less(fraction, rate, shape):
    unequal, equal = (sampling.detection_probability(fraction, rate, k) for k in (shape, np.inf))
    assert unequal <= equal + 1e-12
    assert sampling.detection_probability(fraction, rate, 1e9) == pytest.approx(equal, rel=1e-4)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: sampling.detection_probability(1.2, 4), "fraction"),
        (lambda: sampling.detection_probability(0.1, 0), "above 0"),
        (lambda: sampling.compatible_true_rates(1, 10, 0.0), "detection"),
        (lambda: sampling.population_chao([0, 1, 2]), "at least 1"),
        (lambda: sampling.good_turing_coverage([]), "at least one user"),
        (lambda: sampling.chapman(5, 5, 6), "impossible"),
        (lambda: sampling.population_limits(0, 5, 0), "impossible"),
        (lambda: sampling.simulate_overlap(100, 10, 90, 0.1, runs=1, seed=0), "accounts are left"),
    ],
)
def test_what_cannot_be_is_refused(call, sentence):
    with pytest.raises(DataError, match=sentence):
        call()


@pytest.mark.parametrize("dispersion", [np.inf, 0.5, 5])
def test_formula_is_what_simulated_crawls_show(dispersion):
    simulated = sampling.simulate_label(0.4, 0.1, 4, users=2000, runs=50, dispersion=dispersion, seed=1)
    expected = 0.4 * sampling.detection_probability(0.1, 4, dispersion)
    error = np.sqrt(expected * (1 - expected) / (2000 * 50))
    assert simulated.mean() == pytest.approx(expected, abs=4 * error)
    assert simulated.std() == pytest.approx(np.sqrt(50) * error, rel=0.4)


def test_compatible_rates_by_hand():
    # 0 of 10: the exact interval ends at 1 - 0.025**0.1; seen with probability 0.5, the true rate at twice that
    rates = sampling.compatible_true_rates(0, 10, 0.5)
    assert (rates.low, rates.estimate) == (0, 0)
    assert rates.high == pytest.approx(2 * (1 - 0.025**0.1))


def test_compatible_rates_are_cut_at_one_and_say_when_none_fits():
    rates = sampling.compatible_true_rates(20, 3249, [0.001, 0.005, 1.0])
    assert rates.possible.tolist() == [False, True, True]
    assert np.isnan([rates.low[0], rates.estimate[0], rates.high[0]]).all()
    assert rates.high[1] == 1
    assert rates.estimate[2] == pytest.approx(20 / 3249)


@given(st.integers(0, 50), st.floats(0.001, 1))
def test_compatible_rates_are_ordered(positive, detection):
    rates = sampling.compatible_true_rates(positive, 50, detection)
    assert not rates.possible or 0 <= rates.low <= rates.estimate <= rates.high <= 1


def test_compatible_rates_cover_the_true_rate():
    truth, q = 0.3, float(sampling.detection_probability(0.05, 4))
    labelled = sampling.simulate_label(truth, 0.05, 4, users=500, runs=200, seed=2) * 500
    bands = [sampling.compatible_true_rates(round(k), 500, q) for k in labelled]
    assert np.mean([b.low <= truth <= b.high for b in bands]) >= 0.92


# Users never seen


def caught(population, mean, seed, shape=np.inf):
    """Posts per user of those that a simulated crawl caught."""
    rng = np.random.default_rng(seed)
    means = mean if np.isinf(shape) else rng.gamma(shape, mean / shape, population)
    counts = rng.poisson(means, population)
    return counts[counts > 0]


def test_population_estimates_by_hand():
    counts = [1] * 10 + [2] * 5
    assert sampling.population_chao(counts).value == pytest.approx(15 + 10 * 9 / 12)
    assert sampling.population_zelterman(counts).value == pytest.approx(15 / (1 - exp(-1)))  # rate 2 * 5 / 10
    # a truncated Poisson with rate m has mean m / (1 - exp(-m)); at m = 1 that is 1.582
    mean_582 = [1] * 418 + [2] * 582
    assert sampling.population_truncated_poisson(mean_582).value == pytest.approx(1000 / (1 - exp(-1)), rel=1e-3)


def test_chao_without_anyone_seen_twice():
    assert sampling.population_chao([1] * 4).value == 4 + 4 * 3 / 2
    assert np.isnan(sampling.population_zelterman([1] * 4)).all()
    assert np.isnan(sampling.population_truncated_poisson([1] * 4)).all()


def test_everybody_seen_often_leaves_nobody_unseen():
    assert sampling.population_chao([5] * 30) == (30, 30, 30)


@pytest.mark.parametrize(
    "estimator",
    [sampling.population_chao, sampling.population_zelterman, sampling.population_truncated_poisson],
)
def test_planted_population_is_recovered(estimator):
    estimates = [estimator(caught(2000, 0.4, seed)) for seed in range(200)]
    assert np.median([e.value for e in estimates]) == pytest.approx(2000, rel=0.03)
    assert 0.90 <= np.mean([e.low <= 2000 <= e.high for e in estimates]) <= 0.99


def test_unequal_posters_hide_users_from_all_estimates():
    counts = caught(20_000, 0.4, seed=1, shape=0.5)
    poisson, chao = (e(counts).value for e in (sampling.population_truncated_poisson, sampling.population_chao))
    assert len(counts) < poisson < chao < 20_000


def test_coverage_is_the_share_of_posts_by_the_users_seen():
    rng = np.random.default_rng(4)
    means = rng.gamma(0.5, 0.8, 5000)
    hits = []
    for _ in range(200):
        counts = rng.poisson(means)
        truth = means[counts > 0].sum() / means.sum()
        coverage = sampling.good_turing_coverage(counts[counts > 0])
        hits.append(coverage.low <= truth <= coverage.high)
    assert 0.90 <= np.mean(hits) <= 0.99


def test_rates_by_coverage_hold_the_true_rate_however_unequally_users_post():
    rng, hits = np.random.default_rng(9), []
    for _ in range(200):
        means = rng.gamma(0.5, 0.6, 8000)  # posts that a crawl keeps of a user
        first, stays = rng.poisson(means / 4) > 0, rng.random(8000) < 0.4
        counts = rng.poisson(means) * stays
        _, rate = sampling.rates_by_coverage(int((first & (counts > 0)).sum()), first.sum(), counts[counts > 0])
        hits.append(rate.low <= 0.4 <= rate.high)
    assert np.mean(hits) >= 0.92


def test_coverage_at_most_is_that_of_the_most_even_shares():
    # 5 users, 8 posts: 2 of them seen once, where nobody has more than two
    assert sampling.coverage_at_most(5, 8) == sampling.good_turing_coverage([1, 1, 2, 2, 2]).value == 0.75
    assert sampling.good_turing_coverage([1, 1, 1, 1, 4]).value < 0.75


# Two crawls


def probability_of_none(population, first, second):
    return comb(population - first, second) / comb(population, second)


@pytest.mark.parametrize(("first", "second"), [(10, 10), (513, 103), (3, 200)])
def test_lower_limit_without_recaptures_by_counting(first, second):
    low, high = sampling.population_limits(first, second, 0)
    assert high == np.inf
    assert probability_of_none(int(low), first, second) >= 0.05 > probability_of_none(int(low) - 1, first, second)


def test_limits_of_a_population_cover():
    rng = np.random.default_rng(5)
    recaptured = hypergeom.rvs(3000, 300, 200, size=200, random_state=rng)
    limits = [sampling.population_limits(300, 200, int(m)) for m in recaptured]
    assert np.mean([low <= 3000 <= high for low, high in limits]) >= 0.92
    assert all(
        low <= sampling.chapman(300, 200, int(m)) <= high for m, (low, high) in zip(recaptured, limits, strict=True)
    )


def test_limits_where_all_are_recaptured():
    assert sampling.population_limits(5, 5, 5)[0] == 5


@pytest.mark.parametrize("true_rate", [0.1, 0.5, 0.9])
def test_overlap_does_not_depend_on_retention(true_rate):
    shared = sampling.simulate_overlap(2000, 200, 100, true_rate, runs=400, seed=6)
    expected = 200 * 100 / 2000
    spread = hypergeom.std(2000, 200, 100)
    assert shared.mean() == pytest.approx(expected, abs=4 * spread / 20)
    assert shared.std() == pytest.approx(spread, rel=0.15)


# A crawl that prefers popular posts

SETTINGS = {"true_rate": 0.3, "fraction": 0.05, "posting_rate": 4, "spread": 1.5}


@pytest.mark.parametrize("elasticity", [0, 0.3, 0.8])
def test_popularity_formula_is_what_simulated_crawls_show(elasticity):
    deltas = sampling.simulate_popularity(elasticity, **SETTINGS, users=5000, runs=60, seed=8)
    error = deltas.std() / np.sqrt(len(deltas))
    assert deltas.mean() == pytest.approx(sampling.popularity_delta(elasticity, **SETTINGS), abs=4 * error)


@given(st.floats(0.01, 1.5), st.floats(0.05, 0.95), st.floats(0.001, 0.2))
def test_preference_for_the_popular_always_looks_like_an_effect(elasticity, true_rate, fraction):
    delta = sampling.popularity_delta(
        elasticity, true_rate=true_rate, fraction=fraction, posting_rate=4, spread=1.5, cells=500
    )
    assert 0 < delta < 1


# Tables and figures


@pytest.fixture(scope="module")
def data():
    """Two crawls: 40 users once and 8 twice in the first; 30 once, 6 twice and 5 three times in the second."""
    posts = []
    for crawl, per_user, day in (
        (1, [1] * 40 + [2] * 8, "2025-01-14"),
        (2, [1] * 30 + [2] * 6 + [3] * 5, "2025-02-10"),
    ):
        for i, n in enumerate(per_user):
            posts += [(f"u{crawl}-{i}", crawl, pd.Timestamp(day))] * n
    posts = pd.DataFrame(posts, columns=["author", "crawl", "created"])
    users = posts.groupby("author").agg(n_posts=("crawl", "size"), crawl=("crawl", "first"))
    users["registered"] = pd.Timestamp("2025-01-13")
    users.loc[users.index.str.startswith("u2-3"), "registered"] = pd.Timestamp("2025-01-20")
    users["in_january"], users["published_retained"] = users["crawl"].eq(1), False
    return Crawl("made", False, posts, users, pd.DataFrame(), len(posts), {})


def names(prefix="sampling_"):
    return [n for n in catalogue.table_names() if n.startswith(prefix)]


@pytest.mark.parametrize("name", names())
def test_table_is_as_documented_and_survives_its_record(name, data):
    frame = catalogue.compute(name, data)
    spec = catalogue.spec(name)
    assert list(frame.columns) == list(spec.columns)
    assert not frame.duplicated(list(spec.keys)).any()
    assert record.to_csv(record.from_csv(record.to_csv(frame))) == record.to_csv(frame)


def test_frequencies_merge_classes_until_none_is_small(data):
    frame = tables.frequencies(data)
    # three or more: nobody in the first crawl, five in the second, so all three classes may be shown
    assert frame[frame["crawl"].eq("1")]["users"].tolist() == [40, 8, 0]
    assert frame[frame["crawl"].eq("2")]["users"].tolist() == [30, 6, 5]
    assert frame[frame["crawl"].eq("all")]["users"].tolist() == [70, 14, 5]
    posts = data.posts[~data.posts["author"].eq("u2-40")]  # one of the five gone: two classes
    users = data.users.drop(index="u2-40")
    fewer = Crawl("made", False, posts, users, pd.DataFrame(), len(posts), {})
    frame = tables.frequencies(fewer)
    assert frame[frame["crawl"].eq("2")]["users"].tolist() == [30, 10]
    assert frame["posts_seen"].unique().tolist() == ["1", "2 or more"]


def test_capture_leaves_late_accounts_out_of_the_pair(data):
    frame = tables.capture(data).set_index(["scope", "estimator"])
    pair = frame.loc[("crawls 1 and 2", "Chapman")]
    late = sum(name.startswith("u2-3") for name in data.users.index)
    assert (pair["users"], pair["recaptured_users"]) == (41 - late, 0)
    assert pair["low"] == sampling.population_limits(48, 41 - late, 0)[0]
    assert np.isnan(pair["high"])
    assert frame.loc[("crawl 1", "Chao"), "estimate"] == 130  # 48 + 40 * 39 / 18 = 134.7, two digits


def test_tables_work_for_one_crawl_without_january(data):
    posts = data.posts[data.posts["crawl"].eq(2)]
    users = data.users[data.users["crawl"].eq(2)]
    one = Crawl("one", False, posts, users, pd.DataFrame(), len(posts), {})
    for name in names():
        if name != "sampling_compatible":
            assert len(catalogue.compute(name, one))
    rates = for_reading(catalogue.compute("sampling_rates", one), catalogue.spec("sampling_rates").formats)
    assumed = rates[rates["basis"].eq("assumed")]
    assert assumed["this_data"].unique().tolist() == ["no user"]
    assert assumed["published"].iloc[:2].tolist() == ["none", "94 to 100 %"]
    assert set(catalogue.compute("sampling_compatible", one)["source"]) == {"published", "one"}


def test_theory_table_agrees_with_itself():
    frame = tables.theory()
    error = np.sqrt(frame["expected_rate"] * (1 - frame["expected_rate"]) / (3249 * 100))
    z = (frame["simulated_rate"] - frame["expected_rate"]) / error
    assert z.abs().max() < 4
    assert (frame["low"] <= frame["expected_rate"]).all()
    assert (frame["expected_rate"] <= frame["high"]).all()


def test_published_label(data):
    label = tables.label(data).set_index("source")
    facts = published_facts()["dataset"]
    users, positive, rate = label.loc["published", ["users", "positive_users", "rate"]]
    assert (users, positive, rate) == (facts["january_users"], facts["retained_users"], pytest.approx(20 / 3249))
    rates = tables.rates(data)
    # 3,249 users with 4,097 posts left for January: at most 2 * 848 of them by users seen twice
    most = rates[rates["basis"].eq("posts per user in the report, at most")].iloc[0]
    assert most[["detection_probability_high", "published_low"]].tolist() == pytest.approx(
        [1696 / 4097, 0.00909], abs=1e-5
    )
    rates = rates.set_index(["sampling_fraction", "posting_rate"])
    hundredth = rates.loc[(0.01, 4.0), ["published_low", "published_high"]].tolist()
    assert hundredth == pytest.approx([0.096, 0.242], abs=0.0005)  # 0.376 % and 0.949 % over 1 - exp(-0.04)
    assert label.loc["made", "users"] == 48


def test_arguments_that_stand_in_cells_are_the_published_facts():
    facts = published_facts()["dataset"]
    crowd = tables.crowd().iloc[0]
    february = facts["rows"] - facts["january_users"]
    drawn = crowd[["first_users", "second_users", "recaptured_users"]].tolist()
    assert drawn == [facts["january_users"], february, facts["retained_users"]]
    assert crowd["accounts_low"] < crowd["accounts"] < crowd["accounts_high"]


def test_a_limit_from_below_is_rounded_down():
    assert sampling.rounded_down(pd.Series([17947.0, 42.0, 5.0, 999.0])).tolist() == [17000, 42, 5, 990]


FIGURES = {
    "detected_rates": ("sampling_theory", {"published": 20 / 3249}),
    "compatible_rates": ("sampling_compatible", "sampling_rates", {}),
    "overlap": ("sampling_overlap", {}),
    "apparent_effect": ("sampling_popularity", {}),
}


@pytest.mark.parametrize("name", FIGURES)
def test_figure_draws_and_speaks(name, data):
    *frames, options = FIGURES[name]
    computed = [record.from_csv(record.to_csv(catalogue.compute(table, data))) for table in frames]
    picture = getattr(plots, name)(*computed, **options)
    assert all(axes.get_xlabel() or axes.get_ylabel() for axes in picture.axes)
    assert "nan" not in picture.alt and len(picture.alt) > 80
