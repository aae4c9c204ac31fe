"""What is said of how a file was read: who wrote it, what was taken from where, what was left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from rednote_study.crawl.crawlers import COUNTS, OWN, Crawler
from rednote_study.crawl.notation import HASHES, NONE, Notation

MUCH = 1 / 20
"""Share of rows set aside from which on it is said without being asked."""

_KINDS = {"digits": "in digits", "zone": "with a zone", "plain": "without a zone"}
_MARKS = {" ": "blanks", "\t": "tabs", "list": "the list's own items"}


@dataclass
class Reading:
    """How a file was read.

    Attributes
    ----------
    crawler : Crawler
        Who wrote it.
    container : str
        ``CSV, UTF-8`` and the like.
    headings, used : int
        Columns (of JSON: paths), and those of which a column of the study was made.
    absent : tuple of str
        Columns of the study that the file does not have.
    notation : Notation
        What holds of the whole file.
    done : collections.Counter
        ``times_from_identifier``, ``times_cut``, ``nul_removed`` and ``surrogates_replaced`` (cells),
        ``missing_<count>`` and ``banded`` (posts).
    rows, posts, repeats : int
        Rows read, posts kept, earlier versions of posts kept; the rest was set aside.
    reasons : dict of str to int
        Why rows were set aside.
    differences : list of str
        In what the rows set aside differ from those kept.
    """

    crawler: Crawler = OWN
    container: str = "CSV, UTF-8"
    headings: int = 0
    used: int = 0
    absent: tuple[str, ...] = ()
    notation: Notation = field(default_factory=Notation)
    done: Counter = field(default_factory=Counter)
    rows: int = 0
    posts: int = 0
    repeats: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)

    @property
    def set_aside(self) -> int:
        """Rows that are neither posts nor versions of them."""
        return self.rows - self.posts - self.repeats

    @property
    def recognised(self) -> str:
        """Who wrote it, and how much of it is used."""
        return f"{self.crawler.name}: {self.used} of {self.headings} columns used"

    def as_dict(self) -> dict:
        """The same as plain values, for JSON."""
        shifts = {kind: shift.total_seconds() / 3600 for kind, shift in self.notation.shifts.items()}
        return {
            "recognised": self.crawler.name,
            "version": self.crawler.version,
            "date": self.crawler.date,
            "container": self.container,
            "columns_used": self.used,
            "columns": self.headings,
            "absent": list(self.absent),
            "users": self.notation.users,
            "tags": self.notation.tags,
            "shift_hours": shifts,
            "zone": self.notation.zone,
            "no_text": self.notation.garbled,
            "repeats": self.repeats,
            "set_aside": self.set_aside,
            "reasons": self.reasons,
            "differences": self.differences,
            **{name: int(n) for name, n in sorted(self.done.items())},
            "notes": self.sentences(),
        }

    def sentences(self) -> list[str]:
        """What a reader of the results must know."""
        return [*self._of_users(), *self._of_times(), *self._of_texts(), *self._of_rows()]

    @property
    def aside(self) -> str | None:
        """One line on the rows set aside, where they are many."""
        if not self.rows or self.set_aside < MUCH * self.rows:
            return None
        reasons = "; ".join(f"{n:,}: {reason}" for reason, n in self.reasons.items())
        return f"{self.set_aside:,} of {self.rows:,} rows were set aside ({reasons})."

    def _of_users(self) -> list[str]:
        elsewhere = f" {self.crawler.users}." if self.crawler.users else ""
        if self.notation.users == NONE:
            return [
                "The file holds no identifiers of users, so nothing that counts people can be computed or shown."
                + (elsewhere or " Use an export that has them, such as the NDJSON of Zeeschuimer or 4CAT.")
            ]
        if self.notation.users == HASHES:
            return [
                "The file holds hashes in place of identifiers of users, so no account's date of registration is known,"
                " and nothing that compares newcomers with others can be computed." + elsewhere,
                "What describes one group (languages, hashtags, words, totals of counts) is of all users, whoever it is"
                " elsewhere.",
            ]
        return []

    def _of_times(self) -> list[str]:
        said = []
        for kind, shift in self.notation.shifts.items():
            hours = shift.total_seconds() / 3600
            said.append(
                f"Times {_KINDS[kind]} are {abs(hours):g} hours {'early' if hours < 0 else 'late'} by the identifiers of the"
                " posts; they were read with this taken back (name their zone with `--zone` if that is wrong)."
            )
        if self.notation.zone:
            said.append(f"Times without a zone were read as those of {self.notation.zone}.")
        if n := self.done["times_from_identifier"]:
            cut = self.done["times_cut"]
            why = f"; Excel cut {cut:,} of them, so export them again as text" if cut else ""
            said.append(f"Posts without a time of their own: {n:,}; it was taken from their identifiers{why}.")
        return said

    def _of_texts(self) -> list[str]:
        said = []
        if self.notation.garbled:
            said.append("There is no text in this file: titles and texts hold nothing but marks such as ____.")
        mark = self.notation.tags
        if not self.notation.tags_known and mark not in ("", "#"):
            said.append(f"Hashtags in the label were separated by {_MARKS.get(mark, f'“{mark}”')}.")
        if n := self.done["nul_removed"]:
            said.append(f"NUL characters were removed from {n:,} {_cells(n)}.")
        if n := self.done["surrogates_replaced"]:
            said.append(f"Halves of characters were replaced by U+FFFD in {n:,} {_cells(n)}.")
        return said

    def _of_rows(self) -> list[str]:
        said = []
        for count in COUNTS:
            name = count.removesuffix("_count")
            if count in self.absent:
                said.append(f"The file has no {name} counts.")
            elif n := self.done[f"missing_{count}"]:
                said.append(
                    f"{name.capitalize()} counts are missing in {n:,} of {self.posts:,} posts; whoever wrote one of these has no"
                    f" total of {name} counts, and is left out where these are compared."
                )
        if n := self.done["banded"]:
            said.append(
                f"Counts of {n:,} of {self.posts:,} posts are bands such as 1千+, as whoever is not logged in sees them; their"
                " lower ends were taken, so totals of these are too small."
            )
        if self.repeats:
            said.append(f"{self.repeats:,} rows are earlier versions of posts; the latest version was kept.")
        return said + self.differences


def _cells(n: int) -> str:
    return "cell" if n == 1 else "cells"
