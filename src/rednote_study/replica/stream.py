"""A replica of any number of posts, written in blocks with bounded memory."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np

from rednote_study.errors import DataError
from rednote_study.replica.population import SEED, simulate
from rednote_study.replica.retention import Size
from rednote_study.replica.rows import to_rows
from rednote_study.reported.published import published_facts
from rednote_study.system.engine import Engine, quoted
from rednote_study.system.parallel import stream
from rednote_study.system.progress import progress

BLOCK_USERS = 31_500  # some 40,000 posts
_FACTS = published_facts()["dataset"]


def write_large(path: str | Path, posts: int, seed: int = SEED, n_jobs: int | None = None) -> Path:
    """Write a replica of so many posts as CSV or Parquet, whichever the name ends with.

    Every block is a replica by itself, with its own seed and its own users, so the whole has the published structure
    at any size; user names repeat between blocks, identifiers do not.

    Parameters
    ----------
    path : str or pathlib.Path
        It is replaced at once or not at all.
    posts : int
        Rows of the file, from 1 on.
    seed : int
        The same seed and number give the same rows, on any machine and any number of cores.
    n_jobs : int, optional
        Worker processes; as many as there are cores by default.

    Raises
    ------
    DataError
        If the name ends otherwise, the number is less than 1, or the file cannot be written.
    """
    path = Path(path)
    if path.suffix not in (".csv", ".parquet"):
        raise DataError(f"{path}: a name that ends with .csv or .parquet is expected.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as scratch:
            fresh = Path(scratch, "whole")
            bar = progress(what="posts", unit="post", total=posts)
            pieces = stream(_block, blocks(posts, seed, Path(scratch)), n_jobs=n_jobs)
            (_join_csv if path.suffix == ".csv" else _join_parquet)(pieces, fresh, bar)
            bar.close()
            fresh.chmod(0o644)
            fresh.replace(path)
    except (OSError, duckdb.IOException) as error:
        raise DataError(f"{path} cannot be written: {error}.") from None
    return path


def blocks(posts: int, seed: int, folder: Path) -> Iterator[tuple]:
    """Arguments of each block: its file, its users, its rows, its seed."""
    if not isinstance(posts, int) or posts < 1:
        raise DataError(f"A replica of {posts} posts cannot be made; give a whole number from 1 on.")
    if seed < 0:
        raise DataError(f"The seed must be a whole number from 0 on, not {seed!r}.")
    whole = len(simulate(seed, size=_size(BLOCK_USERS)).posts)
    for number, start in enumerate(range(0, posts, whole)):
        rows = min(whole, posts - start)
        users = max(100, min(BLOCK_USERS, int(rows * BLOCK_USERS / whole) + 20))
        own = int(np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)[0] >> 1)
        yield folder / f"{number:06d}", users, rows, own


def _size(users: int) -> Size:
    return Size(n_users=users, n_retained=users * _FACTS["retained_users"] // _FACTS["january_users"])


def _block(file: Path, users: int, rows: int, seed: int) -> tuple[Path, int]:
    """Write one block as Parquet; its file and rows."""
    cells = to_rows(simulate(seed, size=_size(users)), seed).head(rows)
    engine = Engine({"cells": cells})
    engine.write("SELECT * FROM cells", file)
    engine.close()
    return file, len(cells)


def _join_csv(pieces: Iterator[tuple[Path, int]], target: Path, bar) -> None:
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    with target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
        for number, (file, rows) in enumerate(pieces):
            block = connection.execute(f"SELECT * FROM read_parquet('{quoted(file)}')")
            if number == 0:
                writer.writerow([column[0] for column in block.description])
            writer.writerows(block.fetchall())
            file.unlink()
            bar.update(rows)
    connection.close()


def _join_parquet(pieces: Iterator[tuple[Path, int]], target: Path, bar) -> None:
    files = []
    for file, rows in pieces:
        files.append(f"'{quoted(file)}'")
        bar.update(rows)
    connection = duckdb.connect(config={"threads": 1, "memory_limit": "1GB"})  # one thread keeps the order
    connection.execute("SET enable_progress_bar = false")
    connection.execute(
        f"COPY (SELECT * FROM read_parquet([{', '.join(files)}])) TO '{quoted(target)}'"
        " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 50000)"
    )
    connection.close()
