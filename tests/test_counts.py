import re
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rednote_study.crawl.counts import LARGEST_COUNT, is_count, parse_counts


@pytest.mark.parametrize(
    ("text", "value", "upper", "banded"),
    [
        ("14", 14, 14, False),
        ("0", 0, 0, False),
        ("1.2万", 12_000, 12_000, False),
        ("7.6万", 76_000, 76_000, False),
        ("1.2w", 12_000, 12_000, False),
        ("1.2萬", 12_000, 12_000, False),
        ("2W", 20_000, 20_000, False),
        ("10+", 10, 999, True),
        ("100+", 100, 999, True),
        ("1千+", 1_000, 9_999, True),
        ("1万+", 10_000, 99_999, True),
        ("3千+", 3_000, 3_999, True),
        ("1,234", 1_234, 1_234, False),
        (" 12 ", 12, 12, False),
        ("１２", 12, 12, False),
        ("0.3万", 3_000, 3_000, False),
    ],
)
def test_known_notations(text, value, upper, banded):
    parsed = parse_counts(pd.Series([text])).iloc[0]
    assert (parsed["value"], parsed["upper"], parsed["banded"]) == (value, upper, banded)


@pytest.mark.parametrize("word", ["赞", "点赞", "收藏", "评论", "分享"])
def test_the_word_of_a_button_that_nobody_pressed_is_zero(word):
    assert parse_counts(pd.Series([word]))["value"].tolist() == [0]


@pytest.mark.parametrize(
    "text", ["", "   ", None, "-1", "-1.0", "-", "—", "None", "nan", "NaN", "null", "\\N", "N/A", "未知", "undefined"]
)
def test_blank_is_missing_and_allowed(text):
    cell = pd.Series([text], dtype="str")
    assert parse_counts(cell)["value"].isna().all()
    assert is_count(cell).all()


@pytest.mark.parametrize(
    "text", ["abc", "-3", "1.5", "1e3", "10^18", str(10**18), "9" * 400, "万", "+", "1,23", "赞了", "1.2.3"]
)
def test_other_cells_are_refused(text):
    assert not is_count(pd.Series([text])).any()
    assert parse_counts(pd.Series([text]))["value"].isna().all()


def test_bands_that_the_platform_shows_meet_without_gap():
    bands = parse_counts(pd.Series(["10+", "1千+", "1万+"]))
    assert (bands["upper"] + 1).tolist()[:2] == bands["value"].tolist()[1:]


@given(st.lists(st.text(max_size=8)))
def test_any_text_is_parsed_or_refused(texts):
    cells = pd.Series(texts, dtype="str")
    parsed = parse_counts(cells)
    assert (parsed["value"].notna() <= is_count(cells)).all()
    assert (parsed["value"].dropna() <= parsed["upper"].dropna()).all()


@given(
    st.text("0123456789.,千kK万wW亿+ １２-", max_size=12)
    | st.from_regex(r"[0-9]{1,6}(\.[0-9]{1,9})?[千k万w亿]?\+?", fullmatch=True)
)
def test_a_count_is_what_exact_arithmetic_says(text):
    """Against a second reading, with decimals that never round."""
    folded = text.strip().translate(str.maketrans("１２", "12"))
    match = re.fullmatch(r"([0-9]{1,15}(?:\.[0-9]{1,15})?|[0-9]{1,3}(?:,[0-9]{3}){1,4})([千kKwW万亿]?)(\+?)", folded)
    exact = match and Decimal(match[1].replace(",", "")) * {"": 1, "千": 10**3, "k": 10**3, "亿": 10**8}.get(
        match[2].lower(), 10**4
    )
    good = exact is not None and exact == int(exact) and exact <= LARGEST_COUNT
    cell = pd.Series([text], dtype="str")
    assert parse_counts(cell)["value"].tolist() == [int(exact) if good else pd.NA]
    assert bool(is_count(cell)[0]) == (good or folded in ("", "-", "-1", "-1.0"))


@settings(max_examples=25)
@given(st.lists(st.text(max_size=12), min_size=2, max_size=6))
def test_a_cell_is_read_as_it_is_alone(texts):
    """Neighbours in the column change nothing."""
    together = parse_counts(pd.Series(texts, dtype="str"))
    alone = pd.concat([parse_counts(pd.Series([t], dtype="str")) for t in texts], ignore_index=True)
    assert together.equals(alone)
