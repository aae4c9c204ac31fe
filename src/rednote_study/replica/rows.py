"""The replica as the raw file has it: 15 columns of text."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rednote_study.replica.draws import categorical, streams
from rednote_study.replica.engagement import COUNTS
from rednote_study.replica.grammar import Dice
from rednote_study.replica.population import Population
from rednote_study.replica.writing import write_content, write_tags, write_title
from rednote_study.reported.published import published_facts

_UTC_OFFSET = 8 * 3600
_SPREAD = 3 * 86400  # a crawl finds posts of neighbouring days in no order

_ABROAD = {"美国": 70, "加拿大": 8, "英国": 7, "澳大利亚": 5, "德国": 3, "法国": 2, "墨西哥": 2, "菲律宾": 2, "巴西": 1}
_CHINA = {
    "广东": 16, "上海": 12, "北京": 12, "浙江": 11, "江苏": 10, "四川": 8, "山东": 6, "福建": 5, "湖北": 5,
    "河南": 4, "湖南": 4, "陕西": 3, "重庆": 3, "辽宁": 3, "中国香港": 2, "云南": 2,
}  # fmt: skip
_FROM_CHINA = {"latin": 0.12, "mixed": 0.5, "han": 0.93}
"""Places that the platform shows, with assumed weights, and the assumed share of users in China by language."""

_NOUNS = (
    ("traveller", "旅人"), ("kite", "风筝"), ("teacup", "茶杯"), ("lantern", "灯笼"), ("sparrow", "麻雀"),
    ("pebble", "石子"), ("bicycle", "单车"), ("cloud", "云朵"), ("pencil", "铅笔"), ("maple", "枫叶"),
)  # fmt: skip


def to_rows(population: Population, seed: int) -> pd.DataFrame:
    """Write texts and format all cells.

    Returns
    -------
    pandas.DataFrame of str
        One row a post in the order of the crawl; an empty cell is a missing one.
    """
    rng = streams(seed)
    users = _user_cells(rng["file"], population.users)
    posts = _in_crawl_order(rng["file"], population.posts)
    cells = users.iloc[posts["user"]].reset_index(drop=True)
    cells[["title", "content", "label"]] = _texts(rng["text"], posts)
    cells["post_id"] = _object_ids(posts["time"], rng["file"].integers(0, 2**64, len(posts), dtype=np.uint64))
    cells["create_time"] = _created(posts["time"])
    for name in COUNTS:
        cells[name] = [_shown(n, b) for n, b in zip(posts[name].tolist(), posts["banded"].tolist(), strict=True)]
    pictures = rng["file"].integers(0, 2**64, len(posts), dtype=np.uint64).tolist()
    cells["image"] = [f"https://example.org/synthetic/{n:016x}?imageView2/2/w/540/format/jpg" for n in pictures]
    cells["type"] = np.where(rng["file"].random(len(posts)) < 0.35, "video", "normal")
    return cells[published_facts()["dataset"]["column_names"]].astype("str")


def _in_crawl_order(rng: np.random.Generator, posts: pd.DataFrame) -> pd.DataFrame:
    found = posts["time"].to_numpy() + rng.random(len(posts)) * _SPREAD
    return posts.iloc[np.argsort(found, kind="stable")].reset_index(drop=True)


def _user_cells(rng: np.random.Generator, users: pd.DataFrame) -> pd.DataFrame:
    """Cells that are the same in all posts of a user. Names and addresses are plainly made up."""
    ids, n = _object_ids(users["registered"], users["salt"].to_numpy()), len(users)
    nouns = categorical(rng, [1] * len(_NOUNS), n).tolist()
    chinese = users["language"].eq("han").tolist()
    names = [
        f"合成{_NOUNS[k][1]}{i:04d}" if han else f"synthetic-{_NOUNS[k][0]}-{i:04d}"
        for i, (k, han) in enumerate(zip(nouns, chinese, strict=True))
    ]
    in_china = rng.random(n) < users["language"].astype("str").map(_FROM_CHINA).to_numpy()
    home, away = categorical(rng, list(_CHINA.values()), n), categorical(rng, list(_ABROAD.values()), n)
    place = np.where(in_china, np.array(list(_CHINA))[home], np.array(list(_ABROAD))[away])
    address = [f"https://example.org/user/profile/{i}?xsec_token=synthetic&xsec_source=pc_search" for i in ids]
    return pd.DataFrame({"user_id": ids, "user_name": names, "address": address, "ip_localtion": place})


def _texts(rng: np.random.Generator, posts: pd.DataFrame) -> pd.DataFrame:
    """Title, content and label, as many of each missing as published."""
    facts, n = published_facts()["dataset"], len(posts)
    gaps = {c: (facts["rows"] - facts["non_null"][c]) * n // facts["rows"] for c in ("title", "content", "label")}
    wordless = posts["language"].eq("none").to_numpy()
    no_title = _chosen(gaps["title"], rng.random(n) - wordless)
    no_content = _chosen(gaps["content"], rng.random(n) + no_title)
    no_label = _chosen(gaps["label"], rng.random(n) + wordless)
    rows = zip(posts["topic"], posts["language"], no_title, no_content, no_label, Dice.many(rng, n), strict=True)
    return pd.DataFrame([_text(*row) for row in rows], columns=["title", "content", "label"])


def _chosen(number: int, keys: np.ndarray) -> np.ndarray:
    """The `number` smallest keys (bool)."""
    chosen = np.zeros(len(keys), dtype=bool)
    chosen[np.argsort(keys, kind="stable")[:number]] = True
    return chosen


def _text(topic: str, language: str, no_title, no_content, no_label, dice: Dice) -> tuple[str, str, str]:
    tags = [] if no_label else write_tags(topic, language, dice)
    label = "#".join(tags) + ("#" if tags and dice.chance(85) else "")
    title = "" if no_title else write_title(topic, language, dice)
    return title, "" if no_content else write_content(topic, language, tags, dice), label


def _object_ids(times: pd.Series, salts: np.ndarray) -> list[str]:
    return [f"{time:08x}{salt:016x}" for time, salt in zip(times.tolist(), salts.tolist(), strict=True)]


def _created(times: pd.Series) -> list[str]:
    """Wall time of China as the file writes it: ``1/14/2025 12:08``, hours without a leading zero."""
    local = pd.to_datetime(times + _UTC_OFFSET, unit="s").dt
    parts = zip(local.month, local.day, local.year, local.hour, local.minute, strict=True)
    return [f"{month}/{day}/{year} {hour}:{minute:02d}" for month, day, year, hour, minute in parts]


def _shown(count: int, banded: bool) -> str:
    """A count in the platform's notation; a band ``10+`` reaches to the next one, ``1千+``."""
    if banded and count >= 10:
        return "1万+" if count >= 10_000 else "1千+" if count >= 1000 else "10+"
    return f"{count / 10_000:g}万" if count >= 10_000 else str(count)
