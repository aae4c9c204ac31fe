"""What a formula says, and what simulated crawls show."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MultipleLocator

from rednote_study.plots.picture import Picture, draws, name_marks, new
from rednote_study.plots.style import COLOURS

_PERCENT = FuncFormatter(lambda share, _: f"{100 * share:g} %")
_LOOKS = ((COLOURS["method 1"], "o"), (COLOURS["method 2"], "s"), (COLOURS["method 3"], "^"))
_WORDS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


def _word(number: int) -> str:
    return _WORDS[number] if number < len(_WORDS) else str(number)


@draws
def detected_rates(theory: pd.DataFrame, *, published: float | None = None) -> Picture:
    """Rate under the published label against the true rate, one line a sampling fraction, on a logarithmic axis.

    Parameters
    ----------
    theory : pandas.DataFrame
        Of :func:`rednote_study.analysis.sampling.theory`; users who all post alike are shown.
    published : float, optional
        A rate that a dashed line marks.
    """
    picture, (axes,) = new(4.4)
    alike = theory[np.isinf(theory["dispersion"])]
    groups = list(alike.groupby("sampling_fraction"))
    true_rates, shades = np.linspace(0.02, 1, 99), mpl.colormaps["viridis"](np.linspace(0.85, 0.0, len(groups)))
    for (fraction, rows), shade, marker in zip(groups, shades, "ovsD^P*X" * len(groups), strict=False):
        end = rows["detection_probability"].iloc[0]
        axes.plot(true_rates, true_rates * end, color=shade, lw=1.8)
        error = [rows["simulated_rate"] - rows["low"], rows["high"] - rows["simulated_rate"]]
        axes.errorbar(rows["true_rate"], rows["simulated_rate"], error, fmt=marker, color=shade, ms=6, capsize=3)
        axes.annotate(f"{100 * fraction:.0f} % kept", (1.012, end), color=COLOURS["neutral"], va="center", fontsize=10)
    if published is not None:
        look, place = {"color": COLOURS["published"]}, {"xytext": (0, -4), "textcoords": "offset points"}
        axes.axhline(published, ls="--", lw=1.4, **look)
        text = f"published: {100 * published:.2f} %"
        axes.annotate(text, (0.99, published), va="top", ha="right", fontsize=10, **place, **look)
    axes.set(xlim=(0, 1.21), ylim=(0.0015, 1.15), yscale="log")
    axes.set_xticks(np.linspace(0, 1, 6))
    _percent_axes(axes, [0.003, 0.01, 0.03, 0.1, 0.3, 1.0])
    axes.set(xlabel="users who stay", ylabel="users labelled as retained")
    picture.alt = _detected_alt(alike, len(groups), published)
    return picture


def _detected_alt(rows: pd.DataFrame, lines: int, published: float | None) -> str:
    row = rows.iloc[(np.abs(np.log10(rows["sampling_fraction"]) + 2) + (rows["true_rate"] - 0.5).abs()).argmin()]
    few = row["sampling_fraction"] == 0.01
    kept = "one post in a hundred" if few else f"{100 * row['sampling_fraction']:g} % of the posts"
    text = (
        f"{_word(lines)} rising lines, one for each sampling fraction, with simulated points on them. With all posts"
        f" kept the observed rate is nearly the true rate. With {kept} kept, a true rate of"
        f" {100 * row['true_rate']:.0f} % is seen as {100 * row['simulated_rate']:.1f} %."
    )
    return text if published is None else f"{text} A dashed line marks the published rate, {100 * published:.2f} %."


@draws
def compatible_rates(bands: pd.DataFrame, rates: pd.DataFrame, *, posting_rate: float = 4.0) -> Picture:
    """Bands of the true rates that fit, by the chance of being found again: assumed, or read off frequencies.

    Parameters
    ----------
    bands : pandas.DataFrame
        Of :func:`rednote_study.analysis.sampling.compatible`.
    rates : pandas.DataFrame
        Of :func:`rednote_study.analysis.sampling.rates`.
    posting_rate : float
        Posts in February at which assumed shares of posts are marked.
    """
    picture, (axes,) = new(3.6)
    sources = [s for s in dict.fromkeys(bands["source"]) if s != "published"]
    for source, colour in ((sources[0], "wave"), ("published", "published")):
        rows = bands[bands["source"].eq(source) & bands["possible"]].sort_values("detection_probability")
        look = {"color": COLOURS[colour], "lw": 1.4}
        axes.fill_between(rows["detection_probability"], rows["low"], rows["high"], alpha=0.25, **look)
        if len(rows):
            x = rows["detection_probability"].iloc[-1]
            name = "published\nreport" if source == "published" else "posts of\nthis page"
            y = np.sqrt(rows["low"].iloc[-1] * rows["high"].iloc[-1])
            axes.annotate(
                name, (x, y), (6, 0), textcoords="offset points", color=COLOURS[colour], va="center", fontsize=10
            )
    own = rates[rates["basis"].ne("assumed")].dropna(subset="detection_probability")
    for row in own.itertuples():
        axes.axvspan(
            row.detection_probability_low, row.detection_probability_high, color=COLOURS["neutral"], alpha=0.16, lw=0
        )
        name = f"{row.basis.removeprefix('posts per user in ')}'s\nown"
        axes.text(row.detection_probability, 2.7, name, ha="center", va="bottom", fontsize=10)
    assumed = rates[rates["basis"].eq("assumed") & rates["posting_rate"].eq(posting_rate)]
    for row in assumed[assumed["sampling_fraction"].isin([0.001, 0.01, 0.1])].itertuples():
        axes.axvline(row.detection_probability, color=COLOURS["neutral"], lw=1, ls=":")
        place, kept = (row.detection_probability, 0.0004), f"1 post in {1 / row.sampling_fraction:,.0f} kept"
        axes.annotate(kept, place, (-2, 0), textcoords="offset points", rotation=90, ha="right", fontsize=10)
    axes.set(xscale="log", yscale="log", xlim=(0.001, 4), ylim=(0.0003, 2.5))
    axes.set(xlabel="chance that a user who stays is found again", ylabel="users who stay")
    axes.set_xticks([0.001, 0.01, 0.1, 1.0])
    axes.xaxis.set_major_formatter(_PERCENT)
    _percent_axes(axes, [0.001, 0.01, 0.1, 1.0])
    picture.alt = _compatible_alt(bands, own, posting_rate)
    return picture


def _compatible_alt(bands: pd.DataFrame, own: pd.DataFrame, posting_rate: float) -> str:
    rows = bands[bands["source"].eq("published") & bands["posting_rate"].eq(posting_rate)]
    parts = []
    for fraction in (0.1, 0.01):
        row = rows.iloc[(np.log10(rows["sampling_fraction"] / fraction)).abs().argmin()]
        parts.append(
            f"with one post in {1 / fraction:.0f} kept, {100 * row['low']:.1f} to {100 * row['high']:.1f} % fit"
        )
    spans = "; ".join(
        f"{r.basis}: {100 * r.detection_probability_low:.0f} to {100 * r.detection_probability_high:.0f} %"
        for r in own.itertuples()
    )
    return (
        "Two falling bands on logarithmic axes: the smaller the chance of being found again, the larger the true rates"
        f" of staying that fit. For the published report, at {posting_rate:g} posts a month: {'; '.join(parts)}. The band of"
        f" this page's posts is wider and lies below or over it. Shaded, chances read off {spans or 'nothing'}."
    )


@draws
def overlap(shared: pd.DataFrame) -> Picture:
    """Distribution of the accounts that two crawls share, one marker a true rate.

    Parameters
    ----------
    shared : pandas.DataFrame
        Of :func:`rednote_study.analysis.sampling.overlap`.
    """
    picture, (axes,) = new(3.8)
    groups = list(shared.groupby("true_rate"))
    expected, shifts = groups[0][1], np.linspace(-0.18, 0.18, len(groups)) if len(groups) > 1 else [0]
    axes.plot(expected["recaptures"], expected["expected_share"], color=COLOURS["neutral"], lw=1.5)
    marks = {"formula": [(axes, *point) for point in expected[["recaptures", "expected_share"]].to_numpy()[::-1]]}
    for place, (rate, rows) in enumerate(groups):
        (colour, marker), shift = _LOOKS[place % len(_LOOKS)], shifts[place]
        axes.plot(rows["recaptures"] + shift, rows["simulated_share"], marker, color=colour, ms=6)
        at = rows.assign(recaptures=rows["recaptures"] + shift)[["recaptures", "simulated_share"]].to_numpy()
        part = np.array_split(at[at[:, 1] > 0.02], len(groups))[place]  # each where the others are not named
        marks[f"{100 * rate:.0f} % stay"] = [(axes, *point) for point in part]
    axes.xaxis.set_major_locator(MultipleLocator(4))
    axes.yaxis.set_major_formatter(_PERCENT)
    axes.set(xlabel="accounts caught by both crawls", ylabel="share of pairs of crawls")
    axes.set_ylim(bottom=0)
    name_marks(picture, marks)
    means = [
        f"{rows['recaptures'] @ rows['simulated_share']:.1f} where {100 * rate:.0f} % stay" for rate, rows in groups
    ]
    sets = f"{_word(len(groups))} sets of points lie on one bell-shaped line."
    picture.alt = f"{sets} Mean number of shared accounts: {', '.join(means)}."
    return picture


@draws
def apparent_effect(popularity: pd.DataFrame) -> Picture:
    """Apparent effect of popularity against the crawl's preference for popular posts.

    Parameters
    ----------
    popularity : pandas.DataFrame
        Of :func:`rednote_study.analysis.sampling.popularity`.
    """
    picture, (axes,) = new(3.8)
    axes.axhline(0, color=COLOURS["neutral"], lw=1, ls="--")
    axes.annotate("true effect: none", (1, 0.015), ha="right", va="bottom", fontsize=10, color=COLOURS["neutral"])
    x, points = popularity["elasticity"], popularity["simulated_delta"]
    axes.plot(x, popularity["expected_delta"], color=COLOURS["method 1"], lw=1.8)
    error, look = [points - popularity["low"], popularity["high"] - points], {"fmt": "o", "capsize": 3}
    axes.errorbar(x, points, error, color=COLOURS["method 2"], **look)
    place = {"textcoords": "offset points", "fontsize": 10}
    middle = (x.iloc[-2:].mean(), popularity["expected_delta"].iloc[-2:].mean())
    axes.annotate("formula", middle, (4, -6), va="top", **place)
    axes.annotate("simulated crawls", (x.iloc[-2], popularity["high"].iloc[-2]), (-8, 0), ha="right", **place)
    axes.set(
        xlabel="elasticity: how strongly the crawl prefers popular posts", ylabel="apparent effect (Cliff's delta)"
    )
    first, last = popularity.iloc[0], popularity.iloc[-1]
    picture.alt = (
        f"A rising line with simulated points. Cliff's delta is {first['expected_delta']:.2f} for a crawl that is blind"
        f" to popularity and {last['expected_delta']:.2f} at an elasticity of {last['elasticity']:g}, though popularity"
        " has no effect on staying."
    )
    return picture


def _percent_axes(axes: Axes, ticks: list[float]) -> None:
    axes.set_yticks(ticks)
    axes.yaxis.set_major_formatter(_PERCENT)
    axes.xaxis.set_major_formatter(_PERCENT)
    axes.minorticks_off()
