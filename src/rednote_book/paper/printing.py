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

import pikepdf

from rednote_book.paper.pages import assemble, read_pages
from rednote_book.paper.typefaces import faces
from rednote_study import __version__
from rednote_study.citation import credit, read_citation
from rednote_study.datasets.provenance import OWN_LICENCE
from rednote_study.errors import BuildError
from rednote_study.system.paths import BUILD, ROOT

FILE = f"rednote-study-{__version__}.pdf"
"""Name of the book, in the site and in the release."""

WIDTH = 170
"""Of the text on paper (mm), as in paper.css."""

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_STYLES = ("pygments.css", "rednote.css", "site.css")
_FILL = (
    "places => document.querySelectorAll('.place').forEach((e) => { e.textContent = places[e.dataset.of] ?? '000'; })"
)
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
        raise BuildError(
            "The PDF is printed by Chromium, which is not on this machine. Install it (Debian: apt-get install chromium)."
        )
    say("Putting the pages together ...")
    pages = read_pages(site, source)
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
    _link(site, pages[0].path)
    return target


def _print(chromium: str, address: str, say) -> bytes:
    """The page as a PDF, printed until the numbers of pages in its contents are right."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        page = browser.new_page(viewport={"width": int(WIDTH / 25.4 * 96), "height": 1000})
        page.set_default_timeout(0)
        page.emulate_media(media="print")
        page.goto(address, wait_until="load")
        page.evaluate("() => document.fonts.ready")
        page.evaluate((_HERE / "fit.js").read_text("utf-8"), WIDTH)
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
    """Number of the page of each anchor that something leads to."""
    with pikepdf.open(io.BytesIO(printed)) as book:
        number = {page.objgen: str(i) for i, page in enumerate(book.pages, 1)}
        return {str(name).removeprefix("/"): number[place[0].objgen] for name, place in book.Root.Dests.items()}


def _described(printed: bytes) -> bytes:
    """The PDF with title, authors and rights, and with the date of the version in place of the time of printing.

    Its objects are packed, which leaves a third: Chromium describes each word's place in the page for screen readers.
    """
    study, buffer = read_citation(), io.BytesIO()
    date = f"D:{study['date-released'].replace('-', '')}000000Z"
    with pikepdf.open(io.BytesIO(printed)) as book:
        book.docinfo = book.make_indirect(
            pikepdf.Dictionary(
                Title=study["title"],
                Author=credit()["authors"],
                Subject=f"Version {study['version']}. {OWN_LICENCE}.",
                Keywords=", ".join(study["keywords"]),
                Creator=f"rednote-study {__version__}",
                CreationDate=date,
                ModDate=date,
            )
        )
        book.Root.PageMode = pikepdf.Name.UseOutlines
        book.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
        book.save(buffer, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return buffer.getvalue()


def _link(site: Path, first: str) -> None:
    """Fill the place that the first page keeps for the link."""
    path, to_root = site / first, "../" * first.count("/")
    text = path.read_text("utf-8")
    link = f'<div id="rednote-pdf"><p><a href="{to_root}{FILE}">The whole book as one PDF</a></p></div>'
    path.write_text(text.replace('<div id="rednote-pdf"></div>', link), "utf-8")
