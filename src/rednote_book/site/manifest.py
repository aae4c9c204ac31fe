"""The end of a build: files at their addresses, ``figures/manifest.json`` for other programs, and its schema."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from html import escape
from pathlib import Path

from PIL import Image

from rednote_book.site.bar import links
from rednote_book.site.items import FOLDER, address, changed, in_order, number, provenance, site, store
from rednote_book.site.linked_data import item_data, script
from rednote_book.site.onward import leads_to
from rednote_study import __version__
from rednote_study.datasets.provenance import OWN_LICENCE, PROJECT

SCHEMA = Path(__file__).parent / "manifest.schema.json"
SMALL = 320
"""Width of the pictures in the gallery (pixels)."""

_TYPES = {
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "png": "image/png",
    "csv": "text/csv",
    "tex": "application/x-tex",
}


def connect(app) -> None:
    """Write the folder after the pages."""
    app.connect("build-finished", _write)


def _write(app, exception) -> None:
    if exception or app.builder.format != "html" or not app.env:
        return
    target = Path(app.outdir, FOLDER)
    shutil.rmtree(target, ignore_errors=True)
    (target / __version__).mkdir(parents=True)
    found = in_order(app)
    (target / __version__ / "small").mkdir()
    with ThreadPoolExecutor() as pool:  # Pillow works outside the interpreter's lock
        list(pool.map(lambda at: _copy(store(app, at[0]), target / __version__, at[1]), found))
    for docname, item in found:
        (target / f"{item['id']}.html").write_text(_landing(app, docname, item), "utf-8")
    text = json.dumps(_manifest(app, found), ensure_ascii=False, indent=1)
    (target / "manifest.json").write_text(text + "\n", "utf-8")
    shutil.copy(SCHEMA, target)


def _copy(source: Path, target: Path, item: dict) -> None:
    """Copy an item's files, and make the small picture of a figure."""
    for file in item["files"]:
        shutil.copyfile(source / file["name"], target / file["name"])
        if file["name"].endswith(".png"):
            (target / "small" / file["name"]).write_bytes(_small((source / file["name"]).read_bytes()))


def _small(png: bytes) -> bytes:
    """A picture for the gallery, a few kilobytes."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture = picture.resize((SMALL, round(picture.height * SMALL / picture.width)), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.quantize(64, Image.Quantize.MAXCOVERAGE).save(buffer, "png", optimize=True)
    return buffer.getvalue()


def _manifest(app, found: list[tuple[str, dict]]) -> dict:
    return {
        "$schema": SCHEMA.name,
        "project": PROJECT,
        "version": __version__,
        "site": app.config.html_baseurl or None,
        "licence": OWN_LICENCE,
        "items": [_entry(app, docname, item) for docname, item in found],
    }


def _entry(app, docname: str, item: dict) -> dict:
    """One figure or table as other programs read it; paths are relative to the manifest."""
    source = provenance(item)
    files = {f["name"]: f | {"path": f"{source.version}/{f['name']}"} for f in item["files"]}
    return {
        "id": item["id"],
        "kind": item["kind"],
        "number": number(app, docname, item),
        "title": item["title"],
        "caption": item["caption"],
        "alt": item["alt"],
        "chapter": app.env.titles[docname].astext(),
        "page": f"../{app.builder.get_target_uri(docname)}#{item['node']}",
        "address": address(app, item) or f"{item['id']}.html",
        "dataset": _dataset(source),
        "licence": source.licence,
        "changed": changed(app, item) or None,
        "sha256": _sha256(item),
        "files": [
            {
                "format": name.rsplit(".", 1)[1],
                "type": _TYPES[name.rsplit(".", 1)[1]],
                **{key: file[key] for key in ("path", "bytes", "sha256")},
            }
            for name, file in files.items()
        ],
        "tables": [
            {key: table[key] for key in ("name", "title", "keys", "tolerance", "absolute")}
            | {"columns": [{key: column[key] for key in ("name", "meaning")} for column in table["columns"]]}
            | {"path": files[table["file"]]["path"]}
            for table in item["tables"]
        ],
    }


def _dataset(source) -> dict | None:
    if not source.dataset:
        return None
    return {
        "key": source.dataset,
        "title": source.title,
        "author": source.author,
        "reference": source.reference,
        "version": source.dataset_version,
        "sha256": source.sha256,
        "synthetic": source.synthetic,
        "recorded": source.recorded or None,
    }


def _sha256(item: dict) -> str:
    """sha256 of the plotted numbers: of the CSV files, one after the other."""
    digests = {f["name"]: f["sha256"] for f in item["files"]}
    return hashlib.sha256("".join(digests[t["file"]] for t in item["tables"]).encode()).hexdigest()


_LANDING = """<p><a href="{target}">Read it in its chapter</a>. Files of version {version}: {links}</p>
<p>{caption}</p>"""


def _landing(app, docname: str, item: dict) -> str:
    """The permanent address: leads to where the figure stands now."""
    target = f"../{app.builder.get_target_uri(docname)}#{item['node']}"
    body = _LANDING.format(
        target=escape(target),
        version=escape(item["provenance"]["version"]),
        links=links(item, "../"),
        caption=escape(item["caption"]),
    )
    head = script(item_data(app, docname, item, f"{site(app)}{FOLDER}/" if site(app) else "", context=True)) + "\n"
    return leads_to(app, target, f"{number(app, docname, item)}: {item['title']}", body, root="../", head=head)
