"""Raw file to validated posts, one row a post; what cannot be used is set aside with its reason.

A column is described here and nowhere else: the rules in `RULES` decide which
raw rows are usable, the schema `POSTS` what the rest of the study may rely on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from rednote_study.counts import is_count, parse_counts
from rednote_study.crawls import detect_crawls
from rednote_study.distinct import by_value
from rednote_study.engine import Engine
from rednote_study.errors import DataError
from rednote_study.identifiers import UTC_OFFSET, is_object_id, object_id_time, pseudonyms
from rednote_study.reader import COUNTS, read_raw

__all__ = [
    "COUNTS", "POSTS", "REPEATED", "Posts", "blank_cells", "check_rows", "parse_rows", "parse_times", "read_posts",
]  # fmt: skip

TEXTS = ("title", "content", "label")
FIRST_DAY, LAST_DAY = pd.Timestamp("2013-06-01"), pd.Timestamp("2038-01-19")
"""The platform was founded in June 2013; identifiers' times end with signed 32 bits."""

_CLOCK = r"(?P<hour>[01]?[0-9]|2[0-3]):(?P<minute>[0-5][0-9])(?::(?P<second>[0-5][0-9])(?:\.[0-9]+)?)?"
_AMERICAN = rf"^(?P<month>[0-9]{{1,2}})/(?P<day>[0-9]{{1,2}})/(?P<year>[0-9]{{4}})(?: {_CLOCK})?$"
_YEAR_FIRST = (
    r"^(?P<year>[0-9]{4})(?P<mark>[-/])(?P<month>[0-9]{1,2})(?P=mark)(?P<day>[0-9]{1,2})"
    rf"(?:[T ]{_CLOCK})?(?P<zone>Z| ?[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)?$"
)
_FIELDS = ["year", "month", "day", "hour", "minute", "second"]


@dataclass(frozen=True)
class Posts:
    """What :func:`read_posts` makes of a raw file.

    Attributes
    ----------
    posts : pandas.DataFrame
        One row a post, as the schema `POSTS` says.
    quarantine : pandas.DataFrame
        Rows set aside: ``line`` and ``reason``.
    rows : int
        Data rows of the file; ``len(posts) + len(quarantine)``.
    missing : dict of str to int
        Blank cells of each column among the posts kept.
    """

    posts: pd.DataFrame
    quarantine: pd.DataFrame
    rows: int
    missing: dict[str, int]


@by_value
def parse_times(texts: pd.Series) -> pd.Series:
    """Read times as ``1/14/2025 12:08`` (month first), ``2025/1/14 12:08`` or ISO 8601; others become missing.

    Returns
    -------
    pandas.Series of datetime64
        Wall time of China. A time with a zone is converted to it, one without is taken as it stands.

    Examples
    --------
    >>> parse_times(pd.Series(["1/14/2025 12:08", "2025-01-14T04:08Z"])).astype(str).tolist()
    ['2025-01-14 12:08:00', '2025-01-14 12:08:00']
    """
    texts = texts.fillna("").str.strip()
    american, year_first = texts.str.extract(_AMERICAN), texts.str.extract(_YEAR_FIRST)
    fields = american.combine_first(year_first[_FIELDS])[_FIELDS].apply(pd.to_numeric)
    fields[["hour", "minute", "second"]] = fields[["hour", "minute", "second"]].fillna(0)
    times = pd.to_datetime(fields.where(fields["year"].between(1900, 2200)), errors="coerce")
    zone = year_first["zone"].str.replace("Z", "+00:00").str.extract(r"(?P<sign>[+-])(?P<h>[0-9]{2}):?(?P<m>[0-9]{2})?")
    minutes = (zone["h"].astype(float) * 60 + zone["m"].astype(float).fillna(0)) * zone["sign"].map({"+": 1, "-": -1})
    shift = UTC_OFFSET - pd.to_timedelta(minutes.astype(float), unit="min")
    return (times + shift.fillna(pd.Timedelta(0))).astype("datetime64[s]")


def _in_range(texts: pd.Series) -> pd.Series:
    times = parse_times(texts)
    return times.isna() | times.between(FIRST_DAY, LAST_DAY)


def _registered_first(frame: pd.DataFrame) -> pd.Series:
    """The account is older than the post, by either of the post's two times."""
    usable = is_object_id(frame["user_id"]) & is_object_id(frame["post_id"])
    good = frame[usable]
    latest = pd.concat([object_id_time(good["post_id"]), parse_times(good["create_time"])], axis=1).max(axis=1)
    late = object_id_time(good["user_id"]) > latest + pd.Timedelta(minutes=1)
    return ~late.reindex(frame.index, fill_value=False)


def _month_first(frame: pd.DataFrame) -> pd.Series:
    """The stated time is not one with the day first, as the time in the post's identifier shows."""
    good = frame[is_object_id(frame["post_id"])]
    made, near = object_id_time(good["post_id"]), pd.Timedelta(days=1)
    stated = parse_times(good["create_time"])
    turned = parse_times(good["create_time"].str.replace(r"^\s*([0-9]+)/([0-9]+)/", r"\2/\1/", regex=True))
    day_first = ((stated - made).abs() > near) & ((turned - made).abs() <= near)
    return ~day_first.reindex(frame.index, fill_value=False)


def _rule(function, error: str) -> pa.Column:
    return pa.Column(None, pa.Check(function, error=error))


def _since_founded(ids: pd.Series) -> pd.Series:
    """Identifiers carry a time at which the platform existed."""
    good = ids[is_object_id(ids)]
    return (object_id_time(good) >= FIRST_DAY).reindex(ids.index, fill_value=True)


_IDENTIFIER = pa.Column(
    None,
    [
        pa.Check(is_object_id, error="is not an identifier of 24 hexadecimal digits"),
        pa.Check(_since_founded, error="carries a time before the platform was founded (June 2013)"),
    ],
)


RULES = pa.DataFrameSchema(
    {
        "user_id": _IDENTIFIER,
        "post_id": _IDENTIFIER,
        "create_time": pa.Column(
            None,
            [
                pa.Check(
                    lambda s: parse_times(s).notna(),
                    error="is not a time like 1/14/2025 12:08 or 2025-01-14 12:08",
                ),
                pa.Check(_in_range, error="lies outside 2013 to 2038"),
            ],
        ),
        **{c: _rule(is_count, "is not a count like 14, 1.2万, 1千+ or 10+") for c in COUNTS},
    },
    checks=[
        pa.Check(_registered_first, error="the account was registered after the post was made"),
        pa.Check(
            _month_first,
            error="create_time has the day before the month, as the time in post_id shows; write the month first",
        ),
    ],
)
"""What a raw row must satisfy to be a post."""

_TIME, _TEXT, _FLAG = "datetime64[s]", pa.Column("str", nullable=True), pa.Column(bool)

POSTS = pa.DataFrameSchema(
    {
        "line": pa.Column("int64", pa.Check.gt(1)),
        "author": pa.Column("str"),
        "post": pa.Column("str", unique=True),
        "user_order": pa.Column("int64", pa.Check.ge(0)),
        "registered": pa.Column(_TIME),
        "created": pa.Column(_TIME),
        "post_time": pa.Column(_TIME),
        "time_mismatch": _FLAG,
        **{c: _TEXT for c in (*TEXTS, "ip_location", "post_type")},
        "blank_ends": _FLAG,
        **{c: pa.Column("Int64", pa.Check.ge(0), nullable=True) for c in COUNTS},
        **{f"{c}_upper": pa.Column("Int64", pa.Check.ge(0), nullable=True) for c in COUNTS},
        **{f"{c}_banded": _FLAG for c in COUNTS},
        "crawl": pa.Column("int64", pa.Check.ge(1)),
    },
    strict=True,
    ordered=True,
)
"""What every later step may rely on. Times are wall times of China; counts are lower bounds where banded."""


def read_posts(path: str | Path) -> Posts:
    """Read, check and parse a raw crawl.

    Names, addresses and pictures are not kept; identifiers are replaced by salted hashes.

    Parameters
    ----------
    path : str or pathlib.Path
        A file that :func:`rednote_study.reader.read_raw` reads.

    Raises
    ------
    DataError
        If the file cannot be read, or no row of it is usable.
    """
    raw = read_raw(path)
    usable, broken = check_rows(raw.rows)
    twice = _repeated_posts(usable)
    usable = usable.drop(index=twice.index)
    quarantine = pd.concat([raw.rejected, broken, twice]).astype({"line": "int64", "reason": "str"})
    quarantine = quarantine.sort_values("line", kind="stable", ignore_index=True)
    if usable.empty:
        example = quarantine.iloc[0]
        raise DataError(
            f"{path}: none of {len(quarantine)} rows can be used. Line {example.line}: {example.reason}."
            " Mend the file; data/README.md says what each column holds."
        )
    posts = parse_rows(usable)
    order = usable["user_id"].str.strip().str.lower().rank(method="dense").astype("int64") - 1
    posts.insert(list(POSTS.columns).index("user_order"), "user_order", order.to_numpy())
    posts["crawl"] = detect_crawls(posts)
    rows = len(raw.rows) + len(raw.rejected)
    return Posts(POSTS.validate(posts), quarantine, rows, blank_cells(usable).sum().astype(int).to_dict())


def check_rows(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows that satisfy `RULES`, and of the others ``line`` and ``reason``; each row by itself."""
    broken = _broken_rows(rows)
    return rows.drop(index=broken.index), broken


def _broken_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows that break a rule: ``line`` and ``reason``, indexed like `rows`."""
    try:
        RULES.validate(rows, lazy=True)
        return pd.DataFrame({"line": [], "reason": []})
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases
    failed = cases.drop_duplicates(["index", "column", "check"])
    failed = failed[failed["schema_context"].eq("Column") | ~failed.duplicated(["index", "check"])]
    reasons = pd.Series([_reason(c) for c in failed.itertuples()], index=failed["index"].astype(int))
    reasons = reasons.groupby(level=0).agg(lambda texts: "; ".join(dict.fromkeys(texts)))
    return pd.DataFrame({"line": rows.loc[reasons.index, "line"], "reason": reasons})


def _reason(case) -> str:
    if case.schema_context != "Column":
        return case.check
    if case.column.endswith("_id"):  # identifiers of people are not repeated
        return f"{case.column} {case.check}"
    cell = str(case.failure_case)
    shown = repr(cell[:40].replace("'", "’"))  # one kind of quotation mark, so that tables can take the cell out again
    if re.search(r"(?i)(?<![0-9a-f])[0-9a-f]{24}(?![0-9a-f])", cell):
        shown = "(an identifier)"  # where columns are shifted
    return f"{case.column} {shown} {case.check}"


REPEATED = """
WITH firsts AS (SELECT post, min(line) AS first FROM posts GROUP BY post HAVING count(*) > 1)
SELECT line, 'the same post as line ' || first AS reason FROM posts JOIN firsts USING (post) WHERE line > first
"""
"""Rows whose post stands further up: ``line`` and ``reason``."""


def _repeated_posts(rows: pd.DataFrame) -> pd.DataFrame:
    """What `REPEATED` says of these rows, indexed like them."""
    posts = pd.DataFrame({"line": rows["line"], "post": rows["post_id"].str.strip().str.lower()})
    twice = Engine({"posts": posts}).query(f"{REPEATED} ORDER BY line")
    return twice.set_index(rows.index[rows["line"].isin(twice["line"])])


def parse_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Usable rows as posts, each by itself: all columns of `POSTS` but ``user_order`` and ``crawl``."""
    users = rows["user_id"].str.strip().str.lower()
    post_ids = rows["post_id"].str.strip().str.lower()
    created, post_time = parse_times(rows["create_time"]), object_id_time(post_ids)
    apart = (created.dt.floor("min") - post_time.dt.floor("min")).abs()
    counts = {c: parse_counts(rows[c]) for c in COUNTS}
    columns = {
        "line": rows["line"],
        "author": pseudonyms(users),
        "post": pseudonyms(post_ids),
        "registered": object_id_time(users),
        "created": created,
        "post_time": post_time,
        "time_mismatch": apart > pd.Timedelta(minutes=1),
        **{c: _text(rows, c) for c in (*TEXTS, "ip_location", "post_type")},
        "blank_ends": rows["content"].ne(rows["content"].str.strip()),
        **{c: counts[c]["value"] for c in COUNTS},
        **{f"{c}_upper": counts[c]["upper"] for c in COUNTS},
        **{f"{c}_banded": counts[c]["banded"] for c in COUNTS},
    }
    return pd.DataFrame(columns).reset_index(drop=True)


def _text(rows: pd.DataFrame, column: str) -> pd.Series:
    """A text column; blank and whitespace-only cells are missing."""
    if column not in rows:
        return pd.Series(pd.NA, index=rows.index, dtype="str")
    return rows[column].where(rows[column].str.strip() != "")


def blank_cells(rows: pd.DataFrame) -> pd.DataFrame:
    """Whether each cell of the usable rows is blank (bool)."""
    return pd.DataFrame({str(c): rows[c].str.strip().eq("") for c in rows.columns if c != "line"})
