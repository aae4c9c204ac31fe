"""Execution cache named by a fingerprint of all that a chapter can import or read.

Jupyter Book's cache looks at a chapter's code alone. Here a change in the
package, in the data in use or in the pins leads to another cache, and to every
notebook being read again; an unchanged book executes nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from pathlib import Path

import nbformat
from jupyter_cache import get_cache

from rednote_study.store.fingerprint import fingerprint

KEPT_CACHES = 3


def connect(app) -> None:
    """Hook the cache into the build."""
    app.connect("config-inited", _name_cache)
    app.connect("env-get-outdated", _outdated)
    app.connect("doctree-read", _restore_outputs, priority=100)
    app.connect("build-finished", _report_failures)


def _name_cache(app, config) -> None:
    folder = Path(app.outdir).parent / ".jupyter_cache"
    config.nb_execution_cache_path = str(folder / fingerprint(Path(app.srcdir)))
    others = [p for p in folder.glob("*/") if p != Path(config.nb_execution_cache_path)]
    for old in sorted(others, key=lambda p: p.stat().st_mtime, reverse=True)[KEPT_CACHES - 1 :]:
        shutil.rmtree(old, ignore_errors=True)


def _outdated(app, env, added, changed, removed) -> list[str]:
    """Every page, if the fingerprint or the frame are not those of the last build; else those with a failed cell."""
    current = app.config.nb_execution_cache_path, _frame(app)
    same = getattr(env, "rednote_state", None) == current
    env.rednote_state = current
    pages = {d: hashlib.sha256(Path(env.doc2path(d)).read_bytes()).hexdigest() for d in sorted(env.found_docs)}
    before, env.rednote_pages = getattr(env, "rednote_pages", {}), pages
    # Sphinx looks at a page's time alone, which says nothing where the clock was set back or an older copy put in.
    return [d for d in pages if not same or pages[d] != before.get(d) or _failed_cells(notebook_of(app, d), d)]


def _frame(app) -> str:
    """Digest of what stands in every page: the list of pages, this extension, and the static files.

    Sphinx copies static files only when it writes some page.
    """
    folders = [Path(__file__).parent, *(Path(app.confdir, f) for f in app.config.html_static_path)]
    files = sorted(p for folder in folders for p in folder.rglob("*") if p.is_file() and p.suffix != ".pyc")
    contents = Path(app.confdir, app.config.external_toc_path)
    return hashlib.sha256(b"".join(p.read_bytes() for p in [contents, *files])).hexdigest()


def _restore_outputs(app, doctree) -> None:
    """Put outputs back into the notebook that a reader downloads; myst-nb leaves them out on a cache hit."""
    path = notebook_of(app, app.env.docname)
    if not path.exists():
        return
    notebook = nbformat.read(path, as_version=4)
    with contextlib.suppress(KeyError):
        _, notebook = get_cache(app.config.nb_execution_cache_path).merge_match_into_notebook(notebook)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"  # myst-nb draws them anew each time, and no build came out like another
    nbformat.write(notebook, path)


def _report_failures(app, exception) -> None:
    """Write which cells failed, for :mod:`rednote_book.book` to say."""
    if not hasattr(app, "env") or app.env is None:
        return
    failures = [f for doc in sorted(app.env.found_docs) for f in _failed_cells(notebook_of(app, doc), doc)]
    (Path(app.outdir).parent / "failures.json").write_text(json.dumps(failures), "utf-8")


def notebook_of(app, docname: str) -> Path:
    """Where myst-nb writes the executed notebook of a page."""
    return Path(app.env.mystnb_config.output_folder, docname + ".ipynb")


def _failed_cells(path: Path, docname: str) -> list[dict]:
    if not path.exists():
        return []
    cells = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    return [
        {"chapter": docname, "cell": number, "cause": f"{output.ename}: {output.evalue}"}
        for number, cell in enumerate(cells, 1)
        for output in cell.outputs
        if output.output_type == "error"
    ]
