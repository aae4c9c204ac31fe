"""Pairs: each chapter's ``.md`` is the source, its ``.ipynb`` beside it is written from it.

``jupytext --sync`` goes by modification time, which a fresh clone does not
keep; here the direction is always the same. Both have the form that jupytext gives them, so that a chapter which is
opened and saved in JupyterLab stays as it is.
"""

from __future__ import annotations

from pathlib import Path

import jupytext
import nbformat
import yaml
from jupytext.config import load_jupytext_config
from nbformat.v4 import new_code_cell

from rednote_study.system.paths import BOOK, ROOT

COLAB = """\
# On Google Colab this fetches and installs the study; everywhere else it does nothing.
import sys

if "google.colab" in sys.modules:
    print("Installing the study from {url}: a few minutes. If Colab then asks to restart the session, do so.")
    ![ -d /content/{name} ] || git clone --quiet --depth 1 --branch {branch} {url} /content/{name}
    %pip install --quiet --editable "/content/{name}[book,models]"
    sys.path.insert(0, "/content/{name}/src")
"""


def chapters(folder: Path = BOOK) -> list[Path]:
    """MyST notebooks of the book, in order."""
    pages = [
        *(folder / f"{n}.md" for n in ("index", "summary", "summary_zh")),
        *sorted((folder / "chapters").glob("*.md")),
    ]
    return [p for p in pages if p.is_file() and "{code-cell}" in p.read_text("utf-8")]


def sync(folder: Path = BOOK) -> None:
    """Give each chapter jupytext's form, and write its notebook, without outputs; only what differs is written."""
    for source in chapters(folder):
        for target, text in _pair(source).items():
            if not target.is_file() or target.read_text("utf-8") != text:
                target.write_text(text, "utf-8")
                print(f"wrote {target.name}")


def check(folder: Path = BOOK) -> list[str]:
    """Say which notebooks are not what their chapters make; empty if all are."""
    found = []
    for source in chapters(folder):
        for target, text in _pair(source).items():
            if not target.is_file():
                found.append(f"{target.name} is missing. Run `make notebooks`.")
            elif _without_language(target) != text:
                wrong = "has not jupytext's form" if target == source else f"does not agree with {source.name}"
                found.append(f"{target.name} {wrong}. Run `make notebooks`.")
    return found


def _without_language(path: Path) -> str:
    """Text of a file of a pair; of a notebook without what JupyterLab adds for the Python that it was opened with."""
    text = path.read_text("utf-8")
    if path.suffix == ".md" or '"language_info"' not in text:
        return text
    notebook = nbformat.reads(text, nbformat.NO_CONVERT)
    notebook.metadata.pop("language_info", None)
    return _written(notebook)


def repository(root: Path = ROOT) -> dict[str, str]:
    """Public address and branch of the project from ``_config.yml``; empty as long as none is named there."""
    return yaml.safe_load((root / "_config.yml").read_text("utf-8")).get("repository") or {}


def colab_cell(repository: dict[str, str]) -> str | None:
    """Source of the first cell that makes a notebook work on Google Colab; None without a public address.

    Colab opens a notebook from the repository and has nothing else of it.

    Examples
    --------
    >>> colab_cell({}) is None
    True
    """
    if "url" not in repository:
        return None
    url = repository["url"].rstrip("/")
    return COLAB.format(url=url, name=url.rpartition("/")[2], branch=repository.get("branch", "main")).rstrip("\n")


def _pair(source: Path) -> dict[Path, str]:
    """Both files of a chapter, and the text that they should have."""
    text = jupytext.writes(jupytext.read(source, fmt="md:myst"), fmt="md:myst", config=load_jupytext_config(str(ROOT)))
    return {source: text, source.with_suffix(".ipynb"): _notebook(source)}


def _notebook(source: Path) -> str:
    """Text of the notebook: cell ids by position, so that the same chapter gives the same file."""
    notebook = jupytext.read(source, fmt="md:myst")
    notebook.metadata["jupytext"].pop("text_representation", None)
    first = colab_cell(repository())
    if first:
        notebook.cells.insert(0, new_code_cell(first, metadata={"tags": ["remove-cell"]}))
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:03}"
    return _written(notebook)


def _written(notebook) -> str:
    return nbformat.writes(notebook, version=nbformat.NO_CONVERT).rstrip("\n") + "\n"
