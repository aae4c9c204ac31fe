"""Numbers that a page quotes from another one, ``{glue:text}`06_language.md::name:s```: never older than that page.

MyST-NB puts them in when a page is written, and Sphinx does not write a page again because another one has changed.
Here a page is written again when one that it quotes was read again, and in each build as long as a name is missing
there: MyST-NB then warns, and the build fails.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from myst_nb.ext.glue.crossref import read_glue_cache
from myst_nb.ext.glue.utils import PendingGlueReference

from rednote_book.site.languages import numbers_of

_QUOTED = re.compile(r"\{glue:text\}`([^`:]+)::(\w+):s`")


def connect(app) -> None:
    """Hook the quoting pages into the build."""
    app.connect("env-purge-doc", _forget)
    app.connect("env-before-read-docs", _remember)
    app.connect("doctree-read", _collect)
    app.connect("env-updated", _outdated)


def with_numbers(app, docname: str, text: str) -> str:
    """A text of the page `docname` with each quoted number in place of its name, for a notebook to download."""
    return _QUOTED.sub(lambda quoted: _number(app, docname, quoted), text)


def _number(app, docname: str, quoted: re.Match) -> str:
    home = app.env.path2doc(app.env.relfn2path(quoted[1], docname)[1])
    output = _glued(app, home).get(quoted[2])
    return numbers_of(docname, ast.literal_eval(output["data"]["text/plain"])) if output else quoted[0]


def _glued(app, docname: str) -> dict:
    return read_glue_cache(app.env.mystnb_config.output_folder, docname)


def _quotes(env) -> dict[str, dict[str, set[str]]]:
    """Names by page that quotes and page that is quoted."""
    if not hasattr(env, "rednote_quotes"):
        env.rednote_quotes = {}
    return env.rednote_quotes


def _forget(app, env, docname: str) -> None:
    """What a page gave before it is read again: MyST-NB leaves it where the page gives nothing any more."""
    _quotes(env).pop(docname, None)
    Path(env.mystnb_config.output_folder, f"{docname}.glue.json").unlink(missing_ok=True)


def _remember(app, env, docnames: list[str]) -> None:
    app.rednote_read = set(docnames)


def _collect(app, doctree) -> None:
    names: dict[str, set[str]] = {}
    for node in doctree.findall(PendingGlueReference):
        names.setdefault(node.refdoc, set()).add(node.key)
    if names:
        _quotes(app.env)[app.env.docname] = names


def _outdated(app, env) -> list[str]:
    read_glue_cache.cache_clear()
    return [
        page
        for page, quoted in _quotes(env).items()
        if any(home in app.rednote_read or names - set(_glued(app, home)) for home, names in quoted.items())
    ]
