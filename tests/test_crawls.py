import numpy as np
import pandas as pd
import pytest
from crawl_file import row, text
from hypothesis import given, settings
from hypothesis import strategies as st

from rednote_study.crawl.crawls import detect_crawls
from rednote_study.crawl.posts import COUNTS, read_posts


def posts(times, marked):
    """Posts at `times`; where `marked`, in the other crawler's format."""
    marked = pd.Series(np.asarray(marked, dtype=bool))
    frame = pd.DataFrame({"created": pd.to_datetime(pd.Series(times)), "title": pd.Series("a", index=marked.index)})
    frame["content"] = marked.map({True: "hi #cat[话题]#", False: "hi #cat"})
    frame["blank_ends"] = ~marked
    return frame.assign(**{f"{c}_banded": False for c in COUNTS})


def hours(start, n, step=1):
    return list(pd.Timestamp(start) + pd.to_timedelta(np.arange(n) * step, unit="h"))


def test_two_formats_across_a_gap_are_two_crawls_whatever_the_order():
    frame = posts(hours("2025-01-10", 60) + hours("2025-01-20", 40), [False] * 60 + [True] * 40)
    expected = pd.Series([1] * 60 + [2] * 40)
    assert detect_crawls(frame).equals(expected)
    shuffled = frame.sample(frac=1, random_state=1)
    assert detect_crawls(shuffled).equals(expected[shuffled.index])


def test_three_formats_are_three_crawls():
    times = hours("2025-01-01", 50) + hours("2025-01-10", 50) + hours("2025-01-20", 50)
    frame = posts(times, [False] * 50 + [True] * 50 + [False] * 50)
    assert detect_crawls(frame).value_counts().to_dict() == {1: 50, 2: 50, 3: 50}


@pytest.mark.parametrize(
    ("times", "marked"),
    [
        (hours("2025-01-10", 60) + hours("2025-01-20", 40), [False] * 100),  # a gap, one format
        (hours("2025-01-10", 100), [False] * 60 + [True] * 40),  # two formats, no gap
        (hours("2025-01-10", 5) + hours("2025-01-20", 5), [False] * 5 + [True] * 5),  # too few to tell
        (hours("2025-01-10", 1), [True]),
    ],
)
def test_one_sign_alone_makes_no_second_crawl(times, marked):
    assert detect_crawls(posts(times, marked)).eq(1).all()


def test_chance_makes_no_crawls():
    """In fixed draws, not in any: once in many thousand files, chance does change a mark across a gap."""
    for seed in range(100):
        rng = np.random.default_rng(seed)
        n = rng.integers(40, 121)
        times = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 5_000_000, n), unit="s")
        assert detect_crawls(posts(times, rng.random(n) < 0.5)).max() == 1, seed


@settings(max_examples=30, deadline=None)
@given(st.integers(20, 80), st.integers(20, 80), st.integers(24, 500))
def test_a_planted_boundary_is_found_exactly(first, second, gap):
    start = pd.Timestamp("2025-01-01") + pd.Timedelta(hours=first - 1 + gap)
    frame = posts(hours("2025-01-01", first) + hours(start, second), [False] * first + [True] * second)
    assert detect_crawls(frame).tolist() == [1] * first + [2] * second


def test_every_post_of_a_file_carries_its_crawl(tmp_path):
    early = [row(f"2025-01-13 10:{m:02}", user=m, post=m, content=f"hello {m} ") for m in range(30)]
    late = [row(f"2025-02-13 10:{m:02}", user=90 + m, post=m, content=f"hi {m} #a[话题]#") for m in range(30)]
    path = tmp_path / "c.csv"
    path.write_text(text([*late, *early]), "utf-8")
    assert read_posts(path).posts["crawl"].tolist() == [2] * 30 + [1] * 30
