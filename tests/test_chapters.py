"""Chapters as notebooks: what a scientist would type, in short cells."""

import ast
import re

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


# Numbers in running text --------------------------------------------------------------------------------------

READ = [page for page in notebooks.chapters() if page.stem != "summary_zh"]  # Chinese has a test of its own
FINDINGS = [page for page in READ if page.name[:2] in {f"{n:02}" for n in range(3, 14)}]
PASTED = r"\{glue:text\}`[^`]*`"


def paragraphs(page):
    """Running text without headings, tables, figures and citations."""
    for cell in jupytext.read(page).cells:
        if cell.cell_type == "markdown":
            text = re.sub(r"^(`{3,}|:{3,}|\$\$).*?^\1[^\n]*$", "", cell.source, flags=re.S | re.M)
            for part in re.split(r"\n\s*\n|\n(?=- |: )", text):
                if not re.match(r"\s*(#|\||\()", part):
                    yield " ".join(re.sub(r"\{cite\S*?\}`[^`]*`", "", part).split())


@pytest.mark.parametrize("page", READ, ids=lambda p: p.stem)
def test_a_sentence_has_two_numbers_at_most(page):
    sentences = [s for text in paragraphs(page) for s in re.split(r"(?<=[.!?:])\s+(?=[A-Z*\[{(])", text)]
    assert [s for s in sentences if len(re.findall(PASTED, s)) > 2] == []


@pytest.mark.parametrize("page", FINDINGS, ids=lambda p: p.stem)
def test_a_hundred_words_have_two_or_three_numbers_at_most(page):
    """Papers of the ML Reproducibility Challenge have 2.3; tables and figures hold the rest."""
    text = " ".join(re.sub(r"\]\([^)]*\)", "]", part) for part in paragraphs(page))
    words = re.sub(PASTED, "number", text).split()
    assert 100 * len(re.findall(PASTED, text)) / len(words) <= 2.5
