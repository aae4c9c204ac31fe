"""Words and vectors of many texts: the costly part, in processes of this machine or on the workers of a Dask cluster.

Texts go out in batches that do not depend on who does the work, and come back in order, so the results are the same
for one process, several, or a cluster that loses a worker on the way.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from rednote_study.large.facts import file_of
from rednote_study.system.engine import Engine, quoted
from rednote_study.system.parallel import stream
from rednote_study.system.progress import progress
from rednote_study.text.segment import segment

TEXTS = 2000  # of a batch: a fraction of a second of work, a fraction of a megabyte on the way
WORD_TABLES = ("language_words",)


def segment_texts(
    texts: Iterable[str], *, n_jobs: int | None = None, scheduler: str | None = None, size: int = TEXTS
) -> Iterator[list[str]]:
    """Cut each text into words, as :func:`rednote_study.text.segment.segment` does.

    Parameters
    ----------
    texts : iterable of str
        May be longer than memory.
    n_jobs, scheduler
        Who does it; see :func:`rednote_study.system.parallel.stream`.
    size : int
        Texts of a batch.

    Yields
    ------
    list of str
        Words of each text, in the order of the texts.

    Examples
    --------
    >>> list(segment_texts(["a cat in Boston", ""], n_jobs=1))
    [['cat', 'boston'], []]
    """
    jobs = ((batch,) for batch in _batched(texts, size))
    for words in stream(_segment, jobs, n_jobs=n_jobs, scheduler=scheduler):
        yield from words


def encode_texts(
    encoder, texts: Iterable[str], *, n_jobs: int | None = 1, scheduler: str | None = None, size: int = TEXTS
) -> np.ndarray:
    """Vectors of texts by a fitted encoder.

    Parameters
    ----------
    encoder : TextEncoder
        Fitted; it is sent to the workers, so it should hold the name of a model's folder rather than the model.
    texts : iterable of str
    n_jobs, scheduler
        Who does it; see :func:`rednote_study.system.parallel.stream`.
    size : int
        Texts of a batch. A vector's last digits may depend on who stands beside it in a batch, so compare runs of
        the same size.

    Returns
    -------
    numpy.ndarray of float, shape (n_texts, n_dimensions)
    """
    jobs = ((encoder, batch) for batch in _batched(texts, size))
    vectors = list(stream(_encode, jobs, n_jobs=n_jobs, scheduler=scheduler))
    return np.concatenate(vectors) if vectors else _encode(encoder, [])


def _segment(texts: list[str]) -> list[list[str]]:
    return [segment(text) for text in texts]


def _encode(encoder, texts: list[str]) -> np.ndarray:
    return np.asarray(encoder.transform(texts))


def _batched(texts: Iterable[str], size: int) -> Iterator[list[str]]:
    texts = iter(texts)
    while batch := list(itertools.islice(texts, size)):
        yield batch


def write_vectors(
    engine: Engine, work: Path, out: Path, encoder, n_jobs: int | None = 1, scheduler: str | None = None
) -> None:
    """Write the vectors of the texts kept in `work`: a file ``NNNNNN.npz`` a batch, with ``line`` and ``vectors``.

    The encoder must be fitted, or learn nothing from texts. Those that an interrupted run wrote are kept.
    """
    out.mkdir(parents=True, exist_ok=True)
    for number in progress(_numbers(work), what="vectors", unit="batch"):
        path = out / f"{number:06d}.npz"
        if not path.exists():
            texts = _texts(engine, work, number)
            vectors = encode_texts(encoder, texts["text"], n_jobs=n_jobs, scheduler=scheduler)
            with open(out / f".{path.name}.new", "wb") as file:
                np.savez(file, line=texts["line"].to_numpy(), vectors=vectors)
            Path(file.name).replace(path)


def _numbers(work: Path) -> list[int]:
    return sorted(int(path.stem) for path in (work / "texts").glob("*.parquet"))


def _texts(engine: Engine, work: Path, number: int) -> pd.DataFrame:
    return engine.query(f"SELECT * FROM read_parquet('{quoted(file_of('texts', work, number))}') ORDER BY line")


def add_words(engine: Engine, work: Path, n_jobs: int, scheduler: str | None) -> None:
    """Make the relation ``words`` (``line``, ``word``; each word once a post) of the texts kept in `work`."""
    wanted = [n for n in _numbers(work) if not file_of("words", work, n).exists()]
    texts = (text for number in wanted for text in _texts(engine, work, number)["text"])
    cut = segment_texts(texts, n_jobs=n_jobs, scheduler=scheduler)
    for number in progress(wanted, what="words", unit="batch"):
        lines = _texts(engine, work, number)["line"]
        words = [list(dict.fromkeys(next(cut))) for _ in range(len(lines))]
        pairs = pd.Series(words, index=lines, name="word", dtype=object).explode().dropna().astype("str")
        writer = Engine({"pairs": pairs.reset_index()})
        writer.write("SELECT * FROM pairs", file_of("words", work, number))
        writer.close()
    engine.add("words", f"SELECT * FROM read_parquet('{quoted(work)}/words/*.parquet')")
