"""All pages of the built site as one page of HTML, in the order of the contents, as a reader on paper wants it.

Links between pages become links inside the one page, so that the PDF has them. Figures and tables keep their ids;
every other id gets the name of its page in front, for two pages may use the same. What only a screen can do is left
out: folded code, downloads, sliders.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

from rednote_book.paper.typefaces import picture
from rednote_study.citation import credit, read_citation
from rednote_study.datasets.provenance import OWN_LICENCE

_LEFT_OUT = (
    "a.headerlink, script, form, summary, .screen, .rednote-bar, .rednote-filter, .rednote-gallery img, .viewcode-link,"
    " .tag_hide-cell, details.above-input, [hidden], #rednote-pdf, #every-sentence-and-what-it-rests-on"
)
_NUMBERED = "figure[id], .rednote-numbered[id]"


@dataclass
class Page:
    """A page of the site.

    Attributes
    ----------
    path : str
        In the site, such as ``book/chapters/05_behaviour.html``.
    part : str
        Heading of the part that begins with this page, or an empty text.
    article : bs4.Tag
        What stands on it.
    language : str
        Such as ``en``.
    address : str
        Public address of the page, empty where the site has none.
    """

    path: str
    part: str
    article: Tag = field(repr=False)
    language: str = "en"
    address: str = ""

    @property
    def name(self) -> str:
        """Anchor of the page."""
        return f"page-{Path(self.path).stem.replace('_', '-')}"

    @property
    def title(self) -> str:
        """Heading with its number."""
        return self.article.h1.get_text().strip()


def read_pages(site: Path, source: Path) -> list[Page]:
    """The pages in the order of ``_toc.yml`` in the folder `source`, without what a screen alone can do."""
    import yaml  # of the book's packages

    toc = yaml.safe_load((source / "_toc.yml").read_text("utf-8"))
    listed = [("", toc["root"])]
    for part in toc["parts"]:
        captions = [part["caption"]] + [""] * len(part["chapters"])
        listed += [(caption, chapter["file"]) for caption, chapter in zip(captions, part["chapters"], strict=False)]
    return [_read(site, f"{name}.html", part) for part, name in listed]


def _read(site: Path, path: str, part: str) -> Page:
    soup = BeautifulSoup((site / path).read_text("utf-8"), "html.parser")
    article, canonical = soup.select_one("article.bd-article"), soup.select_one("link[rel=canonical]")
    for left in article.select(_LEFT_OUT):
        left.decompose()
    for cell in article.select("div.cell"):
        if not cell.get_text(strip=True) and not cell.img:
            cell.decompose()  # its code was all it had; empty, it would part a heading from its text
    for fold in article.select("details"):  # what was folded stands open, and cannot be folded
        fold.name = "div"
    return Page(path, part, article, soup.html["lang"], canonical["href"] if canonical else "")


def assemble(pages: list[Page], site: Path, style: str) -> str:
    """The one page: title, contents with empty places for the numbers of pages, and the pages.

    Parameters
    ----------
    pages : list of Page
    site : pathlib.Path
        Where the pictures lie.
    style : str
        What stands in the head.
    """
    anchors = {page.path: _name_anchors(page) for page in pages}
    kept = {i for page in pages for i in anchors[page.path].values() if not i.startswith("page-")}
    names = {page.path: page.name for page in pages}
    for page in pages:
        for link in page.article.select("a[href]"):
            _lead(link, page, names, anchors, kept)
        for image in page.article.select("img[src]"):
            image["src"] = picture(site / _beside(page, image["src"]))
        for item in page.article.select(".rednote-gallery li p"):
            anchor = item.a["href"].removeprefix("#")
            item.extend([" ", Tag(name="code"), _place(anchor)])
            item.code.string = anchor
    body = "".join(
        f'<div class="page" id="{p.name}" lang="{p.language}">{p.article.decode_contents()}</div>\n' for p in pages
    )
    heads = "".join(
        f"@page {p.name} {{ @top-left {{ content: {_quoted(p.title)}; }} }}\n#{p.name} {{ page: {p.name}; }}\n"
        for p in pages
    )
    title = escape(credit()["title"])
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{style}\n{heads}</style></head>\n<body>{_title_page(pages)}{_contents(pages)}{body}</body></html>\n"
    )


def _name_anchors(page: Page) -> dict[str, str]:
    """Give the ids of a page their names in the book; returns them by the old ones."""
    numbered = {id(tag) for tag in page.article.select(_NUMBERED)}
    anchors = {}
    for tag in page.article.select("[id]"):
        anchors[tag["id"]] = new = tag["id"] if id(tag) in numbered else f"{page.name}--{tag['id']}"
        tag["id"] = new
    return anchors


def _lead(link: Tag, page: Page, names: dict, anchors: dict, kept: set) -> None:
    """Let a link of a page lead to its place in the book, or to the site; without an address it is text."""
    target = urlsplit(link["href"])
    for attribute in ("title", "download"):
        del link[attribute]
    if target.scheme or target.netloc:
        return
    path = _beside(page, target.path) if target.path else page.path
    permanent = Path(path).stem if path.startswith("figures/") and path.endswith(".html") else ""
    if path in names:
        link["href"] = f"#{anchors[path].get(unquote(target.fragment), names[path])}"
    elif permanent in kept:
        link["href"] = f"#{permanent}"
    elif page.address:
        link["href"] = f"{page.address.removesuffix(page.path)}{path}"
    else:
        link.unwrap()


def _beside(page: Page, address: str) -> str:
    """Path in the site of what a page names by a relative address."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(page.path), unquote(address)))


def _place(anchor: str) -> Tag:
    """Where the number of the page of `anchor` will stand."""
    return Tag(name="span", attrs={"class": "place", "data-of": anchor})


def _quoted(text: str) -> str:
    """A string of CSS."""
    return '"' + " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _title_page(pages: list[Page]) -> str:
    study, title = credit(), pages[0].title
    address = pages[0].address.removesuffix(pages[0].path)
    online = f' The site is at <a href="{escape(address)}">{escape(address)}</a>.' if address else ""
    return (
        f'<div class="title-page"><p class="book-title">{escape(title)}</p>'
        f"<p>{escape(study['authors'])}</p>"
        f"<p>Version {escape(study['version'])}, {escape(read_citation()['date-released'])}</p>"
        f'<div class="imprint"><p>This is the site of the study on paper.{online} Code that the site folds is left out, '
        "in chapters of findings all of it; code that the text speaks of is printed. Each chapter is also a notebook "
        "with its whole code. What can be tried by sliders on the site is said here in a sentence. Each figure and "
        "table keeps the id under which the site offers its numbers.</p>"
        f"<p>Text: {escape(OWN_LICENCE)}. Code: MIT. Results computed from the open posts (<code>us_posts</code>, "
        "Jinghua Wu, CC BY-NC 4.0) are for non-commercial use. No page shows a name, an identifier or a text of a real "
        "person.</p></div></div>\n"
    )


def _contents(pages: list[Page]) -> str:
    lines = []
    for page in pages:
        if page.part:
            lines.append(f'<p class="part">{escape(page.part)}</p>')
        lines.append(_line(page.name, page.title, 1))
        sections = [h2 for h2 in page.article.select("section[id] > h2") if h2.select_one(".section-number")]
        lines += [_line(h2.parent["id"], h2.get_text(), 2) for h2 in sections]
    return f'<nav class="contents"><h1>Contents</h1>{"".join(lines)}</nav>\n'


def _line(anchor: str, title: str, level: int) -> str:
    place = _place(anchor)
    return f'<p class="level-{level}"><a href="#{anchor}">{escape(title.strip())}</a> {place}</p>\n'
