"""The book's figures and tables during a build: where they stand, their numbers, their addresses.

An item is the dictionary of :func:`rednote_study.publish.citable` with ``files`` as a list of
name, bytes and sha256, and ``node``, its anchor in the page.
"""

from __future__ import annotations

import json
from pathlib import Path

from docutils import nodes

from rednote_study import __version__
from rednote_study.datasets.provenance import Provenance

FOLDER = "figures"
"""Folder of the site that holds files, addresses and manifest."""

HISTORY = Path("book", "figures_history.json")
"""Which version changed a figure's numbers; written by ``rednote-study figures record``."""


class html_only(nodes.General, nodes.Element):
    """A piece of HTML that the search does not index."""


def items(env) -> dict[str, list[dict]]:
    """Items by page."""
    if not hasattr(env, "rednote_citable"):
        env.rednote_citable = {}
    return env.rednote_citable


def store(app, docname: str) -> Path:
    """Folder in which the files of a page wait for the end of the build."""
    return Path(app.outdir).parent / "citable" / docname.replace("/", "--")


def number(app, docname: str, item: dict) -> str:
    """Such as ``Figure 6.1``; without the number on a page that has none."""
    parts = app.env.toc_fignumbers.get(docname, {}).get(item["kind"], {}).get(item["node"], ())
    return (app.config.numfig_format[item["kind"]] % ".".join(map(str, parts))).strip()


def in_order(app) -> list[tuple[str, dict]]:
    """Page and item in the book's order. An id stands on one page: Sphinx warns of a second."""
    known = items(app.env)
    return [(page, item) for page in _pages(app.env, app.config.root_doc) for item in known.get(page, [])]


def _pages(env, root: str) -> list[str]:
    """Pages as the table of contents has them."""
    pages, waiting = [], [root]
    while waiting:
        page = waiting.pop(0)
        if page not in pages:
            pages.append(page)
            waiting = [*env.toctree_includes.get(page, []), *waiting]
    return pages


def provenance(item: dict) -> Provenance:
    """What stands behind the item."""
    return Provenance(**item["provenance"])


def site(app) -> str:
    """Public address of the site with a slash at its end (``html: baseurl`` in ``_config.yml``); empty without one."""
    base = app.config.html_baseurl.strip().rstrip("/")
    return f"{base}/" if base else ""


def address(app, item: dict) -> str:
    """Permanent address; empty where the site has no public one."""
    return f"{site(app)}{FOLDER}/{item['id']}.html" if site(app) else ""


def changed(app, item: dict) -> str:
    """Version that last changed the numbers; empty where they rest on a crawl of the reader's own.

    A figure that no history knows is as old as this version.
    """
    path = Path(app.srcdir) / HISTORY
    entry = json.loads(path.read_text("utf-8")).get(item["id"]) if path.is_file() else None
    if entry and entry["dataset"] != item["provenance"]["dataset"]:
        return ""
    return entry["changes"][-1]["version"] if entry else __version__
