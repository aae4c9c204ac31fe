"""Pictures that a message shows which links to a page: its first figure, in the size that networks ask for.

They are made only where the site has an address, for Open Graph knows no other than absolute ones.
"""

from __future__ import annotations

import io
import shutil
from pathlib import Path

from PIL import Image

from rednote_book.site.items import in_order, items, site, store

FOLDER = "previews"
SIZE = (1200, 630)
MARGIN = 40


def connect(app) -> None:
    """Write the pictures after the pages."""
    app.connect("build-finished", _write)


def picture(app, page: str) -> dict | None:
    """Address and alternative text of the picture of a page; of one without figures that of the book's first."""
    found = _main(app, page)
    return {"address": f"{site(app)}{FOLDER}/{found[1]['id']}.png", "alt": found[1]["alt"]} if found else None


def _main(app, page: str) -> tuple[str, dict] | None:
    here = [(page, item) for item in items(app.env).get(page, [])]
    return next((pair for pair in [*here, *in_order(app)] if pair[1]["kind"] == "figure"), None)


def _write(app, exception) -> None:
    if exception or app.builder.format != "html" or not app.env:
        return
    folder = Path(app.outdir, FOLDER)
    shutil.rmtree(folder, ignore_errors=True)
    if not site(app):
        return
    folder.mkdir()
    mains = {pair[1]["id"]: pair[0] for page in app.env.found_docs if (pair := _main(app, page))}
    for id, page in mains.items():
        (folder / f"{id}.png").write_bytes(preview((store(app, page) / f"{id}.png").read_bytes()))


def preview(png: bytes) -> bytes:
    """A figure in the middle of a white card, with few colours: tens of kilobytes."""
    figure = Image.open(io.BytesIO(png)).convert("RGB")
    scale = min((side - 2 * MARGIN) / length for side, length in zip(SIZE, figure.size, strict=True))
    figure = figure.resize([round(length * scale) for length in figure.size], Image.Resampling.LANCZOS)
    card = Image.new("RGB", SIZE, "white")
    card.paste(figure, [(side - length) // 2 for side, length in zip(SIZE, figure.size, strict=True)])
    buffer = io.BytesIO()
    card.quantize(96, Image.Quantize.MAXCOVERAGE).save(buffer, "png", optimize=True)
    return buffer.getvalue()
