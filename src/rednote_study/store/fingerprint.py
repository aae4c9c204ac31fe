"""Short names for the state of everything that a chapter can import or read, and of the code behind one table."""

from __future__ import annotations

import ast
import functools
import hashlib
import io
import itertools
import os
import tokenize
from collections.abc import Iterator
from pathlib import Path

from rednote_study.datasets.settings import dataset, reading
from rednote_study.datasets.sources import describe_source, digest
from rednote_study.system.paths import ROOT, raw_folder

FRESH = "REDNOTE_STUDY_FRESH"
"""Variable of the environment: compute also what is recorded."""

_INPUTS = ("src", "data", "requirements.txt")
_SKIPPED_FOLDERS = {"__pycache__", "raw", "rednote_book"}
_NO_INPUT = {"download.py", "fetch.py", "fingerprint.py", "spread.csv"}
"""Tolerances make no number either; the table that shows them names their file in ``DATA_FILES``."""
_NO_SOURCE = {"README.md", "claims.toml"}
"""Read by people, and by the book, from which no result takes anything."""


def fingerprint(root: Path) -> str:
    """Fingerprint of the package, the data and the pins (16 hexadecimal digits)."""
    variables = (os.environ.get(name, "") for name in ("REDNOTE_STUDY_RAW", FRESH))
    total = hashlib.sha256(f"{' '.join(variables)} {_choice()}".encode())
    kept = [path for path in [root / "data" / "spread.csv"] if path.is_file()]
    for path in itertools.chain(_files(root, _SKIPPED_FOLDERS), kept, sorted(raw_folder().glob("*.csv"))):
        name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
        total.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]


def _choice() -> str:
    """The data set that the book is about; of a crawl of one's own its content, and the way in which it is read."""
    source = describe_source(dataset())
    if not source.path:
        return source.key
    how = reading(source.path)
    table = hashlib.sha256(Path(how["columns"]).read_bytes()).hexdigest() if how["columns"] else ""
    return f"{source.key} {source.file} {digest(source)} {table} {how['zone']}"


def _files(root: Path, skipped: set[str]) -> Iterator[Path]:
    for name in _INPUTS:
        top = root / name
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            parts = path.relative_to(root).parts
            hidden = any(p in skipped or p.startswith(".") or p.endswith(".egg-info") for p in parts)
            if path.is_file() and not hidden and path.name not in _NO_INPUT:
                yield path


# The code behind one table -------------------------------------------------------------------------------

_PACKAGE = __name__.split(".")[0]
_NO_NUMBERS = {
    "errors",
    "datasets.settings",
    "store.fingerprint",
    "store.memory",
    "system.files",
    "system.paths",
    "system.plain",
    "system.progress",
    "system.watch",
}
"""Modules that make no number: a better message in one of them is no reason to compute all results again."""


@functools.cache
def code_digest(module: str) -> str:
    """Digest of a module of this package, of all that it imports from the package, of shipped data and the pins.

    Comments and docstrings do not count, nor the version of Python.

    Parameters
    ----------
    module : str
        Such as ``rednote_study.analysis.behaviour``.

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    waiting, seen = [module], {}
    while waiting:
        name = waiting.pop()
        if name not in seen and name.removeprefix(f"{_PACKAGE}.") not in _NO_NUMBERS:
            seen[name], imported = _source(name)
            waiting += imported
    parts = [_inputs(), *(f"{name} {digest}" for name, digest in sorted(seen.items()))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@functools.cache
def _inputs() -> str:
    """Digest of the pins and of the data that the repository holds, without recorded results and what is code."""
    total = hashlib.sha256()
    for path in _files(ROOT, _SKIPPED_FOLDERS | {"results"}):
        if path.suffix != ".py" and path.name not in _NO_SOURCE:
            total.update(path.relative_to(ROOT).as_posix().encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


@functools.cache
def _source(module: str) -> tuple[str, tuple[str, ...]]:
    """Digest of the source of one module, and the modules of this package that its import statements name.

    Imports inside functions count, and so do the files of ``data/`` that the module names in ``DATA_FILES``.
    """
    source = _file(module).read_text("utf-8")
    tree, imported, total = ast.parse(source), [], hashlib.sha256()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported += [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported += [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
        elif isinstance(node, ast.Assign) and any(getattr(t, "id", "") == "DATA_FILES" for t in node.targets):
            for name in ast.literal_eval(node.value):
                total.update((ROOT / "data" / name).read_bytes())
    ours = tuple(n for n in imported if n.split(".")[0] == _PACKAGE and _file(n) is not None)
    total.update(_without_words(source, tree).encode())
    return total.hexdigest(), ours


def _file(module: str) -> Path | None:
    base = ROOT.joinpath("src", *module.split("."))
    return next((p for p in (base.with_suffix(".py"), base / "__init__.py") if p.is_file()), None)


def _without_words(source: str, tree: ast.Module) -> str:
    """Source without comments, docstrings and blank lines."""
    lines = source.split("\n")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines[node.lineno - 1 : node.end_lineno] = [""] * (node.end_lineno - node.lineno + 1)
    return "\n".join(line for line in lines if line.strip())
