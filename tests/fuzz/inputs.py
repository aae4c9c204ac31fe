"""What the fuzzer's bytes mean, and what must hold of every file; needs no fuzzer itself.

The first byte of an input chooses what becomes of the others, so that the fuzzer need not invent a header, a gzip
stream or an identifier by chance.
"""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from pathlib import Path

from rednote_study.crawl.posts import read_posts
from rednote_study.crawl.reader import read_raw
from rednote_study.errors import DataError

__all__ = ["check", "file_of"]

COLUMNS = [
    "title",
    "content",
    "label",
    "user_id",
    "like_count",
    "collect_count",
    "comment_count",
    "share_count",
    "create_time",
    "post_id",
]
ROW = ["t", "c", "l", "678465900000000000000001", "1", "2", "3", "4", "1/14/2025 12:08", "6785e3600000000000000001"]
HEADER = (",".join(COLUMNS) + "\n").encode()
_CELL, _ROW = "\x1f", "\x1e"


def file_of(data: bytes) -> tuple[bytes, int | None]:
    """Bytes of the file that an input stands for, and its number of rows where that is known."""
    kind, rest = data[:1], data[1:]
    if kind == b"h":
        return HEADER + rest, None
    if kind == b"g":
        return gzip.compress(HEADER + rest), None
    if kind == b"z":
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr(zipfile.ZipInfo("crawl.csv"), HEADER + rest)
        return out.getvalue(), None
    if kind == b"c":
        return _cells(rest)
    return rest, None


def _cells(data: bytes) -> tuple[bytes, int]:
    """Rows of cells; a cell that is not given, or is empty, is that of a good row."""
    rows = [row.split(_CELL) for row in data.decode("utf-8", "replace").split(_ROW)]
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        cells = row[: len(ROW)]
        writer.writerow([c or good for c, good in zip(cells, ROW, strict=False)] + ROW[len(cells) :])
    return out.getvalue().encode("utf-8"), len(rows)


def check(data: bytes, path: Path) -> str:
    """Read the file that `data` stands for, through `path`; what comes of it, in a word.

    Raises
    ------
    AssertionError
        If rows are lost or counted twice. Anything but a DataError goes through as it is.
    """
    content, rows = file_of(data)
    path.write_bytes(content)
    try:
        raw = read_raw(path)
    except DataError as error:
        assert str(path) in str(error) and "\n" not in str(error), str(error)
        assert rows is None or "swallows" in str(error), str(error)
        return "refused"
    lines = [*raw.rows["line"], *raw.rejected["line"]]
    assert len(lines) == len(set(lines)) and all(line > 1 for line in lines)
    assert rows is None or len(lines) == rows
    return _posts(path, len(lines)) if rows is not None else "read"  # the others would be a thousand times slower


def _posts(path: Path, rows: int) -> str:
    try:
        posts = read_posts(path)
    except DataError as error:
        assert f"none of {rows} rows can be used" in str(error), str(error)
        return "set aside"
    assert posts.rows == rows == len(posts.posts) + len(posts.quarantine)
    assert not set(posts.posts["line"]) & set(posts.quarantine["line"])
    return "read"
