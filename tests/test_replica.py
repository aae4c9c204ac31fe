import csv
import datetime as dt
import hashlib
import itertools
import re

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from rednote_study import replica
from rednote_study.errors import DataError
from rednote_study.replica import Effects, Size
from rednote_study.replica.draws import conditional_bernoulli
from rednote_study.replica.rows import _shown
from rednote_study.reported.published import published_facts

FACTS = published_facts()
COUNTS = ["like_count", "collect_count", "comment_count", "share_count"]
UTC_OFFSET = 8 * 3600
HAN, LATIN = re.compile(r"[\u4e00-\u9fff]"), re.compile(r"[A-Za-z]{2}")


def parse_count(text):
    """The published parser as it was meant."""
    text = text.replace("+", "").replace("千", "e3").replace("万", "e4")
    return round(float(text))


def seconds(ids):
    return ids.str[:8].map(lambda digits: int(digits, 16))


def language(title, content):
    """Script of a post without hashtags and sticker codes."""
    text = re.sub(r"#\S+?\[话题\]#|\[[^\[\]]+R\]", " ", f"{title}\n{content}")
    han, latin = bool(HAN.search(text)), bool(LATIN.search(text))
    return {(True, True): "mixed", (True, False): "han", (False, True): "latin", (False, False): "none"}[han, latin]


@pytest.fixture(scope="module")
def rows():
    with replica.FILE.open(encoding="utf-8", newline="") as file:
        return pd.DataFrame(csv.DictReader(file), dtype="str")


@pytest.fixture(scope="module")
def posts(rows):
    """The file, parsed by this test's own means."""
    parsed = pd.DataFrame({c: rows[c].map(parse_count) for c in COUNTS})
    parsed["user"], parsed["registered"] = rows["user_id"], seconds(rows["user_id"])
    parsed["created"] = pd.to_datetime(rows["create_time"], format="%m/%d/%Y %H:%M")
    return parsed


@pytest.fixture(scope="module")
def january_users(posts):
    """Totals of January users, oldest account first, and whether they have a February post."""
    january = posts["created"] < "2025-02-01"
    users = posts[january].groupby("user")[COUNTS].sum().sort_index()
    users["retained"] = users.index.isin(posts.loc[~january, "user"])
    return users


@pytest.fixture(scope="module")
def population():
    return replica.simulate(seed=7, size=Size(n_users=30_000, n_retained=0))


def test_the_shipped_file_is_what_the_generator_makes(tmp_path):
    written = replica.write(tmp_path / "folder" / "copy.csv")
    assert hashlib.sha256(written.read_bytes()).digest() == hashlib.sha256(replica.FILE.read_bytes()).digest()
    assert [p.name for p in written.parent.iterdir()] == ["copy.csv"]
    assert replica.matches() and not replica.matches(tmp_path / "nothing.csv")


def test_file_form_is_fixed():
    content = replica.FILE.read_bytes()
    assert not content.startswith(b"\xef\xbb\xbf") and b"\r" not in content and content.endswith(b"\n")
    assert len(content) < 2_500_000


def test_columns_rows_and_missing_cells_as_published(rows):
    described = FACTS["dataset"]
    assert list(rows.columns) == described["column_names"]
    assert len(rows) == described["rows"]
    filled = rows.ne("").sum()
    for column in rows.columns:
        expected = described["non_null"].get(column, described["non_null"]["all_others"])
        assert filled[column] == expected, column
    assert (rows.apply(lambda c: c.str.strip()) == rows).all(axis=None)


def test_users_and_retained_as_published(posts, january_users):
    described = FACTS["dataset"]
    assert len(january_users) == described["january_users"]
    assert january_users["retained"].sum() == described["retained_users"]
    tail = len(january_users) - int(len(january_users) * 0.8)
    assert tail == 650
    assert january_users["retained"].tail(650).sum() == described["retained_in_last_650_users"]
    charted = posts[posts["created"] < "2025-02-28"]
    february = charted.loc[charted["created"] >= "2025-02-01", "user"]
    assert january_users.index.isin(february).sum() == 20  # the filter that loses 28 February loses no retained user


def test_window_as_published(posts):
    days = posts["created"].dt.date
    assert [str(days.min()), str(days.max())] == FACTS["dataset"]["window"]
    assert days.nunique() == 59


def test_daily_users_as_charted(posts):
    daily = posts.groupby(posts["created"].dt.strftime("%Y-%m-%d"))["user"].nunique()
    for day, charted in FACTS["daily_active_users_approx"].items():
        if day != "note":
            assert abs(daily[day] - charted) <= (1 if charted < 10 else charted / 10), day
    listed = set(FACTS["daily_active_users_approx"])
    unlisted = daily[~daily.index.isin(listed)]
    assert unlisted[unlisted.index < "2025-01-12"].between(1, 5).all()
    assert unlisted[unlisted.index >= "2025-02-01"].between(4, 18).all()


def test_user_totals_as_published(january_users):
    totals = january_users[COUNTS]
    correlations = totals.corr()
    for pair, published in FACTS["engagement_user_totals"]["pearson"].items():
        a, b = (f"{name}_count" for name in pair.split("-"))
        assert correlations.loc[a, b] == pytest.approx(published, abs=0.1), pair
    for column, published in FACTS["engagement_user_totals"]["max_approx"].items():
        assert totals[column].max() == pytest.approx(published, rel=0.1), column
    assert (totals.eq(0).mean() > 0.05).all() and (totals.mean() > 5 * totals.median()).all()


def test_the_oldest_accounts_as_published(january_users):
    published, oldest = FACTS["first_rows_january_users"], january_users.head(5)
    for column in COUNTS:
        assert oldest[column].tolist() == published[column]
    dates = [dt.datetime.fromtimestamp(s, dt.UTC).date().isoformat() for s in seconds(oldest.index.to_series())]
    assert dates == published["registered_utc"]
    assert not oldest["retained"].any()


def test_identifiers_agree_with_the_times(rows, posts):
    assert rows["post_id"].is_unique
    assert rows[["post_id", "user_id"]].map(lambda i: bool(re.fullmatch("[0-9a-f]{24}", i))).all(axis=None)
    made = pd.to_datetime(seconds(rows["post_id"]) + UTC_OFFSET, unit="s")
    assert (made.dt.floor("min") == posts["created"]).all()
    assert (posts["registered"] < seconds(rows["post_id"])).all()
    assert rows["create_time"].str.fullmatch(r"[12]/[1-9]\d?/2025 1?2?\d:\d{2}").all()
    assert not rows["user_id"].is_monotonic_increasing and not posts["created"].is_monotonic_increasing


def test_every_notation_of_counts_occurs_and_bands_only_in_february(rows, posts):
    cells = rows[COUNTS].stack()
    assert {"10+", "1千+", "1万+", "1.2万", "0", "14"} <= set(cells)
    banded = rows[COUNTS].map(lambda c: c.endswith("+")).any(axis=1)
    assert banded.any() and (posts.loc[banded, "created"] >= "2025-02-01").all()


def test_nothing_looks_like_a_person(rows):
    assert rows["user_name"].str.match(r"synthetic-[a-z]+-\d+$|合成\w+\d+$").all()
    for column in ("address", "image"):
        assert rows[column].str.startswith("https://example.org/").all()
    assert rows.groupby("user_id")[["user_name", "address", "ip_localtion"]].nunique().eq(1).all(axis=None)


def test_languages_hashtags_and_types(rows):
    found = pd.Series([language(*pair) for pair in zip(rows["title"], rows["content"], strict=True)])
    assert set(found) == {"latin", "han", "mixed", "none"} and found.value_counts(normalize=True).min() > 0.03
    assert rows["content"].str.contains("#tiktokrefugee[话题]#", regex=False).mean() > 0.3
    labels = rows.loc[rows["label"].ne(""), "label"]
    assert 0.8 < labels.str.endswith("#").mean() < 0.9
    assert set(rows["type"]) == {"normal", "video"}


def test_planned_language_is_the_written_one():
    population = replica.simulate(3, size=Size(n_users=600, n_retained=4))
    rows = replica.to_rows(population, 3)
    planned = population.posts["language"].astype("str").value_counts()
    written = pd.Series([language(*pair) for pair in zip(rows["title"], rows["content"], strict=True)])
    assert written.value_counts().to_dict() == planned.to_dict()


def test_another_seed_makes_other_data():
    size = Size(n_users=100, n_retained=2)
    first, again, other = (replica.generate(seed, size=size) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert first.shape == other.shape and not set(first["post_id"]) & set(other["post_id"])


@pytest.mark.parametrize(("n_users", "n_retained"), [(100, 0), (650, 20), (3249, 500), (9747, 60)])
def test_sizes_scale(n_users, n_retained):
    population = replica.simulate(5, size=Size(n_users=n_users, n_retained=n_retained))
    users, posts = population.users, population.posts
    assert users["january"].sum() == n_users and users["retained"].sum() == n_retained
    assert users.loc[users["newest"], "retained"].sum() == n_retained // 2
    february = posts["time"] >= dt.datetime.fromisoformat("2025-02-01T00:00+08:00").timestamp()
    january_users = posts.loc[~february, "user"].unique()
    assert len(january_users) == n_users
    assert np.isin(posts.loc[february, "user"].unique(), january_users).sum() == n_retained
    assert len(posts) == pytest.approx(4117 / 3249 * n_users + n_retained, rel=0.06)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Size(n_users=50),
        lambda: Size(n_users=1000, n_retained=400),
        lambda: Size(n_retained=-1),
        lambda: Size(n_retained=None),
        lambda: Size(n_retained=20, base_rate=0.1),
        lambda: Size(n_retained=None, base_rate=1.0),
        lambda: Effects(topic=float("nan")),
        lambda: Effects(language=11),
        lambda: replica.generate(seed=-1),
        lambda: replica.generate(seed=1.5),
        lambda: replica.sentences(1, 1, topic="weather"),
    ],
)
def test_bad_parameters_are_named(make):
    with pytest.raises(DataError, match=r"[a-z]{4,}"):
        make()


def fit(users, retained):
    """Log odds ratios with standard errors: topic, language, engagement, and an indicator of the newest fifth."""
    design = sm.add_constant(users[["adaptation", "chinese", "engagement", "newest"]].astype(float))
    model = sm.Logit(retained.astype(float), design).fit(disp=False)
    return model.params.to_numpy()[1:4], model.bse.to_numpy()[1:4]


PLANTED = Effects(topic=0.9, language=-0.6, engagement=0.4)


@pytest.mark.parametrize("size", [Size(n_retained=None, base_rate=0.05), Size(30_000, n_retained=2000)])
def test_planted_effects_are_recovered(population, size):
    retained = replica.draw_retained(np.random.default_rng(1), population.users[:30_000], PLANTED, size)
    estimates, errors = fit(population.users[:30_000], retained)
    assert (np.abs(estimates - [0.9, -0.6, 0.4]) < 3 * errors).all()
    assert (np.abs(estimates) > 4 * errors).all()


def test_no_effect_is_found_where_none_is_planted(population):
    users, size, found = population.users[:30_000], Size(30_000, n_retained=1000), []
    for seed in range(30):
        estimates, errors = fit(users, replica.draw_retained(np.random.default_rng(seed), users, Effects(), size))
        found.extend(np.abs(estimates) > 1.96 * errors)
    assert np.mean(found) < 0.12  # 5 % expected, 90 tests: 11 or more in 1 of 100 cases


def test_effects_change_who_is_retained_and_nothing_else_in_january():
    size = Size(n_users=2000, n_retained=200)
    none, planted = (replica.simulate(9, effects, size).users[:2000] for effects in (Effects(), Effects(topic=3)))
    pd.testing.assert_frame_equal(none.drop(columns="retained"), planted.drop(columns="retained"))
    shares = [users.loc[users["retained"], "adaptation"].mean() for users in (none, planted)]
    assert shares[1] > 3 * shares[0]


def test_conditional_draws_have_the_exact_chances():
    odds = np.array([1.0, 2.0, 3.0, 4.0])
    pairs = {pair: odds[list(pair)].prod() for pair in itertools.combinations(range(4), 2)}  # sum 35
    expected = [sum(weight for pair, weight in pairs.items() if i in pair) / 35 for i in range(4)]
    assert expected[0] == pytest.approx(9 / 35)
    rng = np.random.default_rng(1)
    drawn = np.mean([conditional_bernoulli(rng, np.log(odds), 2) for _ in range(4000)], axis=0)
    assert np.abs(drawn - expected).max() < 4 * np.sqrt(0.25 / 4000)
    assert not conditional_bernoulli(rng, np.log(odds), 0).any() and conditional_bernoulli(rng, np.log(odds), 4).all()


@given(st.integers(0, 10**7), st.booleans())
def test_counts_are_shown_as_the_platform_shows_them(count, banded):
    shown = _shown(count, banded)
    assert re.fullmatch(r"\d{1,4}|\d+(\.\d+)?万|10\+|1千\+|1万\+", shown)
    if shown.endswith("+"):
        assert banded and parse_count(shown) <= count
    elif count % 1000 == 0 or count < 10_000:
        assert parse_count(shown) == count


def test_grammar_is_complete_in_both_languages():
    assert len(replica.TOPICS) >= 12
    for topic in replica.TOPICS:
        made = replica.sentences(1, 400, topic)
        assert len(made) == 400 and made["topic"].eq(topic).all() and made["english"].nunique() > 40
        assert not made["english"].str.contains(HAN).any() and not made["chinese"].str.contains("[A-Za-z{}]").any()
        assert made["english"].str.match(r"[A-Z].*[.?!]$").all() and made["chinese"].str.match(r".*[。？！]$").all()


def test_sentences_are_labelled_and_repeatable():
    made = replica.sentences(4, 40)
    pd.testing.assert_frame_equal(made, replica.sentences(4, 40))
    assert set(made["topic"]) == set(replica.TOPICS) and list(made.columns) == ["topic", "english", "chinese"]
