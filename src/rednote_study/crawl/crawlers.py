"""Which tool wrote a file, and where each column of the study stands in it: the table ``crawlers.toml``, read."""

from __future__ import annotations

import functools
import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rednote_study.errors import DataError

COUNTS = ("like_count", "collect_count", "comment_count", "share_count")
REQUIRED = ("title", "content", "label", "user_id", *COUNTS, "create_time", "post_id")
OPTIONAL = ("address", "user_name", "ip_location", "post_image", "post_type")
VERSION = "version"
"""When this state of the post was collected or changed; of a post that stands twice, the latest version stays."""
COLUMNS = (*REQUIRED, *OPTIONAL, VERSION)

_TABLE = Path(__file__).with_name("crawlers.toml")
_KEYS = {
    "name",
    "version",
    "date",
    "marks",
    "within",
    "shared",
    "columns",
    "tags",
    "tables",
    "users",
    "refused",
    "blank",
}


@dataclass(frozen=True)
class Crawler:
    """What is known of the files of one tool; see ``crawlers.toml`` for the meaning of its entries.

    Attributes
    ----------
    columns : dict of str to tuple of str
        For each column of the study its headings, as :func:`heading` folds them, the first that counts first.
    """

    name: str
    columns: dict[str, tuple[str, ...]]
    marks: tuple[frozenset[str], ...] = ()
    tables: tuple[str, ...] = ()
    version: str = ""
    date: str = ""
    tags: str = ""
    users: str = ""
    refused: str = ""
    blank: tuple[str, ...] = ()

    def wrote(self, headings: Iterable[str]) -> bool:
        """Whether a file with these headings (folded) is one of its files."""
        found = {".".join(parts[:n]) for h in headings if (parts := h.split(".")) for n in range(1, len(parts) + 1)}
        return any(mark <= found for mark in self.marks)

    def used(self, headings: Iterable[str]) -> list[str]:
        """Those of the headings (folded) of which a column of the study is made."""
        found = list(dict.fromkeys(headings))
        return [h for h in found if any(h in paths for paths in self.columns.values())]


@functools.cache
def heading(name: str) -> str:
    """Fold a heading: likedCount, liked_count and "Liked Count" are the same.

    >>> heading("note_card.interactInfo"), heading("作品ID")
    ('notecard.interactinfo', '作品id')
    """
    return re.sub(r"[\s_\-\ufeff]", "", unicodedata.normalize("NFKC", name)).casefold()


@functools.cache
def _table() -> dict:
    return tomllib.loads(_TABLE.read_text("utf-8"))


LISTS = tuple(tuple(path.split(".")) for path in _table()["lists"])
"""Where the list of posts may stand in an answer."""

GUESSES = _table()["guesses"]
"""Names that no tool gives a column, but people do."""


@functools.cache
def crawlers() -> tuple[Crawler, ...]:
    """All entries of the table, in its order; the first that wrote a file has it."""
    return tuple(_crawler(entry) for entry in _table()["crawler"])


def _crawler(entry: dict) -> Crawler:
    paths = dict(_table()["shared"].get(entry.get("shared"), {}))
    paths |= entry.get("columns", {})
    inside = ["", *(f"{place}." for place in entry.get("within", []))]
    columns = {
        column: tuple(heading(place + path) for path in names for place in reversed(inside))
        for column, names in paths.items()
    }
    marks = tuple(frozenset(map(heading, way.split())) for way in entry.get("marks", []))
    lists = {k: tuple(entry.get(k, ())) for k in ("tables", "blank")}
    texts = {k: entry[k] for k in ("name", "version", "date", "tags", "users", "refused") if k in entry}
    return Crawler(columns=columns, marks=marks, **lists, **texts)


OWN = Crawler(
    "the study's own columns",
    {c: (heading(c),) for c in COLUMNS if c != VERSION}
    | {
        "ip_location": ("iplocation", "iplocaltion"),
        "post_image": ("postimage", "image"),
        "post_type": ("posttype", "type"),
        VERSION: ("lastmodifyts", "lastupdatetime"),
    },
)
"""A file that needs no table: its headings are the study's names."""


def read_columns(path: str | Path) -> Crawler:
    """Read an entry of the table that somebody wrote for a file of another kind (``--columns``).

    Parameters
    ----------
    path : str or pathlib.Path
        TOML: ``[columns]`` with a heading, or a list of headings, for each column of the study; ``name``, ``within``,
        ``tags``, ``tables`` and ``blank`` as in ``crawlers.toml``.

    Raises
    ------
    DataError
        If the file cannot be read, has an unknown key, or names no column for ``post_id``.
    """
    try:
        entry = tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path} cannot be read as a table of columns: {error}. `rednote-study columns FILE` drafts one."
        ) from None
    entry = {"name": f"the columns of {Path(path).name}"} | entry
    columns = entry.get("columns")
    if not isinstance(columns, dict) or not columns.get("post_id"):
        raise DataError(
            f"{path}: [columns] must name the heading of post_id at least; `rednote-study columns FILE` drafts it."
        )
    for kind, found, known in (("key", entry, _KEYS), ("column", columns, COLUMNS)):
        if unknown := sorted(set(found) - set(known)):
            raise DataError(f"{path}: unknown {kind} {unknown[0]!r}. Known: {', '.join(sorted(known))}.")
    entry["columns"] = {c: [names] if isinstance(names, str) else names for c, names in columns.items() if names}
    texts = [v for names in entry["columns"].values() for v in (names if isinstance(names, list) else [names])]
    if not all(isinstance(v, str) for v in [*texts, entry["name"], entry.get("tags", "")]):
        raise DataError(f"{path}: names of columns, `name` and `tags` must be texts, or lists of texts.")
    return _crawler(entry)
