"""What stands round every page: how to cite, licences, marked regions, and nothing that the page does not use.

The theme loads 1.5 MB of Font Awesome as a script besides the same icons as a
font, and the index of the search on every page. The font is enough, and the
index is wanted on the page of the search alone; a page then weighs a third.
"""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from rednote_study.paths import ROOT

__all__ = ["connect", "credit"]

TEMPLATES = Path(__file__).with_name("templates")
JUPYTER_BOOK = "https://github.com/executablebooks/jupyter-book"
ICON_SCRIPT = "fontawesome.js"
UNUSED = (ICON_SCRIPT, "searchtools.js", "language_data.js", "searchindex.js")
"""Scripts that a page can do without; the page of the search loads its own by another block of its template."""
_UNUSED = re.compile(rf"[^\S\n]*<script[^>]*\b(?:{'|'.join(map(re.escape, UNUSED))})\b[^>]*></script>\n?")
_HINDRANCE = re.compile(
    r' role="doc-biblioentry"| role="list"(?= class="citation-list")'  # given up by ARIA 1.3, in a list that it breaks
    r'|(?<=<summary) aria-label="Toggle hidden content"'  # hides from who listens what who looks can read
)


def connect(app) -> None:
    """Add the templates, and mend what the theme and docutils leave for readers of a screen."""
    app.connect("config-inited", _add_templates)
    app.connect("config-inited", _no_buttons_without_address, priority=900)
    app.connect("html-page-context", _frame_page, priority=900)
    app.connect("build-finished", _drop_icon_script)


def credit(root: Path = ROOT) -> dict[str, str]:
    """Authors, year, title and version of the study, from ``CITATION.cff``.

    Examples
    --------
    >>> sorted(credit())
    ['authors', 'title', 'version', 'year']
    """
    cff = yaml.load((root / "CITATION.cff").read_text("utf-8"), yaml.BaseLoader)
    names = [a.get("name") or f"{a['family-names']}, {a['given-names']}" for a in cff["authors"]]
    return {
        "authors": "; ".join(names),
        "year": cff["date-released"][:4],
        "title": cff["title"],
        "version": cff["version"],
    }


def _add_templates(app, config) -> None:
    config.templates_path = [*config.templates_path, str(TEMPLATES)]


def _no_buttons_without_address(app, config) -> None:
    """Without a public address of this study, Jupyter Book's buttons would open its own repository."""
    if config.html_theme_options.get("repository_url") == JUPYTER_BOOK:
        config.html_theme_options |= {"launch_buttons": {}, "repository_url": ""}


def _frame_page(app, pagename, templatename, context, doctree) -> None:
    context["study"] = credit()
    context["without_unused"] = lambda html: _UNUSED.sub("", html)
    if context.get("body"):
        context["body"] = _HINDRANCE.sub("", context["body"])


def _drop_icon_script(app, exception) -> None:
    for name in (ICON_SCRIPT, f"{ICON_SCRIPT}.map", f"{ICON_SCRIPT}.LICENSE.txt"):
        Path(app.outdir, "_static", "scripts", name).unlink(missing_ok=True)
