"""The site in a real browser, as readers meet it: wide and light, narrow and dark.

The bar of files and citations under each figure has tests of its own.
"""

import gzip
import re
from dataclasses import dataclass, field
from urllib.parse import urldefrag, urljoin

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_site import page_names

pytestmark = pytest.mark.browser

READERS = {"desk": {"width": 1280, "height": 720}, "phone": {"width": 390, "height": 844}}
THEMES = {"desk": "light", "phone": "dark"}
MOST_BYTES = 600_000
AXE = {"resultTypes": ["violations"], "preload": False}
"""What passes is not listed, and style sheets are not read again: relative to the page, some would be missed."""


@dataclass
class Visit:
    """What one reader met on one page."""

    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    overflow: int = 0
    violations: list[str] = field(default_factory=list)
    landmarks: dict[str, str] = field(default_factory=dict)
    neighbours: dict[str, str | None] = field(default_factory=dict)
    wide: int = 0
    small: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    below: float | None = None


@pytest.fixture(scope="module", params=["phone", pytest.param("desk", marks=pytest.mark.slow)])
def visits(request, browser, address, built_site):
    """Every page, seen by one of the readers, once: the tests below are about each of them."""
    context = browser.new_context(viewport=READERS[request.param], color_scheme=THEMES[request.param])
    page, now, responses = context.new_page(), Visit(), []
    page.on("console", lambda m: now.errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: now.errors.append(str(error)))
    page.on("request", lambda request: now.requests.append(request.url))
    page.on("response", lambda response: responses.append(response))
    found, sizes = {}, {}
    for name in page_names(built_site):
        page.goto("about:blank")  # ends what the last page may still be at
        now = found[name] = Visit()
        responses.clear()
        look(page, address + name, now, responses, sizes)
    context.close()
    return found


def look(page, url, seen, responses, sizes) -> None:
    """Note what is met on a page; `sizes` holds what is known of files already, which come on every page."""
    page.goto(url)
    seen.overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    seen.neighbours = page.evaluate(NEIGHBOURS)
    seen.wide = page.eval_on_selector_all(".rednote-table", WIDE)
    seen.small = page.evaluate(SMALL)
    seen.cut = page.eval_on_selector_all("article table, article pre, article figure, article .math", CUT)
    footer, icon = page.locator(".study-footer"), page.locator("link[rel='icon']")
    seen.landmarks = {"footer": footer.inner_text(), "icon": urljoin(page.url, icon.get_attribute("href"))}
    report = Axe().run(page, options=AXE).response
    seen.below = page.evaluate(
        "document.querySelector('article figure img')?.getBoundingClientRect().bottom - innerHeight"
    )
    seen.violations = [
        f"{v['id']} ({v['impact']}): {n['html'][:120]}" for v in report["violations"] for n in v["nodes"]
    ]
    for response in responses:
        if response.status >= 400:
            seen.errors.append(f"{response.status} {response.url}")
        elif response.status < 300:
            if response.url not in sizes:
                sizes[response.url] = len(gzip.compress(response.body(), 6))
            seen.sizes[response.url] = sizes[response.url]


SMALL = """() => {
  const all = [...document.querySelectorAll("a[href], button, input, select, summary")].filter(e => e.checkVisibility());
  const box = new Map(all.map(e => [e, e.getBoundingClientRect()]));
  const inText = e => (e.closest("p, li, td, dd, dt, figcaption, h1, h2, h3")?.textContent.trim().length ?? 0) > e.textContent.trim().length + 2;
  const near = (e, f) => {
    const [a, b] = [box.get(e), box.get(f)];
    const [x, y] = [a.x + a.width / 2, a.y + a.height / 2];
    return Math.hypot(Math.max(b.left - x, 0, x - b.right), Math.max(b.top - y, 0, y - b.bottom)) < 12;
  };
  const small = e => box.get(e).width && Math.min(box.get(e).width, box.get(e).height) < 23.5 && !inText(e);
  return all.filter(e => small(e) && all.some(f => box.get(f).width && !e.contains(f) && !f.contains(e) && near(e, f)))
    .map(e => e.outerHTML.slice(0, 100));
}"""
"""What is too small for a finger (24 pixels) and too near to something else (WCAG 2.5.8); links in text may be."""
WIDE = "boxes => boxes.filter(box => box.scrollWidth > box.clientWidth + 1).length"
NEIGHBOURS = """() => Object.fromEntries(
  ["left-prev", "right-next"].map(name => [name, document.querySelector(`.${name}`)?.href ?? null])
)"""
CUT = """all => {
  const scrolls = e => e && (getComputedStyle(e).overflowX !== "visible" || scrolls(e.parentElement.closest("article *")));
  const out = e => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1;
  return all.filter(e => out(e) && !scrolls(e)).map(e => e.outerHTML.slice(0, 100));
}"""
"""What goes over the edge of the screen and stands in no box that scrolls."""


def faults(visits, attribute) -> dict:
    return {key: getattr(seen, attribute) for key, seen in visits.items() if getattr(seen, attribute)}


def test_no_page_has_an_error_in_the_console_or_misses_a_file(visits):
    assert len(visits) >= 6
    assert not faults(visits, "errors")


def test_no_page_asks_another_host(visits, address):
    outside = {k: [u for u in v.requests if not u.startswith((address, "data:"))] for k, v in visits.items()}
    assert not {k: urls for k, urls in outside.items() if urls}


def test_nothing_overflows(visits):
    assert not {key: seen.overflow for key, seen in visits.items() if seen.overflow > 0}


def test_the_first_screen_has_the_question_the_answer_and_the_whole_picture(visits):
    below = {key: seen.below for key, seen in visits.items() if re.match(r"book/(index|chapters/(0|1))", key)}
    assert len(below) == 14 and not {key: pixels for key, pixels in below.items() if pixels > 0}


def test_what_is_touched_is_large_or_apart(visits):
    assert not faults(visits, "small")


def test_axe_finds_nothing(visits):
    assert not faults(visits, "violations")


def test_pages_are_light(visits):
    """Everything that a page loads, compressed as servers send it."""
    heavy = {key: sum(seen.sizes.values()) for key, seen in visits.items()}
    assert not {key: size for key, size in heavy.items() if size >= MOST_BYTES}
    assert all(seen.sizes for seen in visits.values())


def test_every_page_says_how_to_cite_it_and_under_which_licence(visits, browser):
    for key, seen in visits.items():
        footer = seen.landmarks["footer"]
        assert re.search(r"Cite as: .+ \(20\d\d\)\. .+ Version \d", footer), key
        assert "CC BY 4.0" in footer and "us_posts" in footer, key
    (icon,) = {seen.landmarks["icon"] for seen in visits.values()}
    context = browser.new_context()
    assert "svg" in context.request.get(icon).headers["content-type"]
    context.close()


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport=READERS["desk"], color_scheme="light")
    yield context.new_page()
    context.close()


def start(page, address) -> None:
    page.goto(address, wait_until="networkidle")  # the first page sends on to the book's
    page.wait_for_url("**/book/index.html")


def test_the_theme_switches_and_stays(page, address):
    start(page, address)
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    for _ in range(3):
        if page.locator("html").get_attribute("data-theme") == "dark":
            break
        page.locator(".theme-switch-button:visible").first.click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.wait_for_function(f"{background} !== {light!r}")
    page.locator(".right-next").click()
    page.wait_for_load_state("networkidle")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.evaluate(background) != light


@pytest.mark.parametrize(
    ("reader", "words"), [("desk", "猫税"), ("desk", "refugee"), ("desk", "refugees 猫税"), ("phone", "refugees 猫税")]
)
def test_search_finds_chinese_and_english(browser, address, words, reader):
    context = browser.new_context(viewport=READERS[reader])
    page = context.new_page()
    start(page, address)
    if reader == "phone":
        page.locator(".search-button:visible").first.click()
        field = page.locator("#pst-search-dialog input")
    else:
        page.keyboard.press("Control+k")
        field = page.locator("input[name=q]:visible").first
    field.fill(words)
    field.press("Enter")
    page.wait_for_url("**/search.html?*")
    page.wait_for_selector("#search-results ul.search li a")
    page.wait_for_function("document.querySelector('#search-results .search-summary').textContent.includes('found')")
    links = page.eval_on_selector_all("#search-results ul.search li > a", "links => links.map(link => link.href)")
    pages = {urldefrag(link.split("?")[0])[0] for link in links}
    texts = [context.request.get(url).text().casefold() for url in pages]
    assert texts and all(all(word.removesuffix("s").casefold() in text for word in words.split()) for text in texts)
    context.close()


def test_search_finds_nothing_where_nothing_is(page, address):
    page.goto(f"{address}search.html?q=龘龘", wait_until="networkidle")
    page.wait_for_function("document.querySelector('#search-results').textContent.includes('did not match')")
    assert page.locator("#search-results ul.search li").count() == 0


def test_next_leads_through_the_whole_book_and_previous_back(visits, address):
    seen = ["book/index.html"]
    while following := visits[seen[-1]].neighbours["right-next"]:
        name = following.removeprefix(address)
        assert visits[name].neighbours["left-prev"] == address + seen[-1]
        assert name not in seen
        seen.append(name)
    assert set(seen) == {name for name in visits if name.startswith("book/")}


def test_code_is_folded_and_opens_with_one_click(page, address):
    start(page, address)
    while not page.locator("details.hide").count():
        page.goto(urljoin(page.url, page.locator(".right-next").get_attribute("href")))
    fold = page.locator("details.hide").first
    assert not fold.locator("pre").is_visible()
    fold.get_by_text("Show the code").click()
    assert fold.locator("pre").is_visible()
    assert "import" in fold.locator("pre").inner_text()


def test_a_wide_table_scrolls_in_its_own_box(visits):
    assert not faults(visits, "cut")
    assert faults(visits, "wide"), "no table was wide enough to try it"


def test_the_summary_prints_on_one_sheet(page, address):
    page.goto(f"{address}book/summary.html", wait_until="networkidle")
    assert len(re.findall(rb"/Type /Page\b", page.pdf(prefer_css_page_size=True))) == 1
    page.emulate_media(media="print")
    assert page.locator("article h1").is_visible() and page.locator(".study-footer").is_visible()
    assert not page.locator(".bd-sidebar-primary").is_visible() and not page.locator("details.hide:visible").count()


def test_the_site_opens_from_a_folder(page, built_site):
    """As a reader opens a copy from a disk, without any server or network."""
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto((built_site / "book" / "index.html").as_uri(), wait_until="networkidle")
    assert page.locator("article h1").is_visible()
    assert page.evaluate("document.querySelector('.bd-sidebar-primary').getBoundingClientRect().width") > 100, (
        "no style"
    )
    assert all(url.startswith(("file:", "data:")) for url in requests)
