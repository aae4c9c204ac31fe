"""Print the one page by Chromium, with the numbers of pages in its contents, as a PDF that says what it is.

Why Chromium: it draws the formulas of the site (MathML), which WeasyPrint cannot; the print style is tested in it
already; and LaTeX would want all figures, tables and formulas a second time.
Chromium does not know the numbers of pages when it lays out the contents, so the book is printed twice.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path

from rednote_book.paper.pages import assemble, read_pages
from rednote_book.paper.typefaces import faces
from rednote_study import __version__
from rednote_study.citation import credit, read_citation
from rednote_study.datasets.provenance import OWN_LICENCE
from rednote_study.errors import BuildError
from rednote_study.system.paths import BUILD, ROOT

__all__ = ["FILE", "pdf"]

FILE = f"rednote-study-{__version__}.pdf"
"""Name of the book, in the site and in the release."""

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_STYLES = ("pygments.css", "rednote.css", "site.css")
_FILL = "places => document.querySelectorAll('.place').forEach((e) => { e.textContent = places[e.dataset.of] ?? ''; })"
_HERE = Path(__file__).parent


def pdf(site: Path = BUILD / "html", source: Path = ROOT, say=print) -> Path:
    """Write the book of the built `site` as one PDF into it, and link it on its first page.

    Parameters
    ----------
    site : pathlib.Path
        The built book.
    source : pathlib.Path
        Folder of its ``_toc.yml``.
    say : callable
        Told what is done, a line at a time.

    Raises
    ------
    BuildError
        If there is no site, or no Chromium.
    """
    if not (site / "index.html").is_file():
        raise BuildError(f"There is no site in {site}. Build it first: `make book`.")
    chromium = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if chromium is None:
        raise BuildError("The PDF is printed by Chromium, which is not on this machine. Install it (Debian: apt-get install chromium).")
    pages = read_pages(site, source)
    say(f"Putting {len(pages)} pages together ...")
    styles = [path.read_text("utf-8") for path in (*(site / "_static" / name for name in _STYLES), _HERE / "paper.css")]
    text = "".join(page.article.get_text() for page in pages)
    html = assemble(pages, site, faces(text) + "\n".join(styles))
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder, "book.html")
        book.write_text(html, "utf-8")
        printed = _print(chromium, book.as_uri(), say)
    target, fresh = site / FILE, site / f".{FILE}"
    fresh.write_bytes(_described(printed))
    fresh.replace(target)
    _link(site / pages[0].path)
    return target


def _print(chromium: str, address: str, say) -> bytes:
    """The page as a PDF, printed until the numbers of pages in its contents are right."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(0)
        page.emulate_media(media="print")
        page.goto(address, wait_until="load")
        page.evaluate("() => document.fonts.ready")
        page.evaluate((_HERE / "fit.js").read_text("utf-8"))
        places: dict[str, str] = {}
        for turn in ("once", "again, with the numbers of pages", "a third time"):
            say(f"Printing {turn} ...")
            page.evaluate(_FILL, places)
            printed = page.pdf(outline=True, tagged=True, prefer_css_page_size=True, print_background=True)
            before, places = places, _places(printed)
            if places == before:
                break
        browser.close()
    return printed


def _places(printed: bytes) -> dict[str, str]:
    """Number of the page of each anchor."""
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(printed))
    number = {page.indirect_reference.idnum: str(i) for i, page in enumerate(reader.pages, 1)}
    found = reader.named_destinations.items()
    return {name.removeprefix("/"): number[place.page.idnum] for name, place in found}


def _described(printed: bytes) -> bytes:
    """The PDF with title, authors and rights, and with the date of the version in place of the time of printing."""
    from pypdf import PdfReader, PdfWriter

    study, writer, buffer = credit(), PdfWriter(clone_from=PdfReader(io.BytesIO(printed))), io.BytesIO()
    date = f"D:{read_citation()['date-released'].replace('-', '')}000000Z"
    writer.metadata = {
        "/Title": study["title"],
        "/Author": study["authors"],
        "/Subject": f"Version {study['version']}. {OWN_LICENCE}.",
        "/Keywords": ", ".join(read_citation()["keywords"]),
        "/Creator": f"rednote-study {__version__}",
        "/CreationDate": date,
        "/ModDate": date,
    }
    writer.page_mode = "/UseOutlines"
    writer.create_viewer_preferences().display_doctitle = True
    writer.write(buffer)
    return buffer.getvalue()


def _link(first: Path) -> None:
    """Fill the place that the first page keeps for the link."""
    text = first.read_text("utf-8")
    link = f'<div id="rednote-pdf"><p><a href="{"../" * 1}{FILE}">The whole book as one PDF</a></p></div>'
    first.write_text(text.replace('<div id="rednote-pdf"></div>', link), "utf-8")
