"""The replica as a file: written byte for byte, compared with what the generator makes."""

from __future__ import annotations

import os
from pathlib import Path

from rednote_study.replica.generator import generate

__all__ = ["matches", "write"]


def write(path: Path) -> Path:
    """Write the shipped replica (UTF-8, Unix line ends) under a temporary name, then rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_bytes(_content())
    fresh.replace(path)
    return path


def matches(path: Path) -> bool:
    """Whether the file at `path` is, byte for byte, what the generator makes."""
    return path.is_file() and path.read_bytes() == _content()


def _content() -> bytes:
    return generate().to_csv(index=False, lineterminator="\n").encode("utf-8")
