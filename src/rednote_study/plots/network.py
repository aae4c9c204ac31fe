"""The layers of a network as a diagram."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from rednote_study.plots.picture import Picture, draws, new
from rednote_study.plots.style import COLOURS


@draws
def network(frame: pd.DataFrame, *, inputs: int, parts: str = "") -> Picture:
    """One box a layer from above to below, as wide as the logarithm of its numbers; beside it what it learns.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``layer``, ``output``, ``parameters``; sums, which have no output, are not drawn.
    inputs : int
        Numbers that the first layer gets.
    parts : str
        What they are made of.
    """
    layers = frame.dropna(subset="output")
    boxes = [("input", float(inputs), np.nan), *layers[["layer", "output", "parameters"]].itertuples(index=False)]
    figure, (axis,) = new(0.9 + 0.5 * len(boxes))
    widest = np.log2(1 + max(output for _, output, _ in boxes))
    for place, (name, output, parameters) in enumerate(boxes):
        y, width = len(boxes) - 1 - place, 0.24 + 0.34 * np.log2(1 + output) / widest
        learns = parameters > 0
        paint = COLOURS["method 1"] if learns else COLOURS["none"]
        box = {"boxstyle": "round,pad=0.02", "fc": paint, "ec": "#444444", "alpha": 0.9 if learns else 0.6}
        axis.add_patch(FancyBboxPatch((0.36 - width / 2, y - 0.24), width, 0.48, mutation_aspect=3, **box))
        text = {"ha": "center", "va": "center", "fontsize": 10, "color": "white" if learns else "black"}
        axis.text(0.36, y, str(name), **text)
        if place:
            arrow = {"arrowstyle": "-|>", "mutation_scale": 9, "color": "#444444", "lw": 1}
            axis.add_patch(FancyArrowPatch((0.36, y + 0.77), (0.36, y + 0.28), **arrow))
        said = parts if np.isnan(parameters) else f"{parameters:,.0f} parameters" if learns else "nothing to learn"
        given = _numbers(output)
        axis.text(0.72, y, f"{given}\n{said}" if said else given, va="center", fontsize=10)
    axis.set(xlim=(0, 1.15), ylim=(-0.5, len(boxes) - 0.5))
    axis.set_axis_off()
    listed = "; ".join(f"{r.layer}, {_numbers(r.output)}, {r.parameters:,.0f} parameters" for r in layers.itertuples())
    figure.alt = f"Boxes from above to below, joined by arrows: input, {inputs} numbers; {listed}."
    return figure


def _numbers(count: float) -> str:
    return f"{count:,.0f} number{'s' if count != 1 else ''}"
