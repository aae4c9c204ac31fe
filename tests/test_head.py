"""What pages tell programs about themselves: on the small book, without and with a public address."""

import json
from urllib.parse import urljoin

import jsonschema
import pytest
from bs4 import BeautifulSoup
from figures_book import ADDRESS
from PIL import Image

from rednote_book.site.previews import SIZE
from rednote_study import __version__
from rednote_study.citation import read_citation

TEXT = {"type": "string", "minLength": 1}
AGENTS = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "properties": {"@type": {"enum": ["Person", "Organization"]}, "name": TEXT},
        "required": ["@type", "name"],
        "additionalProperties": False,
    },
}
DATASET = {
    "type": "object",
    "properties": {
        "@context": {"const": "https://schema.org"},
        "@type": {"const": "Dataset"},
        **dict.fromkeys(("name", "alternateName", "identifier", "license", "version", "datePublished"), TEXT),
        "description": {"type": "string", "minLength": 50, "maxLength": 5000},
        "url": {"type": "string", "format": "uri-reference"},
        "image": {"type": "string", "format": "uri"},
        "creator": {"anyOf": [AGENTS, AGENTS["items"]]},
        "keywords": {"type": "array", "items": TEXT},
        "isAccessibleForFree": {"const": True},
        "isPartOf": {"type": "object"},
        "isBasedOn": {"type": "array", "items": {"$ref": "#/$defs/dataset"}},
        "hasPart": {"type": "array", "items": {"$ref": "#/$defs/dataset"}},
        "distribution": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"@type": {"const": "DataDownload"}, "encodingFormat": TEXT, "contentUrl": TEXT},
                "required": ["@type", "encodingFormat", "contentUrl"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["@type", "name", "description"],
    "additionalProperties": False,
}
PAGE = {
    "type": "object",
    "properties": {
        "@context": {"const": "https://schema.org"},
        "@type": {"enum": ["Book", "Article", ["ScholarlyArticle", "Chapter"]]},
        **dict.fromkeys(("name", "headline", "description", "license", "version"), TEXT),
        "datePublished": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
        "author": AGENTS,
        "keywords": {"type": "array", "items": TEXT},
        "isAccessibleForFree": {"const": True},
        "url": {"type": "string", "format": "uri"},
        "image": {"type": "string", "format": "uri"},
        "isPartOf": {"type": "object", "properties": {"@type": {"const": "Book"}, "name": TEXT, "url": TEXT}},
        "isBasedOn": {"type": "array", "items": {"$ref": "#/$defs/dataset"}},
    },
    "required": ["@context", "@type", "name", "description", "author", "datePublished", "license"],
    "additionalProperties": False,
}
SCHEMA = {"anyOf": [PAGE, {**DATASET, "required": [*DATASET["required"], "@context"]}], "$defs": {"dataset": DATASET}}
"""What schema.org has of these kinds, and what search engines ask of them, as strictly as this book uses it."""

TITLES = {
    "index": "A book",
    "first": "What is seen?",
    "second": "What is <hostile> & “odd”?",
    "figures": "Figures and tables",
}
PAGES = tuple(TITLES)


def head(site, name):
    return BeautifulSoup((site / "book" / f"{name}.html").read_text("utf-8"), "html.parser").head


def content(soup, name):
    return [m["content"] for m in soup.find_all("meta") if name in (m.get("name"), m.get("property"))]


def linked(soup):
    (script,) = soup.select('script[type="application/ld+json"]')
    return json.loads(script.string)


def test_a_page_is_described_by_its_question_and_answer(small_site):
    first, second = head(small_site, "first"), head(small_site, "second")
    said = "Do newcomers begin to write Chinese? Posts found later have three times as much Chinese in them."
    assert content(first, "description") == content(first, "og:description") == [said]
    assert content(first, "DC.description") == [said] and linked(first)["description"] == said
    for name in ("description", "og:description", "DC.description"):
        assert content(second, name) == ["Is <script> & “odd”?"]
    assert content(head(small_site, "index"), "description") == ["Hello."]
    assert all(len(content(head(small_site, name), "description")[0]) <= 300 for name in PAGES)


def test_every_page_can_be_cited(small_site):
    study = read_citation()
    for name in PAGES:
        soup = head(small_site, name)
        title = TITLES[name]
        is_book = name == "index"
        for key in ("citation_title", "DC.title", "og:title"):
            assert is_book or content(soup, key)[0] == title, key
        assert content(soup, "citation_author") == content(soup, "DC.creator") == ["The rednote-study team"]
        assert content(soup, "DC.date") == [study["date-released"]]
        assert content(soup, "citation_publication_date") == [study["date-released"].replace("-", "/")]
        assert content(soup, "citation_language") == content(soup, "DC.language") == ["en"]
        assert bool(content(soup, "citation_inbook_title")) != is_book
        assert content(soup, "citation_keywords") == study["keywords"]
        assert content(soup, "DC.rights") == ["CC BY 4.0"] and content(soup, "og:site_name")


@pytest.mark.parametrize("site", ["small_site", "addressed_site"])
def test_linked_data_are_strictly_what_the_vocabulary_has(request, site):
    site = request.getfixturevalue(site)
    check = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
    kinds = {name: linked(head(site, name)) for name in PAGES}
    for said in kinds.values():
        check.validate(said)
    assert kinds["index"]["@type"] == "Book" and kinds["figures"]["@type"] == "Dataset"
    assert kinds["first"]["@type"] == ["ScholarlyArticle", "Chapter"] and kinds["first"]["version"] == __version__
    assert [d["name"] for d in kinds["first"]["isBasedOn"]] and kinds["first"]["isPartOf"]["@type"] == "Book"
    with pytest.raises(jsonschema.ValidationError):
        check.validate(kinds["first"] | {"colour": "red"})
    for path in site.glob("figures/*.html"):
        check.validate(linked(BeautifulSoup(path.read_text("utf-8"), "html.parser").head))


def test_the_gallery_is_a_data_set_of_all_figures_and_tables(small_site):
    said = linked(head(small_site, "figures"))
    manifest = json.loads((small_site / "figures" / "manifest.json").read_text("utf-8"))
    assert [part["identifier"] for part in said["hasPart"]] == [item["id"] for item in manifest["items"]]
    for part in [said, *said["hasPart"]]:
        for file in part["distribution"]:
            assert (small_site / "book" / file["contentUrl"]).resolve().is_file()
    nc = next(part for part in said["hasPart"] if part["identifier"] == "language-by-week")
    assert nc["license"] == "https://creativecommons.org/licenses/by-nc/4.0/"


def test_no_address_is_invented(small_site):
    for name in PAGES:
        soup = head(small_site, name)
        for key in ("og:url", "og:image", "citation_fulltext_html_url", "DC.identifier"):
            assert content(soup, key) == []
        assert not soup.select("link[rel=canonical]") and "url" not in linked(soup)
        assert content(soup, "twitter:card") == ["summary"]
    assert not (small_site / "previews").exists()


def test_an_address_that_is_set_stands_on_every_page(addressed_site):
    for name in PAGES:
        soup = head(addressed_site, name)
        address = f"{ADDRESS}/book/{name}.html"
        for key in ("og:url", "citation_fulltext_html_url", "DC.identifier"):
            assert content(soup, key) == [address]
        assert soup.select_one("link[rel=canonical]")["href"] == linked(soup)["url"] == address
        (picture,) = content(soup, "og:image")
        assert linked(soup)["image"] == picture == urljoin(ADDRESS, picture)
        path = addressed_site / picture.removeprefix(f"{ADDRESS}/")
        with Image.open(path) as card:
            assert card.size == SIZE
        assert path.stat().st_size < 150_000 and len(content(soup, "og:image:alt")[0]) > 10
    own = {name: content(head(addressed_site, name), "og:image")[0].rpartition("/")[2] for name in PAGES}
    assert own["first"] == own["index"] == "language-by-week.png" and own["second"] == "toy.png"
    cited = (addressed_site / "book" / "first.html").read_text("utf-8")
    assert f"url          = {{{ADDRESS}/figures/language-by-week.html}}" in cited
