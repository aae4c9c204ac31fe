"""Pages in Chinese: the language of each part of a page, numbers as Chinese writes them, links to the other language.

``summary_zh.md`` is ``summary.md`` in Chinese: the name says so. Its frame stays in English, and is marked as English;
so are Chinese titles and words of the glossary on English pages marked as Chinese.
"""

from __future__ import annotations

import calendar
import re

from docutils import nodes
from sphinx.util import logging

from rednote_book.site.head import spoken_in
from rednote_book.site.items import site

CHINESE, ENGLISH, SUFFIX = "zh-Hans", "en", "_zh"
_FRAME = re.compile(
    r"<(?:header|dialog|footer|button|details)\b"
    r'|<div(?= id="pst-(?:primary|secondary)-sidebar"| id="pst-skip-link"| class="(?:bd-header-article|rednote-bar|rednote-notice rednote-warning))'
)
_TITLE = re.compile(
    r"<(?:a|dt|em|h\d|option|p|span)\b(?![^>]* lang=)(?=[^>]*>(?P<text>[^<]*[\u3400-\u9fff][^<]*))", re.ASCII
)


_WORDS = {
    '"collapsed admonition-title">Show the code': f'"collapsed admonition-title" lang="{CHINESE}">显示代码',
    '"expanded admonition-title">Hide the code': f'"expanded admonition-title" lang="{CHINESE}">隐藏代码',
    '"caption-number">Figure ': '"caption-number">图',
    '"Link to this image"': '"本图链接"',
    '"Link to this heading"': '"本节链接"',
}
"""What Sphinx writes into the text of a page."""

_MONTHS = list(calendar.month_name)
_IN_CHINESE = (
    (rf"(\d+) ({'|'.join(_MONTHS[1:])}) (\d{{4}})(?:, )?", lambda m: f"{m[3]}年{_MONTHS.index(m[2])}月{m[1]}日"),
    (r"\d{1,3}(?:,\d{3})+", lambda m: _ten_thousands(int(m[0].replace(",", "")))),
    (r"([\d.]+) to (\S+) %", r"\1%至\2%"),
    (" to ", "至"),
    (" %", "%"),
    (r"^(\S+) of (\S+)$", r"\2中的\1"),
    (r" \((.*)\)", r"（\1）"),
    (r"fewer than (\d+)", r"不足\1"),
    ("too few users", "用户太少"),
    ("not known from these data", "这些数据无法得知"),
)
"""Patterns of what :func:`rednote_study.formats.format_entry` writes, in order, and their Chinese forms."""


def _ten_thousands(number: int) -> str:
    """A whole number as Chinese groups it: in ten thousands where nothing is lost."""
    return f"{number / 10_000:g}万" if number >= 100_000 and number % 1000 == 0 else str(number)


def in_chinese(text: str) -> str:
    """A number of the prose as Chinese writes it.

    Examples
    --------
    >>> in_chinese("21.4 % (18.0 to 25.0 %)"), in_chinese("+0.10 (−0.20 to +0.40)")
    ('21.4%（18.0%至25.0%）', '+0.10（−0.20至+0.40）')
    >>> in_chinese("0.62 % to 3.09 %"), in_chinese("20 of 3,249"), in_chinese("32,500,000")
    ('0.62%至3.09%', '3249中的20', '3250万')
    >>> in_chinese("15 January 2025, 11:51"), in_chinese("fewer than 5"), in_chinese("not known from these data")
    ('2025年1月15日11:51', '不足5', '这些数据无法得知')
    """
    for english, chinese in _IN_CHINESE:
        text = re.sub(english, chinese, text)
    return text


def connect(app) -> None:
    """Hook the languages into the writing of pages."""
    app.connect("doctree-resolved", _write_numbers)
    app.connect("html-page-context", _say_language, priority=950)


def is_chinese(page: str) -> bool:
    """Whether a page is in Chinese.

    >>> is_chinese("book/summary_zh"), is_chinese("book/summary")
    (True, False)
    """
    return page.endswith(SUFFIX)


def pair(page: str, pages: set[str]) -> dict[str, str]:
    """The page in each language, where there is one in both.

    >>> pair("book/summary_zh", {"book/summary", "book/summary_zh"})
    {'en': 'book/summary', 'zh-Hans': 'book/summary_zh'}
    >>> pair("book/index", {"book/index"})
    {}
    """
    stem = page.removesuffix(SUFFIX)
    found = {ENGLISH: stem, CHINESE: stem + SUFFIX}
    return found if set(found.values()) <= pages else {}


def numbers_of(page: str, text: str) -> str:
    """A pasted number as the language of a page writes it."""
    return in_chinese(text) if is_chinese(page) else text


def _write_numbers(app, doctree, page: str) -> None:
    """Numbers as Chinese writes them; one that has words without a Chinese form fails the build."""
    for node in doctree.findall(nodes.inline) if is_chinese(page) else ():
        if "pasted-text" in node["classes"]:
            text = numbers_of(page, node.astext())
            if re.search(r"[A-Za-z]{2}", text):
                logging.getLogger(__name__).warning(
                    "%r has no Chinese form (languages.in_chinese)", text, location=node
                )
            node.children = [nodes.Text(text)]


def _say_language(app, page, template, context, doctree) -> None:
    """``lang`` of the page and of what is in the other language; links to the page in each language."""
    if is_chinese(page):
        context["language"] = CHINESE
    context["in_languages"] = lambda html: _marked(html, chinese=is_chinese(page))
    context["metatags"] = "\n".join([context.get("metatags", ""), *_alternates(app, page), ""])


def _marked(html: str, *, chinese: bool) -> str:
    """HTML with ``lang`` where a part is not in the language of its page."""
    if chinese:
        for english, words in _WORDS.items():
            html = html.replace(english, words)
        return _FRAME.sub(rf'\g<0> lang="{ENGLISH}"', html)
    return _TITLE.sub(_with_language, html)


def _with_language(found: re.Match) -> str:
    """Terms of the glossary are in one language each, such as ``TikTok难民``; elsewhere a Chinese word may be quoted."""
    return found[0] + (f' lang="{CHINESE}"' if found[0] == "<dt" else spoken_in(found["text"].strip()))


def _alternates(app, page: str) -> list[str]:
    pages = pair(page, app.env.found_docs)
    uri = {name: app.builder.get_target_uri(other) for name, other in pages.items()}
    here = {name: site(app) + address if site(app) else address.rpartition("/")[2] for name, address in uri.items()}
    return [f'<link rel="alternate" hreflang="{name}" href="{address}">' for name, address in here.items()]
