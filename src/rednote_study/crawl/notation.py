"""Cells in the notation of the study, whoever wrote them: times, counts, hashtags, places, identifiers.

What holds of a whole file (which users it has, how it separates hashtags, by how much its times are off) is decided
once, on its first rows; then each row is rewritten by itself. A cell that is right already stays as it is.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import json
import re
from collections import Counter
from dataclasses import dataclass, field

import pandas as pd

from rednote_study.crawl.counts import is_missing, parse_counts
from rednote_study.crawl.crawlers import COUNTS, OWN, Crawler
from rednote_study.crawl.distinct import by_value
from rednote_study.crawl.identifiers import is_hash, is_object_id, object_id_time
from rednote_study.crawl.times import constant_shift, parse_times, time_kinds, zone_shift
from rednote_study.errors import DataError

DECIDED_ON = 40_000
"""Rows on which it is decided what holds of a whole file."""

IDENTIFIERS, HASHES, NONE = "identifiers", "hashes", "none"
"""What a file has of its users."""

MARKS = (",", "，", ";", "；", "、", "|", "\n", "\t", "/", " ")
_SINCE, _FEWEST = (pd.Timestamp("2013-06-01"), pd.Timestamp("2038-01-19")), 10
"""Times that identifiers of users carry, and how many of them tell whether they are any."""
_NOWHERE = r"(?i)未知|none|nan|null|-|unknown"
_NOBODY = r"(?i)|none|nan|null|-|-1|未知"
_KINDS = {"视频": "video", "图文": "normal", "图集": "normal", "未知": ""}
_IN_LINK = r"(?i)^https?://[^?#]*/([0-9a-f]{24})(?:[/?#].*)?$"
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_SIDE_BY_SIDE = re.compile(rf"\[(?:\s*(?:{_QUOTED.pattern}))(?:\s+(?:{_QUOTED.pattern}))+\s*\]")
_PATTERNLESS = re.compile(r"[_?？\ufffd#\[\]\s]*")
"""Text of which nothing is left but marks."""


@dataclass(frozen=True)
class Notation:
    """What holds of a whole file.

    Attributes
    ----------
    users : {"identifiers", "hashes", "none"}
        What it has of its users.
    tags : str
        What separates hashtags in ``label``: ``#``, another mark, or ``list``; empty where nothing does.
    tags_known : bool
        Whether that is known of the crawler, not found out.
    shifts : dict of str to pandas.Timedelta
        By how much times are off, by kind of :func:`rednote_study.crawl.times.time_kinds`.
    zone : str
        Zone of times that name none, where the user said it.
    garbled : bool
        Whether nothing but marks is left of its texts.
    blank : tuple of str
        What stands where there is no title, text or hashtag.
    """

    users: str = IDENTIFIERS
    tags: str = "#"
    tags_known: bool = True
    shifts: dict[str, pd.Timedelta] = field(default_factory=dict)
    zone: str = ""
    garbled: bool = False
    blank: tuple[str, ...] = ()


def notation_of(rows: pd.DataFrame, crawler: Crawler = OWN, zone: str = "") -> Notation:
    """Decide what holds of a file.

    Parameters
    ----------
    rows : pandas.DataFrame of str
        Its first rows, with the study's columns; at most `DECIDED_ON`.
    crawler : Crawler
        Who wrote it.
    zone : str
        Zone of times that name none; without it, found out.

    Raises
    ------
    DataError
        If there is no such zone.
    """
    if zone:
        zone_shift(pd.Series([], dtype="datetime64[s]"), zone)
    texts = pd.concat([rows["title"], rows["content"]])
    texts = texts[texts.str.strip().ne("")]
    return Notation(
        users=_users(_identifiers(rows["user_id"], user=True)),
        tags=crawler.tags or _mark(rows["label"]),
        tags_known=bool(crawler.tags),
        shifts=_shifts(rows, zone),
        zone=zone,
        garbled=len(texts) > 0 and all(map(_PATTERNLESS.fullmatch, texts)),
        blank=crawler.blank,
    )


def _users(users: pd.Series) -> str:
    if users.empty:
        return IDENTIFIERS  # no row is one, which is said elsewhere
    users = users[users.ne("")]
    if users.empty:
        return NONE
    identifiers = users[is_object_id(users)].drop_duplicates()
    if len(identifiers) >= _FEWEST and object_id_time(identifiers).between(*_SINCE).mean() < 0.5:
        return HASHES  # of 24 digits: the times that identifiers carry are those of the platform
    if len(identifiers) or is_hash(users).mean() < 0.5:
        return IDENTIFIERS
    return HASHES


def _shifts(rows: pd.DataFrame, zone: str) -> dict[str, pd.Timedelta]:
    """What is off by the same time in posts whose times are written the same way."""
    posts = _identifiers(rows["post_id"]).drop_duplicates()
    good = rows["create_time"][posts.index[is_object_id(posts)]]
    stated, kinds = parse_times(good), time_kinds(good)
    made = object_id_time(posts[good.index])
    found = {}
    for kind in ("digits", "zone", "plain"):
        here = kinds.eq(kind) & stated.notna()
        shift = constant_shift(stated[here], made[here])
        if shift and not (zone and kind == "plain"):
            found[kind] = shift
    return found


def _mark(labels: pd.Series) -> str:
    """What separates hashtags: ``#`` where there is one, else the mark that gives the fewest different tags."""
    labels = labels[labels.str.strip().ne("")].drop_duplicates()
    if labels.empty or labels.str.contains("[#＃]").any():
        return "#"
    if labels.map(lambda cell: isinstance(_unpacked(cell), list)).mean() > 0.5:
        return "list"
    different = {
        mark: len({tag.strip() for label in labels for tag in label.lower().split(mark)})
        for mark in MARKS
        if labels.str.strip().str.contains(mark, regex=False).any()
    }
    return min(different, key=different.get, default="")


def in_study_notation(rows: pd.DataFrame, notation: Notation) -> pd.DataFrame:
    """Rewrite rows, each by itself.

    Parameters
    ----------
    rows : pandas.DataFrame of str
        With all columns of ``REQUIRED``, and ``line``.
    notation : Notation

    Returns
    -------
    pandas.DataFrame of str
        The same, in the study's notation: ``create_time`` in UTC+8, ``label`` separated by ``#``; with ``time_from``,
        which is ``none`` or ``cut`` (by Excel) where the time is that of the post's identifier, else blank.
    """
    rows = rows.copy()
    rows["post_id"] = _identifiers(rows["post_id"])
    rows["user_id"] = _identifiers(rows["user_id"], user=True)
    if notation.users == NONE and rows["user_id"].ne("").any():
        raise DataError(
            f"The first {DECIDED_ON:,} rows hold no identifier of a user, and later ones do. Split the file there."
        )
    rows["create_time"], rows["time_from"] = _times(rows, notation)
    for column in COUNTS:
        rows[column] = rows[column].mask(is_missing(rows[column]), "")
    rows["label"] = _labels(rows["label"], notation)
    for column in ("ip_location", "post_type"):
        if column in rows:
            rows[column] = rows[column].mask(rows[column].str.strip().str.fullmatch(_NOWHERE), "")
    if "post_type" in rows:
        rows["post_type"] = rows["post_type"].replace(_KINDS)
    for column in ("title", "content", "label"):
        if notation.garbled:
            rows[column] = ""
        elif notation.blank:
            rows[column] = rows[column].mask(rows[column].str.strip().isin(notation.blank), "")
    return rows


def counted(rows: pd.DataFrame) -> Counter:
    """What is to be said of posts in the study's notation: times from identifiers, counts that are missing or bands."""
    found = Counter({f"missing_{c}": int(rows[c].str.strip().eq("").sum()) for c in COUNTS})
    found["banded"] = int(pd.DataFrame({c: parse_counts(rows[c])["banded"] for c in COUNTS}).any(axis=1).sum())
    found["times_from_identifier"] = int(rows["time_from"].ne("").sum())
    found["times_cut"] = int(rows["time_from"].eq("cut").sum())
    return found


@by_value
def _folded(cells: pd.Series) -> pd.Series:
    """Identifiers out of links; blank where a word says that there is none."""
    found = cells.str.strip().str.extract(_IN_LINK)[0]
    return cells.mask(cells.str.strip().str.fullmatch(_NOBODY), "").mask(found.notna(), found)


@by_value
def _of_user(cells: pd.Series) -> pd.Series:
    return cells.str.replace(r"(?i)^\s*https?://.*/profile/([0-9a-f]{24}).*$", r"\1", regex=True)


def _identifiers(cells: pd.Series, *, user: bool = False) -> pd.Series:
    return _folded(_of_user(cells) if user else cells)


def _times(rows: pd.DataFrame, notation: Notation) -> tuple[pd.Series, pd.Series]:
    texts, kinds = rows["create_time"], time_kinds(rows["create_time"])
    unknown = kinds.isin(["none", "cut"]) & is_object_id(rows["post_id"])
    if unknown.any():
        made = object_id_time(rows["post_id"][unknown]).dt.strftime("%Y-%m-%d %H:%M:%S")
        texts = texts.mask(unknown, made.reindex(texts.index))
    for kind, shift in notation.shifts.items():
        here = kinds.eq(kind)
        texts = _written(texts, parse_times(texts[here]) - shift)
    if notation.zone:
        times = parse_times(texts[kinds.eq("plain")])
        texts = _written(texts, times + zone_shift(times, notation.zone))
    return texts, kinds.where(unknown, "")


def _written(texts: pd.Series, times: pd.Series) -> pd.Series:
    """The texts with some of them replaced by these times."""
    return texts.mask(texts.index.isin(times.index), times.dt.strftime("%Y-%m-%d %H:%M:%S").reindex(texts.index))


def _labels(cells: pd.Series, notation: Notation) -> pd.Series:
    mark = notation.tags
    if mark in ("", "#"):
        return cells.str.replace("＃", "#")
    return cells.map({cell: _label(cell, mark) for cell in cells.unique()}).astype("str")


def _label(cell: str, mark: str) -> str:
    found = _unpacked(cell if mark != "," else cell.replace("，", ","))
    tags = found if isinstance(found, list) else [found] if mark == "list" else found.split(mark)
    return "#".join(filter(None, (tag.strip().strip("#＃") for tag in tags)))


@functools.lru_cache(maxsize=1000)
def _unpacked(cell: str) -> list[str] | str:
    """The texts of a list, or the text in quotation marks, that JSON, Python, NumPy or Postgres wrote; another cell as it is."""
    if cell.strip() in ("{}", "set()"):
        return []
    if (cell.strip()[:1], cell.strip()[-1:]) not in (("[", "]"), ("(", ")"), ("{", "}"), ('"', '"')):
        return cell
    if _SIDE_BY_SIDE.fullmatch(cell.strip()):  # to Python one text
        return [text[1:-1] for text in _QUOTED.findall(cell)]
    for read in (json.loads, ast.literal_eval):
        with contextlib.suppress(ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            found = read(cell.strip())
            if isinstance(found, list | tuple | set):
                return [str(tag.get("name", "")) if isinstance(tag, dict) else str(tag) for tag in found]
            return found if isinstance(found, str) else cell
    return cell.strip()[1:-1].split(",") if cell.strip().startswith("{") else cell
