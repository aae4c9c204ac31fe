"""Execute the chapters that are not in the cache, several at a time, while Sphinx reads pages one by one.

Sphinx reads pages in one process because the cache of executed notebooks belongs to one process, and while it reads,
one kernel works and the other cores wait. Here the kernels work side by side and the cache stays with this process;
when Sphinx comes to a chapter, it waits for that one and finds it in the cache. A chapter that fails is left out of
it: MyST-NB meets it then, executes it again and reports it in its usual words.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors.utils import ExecutionResult, single_nb_execution
from matplotlib import font_manager  # noqa: F401  makes its list of fonts, or each kernel would, and warn of the time
from myst_nb.core.read import create_nb_reader
from sphinx.util import logging

MOST_KERNELS = 4
"""A kernel with a network in it takes up to 2 GB."""

_LOG = logging.getLogger(__name__)


def connect(app) -> None:
    """Hook the execution into the build."""
    app.connect("env-before-read-docs", _begin)
    app.connect("source-read", _await)
    app.connect("build-finished", _end)


def _begin(app, env, docnames: list[str]) -> None:
    """Start the kernels; Sphinx then reads first what needs none."""
    cache = get_cache(app.config.nb_execution_cache_path)
    waiting = {name: book for name in docnames if (book := _not_cached(cache, env, name)) is not None}
    pool = ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, MOST_KERNELS))
    app.rednote_kernels = pool, {name: pool.submit(_run, env, name, book) for name, book in waiting.items()}
    docnames.sort(key=lambda name: name in waiting)


def _await(app, docname: str, source: list[str]) -> None:
    """Put an executed chapter into the cache, where MyST-NB looks for it next."""
    _, jobs = app.rednote_kernels
    if docname not in jobs:
        return
    result = jobs[docname].result()
    if result.err is None:
        bundle = CacheBundleIn(result.nb, app.env.doc2path(docname), data={"execution_seconds": result.time})
        cache = get_cache(app.config.nb_execution_cache_path)
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
    said = "Executed" if result.err is None else "Execution failed of"
    number = list(jobs).index(docname) + 1
    _LOG.info(f"{said} {docname} in {result.time:.0f} seconds ({number} of {len(jobs)})")


def _end(app, exception) -> None:
    if pool := getattr(app, "rednote_kernels", (None,))[0]:
        pool.shutdown(cancel_futures=True)


def _not_cached(cache, env, docname: str) -> nbformat.NotebookNode | None:
    """The notebook of a page that has code and no kept outputs."""
    path = env.doc2path(docname)
    text = Path(path).read_text("utf-8")
    reader = create_nb_reader(path, env.myst_config, env.mystnb_config, text)
    if reader is None:
        return None
    book = reader.read(text)
    if not any(cell.cell_type == "code" for cell in book.cells):
        return None
    try:
        cache.match_cache_notebook(book)
    except KeyError:
        return book
    return None


def _run(env, docname: str, book: nbformat.NotebookNode) -> ExecutionResult:
    config = env.mystnb_config
    return single_nb_execution(
        book,
        cwd=str(Path(env.doc2path(docname)).parent),
        allow_errors=config.execution_allow_errors,
        timeout=config.execution_timeout,
    )
