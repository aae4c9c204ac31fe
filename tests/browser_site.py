"""A browser and a built site for tests in a real browser: the site of ``build/html``, or else a toy book.

conftest.py offers the fixtures. They end with the module that uses them:
Playwright keeps an event loop running, which other modules could not bear.
"""

import functools
import http.server
import os
import shutil
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from toy_chapter import HEAD

from rednote_study import book
from rednote_study.paths import BUILD, ROOT

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

INDEX = """# A book of refugees

See the [chapter](chapter.md), a {term}`refugee wave`, and the [words](words.md).

## How to cite

> By its name.
"""
WORDS = """# Words

```{glossary}
refugee wave
猫税
  Many who came at once {cite}`one`.
```

```{bibliography}
```
"""
CHAPTER = (
    HEAD
    + """# A chapter

They paid 猫税. See {numref}`toy-figure`. Inline $q = 1 - e^{-f}$.

| a | b |
|---|---|
| a_word_so_long_that_no_telephone_has_room_for_it | another_word_so_long_that_no_telephone_has_room_for_it |

```{code-cell} ipython3
:tags: [hide-input]
import pandas as pd
from matplotlib import pyplot as plt
from rednote_study.display import TableView
from rednote_study.publish import publish
publish(plt.figure(), id="toy-figure", caption="A caption 图", alt="What is seen in it, said in words")
```

```{code-cell} ipython3
:tags: [hide-input]
names = [f"column_{n}" for n in range(20)]
TableView(pd.DataFrame([range(1000, 1020)], columns=names), "Many columns", dict.fromkeys(names, "a number"))
```
"""
)
SOURCE = "@misc{one, author = {One, Some}, title = {A Source}, year = {2025}}\n"


@pytest.fixture(scope="module")
def built_site(tmp_path_factory):
    """Folder of the site: ``REDNOTE_STUDY_SITE``, ``build/html``, or a toy book built for this run."""
    built = Path(os.environ.get("REDNOTE_STUDY_SITE", BUILD / "html"))
    return built if (built / "index.html").is_file() else toy_book(tmp_path_factory.mktemp("toy"))


def toy_book(root: Path) -> Path:
    """Build a book of three pages with the real configuration and styles."""
    shutil.copytree(ROOT / "book" / "_static", root / "book" / "_static")
    shutil.copy(ROOT / "_config.yml", root)
    chapters = "[{file: book/chapter}, {file: book/words}]"
    (root / "_toc.yml").write_text(f"format: jb-book\nroot: book/index\nchapters: {chapters}\n")
    for name, text in {"index.md": INDEX, "words.md": WORDS, "chapter.md": CHAPTER, "references.bib": SOURCE}.items():
        (root / "book" / name).write_text(text, "utf-8")
    return book.build(root, root / "build").parent


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium without a window."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        pytest.fail(
            "Chromium is not on this machine, and these tests look at the site in a browser. Install it"
            ' (Debian: apt-get install chromium), or leave them out: pytest -m "not browser".'
        )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@contextmanager
def serve_folder(folder):
    """The folder on loopback; gives its address, which ends with a slash."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Silent, directory=folder))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def address(built_site):
    """Where the site is served."""
    with serve_folder(built_site) as address:
        yield address


def page_names(site: Path) -> list[str]:
    """Addresses of all pages inside the site but those that only send on: the first, and the permanent addresses."""
    pages = (p.relative_to(site) for p in site.rglob("*.html") if p != site / "index.html")
    return sorted(p.as_posix() for p in pages if p.parts[0] not in {"_static", "_sources", "_downloads", "figures"})
