"""A book on other data than those its prose was written for says so above every page and at every answer."""

from __future__ import annotations

from html import escape

from rednote_study.datasets import settings
from rednote_study.datasets.sources import describe_source
from rednote_study.display import Notice


def connect(app) -> None:
    """Hook the notice into the writing of pages."""
    app.connect("html-page-context", _head)


def headline(dataset: str) -> str | None:
    """The notice as HTML; None for the data set of the prose.

    Examples
    --------
    >>> headline("us_posts") is None
    True
    """
    if dataset == settings.DEFAULT:
        return None
    file = escape(describe_source(dataset).file)
    text = (
        f"<strong>This book was built on <code><bdi>{file}</bdi></code>.</strong> Its numbers, tables and figures are of that file."
        f" Its sentences, the answer at the head of each chapter among them, were written for"
        f" <code>{settings.DEFAULT}</code> and may be wrong here."
    )
    return Notice("warning", text)._repr_html_()


def _head(app, page, template, context, doctree) -> None:
    notice = headline(settings.dataset())
    if notice and context.get("body"):
        said = f"<strong>Answer, as written for <code>{settings.DEFAULT}</code>.</strong>"
        in_chinese = f"<strong>回答（为<code>{settings.DEFAULT}</code>而写）。</strong>"
        body = context["body"].replace("<strong>Answer.</strong>", said)
        context["body"] = notice + body.replace("<strong>回答。</strong>", in_chinese)
