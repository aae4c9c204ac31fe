"""The book again, elsewhere: on other data, on Binder and on Colab."""

import json
import re
import shutil
import subprocess
import sys

import nbformat
import pytest
from bs4 import BeautifulSoup
from crawl_file import text
from nbclient import NotebookClient
from own_crawl import own_crawl

from rednote_book import book, cli, notebooks
from rednote_study import answers, open_crawl, plots, publish
from rednote_study.analysis import cohort, sampling
from rednote_study.datasets import settings
from rednote_study.errors import StudyError
from rednote_study.publish import value
from rednote_study.system.paths import ROOT

CHAPTERS = notebooks.chapters()


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """Open a made crawl as the chosen data of the book."""

    def opened(**parts):
        path = tmp_path / "my_crawl.csv"
        path.write_text(text(own_crawl(**parts)), "utf-8")
        monkeypatch.setenv(settings.VARIABLE, str(path))
        open_crawl.cache_clear()
        return open_crawl()

    yield opened
    open_crawl.cache_clear()


LATER = {"data", "cohort", "sampling", "behaviour", "language", "representations", "topics", "retention"}
"""Chapters whose question is about who was seen later."""


@pytest.mark.parametrize(
    "parts, unanswered",
    [
        ({}, set()),
        ({"february": False}, LATER),
        ({"control": False}, {"arrival", "language", "topics"}),
        ({"users": 3}, LATER | {"arrival"}),
    ],
)
def test_what_a_crawl_cannot_answer(mine, parts, unanswered):
    us = mine(**parts)
    assert {c for c in answers.CHAPTERS if answers.missing(c, us)} == unanswered
    for chapter in answers.CHAPTERS:
        assert ("cannot answer the question" in answers.notice(us, chapter).html) == (chapter in unanswered)


@pytest.mark.slow
def test_each_chapter_runs_on_a_crawl_that_does_not_say_who_posted(monkeypatch):
    monkeypatch.setenv(settings.VARIABLE, str(ROOT / "tests" / "data" / "crawls" / "01_4cat_export.csv"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    chapters = [nbformat.read(path.with_suffix(".ipynb"), as_version=4) for path in CHAPTERS]
    chapters[0].cells = [cell for chapter in chapters for cell in chapter.cells]  # one kernel for all
    place = {"metadata": {"path": str(ROOT / "book" / "chapters")}}
    NotebookClient(chapters[0], timeout=600, resources=place).execute()


def test_what_is_missing_is_named(mine):
    us = mine(control=False)
    assert "accounts registered before the wave (at least 5)" in answers.notice(us, "language").html
    with pytest.raises(StudyError, match="no chapter 'cohorts'"):
        answers.missing("cohorts", us)


def test_the_studys_own_data_answer_every_question():
    us = open_crawl("us_posts")
    assert not us.own and "cannot answer" not in "".join(answers.notice(us, c).html for c in answers.CHAPTERS)


def test_a_number_that_own_data_do_not_give_is_words(mine):
    capture = sampling.capture(mine(february=False))
    known, unknown = (
        value(capture, "estimate", "percent", scope=f"crawl {i}", estimator="Good-Turing") for i in (1, 2)
    )
    assert unknown == publish.NOT_KNOWN != known and "nan" not in known


def test_what_fails_on_own_data_is_said_in_its_place_and_elsewhere_fails(mine, monkeypatch):
    us = mine(users=30)

    def broken(spec, arguments):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("rednote_study.results.compute", broken)
    reason = "The table cohort_groups cannot be made from these data (ZeroDivisionError: division by zero)."
    assert publish.table(cohort.groups(us), "table-cohort-groups").html == reason
    picture = plots.calendar(cohort.registrations(us), day="day", bars="users")
    figure = publish.figure(picture, "cohort-registrations", title="Accounts.", caption="Accounts by day.")
    assert figure.id == "cohort-registrations" and "Not drawn" in figure.caption and "cannot be made" in figure.alt
    assert value(cohort.groups(us), "users", "count", group="wave") == publish.NOT_KNOWN
    with pytest.raises(ZeroDivisionError):
        cohort.groups(open_crawl("replica"))


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A book of some chapters of this one, with the real configuration."""
    monkeypatch.setenv("REDNOTE_STUDY_RAW", str(tmp_path / "raw"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))

    def made(chapters, repository=None):
        root = tmp_path / "toy"
        shutil.copytree(ROOT / "book", root / "book")
        for page in (root / "book" / "chapters").glob("*.md"):  # links to chapters that this book leaves out
            prose = re.sub(
                r"\[([^\]]+)\]\((\w+)\.md[^)]*\)",
                lambda m: m[0] if m[2] in chapters else m[1],
                page.read_text("utf-8"),
            )
            prose = re.sub(
                r"\{glue:text\}`(\w+)\.md::\w+:s`", lambda m: m[0] if m[1] in chapters else "a number", prose
            )
            page.write_text(prose, "utf-8")
        config = (ROOT / "_config.yml").read_text("utf-8")
        if repository:  # as its comment says
            config = config.replace("# repository:", "repository:").replace("# launch_buttons:", "launch_buttons:")
            config = config.replace("https://github.com/OWNER/NAME, branch: main", repository)
        (root / "_config.yml").write_text(config, "utf-8")
        files = "".join(f"  - file: book/{c}\n" for c in [*(f"chapters/{c}" for c in chapters), "references"])
        (root / "_toc.yml").write_text(f"format: jb-book\nroot: book/index\nchapters:\n{files}", "utf-8")
        (root / "book" / "index.md").write_text("# A book\n\nHello.\n", "utf-8")
        return root

    return made


@pytest.mark.slow
def test_a_book_on_a_crawl_of_ones_own(toy, tmp_path):
    """Two months without a control group: six chapters can answer, and one cannot."""
    (tmp_path / "my_crawl.csv").write_text(text(own_crawl(control=False)), "utf-8")
    chapters = [c.stem for c in CHAPTERS if c.stem[:2] in {"01", "02", "03", "04", "05", "06"}]
    root = toy(chapters)
    book.build(root, root / "build", str(tmp_path / "my_crawl.csv"))
    for path in sorted((root / "build" / "html" / "book").rglob("*.html")):
        page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
        notices = [n.get_text() for n in page.select(".rednote-notice")]
        assert notices[0].startswith("This book was built on my_crawl.csv."), path.name
        article = page.select_one("article").get_text()
        assert "Answer." not in article, "an answer says for which data it was written"
        if path.stem in chapters:
            assert article.index("This book was built on") < article.index("Answer, as written for us_posts.")
        assert "Recorded results" not in article and not re.search(r"\bnan\b|glue:", article), path.name
        cannot = "cannot answer the question of this chapter" in " ".join(notices)
        assert cannot == (path.stem == "06_language"), path.name


@pytest.mark.slow
def test_the_choice_and_the_content_of_the_file_execute_again(toy, tmp_path):
    root, mine = toy(["01_context"], f"{REPOSITORY['url']}, branch: {REPOSITORY['branch']}"), tmp_path / "mine.csv"
    mine.write_text(text(own_crawl(february=False)), "utf-8")

    def executed(dataset):
        book.build(root, root / "build", dataset)
        return (root / "build" / "build.log").read_text("utf-8").count("Executed book/")

    def page():
        return (root / "build" / "html" / "book" / "chapters" / "01_context.html").read_text("utf-8")

    assert executed("us_posts") == 1
    the_buttons_lead_to_notebooks_that_are_there(page())
    assert executed(str(mine)) == 1
    mine.write_text(text(own_crawl(150, february=False)), "utf-8")
    assert executed(str(mine)) == 1
    assert "150 posts" in page()
    assert executed("us_posts") == 0
    assert "mine.csv" not in page()


def the_buttons_lead_to_notebooks_that_are_there(page):
    branch = REPOSITORY["branch"]
    links = [a["href"] for a in BeautifulSoup(page, "html.parser").find_all("a", href=True)]
    binder = next(link for link in links if "mybinder.org" in link)
    colab = next(link for link in links if "colab.research" in link)
    assert (
        binder == f"https://mybinder.org/v2/gh/somebody/study/{branch}?urlpath=lab/tree/book/chapters/01_context.ipynb"
    )
    assert colab == (
        f"https://colab.research.google.com/github/somebody/study/blob/{branch}/book/chapters/01_context.ipynb"
    )
    assert (ROOT / "book" / "chapters" / "01_context.ipynb").is_file() and (ROOT / "environment.yml").is_file()


@pytest.mark.parametrize("dataset, words", [("nothing.csv", "neither a data set"), ("full", "is not on this machine")])
def test_a_book_on_data_that_are_not_there_is_one_sentence(dataset, words, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("REDNOTE_STUDY_RAW", str(tmp_path))
    assert cli.main(["book", "--dataset", dataset]) == 1
    assert words in capsys.readouterr().err


def test_a_file_that_is_no_crawl_is_told_before_anything_is_built(tmp_path, capsys):
    (tmp_path / "list.csv").write_text("a,b\n1,2\n")
    assert cli.main(["book", "--dataset", str(tmp_path / "list.csv")]) == 1
    assert capsys.readouterr().err.startswith("rednote-study: ")
    assert not (ROOT / "build" / "books" / "list").exists()


REPOSITORY = {"url": "https://github.com/somebody/study", "branch": "trunk"}


def test_the_colab_cell_does_nothing_elsewhere_and_installs_there(tmp_path):
    assert notebooks.colab_cell({}) is None
    source = notebooks.colab_cell(REPOSITORY)
    assert "https://github.com/somebody/study /content/study" in source and "--branch trunk" in source
    assert len(source.splitlines()) <= 8
    script = tmp_path / "cell.ipy"
    script.write_text(source, "utf-8")
    command = [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout.strip() == "", "no installation, no word"


def test_a_named_repository_puts_the_cell_first_and_nowhere_else(monkeypatch):
    plain = json.loads(notebooks._notebook(CHAPTERS[1]))
    monkeypatch.setattr(notebooks, "repository", lambda: REPOSITORY)
    there = json.loads(notebooks._notebook(CHAPTERS[1]))
    assert "google.colab" in "".join(there["cells"][0]["source"])
    assert [c["source"] for c in there["cells"][1:]] == [c["source"] for c in plain["cells"]]
