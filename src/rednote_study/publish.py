"""A drawn figure as a cell's output: the picture, and beside it what makes it citable.

Everything travels in the output of the cell, so the execution cache holds it
too and no chapter writes a file as a side effect.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

__all__ = ["METADATA_KEY", "Published", "publish"]

METADATA_KEY = "rednote"
"""Key of the output metadata that :mod:`rednote_study.site.figures` reads."""


@dataclass(frozen=True)
class Published:
    """A figure ready to be shown.

    Attributes
    ----------
    id, caption, alt : str
        Anchor in the page, caption that stands alone, text for who cannot see the picture.
    svg : str
        The picture.
    """

    id: str
    caption: str
    alt: str
    svg: str

    def _repr_mimebundle_(self, include=None, exclude=None):
        metadata = {METADATA_KEY: {"id": self.id, "caption": self.caption, "alt": self.alt}}
        return {"image/svg+xml": self.svg, "text/plain": self.alt}, metadata


def publish(figure: Figure, *, id: str, caption: str, alt: str) -> Published:
    """Render a figure and close it. The same figure gives the same text, byte for byte."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Title": id})
    plt.close(figure)
    return Published(id, caption, alt, buffer.getvalue())
