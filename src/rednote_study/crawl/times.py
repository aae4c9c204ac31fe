"""Times as crawls write them: digits, ISO 8601, the American way, or none at all."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pandas as pd

from rednote_study.crawl.distinct import by_value
from rednote_study.crawl.identifiers import UTC_OFFSET
from rednote_study.errors import DataError

_CLOCK = r"(?P<hour>[01]?[0-9]|2[0-3]):(?P<minute>[0-5][0-9])(?::(?P<second>[0-5][0-9])(?:\.[0-9]+)?)?"
_AMERICAN = rf"^(?P<month>[0-9]{{1,2}})/(?P<day>[0-9]{{1,2}})/(?P<year>[0-9]{{4}})(?: {_CLOCK})?$"
_YEAR_FIRST = (
    r"^(?P<year>[0-9]{4})(?:(?P<mark>[-/.])|年)(?P<month>[0-9]{1,2})(?(mark)(?P=mark)|月)(?P<day>[0-9]{1,2})(?(mark)|日)"
    rf"(?:[T _]{_CLOCK})?(?P<zone>Z| ?[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)?$"
)
_FIELDS = ["year", "month", "day", "hour", "minute", "second"]
_DIGITS = r"^(?P<seconds>[0-9]{10})(?P<thousandths>[0-9]{3})?(?:\.[0-9]+)?$"
_CUT = r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]{1,2}"
"""What Excel leaves of a long number."""
_RELATIVE = (
    r"(?i)(?:(?:编辑于|发布于|edited on|edited|posted on)\s*)?"
    r"(?:刚刚|[0-9]+\s*(?:秒|分钟|小时|天|周|个月|年)前|今天|昨天|前天|[0-9]{1,2}-[0-9]{1,2}|just now|today|yesterday"
    r"|[0-9]+\s*(?:s|sec|second|min|minute|h|hour|d|day|week|month|year)s?\s*ago)(?:\s+[0-9]{1,2}:[0-9]{2})?(?:\s+[^\W\d_]{1,20})?"
)
_NO_TIME = (
    r"(?i)|未知|none|null|nan|nat|-|-1|0|unknown"
    r"|(?:编辑于|发布于)?\s*[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:\s+[^\W\d_]{1,20})?"
)


@by_value
def parse_times(texts: pd.Series) -> pd.Series:
    """Read times as ``1/14/2025 12:08`` (month first), ``2025/1/14 12:08``, ``2025年1月14日 12:08``, ISO 8601, or seconds or milliseconds since 1970.

    Returns
    -------
    pandas.Series of datetime64
        Wall time of China; missing where it is none of these. A time with a zone, and one in digits, is converted to
        it, one without is taken as it stands.

    Examples
    --------
    >>> parse_times(pd.Series(["1/14/2025 12:08", "2025-01-14_12:08", "1736827680000"])).astype(str).tolist()
    ['2025-01-14 12:08:00', '2025-01-14 12:08:00', '2025-01-14 12:08:00']
    """
    texts = texts.fillna("").str.strip()
    american, year_first = texts.str.extract(_AMERICAN), texts.str.extract(_YEAR_FIRST)
    fields = american.combine_first(year_first[_FIELDS])[_FIELDS].apply(pd.to_numeric)
    fields[["hour", "minute", "second"]] = fields[["hour", "minute", "second"]].fillna(0)
    times = pd.to_datetime(fields.where(fields["year"].between(1900, 2200)), errors="coerce")
    zone = year_first["zone"].str.replace("Z", "+00:00").str.extract(r"(?P<sign>[+-])(?P<h>[0-9]{2}):?(?P<m>[0-9]{2})?")
    minutes = (zone["h"].astype(float) * 60 + zone["m"].astype(float).fillna(0)) * zone["sign"].map({"+": 1, "-": -1})
    shift = UTC_OFFSET - pd.to_timedelta(minutes.astype(float), unit="min")
    seconds = pd.to_numeric(texts.str.extract(_DIGITS)["seconds"])
    counted = pd.to_datetime(seconds, unit="s", errors="coerce") + UTC_OFFSET
    return (times + shift.fillna(pd.Timedelta(0))).fillna(counted).astype("datetime64[s]")


@by_value
def time_kinds(texts: pd.Series) -> pd.Series:
    """How each time is written (str).

    ``digits``, ``zone`` (named), ``plain``, ``none`` (blank, relative to the crawl, or a day without a clock),
    ``cut`` (by Excel), or ``unreadable``.

    Examples
    --------
    >>> time_kinds(pd.Series(["1736827680", "2025-01-14 04:08Z", "3天前", "2025-01-14", "1.73683E+12", "soon"])).tolist()
    ['digits', 'zone', 'none', 'none', 'cut', 'unreadable']
    """
    texts = texts.fillna("").str.strip()
    year_first = texts.str.extract(_YEAR_FIRST)
    kinds = pd.Series("unreadable", index=texts.index, dtype="str")
    kinds[parse_times(texts).notna()] = "plain"
    kinds[(kinds == "plain") & year_first["zone"].notna()] = "zone"
    kinds[texts.str.fullmatch(_DIGITS)] = "digits"
    kinds[texts.str.fullmatch(_CUT)] = "cut"
    a_day = kinds.isin(["plain", "zone"]) & ~texts.str.contains(":")
    kinds[a_day | texts.str.fullmatch(_NO_TIME) | texts.str.fullmatch(_RELATIVE)] = "none"
    return kinds


_QUARTER = pd.Timedelta(minutes=15)
LARGEST_SHIFT = pd.Timedelta(hours=22)
"""Between China and any other zone."""
FEWEST, SHARE = 10, 0.9


def constant_shift(stated: pd.Series, made: pd.Series) -> pd.Timedelta:
    """By how much stated times differ from the identifiers' in a way that only a zone explains; zero if they do not.

    Parameters
    ----------
    stated, made : pandas.Series of datetime64
        Times of the same posts, neither missing.

    Returns
    -------
    pandas.Timedelta
        The same number of quarters of an hour in at least nine of ten posts, and in ten at least.

    Examples
    --------
    >>> made = pd.Series(pd.date_range("2025-01-14", periods=12))
    >>> constant_shift(made - pd.Timedelta(hours=8), made)
    Timedelta('-1 days +16:00:00')
    """
    apart = stated - made
    quarters = (apart / _QUARTER).round()
    near = (apart - quarters * _QUARTER).abs() <= pd.Timedelta(minutes=1)
    counted = quarters[near].value_counts()
    if counted.empty or counted.iloc[0] < max(FEWEST, SHARE * len(stated)):
        return pd.Timedelta(0)
    shift = counted.index[0] * _QUARTER
    return shift if abs(shift) <= LARGEST_SHIFT else pd.Timedelta(0)


def zone_shift(times: pd.Series, zone: str) -> pd.Series:
    """What is to be added to wall times of a zone to get those of China (timedelta64).

    Raises
    ------
    DataError
        If the zone is neither like ``+08:00`` nor a name like ``America/New_York``.
    """
    match = pd.Series([zone]).str.extract(r"^(?P<sign>[+-])(?P<h>0?[0-9]|1[0-4])(?::?(?P<m>[0-5][0-9]))?$").iloc[0]
    if pd.notna(match["sign"]):
        minutes = int(match["h"]) * 60 + (0 if pd.isna(match["m"]) else int(match["m"]))
        offset = pd.Timedelta(minutes=minutes if match["sign"] == "+" else -minutes)
        return pd.Series(UTC_OFFSET - offset, index=times.index)
    try:
        known = ZoneInfo(zone)
    except (ValueError, OSError, KeyError):  # KeyError: ZoneInfoNotFoundError
        raise DataError(f"There is no time zone {zone[:40]!r}; name it like UTC, +08:00 or America/New_York.") from None
    aware = times.dt.tz_localize(known, ambiguous=False, nonexistent="shift_forward")
    return aware.dt.tz_convert("UTC").dt.tz_localize(None) + UTC_OFFSET - times
