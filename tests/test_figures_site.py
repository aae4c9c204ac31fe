"""Figures and tables in a built site: a small book of its own, with hostile words in a caption."""

import csv
import hashlib
import json
import re
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import jsonschema
import pytest
from bs4 import BeautifulSoup
from figures_book import FIRST, copy_with_executed_chapters, without_posts
from PIL import Image
from toy_chapter import HEAD

from rednote_book import book
from rednote_book.comparison import diff, open_release
from rednote_book.site.manifest import SCHEMA
from rednote_study import __version__, open_crawl
from rednote_study.analysis import language
from rednote_study.store.record import from_csv


@pytest.fixture(scope="module")
def site(small_book, small_site):
    with without_posts(small_book):
        yield small_site


@pytest.fixture(scope="module")
def manifest(site):
    return json.loads((site / "figures" / "manifest.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def items(manifest):
    return {item["id"]: item for item in manifest["items"]}


def page(site, name):
    return BeautifulSoup((site / "book" / f"{name}.html").read_text("utf-8"), "html.parser")


def test_the_manifest_follows_the_schema_that_lies_beside_it(site, manifest):
    schema = json.loads((site / "figures" / manifest["$schema"]).read_text("utf-8"))
    assert schema == json.loads(SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(manifest)
    wrong = json.loads(json.dumps(manifest))
    wrong["items"][0]["sha256"] = "no"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(wrong)


def test_items_stand_in_the_book_s_order_each_once(items):
    assert {id: item["number"] for id, item in items.items()} == {
        "language-by-week": "Figure 1.1",
        "table-language-shares": "Table 1.1",
        "context-hashtag": "Figure 1.2",
        "toy": "Figure 2.1",
        "table-cohort-years": "Table 2.1",
    }
    assert list(items) == ["language-by-week", "table-language-shares", "context-hashtag", "toy", "table-cohort-years"]


def test_every_file_is_where_the_manifest_says_and_what_it_says(site, manifest):
    for item in manifest["items"]:
        formats = [f["format"] for f in item["files"]]
        assert formats == (["svg", "pdf", "png", "csv"] if item["kind"] == "figure" else ["csv", "tex"])
        for file in item["files"]:
            content = (site / "figures" / file["path"]).read_bytes()
            assert file["path"].startswith(f"{__version__}/") and len(content) == file["bytes"]
            assert hashlib.sha256(content).hexdigest() == file["sha256"]
        address, anchor = (site / "figures" / item["page"].split("#")[0]).resolve(), item["page"].split("#")[1]
        assert BeautifulSoup(address.read_text("utf-8"), "html.parser").find(id=anchor)


def test_the_csv_is_the_table_and_the_picture_shown_is_the_picture_downloaded(site, items):
    us = open_crawl("us_posts")
    text = (site / "figures" / items["language-by-week"]["tables"][0]["path"]).read_text("utf-8")
    assert from_csv(text).equals(language.by_week(us))
    shown = (site / "book" / page(site, "first").select_one("figure#language-by-week img")["src"]).read_text("utf-8")
    assert shown.strip() == (site / "figures" / __version__ / "language-by-week.svg").read_text("utf-8").strip()
    assert ElementTree.fromstring(shown) is not None
    lines = (site / "figures" / __version__ / "table-language-shares.csv").read_text("utf-8").splitlines()
    assert len(list(csv.DictReader(lines))) == len(language.shares(us))


def test_when_the_numbers_last_changed(items):
    assert items["language-by-week"]["changed"] == "0.0.9", "as the history says"
    assert items["context-hashtag"]["changed"] == __version__, "unknown to the history"
    assert items["context-hashtag"]["dataset"] is None and items["language-by-week"]["dataset"]["key"] == "us_posts"
    assert items["language-by-week"]["licence"] == "CC BY-NC 4.0" and items["context-hashtag"]["licence"] == "CC BY 4.0"


def test_every_figure_and_table_has_its_bar(site, items):
    for name in ("first", "second"):
        soup = page(site, name)
        shown = soup.select("article figure, article .rednote-numbered")
        bars = soup.select("article .rednote-bar")
        assert len(shown) == len(bars) > 1
        for element, bar in zip(shown, bars, strict=True):
            links = [a["href"] for a in bar.select("a")]
            item = items[element["id"]]
            assert [link.rsplit("/", 1)[1] for link in links[: len(item["files"])]] == [
                f["path"].rsplit("/", 1)[1] for f in item["files"]
            ]
            for link in links:
                assert not urlsplit(link).netloc and (site / "book" / unquote(urlsplit(link).path)).is_file(), link
            texts = [pre.get_text() for pre in bar.select("pre")]
            assert texts[0].startswith(f"@misc{{rednote-study:{item['id']},") and f"version {__version__}" in texts[0]
            assert (f"{{{item['id']}.pdf}}" if item["kind"] == "figure" else f"\\input{{{item['id']}.tex}}") in texts[3]
            assert [b["data-what"] for b in bar.select(".rednote-copy")] == ["BibTeX", "RIS", "CSL-JSON", "LaTeX"]
            assert f"\nID  - rednote-study:{item['id']}\n" in texts[1]
            assert json.loads(texts[2])[0]["id"] == f"rednote-study:{item['id']}"
            assert not bar.select("[onclick], script, style") and bar["aria-label"].startswith(("Figure", "Table"))
    text = page(site, "first").get_text(" ")
    assert re.search(r"See\s+Figure 1\.1\s+and\s+Table 1\.1", text), "a reader can refer to both"


def test_hostile_words_stay_words(site, items):
    words = '<script>alert("x")</script> {50 %} & \\input{x} $y_1$'
    assert items["toy"]["caption"] == words
    for path in ("book/second.html", "book/figures.html", "figures/toy.html"):
        soup = BeautifulSoup((site / path).read_text("utf-8"), "html.parser")
        for script in (s for s in soup.select("script") if "alert" in (s.string or "")):
            assert script["type"] == "application/ld+json" and json.loads(script.string), path
        assert words in " ".join(soup.get_text().replace("“", '"').replace("”", '"').split()), path
    block = page(site, "second").select(".rednote-bar pre")[3].get_text()
    assert "\\input" not in block.replace("\\textbackslash{}input", "")


def test_the_permanent_address_leads_to_the_page(site, items):
    for id, item in items.items():
        soup = BeautifulSoup((site / "figures" / f"{id}.html").read_text("utf-8"), "html.parser")
        assert soup.select_one("link[rel=canonical]")["href"] == item["page"]
        assert item["page"] in soup.select_one("meta[http-equiv=refresh]")["content"]
        assert soup.html["lang"] == "en" and soup.h1 and item["address"] == f"{id}.html"
        assert (site / "figures" / soup.select_one("link[rel=icon]")["href"]).is_file()


def test_the_address_of_the_site_leads_to_its_first_page(site):
    soup = BeautifulSoup((site / "index.html").read_text("utf-8"), "html.parser")
    assert soup.html["lang"] == "en" and soup.title.get_text().startswith("Who stayed?")
    assert (
        soup.select_one("meta[http-equiv=refresh]")["content"] == "0; url=book/index.html" == f"0; url={soup.a['href']}"
    )
    assert (site / soup.select_one("link[rel=icon]")["href"]).is_file()


def test_the_gallery_shows_all_by_chapter(site, items):
    soup = page(site, "figures")
    cards = soup.select(".rednote-gallery li")
    assert len(cards) == len(items)
    sections = soup.select(".rednote-gallery section")
    assert [s.h2.get_text() for s in sections] == ["What is seen?", "What is <hostile> & “odd”?"]
    options = [o["value"] for o in soup.select(".rednote-filter option")]
    assert options == ["", *(s["data-chapter"] for s in sections)]
    for image in soup.select(".rednote-gallery img"):
        path = site / "book" / image["src"]
        with Image.open(path) as small:
            assert small.width == 320
        assert len(image["alt"]) > 20 and path.stat().st_size < 40_000
    weight = (site / "book" / "figures.html").stat().st_size
    assert weight < 100_000


def test_scripts_and_styles_are_in_the_site(site):
    for name in ("first", "figures"):
        soup = page(site, name)
        for selector, key in (("script[src*=rednote-figures]", "src"), ("link[href*=rednote-figures]", "href")):
            (element,) = soup.select(selector)
            assert (site / "book" / urlsplit(element[key]).path).is_file()


def test_pages_do_not_carry_the_files(site):
    for path in site.glob("book/*.html"):
        assert "base64" not in path.read_text("utf-8") and path.stat().st_size < 1_000_000


def test_the_search_does_not_find_citations(site):
    assert "howpublish" not in (site / "searchindex.js").read_text("utf-8")


@pytest.mark.slow
def test_a_cached_page_has_its_files_and_a_lost_figure_leaves_nothing(small_book, site, items, tmp_path):
    again = tmp_path / "toy"
    copy_with_executed_chapters(small_book, again)
    (again / "book" / "first.md").write_text(HEAD + FIRST + "\nMore prose.\n")
    built = book.build(again, again / "build").parent
    manifest = (built / "figures" / "manifest.json").read_text("utf-8")
    assert manifest == (site / "figures" / "manifest.json").read_text("utf-8"), "nothing was executed, all is there"
    assert (again / "build" / "build.log").read_text("utf-8").count("Executed book/") == 0

    shorter = FIRST.replace('figure(picture, "context-hashtag"', "dict(picture=picture")
    (again / "book" / "first.md").write_text(HEAD + shorter)
    book.build(again, again / "build")
    names = {p.name for p in (built / "figures").rglob("*")}
    assert "context-hashtag.svg" not in names and "context-hashtag.html" not in names and "toy.svg" in names
    assert len(page(built, "figures").select(".rednote-gallery li")) == len(items) - 1, "the gallery is written anew"
    changes = {c["id"]: c["state"] for c in diff(open_release(site), open_release(built))}
    assert changes.pop("context-hashtag") == "removed" and set(changes.values()) == {"same"}
