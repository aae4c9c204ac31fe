"""Which questions of the book a data set can answer: what each chapter compares, counted before it is compared.

The chapters were written for two crawls of newcomers and of others. A crawl
of one's own may have one month only, or no newcomers; then the chapter says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from rednote_study.crawl.crawl import Crawl
from rednote_study.datasets import settings
from rednote_study.display import Notice
from rednote_study.errors import StudyError
from rednote_study.store import record
from rednote_study.store.small_cells import MINIMUM_USERS

__all__ = ["CHAPTERS", "missing", "notice"]


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


def notice(crawl: Crawl, chapter: str | None = None) -> Notice:
    """Say which data stand behind a page, and whether they can answer the question of `chapter`."""
    source, key = crawl.source, crawl.key
    if crawl.own:
        return _own_notice(crawl, missing(chapter, crawl) if chapter and crawl.present else [])
    if crawl.synthetic:
        text = f"<strong>Synthetic data.</strong> {source.title}: no real person wrote these posts."
        return Notice("warning", text)
    if crawl.present:
        text = (
            f"<strong>Posts present.</strong> The {crawl.rows:,} posts of <code>{key}</code> are on this machine"
            f" (sha256 <code>{crawl.digest[:12]}…</code>). What the record has of this file and this code is looked up,"
            " everything else is computed."
        )
        return Notice("info", text)
    manifest = record.read_manifest(key)
    return Notice(
        "info",
        f"<strong>Recorded results.</strong> The posts of <code>{key}</code> are not on this machine."
        f" Numbers about them were computed by version {manifest['version']} of this study from the file"
        f" with sha256 <code>{manifest['sha256'][:12]}…</code> and are shown as recorded."
        f" To compute them afresh: <code>make data</code>, then <code>make book</code>.",
    )


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
