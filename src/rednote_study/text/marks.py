"""Marks of a post that the crawler or the search left."""

import pandas as pd

from rednote_study.crawl.crawls import format_marks
from rednote_study.text.hashtags import is_refugee_tag

MARKS = {
    "format_mark": "suffix [话题] (topic) in the text",
    "blank_ends": "white space at an end of the text",
    "tabs": "tab in the text",
    "line_breaks": "line break in the text",
    "banded": "a count shown as a band (10+)",
    "no_title": "no title",
    "search_word": "name of the event in the title",
}
"""Marks of a post that the crawler or the search left, and what they are."""


def post_marks(posts: pd.DataFrame) -> pd.DataFrame:
    """The marks of each post (bool, one column a key of `MARKS`)."""
    content, title = posts["content"].fillna(""), posts["title"].fillna("")
    return format_marks(posts).assign(
        tabs=content.str.contains("\t", regex=False),
        line_breaks=content.str.strip().str.contains("\n", regex=False),
        no_title=posts["title"].isna(),
        search_word=is_refugee_tag(title.str.lower()),
    )[list(MARKS)]
