"""Which questions a data set can answer, counted before it is compared; and what each sentence of the answers rests on.

The chapters were written for two crawls of newcomers and of others. A crawl
of one's own may have one month only, or no newcomers; then the chapter says so.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

import pandas as pd

from rednote_study.crawl.conditions import checked
from rednote_study.crawl.crawl import Crawl
from rednote_study.datasets import settings
from rednote_study.display import REPRODUCING, Notice, TableView
from rednote_study.errors import DataError, StudyError
from rednote_study.formats import with_interval
from rednote_study.statistics.bounds import verdict
from rednote_study.store import record
from rednote_study.store.small_cells import MINIMUM_USERS
from rednote_study.system.paths import DATA, RESULTS


@dataclass(frozen=True)
class Need:
    """Whom a comparison needs, and how many of them a data set has."""

    what: str
    count: Callable[[Crawl], int]


def _wave(data: Crawl):
    return _column(data, "account").eq("wave")


def _column(data: Crawl, name: str):
    """A column of users; false of all where no account's date of registration is known."""
    return data.users[name] if name in data.users else data.users["in_january"] & False


CRAWLS = Need("posts of a second crawl", lambda d: int(d.users["crawl"].gt(1).sum()))
JANUARY = Need("users with a post in January 2025", lambda d: int(d.users["in_january"].sum()))
BOTH = Need("users with posts in January and in February 2025", lambda d: int(d.users["published_retained"].sum()))
WAVE = Need("accounts of the wave, registered from 9 to 31 January 2025", lambda d: int(_wave(d).sum()))
CONTROL = Need("accounts registered before the wave", lambda d: int(_column(d, "account").eq("older").sum()))
LEFT = Need(
    "accounts of the wave that were seen in January only",
    lambda d: int((_column(d, "at_risk") & ~d.users["cohort_retained"]).sum()),
)
STAYED = Need(
    "accounts of the wave that were seen from February on",
    lambda d: int((_column(d, "at_risk") & d.users["cohort_retained"]).sum()),
)

CHAPTERS = {
    "arrival": (WAVE, CONTROL),
    "context": (),
    "data": (CRAWLS,),
    "cohort": (WAVE, LEFT, STAYED),
    "sampling": (JANUARY, BOTH),
    "behaviour": (WAVE, LEFT, STAYED),
    "language": (WAVE, CONTROL, LEFT, STAYED),
    "representations": (WAVE, LEFT, STAYED),
    "topics": (WAVE, CONTROL, LEFT, STAYED),
    "retention": (WAVE, LEFT, STAYED),
    "validation": (),
    "discussion": (),
}
"""Needs of each chapter's question; none where it rests on no posts."""


def missing(chapter: str, data: Crawl) -> list[str]:
    """What the question of `chapter` needs and `data` does not have, one phrase each; empty if it can be answered.

    Raises
    ------
    StudyError
        If there is no such chapter.
    """
    if chapter not in CHAPTERS:
        raise StudyError(f"There is no chapter {chapter!r}. Known chapters: {', '.join(CHAPTERS)}.")
    return [f"{n.what} (at least {MINIMUM_USERS})" for n in CHAPTERS[chapter] if n.count(data) < MINIMUM_USERS]


def notice(crawl: Crawl, chapter: str | None = None, *, language: str = "en") -> Notice:
    """Say which data stand behind a page, and whether they can answer the question of `chapter`.

    On the study's own data in the `language` of the page, ``en`` or ``zh``; on others in English.
    """
    key = crawl.key
    if crawl.own:
        return _own_notice(crawl, missing(chapter, crawl) if chapter and crawl.present else [])
    if crawl.synthetic:
        text = f"<strong>Synthetic data.</strong> No real person wrote these posts (<code>{key}</code>)."
        return Notice("warning", text)
    present, recorded = _LINES[language]
    if crawl.present:
        return Notice("line", present.format(rows=crawl.rows, key=key, digest=crawl.digest))
    manifest = record.read_manifest(key)
    return Notice("line", recorded.format(key=key, digest=manifest["sha256"], version=manifest["version"]))


_LINES = {
    "en": (
        f'Posts present: {{rows:,}} of <code>{{key}}</code>, file <code>{{digest:.8}}…</code>. <a href="{REPRODUCING}">Recompute</a>.',
        "Recorded results: <code>{key}</code>, file <code>{digest:.8}…</code>, v{version}."
        f' <a href="{REPRODUCING}">Recompute</a>.',
    ),
    "zh": (
        "本机存有<code>{key}</code>的{rows}篇帖子（文件<code>{digest:.8}…</code>）。"
        f'<a href="{REPRODUCING}">重新计算（英文）</a>',
        "所示为<code>{key}</code>的存档结果（文件<code>{digest:.8}…</code>），{version}版。"
        f'<a href="{REPRODUCING}">重新计算（英文）</a>',
    ),
}
"""Where the posts are on the machine, and where they are not."""


def _own_notice(crawl: Crawl, lacking: list[str]) -> Notice:
    what = "<strong>Synthetic data.</strong>" if crawl.synthetic else "<strong>Your data.</strong>"
    text = (
        f"{what} This page was computed from {_kept(crawl)} of"
        f" <code><bdi>{escape(crawl.source.file)}</bdi></code> (sha256 <code>{crawl.digest[:12]}…</code>)."
        f" Sentences that interpret were written for <code>{settings.DEFAULT}</code>; read them against your numbers."
    )
    text += "".join(f" {escape(said)}" for said in crawl.reading.sentences())
    if lacking:
        text += (
            " <strong>These data cannot answer the question of this chapter.</strong>"
            f" They lack {escape('; '.join(lacking))}. What can be counted is shown all the same."
        )
    return Notice("warning", text)


def _kept(crawl: Crawl) -> str:
    """How many posts were kept, and of how many rows."""
    posts, rows = len(crawl.posts), crawl.rows
    return f"{posts:,} posts" if posts == rows else f"{posts:,} posts ({posts:,} of {rows:,} rows)"


def claims() -> TableView:
    """Each sentence of the answers, what it claims, and the recorded intervals that it rests on."""
    rows = []
    for claim in tomllib.loads((DATA / "claims.toml").read_text("utf-8"))["claims"]:
        head = {"page": claim["page"], "sentence": claim["sentence"], "claims": claim["kind"]}
        for rest in claim.get("evidence", [{}]):
            rows.append(head | _evidence(rest))
    columns = {
        "page": "page on which the sentence stands",
        "sentence": "in braces: the name of a number that is pasted there",
        "claims": "presence, absence of what matters, undetermined, or a description that is no claim about an effect",
        "result": "recorded result that it rests on",
        "measure": "kind of effect; each has one smallest size that matters",
        "value": "estimate",
        "low": "lower end of the 95 % interval",
        "high": "upper end",
        "carries": "what the interval carries by the rule of this book",
    }
    return TableView(pd.DataFrame(rows, columns=list(columns)), "Every sentence and what it rests on", columns)


def _evidence(rest: dict) -> dict:
    """The recorded interval that a sentence rests on, and what it carries."""
    if not rest:
        return {"result": "", "measure": "", "carries": ""}
    value, low, high = with_interval(_row(rest["result"], rest["row"]), rest["value"])
    if "than" in rest:  # wider than an interval of the difference would be
        other, least, most = with_interval(_row(rest["result"], rest["than"]), rest["value"])
        value, low, high = value - other, low - most, high - least
    carries = verdict(low, high, rest["measure"])
    return {k: rest[k] for k in ("result", "measure")} | {"value": value, "low": low, "high": high, "carries": carries}


def _row(result: str, condition: str) -> pd.Series:
    """The one recorded row that satisfies a condition."""
    files = list(RESULTS.glob(f"*/{result}.csv"))
    if len(files) != 1:
        raise DataError(f"A claim rests on the result {result!r}, which is not recorded: make results.")
    found = record.from_csv(files[0].read_text("utf-8")).query(checked(condition))
    if len(found) != 1:
        raise DataError(f"{len(found)} rows of {result!r} have {condition}; a claim rests on one.")
    return found.iloc[0]
