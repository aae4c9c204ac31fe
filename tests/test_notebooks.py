"""Chapters as notebooks: pairs that agree, in the form in which jupytext and JupyterLab leave them."""

import json
import os
import shutil

import jupytext
import pytest
from jupyter_server.services.contents.largefilemanager import LargeFileManager
from jupytext.sync_contentsmanager import build_sync_jupytext_contents_manager_class

from rednote_book import cli, notebooks
from rednote_study.system.paths import BOOK, ROOT

CHAPTERS = notebooks.chapters()


def test_there_are_chapters():
    assert len(CHAPTERS) >= 8


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda p: p.stem)
def test_pairs_agree_cell_by_cell(chapter):
    pair = jupytext.read(chapter.with_suffix(".ipynb"))
    cells = [[(c.cell_type, c.source, dict(c.metadata)) for c in nb.cells] for nb in (jupytext.read(chapter), pair)]
    assert cells[0] == cells[1]
    assert not any(c.get("outputs") for c in pair.cells)


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


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda p: p.stem)
@pytest.mark.parametrize("opened", [".md", ".ipynb"])
def test_a_chapter_that_is_opened_and_saved_in_jupyterlab_stays_as_it_is(chapter, opened, tmp_path):
    """Through what JupyterLab opens and saves with; the notebook is the newer file, as any clone may have it."""
    shutil.copy(ROOT / "jupytext.toml", tmp_path)
    pair = [tmp_path / chapter.with_suffix(suffix).name for suffix in (".md", ".ipynb")]
    for path in pair:
        path.write_bytes(chapter.with_suffix(path.suffix).read_bytes())
    os.utime(pair[0], (0, 0))
    manager = build_sync_jupytext_contents_manager_class(LargeFileManager)(root_dir=str(tmp_path))
    model = manager.get(f"{chapter.stem}{opened}", type="notebook")
    manager.save(model, f"{chapter.stem}{opened}")
    assert [p.read_bytes() for p in pair] == [chapter.with_suffix(p.suffix).read_bytes() for p in pair]


def test_what_jupyterlab_adds_for_a_python_is_no_difference(tmp_path):
    (tmp_path / "chapters").mkdir()
    for suffix in (".md", ".ipynb"):
        shutil.copy(CHAPTERS[3].with_suffix(suffix), tmp_path / "chapters")
    saved = tmp_path / "chapters" / CHAPTERS[3].with_suffix(".ipynb").name
    notebook = json.loads(saved.read_text("utf-8"))
    notebook["metadata"]["language_info"] = {"name": "python", "version": "3.13.0"}
    saved.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf-8")
    assert notebooks.check(tmp_path) == []


def test_make_lab_saves_without_the_version_of_python():
    from traitlets.config import Config, PyFileConfigLoader

    hook = PyFileConfigLoader(str(ROOT / "tools" / "jupyter_lab.py")).load_config().ContentsManager.pre_save_hook
    model = {"type": "notebook", "content": {"metadata": {"language_info": {}, "kernelspec": {}}}}
    hook(model, path="x.ipynb", contents_manager=Config())
    assert model["content"]["metadata"] == {"kernelspec": {}}
    assert "--config=tools/jupyter_lab.py" in (ROOT / "Makefile").read_text("utf-8")
