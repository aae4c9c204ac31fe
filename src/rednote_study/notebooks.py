"""Pairs: each chapter's ``.md`` is the source, its ``.ipynb`` beside it is written from it.

``jupytext --sync`` goes by modification time, which a fresh clone does not
keep; here the direction is always the same.
"""

from __future__ import annotations

from pathlib import Path

import jupytext
import nbformat

from rednote_study.paths import BOOK

__all__ = ["chapters", "check", "sync"]


def chapters(folder: Path = BOOK) -> list[Path]:
    """MyST notebooks of the book, in order."""
    pages = [folder / "index.md", folder / "summary.md", *sorted((folder / "chapters").glob("*.md"))]
    return [p for p in pages if p.is_file() and "{code-cell}" in p.read_text("utf-8")]


def sync(folder: Path = BOOK) -> None:
    """Write the notebook of each chapter, without outputs, where it differs."""
    for source in chapters(folder):
        text, target = _notebook(source), source.with_suffix(".ipynb")
        if not target.is_file() or target.read_text("utf-8") != text:
            target.write_text(text, "utf-8")
            print(f"wrote {target.name}")


def check(folder: Path = BOOK) -> list[str]:
    """Say which notebooks are not what their chapters make; empty if all are."""
    found = []
    for source in chapters(folder):
        target = source.with_suffix(".ipynb")
        if not target.is_file():
            found.append(f"{target.name} is missing. Run `make notebooks`.")
        elif target.read_text("utf-8") != _notebook(source):
            found.append(f"{target.name} does not agree with {source.name}. Run `make notebooks`.")
    return found


def _notebook(source: Path) -> str:
    """Text of the notebook: cell ids by position, so that the same chapter gives the same file."""
    notebook = jupytext.read(source, fmt="md:myst")
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:03}"
    return nbformat.writes(notebook, version=nbformat.NO_CONVERT).rstrip("\n") + "\n"
