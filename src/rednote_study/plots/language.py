"""Figures of the language chapter."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from PIL import ImageFont
from wordcloud import WordCloud

from rednote_study.plots.registry import figure
from rednote_study.plots.style import CHINESE_FONT, COLOURS, WIDTH

_GROUPS = {"wave": ("wave", "o"), "control": ("control", "s")}


def _week_alt(t: pd.DataFrame) -> str:
    rows = t.dropna(subset="chinese")
    parts = [f"week of {r.week:%d %B}, {r.group}: {r.chinese:.0%} of {r.posts:.0f} posts" for r in rows.itertuples()]
    return "Share of posts with any Chinese by week, wave and control, with intervals. " + "; ".join(parts) + "."


@figure(
    "language-by-week",
    table="language_by_week",
    title="Chinese in posts, week by week",
    caption="Share of posts with any Chinese (hashtags left out) by week, with 95 % interval: accounts of the wave and the "
    "control group of older and younger accounts. Weeks with too few posts are left out.",
    alt=_week_alt,
)
def language_by_week(t: pd.DataFrame) -> Figure:
    """Dots by week, side by side."""
    fig, ax = plt.subplots(figsize=(WIDTH, 3.9))
    for (group, (colour, marker)), shift in zip(_GROUPS.items(), (-0.8, 0.8), strict=True):
        rows = t[t["group"].eq(group)].dropna(subset="chinese")
        errors = np.array([rows["chinese"] - rows["chinese_low"], rows["chinese_high"] - rows["chinese"]]) * 100
        x = rows["week"] + pd.Timedelta(days=shift)
        ax.errorbar(
            x, rows["chinese"] * 100, yerr=errors, fmt=marker, color=COLOURS[colour], ms=8, capsize=3, label=group
        )
    weeks = sorted(set(t["week"]))
    ax.set_xticks(weeks, [f"{w.day} {w:%b}" for w in weeks], fontsize=9)
    ax.set(ylabel="posts with any Chinese (%)", xlabel="week beginning on", ylim=(0, 100))
    ax.legend(loc="lower right", fontsize=10, frameon=True)
    return fig


def _did_alt(shares: pd.DataFrame, did: pd.DataFrame) -> str:
    parts = [f"{r.account}, crawl {r.crawl}: {r.chinese:.0%}" for r in shares.dropna(subset="chinese").itertuples()]
    row = did.iloc[0]
    return (
        "Two rising lines, older accounts above wave accounts. " + "; ".join(parts) + ". "
        f"Difference of the two rises: {row['did'] * 100:+.1f} points ({row['low'] * 100:+.1f} to {row['high'] * 100:+.1f})."
    )


@figure(
    "language-did",
    table=("language_shares", "language_did"),
    title="The wave and the others move alike",
    caption="Share of posts with any Chinese in the first and the last crawl, with 95 % interval: accounts of the wave, and "
    "accounts older than the wave. Dashed: where the wave would be if it had risen as much as the older accounts.",
    alt=_did_alt,
)
def language_did(shares: pd.DataFrame, did: pd.DataFrame) -> Figure:
    """Two lines and the counterfactual."""
    fig, ax = plt.subplots(figsize=(WIDTH, 4))
    ends = [1, shares["crawl"].max()]
    for account, colour, marker, shift in (("older", "older", "s", 0.015), ("wave", "wave", "o", -0.015)):
        rows = shares[shares["account"].eq(account) & shares["crawl"].isin(ends)].dropna(subset="chinese")
        x = rows["crawl"].map({ends[0]: 0, ends[1]: 1}) + shift
        errors = np.array([rows["chinese"] - rows["chinese_low"], rows["chinese_high"] - rows["chinese"]]) * 100
        ax.errorbar(
            x, rows["chinese"] * 100, yerr=errors, fmt=f"-{marker}", color=COLOURS[colour], ms=8, lw=2, capsize=4
        )
        for place, value in zip(x, rows["chinese"] * 100, strict=True):
            side = {"ha": "right", "xytext": (-9, 0)} if place < 0.5 else {"ha": "left", "xytext": (9, 0)}
            label = f"{account}: {value:.0f} %"
            ax.annotate(label, (place, value), textcoords="offset points", va="center", fontsize=10, **side)
    start = shares[shares["account"].eq("wave") & shares["crawl"].eq(1)]["chinese"]
    change = did["control_change"].iloc[0]
    if len(start) and not pd.isna(change):
        line = np.array([start.iloc[0], start.iloc[0] + change]) * 100
        ax.plot([-0.015, 0.985], line, "--", color=COLOURS["neutral"], lw=1.2)
    ax.set_xticks([0, 1], ["first crawl", "last crawl"])
    ax.set(ylabel="posts with any Chinese (%)", xlim=(-0.35, 1.35), ylim=(0, 100))
    ax.grid(axis="x", visible=False)
    return fig


_SCRIPTS = {
    "chinese": ("any Chinese", "han", ".."),  # first, so that its bars begin at zero
    "latin_share": ("Latin letters only", "latin", ""),
    "none_share": ("neither", "none", ""),
}


@figure(
    "language-by-tenure",
    table="language_by_tenure",
    title="Language and age of the account",
    caption="Language of posts of wave accounts by days since registration and crawl. No class of days is seen in both "
    "crawls, so age of the account and crawl cannot be told apart. Shares that rest on one to four posts are left blank, with their counterpart.",
    alt=lambda t: (
        "Stacked bars by crawl and days since registration. "
        + "; ".join(
            f"crawl {r.crawl}, {r.tenure} days: {r.latin_share:.0%} Latin only, {r.mixed_share:.0%} both"
            for r in t.dropna(subset="latin_share").itertuples()
        )
        + "."
    ),
)
def language_by_tenure(t: pd.DataFrame) -> Figure:
    """Stacked horizontal bars."""
    t = t.dropna(subset="posts").iloc[::-1].reset_index(drop=True)
    fig, ax = plt.subplots(figsize=(WIDTH, 0.62 * len(t) + 1.4))
    left = np.zeros(len(t))
    for column, (label, colour, hatch) in _SCRIPTS.items():
        width = t[column].fillna(0) * 100
        ax.barh(t.index, width, left=left, color=COLOURS[colour], hatch=hatch, ec="white", label=label)
        left += width
    names = [f"{r.tenure} days, crawl {r.crawl}\n({r.posts:.0f} posts)" for r in t.itertuples()]
    ax.set_yticks(t.index, names, fontsize=9.5)
    ax.set(xlabel="share of posts (%)", xlim=(0, 100))
    ax.grid(axis="y", visible=False)
    fig.legend(loc="outside lower center", ncols=4, fontsize=9.5)
    return fig


@figure(
    "language-words",
    table="language_words",
    title="Words that gain and lose",
    caption="Words whose use among wave accounts changes most between the crawls: log odds ratio with informative Dirichlet "
    "prior, in standard deviations, and the same among control accounts where enough of them use the word. Beyond the "
    "dotted lines a change is larger than chance for one word looked at alone.",
    alt=lambda t: (
        "Dots by word, wave and control. Highest: "
        + ", ".join(f"{r.word} {r.z:+.1f}" for r in t.head(3).itertuples())
        + "; lowest: "
        + ", ".join(f"{r.word} {r.z:+.1f}" for r in t.tail(3).itertuples())
        + "."
    ),
)
def language_words(t: pd.DataFrame) -> Figure:
    """One row a word, gaining words on top."""
    t = t.iloc[::-1].reset_index(drop=True)
    fig, ax = plt.subplots(figsize=(WIDTH, 0.27 * len(t) + 1.2))
    for x in (-1.96, 1.96):
        ax.axvline(x, color=COLOURS["neutral"], lw=1, ls=":")
    ax.axvline(0, color=COLOURS["neutral"], lw=1)
    ax.scatter(t["z"], t.index, s=50, color=COLOURS["wave"], label="wave", zorder=3)
    ax.scatter(t["control_z"], t.index, s=40, marker="s", color=COLOURS["control"], label="control", zorder=2)
    english = t["english"].fillna("")
    ax.set_yticks(t.index, [f"{w} ({e})" if e else w for w, e in zip(t["word"], english, strict=True)], fontsize=9.5)
    ax.set(xlabel="less in the last crawl  ←  z  →  more in the last crawl", ylim=(-0.7, len(t) - 0.3))
    fig.legend(loc="outside lower center", ncols=2, fontsize=10)
    return fig


def _cloud_alt(t: pd.DataFrame) -> str:
    parts = [
        f"{text} text, crawl {crawl}: "
        + ", ".join(f"{r.word} ({r.users:.0f} users)" for r in rows.head(8).itertuples())
        for (text, crawl), rows in t.groupby(["text", "crawl"])
    ]
    return "Clouds of words, larger where more users use them. " + "; ".join(parts) + "."


_WORD_COLOURS = ("#003f66", "#0072B2", "#8a3d00", "#D55E00", "#00664b", "#444444")


def _word_colour(word: str, **_) -> str:
    """A dark colour that depends on the word alone; it carries no meaning."""
    return _WORD_COLOURS[sum(map(ord, word)) % len(_WORD_COLOURS)]


_CLOUD = (1300, 520)
"""Width and height of a cloud, in the units of its layout."""


def _draw_clouds(t: pd.DataFrame, titles: dict) -> Figure:
    """One cloud a title, below one another; size by users, the same every time. The words are text, not pixels."""
    shown = [(title, t[t["text"].eq(text) & t["crawl"].eq(crawl)]) for (text, crawl), title in titles.items()]
    shown = [(title, rows) for title, rows in shown if len(rows)]
    inches, panels = WIDTH * _CLOUD[1] / _CLOUD[0], max(len(shown), 1)
    fig = plt.figure(figsize=(WIDTH, (inches + 0.35) * panels))
    fig.set_layout_engine("none")  # the axes are where the words were measured
    for number, (title, rows) in enumerate(shown):
        bottom = 1 - (number + 1) / panels
        ax = fig.add_axes((0, bottom, 1, inches / fig.get_figheight()), xlim=(0, _CLOUD[0]), ylim=(_CLOUD[1], 0))
        _place_words(ax, dict(zip(rows["word"], rows["users"], strict=True)))
        ax.set_title(title, fontsize=11)
        ax.axis("off")
    return fig


def _place_words(ax, frequencies: dict[str, float]) -> None:
    """Write the words where the layout puts them, in the font it measured them in."""
    cloud = WordCloud(
        font_path=CHINESE_FONT,
        width=_CLOUD[0],
        height=_CLOUD[1],
        color_func=_word_colour,
        random_state=1,
        prefer_horizontal=1.0,
        relative_scaling=0.4,
        min_font_size=22,
    ).generate_from_frequencies(frequencies)
    for (word, _), size, (row, column), _, colour in cloud.layout_:
        left, top, *_ = ImageFont.truetype(CHINESE_FONT, size).getbbox(word, anchor="ls")  # from the base line
        points = size * WIDTH * 72 / _CLOUD[0]
        style = {"fontfamily": "Noto Sans SC", "fontsize": points, "color": colour}
        ax.text(column - left, row - top, word, ha="left", va="baseline", **style)


@figure(
    "language-wordcloud",
    table="language_wordcloud",
    title="Words of the crawls",
    caption="Words by number of users, first and last crawl, all accounts; hashtags, marks and stop words taken out, words of "
    "fewer than five users left out. Sizes within one cloud compare; between clouds they do not.",
    alt=lambda t: _cloud_alt(t[t["text"].eq("clean")]),
)
def language_wordcloud(t: pd.DataFrame) -> Figure:
    """Clouds of the cleaned text."""
    crawls = sorted(t["crawl"].unique())
    return _draw_clouds(t, {("clean", c): f"crawl {c}" for c in (crawls[:1] + crawls[1:][-1:])})


@figure(
    "language-wordcloud-published",
    table="language_wordcloud",
    title="A word cloud made as published",
    caption="Words by number of users in the last crawl, with hashtags and format marks kept, as in the published report: "
    "the mark 话题 (topic) and the names of the event cover everything else.",
    alt=lambda t: _cloud_alt(t[t["text"].eq("published")]),
)
def language_wordcloud_published(t: pd.DataFrame) -> Figure:
    """Cloud of the text with its marks, last crawl."""
    return _draw_clouds(t, {("published", t["crawl"].max()): "hashtags and marks kept"})


@figure(
    "language-hashtags",
    table="language_hashtags",
    title="Hashtags of the wave",
    caption="Change in the share of wave users who use a hashtag, from the first to the last crawl, with 95 % interval. "
    "Squares name the event: the crawls searched for such words, so their share says how the crawl searched.",
    alt=lambda t: (
        "Dots with intervals by hashtag. "
        + "; ".join(f"{r.tag}: {r.change * 100:+.1f} points" for r in t.head(12).itertuples() if not pd.isna(r.change))
        + "."
    ),
)
def language_hashtags(t: pd.DataFrame) -> Figure:
    """One row a hashtag, most used on top."""
    t = t.dropna(subset="change").head(20).iloc[::-1].reset_index(drop=True)
    fig, ax = plt.subplots(figsize=(WIDTH, 0.3 * len(t) + 1.2))
    ax.axvline(0, color=COLOURS["neutral"], lw=1)
    for event, colour, marker, label in ((True, "published", "s", "names the event"), (False, "wave", "o", "other")):
        rows = t[t["event"].eq(event)]
        errors = np.array([rows["change"] - rows["low"], rows["high"] - rows["change"]]) * 100
        style = {"fmt": marker, "color": COLOURS[colour], "ms": 6, "capsize": 2, "label": label}
        ax.errorbar(rows["change"] * 100, rows.index, xerr=errors, **style)
    ax.set_yticks(t.index, [f"#{tag}" if len(tag) <= 32 else f"#{tag[:31]}…" for tag in t["tag"]], fontsize=9.5)
    ax.set(xlabel="change in the share of users (percentage points)", ylim=(-0.7, len(t) - 0.3))
    fig.legend(loc="outside lower center", ncols=2, fontsize=10)
    return fig
