"""Which questions of the book a data set can answer: what each chapter compares, counted before it is compared.

The chapters were written for two crawls of newcomers and of others. A crawl
of one's own may have one month only, or no newcomers; then the chapter says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rednote_study.errors import StudyError
from rednote_study.tables.registry import MINIMUM_USERS, Data

__all__ = ["CHAPTERS", "missing"]


@dataclass(frozen=True)
class Need:
    """Whom a comparison needs, and how many of them a data set has."""

    what: str
    count: Callable[[Data], int]


def _wave(data: Data):
    return _column(data, "account").eq("wave")


def _column(data: Data, name: str):
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


def missing(chapter: str, data: Data) -> list[str]:
    """What the question of `chapter` needs and `data` does not have, one phrase each; empty if it can be answered.

    Raises
    ------
    StudyError
        If there is no such chapter.
    """
    if chapter not in CHAPTERS:
        raise StudyError(f"There is no chapter {chapter!r}. Known chapters: {', '.join(CHAPTERS)}.")
    return [f"{n.what} (at least {MINIMUM_USERS})" for n in CHAPTERS[chapter] if n.count(data) < MINIMUM_USERS]
