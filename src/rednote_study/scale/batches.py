"""Rows of a CSV or Parquet file of any size, some at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb

from rednote_study.engine import quoted
from rednote_study.errors import DataError
from rednote_study.reader import Batch, column_names, read_batches

__all__ = ["batches"]

_PARQUET = b"PAR1"
_NESTED = re.compile(r"^(STRUCT|MAP|UNION)\(|\]$")  # DuckDB's names of what has no one text


def batches(path: Path, size: int) -> Iterator[Batch]:
    """Read a crawl in batches of `size` rows (the last may be smaller).

    A row of a Parquet file has the line that it would have in a CSV file with a header and no line breaks in texts.

    Raises
    ------
    DataError
        If the file cannot be read, where it comes to it.
    """
    if _is_parquet(path):
        return _parquet(path, size)
    return read_batches(path, size)


def _is_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == _PARQUET
    except OSError:
        return False  # the reader of text says what is wrong


def _parquet(path: Path, size: int) -> Iterator[Batch]:
    connection = duckdb.connect(config={"memory_limit": "1GB", "threads": 1})
    connection.execute("SET enable_progress_bar = false")
    # old writers do not mark text as such
    source, line = f"read_parquet('{quoted(path)}', binary_as_string = true)", 2
    try:
        found = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
        known = column_names(path, [name for name, *_ in found])
        _refuse_nested(path, {name: found[i][1] for i, name in known.items()})
        cells = ", ".join(f"""coalesce("{found[i][0].replace('"', '""')}"::VARCHAR, '')""" for i in known)
        connection.execute(f"SELECT {cells} FROM {source}")
        while rows := connection.fetchmany(size):
            batch = Batch(list(known.values()), [], [])
            for number, row in enumerate(rows, line):
                if any("\0" in cell for cell in row):
                    batch.rejected.append((number, "holds a NUL byte"))
                else:
                    batch.kept.append((number, *row))
            line += len(rows)
            yield batch
    except duckdb.Error as error:
        reason = str(error).splitlines()[0].split(": value ")[0]  # what it goes on to repeat may be somebody's post
        raise DataError(f"{path} cannot be read as Parquet: {reason}. Get it again.") from None
    finally:
        connection.close()
    if line == 2:
        raise DataError(f"{path} has columns and no rows. Is the crawl complete?")


def _refuse_nested(path: Path, types: dict[str, str]) -> None:
    for name, kind in types.items():
        if _NESTED.search(kind):
            raise DataError(
                f"{path}: column {name} holds lists or records ({kind}); expected text, a number or a time in each row."
                " Make it text and try again."
            )
