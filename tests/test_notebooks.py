import jupytext
import pytest

from rednote_study import cli, notebooks
from rednote_study.paths import BOOK

CHAPTERS = notebooks.chapters()


def test_there_are_chapters():
    assert len(CHAPTERS) >= 8


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda p: p.stem)
def test_pairs_agree_cell_by_cell(chapter):
    pair = jupytext.read(chapter.with_suffix(".ipynb"))
    cells = [[(c.cell_type, c.source, dict(c.metadata)) for c in nb.cells] for nb in (jupytext.read(chapter), pair)]
    assert cells[0] == cells[1]
    assert not any(c.get("outputs") for c in pair.cells)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda p: p.stem)
def test_chapters_tell_and_modules_compute(chapter):
    for cell in jupytext.read(chapter).cells:
        if cell.cell_type == "code":
            assert len(cell.source.splitlines()) <= 8
            assert "def " not in cell.source and "class " not in cell.source


def test_sync_writes_and_check_tells(tmp_path, capsys):
    (tmp_path / "chapters").mkdir()
    chapter = tmp_path / "chapters" / "01_a.md"
    chapter.write_text((BOOK / "chapters" / "01_context.md").read_text("utf-8"), "utf-8")
    assert notebooks.check(tmp_path) == ["01_a.ipynb is missing. Run `make notebooks`."]
    notebooks.sync(tmp_path)
    assert notebooks.check(tmp_path) == []
    before = chapter.with_suffix(".ipynb").read_bytes()
    notebooks.sync(tmp_path)
    assert chapter.with_suffix(".ipynb").read_bytes() == before
    chapter.write_text(chapter.read_text("utf-8") + "\nMore.\n", "utf-8")
    assert "does not agree" in notebooks.check(tmp_path)[0]


def test_the_command_checks(capsys):
    assert cli.main(["notebooks", "--check"]) == 0
