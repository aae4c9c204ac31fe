"""Figures of the chapter on the published model."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from rednote_study.plots.registry import figure
from rednote_study.plots.style import COLOURS, WIDTH

__all__ = ["noise_auc", "published_loss", "published_mistakes"]

_SOURCES = {
    "published": (COLOURS["published"], "o", "published"),
    "as coded": (COLOURS["wave"], "s", "trained anew, as coded"),
    "as written": (COLOURS["younger"], "^", "trained anew, as written"),
}


# Loss -----------------------------------------------------------------------------------------------------


def _constant(constants: pd.DataFrame) -> float:
    """Loss of the share of all users."""
    return float(constants["loss"].iloc[0])


def _loss_alt(curves: pd.DataFrame, constants: pd.DataFrame) -> str:
    lowest = curves.groupby("source", sort=False)["val_loss"].min()
    listed = ", ".join(f"{_SOURCES[source][2]} {loss:.4f}" for source, loss in lowest.items())
    first, last = curves["loss"].iloc[0], curves.loc[curves["source"].eq("published"), "loss"].iloc[-1]
    return (
        f"Two panels of curves by epoch. The published training loss falls from {first:.2f} to {last:.2f}. Validation"
        f" loss falls at first, then stops falling; lowest points: {listed}. A dashed line marks the loss of a constant, {_constant(constants):.4f}."
    )


@figure(
    "published-loss",
    table=("published_curves", "published_constant"),
    title="The validation loss never leaves that of a constant behind",
    caption="Loss by epoch, as the report prints it and when the same network is trained anew (mean of the fits; band:"
    " all of them; a curve ends where half of the fits had stopped). Dashed: every user gets the same probability,"
    " the share of all who are retained, on the published label. Logarithmic axes.",
    alt=_loss_alt,
)
def published_loss(curves: pd.DataFrame, constants: pd.DataFrame) -> Figure:
    """Training loss above, validation loss with the constant's below."""
    drawing, panels = plt.subplots(2, 1, figsize=(WIDTH, 5.6), sharex=True)
    for source, rows in curves.groupby("source", sort=False):
        colour, marker, label = _SOURCES[source]
        for axes, column in zip(panels, ("loss", "val_loss"), strict=True):
            axes.plot(rows["epoch"], rows[column], marker=marker, color=colour, ms=5, lw=1.6, label=label)
        panels[1].fill_between(
            rows["epoch"], rows["val_loss_min"], rows["val_loss_max"], color=colour, alpha=0.15, lw=0
        )
    panels[1].axhline(_constant(constants), color=COLOURS["neutral"], ls="--", lw=1.4, label="a constant")
    panels[0].set(ylabel="training loss", yscale="log")
    panels[1].set(ylabel="validation loss", yscale="log", xlabel="epoch")
    for axes, ticks in zip(panels, ((0.01, 0.03, 0.1, 0.3), (0.06, 0.08, 0.1, 0.15, 0.2, 0.3)), strict=True):
        axes.yaxis.set_major_locator(FixedLocator(ticks))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    drawing.legend(*panels[1].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=10)
    return drawing


# Noise ----------------------------------------------------------------------------------------------------


def _published(summary: pd.DataFrame) -> float:
    return float(summary["published"].iloc[0])


def _noise_caption(runs: pd.DataFrame, summary: pd.DataFrame) -> str:
    return (
        "Noise. Area under the ROC curve of the published network trained on random numbers, one point a fit;"
        " computed as the report does it, on all rows, and on the last 650 rows alone. Open symbols: dropout and batch"
        " size as written in the report's text. Bars: means. Solid line: the published area,"
        f" {_published(summary):.4f}; dotted line: no skill."
    )


def _noise_alt(runs: pd.DataFrame, summary: pd.DataFrame) -> str:
    listed = "; ".join(
        f"{design}, {placement}: all rows {rows['auc'].mean():.2f}, last 650 rows {rows['auc_tail'].mean():.2f}"
        for (design, placement), rows in runs.groupby(["design", "placement"], sort=False)
    )
    return f"Four rows, each with two strips of points: areas on all rows, and on the last 650 rows. Means: {listed}."


@figure(
    "noise-auc",
    table=("noise_runs", "noise_summary"),
    title="What the published protocol finds in noise",
    caption=_noise_caption,
    alt=_noise_alt,
)
def noise_auc(runs: pd.DataFrame, summary: pd.DataFrame) -> Figure:
    """One row a design and placement; all rows above, last 650 rows below."""
    groups = list(runs.groupby(["design", "placement"], sort=False))
    drawing, axes = plt.subplots(figsize=(WIDTH, 5.4))
    looks = {
        "auc": ("o", COLOURS["wave"], 0.18, "all rows"),
        "auc_tail": ("^", COLOURS["older"], -0.18, "last 650 rows"),
    }
    for place, (_, rows) in enumerate(groups[::-1]):
        for column, look in looks.items():
            _strip(axes, rows, column, place, look, label=place == 0)
    axes.axvline(_published(summary), color=COLOURS["published"], lw=1.6, label="published, all rows")
    axes.axvline(0.5, color=COLOURS["neutral"], lw=1.2, ls=":", label="no skill")
    names = [f"{design}\n{placement}" for (design, placement), _ in groups[::-1]]
    axes.set_yticks(range(len(groups)), names, fontsize=10)
    axes.set(xlabel="area under the ROC curve", ylim=(-0.6, len(groups) - 0.4))
    axes.grid(axis="y", visible=False)
    drawing.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=10)
    return drawing


def _strip(axes: Axes, rows: pd.DataFrame, column: str, place: int, look: tuple, *, label: bool) -> None:
    """Points of one measure, spread by the order of the fits, and a bar at their mean."""
    marker, colour, shift, text = look
    for variant, own in rows.groupby("variant", sort=False):
        heights = place + shift + np.linspace(-0.11, 0.11, len(own))
        face = colour if variant == "as coded" else "none"
        named = text if label and variant == "as coded" else None
        axes.scatter(own[column], heights, marker=marker, s=20, lw=0.9, facecolors=face, edgecolors=colour, label=named)
    mean = rows[column].mean()
    axes.plot([mean, mean], [place + shift - 0.16, place + shift + 0.16], color="black", lw=2.2)


# Mistakes -------------------------------------------------------------------------------------------------

_MEASURES = {
    "auc": ("o", COLOURS["wave"], 0.13, "area under the ROC curve"),
    "balanced": ("s", COLOURS["older"], -0.13, "balanced accuracy"),
}


def _mistakes_alt(t: pd.DataFrame) -> str:
    parts = [f"{r.mended}: area {r.auc:.2f}, balanced accuracy {r.balanced_accuracy:.2f}" for r in t.itertuples()]
    return "Two dots with ranges by what is mended. " + ("; ".join(parts) or "No rows: too few retained users") + "."


@figure(
    "published-mistakes",
    table="published_mended",
    title="What each mistake was worth",
    caption="Area under the ROC curve and balanced accuracy of the published network when one defect is mended at a"
    " time, and when all are (below the line). Symbols: means of the runs; lines: their range. Grey: 95 % of the areas"
    " that scores reach which know nothing of these users. Dotted: no skill.",
    alt=_mistakes_alt,
)
def published_mistakes(t: pd.DataFrame) -> Figure:
    """One row a defect, in the table's order; the mended protocol below a line."""
    t = t.assign(balanced=t["balanced_accuracy"])
    drawing, axes = plt.subplots(figsize=(WIDTH, 5.2))
    places = np.arange(len(t))[::-1]
    width = (t["chance_high"] - t["chance_low"]).to_numpy(float)
    low = t["chance_low"].to_numpy(float)
    axes.barh(places + 0.13, width, left=low, height=0.24, color=COLOURS["none"], alpha=0.6, label="area by chance")
    axes.use_sticky_edges = False
    for name, (marker, colour, shift, label) in _MEASURES.items():
        low, high = (t[f"{name}_{end}"].to_numpy(float) for end in ("min", "max"))
        mean = t[name].to_numpy(float)
        errors = np.clip([mean - low, high - mean], 0, None)
        axes.errorbar(mean, places + shift, xerr=errors, fmt=marker, color=colour, ms=6.5, capsize=3, label=label)
    axes.axvline(0.5, color=COLOURS["neutral"], lw=1.2, ls=":", label="no skill")
    axes.axhline(0.5, color=COLOURS["neutral"], lw=1)
    axes.set_yticks(places, t["mended"], fontsize=10)
    axes.set(xlabel="share or area", ylim=(-0.6, max(len(t), 1) - 0.4))
    axes.margins(x=0.04)
    axes.grid(axis="y", visible=False)
    drawing.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=10)
    return drawing
