"""Unpack the files that figures and tables carry, number them, and put a bar under each.

Reading a page takes the files out of its cells' output into a folder beside the site;
writing it adds the bar; the end of the build copies the files to their addresses
(:mod:`rednote_book.site.manifest`).
"""

from __future__ import annotations

import base64
import hashlib
import shutil
from html import escape
from pathlib import Path

from docutils import nodes

from rednote_book.site import bar
from rednote_book.site.figures import numbered_table
from rednote_book.site.items import html_only, items, store

STATIC = Path(__file__).parent / "static"


def connect(app) -> None:
    """Hook the parts into the build."""
    app.add_node(html_only, html=(_write_html, None))
    app.add_enumerable_node(numbered_table, "table", lambda node: node["title"], html=(_open_table, _close_table))
    app.add_css_file("rednote-figures.css")
    app.add_js_file("rednote-figures.js", loading_method="defer")
    app.connect("config-inited", _add_static)
    app.connect("doctree-read", _collect)
    app.connect("env-purge-doc", _purge)
    app.connect("doctree-resolved", _add_bars)


def _add_static(app, config) -> None:
    config.html_static_path.append(str(STATIC))


def _write_html(translator, node: html_only) -> None:
    translator.body.append(node["html"])
    raise nodes.SkipNode


def _open_table(translator, node: numbered_table) -> None:
    translator.body.append(translator.starttag(node, "div", CLASS="rednote-numbered"))
    translator.body.append('<p class="rednote-caption">')
    translator.add_fignumber(node)
    translator.body.append(f'<span class="caption-text">{escape(node["title"])}</span>')
    translator.add_permalink_ref(node, "Link to this table")
    translator.body.append("</p>\n")


def _close_table(translator, node: numbered_table) -> None:
    translator.body.append("</div>\n")


def _collect(app, doctree) -> None:
    """Take the files out of the page's figures and tables."""
    found, folder = [], store(app, app.env.docname)
    for node in doctree.findall(lambda n: isinstance(n, nodes.Element) and "citable" in n):
        item = node.attributes.pop("citable")
        folder.mkdir(parents=True, exist_ok=True)
        files = []
        for name, content in item["files"].items():
            data = base64.b64decode(content)
            (folder / name).write_bytes(data)
            files.append({"name": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()})
        found.append(item | {"files": sorted(files, key=lambda f: _place(f["name"])), "node": node["ids"][0]})
    items(app.env)[app.env.docname] = found


def _place(name: str) -> tuple[int, int, str]:
    """Pictures before numbers; the first of several tables, which has the shortest name, before the others."""
    return ["svg", "pdf", "png", "csv", "tex"].index(name.rsplit(".", 1)[1]), len(name), name


def _purge(app, env, docname: str) -> None:
    items(env).pop(docname, None)
    shutil.rmtree(store(app, docname), ignore_errors=True)


def _add_bars(app, doctree, docname: str) -> None:
    """Put the bar after the figure, or at the end of the table."""
    known = {item["node"]: item for item in items(app.env).get(docname, [])}
    for node in list(doctree.findall(lambda n: isinstance(n, nodes.figure | numbered_table))):
        item = known.get(node["ids"][0]) if node["ids"] else None
        if item is None:
            continue
        shown = html_only(html=bar.html(app, docname, item))
        if isinstance(node, nodes.figure):
            node.parent.insert(node.parent.index(node) + 1, shown)
        else:
            node += shown
