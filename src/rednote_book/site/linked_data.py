"""Pages, figures and tables in the words of schema.org, as JSON-LD, for search engines and reference managers."""

from __future__ import annotations

import json

from rednote_book.site.items import FOLDER, in_order, items, number, provenance, site
from rednote_study.citation import read_citation
from rednote_study.datasets.provenance import OWN_LICENCE, PROJECT

_LICENCES = {
    "CC0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC BY 4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC BY-NC 4.0": "https://creativecommons.org/licenses/by-nc/4.0/",
    "CC BY-SA 4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
}


def script(data: dict) -> str:
    r"""The element that holds the description; no text in it can end it.

    Examples
    --------
    >>> script({"name": "</script>"})
    '<script type="application/ld+json">{"name":"\\u003c/script>"}</script>'
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/ld+json">{text}</script>'


def licence(name: str) -> str:
    """Address of a licence; its name where no address is known."""
    return _LICENCES.get(name, name)


def names(study: dict) -> list[str]:
    """Authors of ``CITATION.cff``, family name first."""
    return [a.get("name") or f"{a['family-names']}, {a['given-names']}" for a in study["authors"]]


def _authors(study: dict) -> list[dict]:
    kinds = ["Organization" if "name" in a else "Person" for a in study["authors"]]
    return [{"@type": kind, "name": name} for kind, name in zip(kinds, names(study), strict=True)]


def page(app, docname: str, title: str, about: str, address: str, picture: str | None) -> dict:
    """Description of a page: the book, a chapter, an article, or the data set of all figures and tables."""
    study, root = read_citation(), docname == app.config.root_doc
    gallery = app.env.metadata.get(docname, {}).get("rednote-gallery")
    numbered = docname in app.env.toc_secnumbers
    kind = "Book" if root else "Dataset" if gallery else ["ScholarlyArticle", "Chapter"] if numbered else "Article"
    said = {
        "@context": "https://schema.org",
        "@type": kind,
        "name": PROJECT if root else title,
        "headline": "" if root or gallery else title,
        "description": about,
        "creator" if gallery else "author": _authors(study),
        "datePublished": study["date-released"],
        "version": study["version"],
        "license": "" if gallery else licence(OWN_LICENCE),  # each figure has its own
        "keywords": study["keywords"],
        "isAccessibleForFree": True,
        "url": address,
        "image": picture,
        "isPartOf": "" if root else _book(app),
        "isBasedOn": _sources(items(app.env).get(docname, [])),
    }
    if gallery:
        said |= {
            "distribution": [_download("application/json", _place(app, docname) + "manifest.json")],
            "hasPart": [item_data(app, at, item, _place(app, docname)) for at, item in in_order(app)],
        }
    return {key: value for key, value in said.items() if value}


def item_data(app, docname: str, item: dict, folder: str, context: bool = False) -> dict:
    """A figure or table as a data set; `folder` is the way to the folder of figures."""
    source = provenance(item)
    said = {
        "@context": "https://schema.org" if context else "",
        "@type": "Dataset",
        "identifier": item["id"],
        "name": item["title"],
        "alternateName": number(app, docname, item),
        "description": item["caption"] if len(item["caption"]) >= 50 else f"{item['caption']} {PROJECT}, {item['id']}.",
        "url": f"{folder}{item['id']}.html",
        "version": source.version,
        "license": licence(source.licence),
        "creator": _authors(read_citation()) if context else "",
        "isBasedOn": _sources([item]) if context else "",
        "distribution": [
            _download("text/csv", f"{folder}{source.version}/{file['name']}")
            for file in item["files"]
            if file["name"].endswith(".csv")
        ],
    }
    return {key: value for key, value in said.items() if value}


def _download(kind: str, address: str) -> dict:
    return {"@type": "DataDownload", "encodingFormat": kind, "contentUrl": address}


def _place(app, docname: str) -> str:
    """Way to the folder of figures: absolute where the site has an address."""
    return f"{site(app) or '../' * docname.count('/')}{FOLDER}/"


def _book(app) -> dict:
    address = {"url": site(app) + app.builder.get_target_uri(app.config.root_doc)} if site(app) else {}
    return {"@type": "Book", "name": PROJECT} | address


def _sources(found: list[dict]) -> list[dict]:
    """The data sets that figures and tables rest on, each once."""
    sources = {s.dataset: s for s in map(provenance, found) if s.dataset}
    return [
        {
            "@type": "Dataset",
            "name": s.title or s.dataset,
            "description": f"The posts that this study calls {s.dataset}: {s.title or s.dataset}.",
            **({"creator": {"@type": "Person", "name": s.author}} if s.author and not s.synthetic else {}),
            **({"version": s.dataset_version} if s.dataset_version else {}),
            **({"url": s.reference} if s.reference.startswith("https://") else {}),
        }
        for _, s in sorted(sources.items())
    ]
