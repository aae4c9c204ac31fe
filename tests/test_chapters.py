"""Chapters as notebooks: what a scientist would type, in short cells, and prose that pastes what they give."""

import ast
import re

import jupytext
import pytest

from rednote_book import notebooks
from rednote_study.system.paths import BOOK

PAGES = notebooks.chapters()
PASTED = re.compile(r"\{glue:text\}`(?:(?P<page>[\w/]+)::)?(?P<name>\w+)`")


def code(page):
    return [c for c in jupytext.read(page).cells if c.cell_type == "code"]


def given(page) -> list[str]:
    """Names that the page's cells give to the prose; None stands for those that a cell makes in a loop."""
    calls = [n for c in code(page) for n in ast.walk(ast.parse(c.source)) if isinstance(n, ast.Call)]
    return [k.arg for n in calls if getattr(n.func, "id", "") == "numbers" for k in n.keywords]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_cells_are_short_and_define_nothing(page):
    for cell in code(page):
        assert len([line for line in cell.source.splitlines() if line.strip()]) <= 8, cell.source
        defined = [
            n for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.FunctionDef | ast.ClassDef | ast.Lambda)
        ]
        assert defined == [], cell.source


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_imports_stand_at_the_top_and_are_few(page):
    imports = [[n for n in ast.parse(c.source).body if isinstance(n, ast.Import | ast.ImportFrom)] for c in code(page)]
    assert not any(imports[1:])
    assert len(imports[0]) <= 6


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_every_number_in_the_prose_is_given_by_a_cell(page):
    for match in PASTED.finditer(page.read_text("utf-8")):
        home = BOOK / f"{match['page']}.md" if match["page"] else page
        assert {match["name"], None} & set(given(home)), match[0]


def test_every_number_that_a_cell_gives_stands_in_the_prose_once_at_least():
    used = {
        (BOOK / f"{m['page']}.md" if m["page"] else page, m["name"])
        for page in BOOK.rglob("*.md")
        for m in PASTED.finditer(page.read_text("utf-8"))
    }
    assert {(page, name) for page in PAGES for name in given(page) if name} - used == set()


def test_a_number_has_one_home():
    names = [name for page in PAGES for name in given(page) if name]
    assert sorted(names) == sorted(set(names))
