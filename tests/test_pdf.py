"""The book on paper: what is in the PDF of the whole book, and what the command says where it cannot print."""

import io
import shutil
from collections import Counter

import pikepdf
import pypdf
import pytest
import yaml
from bs4 import BeautifulSoup

from rednote_book import paper
from rednote_book.paper import printing
from rednote_study.errors import BuildError
from rednote_study.system.paths import ROOT

MOST = 15_000_000
"""Bytes of the whole book."""


@pytest.fixture(scope="module")
def site(built_site, tmp_path_factory):
    """The whole site with the PDF: as `make pdf` left it, or a copy that is printed now."""
    if (built_site / printing.FILE).is_file():
        return built_site
    copy = shutil.copytree(built_site, tmp_path_factory.mktemp("paper") / "html")
    paper.pdf(copy)
    return copy


@pytest.fixture(scope="module")
def book(site):
    return pypdf.PdfReader(site / printing.FILE)


def titles(outline):
    """Titles of an outline at all depths."""
    return [t for entry in outline for t in (titles(entry) if isinstance(entry, list) else [entry["/Title"]])]


def linked(site):
    """Where the first page's link leads."""
    first = site / "book" / "index.html"
    return first.parent / BeautifulSoup(first.read_text("utf-8"), "html.parser").select_one("#rednote-pdf a")["href"]


def test_a_machine_without_chromium_is_told_what_to_install(small_site, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match=r"Chromium, which is not on this machine\. Install it"):
        paper.pdf(small_site)
    with pytest.raises(BuildError, match="make book"):
        paper.pdf(tmp_path)


@pytest.mark.slow
@pytest.mark.browser
def test_the_whole_book_is_a_valid_file_of_modest_size(site, book):
    file = site / printing.FILE
    with pikepdf.open(file) as opened:
        assert opened.check_pdf_syntax() == []
    assert 100 < len(book.pages) < 400 and file.stat().st_size <= MOST
    assert book.metadata.title.startswith("Who stayed?") and book.metadata.author
    assert linked(site).resolve() == file.resolve()


@pytest.mark.slow
@pytest.mark.browser
def test_outline_and_contents_lead_to_every_chapter(site, book):
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    pages = [toc["root"], *(chapter["file"] for part in toc["parts"] for chapter in part["chapters"])]
    outline = {" ".join(title.split()) for title in titles(book.outline)}
    contents = " ".join(" ".join(book.pages[i].extract_text() for i in range(1, 6)).split())
    for page in pages:
        h1 = BeautifulSoup((site / f"{page}.html").read_text("utf-8"), "html.parser").select_one("article h1")
        h1.select_one(".headerlink").decompose()
        title = " ".join(h1.get_text().split())
        assert title in outline and title in contents


@pytest.mark.slow
@pytest.mark.browser
def test_links_lead_somewhere_and_none_to_this_machine(site, book):
    """Figures and tables are found by their permanent ids."""
    places = {name.removeprefix("/") for name in book.named_destinations}
    inside = outside = 0
    for page in book.pages:
        for annotation in page.get("/Annots", []):
            target = annotation.get_object()
            if "/Dest" in target:
                inside += 1
                assert str(target["/Dest"]).removeprefix("/") in places
            else:
                outside += 1
                assert target["/A"]["/URI"].startswith(("https://", "http://", "mailto:"))
    assert inside > 300 and outside > 20
    ids = {path.stem for path in (site / "figures").glob("*.html")}
    assert ids and ids <= places


@pytest.mark.slow
@pytest.mark.browser
def test_fonts_are_inside_and_text_is_text_within_the_page(book):
    for page in book.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            font = font.get_object()
            if font["/Subtype"] == "/Type3":  # as Chromium writes some Chinese letters: drawn inside the file
                assert font["/CharProcs"] and "/ToUnicode" in font
                continue
            (descendant,) = font["/DescendantFonts"]
            assert "/FontFile2" in descendant.get_object()["/FontDescriptor"]
    sizes = Counter()
    words = "".join(page.extract_text(visitor_text=_inside(page.mediabox, sizes)) for page in book.pages)
    assert "小红书" in words
    assert "Show the code" not in words and "[source]" not in words, "on paper there is nothing to click"
    assert sizes[10.5] > len(words) / 4, "Chromium makes all letters smaller where one thing is wider than the paper"


def _inside(box, sizes):
    """Every run of text begins between the margins of the page."""
    margin = 12 / 25.4 * 72

    def check(text, cm, tm, font, size):
        x = cm[0] * tm[4] + cm[2] * tm[5] + cm[4]
        assert not text.strip() or margin < x < float(box.width) - margin, text
        sizes[round(size * tm[0] * cm[0], 1)] += len(text)

    return check


@pytest.mark.slow
@pytest.mark.browser
def test_figures_are_drawn_not_photographed(site, book):
    """Only pictures that hold pixels themselves, such as maps of colour, have pixels in the PDF."""
    pixels = {name for page in book.pages for name in _images(page)}
    drawn = [path for path in (site / "_images").glob("*.svg") if "<image" in path.read_text("utf-8")]
    assert len(pixels) <= 4 * len(drawn)


def _images(resources):
    found = set()
    for thing in resources.get("/Resources", {}).get("/XObject", {}).values():
        item = thing.get_object()
        found |= {thing.idnum} if item["/Subtype"] == "/Image" else _images(item)
    return found


@pytest.mark.slow
@pytest.mark.browser
def test_the_same_site_prints_the_same_file_without_folded_code_and_with_wide_tables_turned(
    small_book, small_site, tmp_path
):
    printed = []
    for name in ("one", "two"):
        copy = shutil.copytree(small_site, tmp_path / name)
        second = copy / "book" / "second.html"
        wide = f"<table><tr>{'<td>2025-01-13</td>' * 20}</tr></table></article>"
        second.write_text(second.read_text("utf-8").replace("</article>", wide), "utf-8")
        printed.append(paper.pdf(copy, small_book).read_bytes())
        assert linked(copy).is_file()
    assert printed[0] == printed[1]
    pages = pypdf.PdfReader(io.BytesIO(printed[0])).pages
    turned = [page for page in pages if page.mediabox.width > page.mediabox.height]
    assert [page.extract_text().count("2025-01-13") for page in turned] == [20]
    turned[0].extract_text(visitor_text=_inside(turned[0].mediabox, Counter()))
    text = "".join(page.extract_text() for page in pages)
    assert "three times" in text and "from rednote_study import open_crawl" in text
    assert "glue(" not in text, "what the site folds is not printed"
