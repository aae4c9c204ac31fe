"""The picture that stands where a figure cannot be drawn: it says why."""

import textwrap

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rednote_study.plots.style import COLOURS, WIDTH, use_style

__all__ = ["missing_figure", "write_reason"]


def missing_figure(reason: str) -> Figure:
    """Draw `reason` in an empty frame, so that references to the figure still lead somewhere.

    Parameters
    ----------
    reason : str
        One sentence.
    """
    use_style()
    figure, axes = plt.subplots(figsize=(WIDTH, 1.6))
    write_reason(axes, reason)
    return figure


def write_reason(axes: Axes, reason: str) -> None:
    """Write a sentence into an empty panel."""
    axes.set(xticks=[], yticks=[], xlim=(0, 1), ylim=(0, 1))
    text = textwrap.fill(textwrap.shorten(reason, 300, placeholder=" …"), 62)
    axes.text(0.5, 0.5, text, ha="center", va="center", fontsize=10, color=COLOURS["neutral"])
