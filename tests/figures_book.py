"""A small book of figures and tables on recorded results, with hostile words in a caption; conftest.py offers it."""

import json
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock
from toy_chapter import HEAD

from rednote_book import book
from rednote_study import open_crawl
from rednote_study.system.paths import ROOT

FIRST = """# What is seen?

**Question.** Do newcomers begin to write Chinese?

**Answer.** Posts found later have {glue:text}`toy_times` as much Chinese in them.

See {numref}`language-by-week` and {numref}`table-language-shares`.

```{code-cell} ipython3
from rednote_study import open_crawl, plots
from rednote_study.analysis import language
from rednote_study.publish import figure, table
crawl = open_crawl("us_posts")
weeks = language.by_week(crawl)
options = {"order": ["wave", "older"], "what": "posts with any Chinese"}
picture = plots.dated_shares(weeks, x="week", y="chinese", colour="group", **options)
figure(picture, "language-by-week", title="Chinese in posts, week by week", caption="Share of posts with any Chinese by week.")
```

```{code-cell} ipython3
:tags: [hide-cell]
from myst_nb import glue
glue("toy_times", "three times")
```

```{code-cell} ipython3
table(language.shares(crawl), "table-language-shares")
```

```{code-cell} ipython3
from rednote_study import plots
from rednote_study.analysis import context
from rednote_study.publish import figure
picture = plots.reported_values(context.disagreements(), units={"hashtag_views": "views"})
figure(picture, "context-hashtag", title="One hashtag", caption="Views of one hashtag as articles report them.")
```
"""

SECOND = """# What is <hostile> & "odd"?

**Question.** Is \\<script> & "odd"?

```{code-cell} ipython3
from matplotlib import pyplot as plt
from rednote_study.publish import PlottedTable, publish
table = PlottedTable("t", "T", "a\\n1\\n", {"a": "A"})
words = '<script>alert("x")</script> {50 %} & \\\\input{x} $y_1$'
publish(plt.figure(), id="toy", title=words, caption=words, alt=words, tables=[table])
```

```{code-cell} ipython3
from rednote_study import open_crawl
from rednote_study.analysis import cohort
from rednote_study.publish import table
table(cohort.years(open_crawl("us_posts")), "table-cohort-years")
```
"""


def _write(folder):
    shutil.copytree(ROOT / "book" / "_static", folder / "book" / "_static")
    shutil.copy(ROOT / "_config.yml", folder)
    (folder / "_toc.yml").write_text(
        "format: jb-book\nroot: book/index\nparts:\n"
        "  - {caption: Study, numbered: true, chapters: [{file: book/first}, {file: book/second}]}\n"
        "  - {caption: Appendix, chapters: [{file: book/figures}]}\n"
    )
    shutil.copy(ROOT / "book" / "figures.md", folder / "book")
    (folder / "book" / "index.md").write_text(
        '# A book\n\nHello.\n\nNeighbours came to 小红书: 3,249 of them, 20 in 0.3 hours.\n\n<div id="rednote-pdf"></div>\n'
    )
    (folder / "book" / "first.md").write_text(HEAD + FIRST)
    (folder / "book" / "second.md").write_text(HEAD + SECOND)
    (folder / "book" / "references.bib").write_text("")
    history = {"language-by-week": {"dataset": "us_posts", "changes": [{"version": "0.0.9", "sha256": "0" * 64}]}}
    (folder / "book" / "figures_history.json").write_text(json.dumps(history))


@contextmanager
def without_posts(root):
    """A machine on which the posts are not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REDNOTE_STUDY_RAW", str(root / "raw"))
        open_crawl.cache_clear()
        yield
    open_crawl.cache_clear()


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """A folder that the test processes of a run share, and how one of them makes what all then use."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def once(name, make):
        folder, made = base / name / "toy", base / f"{name}.made"
        with FileLock(base / f"{name}.lock"):
            if not made.exists():
                make(folder)
                made.touch()
        return folder

    return once


@pytest.fixture(scope="session")
def small_book(shared):
    """The small book, built; nobody changes it."""

    def make(folder):
        _write(folder)
        with without_posts(folder):
            book.build(folder, folder / "build")

    return shared("figures", make)


@pytest.fixture(scope="session")
def small_site(small_book):
    """The built site, on recorded results."""
    return small_book / "build" / "html"


ADDRESS = "https://example.org/stayed"


def copy_with_executed_chapters(small_book, folder):
    """The small book again; to build it executes nothing."""
    shutil.copytree(small_book, folder, ignore=shutil.ignore_patterns("build"))
    executed = Path("build", "_build", ".jupyter_cache")
    shutil.copytree(small_book / executed, folder / executed)


@pytest.fixture(scope="session")
def addressed_site(small_book, shared):
    """The same book where the site has a public address."""

    def make(folder):
        copy_with_executed_chapters(small_book, folder)
        config = folder / "_config.yml"
        config.write_text(config.read_text("utf-8").replace("\nhtml:\n", f"\nhtml:\n  baseurl: {ADDRESS}/\n"), "utf-8")
        with without_posts(small_book):  # the same raw folder, or the chapters are executed again
            book.build(folder, folder / "build")

    return shared("addressed", make) / "build" / "html"
