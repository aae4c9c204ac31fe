"""What is left, step by step, and what is left out."""

from __future__ import annotations

import pandas as pd

from rednote_study.plots.picture import Picture, draws, new
from rednote_study.plots.style import COLOURS


@draws
def flow(
    frame: pd.DataFrame,
    *,
    step: str = "step",
    n: str = "n",
    unit: str = "unit",
    left_out: str = "left_out",
    why: str = "why",
) -> Picture:
    """Boxes downwards, what is left out beside them.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a step.
    step, n, unit, left_out, why : str
        Columns: what is left, how many of what, how many are left out at this step and why.
    """
    rows = list(zip(*(frame[c] for c in (step, n, unit, left_out, why)), strict=True))
    picture, (axis,) = new(0.85 * len(rows))
    box = {"boxstyle": "round,pad=0.45", "ec": COLOURS["wave"], "fc": "#e8f1f8", "lw": 1.2}
    aside = {"boxstyle": "round,pad=0.4", "ec": COLOURS["left"], "fc": "#f4f4f4", "lw": 1}
    for place, (name, number, what, out, reason) in enumerate(rows):
        y = -place
        axis.text(0.3, y, f"{name}\n{number:,.0f} {what}", ha="center", va="center", fontsize=10, bbox=box)
        if place:
            arrow = {"arrowstyle": "->", "color": COLOURS["neutral"]}
            axis.annotate("", (0.3, y + 0.27), (0.3, y + 0.73), arrowprops=arrow)
        if out:
            arrow = {"arrowstyle": "->", "color": COLOURS["left"]}
            axis.annotate("", (0.56, y + 0.5), (0.3, y + 0.5), arrowprops=arrow)
            text = f"{out:,.0f}: {reason}".replace(": ", ":\n", 1)
            axis.text(0.57, y + 0.5, text, ha="left", va="center", fontsize=10, bbox=aside)
    axis.set(xlim=(0, 1.16), ylim=(-len(rows) + 0.5, 0.5))
    axis.axis("off")
    steps = "; ".join(f"{name}: {number:,.0f} {what}" for name, number, what, *_ in rows)
    picture.alt = f"A flow of boxes from top to bottom. {steps}."
    return picture
