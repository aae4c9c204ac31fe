"""The picture that stands where a figure cannot be drawn: it says why."""

import textwrap

from matplotlib.axes import Axes

from rednote_study.plots.style import COLOURS


def write_reason(axes: Axes, reason: str) -> None:
    """Write a sentence into an empty panel."""
    axes.set(xticks=[], yticks=[], xlim=(0, 1), ylim=(0, 1))
    text = textwrap.fill(textwrap.shorten(reason, 300, placeholder=" …"), 62)
    axes.text(0.5, 0.5, text, ha="center", va="center", fontsize=10, color=COLOURS["neutral"])
