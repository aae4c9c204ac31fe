"""Sessions, arrival and reception: known answers by hand, planted sessions, properties."""

import itertools

import numpy as np
import pandas as pd
import pytest
from crawl_file import text
from hypothesis import given
from hypothesis import strategies as st
from own_crawl import own_crawl

from rednote_study import open_crawl
from rednote_study.analysis import arrival, migrations, reception, sessions
from rednote_study.coding import codebook, hand_reading
from rednote_study.coding.bilingual import says_twice
from rednote_study.coding.codebook import categories, codebook_digest, coded
from rednote_study.crawl.sessions import SessionRule, sessions_of, stops, with_sessions
from rednote_study.errors import DataError, StudyError
from rednote_study.statistics.of_users import delta, estimate, gini, lorenz, permuted, quantile, ratio, resampled, share
from rednote_study.store.small_cells import MINIMUM_USERS
from rednote_study.system.paths import BOOK

values = st.lists(st.integers(0, 9), min_size=6, max_size=40)


@pytest.fixture
def own(tmp_path):
    def opened(**how):
        path = tmp_path / "mine.csv"
        path.write_text(text(own_crawl(**how)), "utf-8")
        return open_crawl(str(path))

    return opened


# Sessions -------------------------------------------------------------------------------------------------


def planted(ends, seed=1, background=40):
    """A day or more of scattered posts, and before each end 60 posts that become denser."""
    rng = np.random.default_rng(seed)
    bursts = [pd.Timestamp(e) - pd.to_timedelta(rng.exponential(40, 60).round(), unit="min") for e in ends]
    first, last = min(map(min, bursts)), pd.Timestamp(ends[-1])
    scattered = first + pd.to_timedelta(rng.uniform(0, (last - first).total_seconds(), background).round(), unit="s")
    return pd.Series(np.concatenate([*bursts, scattered]))


ENDS = ["2025-01-13 23:57", "2025-01-15 01:00", "2025-01-15 11:50"]


@pytest.mark.parametrize("seed", range(5))
def test_planted_sessions_are_found(seed):
    found = stops(planted(ENDS, seed))
    assert len(found) == len(ENDS)
    assert all(abs(f - pd.Timestamp(e)) < pd.Timedelta("1h") for f, e in zip(found, ENDS, strict=True))


def test_the_rhythm_of_day_and_night_is_no_session():
    hours = np.arange(0, 24 * 7 * 60)
    rate = 0.3 * (1 + 0.5 * np.sin(2 * np.pi * hours / 1440))
    posts = np.repeat(hours, np.random.default_rng(3).poisson(rate))
    times = pd.Series(pd.Timestamp("2025-01-10") + pd.to_timedelta(posts, unit="min"))
    assert [t for t in stops(times) if t < times.max() - pd.Timedelta("2h")] == []


@given(st.permutations(range(30)))
def test_the_order_of_the_rows_does_not_matter(order):
    times = planted(ENDS[:1], background=0)[:30].reset_index(drop=True)
    assert list(stops(times.iloc[order], SessionRule(2, 5, 10))) == list(stops(times, SessionRule(2, 5, 10)))


def test_sessions_are_numbered_over_crawls_and_end_with_their_last_post():
    first = planted(ENDS[:2])
    second = pd.Series(pd.date_range("2025-02-01", "2025-02-20", freq="D"))
    posts = pd.DataFrame({"created": pd.concat([first, second], ignore_index=True)})
    posts["crawl"] = 1 + posts.index.to_series().ge(len(first)).astype(int)
    found = sessions_of(posts)
    assert sorted(found.unique()) == [1, 2, 3]
    ranges = posts.groupby(found)["created"].agg(["min", "max"])
    assert (ranges["max"].to_numpy()[:-1] < ranges["min"].to_numpy()[1:]).all()
    assert found[posts["crawl"].eq(2)].eq(3).all()


def test_sessions_are_a_column_of_the_posts(replica):
    posts = with_sessions(replica)
    assert posts.index.equals(replica.posts.index) and posts["session"].ge(1).all()
    banded = posts[[c for c in posts if c.endswith("_banded")]].any(axis=1)
    assert set(posts["display"]) <= {"bands", "exact", "either"} and posts["display"].eq("bands").equals(banded)


# Statistics of users --------------------------------------------------------------------------------------


def test_shares_medians_and_gini_by_hand():
    ones = np.ones(4)
    assert ratio([1, 2, 3, 4], [2, 2, 2, 4])(ones) == 1.0
    assert quantile([5, 1, 3, 100], 0.5)(ones) == 4.0
    assert gini([1, 1, 1, 1])(ones) == pytest.approx(0)
    assert gini([0, 0, 0, 8])(ones) == pytest.approx(0.75)  # 1 - 1/n
    assert lorenz([1, 3, 0, 4], [0.5, 1])(ones).tolist() == [0.125, 1]  # 0 and 1 of 8


@given(values)
def test_gini_is_the_mean_difference_and_the_area_under_the_lorenz_curve(numbers):
    numbers = np.array(numbers, dtype=float) + 1
    differences = np.abs(numbers[:, None] - numbers).mean() / (2 * numbers.mean())
    assert gini(numbers)(np.ones(len(numbers))) == pytest.approx(differences)
    at = np.linspace(0, 1, len(numbers) + 1)
    area = np.trapezoid(lorenz(numbers, at)(np.ones(len(numbers))), at)
    assert 1 - 2 * area == pytest.approx(differences)


@given(values, st.randoms(use_true_random=False))
def test_delta_within_strata_is_the_sum_over_pairs(numbers, chance):
    group = [chance.random() < 0.5 for _ in numbers]
    strata = [chance.randrange(3) for _ in numbers]
    signs = [
        np.sign(x - y)
        for (x, a, s), (y, b, t) in itertools.product(zip(numbers, group, strata, strict=True), repeat=2)
        if a and not b and s == t
    ]
    with np.errstate(invalid="ignore"):
        found = delta(numbers, group, strata)(np.ones(len(numbers)))
    assert (np.isnan(found) and not signs) or found == pytest.approx(np.mean(signs))


@given(values, st.randoms(use_true_random=False))
def test_weights_are_posts_that_stand_so_often(numbers, chance):
    weights = np.array([chance.randrange(3) for _ in numbers])
    group, strata = [i % 2 == 0 for i in range(len(numbers))], [i // 4 for i in range(len(numbers))]
    again = np.repeat(np.arange(len(numbers)), weights)
    for statistic in (lambda v, g, s: delta(v, g, s), lambda v, g, s: quantile(v, 0.5)):
        one = statistic(np.array(numbers), np.array(group), np.array(strata))(weights.astype(float))
        if len(again):
            two = statistic(np.array(numbers)[again], np.array(group)[again], np.array(strata)[again])
            assert one == pytest.approx(float(two(np.ones(len(again)))), nan_ok=True)


def test_a_permutation_test_finds_an_effect_and_no_effect():
    rng = np.random.default_rng(5)
    group, strata = np.arange(200) % 2 == 0, np.arange(200) // 20
    assert permuted(rng.normal(size=200) + 2 * group, group, strata, permutations=499, seed=1) == 1 / 500
    ps = [permuted(rng.normal(size=60), group[:60], strata[:60], permutations=199, seed=s) for s in range(60)]
    assert 0.3 < np.mean(ps) < 0.7 and np.mean(np.array(ps) < 0.1) < 0.3


def test_users_are_resampled_and_not_posts():
    """Ten posts of each of twenty users: the interval is that of twenty."""
    users, holds = np.repeat(np.arange(20), 10), np.repeat(np.arange(20) % 2 == 0, 10)
    value, low, high = share(users, holds, seed=1)
    assert value == 0.5 and high - low > 0.35
    assert np.ptp(resampled(users, ratio(np.ones(200), np.ones(200)), resamples=50, seed=1)) == 0


@pytest.mark.parametrize("few", [1, MINIMUM_USERS - 1])
def test_no_share_rests_on_one_to_four_users(few):
    users = np.arange(100)
    assert np.isnan(share(users, users < few, seed=1)).all()
    assert np.isnan(share(users, users >= few, seed=1)).all()
    assert share(users, users < MINIMUM_USERS, seed=1).value == 0.05
    assert share(users, users < 0, seed=1)[:2] == (0, 0)
    assert np.isnan(estimate(users[:few], quantile(users[:few], 0.5), seed=1)).all()


@given(st.lists(st.lists(st.integers(0, 12), min_size=4, max_size=4), min_size=3, max_size=6))
def test_no_hidden_cell_stands_alone(counts):
    counts = np.array(counts)
    hidden = arrival.hide(counts)
    assert hidden[(counts > 0) & (counts < MINIMUM_USERS)].all()
    for view, numbers in ((hidden, counts), (hidden.T, counts.T)):
        for row, line in zip(view, numbers, strict=True):
            assert row.sum() != 1 or not line[~row].any()


# Codebook and reading -------------------------------------------------------------------------------------


def test_the_codebook_is_whole():
    assert 8 <= len(categories()) <= 10
    for category in categories().values():
        assert category.definition and len(category.english) > 9 and len(category.chinese) > 9
        assert all(word == word.lower() for word in category.english)
        assert len(set(category.english)) == len(category.english) and len(set(category.chinese)) == len(
            category.chinese
        )


@pytest.mark.parametrize(
    ("post", "expected"),
    [
        ("TikTok refugee", set()),
        ("抖音难民", set()),
        ("Hiii everyone", {"greeting"}),
        ("history", set()),
        ("my cats", {"animals"}),
        ("concatenate", set()),
        ("#cat[话题]# #dog", set()),
        ("謝謝大家", {"welcome"}),
        ("The band plays, the ban stays", {"arts", "move"}),
        ("你好 I’m from here, follow me", {"greeting", "connection"}),
        ("", set()),
    ],
)
def test_known_posts_get_their_categories(post, expected):
    found = coded(pd.Series([post])).iloc[0]
    assert set(found.index[found]) == expected


def test_a_category_without_its_parts_is_refused(tmp_path, monkeypatch):
    (tmp_path / "book.toml").write_text('[one]\ndefinition = "x"\n', "utf-8")
    monkeypatch.setattr(codebook, "CODEBOOK", tmp_path / "book.toml")
    with pytest.raises(DataError, match="needs definition, english and chinese"):
        categories.__wrapped__()


def test_the_threshold_is_that_of_strangers():
    like = np.full((40, 40), 0.2) + np.eye(40) * np.where(np.arange(40) < 10, 0.6, 0.0)
    same, threshold = says_twice(like)
    assert threshold == pytest.approx(0.2) and same.sum() == 10
    assert says_twice(np.ones((1, 1)))[0].tolist() == [False]


def test_the_sample_for_the_reader_is_the_same_each_time(replica):
    for reading, (size, _) in hand_reading.SAMPLES.items():
        one, two = hand_reading.to_read(replica, reading), hand_reading.to_read(replica, reading)
        assert one.equals(two) and len(one) == size and one["id"].tolist() == list(range(1, size + 1))
        authors = replica.posts.set_index("line").loc[one["line"], "author"]
        assert authors.is_unique and authors.map(replica.users["account"]).eq("wave").all()
    with pytest.raises(StudyError, match="no reading"):
        hand_reading.to_read(replica, "other")


def test_agreement_by_hand():
    rule = np.repeat([True, False], [20, 80])
    hand = np.concatenate([np.repeat([True, False], [15, 5]), np.repeat([True, False], [10, 70])])
    found = hand_reading.agree(rule, hand, seed=1)
    assert (found["precision"], found["recall"], found["both"]) == (0.75, 0.6, 15)
    assert found["kappa"] == pytest.approx((0.85 - (0.2 * 0.25 + 0.8 * 0.75)) / (1 - (0.2 * 0.25 + 0.8 * 0.75)))
    nothing = hand_reading.agree(rule, np.arange(100) < 3, seed=1)
    assert nothing["hand"] is None and np.isnan(nothing["kappa"])


def test_what_is_kept_of_the_reading_has_no_small_cell_and_is_of_this_codebook():
    kept = pd.read_csv(hand_reading.AGREEMENT)
    assert set(kept["category"][kept["reading"].eq("topics")]) == set(categories())
    assert set(kept["codebook"].dropna()) == {codebook_digest()}
    counts = kept[["read", "rule", "hand", "both"]]
    apart = pd.concat([kept["rule"] - kept["both"], kept["hand"] - kept["both"]])
    for numbers in [*(counts[c] for c in counts), apart]:
        assert not numbers.between(1, MINIMUM_USERS - 1).any()


# Results --------------------------------------------------------------------------------------------------


def test_ten_times_the_hours():
    """The odds ratio of a planted slope, sessions held apart."""
    rng = np.random.default_rng(2)
    hours, session = rng.uniform(-1, 2, 4000), rng.integers(0, 2, 4000)
    chance = 1 / (1 + np.exp(-(-1 + np.log(3) * hours + session)))
    design = np.column_stack([hours, session == 0, session == 1]).astype(float)
    fit = arrival._slope(design, (rng.random(4000) < chance).astype(float))
    assert np.exp(fit(np.ones(4000))) == pytest.approx(3, rel=0.15)
    assert fit(np.ones((2, 4000))) == pytest.approx([fit(np.ones(4000))] * 2)


def test_the_list_of_tests_is_fixed_and_has_at_most_twelve():
    assert len(reception.TESTS) <= 12
    assert reception.listed()["test"].tolist() == list(reception.TESTS)


@pytest.mark.parametrize(
    ("q", "low", "high", "narrow", "verdict"),
    [
        (0.01, 0.2, 0.4, (0.22, 0.38), "seen"),
        (0.01, -0.01, 0.4, (0.02, 0.38), "undetermined"),
        (0.5, -0.1, 0.1, (-0.08, 0.08), "nothing that matters"),
        (0.5, -0.3, 0.3, (-0.2, 0.2), "undetermined"),
        (np.nan, np.nan, np.nan, (np.nan, np.nan), "cannot be tested"),
    ],
)
def test_verdicts(q, low, high, narrow, verdict):
    assert reception._verdict(q, low, high, *narrow, 0.147) == verdict


def test_posts_of_the_replica_know_nothing_of_format():
    """The generator gives no format more likes; the tests see nothing of it in made posts."""
    found = reception.compare(
        open_crawl("replica"), dict(list(reception.TESTS.items())[:3]), resamples=200, permutations=199
    )
    assert not found["verdict"].eq("seen").any() and found["p"].gt(0.01).all()


def test_what_the_chapter_says_comes_from_whole_tables(replica):
    hours = arrival.clock(replica)
    assert hours.groupby(["event", "zone"])["hour"].size().eq(24).all()
    china, york = (
        hours[hours["zone"].eq(z) & hours["event"].eq("registration")].set_index("hour")["users"]
        for z in (arrival.CHINA, arrival.NEW_YORK)
    )
    assert [york[(h - 13) % 24] for h in range(24)] == pytest.approx(china.tolist(), nan_ok=True)
    curve = reception.lorenz_curve(replica, resamples=50)
    for _, part in curve.groupby("count"):
        assert part["share"].is_monotonic_increasing and part["share"].le(part["posts_below"] + 1e-9).all()


@pytest.mark.parametrize("how", [{}, {"january": False}, {"control": False}, {"users": 6}])
def test_a_crawl_of_ones_own_gives_tables_or_says_why_not(own, how):
    crawl = own(**how)
    quick = {"resamples": 20}
    made = [
        sessions.half_hours(crawl), sessions.found(crawl), sessions.differences(crawl, **quick), sessions.sensitivity(crawl),
        arrival.clock(crawl), arrival.newness(crawl, **quick), arrival.ages(crawl, **quick), arrival.scripts(crawl, **quick),
        arrival.languages(crawl, **quick), arrival.beside(crawl, **quick), arrival.odds(crawl, **quick),
        arrival.topics(crawl, **quick), reception.described(crawl, **quick), reception.concentration(crawl, **quick),
        reception.lorenz_curve(crawl, **quick), reception.by_kind(crawl, **quick),
        reception.compare(crawl, permutations=20, **quick), reception.explored(crawl, **quick),
    ]  # fmt: skip
    assert (
        all(isinstance(f, pd.DataFrame) for f in made) and [f.attrs["failed"] for f in made if f.attrs["failed"]] == []
    )
    for frame in made:
        for column in (c for c in frame if c.split("_")[-1] in ("users", "posts")):
            assert not frame[column].between(1, MINIMUM_USERS - 1).any()


# Other arrivals -------------------------------------------------------------------------------------------


def test_every_figure_of_another_migration_has_a_source_a_place_and_a_tier():
    moves, after = migrations.migrations(), migrations.aftermath()
    keys = set(pd.Series((BOOK / "references.bib").read_text("utf-8")).str.findall(r"@\w+\{(\w+),")[0])
    assert moves["source"].nunique() >= 6 and moves.notna().all().all()
    assert set(moves["source"]) | set(after["source"].dropna()) <= keys
    assert moves["share"].between(0, 1).all() and set(moves["tier"]) <= {"A", "B"}
    assert after.loc[after["source"].isna(), "tier"].eq("C").all()
    assert set(migrations.framework()["can_speak"]) <= {"partly", "hardly", "no", "yes"}
