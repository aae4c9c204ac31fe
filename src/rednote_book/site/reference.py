"""The reference of the package: its pages list modules by themselves, and a result's columns stand in its entry.

A page names a module or a folder of modules in an empty ``{package-reference}`` block; Sphinx's autodoc, numpydoc and
viewcode do the rest. Under a figure or table, *Code* leads to the source that viewcode has made a page of.
"""

from __future__ import annotations

import pkgutil
import re
from html import escape
from importlib import import_module

_BLOCK = re.compile(r"^```\{package-reference\} ([\w.]+)\n```$", re.MULTILINE)
_ENTRY = """({module})=
## {title}

```{{eval-rst}}
.. automodule:: {module}
   :members:
```
"""


def connect(app) -> None:
    """Hook the expansion of the blocks and of docstrings into the build."""
    app.connect("source-read", _expand)
    app.connect("autodoc-process-docstring", _add_columns, priority=100)  # before numpydoc
    app.connect("autodoc-skip-member", _skip)


def _expand(app, docname: str, source: list[str]) -> None:
    source[0] = _BLOCK.sub(lambda block: "\n".join(map(_entry, _modules(block[1]))), source[0])


def _modules(name: str) -> list[str]:
    """A module, or those of a folder."""
    path = getattr(import_module(name), "__path__", None)
    return [name] if path is None else [f"{name}.{m.name}" for m in pkgutil.iter_modules(path)]


def _entry(module: str) -> str:
    return _ENTRY.format(module=module, title=module.partition(".")[2])


def _add_columns(app, what: str, name: str, thing, options, lines: list[str]) -> None:
    """Of a function that gives a result: the result's permanent name, caption and columns."""
    from rednote_study.results import SPECS  # takes a second, which a build that reads no such page does not spend

    spec = next((s for s in SPECS.values() if s.function is thing), None)
    if spec is not None:
        columns = [f"    - ``{column}``: {_plain(meaning)}" for column, meaning in spec.columns.items()]
        about = f"    ``{spec.name}``. {_plain(spec.title)}"
        lines += ["", "Returns", "-------", "pandas.DataFrame", about, "", *columns, ""]


def _skip(app, what: str, name: str, thing, skip: bool, options) -> bool | None:
    """Methods that scikit-learn and matplotlib put into our classes."""
    foreign = callable(thing) and not getattr(thing, "__module__", "").startswith("rednote_study.")
    return True if foreign else None


def _plain(text: str) -> str:
    return re.sub(r"([*_`|\\])", r"\\\1", text)


def links_to_code(app, item: dict, to_root: str) -> str:
    """Links to the source of the functions that made a figure or table."""
    known = getattr(app.env, "_viewcode_modules", {})
    out = []
    for place in item.get("code", ()):
        module, _, name = place.rpartition(".")
        if known.get(module) and name in known[module][2]:
            page = f"{to_root}_modules/{module.replace('.', '/')}.html#{name}"
            out.append(f'<a href="{page}">{escape(_short(module, name))}</a>')
    return " ".join(out)


def _short(module: str, name: str) -> str:
    """As a chapter calls it.

    Examples
    --------
    >>> _short("rednote_study.analysis.behaviour", "effects"), _short("rednote_study.plots.forest", "forest")
    ('behaviour.effects', 'plots.forest')
    """
    parts = module.split(".")
    return f"{'plots' if parts[1:2] == ['plots'] else parts[-1]}.{name}"
