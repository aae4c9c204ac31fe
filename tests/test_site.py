"""The built site, read page by page as files: links, pictures, nothing from another host."""

import functools
import json
import re
from collections import Counter
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from browser_site import page_names
from bs4 import BeautifulSoup

from rednote_book import notebooks
from rednote_study import catalogue
from rednote_study.datasets.provenance import METADATA_KEY


@pytest.fixture(scope="module")
def pages(built_site):
    return {p: BeautifulSoup(p.read_text("utf-8"), "lxml") for p in sorted(built_site.glob("book/**/*.html"))}


def test_every_chapter_is_there_and_says_which_data_stand_behind_it(pages):
    names = {p.stem for p in pages}
    assert {"index", "01_context", "02_data", "03_cohort", "04_sampling", "05_behaviour", "06_language"} <= names
    for path, page in pages.items():
        assert page.title.text.strip(), path
        other = path.stem in {"references", "figures", "glossary", "own_crawl"} or path.stem.startswith("package")
        if not other:  # these rest on no data
            assert page.select(".rednote-notice"), path


def test_every_page_has_a_title_and_a_description_of_its_own(built_site):
    """Also those that Sphinx makes, and those of code."""
    said = {"title": Counter(), "description": Counter()}
    for path in (built_site / name for name in page_names(built_site)):
        head = BeautifulSoup(path.read_text("utf-8"), "html.parser").head
        (about,) = head.select("meta[name=description]")
        said["title"][head.title.text] += 1
        said["description"][about["content"]] += 1
    for kind, texts in said.items():
        assert len(texts) > 25 and max(texts.values()) == 1, (kind, texts.most_common(3))
        assert all(len(text) > 15 for text in texts), kind


def test_every_picture_has_a_size_alternative_text_and_every_figure_a_number(pages):
    """Without a size the text below jumps when the picture has come."""
    for path, page in pages.items():
        for image in page.select("img"):
            assert int(image["width"]) > 0 and int(image["height"]) > 0, (path, image)
        for image in page.select("article img"):
            assert len(image.get("alt", "")) > 30, (path, image)
        for figure in page.select("article figure"):
            assert re.match(r"(Figure |图)\d", figure.figcaption.text.strip()), path


def test_synthetic_pictures_say_so(pages):
    marked = [f for page in pages.values() for f in page.select("figure") if "replica" in f.get("id", "")]
    assert marked
    assert all("Synthetic data" in f.figcaption.text for f in marked)


def test_no_number_is_left_unpasted_and_no_cell_failed(pages):
    for path, page in pages.items():
        text = page.get_text()
        assert "Traceback (most recent" not in text and "glue:" not in text, path
        assert not re.search(r"\bnan\b", page.select_one("article").get_text()), path


def test_nothing_comes_from_another_host(pages):
    for path, page in pages.items():
        for tag, attribute in (("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src")):
            for element in page.find_all(tag):
                address = element.get(attribute) or ""
                leads = tag == "link" and "canonical" in element["rel"]  # is not loaded
                assert leads or not urlsplit(address).netloc, (path, address)
        scripts = " ".join(s.string or "" for s in page.find_all("script") if s.get("type") != "application/ld+json")
        assert not re.search(r"https?://(?!www\.w3\.org|schema\.org)", scripts), path


def test_every_internal_link_and_anchor_resolves(pages):
    for path, page in pages.items():
        for link in page.find_all("a", href=True):
            parts = urlsplit(link["href"])
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            assert target.is_file(), (path, link["href"])
            if parts.fragment and target in pages:
                assert pages[target].find(id=unquote(parts.fragment)), (path, link["href"])


def test_no_button_opens_another_repository(pages):
    address = notebooks.repository().get("url", "no address yet")
    for path, page in pages.items():
        for link in page.select(".article-header-buttons a[href^=http]"):
            assert address.removeprefix("https://github.com/") in link["href"], (path, link["href"])


def test_every_chapter_offers_its_notebook_with_outputs(pages):
    offered = {}
    for path, page in pages.items():
        for link in page.select("a.btn-download-notebook-button"):
            assert link["download"] == link["href"] == f"{path.stem}.ipynb"
            offered[path.stem] = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    assert set(offered) == {chapter.stem for chapter in notebooks.chapters()}
    for name, notebook in offered.items():
        nbformat.validate(notebook)
        outputs = [o for cell in notebook.cells if cell.cell_type == "code" for o in cell.outputs]
        assert any("text/html" in o.get("data", {}) for o in outputs), name
        about = [o.get("metadata", {}) for o in outputs]
        assert not any(METADATA_KEY in known or "scrapbook" in known for known in about), name
    shown = "".join(
        o.get("data", {}).get("text/html", "") for c in offered["05_behaviour"].cells for o in c.get("outputs", [])
    )
    assert shown.count("<figcaption>") == shown.count("<img ") >= 6, "a picture and its caption"


def test_a_downloaded_notebook_says_what_the_numbers_of_its_prose_are(pages):
    """The prose of a notebook names numbers; the cell above it says what they are."""
    path = next(p for p in pages if p.stem == "05_behaviour")
    notebook = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    named = {n for c in notebook.cells for n in re.findall(r"\{glue:text\}`(\w+)`", c.source)}
    said = "".join(o.data.get("text/html", "") for c in notebook.cells for o in c.get("outputs", []))
    found = dict(re.findall(r"<th><code>(\w+)</code></th><td>([^<]+)</td>", said))
    assert named and named <= set(found)
    assert found["behaviour_wave_like"] in pages[path].select_one("article").get_text()


def test_numbers_quoted_from_other_chapters_stand_in_page_notebook_and_index(pages, built_site):
    path = next(p for p in pages if p.stem == "summary")
    notebook = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    prose = "".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    numbers = [n.get_text() for n in pages[path].select(".pasted-text")]
    assert len(numbers) > 15 and all(number in prose for number in numbers) and "glue:" not in prose


def test_code_leads_to_the_source_of_the_functions(pages):
    parsed = functools.cache(lambda path: BeautifulSoup(path.read_text("utf-8"), "lxml"))
    for stem in [c.stem for c in notebooks.chapters() if c.parent.name == "chapters"]:
        path = next(p for p in pages if p.stem == stem)
        for bar in pages[path].select("article .rednote-code"):
            links = bar.select("a[href*=_modules]")
            assert links, bar.find_parent(class_="rednote-bar")["aria-label"]
            for link in links:
                page, _, name = link["href"].partition("#")
                source = parsed((path.parent / page).resolve())
                assert f"def {name}(" in source.find(id=name).get_text()


def test_code_cells_in_a_row_have_one_fold(pages):
    folds = 0
    for path, page in pages.items():
        for fold in page.select("div.cell > details.above-input"):
            folds += 1
            cell, following = fold.parent, fold.parent.find_next_sibling()
            alone = len(cell.find_all(recursive=False)) == 1
            after = following is not None and following.select_one(":scope.cell > details.above-input:first-child")
            assert not (alone and after), path
    assert folds > 50


def test_the_reference_names_what_the_chapters_call(pages):
    text = next(page for p, page in pages.items() if p.stem == "package_analysis").select_one("article")
    for name in catalogue.table_names():
        assert name in text.get_text(), name


def test_search_finds_chinese_and_english(built_site):
    index = (built_site / "searchindex.js").read_text("utf-8")
    index = json.loads(re.search(r"Search\.setIndex\((.*)\)", index, re.S)[1])
    terms = index["terms"]
    assert "难民" in terms and "猫税" in terms and "placebo" in terms
    assert "cliff's delta" in index["indexentries"], "words of the glossary, also where a build followed another"
