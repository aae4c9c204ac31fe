"""Posts as rows of the raw file: texts, notations of counts, identifiers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rednote_study.identifiers import UTC_OFFSET
from rednote_study.published import published_facts
from rednote_study.replica import grammar

__all__ = ["write_texts"]

COUNTS = ("like_count", "collect_count", "comment_count", "share_count")
STICKERS = ("[笑哭R]", "[飞吻R]", "[害羞R]", "[赞R]")
EMOJI = ("😊", "🐱", "🎉", "✨", "❤️", "🙏")
PLACES = {
    "latin": ("美国", "美国", "美国", "加拿大", "英国"),
    "han": ("上海", "北京", "广东", "浙江", "四川", "湖北", "江苏"),
    "mixed": ("美国", "美国", "上海", "广东"),
    "none": ("美国", "北京"),
}
ANIMALS = ("otter", "heron", "lynx", "finch", "badger", "crane", "marten", "plover")


def write_texts(posts: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Write every cell of the raw file.

    Parameters
    ----------
    posts : pandas.DataFrame
        With ``user``, ``registered``, ``created``, ``language``, ``topic``, ``banded`` and the counts.
    rng : numpy.random.Generator
        Source of randomness; only ``random`` and ``integers`` are used.

    Returns
    -------
    pandas.DataFrame of str
        The columns of the published file.
    """
    written = pd.DataFrame([_post(*row, rng) for row in zip(posts["language"], posts["topic"], strict=True)])
    rows = pd.concat([posts.reset_index(drop=True), written], axis=1)
    rows = _blank(rows, rng)
    users = rows.drop_duplicates("user").set_index("user")
    ids = pd.Series(_object_ids(users["registered"], rng), index=users.index)
    out = rows[["title", "content", "label"]].copy()
    out["user_id"] = rows["user"].map(ids)
    out["post_id"] = _object_ids(rows["created"], rng)
    out["user_name"] = [f"synthetic-{ANIMALS[u % len(ANIMALS)]}-{u:04}" for u in rows["user"]]
    out["address"] = "https://example.org/user/profile/" + out["user_id"]
    out["image"] = "https://example.org/image/" + out["post_id"]
    for count in COUNTS:
        out[count] = [notation(v, b) for v, b in zip(rows[count], rows["banded"], strict=True)]
    created = rows["created"]
    out["create_time"] = [f"{t.month}/{t.day}/{t.year} {t.hour}:{t.minute:02}" for t in created]
    out["ip_localtion"] = [PLACES[code][rng.integers(len(PLACES[code]))] for code in rows["language"]]
    out["type"] = np.where(rng.random(len(rows)) < 0.4, "video", "normal")
    return out


def notation(value: int, banded: bool) -> str:
    """A count as the platform shows it.

    Examples
    --------
    >>> notation(845000, False), notation(20000, False), notation(37, False), notation(37, True), notation(4, True)
    ('84.5万', '2万', '37', '10+', '4')
    """
    if banded and value >= 10:
        power = len(str(value)) - 1
        return {1: "10+", 2: "100+", 3: "1千+"}.get(power, "1万+")
    if value >= 10_000:
        return f"{value / 10_000:.1f}".removesuffix(".0") + "万"
    return str(value)


def _post(language: str, topic: str, rng: np.random.Generator) -> dict[str, str]:
    """Title, content and label of one post."""
    tags = ["tiktokrefugee"] + [_tag(language, t, rng) for t in ("any", topic, topic)[: 1 + rng.integers(3)]]
    tags = list(dict.fromkeys(tags))
    marked = " ".join(f"#{t}[话题]#" for t in tags)
    if language == "none":
        mood = EMOJI[rng.integers(len(EMOJI))] * (1 + rng.integers(3))
        return {"title": mood, "content": f"{mood} {marked}", "label": "#".join(tags) + "#"}
    languages = {"latin": ["english"], "han": ["chinese"], "mixed": ["english", "chinese"]}[language]
    title = grammar.sentence(topic, "title", languages[rng.integers(len(languages))], rng)
    body = " ".join(_body(topic, name, rng) for name in languages)
    ending = ("", STICKERS[rng.integers(len(STICKERS))], EMOJI[rng.integers(len(EMOJI))])[rng.integers(3)]
    return {"title": title, "content": f"{body}{ending}\n{marked}", "label": "#".join(tags) + "#"}


def _tag(language: str, topic: str, rng: np.random.Generator) -> str:
    chinese = language == "han" or (language == "mixed" and rng.integers(2) == 0)
    return grammar.tag(topic, "chinese" if chinese else "english", rng)


def _body(topic: str, language: str, rng: np.random.Generator) -> str:
    """One to four sentences, each said once."""
    parts = [grammar.sentence("any", "opener", language, rng)] if rng.integers(3) == 0 else []
    parts += [grammar.sentence(topic, "sentence", language, rng) for _ in range(1 + rng.integers(2))]
    parts += [grammar.sentence("any", "closer", language, rng)] if rng.integers(3) == 0 else []
    return ("" if language == "chinese" else " ").join(dict.fromkeys(parts))


def _blank(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Leave as many titles, contents and labels blank as the published file has."""
    described = published_facts()["dataset"]
    for column in ("title", "content", "label"):
        filled = round(described["non_null"][column] * len(rows) / described["rows"])
        order = np.argsort(rng.random(len(rows)), kind="stable")
        rows.loc[order[filled:], column] = ""
    return rows


def _object_ids(times: pd.Series, rng: np.random.Generator) -> list[str]:
    """Identifiers with these times of China (to the second) and random rests."""
    seconds = (times - UTC_OFFSET).astype("datetime64[s]").astype("int64")
    high, low = rng.integers(2**32, size=len(times)), rng.integers(2**32, size=len(times))
    return [f"{s:08x}{h:08x}{w:08x}" for s, h, w in zip(seconds, high, low, strict=True)]
