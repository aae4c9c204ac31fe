"""The gallery: all figures and tables of the book, by chapter, made from the same items as the manifest."""

from __future__ import annotations

from html import escape
from itertools import groupby

from docutils import nodes
from PIL import Image
from sphinx.util.docutils import SphinxDirective

from rednote_book.site.bar import links, root
from rednote_book.site.head import spoken_in
from rednote_book.site.items import FOLDER, html_only, in_order, number, store
from rednote_book.site.manifest import SMALL


class gallery(nodes.General, nodes.Element):
    """Place of the gallery in a page."""


class GalleryDirective(SphinxDirective):
    """``{figure-gallery}``: all figures and tables of the book."""

    def run(self) -> list[nodes.Node]:
        """Leave a mark; the figures are known when all pages are read."""
        self.env.metadata[self.env.docname]["rednote-gallery"] = True
        return [gallery()]


def connect(app) -> None:
    """Add directive and node."""
    app.add_node(gallery)
    app.add_directive("figure-gallery", GalleryDirective)
    app.connect("env-updated", _galleries)
    app.connect("doctree-resolved", _fill)


def _galleries(app, env) -> list[str]:
    """Write the gallery whenever any page was read anew."""
    return [docname for docname in env.found_docs if env.metadata.get(docname, {}).get("rednote-gallery")]


def _fill(app, doctree, docname: str) -> None:
    for node in list(doctree.findall(gallery)):
        node.replace_self(html_only(html=_html(app, docname)))


def _html(app, docname: str) -> str:
    chapters = [(page, list(group)) for page, group in groupby(in_order(app), key=lambda pair: pair[0])]
    options = "".join(f'<option value="{_key(page)}">{escape(_title(app, page))}</option>' for page, _ in chapters)
    parts = [
        '<div class="rednote-gallery">\n<p class="rednote-filter" hidden><label>Chapter <select>'
        f'<option value="">all</option>{options}</select></label> <span role="status"></span></p>\n'
    ]
    for page, pairs in chapters:
        parts.append(f'<section data-chapter="{_key(page)}" id="{_key(page)}">\n<h2>{escape(_title(app, page))}</h2>\n')
        for kind in ("figure", "table"):
            cards = [_card(app, docname, page, item) for _, item in pairs if item["kind"] == kind]
            if cards:
                parts.append(f'<ul class="rednote-{kind}s">\n{"".join(cards)}</ul>\n')
        parts.append("</section>\n")
    return "".join([*parts, "</div>\n"])


def _card(app, docname: str, page: str, item: dict) -> str:
    to_root = root(docname)
    href = f"{to_root}{app.builder.get_target_uri(page)}#{item['node']}"
    picture, spoken = "", spoken_in(item["title"])
    if item["kind"] == "figure":
        small = f"{to_root}{FOLDER}/{item['provenance']['version']}/small/{escape(item['id'])}.png"
        alt = escape(f"{item['title']}. {item['alt']}")
        with Image.open(store(app, page) / f"{item['id']}.png") as drawn:
            size = f'width="{SMALL}" height="{round(drawn.height * SMALL / drawn.width)}"'
        picture = f'<a href="{href}"><img{spoken} src="{small}" alt="{alt}" loading="lazy" {size}></a>'
    name = f'<a href="{href}">{escape(number(app, page, item))}</a>: <span{spoken}>{escape(item["title"])}</span>'
    return f'<li>{picture}<p>{name}</p><p class="rednote-bar">{links(item, to_root)}</p></li>\n'


def _key(page: str) -> str:
    return "chapter-" + page.rsplit("/", 1)[-1].replace("_", "-")


def _title(app, page: str) -> str:
    return app.env.titles[page].astext()
