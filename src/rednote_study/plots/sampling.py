"""Figures of the chapter on sampling."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from rednote_study.plots.registry import figure
from rednote_study.plots.style import COLOURS, WIDTH

__all__ = ["sampling_compatible", "sampling_observed", "sampling_overlap", "sampling_popularity"]

_PERCENT = FuncFormatter(lambda share, _: f"{100 * share:g} %")
_BANDS = {1.0: (COLOURS["published"], "--"), 4.0: (COLOURS["wave"], "-"), 16.0: (COLOURS["younger"], ":")}


def _poisson(theory: pd.DataFrame) -> pd.DataFrame:
    """Rows in which all users post alike."""
    return theory[np.isinf(theory["dispersion"])]


def _observed_alt(theory: pd.DataFrame, numbers: pd.DataFrame) -> str:
    rows = _poisson(theory)
    row = rows[rows["sampling_fraction"].eq(0.01) & rows["true_rate"].eq(0.5)].iloc[0]
    return (
        "Five rising lines, one for each sampling fraction, with simulated points on them. With all posts kept the"
        " observed rate is nearly the true rate. With one post in a hundred kept, a true rate of 50 % is seen as"
        f" {100 * row['simulated_rate']:.1f} %. A dashed line marks the published rate,"
        f" {100 * _published_rate(numbers):.2f} %."
    )


def _published_rate(numbers: pd.DataFrame) -> float:
    return float(numbers.set_index("number").at["sampling_published_rate", "value"])


@figure(
    "sampling-observed",
    table=("sampling_theory", "sampling_numbers"),
    title="What the published label shows of a true rate",
    caption="Simulation. Share of January users that the published label calls retained, against the share who stay,"
    " if users who stay post four times in February. Lines: formula; points: mean of 100 simulated crawls of 3,249"
    " users; bars: range of 95 % of them. One line for each share of posts that the crawl keeps.",
    alt=_observed_alt,
)
def sampling_observed(theory: pd.DataFrame, numbers: pd.DataFrame) -> Figure:
    """Observed against true rate, one line a sampling fraction, on a logarithmic axis."""
    drawing, axes = plt.subplots(figsize=(WIDTH, 4.4))
    true_rates = np.linspace(0.02, 1, 99)
    shades = plt.get_cmap("viridis")(np.linspace(0.85, 0.0, 5))
    markers = "ovsD^"
    for (fraction, rows), shade, marker in zip(
        _poisson(theory).groupby("sampling_fraction"), shades, markers, strict=True
    ):
        axes.plot(true_rates, true_rates * rows["detection_probability"].iloc[0], color=shade, lw=1.8)
        error = [rows["simulated_rate"] - rows["low"], rows["high"] - rows["simulated_rate"]]
        axes.errorbar(rows["true_rate"], rows["simulated_rate"], error, fmt=marker, color=shade, ms=6, capsize=3)
        end = rows["detection_probability"].iloc[0]
        axes.annotate(f"{100 * fraction:.0f} % kept", (1.012, end), color=COLOURS["neutral"], va="center", fontsize=10)
    published = _published_rate(numbers)
    axes.axhline(published, color=COLOURS["published"], ls="--", lw=1.4)
    axes.annotate(
        f"published: {100 * published:.2f} %",
        (0.99, published),
        xytext=(0, -4),
        textcoords="offset points",
        color=COLOURS["published"],
        va="top",
        ha="right",
        fontsize=10,
    )
    axes.set(xlim=(0, 1.21), ylim=(0.0015, 1.15), yscale="log")
    axes.set_xticks(np.linspace(0, 1, 6))
    axes.set_yticks([0.003, 0.01, 0.03, 0.1, 0.3, 1.0])
    axes.yaxis.set_major_formatter(_PERCENT)
    axes.xaxis.set_major_formatter(_PERCENT)
    axes.minorticks_off()
    axes.set(xlabel="users who stay", ylabel="users labelled as retained")
    return drawing


def _compatible_alt(bands: pd.DataFrame) -> str:
    published = bands[bands["source"].eq("published") & bands["posting_rate"].eq(4)]
    nearest = published.iloc[(np.log10(published["sampling_fraction"]) + 2).abs().argmin()]
    return (
        "Two panels with falling bands: the smaller the share of posts that the crawl keeps, the larger the true rates"
        " that fit. For the published 20 of 3,249, at four posts a month and one post in a hundred kept, rates from"
        f" {100 * nearest['low']:.0f} to {100 * nearest['high']:.0f} % fit; at a tenth of that share nearly all users"
        " must have stayed. For the data of this page the bands are so wide that they overlap."
    )


@figure(
    "sampling-compatible",
    table="sampling_compatible",
    title="True rates that fit the published label",
    caption="True rates of staying that fit what the published label showed (95 % intervals), by the share of posts"
    " that the crawl keeps and by how often those who stay post. Both axes are logarithmic; a band ends where even a"
    " true rate of 100 % would be too small. Top: the published report; bottom: the data of this page.",
    alt=_compatible_alt,
)
def sampling_compatible(bands: pd.DataFrame) -> Figure:
    """Bands of compatible true rates, a panel for each data set."""
    sources = list(dict.fromkeys(bands["source"]))
    drawing, panels = plt.subplots(len(sources), 1, figsize=(WIDTH, 3.1 * len(sources)), sharex=True, squeeze=False)
    for axes, source in zip(panels[:, 0], sources, strict=True):
        _bands(axes, bands[bands["source"].eq(source)])
        name = "Published report" if source == "published" else f"This page's data ({source})"
        axes.set_title(name, loc="left")
        axes.set(xscale="log", yscale="log", ylim=(0.0003, 1.3), ylabel="users who stay")
        axes.set_yticks([0.001, 0.01, 0.1, 1.0])
        axes.yaxis.set_major_formatter(_PERCENT)
        axes.xaxis.set_major_formatter(_PERCENT)
        axes.minorticks_off()
    panels[-1, 0].set_xlabel("share of all posts that the crawl keeps")
    panels[0, 0].legend(title="posts in February\nof a user who stays", loc="lower left")
    return drawing


def _bands(axes: Axes, bands: pd.DataFrame) -> None:
    """Fill each band lightly and draw its two ends in a line style of its own, so overlapping bands stay legible."""
    for posting_rate, rows in bands[bands["possible"]].groupby("posting_rate"):
        colour, line = _BANDS[posting_rate]
        axes.fill_between(rows["sampling_fraction"], rows["low"], rows["high"], color=colour, alpha=0.15, lw=0)
        for end, label in (("low", None), ("high", f"{posting_rate:.0f}")):
            axes.plot(rows["sampling_fraction"], rows[end], color=colour, ls=line, lw=1.8, label=label)


def _overlap_alt(table: pd.DataFrame) -> str:
    means = {r: float(t["recaptures"] @ t["simulated_share"]) for r, t in table.groupby("true_rate")}
    listed = ", ".join(f"{mean:.1f} where {100 * rate:.0f} % stay" for rate, mean in means.items())
    return f"Three sets of points lie on one bell-shaped line. Mean number of shared accounts: {listed}."


@figure(
    "sampling-overlap",
    table="sampling_overlap",
    title="Overlap of two crawls, whatever share stays",
    caption="Simulation. Accounts that a first crawl of 500 out of 10,000 accounts shares with a second crawl of 160 of"
    " those who stayed, in 1,000 simulated pairs of crawls for each true rate. Line: hypergeometric probability,"
    " the same for all true rates.",
    alt=_overlap_alt,
)
def sampling_overlap(table: pd.DataFrame) -> Figure:
    """Distribution of recaptures, one marker a true rate."""
    drawing, axes = plt.subplots(figsize=(WIDTH, 3.8))
    groups = list(table.groupby("true_rate"))
    expected = groups[0][1]
    axes.plot(expected["recaptures"], expected["expected_share"], color=COLOURS["neutral"], lw=1.5, label="formula")
    looks = (("o", COLOURS["published"]), ("s", COLOURS["wave"]), ("^", COLOURS["younger"]))
    for (rate, rows), (marker, colour), shift in zip(groups, looks, (-0.18, 0, 0.18), strict=True):
        axes.plot(
            rows["recaptures"] + shift,
            rows["simulated_share"],
            marker,
            color=colour,
            ms=6,
            label=f"{100 * rate:.0f} % stay",
        )
    axes.xaxis.set_major_locator(MultipleLocator(4))
    axes.yaxis.set_major_formatter(_PERCENT)
    axes.set(xlabel="accounts caught by both crawls", ylabel="share of pairs of crawls")
    axes.set_ylim(bottom=0)
    axes.legend()
    return drawing


def _popularity_alt(table: pd.DataFrame) -> str:
    first, last = table.iloc[0], table.iloc[-1]
    return (
        f"A rising line with simulated points. Cliff's delta is {first['expected_delta']:.2f} for a crawl that is blind"
        f" to popularity and {last['expected_delta']:.2f} at an elasticity of {last['elasticity']:g}, though popularity"
        " has no effect on staying."
    )


@figure(
    "sampling-popularity",
    table="sampling_popularity",
    title="A crawl that prefers popular posts makes retained users look popular",
    caption="Simulation. Cliff's delta of popularity, users labelled as retained against the others, in a world where"
    " popularity has no effect on staying. The chance that a post is caught is proportional to its popularity to the"
    " power of the elasticity. Line: formula; points: mean of 50 simulated crawls; bars: range of 95 % of them.",
    alt=_popularity_alt,
)
def sampling_popularity(table: pd.DataFrame) -> Figure:
    """Apparent effect of popularity against the crawl's preference for popular posts."""
    drawing, axes = plt.subplots(figsize=(WIDTH, 3.8))
    axes.axhline(0, color=COLOURS["neutral"], lw=1, ls="--")
    axes.annotate("true effect: none", (1, 0.015), ha="right", va="bottom", fontsize=10, color=COLOURS["neutral"])
    axes.plot(table["elasticity"], table["expected_delta"], color=COLOURS["wave"], lw=1.8, label="formula")
    error = [table["simulated_delta"] - table["low"], table["high"] - table["simulated_delta"]]
    axes.errorbar(
        table["elasticity"],
        table["simulated_delta"],
        error,
        fmt="o",
        color=COLOURS["published"],
        capsize=3,
        label="simulated crawls",
    )
    axes.set(
        xlabel="elasticity: how strongly the crawl prefers popular posts", ylabel="apparent effect (Cliff's delta)"
    )
    axes.legend(loc="upper left")
    return drawing
