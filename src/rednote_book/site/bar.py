"""The bar under a figure or table: its files, its address, how to cite it, the code of its chapter."""

from __future__ import annotations

from html import escape
from pathlib import PurePosixPath

from rednote_book.site.items import FOLDER, address, changed, number, provenance
from rednote_book.site.reference import links_to_code
from rednote_study.citation import bibtex, credit, csl_json, latex_figure, latex_input, ris

_NAMES = {"svg": "SVG", "pdf": "PDF", "png": "PNG 300 dpi", "csv": "CSV", "tex": "LaTeX"}
_HINTS = {
    "svg": "picture, text as text",
    "pdf": "picture for print",
    "png": "picture, 300 dpi",
    "csv": "the numbers",
    "tex": "table for LaTeX",
}


def root(docname: str) -> str:
    """Way from a page to the root of the site.

    >>> root("book/chapters/01_context")
    '../../'
    """
    return "../" * docname.count("/")


def links(item: dict, to_root: str) -> str:
    """Links to the files of an item, each a download."""
    version = item["provenance"]["version"]
    out = []
    for file in item["files"]:
        stem, suffix = file["name"].rsplit(".", 1)
        extra = stem.removeprefix(item["id"]).strip("-").replace("-", " ")
        name = f"{_NAMES[suffix]} {extra}".strip()
        size = f"{max(1, round(file['bytes'] / 1000))} kB"
        out.append(
            f'<a href="{to_root}{FOLDER}/{version}/{escape(file["name"])}" download="{escape(file["name"])}"'
            f' title="{_HINTS[suffix]}, {size}">{escape(name)}</a>'
        )
    return " ".join(out)


def html(app, docname: str, item: dict) -> str:
    """The bar of an item on a page."""
    label, to_root, source = number(app, docname, item), root(docname), provenance(item)
    suffix = PurePosixPath(app.env.doc2path(docname, False)).suffix
    if source.dataset:
        recorded = ", recorded" if source.recorded else ""
        data = f"<code>{escape(source.dataset)}</code>{recorded}"
    else:
        data = escape(source.data)
    return (
        f'<div class="rednote-bar" role="group" aria-label="{escape(label)}: files and citation">\n'
        f'<span class="rednote-files">{links(item, to_root)}</span>\n'
        f'<a href="{to_root}{FOLDER}/{escape(item["id"])}.html">Permanent link</a>\n'
        f'<span class="rednote-code">Code: {links_to_code(app, item, to_root)}'
        f' <a href="{to_root}_sources/{escape(docname)}{suffix}">chapter</a></span>\n'
        f'<span class="rednote-data">Data: {data}</span>\n'
        f'<details class="rednote-cite"><summary>Cite</summary>\n{_citation(app, item, label)}</details>\n</div>\n'
    )


def _citation(app, item: dict, label: str) -> str:
    """What the fold holds: the data in words, then the blocks to copy."""
    source = provenance(item)
    cited, dated = (
        (item["id"], item["title"].removesuffix("."), label, source),
        {"year": credit()["year"], "url": address(app, item)},
    )
    block = latex_figure(item["id"], item["caption"], label, source)
    latex = block if item["kind"] == "figure" else latex_input(item["id"])
    since = changed(app, item)
    facts = [
        f"Id <code>{escape(item['id'])}</code>, version {escape(source.version)}.",
        f"Data: {escape(source.data)}.",
        f"Licence: {escape(source.licence)}.",
        f"Numbers last changed in version {escape(since)}." if since else "",
    ]
    blocks = (
        ("BibTeX", bibtex(*cited, **dated)),
        ("RIS", ris(*cited, **dated)),
        ("CSL-JSON", csl_json(*cited, **dated)),
        ("LaTeX", latex),
    )
    return f"<p>{' '.join(facts).strip()}</p>\n" + "".join(
        f'<div class="rednote-copy" data-what="{name}"><span>{name}</span>'
        f'<pre tabindex="0" role="region" aria-label="{name}, {escape(label)}">{escape(text)}</pre></div>\n'
        for name, text in blocks
    )
