"""One fold for code cells that stand one after another: a reader wants the picture, not four lines that say *Show*."""

from __future__ import annotations

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode


def connect(app) -> None:
    """Hook into the writing of a page, after the notebook's cells were folded."""
    app.connect("doctree-resolved", _join)


def _join(app, doctree, docname: str) -> None:
    for cell in list(doctree.findall(lambda n: isinstance(n, nodes.container) and n.get("nb_element") == "cell_code")):
        parent = cell.parent
        place = parent.index(cell) + 1
        following = parent[place] if place < len(parent) else None
        if len(cell) == 1 and _folded(cell) and isinstance(following, nodes.container) and _folded(following):
            following[0].insert(0, cell[0].children)
            parent.remove(cell)


def _folded(cell: nodes.container) -> bool:
    """Whether a cell begins with code that is folded."""
    return bool(len(cell)) and isinstance(cell[0], HideCodeCellNode) and "above-input" in cell[0]["classes"]
