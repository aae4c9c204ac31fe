"""Leave out what would load scripts from another host.

Jupyter Book always brings sphinx-thebe, which runs cells in the page with a
script from a content network. This book has no such button, so the loader goes.
"""

from __future__ import annotations


def connect(app) -> None:
    """Drop the loader from every page."""
    app.connect("html-page-context", _drop_thebe, priority=900)


def _drop_thebe(app, pagename, templatename, context, doctree) -> None:
    context["script_files"] = [script for script in context.get("script_files", []) if not _is_thebe(script)]


def _is_thebe(script) -> bool:
    body = getattr(script, "attributes", {}).get("body") or ""
    return "THEBE_JS_URL" in body or "sphinx-thebe.js" in str(getattr(script, "filename", "") or "")
