"""Paper and search in a real browser, on the small book."""

import json
import re

import pytest
from browser_site import serve_folder

from rednote_book.site.search import SearchBigrams

pytestmark = pytest.mark.browser

FOLDED = "[...document.querySelectorAll('article details:not(.rednote-cite)')]"
CONTRAST = """(element, behind) => {
  const light = (colour) => {
    const parts = colour.match(/[0-9.]+/g).slice(0, 3).map((v) => v / 255);
    const [r, g, b] = parts.map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const style = getComputedStyle(element);
  const [low, high] = [light(style.color), light(behind ?? style.backgroundColor)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}"""


@pytest.fixture(scope="module")
def address(small_site):
    with serve_folder(small_site) as address:
        yield address


@pytest.fixture(params=["light", "dark"])
def page(browser, request):
    context = browser.new_context(color_scheme=request.param, viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def test_printing_opens_what_is_folded_and_folds_it_again(page, address):
    page.goto(f"{address}book/first.html", wait_until="networkidle")
    theme = page.evaluate("document.documentElement.dataset.theme")
    assert page.evaluate(f"{FOLDED}.length") >= 2 and not page.evaluate(f"{FOLDED}.some(d => d.open)")
    seen = f"addEventListener('beforeprint', () => {{ window.opened = {FOLDED}.filter(d => d.open).length }})"
    page.evaluate(seen)
    assert page.pdf().startswith(b"%PDF")
    assert page.evaluate(f"window.opened === {FOLDED}.length")
    assert not page.evaluate(f"{FOLDED}.some(d => d.open)")
    assert page.evaluate("document.documentElement.dataset.theme") == theme


@pytest.mark.parametrize("script", [True, False])
def test_paper_shows_code_and_columns_black_on_white(browser, address, script):
    context = browser.new_context(color_scheme="dark", java_script_enabled=script)
    page = context.new_page()
    page.goto(f"{address}book/first.html", wait_until="networkidle")
    if script:
        assert page.locator("html").get_attribute("data-theme") == "dark"
    page.emulate_media(media="print", color_scheme="dark")
    for text in ("glue(", "plots.dated_shares"):
        assert page.locator("article pre", has_text=text).first.is_visible(), text
    assert page.locator(".rednote-columns dd").first.is_visible()
    for summary in page.locator("article details.hide > summary").all():
        assert not summary.is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    for text in page.locator("article p:visible, article td:visible, article pre span:visible, article h1").all():
        assert text.evaluate(CONTRAST, "rgb(255, 255, 255)") > 7, text.inner_text()
    context.close()


@pytest.mark.parametrize(
    "words",
    ["小紅書", "小红书", "neighbors", "neighbours", "Neighbor", "0.3", "3249", "3,249", "20", "neighbors 20 小紅書"],
)
def test_the_search_finds_either_form_of_a_word(browser, address, words):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}search.html?q={words}", wait_until="networkidle")
    page.wait_for_function("document.querySelector('#search-results .search-summary').textContent.includes('found')")
    found = page.eval_on_selector_all("#search-results ul.search li > a", "links => links.map(l => l.pathname)")
    assert "/book/index.html" in found
    context.close()


def test_a_number_that_is_nowhere_is_not_found(browser, address):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}search.html?q=neighbours 77", wait_until="networkidle")
    page.wait_for_function("document.querySelector('#search-results').textContent.includes('did not match')")
    context.close()


@pytest.mark.parametrize("words", ["neighbors", "小紅書", "3249"])
def test_what_was_found_is_marked_and_can_be_read(page, address, words):
    page.goto(f"{address}search.html?q={words}", wait_until="networkidle")
    page.locator("#search-results ul.search li > a[href*='index.html']").click()
    page.wait_for_url("**/index.html*")
    mark = page.locator("article span.highlighted").first
    mark.wait_for()
    assert mark.evaluate(CONTRAST) >= 7
    behind = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert page.evaluate("document.documentElement.dataset.theme") == "light" or mark.evaluate(
        "(e, behind) => getComputedStyle(e).backgroundColor !== behind", behind
    )


def test_numbers_in_tables_are_words_of_their_own(small_site):
    index = (small_site / "searchindex.js").read_text("utf-8")
    terms = json.loads(re.search(r"Search\.setIndex\((.*)\)", index, re.S)[1])["terms"]
    assert {"3249", "0.3", "20", "红书", "neighbor", "2024"} <= set(terms)
    assert not [term for term in terms if re.fullmatch(r"[a-z]+\d+[a-z]+\d+", term)], "cells run into one another"


def test_both_sides_cut_alike(browser, address):
    text = "小紅書 0.3, 3,249 (20 %) Neighbours −1.5 q20 colour standardised 猫税 analysed 1,2,3 licence"
    search = SearchBigrams({})
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}search.html", wait_until="networkidle")
    asked = set(page.evaluate("text => [...Search._parseQuery(text)[1]]", text))
    known = {search.stem(word) for word in search.split(text)}
    assert asked <= known and {word for word in known - asked if len(word) > 1} == set()
    context.close()
