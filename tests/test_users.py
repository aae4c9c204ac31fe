import pandas as pd
import pytest
from crawl_file import row, text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rednote_study.analysis.language import user_texts
from rednote_study.crawl.posts import read_posts
from rednote_study.crawl.users import build_users, risk_ends, totals


def users_of(tmp_path, rows):
    path = tmp_path / "c.csv"
    path.write_text(text(rows), "utf-8")
    posts = read_posts(path).posts
    return build_users(posts), posts


ROWS = [
    # an account of 2019: January and February
    row("2025-01-10 10:00", "2019-05-01 00:00", user=1, post=1, like_count="5"),
    row("2025-02-03 10:00", "2019-05-01 00:00", user=1, post=2, like_count="1千+"),
    # a refugee seen in January only
    row("2025-01-14 10:00", "2025-01-13 10:00", user=2, post=3),
    # a refugee seen on 28 February and 1 March only
    row("2025-02-28 23:00", "2025-01-31 23:00", user=3, post=4),
    row("2025-03-01 23:00", "2025-01-31 23:00", user=3, post=5),
    # a younger account
    row("2025-02-05 10:00", "2025-02-01 00:00", user=4, post=6, like_count=""),
]


def test_known_answers(tmp_path):
    users, _ = users_of(tmp_path, reversed(ROWS))
    assert users["n_posts"].tolist() == [2, 1, 2, 1]
    assert users["account"].tolist() == ["older", "wave", "wave", "younger"]
    assert users["in_january"].tolist() == [True, True, False, False]
    assert users["published_retained"].tolist() == [True, False, False, False]
    assert users["cohort_retained"].tolist() == [True, False, True, True]
    assert users["like_count"].tolist() == [1005, 1, 2, pd.NA]  # a count that was not on the page
    assert users["like_count_banded"].tolist() == [True, False, False, False]
    assert users["tenure_days"].tolist()[1:] == [1.0, 29.0, pytest.approx(4 + 10 / 24)]
    assert users["tenure_first_days"].tolist()[1:] == [1.0, 28.0, pytest.approx(4 + 10 / 24)]
    assert users[["tenure_7", "tenure_14", "tenure_28"]].values.tolist()[1:] == [[False] * 3, [True] * 3, [False] * 3]


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 100 * 24), st.sampled_from(["", "3", "10+", "1.2万"])), min_size=1
    )
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_users_are_what_a_plain_grouping_says(tmp_path, posts):
    rows = [
        row(f"{pd.Timestamp('2025-01-01') + pd.Timedelta(hours=h):%Y-%m-%d %H:%M}", "2024-12-31 00:00", user=u, post=i,
            like_count=likes)
        for i, (u, h, likes) in enumerate(posts)
    ]  # fmt: skip
    users, kept = users_of(tmp_path, rows)
    by = kept.sort_values(["created", "line"]).groupby("author")
    expected = pd.DataFrame({
        "first_post": by["created"].min(), "last_post": by["created"].max(), "crawl": by["crawl"].first(),
        "crawls": by["crawl"].nunique(), "n_posts": by.size(), "like_count": by["like_count"].sum(skipna=False),
        "like_count_banded": by["like_count_banded"].any(),
        "in_january": by["created"].agg(lambda t: (t.dt.month == 1).any()),
        "published_retained": by["created"].agg(lambda t: {1, 2} <= set(t.dt.month)),
        "cohort_retained": by["created"].agg(lambda t: (t >= "2025-02-01").any()),
    })  # fmt: skip
    pd.testing.assert_frame_equal(users[expected.columns], expected.loc[users.index], check_dtype=False)
    pd.testing.assert_series_equal(totals(kept)["like_count"], users["like_count"], check_like=True)


def test_in_one_crawl_all_of_the_wave_is_at_risk(tmp_path):
    users, posts = users_of(tmp_path, ROWS)
    assert risk_ends(posts) == pd.Timestamp("2025-02-01")
    assert users["at_risk"].tolist() == [False, True, True, False]


def test_who_registers_after_the_january_crawl_is_not_at_risk(tmp_path):
    early = [row(f"2025-01-14 10:{m:02}", user=m, post=m, content=f"hello {m} ") for m in range(30)]
    late = [
        row(f"2025-02-13 10:{m:02}", "2025-01-16 00:00", user=90 + m, post=m, content=f"hi {m} #a[话题]#")
        for m in range(30)
    ]
    users, posts = users_of(tmp_path, early + late)
    assert risk_ends(posts) == pd.Timestamp("2025-01-14 10:29")
    assert users["at_risk"].tolist() == [True] * 30 + [False] * 30
    assert users["crawls"].eq(1).all()


def test_the_wave_begins_and_ends_on_the_minute(tmp_path):
    registered = ["2025-01-08 23:59:59", "2025-01-09 00:00:00", "2025-01-31 23:59:59", "2025-02-01 00:00:00"]
    users, _ = users_of(tmp_path, [row("2025-02-03 10:00", r, user=i, post=i) for i, r in enumerate(registered)])
    assert users["account"].tolist() == ["older", "wave", "wave", "younger"]


def test_order_is_that_of_registration_not_of_the_hash(tmp_path):
    users, _ = users_of(
        tmp_path, [row("2025-01-20 10:00", f"2025-01-1{d} 00:00", user=d, post=d) for d in (5, 1, 9, 3)]
    )
    assert users["registered"].is_monotonic_increasing


def test_texts_of_a_user_follow_one_another_in_time(made):
    rows = [
        row("2025-01-20 10:00", user=2, post=1, title="second", content=""),
        row("2025-01-16 10:00", user=1, post=2, title="", content="alone"),
        row("2025-01-15 10:00", user=2, post=3, title="first", content="of two"),
    ]
    data = made(rows)
    texts = user_texts(data, "raw")
    assert list(texts.index) == list(data.users.index)
    assert dict(zip(data.users["n_posts"], texts, strict=True)) == {1: "alone", 2: "first\nof two\nsecond"}
    assert str(texts.dtype) == "str"
