"""Raw file to validated posts, one row a post; what cannot be used is set aside with its reason.

A column is described here and nowhere else: the rules in `RULES` decide which
raw rows are usable, the schema `POSTS` what the rest of the study may rely on.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa

from rednote_study.crawl.aside import differences
from rednote_study.crawl.counts import is_count, parse_counts
from rednote_study.crawl.crawlers import COUNTS, read_columns
from rednote_study.crawl.crawls import detect_crawls
from rednote_study.crawl.identifiers import is_cut, is_hash, is_object_id, object_id_time, pseudonyms
from rednote_study.crawl.notation import HASHES, IDENTIFIERS, NONE, counted, in_study_notation
from rednote_study.crawl.reader import RawFile, read_raw
from rednote_study.crawl.reading import Reading
from rednote_study.crawl.times import parse_times
from rednote_study.errors import DataError
from rednote_study.system.engine import Engine

TEXTS = ("title", "content", "label")
FIRST_DAY, LAST_DAY = pd.Timestamp("2013-06-01"), pd.Timestamp("2038-01-19")
"""The platform was founded in June 2013; identifiers' times end with signed 32 bits."""


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
    reading : Reading
        How the file was read.
    """

    posts: pd.DataFrame
    quarantine: pd.DataFrame
    rows: int
    missing: dict[str, int]
    reading: Reading = field(default_factory=Reading)


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


def _since_founded(ids: pd.Series) -> pd.Series:
    """Identifiers carry a time at which the platform existed."""
    good = ids[is_object_id(ids)]
    return (object_id_time(good) >= FIRST_DAY).reindex(ids.index, fill_value=True)


def _identifier() -> list[pa.Check]:
    return [
        pa.Check(
            lambda s: ~is_cut(s),
            error="was cut by Excel, which took it for a number; export it again, and import that column as text",
        ),
        pa.Check(lambda s: is_object_id(s) | is_cut(s), error="is not an identifier of 24 hexadecimal digits"),
        pa.Check(_since_founded, error="carries a time before the platform was founded (June 2013)"),
    ]


_OF_USERS = {
    IDENTIFIERS: {"user_id": pa.Column(None, _identifier())},
    HASHES: {
        "user_id": pa.Column(
            None, pa.Check(lambda s: is_hash(s) | is_object_id(s), error="is not a hash as in the other rows")
        )
    },
    NONE: {},
}


@functools.cache
def rules(users: str) -> pa.DataFrameSchema:
    """What a row must satisfy to be a post, in a file that has identifiers, hashes or nothing of its users."""
    return pa.DataFrameSchema(
        {
            **_OF_USERS[users],
            "post_id": pa.Column(None, _identifier()),
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
            **{
                c: pa.Column(
                    None,
                    [
                        pa.Check(
                            lambda s: ~is_cut(s),
                            error="was rounded by Excel; give that column the format of a whole number and export it again",
                        ),
                        pa.Check(lambda s: is_count(s) | is_cut(s), error="is not a count like 14, 1.2万, 1千+ or 10+"),
                    ],
                )
                for c in COUNTS
            },
        },
        checks=[
            *([pa.Check(_registered_first, error=_LATE)] if users == IDENTIFIERS else []),
            pa.Check(
                _month_first,
                error="create_time has the day before the month, as the time in post_id shows; write the month first",
            ),
        ],
    )


_LATE = "the account was registered after the post was made"

_TIME, _TEXT, _FLAG = "datetime64[s]", pa.Column("str", nullable=True), pa.Column(bool)

POSTS = pa.DataFrameSchema(
    {
        "line": pa.Column("int64", pa.Check.ge(1)),
        "author": pa.Column("str", nullable=True),
        "post": pa.Column("str", unique=True),
        "user_order": pa.Column("int64", pa.Check.ge(0)),
        "registered": pa.Column(_TIME, nullable=True),
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
"""What every later step may rely on. Times are wall times of China; counts are lower bounds where banded.

``author`` and ``registered`` are missing where the file has no users, ``registered`` where it has hashes of them.
"""


def read_posts(path: str | Path, columns: str | Path | None = None, zone: str = "") -> Posts:
    """Read, check and parse a raw crawl.

    Names, addresses and pictures are not kept; identifiers are replaced by salted hashes.

    Parameters
    ----------
    path : str or pathlib.Path
        A file that :func:`rednote_study.crawl.reader.read_raw` reads.
    columns : str or pathlib.Path, optional
        A table of what stands where (:func:`rednote_study.crawl.crawlers.read_columns`), for a file of no known tool.
    zone : str
        Zone of times that name none, such as ``UTC``; without it, China's, unless the identifiers show another.

    Raises
    ------
    DataError
        If the file cannot be read, or no row of it is usable.
    """
    usable, quarantine, raw = usable_rows(path, columns, zone)
    reading = raw.reading
    posts = parse_rows(usable, reading.notation.users)
    order = usable["user_id"].str.strip().str.lower().rank(method="dense").astype("int64") - 1
    posts.insert(list(POSTS.columns).index("user_order"), "user_order", order.to_numpy())
    posts["crawl"] = detect_crawls(posts)
    blank = blank_cells(usable).sum().astype(int).to_dict()
    return Posts(POSTS.validate(posts), quarantine, reading.rows, blank, reading)


def usable_rows(
    path: str | Path, columns: str | Path | None = None, zone: str = ""
) -> tuple[pd.DataFrame, pd.DataFrame, RawFile]:
    """The rows of a crawl that are posts, each once, in the study's notation; the rows set aside; and the file read.

    Raises
    ------
    DataError
        As :func:`read_posts`.
    """
    raw = read_raw(path, read_columns(columns) if columns else None, zone)
    reading = raw.reading
    rows = in_study_notation(raw.rows, reading.notation)
    usable, broken = check_rows(rows, reading.notation.users)
    twice = _repeated_posts(usable)
    usable = usable.drop(index=twice.index)
    reading.rows, reading.posts, reading.repeats = len(raw.rows) + len(raw.rejected), len(usable), len(twice)
    set_aside = pd.concat([raw.rejected, broken]).astype({"line": "int64", "reason": "str"})
    reading.reasons = counted_reasons(set_aside["reason"])
    reading.done.update(counted(usable))
    reading.differences = differences(usable, rows.loc[broken.index])
    quarantine = pd.concat([set_aside, twice]).astype({"line": "int64", "reason": "str"})
    quarantine = quarantine.sort_values("line", kind="stable", ignore_index=True)
    if usable.empty:
        example = quarantine.iloc[0]
        hint = _PSEUDONYMS if example.reason.startswith("user_id") and ";" not in example.reason else ""
        raise DataError(
            f"{path}: none of {len(quarantine)} rows can be used. Line {example.line}: {example.reason}."
            f" Mend the file; data/README.md says what each column holds.{hint}"
        )
    return usable, quarantine, raw


_PSEUDONYMS = " Pseudonyms of users must be hashes: 16, 32, 40 or 64 hexadecimal digits."
CELLS = r"'[^']*' |line \d+, which is later| \(lines \d+ to \d+\)"
"""What a reason says of one row: no cell of a row gets into a table."""


def counted_reasons(reasons: pd.Series) -> dict[str, int]:
    """How many rows have each reason, the most frequent first, without what is of one row alone."""
    return {str(k): int(n) for k, n in reasons.str.replace(CELLS, "", regex=True).value_counts(sort=True).items()}


def check_rows(rows: pd.DataFrame, users: str = IDENTIFIERS) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows that satisfy :func:`rules`, and of the others ``line`` and ``reason``; each row by itself."""
    broken = _broken_rows(rows, users)
    return rows.drop(index=broken.index), broken


def _broken_rows(rows: pd.DataFrame, users: str) -> pd.DataFrame:
    """Rows that break a rule: ``line`` and ``reason``, indexed like `rows`."""
    schema = rules(users)
    try:
        schema.validate(rows, lazy=True)
        return pd.DataFrame({"line": [], "reason": []})
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases
    failed = cases.drop_duplicates(["index", "column", "check"])
    failed = failed[failed["schema_context"].eq("Column") | ~failed.duplicated(["index", "check"])]
    of_column = failed["schema_context"].eq("Column")
    order = [*schema.columns, *(check.error for check in schema.checks)]
    failed = failed.iloc[np.argsort(failed["column"].where(of_column, failed["check"]).map(order.index), kind="stable")]
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
WITH latest AS (
  SELECT post, arg_max(line, {'version': coalesce(version, 0), 'line': line}) AS latest FROM posts
  GROUP BY post HAVING count(*) > 1)
SELECT line, 'the same post as line ' || latest || ', which is later' AS reason
FROM posts JOIN latest USING (post) WHERE line <> latest
"""
"""Rows of which a later version stands in the file: ``line`` and ``reason``."""


def _repeated_posts(rows: pd.DataFrame) -> pd.DataFrame:
    """What `REPEATED` says of these rows, indexed like them."""
    post = rows["post_id"].str.strip().str.lower()
    rows = rows[post.duplicated(keep=False)]
    if rows.empty:
        return pd.DataFrame({"line": [], "reason": []})
    posts = pd.DataFrame({"line": rows["line"], "post": post[rows.index], "version": versions(rows)})
    twice = Engine({"posts": posts}).query(f"{REPEATED} ORDER BY line")
    return twice.set_index(rows.index[rows["line"].isin(twice["line"])])


def versions(rows: pd.DataFrame) -> pd.Series:
    """When each state of a post was collected or changed (int64, seconds since 1970; 0 where that is not known)."""
    if "version" not in rows:
        return pd.Series(0, index=rows.index, dtype="int64")
    times = parse_times(rows["version"])
    return times.astype("int64").where(times.notna(), 0)


def parse_rows(rows: pd.DataFrame, users_are: str = IDENTIFIERS) -> pd.DataFrame:
    """Usable rows as posts, each by itself: all columns of `POSTS` but ``user_order`` and ``crawl``."""
    users = rows["user_id"].str.strip().str.lower()
    post_ids = rows["post_id"].str.strip().str.lower()
    created, post_time = parse_times(rows["create_time"]), object_id_time(post_ids)
    apart = (created.dt.floor("min") - post_time.dt.floor("min")).abs()
    counts = {c: parse_counts(rows[c]) for c in COUNTS}
    columns = {
        "line": rows["line"],
        "author": pseudonyms(users) if users_are != NONE else pd.Series(pd.NA, index=rows.index, dtype="str"),
        "post": pseudonyms(post_ids),
        "registered": (
            object_id_time(users)
            if users_are == IDENTIFIERS
            else pd.Series(pd.NaT, index=rows.index, dtype="datetime64[s]")
        ),
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
    return pd.DataFrame(
        {str(c): rows[c].str.strip().eq("") for c in rows.columns if c not in ("line", "version", "time_from")}
    )
