"""For those who come from elsewhere: a sitemap for search engines, and a page for addresses that are not there."""

from __future__ import annotations

from html import escape
from pathlib import Path
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import escape as escape_xml

from rednote_book.site.items import site
from rednote_study.datasets.provenance import PROJECT

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>This page is not here. {title}</title>
<link rel="icon" href="data:,">
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1.1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 36rem; padding: 2rem 1rem; }}
a {{ display: inline-block; padding: 0.25rem 0; color: #0b5394; }}
@media (prefers-color-scheme: dark) {{ body {{ background: #14181e; color: #eee; }} a {{ color: #9ec5ff; }} }}
input, button {{ font: inherit; padding: 0.4rem 0.6rem; max-width: 100%; box-sizing: border-box; }}
</style>
</head>
<body>
<main>
<h1>This page is not here</h1>
<p>Its address may have a mistake, or the page has moved. Figures and tables keep their addresses.</p>
<form role="search" action="{root}search.html"><label>Search <input type="search" name="q"></label> <button>Find</button></form>
<ul>
{links}
</ul>
</main>
<script>
// Served from another folder than expected, the links start at the nearest folder above that holds the book.
(async () => {{
  const parts = location.pathname.split("/").slice(0, -1);
  const roots = parts.map((_, i) => parts.slice(0, i + 1).join("/") + "/");
  for (const root of [{quoted}, ...roots]) {{
    const found = await fetch(root + "searchindex.js", {{ method: "HEAD" }}).catch(() => null);
    if (!found?.ok) continue;
    for (const [name, all] of [["href", document.links], ["action", document.forms]])
      for (const element of all) element.setAttribute(name, root + element.getAttribute(name).slice({length}));
    return;
  }}
}})();
</script>
</body>
</html>
"""


def connect(app) -> None:
    """Write both after the pages."""
    app.connect("build-finished", _write)


def _write(app, exception) -> None:
    if exception or app.builder.format != "html" or not app.env:
        return
    Path(app.outdir, "404.html").write_text(_lost(app), "utf-8")
    sitemap = Path(app.outdir, "sitemap.xml")
    sitemap.unlink(missing_ok=True)
    if site(app):
        sitemap.write_text(_sitemap(app), "utf-8")


def _lost(app) -> str:
    """A page that needs no other file, for it is shown at whatever address was asked for."""
    root = quote(urlsplit(site(app)).path) or "/"
    pages = [app.config.root_doc, *_first_pages(app)]
    links = [
        f'<li><a href="{root}{escape(app.builder.get_target_uri(page))}">{escape(app.env.titles[page].astext())}</a></li>'
        for page in pages
    ]
    return _PAGE.format(title=escape(PROJECT), root=root, quoted=f'"{root}"', length=len(root), links="\n".join(links))


def _first_pages(app) -> list[str]:
    """Where readers go who look for something: the summary, the gallery, the glossary."""
    ends = ("/summary", "/figures", "/glossary")
    return [page for end in ends for page in sorted(app.env.found_docs) if page.endswith(end)]


def _sitemap(app) -> str:
    """Addresses of all pages of the book."""
    pages = [site(app) + app.builder.get_target_uri(page) for page in sorted(app.env.found_docs)]
    lines = "".join(f"<url><loc>{escape_xml(page)}</loc></url>\n" for page in pages)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    return f"{head}{lines}</urlset>\n"
