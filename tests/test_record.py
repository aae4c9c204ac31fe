"""The record of results: what it holds, how it is shown, and how it agrees with the posts."""

import json

import pandas as pd
import pytest
from conftest import look_up
from crawl_file import row, text

from rednote_book import cli
from rednote_study import catalogue, plots, publish
from rednote_study.analysis import behaviour, cohort, data
from rednote_study.answers import notice
from rednote_study.crawl.crawl import open_crawl
from rednote_study.errors import DataError
from rednote_study.formats import format_number
from rednote_study.results import differences
from rednote_study.store import record
from rednote_study.store.record import from_csv, to_csv
from rednote_study.system.paths import RESULTS


@pytest.fixture
def away(tmp_path, monkeypatch):
    """A machine without any fetched data."""
    monkeypatch.setenv("REDNOTE_STUDY_RAW", str(tmp_path / "raw"))
    open_crawl.cache_clear()
    yield
    open_crawl.cache_clear()


def test_without_the_posts_the_record_is_shown_and_said(away):
    us = open_crawl("us_posts")
    assert not us.present and "Recorded results" in notice(us).html
    definitions = cohort.definitions(us).set_index("definition")
    assert definitions.loc["cohort: newcomers, seen from February on", "users"] == 541


def test_every_table_that_rests_on_posts_is_recorded(away):
    us = open_crawl("us_posts")
    for name in catalogue.table_names(needs_data=True):
        assert list(look_up(name, us).columns) == list(catalogue.spec(name).columns)
    manifest = record.read_manifest("us_posts")
    assert set(manifest["tables"]) == set(catalogue.table_names(needs_data=True))
    assert {p.stem for p in (RESULTS / "us_posts").glob("*.csv")} == set(manifest["tables"])


def test_the_record_agrees_with_the_posts(real):
    for name in catalogue.table_names(needs_data=True):
        computed = from_csv(to_csv(catalogue.compute(name, real)))
        assert differences(catalogue.spec(name), record.read_table("us_posts", name), computed) == []


def test_neither_posts_nor_record_says_how_to_get_them(away):
    with pytest.raises(DataError, match="data fetch full"):
        cohort.groups(open_crawl("full"))


def test_a_crawl_of_ones_own_works_by_path(tmp_path, capsys):
    path = tmp_path / "mine.csv"
    path.write_text(text([row(user=i, post=i) for i in range(8)]), "utf-8")
    assert cli.main(["describe", "--dataset", str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["dataset"], told["posts"], told["users"]) == ("mine", 8, 8)
    mine = open_crawl(str(path))
    assert mine.key == "mine" and not mine.synthetic and mine.present
    assert cohort.groups(mine)["users"].tolist() == [8]


def test_set_aside_rows_are_listed(tmp_path, capsys):
    path = tmp_path / "mine.csv"
    path.write_text(text([row(post=1), row(post=2, like_count="many")]), "utf-8")
    assert cli.main(["describe", "--dataset", str(path), "--quarantine"]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("3,\"like_count 'many' is not a count")


def test_synthetic_results_say_so_in_caption_and_picture():
    replica = open_crawl("replica")
    picture = plots.timeline(behaviour.daily(replica), x="day", bars="users", line="published", colour="crawl")
    figure = publish.figure(picture, "daily", title="Users per day", caption="Users with a post on each day.")
    assert figure.caption.startswith("Synthetic data") and figure.metadata["title"].startswith("Synthetic data")
    assert figure.svg.count("SYNTHETIC") or figure.svg.count('<g id="text_') > 0
    assert publish.table(data.replica(replica), "table-replica").title.startswith("Synthetic data")
    assert "Synthetic" in notice(replica).html


def test_the_published_steps_use_the_full_data_where_they_are(away, tmp_path):
    assert open_crawl("full", "replica").key == "replica"
    raw = tmp_path / "raw"
    raw.mkdir(exist_ok=True)
    (raw / "tt_refugee.csv").write_text(text([row(user=i, post=i) for i in range(30)]), "utf-8")
    full = open_crawl("full", "replica")
    assert full.key == "full" and not full.synthetic


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ((594, None, None, "count"), "594"),
        ((0.138, 0.112, 0.170, "percent"), "13.8 % (11.2 to 17.0 %)"),
        ((-0.014, -0.17, 0.126, "signed"), "−0.01 (−0.17 to +0.13)"),
        ((0.0004, None, None, "p"), "p < 0.001"),
        ((float("nan"), 0.432, 0.568, "decimal range"), "0.43 to 0.57"),
        ((float("nan"), None, None, "count"), "fewer than 5"),
    ],
)
def test_numbers_in_prose(arguments, shown):
    assert format_number(*arguments) == shown


def test_differences_are_told_with_row_and_column():
    old = from_csv("number,value,word,kind\na,1,,count\nb,,a,word\n")
    new = from_csv("number,value,word,kind\na,2,,count\nb,,b,word\n")
    assert differences(catalogue.spec("cohort_flow"), old, old) == []
    assert differences(catalogue.spec("cohort_flow"), old, new) == [
        "cohort_flow, row 0, value: recorded 1.0, computed 2.0",
        "cohort_flow, row 1, word: recorded a, computed b",
    ]


def test_a_record_is_whole_or_not_there(tmp_path):
    folder = tmp_path / "us_posts"
    table = pd.DataFrame({"day": pd.to_datetime(["2025-01-13"]), "users": [316]})
    record.write_record("us_posts", {"cohort_registrations": (table, {})}, "0" * 64, folder)
    first = (folder / "manifest.json").read_text()
    with pytest.raises(RuntimeError):
        record.write_record("us_posts", _Breaking(table), "1" * 64, folder)
    assert (folder / "manifest.json").read_text() == first
    assert [p.name for p in tmp_path.iterdir()] == ["us_posts"]


class _Breaking(dict):
    def __init__(self, table):
        super().__init__({"cohort_registrations": (table, {})})

    def items(self):
        yield from super().items()
        raise RuntimeError("killed in the middle")
