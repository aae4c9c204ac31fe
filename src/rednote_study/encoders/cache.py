"""Vectors kept by content: no text goes twice through the same encoder on one machine."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Callable

import numpy as np

from rednote_study.system import watch
from rednote_study.system.paths import BUILD


class VectorCache:
    """Vectors of one encoder in an SQLite file; several processes may use it at once.

    Only hashes of texts are stored, never a text.

    Parameters
    ----------
    name : str
        Names the encoder, its settings and its version.
    dimension : int
    keep : bool
        False to compute everything afresh; equal texts of one call are still encoded once.
    """

    def __init__(self, name: str, dimension: int, *, keep: bool = True):
        self._path = BUILD / "vectors" / f"{name}.sqlite"
        self._dimension, self._keep = dimension, keep and not watch.stores_are_off()

    def encode(self, texts: list[str], compute: Callable[[list[str]], np.ndarray]) -> np.ndarray:
        """Vectors of texts (float32, shape (n_texts, dimension)); `compute` is asked for the unknown ones, once each."""
        keys = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
        first = dict(zip(reversed(keys), reversed(texts), strict=True))
        known = self._kept(self._read, list(first)) if self._keep else {}
        new = [key for key in dict.fromkeys(keys) if key not in known]
        if new:
            vectors = np.asarray(compute([first[key] for key in new]), dtype=np.float32)
            fresh = dict(zip(new, vectors, strict=True))
            known |= fresh
            if self._keep:
                self._kept(self._write, fresh)
        return np.array([known[key] for key in keys], dtype=np.float32).reshape(len(texts), self._dimension)

    def _kept(self, step: Callable, argument) -> dict[bytes, np.ndarray]:
        """Read or write; where the file cannot be used, vectors are computed and not kept, and a broken file goes."""
        try:
            return step(argument) or {}
        except (sqlite3.DatabaseError, OSError) as error:
            if any(word in str(error) for word in ("malformed", "not a database")):
                with contextlib.suppress(OSError):
                    self._path.unlink(missing_ok=True)
            return {}

    @contextlib.contextmanager
    def _open(self):
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(self._path, timeout=60)) as connection, connection:
            connection.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")
            yield connection

    def _read(self, keys: list[bytes]) -> dict[bytes, np.ndarray]:
        found = {}
        with self._open() as connection:
            for start in range(0, len(keys), 500):
                part = keys[start : start + 500]
                marks = ",".join("?" * len(part))
                rows = connection.execute(f"SELECT key, vector FROM vectors WHERE key IN ({marks})", part)
                found |= {key: np.frombuffer(vector, dtype="<f4") for key, vector in rows}
        return {key: vector for key, vector in found.items() if len(vector) == self._dimension}

    def _write(self, vectors: dict[bytes, np.ndarray]) -> None:
        with self._open() as connection:
            rows = [(key, vector.astype("<f4").tobytes()) for key, vector in vectors.items()]
            connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
