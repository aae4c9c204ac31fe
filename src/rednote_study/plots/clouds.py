"""Clouds of words."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from PIL import ImageFont
from wordcloud import WordCloud

from rednote_study.plots.picture import Picture, draws
from rednote_study.plots.style import CHINESE_FONT, COLOURS, WIDTH

_COLOURS = ("#003f66", COLOURS["wave"], "#8a3d00", "#D55E00", "#00664b", "#444444")
_SIZE = (1300, 520)
"""Width and height of a cloud, in the units of its layout."""


@draws
def word_clouds(
    frame: pd.DataFrame, *, panels: str, words: str = "word", size: str = "users", titles: Mapping | None = None
) -> Picture:
    """One cloud for each value of `panels`, below one another; the same every time. The words are text, not pixels.

    Parameters
    ----------
    frame : pandas.DataFrame
    panels, words, size : str
        Columns: the cloud, the word, and the number that sets its size.
    titles : mapping, optional
        Title of a cloud by value of `panels`; without one, the column's name and the value.
    """
    clouds = {value: rows for value, rows in frame.groupby(panels)}
    inches, number = WIDTH * _SIZE[1] / _SIZE[0], max(len(clouds), 1)
    figure = Picture(figsize=(WIDTH, (inches + 0.35) * number))
    figure.set_layout_engine("none")  # the axes are where the words were measured
    for place, (value, rows) in enumerate(clouds.items()):
        bottom, height = 1 - (place + 1) / number, inches / figure.get_figheight()
        axis = figure.add_axes((0, bottom, 1, height), xlim=(0, _SIZE[0]), ylim=(_SIZE[1], 0))
        _place_words(axis, dict(zip(rows[words], rows[size], strict=True)))
        axis.set_title((titles or {}).get(value, f"{panels} {value}"), fontsize=11)
        axis.axis("off")
    figure.alt = _alt(clouds, panels, words, size)
    return figure


def _alt(clouds: Mapping, panels: str, words: str, size: str) -> str:
    parts = [
        f"{panels} {value}: "
        + ", ".join(f"{word} ({n:.0f} {size})" for word, n in rows[[words, size]].head(8).to_numpy())
        for value, rows in clouds.items()
    ]
    return f"Clouds of words, larger where more {size} use them. {'; '.join(parts)}."


def _place_words(axis, frequencies: dict[str, float]) -> None:
    """Write the words where the layout puts them, in the font it measured them in."""
    cloud = WordCloud(
        font_path=CHINESE_FONT,
        width=_SIZE[0],
        height=_SIZE[1],
        color_func=_colour,
        random_state=1,
        prefer_horizontal=1.0,
        relative_scaling=0.4,
        min_font_size=22,
    ).generate_from_frequencies(frequencies)
    for (word, _), size, (row, column), _, colour in cloud.layout_:
        left, top, *_ = ImageFont.truetype(CHINESE_FONT, size).getbbox(word, anchor="ls")  # from the base line
        points = size * WIDTH * 72 / _SIZE[0]
        style = {"fontfamily": "Noto Sans SC", "fontsize": points, "color": colour}
        axis.text(column - left, row - top, word, ha="left", va="baseline", **style)


def _colour(word: str, **_) -> str:
    """A dark colour that depends on the word alone; it carries no meaning."""
    return _COLOURS[sum(map(ord, word)) % len(_COLOURS)]
