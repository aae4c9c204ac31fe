"""Counts as Xiaohongshu shows them: ``14``, ``1.2万``, ``10+``, ``1千+``, the word of the button, blank."""

import re

import pandas as pd

from rednote_study.crawl.distinct import by_value

LARGEST_COUNT = 10**10
"""More than there are people: a larger number is an error of the file, not a count."""

_NOTATION = re.compile(r"([0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,4}|[0-9]{1,15}\.([0-9]{1,15}))([千kK万萬wW亿]?)(\+?)")
_ZEROS = {"": 0, "千": 3, "k": 3, "K": 3, "万": 4, "萬": 4, "w": 4, "W": 4, "亿": 8}
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
"""Only these: whole compatibility forms would make 102 of 10²."""
_MISSING = {"", "-", "–", "—", "-1", "-1.0", "none", "nan", "null", "\\n", "n/a", "#n/a", "na", "<na>", "undefined"}
_MISSING |= {"未知", "暂无", "无"}
"""What crawlers write where there was no count."""
_BUTTONS = {"赞", "点赞", "收藏", "评论", "分享"}
"""What the platform shows on a button that nobody has pressed yet."""


@by_value
def parse_counts(texts: pd.Series) -> pd.DataFrame:
    """Read counts in the platform's notations.

    A band such as ``1千+`` says "at least 1,000": it is kept as a lower bound
    with the largest value before the next band (``1万+``), never as a value.
    Bands seen are ``10+``, ``1千+`` and ``1万+``; no ``100+`` was ever seen, so
    ``10+`` is taken to reach 999. Other bands end before the next leading digit.

    Parameters
    ----------
    texts : pandas.Series of str
        Raw cells; full-width forms and white space around them are allowed.

    Returns
    -------
    pandas.DataFrame
        Columns ``value`` (Int64, missing where blank or not a count), ``upper``
        (Int64, equal to ``value`` unless banded) and ``banded`` (bool).

    Examples
    --------
    >>> parse_counts(pd.Series(["14", "1.2万", "1千+", ""])).values.tolist()
    [[14, 14, False], [12000, 12000, False], [1000, 9999, True], [<NA>, <NA>, False]]
    """
    cells = [_parse(cell) for cell in _clean(texts)]
    value, upper, banded = zip(*cells, strict=True) if cells else ((), (), ())
    return pd.DataFrame(
        {
            "value": pd.array(value, dtype="Int64"),
            "upper": pd.array(upper, dtype="Int64"),
            "banded": pd.array(banded, dtype="bool"),
        },
        index=texts.index,
    )


def _parse(cell: str) -> tuple[int | None, int | None, bool]:
    """Value, upper end and whether it is a band; None where the cell is blank or not a count."""
    if cell in _BUTTONS:
        return 0, 0, False
    match = _NOTATION.fullmatch(cell)
    if not match:
        return None, None, False
    digits, decimals, unit, band = match.groups()
    decimals = (decimals or "").rstrip("0")
    zeros = _ZEROS[unit]
    value = int(digits.partition(".")[0].replace(",", "") + decimals.ljust(zeros, "0"))
    if len(decimals) > zeros or value > LARGEST_COUNT:
        return None, None, False
    banded = band == "+" and value > 0
    return value, _band_end(value) if banded else value, banded


@by_value
def is_count(texts: pd.Series) -> pd.Series:
    """Whether each cell is a count, or says that there is none (bool)."""
    return parse_counts(texts)["value"].notna() | is_missing(texts)


@by_value
def is_missing(texts: pd.Series) -> pd.Series:
    """Whether each cell says that there is no count: blank, ``-1``, ``-``, ``None``, ``nan``, ``null`` (bool)."""
    return pd.Series([cell.lower() in _MISSING for cell in _clean(texts)], index=texts.index, dtype=bool)


def _clean(texts: pd.Series) -> list[str]:
    return [cell.translate(_FULL_WIDTH).strip() for cell in texts.fillna("").astype("str").to_numpy()]


def _band_end(value: int) -> int:
    """Largest count before the next band: 10 -> 999, 1000 -> 9999, 3000 -> 3999."""
    if value == 10:
        return 999
    power = 10 ** (len(str(value)) - 1)
    leading = value // power
    return (10 if leading == 1 else leading + 1) * power - 1
