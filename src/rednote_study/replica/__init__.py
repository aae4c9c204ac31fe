"""The replica: synthetic posts with the structure of the published data set.

Nobody wrote these posts and nobody is described by them. No finding about
people may be drawn from them; they let the published analysis run where its
data are not at hand, and show what a method finds when the truth is known.

Taken from ``data/published/facts.json``, exactly: rows, columns, missing
cells, window, January users, retained users and how many of them are among the
newest accounts, days of registration and totals of the five oldest accounts.
Closely: users on each day, largest totals, correlations of the totals.

Assumed, because nothing is published on it: the shares of languages, topics,
places and hours; how many accounts were registered in the wave (by language);
medians of the counts; how many users post in February only (333, which
fits the daily counts); a quarter of February posts with banded counts. Topics
do not change with time. Posts of 28 February exist, as the window says, though
the published filter loses them.

Retention is drawn from a logistic model on the features that `Effects` names.
In the shipped file all effects are zero: within the newest fifth of accounts,
and within the others, it depends on nothing. As half of the retained must come
from the newest fifth, where most write English, it does go with language
overall, as it would in the published data.

Modules: `draws` (random numbers), `schedule` (days), `engagement` (counts),
`retention` (effects), `population` (users and posts as numbers), `grammar` and
`writing` (texts), `rows` (the file's cells), `stream` (any number of posts).
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd

from rednote_study.replica.grammar import TOPICS, sentences
from rednote_study.replica.population import SEED, Population, simulate
from rednote_study.replica.retention import Effects, Size, draw_retained
from rednote_study.replica.rows import to_rows
from rednote_study.replica.stream import write_large
from rednote_study.system.files import write_whole
from rednote_study.system.paths import DATA

__all__ = [
    "FILE", "SEED", "TOPICS", "Effects", "Population", "Size", "draw_retained", "generate", "matches", "sentences",
    "simulate", "to_rows", "write", "write_large",
]  # fmt: skip

FILE = DATA / "replica" / "tt_refugee_replica.csv"
"""The shipped file."""


def generate(seed: int = SEED, effects: Effects | None = None, size: Size | None = None) -> pd.DataFrame:
    """Make the replica.

    Larger data than memory holds are made in blocks: :func:`write_large`.

    Parameters
    ----------
    seed : int
        The same seed gives the same cells, on any machine.
    effects : Effects, optional
        Planted effects on retention; none by default.
    size : Size, optional
        Users and retained users; as published by default.

    Returns
    -------
    pandas.DataFrame of str
        One row a post, the 15 columns of the published file; an empty cell is a missing one.

    Raises
    ------
    DataError
        If the seed is not a whole number from 0 on.

    Examples
    --------
    >>> generate(size=Size(n_users=100, n_retained=2)).shape
    (126, 15)
    """
    return to_rows(simulate(seed, effects, size), seed)


def write(path: str | Path | None = None, **options) -> Path:
    """Write the replica as CSV (UTF-8, lines end with a line feed), byte for byte the same each time.

    Parameters
    ----------
    path : str or pathlib.Path, optional
        The shipped file by default. It is replaced at once or not at all.
    **options
        As for :func:`generate`.

    Returns
    -------
    pathlib.Path
        Where it was written.
    """
    path = Path(path or FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, _csv(generate(**options)))
    path.chmod(0o644)
    return path


def matches(path: str | Path | None = None) -> bool:
    """Whether the file (the shipped one by default) is what the generator makes."""
    path = Path(path or FILE)
    return path.is_file() and path.read_bytes() == _csv(generate())


def _csv(rows: pd.DataFrame) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow(rows.columns)
    writer.writerows(rows.itertuples(index=False, name=None))
    return out.getvalue().encode("utf-8")
