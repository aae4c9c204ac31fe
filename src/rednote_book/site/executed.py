"""Each page's notebook with its outputs beside the page, as a download: what the reader sees, to be opened and run."""

from __future__ import annotations

from pathlib import Path

import nbformat

from rednote_book.site.exec_cache import notebook_of
from rednote_book.site.quoted import with_numbers
from rednote_study.datasets.provenance import METADATA_KEY


def connect(app) -> None:
    """Offer the notebook in the theme's menu of downloads, and write it."""
    app.connect("html-page-context", _offer, priority=900)
    app.connect("build-finished", _write)


def _offer(app, pagename, templatename, context, doctree) -> None:
    menus = [b["buttons"] for b in context.get("header_buttons", []) if b.get("label") == "download-buttons"]
    if not menus or not notebook_of(app, pagename).is_file():
        return
    name = f"{pagename.rpartition('/')[2]}.ipynb"
    button = {
        "type": "link",
        "url": f'{name}" download="{name}',  # the theme's macro has no parameter for this attribute
        "text": ".ipynb",
        "tooltip": "Download the notebook with its outputs",
        "icon": "fas fa-code",
        "label": "download-notebook-button",
    }
    menus[0].insert(0, button)


def _write(app, exception) -> None:
    if exception or app.builder.format != "html":
        return
    for docname in app.env.found_docs:
        if notebook_of(app, docname).is_file():
            notebook = nbformat.read(notebook_of(app, docname), as_version=4)
            for cell in (c for c in notebook.cells if c.cell_type == "code"):
                cell["outputs"] = [_shown(o) for o in cell["outputs"] if "scrapbook" not in o.get("metadata", {})]
            for cell in (c for c in notebook.cells if c.cell_type == "markdown"):
                cell["source"] = with_numbers(app, docname, cell["source"])
            nbformat.write(notebook, Path(app.outdir, f"{docname}.ipynb"))


def _shown(output):
    """An output without the files of its figure or table, which the page offers one by one; a picture stands once."""
    if METADATA_KEY in output.get("metadata", {}):
        output["metadata"] = {k: v for k, v in output["metadata"].items() if k != METADATA_KEY}
        output["data"] = {k: v for k, v in output["data"].items() if k != "image/svg+xml"}
    return output
