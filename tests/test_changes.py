"""What a researcher changes, each by editing one cell of a chapter's notebook, opened from another folder."""

import base64
import re

import nbformat
import pytest
from crawl_file import text
from nbclient import NotebookClient
from own_crawl import own_crawl

from rednote_study.datasets import settings
from rednote_study.system.paths import BOOK, ROOT

CHAPTER = BOOK / "chapters" / "05_behaviour.ipynb"


def cells(notebook):
    return [c for c in notebook.cells if c.cell_type == "code"]


def run(folder, monkeypatch, old="", new="", *, crawl="replica"):
    """The executed chapter, with one cell edited: pasted numbers by name, and the files of figures and tables."""
    monkeypatch.setenv(settings.VARIABLE, str(crawl))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    notebook = nbformat.read(CHAPTER, as_version=4)
    edited = [c for c in cells(notebook) if old and old in c.source]
    assert len(edited) == bool(old)
    for cell in edited:
        cell.source = cell.source.replace(old, new)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(folder)}}).execute()
    outputs = [o for c in cells(notebook) for o in c.outputs]
    assert [o.text for o in outputs if o.get("name") == "stderr"] == []
    about = [o.get("metadata", {}) for o in outputs]
    pasted = [o for o in outputs if "scrapbook" in o.get("metadata", {})]
    numbers = {o.metadata["scrapbook"]["name"]: next(iter(o.data.values())) for o in pasted}
    files = {n: base64.b64decode(f) for m in about if "rednote" in m for n, f in m["rednote"]["files"].items()}
    captions = [m["rednote"]["caption"] for m in about if "rednote" in m]
    return numbers, files, captions


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """The chapter as it stands, on the replica."""
    with pytest.MonkeyPatch.context() as patch:
        return run(tmp_path_factory.mktemp("elsewhere"), patch)


def test_cells_are_short_and_define_nothing():
    sources = [c.source for c in cells(nbformat.read(CHAPTER, as_version=4))]
    assert all(len([line for line in source.splitlines() if line.strip()]) <= 8 for source in sources)
    assert not any(re.search(r"^\s*(def|class) |lambda", source, re.MULTILINE) for source in sources)


def test_every_number_of_the_prose_is_given(before):
    numbers, _, captions = before
    assert set(numbers) >= set(re.findall(r"\{glue:text\}`(\w+)`", CHAPTER.with_suffix(".md").read_text("utf-8")))
    assert captions and all("Synthetic data" in caption for caption in captions)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("stayed = \"last_post >= '2025-02-01'\"", "stayed = \"last_post >= '2025-02-15'\""),
        ("effect=effect_sizes.cliffs_delta, confidence=0.95, resamples=2000, seed=20250113,\n", "effect=effect_sizes.difference_of_medians,\n"),
    ],
    ids=["boundary", "effect size"],
)  # fmt: skip
def test_a_change_reaches_figure_and_table(old, new, before, tmp_path, monkeypatch):
    _, after, _ = run(tmp_path, monkeypatch, old, new)
    for name in ("behaviour-effects.csv", "table-behaviour-effects.csv"):
        assert before[1][name] != after[name]


@pytest.mark.slow
def test_other_colours_as_pdf(tmp_path, monkeypatch):
    mine = f"""colours=dict.fromkeys(paints, "crimson"))\npicture.savefig(r"{tmp_path / "mine.pdf"}")"""
    run(tmp_path, monkeypatch, 'colours=paints, xlabel="Cliff\'s delta: lower  ←  0  →  higher counts later")', mine)
    assert (tmp_path / "mine.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.slow
def test_a_crawl_of_ones_own(before, tmp_path, monkeypatch):
    (tmp_path / "mine.csv").write_text(text(own_crawl()), "utf-8")
    numbers, _, _ = run(tmp_path, monkeypatch, crawl=tmp_path / "mine.csv")
    assert set(numbers) == set(before[0]) and numbers != before[0]
