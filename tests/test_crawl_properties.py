"""Whatever headings, containers and notations come together: no row is lost, none counted twice, nobody sees a traceback."""

import csv
import io
import json
import sqlite3

import duckdb
import pandas as pd
import pytest
from crawl_file import object_id
from hypothesis import given, settings
from hypothesis import strategies as st

from rednote_study.crawl.posts import POSTS, read_posts
from rednote_study.errors import DataError
from rednote_study.text.hashtags import hashtags

HEADINGS = {
    "own": ["post_id", "user_id", "title", "content", "label", "like_count", "collect_count", "comment_count", "share_count", "create_time"],
    "MediaCrawler": ["note_id", "user_id", "title", "desc", "tag_list", "liked_count", "collected_count", "comment_count", "share_count", "time"],
    "XHS-Downloader": ["作品ID", "作者ID", "作品标题", "作品描述", "作品标签", "点赞数量", "收藏数量", "评论数量", "分享数量", "发布时间"],
    "Spider_XHS": ["笔记id", "用户id", "标题", "描述", "标签", "点赞数量", "收藏数量", "评论数量", "分享数量", "上传时间"],
}  # fmt: skip
MORE = {"MediaCrawler": {"last_modify_ts": "1736900000000"}}
MADE = pd.Timestamp("2025-01-14 12:08")
TIMES = [
    "",
    "未知",
    "3天前",
    "2025-01-14",
    "1736827680",
    "1736827680000",
    "1.73683E+12",
    "2025-01-14_12:08",
    "soon",
    "1/14/1901 00:00",
    "2025-01-14 04:08Z",
]
COUNTS = ["", "-1", "None", "赞", "10+", "1.2万", "14", "14.0", "many"]
CELLS = st.fixed_dictionaries(
    {
        "post": st.integers(1, 6).map(lambda n: object_id(f"{MADE:%Y-%m-%d %H:%M}", n))
        | st.sampled_from(["", "6.78537E+23", "x"]),
        "user": st.integers(1, 4).map(lambda n: object_id("2025-01-10 09:00", n))
        | st.sampled_from(["", "abc", "0123456789abcdef"]),
        "text": st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
        "label": st.sampled_from([[], ["cat"], ["cat", "猫"], ["cat ears", "猫"]]),
        "count": st.sampled_from(COUNTS),
        "time": st.sampled_from(TIMES),
    }
)


LABELS = {"own": "#".join, "MediaCrawler": ",".join, "XHS-Downloader": " ".join, "Spider_XHS": str}


def cells(record, tool):
    texts = [record["text"], record["text"], LABELS[tool](record["label"])]
    return [record["post"], record["user"], *texts, *[record["count"]] * 4, record["time"]]


def write(path, container, tool, records):
    """The rows in a file; its name says nothing of what it is."""
    headings = [*HEADINGS[tool], *MORE.get(tool, {})]
    rows = [[*cells(r, tool), *MORE.get(tool, {}).values()] for r in records]
    if container in ("csv", "semicolons", "tabs", "utf-16", "gb18030"):
        out = io.StringIO()
        writer = csv.writer(out, quoting=csv.QUOTE_ALL, delimiter={"semicolons": ";", "tabs": "\t"}.get(container, ","))
        writer.writerows([headings, *rows])
        path.write_bytes(out.getvalue().encode(container if container in ("utf-16", "gb18030") else "utf-8"))
    elif container == "json":
        path.write_text(json.dumps([dict(zip(headings, r, strict=True)) for r in rows]), "utf-8")
    elif container == "lines":
        path.write_text("\n".join(json.dumps(dict(zip(headings, r, strict=True))) for r in rows), "utf-8")
    elif container == "sqlite":
        with sqlite3.connect(path) as database:
            name = "explore_data" if tool == "XHS-Downloader" else "xhs_note"
            database.execute(f"CREATE TABLE {name} ({', '.join(headings)})")
            database.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(headings))})", rows)
        database.close()
    else:
        frame = pd.DataFrame(rows, columns=headings)
        connection = duckdb.connect()
        connection.register("frame", frame)
        connection.execute(f"COPY frame TO '{path}' (FORMAT parquet)")
        connection.close()


CONTAINERS = ["csv", "semicolons", "tabs", "utf-16", "json", "lines", "sqlite", "parquet"]


@settings(max_examples=30)
@given(st.sampled_from(CONTAINERS), st.sampled_from(sorted(HEADINGS)), st.lists(CELLS, min_size=1, max_size=12))
def test_posts_rows_set_aside_and_repeats_are_the_rows(tmp_path_factory, container, tool, records):
    if container == "sqlite" and tool not in ("MediaCrawler", "XHS-Downloader"):
        tool = "MediaCrawler"
    path = tmp_path_factory.mktemp("c") / "crawl"
    write(path, container, tool, records)
    try:
        read = read_posts(path)
    except DataError as error:
        assert f"none of {len(records)} rows can be used" in str(error)
        return
    POSTS.validate(read.posts)
    reading = read.reading
    assert reading.rows == len(records) == reading.posts + reading.set_aside + reading.repeats
    assert reading.set_aside == sum(reading.reasons.values()) and len(read.posts) == reading.posts
    assert set(read.posts["line"]).isdisjoint(read.quarantine["line"])
    assert (read.posts["created"].dt.normalize() == MADE.normalize()).all(), "no shift"
    tags = set(hashtags(read.posts.assign(title=None, content=None))["tag"])
    assert tags <= ({"cat", "ears", "猫"} if tool == "XHS-Downloader" else {"cat", "cat ears", "猫"}), "no glue"
    texts = {r["text"].replace("\0", "") for r in records}
    assert set(read.posts["title"].dropna()) <= texts, "no loss"


@settings(max_examples=15)
@given(st.lists(CELLS, min_size=3, max_size=8), st.sampled_from([c for c in CONTAINERS if c != "csv"]))
def test_the_container_changes_nothing(tmp_path_factory, records, container):
    folder = tmp_path_factory.mktemp("c")
    said = []
    for kind in ("csv", container):
        write(folder / kind, kind, "MediaCrawler", records)
        try:
            read = read_posts(folder / kind)
        except DataError as error:
            said.append(str(error).partition("Line")[0].replace(str(folder / kind), ""))
        else:
            said.append(
                (read.reading.as_dict() | {"container": ""}, read.posts.drop(columns="line").to_dict("records"))
            )
    assert str(said[0]) == str(said[1])


@pytest.mark.parametrize(
    "text",
    ["歡迎新朋友來做客", "こんにちは世界、猫です", "안녕하세요 세계 여러분", "café à la crème", "欢迎新朋友来做客"],
)
@pytest.mark.parametrize("encoding", ["gb18030", "big5", "shift_jis", "euc_kr", "latin-1"])
def test_an_encoding_is_read_right_or_refused(tmp_path, text, encoding):
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        pytest.skip("this encoding has no such characters")
    record = dict(
        post=object_id("2025-01-14 12:08", 1),
        user=object_id("2025-01-10 09:00", 1),
        text=text,
        label="",
        count="1",
        time="",
    )
    write(tmp_path / "crawl.csv", "csv", "MediaCrawler", [record] * 3)
    content = (tmp_path / "crawl.csv").read_text("utf-8").encode(encoding)
    (tmp_path / "crawl.csv").write_bytes(content)
    try:
        read = read_posts(tmp_path / "crawl.csv")
    except DataError as error:
        assert "not UTF-8 text" in str(error)
    else:
        assert read.posts["title"].tolist() == [text]
