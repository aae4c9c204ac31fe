"""``codemeta.json`` and ``.zenodo.json`` from ``CITATION.cff``, the one place where the study describes itself."""

from __future__ import annotations

import json
from pathlib import Path

from rednote_study.citation import author_name, read_citation
from rednote_study.system.paths import ROOT


def codemeta(cff: dict) -> dict:
    """CodeMeta 3.0 description of the software, for search engines and archives.

    Parameters
    ----------
    cff : dict
        As :func:`read_citation` gives it.
    """
    optional = {"codeRepository": cff.get("repository-code"), "identifier": cff.get("doi"), "url": cff.get("url")}
    return {
        "@context": "https://w3id.org/codemeta/3.0",
        "@type": "SoftwareSourceCode",
        "name": cff["title"],
        "description": cff["abstract"],
        "version": cff["version"],
        "datePublished": cff["date-released"],
        "license": f"https://spdx.org/licenses/{cff['license']}",
        "programmingLanguage": "Python",
        "keywords": cff["keywords"],
        "author": [_agent(a) for a in cff["authors"]],
        "citation": [
            {"@type": "Dataset", "name": r["title"], "author": [_agent(a) for a in r["authors"]], "url": _address(r)}
            for r in cff["references"]
        ],
    } | {k: v for k, v in optional.items() if v}


def zenodo(cff: dict) -> dict:
    """Metadata of a Zenodo deposit; Zenodo prefers this file to ``CITATION.cff``."""
    return {
        "title": cff["title"],
        "upload_type": "software",
        "description": cff["abstract"],
        "version": cff["version"],
        "publication_date": cff["date-released"],
        "creators": [{"name": author_name(a)} for a in cff["authors"]],
        "license": cff["license"],
        "keywords": cff["keywords"],
        "notes": (
            "Code: MIT. Text: CC BY 4.0. Replica: CC0. Weights of the small DistilBERT: CC BY-SA 4.0."
            " Results computed from us_posts: non-commercial use, as its licence (CC BY-NC 4.0) asks."
        ),
        "related_identifiers": [
            {"identifier": r.get("doi") or r["url"], "relation": "isDerivedFrom", "resource_type": "dataset"}
            for r in cff["references"]
        ],
    }


def write(root: Path = ROOT) -> None:
    """Write both files where they differ."""
    for name, text in _texts(root).items():
        path = root / name
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(f"wrote {name}")


def check(root: Path = ROOT) -> list[str]:
    """Say which of the two files does not agree with ``CITATION.cff``; empty if both do."""
    return [
        f"{name} does not agree with CITATION.cff. Run `rednote-study citation`."
        for name, text in _texts(root).items()
        if not (root / name).is_file() or (root / name).read_text("utf-8") != text
    ]


def _texts(root: Path) -> dict[str, str]:
    cff = read_citation(root)
    made = {"codemeta.json": codemeta(cff), ".zenodo.json": zenodo(cff)}
    return {name: json.dumps(value, ensure_ascii=False, indent=2) + "\n" for name, value in made.items()}


def _agent(author: dict) -> dict:
    if "name" in author:
        return {"@type": "Organization", "name": author["name"]}
    return {"@type": "Person", "familyName": author["family-names"], "givenName": author["given-names"]}


def _address(reference: dict) -> str:
    return f"https://doi.org/{reference['doi']}" if "doi" in reference else reference["url"]
