"""The built site, and a browser to look at it; conftest.py offers the fixtures.

The browser ends with the module that uses it: Playwright keeps an event loop running, which others could not bear.
"""

import functools
import http.server
import os
import shutil
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

from rednote_book import book
from rednote_study.system.paths import BUILD

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def built_site(testrun_uid):
    """Folder of the site: ``REDNOTE_STUDY_SITE``, or the book built from what is here now, once for all processes.

    Where `make book` was run before, nothing is executed again, and this takes seconds.
    """
    if named := os.environ.get("REDNOTE_STUDY_SITE"):
        return Path(named)
    BUILD.mkdir(exist_ok=True)
    built = BUILD / ".tested"
    with FileLock(BUILD / ".tests.lock"):
        if not (built.is_file() and built.read_text() == testrun_uid):
            book.build()
            built.write_text(testrun_uid)
    return BUILD / "html"


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


_BESIDE = {"_static", "_sources", "_downloads", "_modules", "figures"}
"""Folders whose pages only send on, or show source alone."""


def page_names(site: Path) -> list[str]:
    """Addresses of all pages of the site but those that send on: the first, permanent addresses, and that of the lost."""
    others = {site / "index.html", site / "404.html"}
    pages = (p.relative_to(site) for p in site.rglob("*.html") if p not in others)
    return sorted(p.as_posix() for p in pages if p.parts[0] not in _BESIDE)
