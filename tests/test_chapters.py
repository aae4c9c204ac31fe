"""Chapters as notebooks: what a scientist would type, in short cells."""

import ast

import jupytext
import pytest

from rednote_book import notebooks


def code(page):
    return [c.source for c in jupytext.read(page).cells if c.cell_type == "code"]


@pytest.mark.parametrize("page", notebooks.chapters(), ids=lambda p: p.stem)
def test_cells_are_short_and_define_nothing(page):
    for source in code(page):
        assert len([line for line in source.splitlines() if line.strip()]) <= 8, source
        nodes = ast.walk(ast.parse(source))
        assert not [n for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef | ast.Lambda)], source


@pytest.mark.parametrize("page", notebooks.chapters(), ids=lambda p: p.stem)
def test_imports_stand_at_the_top(page):
    imports = [[n for n in ast.parse(s).body if isinstance(n, ast.Import | ast.ImportFrom)] for s in code(page)]
    assert not any(imports[2:])
