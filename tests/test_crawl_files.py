"""Crawls as people have them: the files of known tools, and the states in which they come, each with its right values.

The files in ``data/crawls`` are synthetic: 40 posts by 22 users with 8 hashtags, in the formats of real tools.
"""

import functools
import hashlib
import json
import re
import sqlite3
import uuid
from pathlib import Path

import pandas as pd
import pytest
from crawl_file import object_id, row, text

from rednote_book import cli
from rednote_study import answers, open_crawl, plots, read_crawl
from rednote_study.analysis import behaviour, cohort, data, survival
from rednote_study.answers import notice
from rednote_study.crawl.containers import Table
from rednote_study.crawl.crawlers import crawlers
from rednote_study.crawl.own_crawl import convert, draft
from rednote_study.crawl.posts import read_posts
from rednote_study.crawl.reader import _check_sheets, read_raw
from rednote_study.crawl.users import build_users
from rednote_study.datasets.settings import READING
from rednote_study.errors import DataError
from rednote_study.system.paths import ROOT
from rednote_study.text.hashtags import hashtags

FOLDER = Path(__file__).parent / "data" / "crawls"
OWN = "the study's own columns"
UNTIL, SINCE = "MediaCrawler, until June 2026", "MediaCrawler, since July 2026"
FILES = {  # recognised as, columns used, of, posts, users, likes, hashtags, pairs of post and hashtag
    "00_control.csv": (OWN, 12, 12, 40, 22, 81_677, 8, 68),
    "01_4cat_export.csv": ("Zeeschuimer or 4CAT (CSV)", 10, 15, 40, 0, 81_677, 8, 68),
    "02_zeeschuimer.ndjson": ("Zeeschuimer (NDJSON)", None, None, 36, 22, 80_262, 8, 44),
    "03_zeeschuimer.csv": ("Zeeschuimer or 4CAT (CSV)", 10, 14, 40, 0, 81_677, 8, 68),
    "04_mediacrawler_2025.csv": (UNTIL, 15, 21, 40, 22, 81_563, 8, 68),
    "05_mediacrawler_2025.json": (UNTIL, 15, 21, 40, 22, 81_563, 8, 68),
    "06_mediacrawler_2026.jsonl": (SINCE, 14, 19, 40, 22, 81_563, 8, 68),
    "07_mediacrawler_2026.csv": (SINCE, 14, 19, 40, 22, 81_563, 8, 68),
    "08_mediacrawler.xlsx": (UNTIL, 15, 21, 40, 22, 81_563, 8, 68),
    "09_mediacrawler_sqlite.db": (UNTIL, 15, 22, 40, 22, 81_563, 8, 68),
    "10_xhs_downloader_ExploreData.db": ("XHS-Downloader", 13, 18, 40, 22, 81_563, 8, 68),
    "11_xhs_downloader_export.csv": ("XHS-Downloader", 13, 18, 40, 22, 81_563, 8, 68),
    "12_spider_xhs.xlsx": ("Spider_XHS", 14, 19, 40, 22, 81_563, 8, 68),
    "15_raw_api_feed.json": ("answers of the platform's own interface", None, None, 40, 22, 81_677, 8, 68),
    "20_mediacrawler_renamed_ms.csv": (OWN, 12, 12, 40, 22, 81_563, 8, 68),
    "21_renamed_pandas_naive_utc_comma_tags.csv": (OWN, 12, 12, 40, 22, 81_563, 8, 68),
    "22_renamed_pandas_aware_utc.csv": (OWN, 12, 12, 40, 22, 81_563, 8, 68),
    "23_comma_tags_no_tags_in_text.csv": (OWN, 12, 12, 40, 22, 81_563, 8, 68),
    "24_space_tags_no_tags_in_text.csv": (OWN, 12, 12, 40, 22, 81_677, 8, 68),
    "25_list_tags_no_tags_in_text.csv": (OWN, 12, 12, 40, 22, 81_677, 8, 68),
    "27_time_underscore.csv": (OWN, 12, 12, 40, 22, 81_677, 8, 68),
    "29_time_relative.csv": (OWN, 12, 12, 40, 22, 81_677, 8, 68),
    "30_time_blank_from_search.csv": (OWN, 12, 12, 40, 22, 81_677, 0, 0),
    "31_time_excel_scientific.csv": (OWN, 12, 12, 40, 22, 81_677, 8, 68),
    "40_counts_short_forms.csv": (OWN, 12, 12, 40, 22, 392_814, 8, 68),
    "41_counts_logged_out.csv": (OWN, 12, 12, 40, 22, 137_130, 8, 68),
    "42_counts_minus_one.csv": (OWN, 12, 12, 40, 22, 81_677, 8, 68),
    "44_counts_float.csv": (OWN, 12, 12, 40, 22, 81_677, 8, 68),
    "50_excel_ate_ids.csv": (OWN, 12, 12, 34, 19, 68_390, 8, 58),
    "51_gb18030.csv": (OWN, 12, 12, 40, 22, 81_677, 8, 68),
    "53_duplicates_three_runs.csv": (OWN, 12, 12, 20, 20, 40_409, 8, 34),
    "55_user_id_blank.csv": (OWN, 12, 12, 40, 0, 81_677, 8, 68),
    "56_user_hash_16.csv": (OWN, 12, 12, 40, 22, 81_677, 8, 68),
    "58_garbled_underscores.csv": (OWN, 12, 12, 40, 22, 81_677, 0, 0),
    "59_multiline_nul_emoji.csv": (OWN, 12, 12, 20, 20, 40_009, 8, 44),
    "63_tag_list_in_label_with_marks.csv": (OWN, 12, 12, 40, 22, 81_677, 8, 68),
}
REFUSED = {
    "54_comments_file.csv": "holds comments, not posts",
    "61_header_only.csv": "has a header and no rows",
}
FIRST, LAST = pd.Timestamp("2025-01-14 12:43:46"), pd.Timestamp("2025-02-13 10:29:48")


@pytest.fixture(autouse=True)
def _raw(tmp_path_factory, monkeypatch):
    """One salt for all tests here: frames of one are compared with frames of another."""
    monkeypatch.setenv("REDNOTE_STUDY_RAW", str(tmp_path_factory.getbasetemp() / "raw"))


def test_every_file_has_its_values():
    assert {p.name for p in FOLDER.iterdir()} == {*FILES, *REFUSED}


@functools.cache
def read_file(name):
    """A file, read once for all tests that only look at it."""
    return read_posts(FOLDER / name)


@pytest.mark.parametrize("name", FILES)
def test_a_file_gives_its_right_values(name):
    recognised, used, headings, posts, users, likes, tags, pairs = FILES[name]
    read = read_file(name)
    source = read.reading.as_dict()
    assert source["recognised"] == recognised
    assert used is None or (source["columns_used"], source["columns"]) == (used, headings)
    assert read.rows == len(read.posts) + source["repeats"] + source["set_aside"]
    assert (len(read.posts), len(build_users(read.posts))) == (posts, users)
    assert read.posts["like_count"].sum() == likes
    found = hashtags(read.posts)
    assert (found["tag"].nunique(), len(found)) == (tags, pairs)
    assert not read.posts["time_mismatch"].any()
    if len(read.posts) == 40:
        assert (read.posts["created"].min(), read.posts["created"].max()) == (FIRST, LAST)


@pytest.mark.parametrize("name", REFUSED)
def test_what_holds_no_posts_is_refused(name):
    with pytest.raises(DataError, match=REFUSED[name]):
        read_posts(FOLDER / name)


SAID = {
    "01_4cat_export.csv": [
        "no identifiers of users",
        "The NDJSON export of Zeeschuimer or 4CAT holds them",
        "no share",
    ],
    "02_zeeschuimer.ndjson": ["Posts without a time of their own: 10"],
    "06_mediacrawler_2026.jsonl": ["hashes in place of identifiers"],
    "10_xhs_downloader_ExploreData.db": ["Share counts are missing in 10 of 40 posts"],
    "21_renamed_pandas_naive_utc_comma_tags.csv": ["without a zone are 8 hours early", "separated by “,”"],
    "24_space_tags_no_tags_in_text.csv": ["separated by blanks"],
    "30_time_blank_from_search.csv": ["Posts without a time of their own: 40; it was taken from their identifiers."],
    "31_time_excel_scientific.csv": ["Excel cut 40 of them"],
    "41_counts_logged_out.csv": ["Counts of 40 of 40 posts are bands"],
    "53_duplicates_three_runs.csv": ["40 rows are earlier versions of posts"],
    "55_user_id_blank.csv": ["NDJSON of Zeeschuimer or 4CAT"],
    "58_garbled_underscores.csv": ["no text in this file"],
    "59_multiline_nul_emoji.csv": ["NUL characters were removed from"],
}


@pytest.mark.parametrize("name", FILES)
def test_what_was_done_to_a_file_is_said_and_nothing_else(name):
    said = read_file(name).reading.sentences()
    for words in SAID.get(name, []):
        assert any(words in sentence for sentence in said), said
    if name in {"00_control.csv", "04_mediacrawler_2025.csv", "12_spider_xhs.xlsx", "40_counts_short_forms.csv"}:
        assert said == []


def test_bands_and_words_of_a_reader_who_was_not_logged_in():
    posts = read_file("41_counts_logged_out.csv").posts
    assert posts["like_count_banded"].any() and posts["collect_count"].eq(0).any()
    assert posts["like_count"].notna().all()


# Shapes that are not among the files ---------------------------------------------------------------------------

USER, POST = object_id("2025-01-13 09:00", 7), object_id("2025-01-14 12:08:30", 8)
MS = 1736827710000
COUNTED = {"liked_count": "1.2万", "collected_count": "3", "comment_count": "4", "shared_count": "5"}
CARD = {
    "note_id": POST, "type": "video", "title": "t", "desc": "d", "time": MS, "ip_location": "美国",
    "user": {"user_id": USER, "nickname": "n"}, "interact_info": COUNTED, "tag_list": [{"name": "cat"}, {"name": "猫"}],
}  # fmt: skip
CAMEL = {
    "noteId": POST, "type": "video", "title": "t", "desc": "d", "time": MS, "ipLocation": "美国",
    "user": {"userId": USER, "nickname": "n"}, "tagList": [{"name": "cat"}, {"name": "猫"}],
    "interactInfo": {"likedCount": "1.2万", "collectedCount": "3", "commentCount": "4", "sharedCount": "5"},
}  # fmt: skip
FLAT = {
    **{k: CARD[k] for k in ("note_id", "type", "title", "desc", "time", "ip_location", "tag_list")},
    "user": CARD["user"],
}
ZEESCHUIMER = {"nav_index": "1:0", "item_id": POST, "source_platform": "xiaohongshu.com", "timestamp_collected": MS}
IMPORTED = {"__import_meta": {"timestamp_collected": MS}}
DOWNLOADED = {
    "作品ID": POST, "作品类型": "视频", "作品标题": "t", "作品描述": "d", "作品标签": "cat 猫", "发布时间": "2025-01-14_12:08:30",
    "收藏数量": "3", "评论数量": "4", "分享数量": "5", "点赞数量": "1.2万", "作者ID": USER,
}  # fmt: skip
SHAPES = {
    "search": {**ZEESCHUIMER, "data": {"id": POST, "model_type": "note", "note_card": CARD}},
    "feed with share_count": {
        **ZEESCHUIMER,
        "data": {"id": POST, "note_card": {**CARD, "interact_info": {**COUNTED, "share_count": "5", "shared_count": ""}}},
    },
    "post page": {**ZEESCHUIMER, "data": {"id": POST, "note": CAMEL}},
    "user page": {**ZEESCHUIMER, "data": {**FLAT, "interact_info": COUNTED}},
    "4CAT": {**IMPORTED, "id": POST, "note_card": CARD},
    "4CAT, post page": {**IMPORTED, "id": POST, "note": CAMEL},
    "answer": {"code": 0, "success": True, "data": {"items": [{"id": POST, "note_card": CARD}]}},
    "answer about a user": {"code": 0, "data": {"notes": [{**FLAT, "interact_info": COUNTED}]}},
    "list of answers": [{"data": {"items": [{"id": POST, "note_card": CARD}]}}, {"data": {"items": []}}],
    "xiaohongshu-mcp": {"feeds": [{"id": POST, "noteCard": CAMEL}], "count": 1},
    "xiaohongshu-mcp, one post": {"note": CAMEL, "comments": {"list": []}},
    "ReaJason/xhs": {
        **FLAT, "img_urls": [], "at_user_list": [],
        **{k.replace("shared", "share"): v for k, v in COUNTED.items()},
    },
    "MongoDB's export": {
        "note_id": POST, "user_id": USER, "title": "t", "desc": "d", "type": "video", "time": {"$numberLong": str(MS)},
        "liked_count": "1.2万", "collected_count": "3", "comment_count": "4", "share_count": "5", "tag_list": "cat,猫",
        "last_modify_ts": MS, "ip_location": "美国", "_id": {"$oid": "x"},
    },
    "XHS-Downloader's JSON": DOWNLOADED,
    "Spider_XHS": {
        "笔记id": POST, "笔记类型": "视频", "用户id": USER, "标题": "t", "描述": "d", "点赞数量": "1.2万", "收藏数量": "3",
        "评论数量": "4", "分享数量": "5", "标签": "['cat', '猫']", "上传时间": "2025-01-14 12:08:30", "ip归属地": "美国",
    },
    "Spider_XHS's info.json": {
        "note_id": POST, "note_url": f"https://www.xiaohongshu.com/explore/{POST}", "note_type": "视频", "user_id": USER,
        "home_url": f"https://www.xiaohongshu.com/user/profile/{USER}", "nickname": "n", "avatar": "a", "title": "t", "desc": "d",
        "liked_count": "1.2万", "collected_count": "3", "comment_count": "4", "share_count": "5", "video_cover": "v",
        "video_addr": "v", "image_list": ["i"], "tags": ["cat", "猫"], "upload_time": "2025-01-14 12:08:30", "ip_location": "美国",
    },
    "social-media-copilot": {
        "笔记ID": POST, "博主ID": USER, "笔记类型": "视频", "笔记标题": "t", "笔记详情": "d #cat[话题]# #猫[话题]#", "点赞数": "1.2万",
        "收藏数": "3", "评论数": "4", "分享数": "5", "发布时间": "2025-01-14 12:08:30", "IP地址": "美国",
    },
    "RedBookSpider": {
        "笔记标题": "t", "笔记链接": f"https://www.xiaohongshu.com/explore/{POST}?xsec_token=x", "用户ID": USER, "IP属地": "美国",
        "笔记发布时间": "2025.01.14", "笔记收藏数量": "3", "笔记评论数量": "4", "笔记点赞数量": "1.2万", "笔记转发数量": "5",
        "笔记内容": "d #cat #猫",
    },
}  # fmt: skip


IN_ONE_PIECE = ("search", "answer", "list of answers", "ReaJason/xhs")


@pytest.mark.parametrize(("shape", "lines"), [*((s, True) for s in SHAPES), *((s, False) for s in IN_ONE_PIECE)])
def test_each_shape_of_a_record_gives_the_same_post(tmp_path, shape, lines):
    path = tmp_path / ("crawl.ndjson" if lines else "crawl.json")
    path.write_text(json.dumps(SHAPES[shape], ensure_ascii=False, indent=None if lines else 2), "utf-8")
    read = read_posts(path)
    post = read.posts.iloc[0]
    assert (len(read.posts), post["created"]) == (1, pd.Timestamp("2025-01-14 12:08:30"))
    assert post[["like_count", "collect_count", "comment_count", "share_count"]].tolist() == [12_000, 3, 4, 5]
    assert post["registered"] == pd.Timestamp("2025-01-13 09:00") and post["title"] == "t"
    assert set(hashtags(read.posts)["tag"]) == {"cat", "猫"}
    assert pd.isna(post["post_type"]) or post["post_type"] == "video"


def test_every_known_crawler_has_a_file_or_a_shape(tmp_path):
    seen = {recognised for recognised, *_ in FILES.values()}
    for number, record in enumerate(SHAPES.values()):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(record), "utf-8")
        seen.add(read_raw(path).reading.crawler.name)
    assert {c.name for c in crawlers() if not c.refused} - seen == {"OpenCLI"}  # has no users: see below


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_a_search_by_opencli_has_times_of_identifiers_and_nobody(tmp_path, ending):
    found = [
        {"rank": n + 1, "title": "t", "author": "n", "likes": "1.2万" if n else "赞", "published_at": "2025-01-14",
         "url": f"https://www.xiaohongshu.com/search_result/{object_id('2025-01-14 12:08:30', n)}?xsec_token=x"}
        for n in range(3)
    ]  # fmt: skip
    path = tmp_path / f"crawl.{ending}"
    path.write_text(text(found, [*found[0]]) if ending == "csv" else json.dumps(found, ensure_ascii=False), "utf-8")
    read = read_posts(path)
    assert read.reading.crawler.name == "OpenCLI" and read.posts["like_count"].tolist() == [0, 12_000, 12_000]
    assert read.posts["created"].eq(pd.Timestamp("2025-01-14 12:08:30")).all()
    assert "The NDJSON export of Zeeschuimer holds them" in read.reading.sentences()[0]


def test_a_database_with_tables_of_other_platforms_gives_the_posts_of_this_one(tmp_path):
    with sqlite3.connect(tmp_path / "a.db") as database:
        for name, post in (("weibo_note", "1"), ("xhs_note", POST), ("xhs_note_comment", "2")):
            columns = "note_id, user_id, title, desc, time, liked_count, collected_count, comment_count, share_count"
            database.execute(f"CREATE TABLE {name} ({columns}, tag_list, last_modify_ts)")
            database.execute(
                f"INSERT INTO {name} VALUES ('{post}', '{USER}', 't', 'd', {MS}, '1', '1', '1', '1', '\"cat,猫\"', {MS})"
            )
    database.close()
    before = (tmp_path / "a.db").read_bytes()
    posts = read_posts(tmp_path / "a.db").posts
    assert len(posts) == 1 and set(hashtags(posts)["tag"]) == {"cat", "猫"}
    assert (tmp_path / "a.db").read_bytes() == before and len(list(tmp_path.glob("a.db*"))) == 1


@pytest.mark.parametrize("name", ["00_control.csv", "04_mediacrawler_2025.csv"])
def test_a_database_may_name_its_table_as_it_likes(tmp_path, name):
    frame = pd.read_csv(FOLDER / name, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    with sqlite3.connect(tmp_path / "a.db") as database:
        pd.DataFrame({"a": [1]}).to_sql("about", database)
        frame.to_sql("my posts", database)
    database.close()
    read = read_posts(tmp_path / "a.db")
    assert (read.reading.crawler.name, len(read.posts)) == (FILES[name][0], 40)


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda records: {"result": {"data": records}},
        lambda records: {record["note_id"]: record for record in records},
        lambda records: {key: {str(n): r[key] for n, r in enumerate(records)} for key in records[0]},  # pandas' default
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_json_in_other_wrappers_and_as_powershell_writes_it(tmp_path, wrapped, encoding):
    records = json.loads((FOLDER / "05_mediacrawler_2025.json").read_text("utf-8"))
    path = tmp_path / "crawl.json"
    path.write_text(json.dumps(wrapped(records), ensure_ascii=False), encoding)
    posts = read_posts(path).posts
    assert (len(posts), posts["like_count"].sum()) == (40, 81_563)


@pytest.mark.parametrize("content", ["[]", "{}", "[[]]"])
def test_json_without_records_is_told_as_such(tmp_path, content):
    (tmp_path / "crawl.json").write_text(content)
    with pytest.raises(DataError, match="JSON that holds no records"):
        read_posts(tmp_path / "crawl.json")


@pytest.mark.parametrize(
    "record",
    [
        {"评论id": "1", "评论内容": "x"},
        {"comment_id": "1", "content": "x"},
        {"data": {"comments": [{"sub_comments": []}]}},
    ],
)
def test_comments_are_refused_as_comments(tmp_path, record):
    path = tmp_path / "crawl.json"
    path.write_text(json.dumps(record), "utf-8")
    with pytest.raises(DataError, match="holds comments, not posts"):
        read_posts(path)


def test_a_line_that_is_not_json_and_a_value_that_is_no_record_are_set_aside(tmp_path):
    path = tmp_path / "crawl.ndjson"
    record = json.dumps(SHAPES["search"])
    lines = f'{record}\n{{"cut": \n17\n\n{record[:-1]}, "x": "\\ud800"}}\n'
    path.write_bytes(lines.encode() + b'{"not UTF-8": "\xff"}\n')
    read = read_posts(path)
    assert (read.rows, len(read.posts), read.reading.repeats, read.reading.set_aside) == (5, 1, 1, 3)
    assert [r for r in read.quarantine["reason"] if "later" not in r] == ["is not JSON", "is no record", "is not JSON"]


def test_halves_of_characters_become_u_fffd_and_are_counted(tmp_path):
    path = tmp_path / "crawl.json"
    card = json.dumps({"note_card": {**CARD, "desc": "a\ud800b \ud83d\ude00"}})
    path.write_text(card, "utf-8")
    read = read_posts(path)
    assert read.posts["content"][0] == "a\ufffdb 😀" and read.reading.done["surrogates_replaced"] == 1


def test_a_carriage_return_alone_in_a_text_of_zeeschuimer_makes_no_row(tmp_path):
    path = tmp_path / "crawl.csv"
    content = (FOLDER / "03_zeeschuimer.csv").read_bytes().replace(b"My cat approves th;", b"My cat\rapproves th;")
    path.write_bytes(content)
    read = read_posts(path)
    assert len(read.posts) == 40 and read.posts["title"].eq("My cat\rapproves th").any()


# Times, hashtags, versions -------------------------------------------------------------------------------------


def shifted(hours, rows=12, right=0, zone=""):
    """Rows whose times are off by so many hours, but for the last few."""
    made = []
    for n in range(rows):
        true = pd.Timestamp("2025-01-14 12:08") + pd.Timedelta(days=n)
        stated = true + pd.Timedelta(hours=hours if n < rows - right else 0)
        made.append(row(f"{true:%Y-%m-%d %H:%M}", user=n, post=n) | {"create_time": f"{stated:%Y-%m-%d %H:%M}{zone}"})
    return made


def read_rows(tmp_path, rows, **how):
    path = tmp_path / "crawl.csv"
    path.write_text(text(rows), "utf-8")
    return read_posts(path, **how)


@pytest.mark.parametrize(("hours", "words"), [(-8, "8 hours early"), (-13, "13 hours early"), (1.5, "1.5 hours late")])
def test_a_constant_shift_is_taken_back_and_said(tmp_path, hours, words):
    read = read_rows(tmp_path, shifted(hours))
    assert not read.posts["time_mismatch"].any() and words in read.reading.sentences()[0]
    assert read.reading.as_dict()["shift_hours"] == {"plain": hours}


@pytest.mark.parametrize(("rows", "right"), [(9, 0), (20, 3)])
def test_less_than_ten_posts_or_nine_in_ten_are_no_constant_shift(tmp_path, rows, right):
    read = read_rows(tmp_path, shifted(-8, rows, right))
    assert read.posts["time_mismatch"].sum() == rows - right and read.reading.as_dict()["shift_hours"] == {}


def test_two_in_twenty_may_be_right_and_are_then_off(tmp_path):
    assert read_rows(tmp_path, shifted(-8, 20, 2)).posts["time_mismatch"].sum() == 2


def test_times_written_in_two_ways_are_looked_at_apart(tmp_path):
    rows = shifted(-8, 12) + [
        r | {"post_id": object_id(f"2025-02-{n + 1:02} 10:00", 90 + n), "create_time": f"2025-02-{n + 1:02}T02:00Z"}
        for n, r in enumerate(shifted(0, 12))
    ]
    read = read_rows(tmp_path, rows)
    assert len(read.posts) == 24 and not read.posts["time_mismatch"].any()


@pytest.mark.parametrize(("hours", "zone"), [(-8, "UTC"), (-8, "+00:00"), (-13, "America/New_York"), (-2.5, "+05:30")])
def test_a_zone_that_is_named_holds(tmp_path, hours, zone):
    read = read_rows(tmp_path, shifted(hours, 3), zone=zone)
    assert not read.posts["time_mismatch"].any() and zone in read.reading.sentences()[0]


def test_an_unknown_zone_is_refused(tmp_path):
    with pytest.raises(DataError, match="no time zone 'Mars'"):
        read_rows(tmp_path, shifted(0, 3), zone="Mars")


@pytest.mark.parametrize(
    ("labels", "tags"),
    [
        (["a,b", "b,c d", "a"], {"a", "b", "c d"}),
        (["a，b", "b，c"], {"a", "b", "c"}),
        (["a b", "b c"], {"a", "b", "c"}),
        (['["a", "b"]', "[]", '["c"]'], {"a", "b", "c"}),
        (["('a', 'b')", "()", "('c',)"], {"a", "b", "c"}),
        (["{'a', 'b'}", "set()"], {"a", "b"}),
        (["['a' 'b'\n 'c']", "['a']"], {"a", "b", "c"}),  # NumPy's; to Python it is one text
        (["{a,b}", "{}", "{c}"], {"a", "b", "c"}),  # Postgres'
        (["a\nb", "b\nc"], {"a", "b", "c"}),
        (["＃a＃b", "＃c"], {"a", "b", "c"}),
        (["a", "b"], {"a", "b"}),
        (["a#b, c", "d,e"], {"a", "b, c", "d,e"}),  # one # in the file: it separates
    ],
)
def test_hashtags_are_separated_by_the_mark_that_gives_the_fewest(tmp_path, labels, tags):
    read = read_rows(tmp_path, [row(post=n, label=label) for n, label in enumerate(labels)])
    assert set(hashtags(read.posts)["tag"]) == tags


@pytest.mark.parametrize(
    "made",
    [
        lambda n: hashlib.sha1(bytes([n])).hexdigest()[:24],
        lambda n: str(uuid.UUID(bytes=hashlib.md5(bytes([n])).digest())),
    ],
)
def test_a_hash_of_24_digits_and_a_uuid_are_hashes(tmp_path, made):
    read = read_rows(tmp_path, [row(user_id=made(n % 20), post=n) for n in range(30)])
    assert (len(read.posts), read.posts["author"].nunique()) == (30, 20) and read.posts["registered"].isna().all()
    assert "hashes in place of identifiers" in read.reading.sentences()[0]


def test_the_version_collected_last_stays_wherever_it_stands(tmp_path):
    rows = [
        row(post=1, like_count=n) | {"last_modify_ts": t} for n, t in (("5", "1739000000000"), ("3", "1738000000000"))
    ]
    path = tmp_path / "crawl.csv"
    path.write_text(text(rows, [*rows[0]]), "utf-8")
    read = read_posts(path)
    assert read.posts["like_count"].tolist() == [5] and read.reading.repeats == 1


def test_a_hash_beside_identifiers_is_no_user(tmp_path):
    read = read_rows(tmp_path, [row(post=1), row(post=2, user_id="0123456789abcdef")])
    assert len(read.posts) == 1 and read.reading.set_aside == 1


def test_it_is_said_in_what_the_rows_set_aside_differ(tmp_path):
    good = [row(post=n, like_count=str(n), post_type="normal") for n in range(20)]
    bad = [
        row("2025-02-14 12:00", post=100 + n, like_count=str(900 + n), post_type="video", user_id="?")
        for n in range(20)
    ]
    said = read_rows(tmp_path, good + bad).reading.differences
    assert [s.split(":")[0] for s in said] == [
        f"Rows set aside differ in {what}" for what in ("likes", "format", "month")
    ]
    assert read_rows(tmp_path, good).reading.differences == []


# Commands ------------------------------------------------------------------------------------------------------


def test_describe_says_first_what_was_recognised(capsys):
    assert cli.main(["describe", "--dataset", str(FOLDER / "04_mediacrawler_2025.csv")]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first == f"recognised as {UNTIL}: 15 of 21 columns used (CSV, UTF-8)"


@pytest.mark.parametrize("name", ["06_mediacrawler_2026.jsonl", "01_4cat_export.csv"])
def test_describe_knows_what_it_does_not_know(capsys, name):
    assert cli.main(["describe", "--json", "--dataset", str(FOLDER / name)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["posts"] == 40 and told["wave_users"] is None and told["source"]["notes"]


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("00_control.csv", ".parquet"),
        ("02_zeeschuimer.ndjson", ".csv"),
        ("41_counts_logged_out.csv", ".parquet"),
        ("41_counts_logged_out.csv", ".csv"),
        ("06_mediacrawler_2026.jsonl", ".parquet"),
    ],
)
def test_what_is_converted_reads_the_same(tmp_path, name, ending):
    out = tmp_path / f"posts{ending}"
    before = read_file(name).posts
    assert convert([FOLDER / name], out)[0] == len(before) and out.stat().st_mode & 0o077 == 0
    after = read_posts(out)
    assert after.reading.crawler.name == OWN
    same = before.columns.drop(["line", "blank_ends"])
    pd.testing.assert_frame_equal(before[same], after.posts[same])


def test_several_files_become_one_and_the_last_state_of_a_post_stays(tmp_path):
    paths = [tmp_path / f"{n}.csv" for n in range(3)]
    for n, path in enumerate(paths):
        path.write_text(text([row(post=7, like_count=str(n)), row(post=n, user=n)]), "utf-8")
    assert convert(paths, tmp_path / "all.csv")[0] == 4
    posts = read_crawl(tmp_path / "all.csv")
    assert len(posts) == 4 and posts["like_count"].max() == 2
    with pytest.raises(DataError, match=r"users \(identifiers; hashes\)"):
        convert([paths[0], FOLDER / "56_user_hash_16.csv"], tmp_path / "two.csv")


def test_a_second_sheet_is_not_passed_by_in_silence():
    sheets = [Table("Excel", ["note_id", "liked_count"], iter(()), name) for name in ("one", "two")]
    with pytest.raises(DataError, match="the sheets 'one' and 'two' have the same columns"):
        _check_sheets(Path("x.xlsx"), sheets[0], iter(sheets[1:]))


@pytest.mark.parametrize("written", ["2025年1月14日 12:08", "编辑于 2025-01-15 美国", "昨天 12:30", "2天前"])
def test_times_as_the_page_shows_them(tmp_path, written):
    read = read_rows(tmp_path, [row(create_time=written)])
    assert read.posts["created"][0] == pd.Timestamp("2025-01-14 12:08")


def test_a_count_that_excel_rounded_is_named_with_its_remedy(tmp_path):
    read = read_rows(tmp_path, [row(), row(post=2, like_count="1.2E+03")])
    assert read.reading.reasons == {
        "like_count was rounded by Excel; give that column the format of a whole number and export it again": 1
    }


def test_own_pseudonyms_are_told_what_they_must_be(tmp_path):
    with pytest.raises(DataError, match=r"Line 2: user_id is not an identifier.* must be hashes"):
        read_rows(tmp_path, [row(user_id="user_1")])


def test_convert_from_the_shell(tmp_path, capsys):
    out = tmp_path / "posts.parquet"
    assert cli.main(["convert", str(FOLDER / "12_spider_xhs.xlsx"), "--out", str(out)]) == 0
    assert f"Wrote 40 posts to {out}" in capsys.readouterr().out
    assert cli.main(["convert", str(FOLDER / "12_spider_xhs.xlsx"), "--out", str(tmp_path / "posts.txt")]) == 1
    assert "must end with .csv or .parquet" in capsys.readouterr().err


def test_read_crawl_gives_typed_columns_and_a_warning():
    posts = read_crawl(FOLDER / "04_mediacrawler_2025.csv")
    assert len(posts) == 40 and posts["like_count"].sum() == 81_563 and posts["create_time"].min() == FIRST
    assert posts.attrs["source"]["recognised"] == UNTIL
    with pytest.warns(UserWarning, match=r"6 of 40 rows were set aside \(6: post_id was cut by Excel"):
        read_crawl(FOLDER / "50_excel_ate_ids.csv")


def own_headings(tmp_path):
    """A file of no known tool, with headings in Chinese."""
    names = {
        "title": "标题", "content": "正文", "label": "话题标签", "user_id": "作者编号", "like_count": "获赞", "post_id": "编号",
        "create_time": "时间", "ip_localtion": "地区",
    }  # fmt: skip
    rows = [{names[k]: v for k, v in row(post=n, user=n, label="a,b").items() if k in names} for n in range(3)]
    path = tmp_path / "crawl.csv"
    path.write_text(text(rows, [*rows[0]]), "utf-8")
    return path


def test_a_table_of_columns_reads_a_file_of_no_known_tool(tmp_path):
    table = tmp_path / "my.toml"
    table.write_text(
        'name = "my tool"\ntags = ","\n[columns]\npost_id = "编号"\nuser_id = ["作者编号"]\ntitle = "标题"\ncontent = "正文"\n'
        'label = "话题标签"\nlike_count = "获赞"\ncreate_time = "时间"\n',
        "utf-8",
    )
    read = read_posts(own_headings(tmp_path), columns=table)
    assert len(read.posts) == 3 and set(hashtags(read.posts)["tag"]) == {"a", "b"}
    assert read.reading.recognised == "my tool: 7 of 8 columns used"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[columns", "cannot be read as a table of columns"),
        ("[columns]\ntitle = 'x'", "must name the heading of post_id"),
        ("[columns]\npost_id = 'x'\nlikes = 'y'", "unknown column 'likes'"),
        ("[columns]\npost_id = 1", "must be texts"),
        ("colour = 1\n[columns]\npost_id = 'x'", "unknown key 'colour'"),
        ("[columns]\npost_id = 'nowhere'", "has none of the columns"),
    ],
)
def test_a_wrong_table_of_columns_is_refused(tmp_path, content, message):
    table = tmp_path / "my.toml"
    table.write_text(content, "utf-8")
    with pytest.raises(DataError, match=message):
        read_posts(own_headings(tmp_path), columns=table)


@pytest.mark.parametrize(
    "name", [n for n in FILES if n < "20"] + ["24_space_tags_no_tags_in_text.csv", "51_gb18030.csv"]
)
def test_a_draft_is_a_table_that_reads_the_file_and_tells_no_text(tmp_path, name):
    drafted = draft(FOLDER / name)
    assert "TikTok" not in drafted and "欢迎" not in drafted and "6785eb82" not in drafted
    table = tmp_path / "my.toml"
    table.write_text(drafted, "utf-8")
    assert len(read_posts(FOLDER / name, columns=table).posts) == FILES[name][3]


def test_a_draft_guesses_by_what_stands_below_and_takes_no_name_for_a_hashtag(tmp_path):
    record = {
        "id": POST,
        "text": {"body": "d"},
        "author": {"id": USER, "name": "x"},
        "stats": {"saves": 1},
        "published": MS,
    }
    path = tmp_path / "crawl.jsonl"
    path.write_text(json.dumps(record), "utf-8")
    drafted = draft(path)
    for line in (
        'user_id = ["author.id"]',
        'create_time = ["published"]',
        'collect_count = ["stats.saves"]',
        "# label = []",
    ):
        assert f"\n{line}" in drafted


# The book ------------------------------------------------------------------------------------------------------


def test_a_notice_names_posts_kept_and_what_was_done():
    shown = open_crawl(str(FOLDER / "50_excel_ate_ids.csv"))
    assert "34 posts (34 of 40 rows)" in notice(shown, "data").html
    rows = data.rows(shown).set_index("step")["rows"]
    assert (rows["data rows in the file"], rows["posts kept"]) == (40, 34)
    assert (
        "8 hours early" in notice(open_crawl(str(FOLDER / "21_renamed_pandas_naive_utc_comma_tags.csv")), "data").html
    )


def test_hashes_give_what_needs_no_registration_and_a_sentence_for_the_rest():
    shown = open_crawl(str(FOLDER / "06_mediacrawler_2026.jsonl"))
    assert len(data.crawls(shown)) == 1 and len(data.identifiers(shown)) == 1
    for function in (cohort.groups, behaviour.deltas, survival.curves):
        assert "cannot be made. The file holds hashes" in function(shown).attrs["failed"]
    assert "registered from 9 to 31 January" in notice(shown, "behaviour").html


def test_without_users_every_table_says_where_they_are():
    shown = open_crawl(str(FOLDER / "01_4cat_export.csv"))
    assert answers.missing("language", shown) and "The NDJSON export" in notice(shown, "language").html
    assert re.search(
        r"cannot be made\. The file holds no identifiers of users.*NDJSON", data.crawls(shown).attrs["failed"]
    )


RECIPES = {
    "data/raw/zeeschuimer.ndjson": "02_zeeschuimer.ndjson",
    "data/raw/search_contents_2025-01-20.csv": "04_mediacrawler_2025.csv",
    "data/raw/search_contents_2025-01-21.jsonl": "02_zeeschuimer.ndjson",
    "data/raw/ExploreData.db": "10_xhs_downloader_ExploreData.db",
    "data/raw/my_crawl.csv": "20_mediacrawler_renamed_ms.csv",
}


def test_the_recipes_of_the_page_run_as_they_stand(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "raw").mkdir(parents=True)
    for name, file in RECIPES.items():
        (tmp_path / name).write_bytes((FOLDER / file).read_bytes())
    page = (ROOT / "book" / "own_crawl.md").read_text("utf-8")
    commands = re.findall(r"^\.venv/bin/rednote-study (.+)$", page, re.M)
    built = []
    monkeypatch.setattr("rednote_book.book.build", lambda dataset: built.append(dataset))
    for command in commands:
        arguments, _, out = command.partition(" > ")
        for variable in READING.values():
            monkeypatch.setenv(variable, "")  # set back afterwards, whatever a command sets
        capsys.readouterr()
        assert cli.main(arguments.split()) == 0, command
        if out:
            (tmp_path / out).write_text(capsys.readouterr().out, "utf-8")
    assert len(commands) == 11 and {*built, "data/raw/search_contents_2025-01-21.jsonl"} == set(RECIPES)
    assert len(read_posts(tmp_path / "data" / "raw" / "posts.parquet").posts) == 40
    (example,) = re.findall(r"^```python\n(.+?)^```", page, re.M | re.S)
    names = {}
    exec(example, names)
    assert len(names["posts"]) == 40 and names["posts"].attrs["source"]["recognised"] == UNTIL


def test_a_panel_of_nobody_knows_how_many_says_so():
    sizes = pd.DataFrame({"stays": [0.1], "odds_ratio": [2.0], "lost": [0.2], "accounts": [float("nan")]})
    assert "No number of accounts can be computed" in plots.panel_sizes(sizes).alt
