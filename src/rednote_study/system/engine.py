"""DuckDB under the steps that cross rows: one definition for a table in memory and for files larger than memory.

What looks at many rows at once (posts that stand twice, crawls, counts by group) is written once, as a query. A small
data set gives the query its pandas frames, a large one its Parquet files; DuckDB keeps to its limit of memory by
writing what does not fit to disk. What looks at one row, or at the posts of one user, stays Python, called on frames
of any size.

Polars was not taken because it has no limit of memory to hold on to; it was not measured. Writing the row-wise steps as
expressions of an engine was not done: their regular expressions (Unicode digits, white space) mean something else
there, and every message of the quarantine would hang on the difference.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pandas as pd

from rednote_study.errors import DataError


class Engine:
    """Relations by name, and queries over them.

    Parameters
    ----------
    relations : mapping of str to pandas.DataFrame or str
        A frame, or the SQL of a view (such as ``SELECT * FROM read_parquet('posts/*.parquet')``) over relations
        named before it. Frames hold numbers, flags, times and text.
    memory : str, optional
        Most memory, such as ``2GB``; what does not fit goes to `folder`.
    folder : pathlib.Path, optional
        Where that is written. Without it nothing is ever written, and one thread works.

    Examples
    --------
    >>> engine = Engine({"posts": pd.DataFrame({"user": [1, 1, 2]})})
    >>> engine.query("SELECT user, count(*) AS posts FROM posts GROUP BY user ORDER BY user").values.tolist()
    [[1, 2], [2, 1]]
    """

    def __init__(self, relations: Mapping[str, pd.DataFrame | str], *, memory: str = "", folder: Path | None = None):
        options = {"threads": 1} if folder is None else {"temp_directory": str(folder), "memory_limit": memory}
        self._connection = duckdb.connect(
            config={**options, "preserve_insertion_order": False, "autoinstall_known_extensions": False}
        )
        with contextlib.suppress(duckdb.InvalidInputException):  # in a notebook without ipywidgets it has no bar
            self._connection.execute("SET enable_progress_bar = false")
        for name, relation in relations.items():
            self.add(name, relation)

    def add(self, name: str, relation: pd.DataFrame | str) -> None:
        """Name one more relation."""
        if isinstance(relation, str):
            self._connection.execute(f'CREATE OR REPLACE VIEW "{name}" AS {relation}')
        else:
            self._connection.register(name, relation)

    def query(self, sql: str, **parameters) -> pd.DataFrame:
        """Answer a query; its parameters stand in it as ``$name``."""
        try:
            return self._connection.execute(sql, parameters or None).df()
        except duckdb.OutOfMemoryException as error:
            raise _too_little(error) from None

    def row(self, sql: str, **parameters) -> dict:
        """Answer a query that has one row."""
        return self.query(sql, **parameters).iloc[0].to_dict()

    def write(self, sql: str, path: Path) -> None:
        """Write the answer to a file, CSV if its name ends so and else Parquet, at once or not at all."""
        form = "FORMAT csv, HEADER" if path.suffix == ".csv" else "FORMAT parquet, COMPRESSION zstd"
        fresh = path.with_name(f".{path.name}.new")
        try:
            self._connection.execute(f"COPY ({sql}) TO '{quoted(fresh)}' ({form})")
        except duckdb.OutOfMemoryException as error:
            raise _too_little(error) from None
        except duckdb.IOException as error:
            raise DataError(f"{path} cannot be written: {error}.") from None
        fresh.replace(path)

    def close(self) -> None:
        """Give the memory back."""
        self._connection.close()


def quoted(path: Path | str) -> str:
    """A path for a string of SQL."""
    return str(path).replace("'", "''")


def _too_little(error: Exception) -> DataError:
    return DataError(f"The memory allowed is too little ({str(error).splitlines()[0]}). Give more with --memory.")
