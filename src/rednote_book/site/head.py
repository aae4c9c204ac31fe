"""What a page tells programs about itself: description, citation (Highwire, Dublin Core), Open Graph, schema.org.

Nothing here is typed twice: authors, date and version are those of ``CITATION.cff``, the description is the question
and answer of the page, and the picture is its first figure. Addresses are absolute where the site has one
(``html: baseurl`` in ``_config.yml``); without it none is invented.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape

from docutils import nodes

from rednote_book.site import linked_data, previews
from rednote_book.site.items import site
from rednote_study.citation import read_citation
from rednote_study.datasets import settings
from rednote_study.datasets.provenance import OWN_LICENCE, PROJECT

LONGEST = 300
"""Of a description (characters); what shows it cuts it off near there."""

_QUESTION, _ANSWER = {"question", "问题"}, {"answer", "回答", "答案"}
_CHINESE = re.compile(r"[\u3400-\u9fff]")


def connect(app) -> None:
    """Add the lines to the head of every page of the book."""
    app.connect("html-page-context", _add, priority=900)


@cache
def _study() -> dict:
    return read_citation()


def _add(app, page: str, template: str, context: dict, doctree) -> None:
    if doctree is None:  # an index, the search, or code
        about = escape(f"{context.get('title', page)}: {PROJECT}")
        context["metatags"] = f'{context.get("metatags", "")}\n<meta name="description" content="{about}">'
        return
    title = app.env.titles[page].astext()
    about = description(doctree) or f"{title}: {PROJECT}"
    address = site(app) + app.builder.get_target_uri(page) if site(app) else ""
    picture = previews.picture(app, page) if address else None
    said = tags(title, about, address, book=page != app.config.root_doc)
    said += _open_graph(title, about, address, picture, book=page == app.config.root_doc)
    known = context.get("metatags", "")
    lines = [line for line in _written(said) if 'name="description"' not in known or 'name="description"' not in line]
    data = linked_data.script(linked_data.page(app, page, title, about, address, picture and picture["address"]))
    context["metatags"] = "\n".join([known, *lines, data, ""])


def description(doctree) -> str:
    """Question and answer of a page; of one that has none its first paragraph.

    The answers were written for the study's own data; on others a page is described by its question alone.
    """
    wanted = _QUESTION | (_ANSWER if settings.dataset() == settings.DEFAULT else set())
    found = []
    for paragraph in doctree.findall(nodes.paragraph):
        first, *others = [child for child in paragraph.children if child.astext()] or [None]
        if isinstance(first, nodes.strong) and first.astext().strip(" .:。：").casefold() in wanted:
            found.append("".join(child.astext() for child in others))
    if not found:
        found = [p.astext() for p in doctree.findall(nodes.paragraph) if isinstance(p.parent, nodes.section)][:1]
    return _cut(" ".join(" ".join(found).split()))


def _cut(text: str) -> str:
    """At most `LONGEST` characters, ending with a whole word.

    Examples
    --------
    >>> _cut("short"), _cut("word " * 100)[-6:]
    ('short', ' word…')
    """
    if len(text) <= LONGEST:
        return text
    return (text[: LONGEST - 1].rpartition(" ")[0] or text[: LONGEST - 1]).rstrip(" ,;:") + "…"


def language(title: str) -> str:
    """Language of a page by its title.

    Examples
    --------
    >>> language("Who stayed? (小红书)"), language("谁留下了？")
    ('en', 'zh-Hans')
    """
    return "zh-Hans" if 2 * len(_CHINESE.findall(title)) > len(title) else "en"


def spoken_in(title: str) -> str:
    """The attribute ``lang`` of a title on a page in English; empty where it is English too.

    Examples
    --------
    >>> spoken_in("Who stayed?"), spoken_in("谁留下了？")
    ('', ' lang="zh-Hans"')
    """
    return f' lang="{language(title)}"' if language(title) != "en" else ""


def tags(title: str, about: str, address: str = "", *, book: bool = True) -> list[tuple[str, str, str]]:
    """Citation of a page as attribute, name and content of ``meta`` elements.

    Parameters
    ----------
    title, about : str
    address : str
        Of the page; empty where the site has none.
    book : bool
        Whether the page is a part of the book, not the book itself.
    """
    study = _study()
    names, date = linked_data.names(study), study["date-released"]
    highwire = [
        ("citation_title", title if book else PROJECT),
        *(("citation_author", name) for name in names),
        ("citation_publication_date", date.replace("-", "/")),
        ("citation_language", language(title)),
        *((("citation_inbook_title", PROJECT),) if book else ()),
        *(("citation_keywords", word) for word in study["keywords"]),
        *((("citation_doi", study["doi"]),) if "doi" in study else ()),
        *((("citation_fulltext_html_url", address),) if address else ()),
    ]
    dublin = [
        ("DC.title", title),
        *(("DC.creator", name) for name in names),
        ("DC.date", date),
        ("DC.description", about),
        ("DC.language", language(title)),
        ("DC.type", "Text"),
        ("DC.format", "text/html"),
        ("DC.rights", OWN_LICENCE),
        *((("DC.identifier", address),) if address else ()),
        *((("DCTERMS.isPartOf", PROJECT),) if book else ()),
    ]
    return [("name", name, value) for name, value in (("description", about), *highwire, *dublin) if value]


def _open_graph(title: str, about: str, address: str, picture: dict | None, *, book: bool) -> list:
    """What a message shows that links to the page."""
    said = [
        ("og:type", "website" if book else "article"),
        ("og:title", title),
        ("og:description", about),
        ("og:site_name", PROJECT),
        ("og:locale", "zh_CN" if language(title) != "en" else "en_US"),
        ("og:url", address),
    ]
    if picture:
        said += [
            ("og:image", picture["address"]),
            ("og:image:type", "image/png"),
            ("og:image:width", str(previews.SIZE[0])),
            ("og:image:height", str(previews.SIZE[1])),
            ("og:image:alt", picture["alt"]),
        ]
    card = "summary_large_image" if picture else "summary"
    return [("property", name, value) for name, value in said if value] + [("name", "twitter:card", card)]


def _written(said: list[tuple[str, str, str]]) -> list[str]:
    return [f'<meta {kind}="{name}" content="{escape(" ".join(value.split()))}">' for kind, name, value in said]
