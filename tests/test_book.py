"""The build on a small book of its own: what is executed when, and what a failure says."""

import json
import shutil

import pandas as pd
import pytest
from filelock import FileLock
from toy_chapter import HEAD

from rednote_book import book
from rednote_study.analysis import reproducing
from rednote_study.datasets.settings import READING, VARIABLE
from rednote_study.errors import BuildError
from rednote_study.results import COUNT, result
from rednote_study.store.fingerprint import fingerprint
from rednote_study.system.paths import ROOT

INDEX = "# A book\n\nHello.\n"
CHAPTER = (
    HEAD
    + """# A chapter

See {numref}`toy-figure`. Inline $q = 1 - e^{-f}$ and 小红书.

$$ r = \\frac{a}{b} $$ (toy-equation)

```{code-cell} ipython3
from matplotlib import pyplot as plt
from rednote_study.publish import publish
publish(plt.figure(), id="toy-figure", caption="A caption 图", alt="What is seen")
```

```{code-cell} ipython3
print("counted", 1 + 1)
```
"""
)


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """A book of two pages with the real configuration, built."""
    root = tmp_path_factory.mktemp("book") / "toy"
    shutil.copytree(ROOT / "book" / "_static", root / "book" / "_static")
    shutil.copy(ROOT / "_config.yml", root)
    (root / "_toc.yml").write_text("format: jb-book\nroot: book/index\nchapters: [{file: book/chapter}]\n")
    (root / "book" / "index.md").write_text(INDEX)
    (root / "book" / "chapter.md").write_text(CHAPTER)
    (root / "book" / "references.bib").write_text("")
    (root / "data").mkdir()
    (root / "data" / "table.csv").write_text("a\n1\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REDNOTE_STUDY_RAW", str(root.parent / "raw"))
        page = book.build(root, root / "build")
        assert page == root / "build" / "html" / "index.html" and page.is_file() and executed(root) == 1
        yield root


def executed(root) -> int:
    return (root / "build" / "build.log").read_text("utf-8").count("Executed book/")


@pytest.mark.slow
def test_a_change_in_prose_executes_nothing_and_loses_nothing(toy):
    (toy / "book" / "chapter.md").write_text(CHAPTER + "\nMore prose.\n")
    book.build(toy, toy / "build")
    assert executed(toy) == 0
    html = (toy / "build" / "html" / "book" / "chapter.html").read_text("utf-8")
    assert "More prose" in html and 'alt="What is seen"' in html and "A caption 图" in html
    assert 'id="toy-figure"' in html and "Figure 1" in html and html.count("<math") == 2
    assert "counted 2" in html, "outputs are there on a cached page too"
    notebook = json.loads((toy / "build" / "_build" / "jupyter_execute" / "book" / "chapter.ipynb").read_text("utf-8"))
    assert any(cell.get("outputs") for cell in notebook["cells"]), "the download has its outputs"


@pytest.mark.slow
def test_a_failed_cell_or_a_warning_is_told_and_the_last_page_stays(toy):
    (toy / "book" / "index.md").write_text(INDEX + "\nSee [nowhere](nowhere.md).\n")
    (toy / "book" / "chapter.md").write_text(CHAPTER.replace('print("counted", 1 + 1)', "1 / 0"))
    for _ in range(2):
        with pytest.raises(BuildError, match="book/chapter, code cell 2: ZeroDivisionError: division by zero") as told:
            book.build(toy, toy / "build")
        assert "nowhere.md" in str(told.value)
        assert "counted 2" in (toy / "build" / "html" / "book" / "chapter.html").read_text("utf-8")
        assert "nowhere" not in (toy / "build" / "html" / "book" / "index.html").read_text("utf-8")
    (toy / "book" / "index.md").write_text(INDEX)
    (toy / "book" / "chapter.md").write_text(CHAPTER)


@pytest.mark.slow
def test_changed_data_execute_again_and_a_page_that_joins_stands_in_the_contents_of_every_page(toy):
    (toy / "data" / "table.csv").write_text("a\n2\n")
    (toy / "book" / "joined.md").write_text("# A page that joined\n\nHello.\n")
    contents = (toy / "_toc.yml").read_text("utf-8")
    (toy / "_toc.yml").write_text(contents.replace("]", ", {file: book/joined}]"))
    book.build(toy, toy / "build")
    assert executed(toy) == 1, "a change in the data executes again"
    assert "A page that joined" in (toy / "build" / "html" / "book" / "chapter.html").read_text("utf-8")


def test_a_heartbeat_whose_port_was_taken_is_no_fault(tmp_path):
    lines = ["Exception in thread Heartbeat:", "Exception in thread Thread-3:"]
    assert book._faults(tmp_path, lines) == lines[1:]


@result("made_here", title="A test's own", columns={"a": "a number"}, needs_data=False)
def made_here(a: int = 1) -> pd.DataFrame:
    return pd.DataFrame({"a": [a]})


def test_a_build_says_what_was_looked_up_and_what_was_computed(tmp_path, monkeypatch):
    told = tmp_path / "_build" / "results.txt"
    told.parent.mkdir()
    assert book._counted(tmp_path, []) == "Chapters executed: 0. Results looked up: 0, computed: 0."
    reproducing.spread()  # from here on it is kept
    monkeypatch.setenv(COUNT, str(told))
    for _ in range(2):
        reproducing.spread()
    made_here(), made_here(2), made_here(a=2)  # of a test, which nothing keeps
    said = book._counted(tmp_path, ["Executed book/a in 1 seconds (1 of 1)"])
    assert said == "Chapters executed: 1. Results looked up: 1, computed: 2."


def test_two_builds_at_once(tmp_path):
    with FileLock(tmp_path / ".lock"), pytest.raises(BuildError, match="another build is at work"):
        book.build(tmp_path, tmp_path)


def test_the_fingerprint_follows_what_a_chapter_can_read(tmp_path, monkeypatch):
    monkeypatch.setenv("REDNOTE_STUDY_RAW", str(tmp_path / "raw"))
    for name in (
        "src/a.py",
        "src/rednote_book/cli.py",
        "data/t.csv",
        "data/raw/x.csv",
        "requirements.txt",
        "README.md",
        "raw/us_posts.csv",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1")
    first = fingerprint(tmp_path)
    for name in ("src/rednote_book/cli.py", "README.md", "data/raw/x.csv"):
        (tmp_path / name).write_text("2")
        assert fingerprint(tmp_path) == first, name
    for name in ("src/a.py", "data/t.csv", "requirements.txt", "raw/us_posts.csv"):
        (tmp_path / name).write_text("2")
        assert fingerprint(tmp_path) != first, name
        (tmp_path / name).write_text("1")
    assert fingerprint(tmp_path) == first


def test_another_way_of_reading_a_crawl_executes_again(tmp_path, monkeypatch):
    """Another zone, or an edit in the table of columns, gives other numbers of the same file."""
    crawl, table = tmp_path / "mine.csv", tmp_path / "my.toml"
    crawl.write_text("anything")
    table.write_text("[columns]")
    monkeypatch.setenv(VARIABLE, str(crawl))
    states = [fingerprint(tmp_path)]
    monkeypatch.setenv(READING["zone"], "UTC")
    states.append(fingerprint(tmp_path))
    monkeypatch.setenv(READING["columns"], str(table))
    states.append(fingerprint(tmp_path))
    table.write_text("[columns]\nother = 1")
    states.append(fingerprint(tmp_path))
    assert len(set(states)) == 4
