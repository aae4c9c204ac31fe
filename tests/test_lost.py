"""The sitemap, and the page for addresses that are not there; how the CSV files open."""

import codecs
import functools
import http.server
import threading
from contextlib import contextmanager
from xml.etree import ElementTree

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from figures_book import ADDRESS


class Host(http.server.SimpleHTTPRequestHandler):
    """Serves a site in the folder `prefix` of its address, and the page for the lost, as hosts of static sites do."""

    def __init__(self, *args, prefix, **options):
        self.prefix = prefix
        super().__init__(*args, **options)

    def translate_path(self, path):
        inside = path.startswith(self.prefix)
        return super().translate_path(path.removeprefix(self.prefix) if inside else "/not-in-the-site")

    def send_error(self, code, message=None, explain=None):
        content = super().translate_path("/404.html")
        with open(content, "rb") as file:
            body = file.read()
        self.send_response(code)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *args):
        pass


@contextmanager
def hosted(folder, prefix):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Host, directory=folder, prefix=prefix))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_sitemap_names_all_pages_where_the_site_has_an_address(small_site, addressed_site):
    root = ElementTree.parse(addressed_site / "sitemap.xml").getroot()
    spaced = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    assert root.tag == f"{spaced}urlset"
    found = [element.text for element in root.iter(f"{spaced}loc")]
    assert found == [f"{ADDRESS}/book/{name}.html" for name in ("figures", "first", "index", "second")]
    assert all((addressed_site / url.removeprefix(f"{ADDRESS}/")).is_file() for url in found)
    assert not (small_site / "sitemap.xml").exists()


def test_the_page_for_the_lost_needs_no_other_file(addressed_site, small_site):
    for site, root in ((addressed_site, "/stayed/"), (small_site, "/")):
        soup = BeautifulSoup((site / "404.html").read_text("utf-8"), "html.parser")
        assert not soup.select("[src], link[rel=stylesheet]") and soup.html["lang"] == "en" and soup.h1
        links = [a["href"] for a in soup.select("a")]
        assert links == [f"{root}book/index.html", f"{root}book/figures.html"]
        assert all((site / link.removeprefix(root)).is_file() for link in links)
        assert soup.form["action"] == f"{root}search.html" and (site / "search.html").is_file()


@pytest.mark.browser
@pytest.mark.parametrize("prefix", ["/stayed", "/another/place", ""])
@pytest.mark.parametrize("lost", ["/nothing", "/book/chapters/not/here.html", "/book/a%22%3E.html?x=1"])
def test_it_leads_home_from_any_depth(browser, addressed_site, small_site, prefix, lost):
    for site in (addressed_site, small_site):
        with hosted(site, prefix) as host:
            context = browser.new_context(viewport={"width": 390, "height": 844})
            page = context.new_page()
            assert page.goto(host + prefix + lost, wait_until="networkidle").status == 404
            page.locator("a", has_text="A book").click()
            page.wait_for_url(f"{host}{prefix}/book/index.html")
            page.go_back(wait_until="networkidle")
            page.get_by_label("Search").fill("Hello")
            page.keyboard.press("Enter")
            page.wait_for_url(f"{host}{prefix}/search.html?q=Hello")
            context.close()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_it(browser, small_site, scheme):
    with hosted(small_site, "") as host:
        context = browser.new_context(color_scheme=scheme, viewport={"width": 390, "height": 844})
        page = context.new_page()
        page.goto(f"{host}/deep/down.html", wait_until="networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert not Axe().run(page).response["violations"]
        context.close()


def test_csv_files_are_what_the_page_of_figures_says(small_site):
    text = " ".join(
        BeautifulSoup((small_site / "book" / "figures.html").read_text("utf-8"), "html.parser").text.split()
    )
    assert "UTF-8 without a byte order mark" in text and "65001" in text and "pandas.read_csv" in text
    files = sorted((small_site / "figures").rglob("*.csv"))
    assert files
    for path in files:
        content = path.read_bytes()
        assert not content.startswith(codecs.BOM_UTF8) and content.decode("utf-8")
