import datetime
import re

import pandas as pd
import pytest
from crawl_file import COLUMNS, object_id, row, text
from hypothesis import given, settings
from hypothesis import strategies as st

from rednote_study.crawl.posts import COUNTS, read_posts
from rednote_study.crawl.times import parse_times
from rednote_study.errors import DataError


def read(tmp_path, rows):
    path = tmp_path / "crawl.csv"
    path.write_text(text(rows), "utf-8")
    return read_posts(path)


@pytest.mark.parametrize(
    ("raw", "parsed"),
    [
        ("1/14/2025 12:08", "2025-01-14 12:08"),
        ("12/1/2025 2:08:59", "2025-12-01 02:08:59"),
        ("2025-01-14 12:08", "2025-01-14 12:08"),
        ("2025-01-14T12:08:30.5", "2025-01-14 12:08:30"),
        ("2025-01-14T04:08Z", "2025-01-14 12:08"),
        ("2025-01-13 23:08-05:00", "2025-01-14 12:08"),
        ("2025-01-14", "2025-01-14"),
        ("2025-01-14_12:08:30", "2025-01-14 12:08:30"),
        ("2025.01.14 12:08", "2025-01-14 12:08"),
        ("1736827680", "2025-01-14 12:08"),
        ("1736827680123", "2025-01-14 12:08"),
        ("1736827680000.0", "2025-01-14 12:08"),
    ],
)
def test_times_in_the_formats_seen(raw, parsed):
    assert parse_times(pd.Series([raw]))[0] == pd.Timestamp(parsed)


@pytest.mark.parametrize(
    "raw", ["", "yesterday", "14/1/2025 12:08", "2025-02-30 10:00", "1/14/25 12:08", "173682768", "25:00"]
)
def test_other_times_are_missing(raw):
    assert parse_times(pd.Series([raw])).isna().all()


def test_a_good_row_keeps_what_it_says_and_no_person(tmp_path):
    posts = read(
        tmp_path, [row(like_count="1千+", title="  ", content="你好 ", user_name="Some Body", address="http://a")]
    ).posts
    post = posts.iloc[0]
    assert (post["like_count"], post["like_count_upper"], post["like_count_banded"]) == (1000, 9999, True)
    assert pd.isna(post["title"]) and post["content"] == "你好 " and post["blank_ends"]
    assert post["registered"] == pd.Timestamp("2025-01-13 09:00") and not post["time_mismatch"]
    assert "Some Body" not in posts.to_csv() and object_id("2025-01-13 09:00", 1) not in posts.to_csv()


def test_a_time_that_disagrees_with_the_identifier_is_flagged_and_kept(tmp_path):
    late = row(post=2, create_time="2025-01-14 13:08")
    late["post_id"] = object_id("2025-01-14 12:08", 2)
    assert read(tmp_path, [row(post=1), late]).posts["time_mismatch"].tolist() == [False, True]


def test_identifiers_are_not_repeated_in_reasons(tmp_path):
    result = read(tmp_path, [row(post=1), row(post=2, user_id="secret-name")])
    assert "secret-name" not in result.quarantine.to_csv()


def test_the_same_post_twice_counts_once(tmp_path):
    result = read(tmp_path, [row(post=1), row(post=1, like_count="99"), row(post=2)])
    assert len(result.posts) == 2 and result.posts["like_count"].tolist() == [99, 1]
    assert result.quarantine.values.tolist() == [[2, "the same post as line 3, which is later"]]
    assert (result.reading.repeats, result.reading.set_aside) == (1, 0)


def test_blank_counts_are_missing_and_counted(tmp_path):
    result = read(tmp_path, [row(post=1, like_count=""), row(post=2, label=" ")])
    assert result.posts["like_count"].isna().tolist() == [True, False]
    assert result.missing["like_count"] == 1 and result.missing["label"] == 1


def test_columns_may_come_in_any_order_and_optional_ones_may_lack(tmp_path):
    columns = [c for c in reversed(COLUMNS) if c not in ("address", "user_name", "post_image", "ip_localtion")]
    path = tmp_path / "crawl.csv"
    path.write_text(text([row()], columns), "utf-8")
    result = read_posts(path)
    assert len(result.posts) == 1 and result.posts["ip_location"].isna().all()
    assert set(COUNTS) <= set(result.missing) and "address" not in result.missing


# Properties: whatever stands in the cells ------------------------------------------------------------------------

WRITTEN = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=15)
@given(st.lists(st.datetimes(pd.Timestamp("2013-06-01"), pd.Timestamp("2038-01-01")), min_size=1, max_size=10))
def test_a_time_written_down_is_read_again(moments):
    moments = [moment.replace(microsecond=0) for moment in moments]
    notations = [written_down(moment) for moment in moments]
    read_again = parse_times(pd.Series([text for several in notations for text in several]))
    assert read_again.tolist() == [moment for moment, several in zip(moments, notations, strict=True) for _ in several]


def written_down(moment):
    """A wall time of China in each notation: American, ISO, with a zone, as databases write zones, with slashes."""
    china, zone = (datetime.timezone(datetime.timedelta(hours=h)) for h in (8, -5))
    elsewhere = moment.replace(tzinfo=china).astimezone(zone).isoformat()
    return [
        f"{moment.month}/{moment.day}/{moment.year} {moment.hour}:{moment:%M:%S}",
        moment.isoformat(" "),
        elsewhere,
        elsewhere.removesuffix(":00"),
        f"{moment.year}/{moment.month}/{moment.day} {moment:%H:%M:%S}",
    ]


@settings(max_examples=40)
@given(
    st.lists(
        WRITTEN | st.from_regex(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4} [0-9]{1,2}:[0-9]{2}", fullmatch=True), max_size=12
    )
)
def test_any_text_is_a_time_or_missing(texts):
    times = parse_times(pd.Series(texts, dtype="str"))
    assert len(times) == len(texts) and str(times.dtype) == "datetime64[s]"
    for written, time in zip(texts, times, strict=True):
        if re.fullmatch(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4} [0-9]{1,2}:[0-9]{2}", written):
            try:
                told = datetime.datetime.strptime(written, "%m/%d/%Y %H:%M")
            except ValueError:
                told = pd.NaT
            usable = told is not pd.NaT and 1900 <= told.year <= 2200
            assert time == told if usable else time is pd.NaT


@settings(max_examples=10)
@given(
    st.lists(
        st.dictionaries(st.sampled_from([c for c in COLUMNS if not c.endswith("_id")]), WRITTEN), min_size=1, max_size=4
    )
)
def test_texts_come_out_as_they_went_in(tmp_path_factory, changes):
    rows = [row(post=0)] + [row(post=i) | cells for i, cells in enumerate(changes, 1)]
    result = read(tmp_path_factory.mktemp("p"), rows)
    assert result.rows == len(rows) == len(result.posts) + len(result.quarantine)
    kept = result.posts.set_index("line")
    assert len(kept) == len(result.posts)
    titles = [r["title"] for r in rows if r["title"].strip()]
    assert set(kept["title"].dropna()) <= set(titles)


def test_who_made_pseudonyms_is_told_what_they_must_be(tmp_path):
    path = tmp_path / "crawl.csv"
    path.write_text(text([row(user_id=f"user_{number}", post=number) for number in range(3)]), encoding="utf-8")
    with pytest.raises(DataError, match=r"user_id.*Pseudonyms of users must be hashes"):
        read_posts(path)
