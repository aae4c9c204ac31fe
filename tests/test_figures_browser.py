"""The bar and the gallery in a real browser: from a server, and from a file without any network."""

import hashlib
import json

import pytest
from browser_site import serve_folder

pytestmark = pytest.mark.browser


@pytest.fixture(params=["server", "file"])
def page(browser, small_site, request):
    """First chapter of the small book; console errors and requests to other hosts are faults."""
    if request.param == "server":
        with serve_folder(small_site) as address:
            yield from opened(browser, f"{address}book/first.html", address)
    else:
        yield from opened(browser, (small_site / "book" / "first.html").as_uri(), "file://")


def opened(browser, address, host):
    context = browser.new_context(accept_downloads=True, viewport={"width": 1000, "height": 900})
    page, faults = context.new_page(), []
    page.on("console", lambda m: faults.append(f"{m.text} {m.location['url']}") if m.type == "error" else None)
    page.on("pageerror", lambda e: faults.append(str(e)))
    page.on("request", lambda r: faults.append(r.url) if not r.url.startswith((host, "data:", "blob:")) else None)
    page.goto(address)
    yield page
    assert faults == []
    context.close()


def test_the_bar_gives_what_it_says(page, small_site):
    manifest = json.loads((small_site / "figures" / "manifest.json").read_text("utf-8"))
    expected = {f["path"].rsplit("/", 1)[1]: f["sha256"] for item in manifest["items"] for f in item["files"]}
    links = page.locator(".rednote-bar").first.locator(".rednote-files a")
    assert links.all_inner_texts() == ["SVG", "PDF", "PNG 300 dpi", "CSV"]
    for link in links.all():
        name = link.get_attribute("download")
        if page.url.startswith("file:"):  # browsers open files instead; beside the page, which stays
            assert link.get_attribute("target") == "_blank"
            continue
        with page.expect_download() as waiting:
            link.click()
        assert waiting.value.suggested_filename == name
        assert hashlib.sha256(waiting.value.path().read_bytes()).hexdigest() == expected[name]


def test_a_citation_is_copied_by_keyboard_alone(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    fold = page.locator(".rednote-cite").first
    fold.locator("summary").focus()
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Copy BibTeX"
    assert page.evaluate(outline) == "solid", "focus is seen"
    page.keyboard.press("Enter")
    fold.locator("[role=status]").first.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == fold.locator("pre").first.text_content()


def test_copying_works_where_the_clipboard_is_closed(browser, small_site):
    with serve_folder(small_site) as address:
        context = browser.new_context()
        context.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
        page = context.new_page()
        page.goto(f"{address}book/first.html")
        fold = page.locator(".rednote-cite").first
        fold.locator("summary").click()
        fold.get_by_role("button", name="Copy LaTeX").click()
        fold.locator("[role=status]").nth(3).get_by_text("Copied").wait_for()
        context.close()


def test_a_permanent_link_leads_to_the_figure(page):
    page.locator(".rednote-bar a", has_text="Permanent link").first.click()
    page.wait_for_url("**/book/first.html#language-by-week")


def test_the_gallery_is_filtered_by_chapter(page):
    page.goto(page.url.replace("first.html", "figures.html"))
    gallery = page.locator(".rednote-gallery")
    assert gallery.locator("[role=status]").inner_text() == "3 figures, 2 tables"
    page.get_by_label("Chapter").select_option(label="What is seen?")
    assert gallery.locator("section:visible").count() == 1
    assert gallery.locator("[role=status]").inner_text() == "2 figures, 1 table"
    page.get_by_label("Chapter").select_option(label="all")
    assert gallery.locator("section:visible").count() == 2


def test_pictures_draw_with_the_fonts_they_carry(browser, small_site):
    """The machine may lack both fonts: the picture names them anew, and they still load."""
    svg = (
        (small_site / "figures" / "0.1.0" / "language-by-week.svg").read_text("utf-8").replace("DejaVu Sans", "Nowhere")
    )
    page = browser.new_page()
    page.set_content(f"<!doctype html><meta charset=utf-8>{svg[svg.index('<svg') :]}")
    loaded = page.evaluate("document.fonts.ready.then(f => [...f].map(x => x.family + ' ' + x.status))")
    assert loaded and all("Nowhere" in face and face.endswith("loaded") for face in loaded)
    page.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_bar_and_gallery_stay_within_the_page(browser, small_site, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    for name in ("first", "second", "figures"):
        page.goto((small_site / "book" / f"{name}.html").as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    page.close()
