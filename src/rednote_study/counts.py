"""Counts as Xiaohongshu shows them: ``14``, ``1.2万``, ``10+``, ``1千+``, blank."""

import pandas as pd

from rednote_study.distinct import by_value

__all__ = ["LARGEST_COUNT", "is_count", "parse_counts"]

LARGEST_COUNT = 10**10
"""More than there are people: a larger number is an error of the file, not a count."""

_NOTATION = (
    r"^(?P<digits>[0-9]{1,15}(?:\.[0-9]{1,15})?|[0-9]{1,3}(?:,[0-9]{3}){1,4})(?P<unit>[千kK万wW亿]?)(?P<band>\+?)$"
)
_ZEROS = {"": 0, "千": 3, "k": 3, "万": 4, "w": 4, "亿": 8}
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
"""Only these: whole compatibility forms would make 102 of 10²."""


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
    parts = _clean(texts).str.extract(_NOTATION)
    digits = pd.to_numeric(parts["digits"].str.replace(",", "", regex=False))
    zeros = parts["unit"].str.lower().map(_ZEROS)
    decimals = parts["digits"].str.extract(r"\.([0-9]*?)0*$", expand=False).str.len().fillna(0)
    exact = (digits * 10.0**zeros).round()  # 1.2 * 10000 is not 12000.000 in binary
    usable = exact.notna() & (decimals <= zeros) & (exact <= LARGEST_COUNT)
    value = exact.where(usable).astype("Int64")
    banded = parts["band"].eq("+") & usable & (exact > 0)
    return pd.DataFrame({"value": value, "upper": value.where(~banded, _band_end(value)), "banded": banded})


@by_value
def is_count(texts: pd.Series) -> pd.Series:
    """Whether each cell is a count or blank (bool)."""
    return _clean(texts).eq("") | parse_counts(texts)["value"].notna()


def _clean(texts: pd.Series) -> pd.Series:
    return texts.fillna("").astype("str").str.translate(_FULL_WIDTH).str.strip()


def _band_end(value: pd.Series) -> pd.Series:
    """Largest count before the next band: 10 -> 999, 1000 -> 9999, 3000 -> 3999."""
    power = 10 ** (value.astype("str").str.len() - 1).clip(0, 11)
    leading = value // power
    end = (leading + 1).where(leading != 1, 10) * power - 1
    return end.mask(value.eq(10).fillna(False), 999).astype("Int64")
