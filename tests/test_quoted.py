"""Numbers quoted from another page: put in everywhere, never older than their home, and a missing one fails the build."""

import ast
import json
import re
import shutil

import jupytext
import nbformat
import pytest
from toy_chapter import HEAD

from rednote_book import book, notebooks
from rednote_study.errors import BuildError
from rednote_study.system.paths import BOOK, ROOT

HOME = (
    HEAD
    + '# Home\n\n```{code-cell} ipython3\nfrom rednote_study.publish import numbers\nnumbers(found="8,765 of all")\n```\n'
)
QUOTING = "Away: {glue:text}`chapters/home.md::%s:s`, found in [its chapter](chapters/home.md).\n"


@pytest.mark.slow
def test_a_quoted_number_follows_its_home_and_a_missing_one_fails_each_build(tmp_path):
    shutil.copytree(ROOT / "book" / "_static", tmp_path / "book" / "_static")
    shutil.copy(ROOT / "_config.yml", tmp_path)
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: book/index\nchapters: [{file: book/chapters/home}]\n")
    (tmp_path / "book" / "references.bib").write_text("")
    (tmp_path / "data").mkdir()
    index, home = tmp_path / "book" / "index.md", tmp_path / "book" / "chapters" / "home.md"
    home.parent.mkdir()
    code = "# A book\n\n```{code-cell} ipython3\n1 + 1\n```\n\n"
    index.write_text(HEAD + code + QUOTING % "found")
    home.write_text(HOME)
    built = tmp_path / "build"

    def page() -> str:
        book.build(tmp_path, built)
        terms = json.loads(re.search(r"setIndex\((.*)\)", (built / "html" / "searchindex.js").read_text(), re.S)[1])
        notebook = nbformat.read(built / "html" / "book" / "index.ipynb", as_version=4)
        prose = notebook.cells[-1].source
        text = (built / "html" / "book" / "index.html").read_text("utf-8")
        assert "glue:" not in text + prose
        (number,) = re.findall(r'Away: <span class="pasted-text">([^<]+)</span>', text)
        assert f"Away: {number}," in prose, "the notebook to download has it too"
        pages = terms["terms"][number.split()[0].replace(",", "")]
        assert len(pages if isinstance(pages, list) else [pages]) == 2, "the search finds both pages by it"
        return number

    assert page() == "8,765 of all"
    index.write_text(index.read_text() + "\nMore prose; the cells are cached.\n")
    assert page() == "8,765 of all"
    home.write_text(HOME.replace("8,765", "4,321"))
    assert page() == "4,321 of all", "only the home was edited"
    home.write_text(HOME.replace("found=", "lost="))
    for _ in range(2):
        with pytest.raises(BuildError, match="'found' not found in doc 'book/chapters/home'"):
            book.build(tmp_path, built)


def given(page) -> set[str]:
    """Names that the cells of a page give to the prose, each written out."""
    calls = [
        node
        for cell in jupytext.read(page).cells
        if cell.cell_type == "code"
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "numbers"
    ]
    return {keyword.arg for call in calls for keyword in call.keywords}


def quoted() -> dict:
    """Names that other pages quote, by their home."""
    found: dict = {}
    for page in BOOK.rglob("*.md"):
        for path, name in re.findall(r"\{glue:text\}`([^`:]+)::(\w+):s`", page.read_text("utf-8")):
            found.setdefault((page.parent / path).resolve(), set()).add(name)
    return found


def test_every_quoted_number_is_given_by_its_home():
    for home, names in quoted().items():
        assert names <= given(home), home.name


@pytest.mark.parametrize("page", notebooks.chapters(), ids=lambda p: p.stem)
def test_every_number_is_written_in_a_way_that_is_understood_and_used(page):
    text = page.read_text("utf-8")
    assert not re.findall(r"\{glue:text\}`(?!\w+`|[\w/]+\.md::\w+:s`)[^`]*`", text), "name, or page.md::name:s"
    here = set(re.findall(r"\{glue:text\}`(\w+)`", text))
    assert here <= given(page), "given by a cell"
    assert given(page) <= here | quoted().get(page.resolve(), set()), "used, here or by another page"
