"""Shared fixtures: a small made crawl, and the real posts where `make data` brought them."""

import hashlib
import os

import pytest
from browser_site import address, browser, built_site  # noqa: F401
from crawl_file import row, text
from figures_book import addressed_site, shared, small_book, small_site  # noqa: F401
from hypothesis import settings
from loopback import made_file, raw, serve  # noqa: F401

from rednote_study import catalogue
from rednote_study.crawl.crawl import Crawl, require
from rednote_study.crawl.posts import read_posts
from rednote_study.crawl.users import build_users
from rednote_study.datasets import sources
from rednote_study.replica import Size, write
from rednote_study.system import watch

# The tests are about the book as it is published, whatever study.toml or the shell chooses.
os.environ["REDNOTE_STUDY_DATASET"] = "us_posts"

# Two test processes fill the cores: workers of their own would import TensorFlow anew and wait for each other.
os.environ["LOKY_MAX_CPU_COUNT"] = "1"

# A test never asserts a time; continuous integration draws the same examples every time.
settings.register_profile("study", deadline=None, max_examples=50, derandomize="CI" in os.environ)
settings.load_profile("study")

POSTS = sources.locate("us_posts")  # before any test names a raw folder of its own
NO_POSTS = "the real posts are not on this machine; `make data` fetches them"


@pytest.fixture(autouse=True)
def unchanged():
    """A test puts back what it has set in a module: else the tests after it compute all anew, and keep nothing."""
    before = watch.changed()
    yield
    assert watch.changed() == before


def pytest_terminal_summary(terminalreporter):
    """Say how many tests found no real posts: a run without them must not look like a run with them."""
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(NO_POSTS in str(report.longrepr) for report in skipped)
    if count:
        terminalreporter.write_line(f"Tests left out: {count}, because {NO_POSTS}.", yellow=True)


def look_up(name, crawl):
    """The result `name` at its defaults, looked up or computed, as a chapter's call gives it."""
    spec = catalogue.spec(name)
    return spec.function(crawl) if spec.needs_data else spec.function()


def load(path, rows) -> Crawl:
    """Write the rows, and read them through the real code."""
    path.write_text(text(rows), "utf-8")
    posts = read_posts(path)
    return Crawl("made", False, posts.posts, build_users(posts.posts), posts.quarantine, posts.rows, posts.missing)


@pytest.fixture
def made(tmp_path):
    """Make a data set of rows."""
    return lambda rows: load(tmp_path / "crawl.csv", rows)


def two_crawls(wave=(30, 20), control=(10, 10), chinese=(5, 15, 2, 4), likes=(10, 10)):
    """Rows of two crawls: `wave` and `control` users a crawl; so many of each cell write Chinese."""
    rows, number = [], 0
    cells = [(wave[0], "2025-01-13 09:00", 0), (wave[1], "2025-01-13 09:00", 1)]
    cells += [(control[0], "2020-05-05 09:00", 0), (control[1], "2020-05-05 09:00", 1)]
    for (size, registered, later), speaking in zip(cells, chinese, strict=True):
        for i in range(size):
            number += 1
            words = "你好朋友" if i < speaking else "hello friends"
            created = f"2025-02-13 10:{i:02}" if later else f"2025-01-14 10:{i:02}"
            content = f"{words} #cat[话题]#" if later else f"{words} "
            count = str(likes[later] + i)
            rows.append(row(created, registered, user=number, post=number, content=content, title="", like_count=count))
    return rows


@pytest.fixture(scope="session")
def posts_file():
    """The file of the real posts; a test that asks for it is skipped where `make data` was never run."""
    if POSTS is None:
        pytest.skip(NO_POSTS)
    return POSTS


@pytest.fixture(scope="session")
def real(posts_file):
    """The real posts, read."""
    posts, digest = read_posts(posts_file), hashlib.sha256(posts_file.read_bytes()).hexdigest()
    users = build_users(posts.posts)
    return Crawl("us_posts", False, posts.posts, users, posts.quarantine, posts.rows, posts.missing, digest)


@pytest.fixture(scope="session")
def small_replica(tmp_path_factory):
    """A tenth of the replica: every step, in seconds."""
    path = write(tmp_path_factory.mktemp("replica") / "small.csv", size=Size(n_users=600, n_retained=20))
    posts = read_posts(path)
    return Crawl("small", True, posts.posts, build_users(posts.posts), posts.quarantine, posts.rows, posts.missing)


@pytest.fixture(scope="session")
def replica():
    """The shipped replica."""
    return require("replica")
