"""What stands round every page: how to cite, licences, marked regions, and nothing that the page does not use.

The theme loads 1.5 MB of Font Awesome as a script besides the same icons as a
font, and the index of the search on every page. The font is enough, and the
index is wanted on the page of the search alone; a page then weighs a third.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from rednote_book.site.onward import leads_to
from rednote_study.citation import credit
from rednote_study.display import REPRODUCING

TEMPLATES = Path(__file__).with_name("templates")
ICON_SCRIPT = "fontawesome.js"
UNUSED = (ICON_SCRIPT, "searchtools.js", "language_data.js", "searchindex.js")
"""Scripts that a page can do without; the page of the search loads its own by another block of its template."""
_UNUSED = re.compile(rf"[^\S\n]*<script[^>]*\b(?:{'|'.join(map(re.escape, UNUSED))})\b[^>]*></script>\n?")
_HINDRANCE = re.compile(
    r' role="doc-biblioentry"| role="list"(?= class="citation-list")'  # given up by ARIA 1.3, in a list that it breaks
    r'|(?<=<summary) aria-label="Toggle hidden content"'  # hides from who listens what who looks can read
)
_PICTURE = re.compile(r'<img (?=[^>]*\bsrc="[^"]*_images/(?P<name>[^"]+\.svg)")')
_SIZE = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')


def connect(app) -> None:
    """Add the templates, and mend what the theme and docutils leave for readers of a screen."""
    app.add_js_file("rednote-print.js", loading_method="defer")
    app.connect("config-inited", _add_templates)
    app.connect("html-page-context", _frame_page, priority=900)
    app.connect("build-finished", _drop_icon_script)
    app.connect("build-finished", _write_first)


def _add_templates(app, config) -> None:
    config.templates_path = [*config.templates_path, str(TEMPLATES)]


def _frame_page(app, pagename, templatename, context, doctree) -> None:
    context["study"] = credit()
    context["without_unused"] = lambda html: _UNUSED.sub("", html)
    if context.get("body"):
        body = _HINDRANCE.sub("", context["body"]).replace("<th></th>", "<td></td>")  # corner of a frame
        how = app.builder.get_relative_uri(pagename, "book/chapters/90_reproducing")
        body = body.replace(f'href="{REPRODUCING}"', f'href="{how}"')
        paths = {name: Path(app.srcdir, path) for path, name in app.builder.images.items()}
        context["body"] = _PICTURE.sub(lambda found: f"<img {_size(paths[found['name']])}", body)


def _size(path: Path) -> str:
    """Width and height of a drawing, so that a browser keeps its place while it loads; their ratio is for the style."""
    width, height = map(float, _SIZE.search(path.read_text("utf-8")).groups())
    return f'width="{width:.0f}" height="{height:.0f}" style="--ratio: {width / height:.3f}" '


def _drop_icon_script(app, exception) -> None:
    for name in (ICON_SCRIPT, f"{ICON_SCRIPT}.map", f"{ICON_SCRIPT}.LICENSE.txt"):
        Path(app.outdir, "_static", "scripts", name).unlink(missing_ok=True)


def _write_first(app, exception) -> None:
    """The address of the site leads to its first page; what stands there else has no title, language or icon."""
    if exception or app.builder.format != "html":
        return
    target = app.builder.get_target_uri(app.config.master_doc)
    body = f'<p><a href="{escape(target)}">Read it</a>.</p>'
    Path(app.outdir, "index.html").write_text(leads_to(app, target, app.config.html_title, body), "utf-8")
