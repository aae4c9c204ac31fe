"""A crawl larger than memory: the same numbers as the small path, interrupted or not, on one machine or many."""

import json
import shutil

import duckdb
import numpy as np
import pandas as pd
import pytest
from conftest import load, two_crawls
from crawl_file import row, text

from rednote_book import cli
from rednote_study import large as scale
from rednote_study import open_crawl
from rednote_study.catalogue import compute, spec
from rednote_study.errors import DataError, StudyError
from rednote_study.large import facts, platform
from rednote_study.replica import write_large
from rednote_study.store.record import to_csv

FAULTS = [
    row(post=900, like_count="many"),
    row(post=901, user_id="123"),
    row(post=1),  # stands in the file already
    row(post=1, create_time="soon"),
    row("2025-02-13 11:00", user=3, post=902, like_count="1千+", title="", content=" 你好\n朋友 hello\t")
    | {"share_count": "-1"},
    row("2025-02-28 23:59", "2025-01-31 23:59", user=903, post=903, like_count="", share_count="1.2万"),
    row("2025-03-02 23:59", "2025-02-03 10:00", user=904, post=904, label="", content=""),
]


def rows_of_a_crawl():
    return FAULTS[:3] + two_crawls(wave=(30, 25), control=(12, 10)) + FAULTS[3:]


@pytest.fixture(scope="module")
def crawl(tmp_path_factory):
    """A crawl with every kind of fault, and its data set by the small path."""
    path = tmp_path_factory.mktemp("crawl") / "crawl.csv"
    return path, load(path, rows_of_a_crawl())


@pytest.fixture(scope="module")
def expected(crawl):
    """Its tables by the small path."""
    return {name: to_csv(compute(name, crawl[1])) for name in scale.TABLES}


def tables_of(folder):
    return {p.stem: p.read_text("utf-8") for p in sorted((folder / "tables").glob("*.csv"))}


def run(path, out, **options):
    return scale.run(path, out, **{"memory": "2GB", "n_jobs": 1, "batch": 17} | options)


def test_tables_and_quarantine_are_those_of_the_small_path(crawl, expected, tmp_path):
    path, small = crawl
    told = run(path, tmp_path / "out", words=True)
    expected = expected | {"language_words": to_csv(compute("language_words", small))}
    assert tables_of(tmp_path / "out") == expected
    assert pd.read_csv(tmp_path / "out" / "quarantine.csv").values.tolist() == small.quarantine.values.tolist()
    assert (told["rows"], told["posts"], told["users"]) == (small.rows, len(small.posts), len(small.users))
    assert told["rows"] == told["posts"] + told["quarantined"]
    assert set(told["tables"]) == set(expected) and not (tmp_path / "out" / ".work").exists()


def test_of_hashes_of_users_it_makes_the_tables_that_need_no_registration(tmp_path):
    path = tmp_path / "crawl.csv"
    path.write_text(text(r | {"user_id": r["user_id"][-16:]} for r in two_crawls()), "utf-8")
    run(path, tmp_path / "out")
    small = open_crawl(str(path))
    expected = {name: spec(name).function(small) for name in scale.TABLES}
    expected = {name: to_csv(frame) for name, frame in expected.items() if not frame.attrs["failed"]}
    assert tables_of(tmp_path / "out") == expected
    assert {"data_crawls", "behaviour_quantiles", "behaviour_daily"} <= set(expected)
    assert not {"cohort_groups", "behaviour_deltas", "language_by_tenure"} & set(expected)


def test_users_in_parts_are_the_same_users(crawl, expected, tmp_path, monkeypatch):
    monkeypatch.setattr(platform, "POSTS_AT_ONCE", 7)
    run(crawl[0], tmp_path / "out")
    assert tables_of(tmp_path / "out") == expected


def test_one_user_with_many_posts_leaves_parts_empty(tmp_path, monkeypatch):
    path = tmp_path / "one.csv"
    path.write_text(text(row(f"2025-01-20 10:{n:02}", user=1, post=n) for n in range(30)), "utf-8")
    monkeypatch.setattr(platform, "POSTS_AT_ONCE", 7)
    told = run(path, tmp_path / "out")
    assert (told["posts"], told["users"]) == (30, 1)


def test_the_real_posts_give_the_recorded_tables(real, posts_file, tmp_path):
    run(posts_file, tmp_path, batch=100, n_jobs=2)
    assert tables_of(tmp_path) == {name: to_csv(compute(name, real)) for name in scale.TABLES}


def test_a_parquet_file_gives_the_same_as_its_csv(expected, tmp_path):
    frame = pd.DataFrame(rows_of_a_crawl()).replace({"": None})
    connection = duckdb.connect()
    connection.register("frame", frame)
    connection.execute(f"COPY frame TO '{tmp_path / 'crawl.parquet'}' (FORMAT parquet)")
    run(tmp_path / "crawl.parquet", tmp_path / "out")
    assert tables_of(tmp_path / "out") == expected


@pytest.mark.parametrize("dies_in", ["a batch", "the tables"])
def test_what_was_done_before_an_interruption_is_not_done_again(crawl, expected, tmp_path, monkeypatch, dies_in):
    path, _ = crawl
    done, true_write, true_compute = [], facts.write_facts, compute

    def dying_write(number, *arguments):
        if dies_in == "a batch" and number == 3:
            raise KeyboardInterrupt
        done.append(number)
        return true_write(number, *arguments)

    def dying_compute(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(platform, "write_facts", dying_write)
    monkeypatch.setattr(platform, "compute", dying_compute)
    with pytest.raises(KeyboardInterrupt):
        run(path, tmp_path / "out")
    assert not (tmp_path / "out" / "manifest.json").exists()
    before, again = list(done), []
    assert len(before) >= 3
    monkeypatch.setattr(platform, "write_facts", lambda number, *a: again.append(number) or true_write(number, *a))
    monkeypatch.setattr(platform, "compute", true_compute)
    run(path, tmp_path / "out")
    assert not set(before) & set(again)
    assert tables_of(tmp_path / "out") == expected


def test_another_file_under_the_same_name_begins_anew(crawl, tmp_path, monkeypatch):
    path = shutil.copy(crawl[0], tmp_path)
    monkeypatch.setattr(platform, "compute", lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        run(path, tmp_path / "out")
    monkeypatch.undo()
    (tmp_path / "crawl.csv").write_text(text([row(user=i, post=i) for i in range(20)]), "utf-8")
    assert run(path, tmp_path / "out")["posts"] == 20


def test_nothing_of_a_person_is_left_in_the_folder(crawl, tmp_path):
    path, _ = crawl
    run(path, tmp_path / "out")
    left = "".join(p.read_text("utf-8") for p in (tmp_path / "out").rglob("*") if p.is_file())
    for cell in ("hello", "你好", rows_of_a_crawl()[5]["user_id"], rows_of_a_crawl()[5]["post_id"]):
        assert cell not in left
    definitions = pd.read_csv(tmp_path / "out" / "tables" / "language_shares.csv")
    assert not definitions["users"].isin([1, 2, 3, 4]).any()


@pytest.mark.parametrize(
    ("content", "options", "told"),
    [
        (None, {}, "There is no file"),
        ("", {}, "is empty"),
        ("a;b\n1;2\n", {}, "no header; none of the columns"),
        ("PAR1 and nothing that follows", {}, "cannot be read as Parquet"),
        (text([]), {}, "header and no rows"),
        (text([row(like_count="?")]), {}, "none of 1 rows can be used. Line 2: like_count"),
        (text([row()]), {"memory": "much"}, "not given like 4GB"),
        (text([row()]), {"memory": "100MB"}, "too little"),
        pytest.param(
            text([row()]), {"words": True, "scheduler": "tcp://127.0.0.1:9"}, "scheduler", marks=pytest.mark.slow
        ),  # which waits for ten seconds
    ],
)
def test_a_mistake_is_one_sentence(tmp_path, content, options, told):
    path = tmp_path / "crawl.csv"
    if content is not None:
        path.write_text(content, "utf-8")
    with pytest.raises(StudyError, match=told):
        run(path, tmp_path / "out", **options)


def test_bytes_that_are_no_text_are_refused_where_they_are_met(tmp_path):
    path = tmp_path / "crawl.csv"
    path.write_bytes(text([row(user=i, post=i) for i in range(300)]).encode() + "难民".encode("gbk"))
    with pytest.raises(DataError, match="line 302: not UTF-8"):
        run(path, tmp_path / "out")


# The large replica -------------------------------------------------------------------------------------------


def test_a_large_replica_has_the_rows_asked_for_and_depends_on_its_seed_alone(tmp_path, monkeypatch):
    from rednote_study.replica import stream

    monkeypatch.setattr(stream, "BLOCK_USERS", 150)
    one = write_large(tmp_path / "one.csv", 500, n_jobs=1).read_bytes()
    assert write_large(tmp_path / "two.csv", 500, n_jobs=2).read_bytes() == one
    assert write_large(tmp_path / "other.csv", 500, seed=1, n_jobs=1).read_bytes() != one
    csv, parquet = (
        pd.read_csv(tmp_path / "one.csv", dtype="str", keep_default_na=False),
        duckdb.sql(f"SELECT * FROM read_parquet('{write_large(tmp_path / 'one.parquet', 500, n_jobs=1)}')").df(),
    )
    pd.testing.assert_frame_equal(csv, parquet.astype("str"))
    assert len(csv) == 500 and csv["post_id"].is_unique
    assert csv.groupby("user_id")["user_name"].nunique().eq(1).all()
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_a_large_replica_is_a_crawl_like_the_small_one(tmp_path):
    path = write_large(tmp_path / "large.parquet", 1500, n_jobs=1)
    told = run(path, tmp_path / "out", batch=400)
    assert (told["posts"], told["quarantined"]) == (1500, 0)
    flow = pd.read_csv(tmp_path / "out" / "tables" / "cohort_definitions.csv").set_index("definition")
    assert 800 < flow.loc["published: January users with a February post", "users"] < 1500


@pytest.mark.parametrize(
    "arguments",
    [["--posts", "0", "--out", "x.csv"], ["--posts", "5"], ["--out", "x.csv"], ["--posts", "5", "--out", "x.txt"]],
)
def test_a_wrong_order_for_a_replica_is_one_sentence(tmp_path, monkeypatch, capsys, arguments):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["replica", *arguments]) == 1
    assert "rednote-study: " in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_the_command_says_what_it_did(crawl, tmp_path, capsys):
    path, small = crawl
    assert cli.main(["scale", str(path), "--out", str(tmp_path / "out"), "--jobs", "1"]) == 0
    assert f"{len(small.posts)} posts" in capsys.readouterr().out
    assert json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))["posts"] == len(small.posts)


# Rank effects from frequencies ---------------------------------------------------------------------------------


def test_quantiles_of_frequencies_are_those_of_the_values():
    from rednote_study.analysis.relations import quantiles

    rng = np.random.default_rng(0)
    for size in (1, 2, 5, 1000):
        values = rng.integers(0, 30, size)
        wanted = [0, 0.1, 0.25, 0.5, 0.9, 1]
        found = quantiles(*np.unique(values.astype(float), return_counts=True), wanted)
        assert found == pytest.approx(np.quantile(values, wanted))


# The page about size -------------------------------------------------------------------------------------------


def test_growth_and_limits_are_computed_as_by_hand():
    from rednote_study.analysis.scale import fixed, last_factor, marginal

    seconds = pd.Series([11.0, 20.0, 110.0], index=[10_000, 100_000, 1_000_000])  # 10 s, and 100 µs a row
    assert marginal(seconds) == pytest.approx(1e-4) and fixed(seconds) == pytest.approx(10)
    assert last_factor(seconds) == pytest.approx(5.5)


def test_the_recorded_growth_keeps_what_was_promised():
    growth = compute("scale_growth").query("step == 'scale'").set_index("rows")
    from rednote_study.analysis.scale import last_factor

    assert growth.index.max() == 10**7 and growth["memory"].max() < 4000 and growth["seconds"].max() < 15 * 60
    assert last_factor(growth["processor_seconds"]) < 11
    ratios = compute("scale_ratios").set_index(["step", "rows"])["ratio"]
    assert ratios.xs(100_000, level="rows").ge(10).all()
