"""The whole story in one picture: when newcomers came, what each crawl saw of them, and what no crawl saw."""

from __future__ import annotations

from types import MappingProxyType

import pandas as pd
from matplotlib import dates

from rednote_study.plots.picture import Picture, draws
from rednote_study.plots.style import COLOURS, WIDTH
from rednote_study.store.small_cells import MINIMUM_USERS

LANGUAGES = MappingProxyType(
    {
        "en": {
            "day": "%-d %b",
            "arrivals": "Newcomers found, by the day\nthey registered: {users:.0f} on {day}",
            "posts": "Posts in crawl {crawl}, by the half hour",
            "time": "%-d %b %H:%M",
            "unseen": "Crawl {crawl}: {users:.0f} people. Stayed or left? Not seen",
            "seen": "Crawl {crawl}: {users:.0f} people{others}",
            "none": ", none seen before",
            "some": ", some seen before",
            "alt": "Time from {start} to {end} 2025. Bars: newcomers' accounts by day of registration, most on {day} "
            "({users:.0f}). Inset: posts in the first crawl by the half hour, China time, most at {top} ({posts:.0f}). "
            "Below, a bar for each crawl, filled while it saw posts. ",
            "band": "Crawl {crawl}: {users:.0f} people, posts from {first} to {last}, {shared:.0f} of them in another crawl. ",
        },
        "zh": {
            "day": "%-m月%-d日",
            "arrivals": "抓取到的新用户（按注册日期）\n{day}最多：{users:.0f}人",
            "posts": "第{crawl}次抓取的帖子（每半小时）",
            "time": "%-m月%-d日%H:%M",
            "unseen": "第{crawl}次抓取：{users:.0f}人，去留不得而知",
            "seen": "第{crawl}次抓取：{users:.0f}人{others}",
            "none": "，此前均未出现",
            "some": "，部分此前出现过",
            "alt": "时间为2025年{start}至{end}。柱形：被抓取到的新用户按注册日期的人数，{day}最多（{users:.0f}人）。"
            "小图：第一次抓取中每半小时的帖子数（北京时间），{top}最多（{posts:.0f}篇）。下方每次抓取一条横带，实色为有帖子的时段。",
            "band": "第{crawl}次抓取：{users:.0f}人，帖子从{first}到{last}，其中{shared:.0f}人也出现在另一次抓取中。",
        },
    }
)
"""What is written, by language."""


@draws
def story(
    registrations: pd.DataFrame, half_hours: pd.DataFrame, crawls: pd.DataFrame, *, language: str = "en"
) -> Picture:
    """Bars by day, an inset by the half hour, and a band for each crawl that is hatched where it saw nobody.

    Parameters
    ----------
    registrations : pandas.DataFrame
        ``day`` and ``users``; what is missing is one to four.
    half_hours : pandas.DataFrame
        ``start`` and ``posts`` of one crawl, the first.
    crawls : pandas.DataFrame
        One row a crawl: ``crawl``, ``first_post``, ``last_post``, ``users``, ``shared``.
    language : str
        A key of :data:`LANGUAGES`.
    """
    words = LANGUAGES[language]
    days = registrations[registrations["users"].ne(0)]
    crawls = crawls.assign(**{c: pd.to_datetime(crawls[c]) for c in ("first_post", "last_post")})
    picture = Picture(figsize=(WIDTH, 3.5))
    top, bands = picture.subplots(2, sharex=True, height_ratios=(3, 1))
    start, end = min([crawls["first_post"].min(), *days["day"]]).floor("D"), crawls["last_post"].max().ceil("D")
    noon, peak = pd.Timedelta("12h"), days.loc[days["users"].idxmax()] if days["users"].notna().any() else None
    top.bar(days["day"] + noon, days["users"], width=0.9, color=COLOURS["wave"])
    few = days.loc[days["users"].isna(), "day"]
    if len(few):  # the layout would make room for a mark of no line
        top.plot(few + noon, [0] * len(few), "|", color=COLOURS["wave"], ms=5, clip_on=False)
    top.set(xlim=(start - noon, end + noon), yticks=[])
    said = {} if peak is None else {"day": f"{peak['day']:{words['day']}}", "users": peak["users"]}
    if said:
        top.text(peak["day"] + pd.Timedelta("36h"), peak["users"], words["arrivals"].format(**said), va="top",
                 color=COLOURS["wave"], fontsize=13.5, in_layout=False)  # fmt: skip
    _inset(top, half_hours.assign(start=pd.to_datetime(half_hours["start"])), words, crawls["crawl"].min())
    _bands(bands, crawls, (start, end), words)
    bands.xaxis.set_major_locator(dates.DayLocator(bymonthday=[1, 15]))
    bands.xaxis.set_major_formatter(dates.DateFormatter(words["day"]))
    for axis in (top, bands):
        axis.grid(visible=False)
        axis.spines["left"].set_visible(False)
        axis.tick_params(labelsize=12)
    picture.alt = _alt(said, half_hours, crawls, start, words)
    return picture


def _inset(axis, half_hours: pd.DataFrame, words: dict, crawl: int) -> None:
    """Posts by the half hour, right of the bars, where hardly anybody registered."""
    shown = half_hours.dropna(subset="posts")
    if shown.empty:
        return
    inset = axis.inset_axes((0.27, 0.19, 0.71, 0.38))
    inset.bar(shown["start"], shown["posts"], width=1 / 48, align="edge", color=COLOURS["neutral"])
    inset.set_title(words["posts"].format(crawl=crawl), fontsize=12.5, loc="left", pad=3, color=COLOURS["neutral"])
    inset.xaxis.set_major_locator(dates.DayLocator())
    inset.xaxis.set_major_formatter(dates.DateFormatter(words["day"]))
    inset.tick_params(labelsize=11.5)
    inset.set(yticks=[])
    inset.grid(visible=False)
    inset.spines["left"].set_visible(False)


def _bands(axis, crawls: pd.DataFrame, whole: tuple, words: dict) -> None:
    """One lane a crawl: filled from its first post to its last, hatched where it saw nobody."""
    start, end = map(dates.date2num, whole)
    for lane, row in enumerate(crawls.itertuples()):
        first, last = dates.date2num(row.first_post), dates.date2num(row.last_post)
        axis.barh(-lane, end - start, left=start, height=0.8, color="white", edgecolor="#BBBBBB", hatch="////", lw=0)
        axis.barh(-lane, last - first, left=first, height=0.8, color=COLOURS["neutral"])
        if last - first > (end - start) / 2:
            others = words["some" if row.shared >= MINIMUM_USERS else "none"] if lane else ""
            place, colour, text = (first + last) / 2, "white", words["seen"].format(**row._asdict(), others=others)
        else:
            place, colour, text = (last + end) / 2, "black", words["unseen"].format(**row._asdict())
        behind = {"facecolor": "white", "edgecolor": "none", "pad": 1.5} if colour == "black" else None
        axis.text(place, -lane, text, color=colour, ha="center", va="center", fontsize=13, bbox=behind, in_layout=False)
    axis.set(yticks=[], ylim=(0.5 - len(crawls), 0.5))


def _alt(said: dict, half_hours: pd.DataFrame, crawls: pd.DataFrame, begin: pd.Timestamp, words: dict) -> str:
    start, end = f"{begin:{words['day']}}", f"{crawls['last_post'].max():{words['day']}}"
    known = half_hours.dropna(subset="posts")
    text = ""
    if said and len(known):
        most = known.loc[known["posts"].idxmax()]
        top = f"{pd.Timestamp(most['start']):{words['time']}}"
        text = words["alt"].format(**said, start=start, end=end, top=top, posts=most["posts"])
    for row in crawls.itertuples():
        ends = {"first": f"{row.first_post:{words['day']}}", "last": f"{row.last_post:{words['day']}}"}
        text += words["band"].format(crawl=row.crawl, users=row.users, shared=row.shared, **ends)
    return text.strip()
