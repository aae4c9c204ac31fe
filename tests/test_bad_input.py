"""Files that are not what they should be: one clear sentence, or rows set aside; never a traceback, never a loss.

``data/bad/cases.toml`` says what a user must see of each.
"""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from bad_files import BOMB, COLUMNS, RECIPES, good
from crawl_file import text

from rednote_book import cli
from rednote_study.crawl import unpacking
from rednote_study.crawl.crawl import require
from rednote_study.crawl.posts import read_posts
from rednote_study.crawl.reader import read_raw
from rednote_study.errors import StudyError
from rednote_study.large import platform, run
from rednote_study.system.paths import ROOT

FOLDER = Path(__file__).parent / "data" / "bad"
CASES = tomllib.loads((FOLDER / "cases.toml").read_text("utf-8"))["case"]


def name(case):
    return case.get("recipe") or case["file"].removesuffix(".csv")


@pytest.fixture
def file_of(tmp_path, monkeypatch):
    """Make the file of a case; what is packed may unpack to a quarter of a bomb."""
    monkeypatch.setattr(unpacking, "LARGEST_UNPACKED", BOMB // 4)
    monkeypatch.setenv("REDNOTE_STUDY_RAW", str(tmp_path / "raw"))

    def made(case):
        path = tmp_path / f"{name(case)}.csv"
        if "recipe" in case:
            RECIPES[case["recipe"]](path)
        else:
            shutil.copy(FOLDER / case["file"], path)
        return path

    return made


@pytest.mark.parametrize("expected", CASES, ids=name)
def test_a_user_sees_what_the_table_says(expected, file_of, capsys):
    path = file_of(expected)
    status = cli.main(["describe", "--json", "--dataset", str(path)])
    told = capsys.readouterr()
    if "error" in expected:
        assert (status, told.out) == (1, "")
        assert told.err == f"rednote-study: {expected['error'].replace('{path}', str(path))}\n"
        return
    assert status == 0
    counts = json.loads(told.out)
    aside = counts["source"]["set_aside"]
    assert counts["rows"] == counts["posts"] + aside + counts["repeats"]
    many = f"rednote-study: {aside} of {counts['rows']} rows were set aside (" if aside * 20 >= counts["rows"] else ""
    assert told.err.startswith(many) and told.err.count("\n") == bool(many)
    assert counts["posts"] == expected["posts"] and counts["rows"] == counts["posts"] + counts["quarantined"]
    shown = [f"{q.line}: {q.reason}" for q in require(str(path)).quarantine.itertuples()]
    assert shown[: len(expected["quarantine"])] == expected["quarantine"]
    assert len(shown) == expected.get("set_aside", len(expected["quarantine"]))


# Unpacked in memory, so refused where the file may be larger than that.
PACKED = ("gz", "xz", "zip", "tar_gz", "open_document")
OTHER_WORDS = {"no_file": "There is no file {path}."}  # a name in memory may be that of a data set


def in_a_cell(case):
    """Whether a case is about the cells of a row, and no other row knows of it."""
    return "error" not in case and name(case).startswith(("time_", "count_", "user_id_", "post_id_"))


@pytest.fixture
def beyond_memory(tmp_path, monkeypatch):
    """Read a file beyond memory, as far as its rows; tables have tests of their own."""
    monkeypatch.setattr(platform, "TABLES", ())
    return lambda path: run(path, tmp_path / "out", n_jobs=1)


def same_rows_are_set_aside(told, path, folder):
    small = read_posts(path)
    assert (told["rows"], told["posts"]) == (small.rows, len(small.posts))
    set_aside = pd.read_csv(folder / "out" / "quarantine.csv", dtype={"reason": "str"})
    assert set_aside.values.tolist() == small.quarantine.values.tolist()


@pytest.mark.parametrize("expected", [c for c in CASES if not in_a_cell(c)], ids=name)
def test_beyond_memory_the_same_is_said(expected, file_of, beyond_memory, tmp_path):
    """The same sentence, or the same rows set aside, as by the way in memory."""
    path = file_of(expected)
    try:
        told = beyond_memory(path)
    except StudyError as error:
        if expected.get("recipe", "").startswith(PACKED):
            assert str(error).startswith(f"{path} is packed with")
        elif name(expected) in OTHER_WORDS:
            assert str(error).startswith(OTHER_WORDS[name(expected)].replace("{path}", str(path)))
        else:
            assert str(error) == expected["error"].replace("{path}", str(path))
        return
    assert told["posts"] == expected["posts"]
    same_rows_are_set_aside(told, path, tmp_path)


def test_beyond_memory_the_same_cells_are_refused(file_of, beyond_memory, tmp_path):
    """All cases about cells in one file, each post under an identifier of its own."""
    rows = []
    for case in filter(in_a_cell, CASES):
        with file_of(case).open(encoding="utf-8", newline="") as file:
            rows += csv.DictReader(file)
    for number, cells in enumerate(rows):
        if re.fullmatch("[0-9a-f]{24}", cells["post_id"]):
            cells["post_id"] = f"{cells['post_id'][:8]}{number:016x}"
    joined = tmp_path / "all.csv"
    joined.write_text(text(rows, COLUMNS), "utf-8")
    same_rows_are_set_aside(beyond_memory(joined), joined, tmp_path)
    assert len(read_posts(joined).quarantine) > 30


def test_nobody_sees_a_traceback(tmp_path):
    """Once as a process of its own: exit status, stdout and stderr."""
    RECIPES["gz_damaged"](tmp_path / "crawl.csv.gz")
    code = "import sys; from rednote_book.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "describe", "--dataset", str(tmp_path / "crawl.csv.gz")]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "damaged or incomplete gzip file" in done.stderr


def test_every_file_and_recipe_has_its_case_once():
    listed = [c.get("file") or c["recipe"] for c in CASES]
    assert sorted(listed) == sorted([*(p.name for p in FOLDER.glob("*.csv")), *RECIPES])


@pytest.fixture
def closed_file():
    """A file that only its owner may read, in a folder that all may enter (pytest's own is closed to others)."""
    folder = Path(tempfile.mkdtemp(prefix="closed-"))
    folder.chmod(0o755)
    (folder / "crawl.csv").write_text(good(), "utf-8")
    (folder / "crawl.csv").chmod(0o000)
    yield folder / "crawl.csv"
    shutil.rmtree(folder)


@pytest.fixture
def without_rights(closed_file):
    """No rights of root, who may read everything, while the test runs; what it needs is imported before."""
    cli.main(["describe", "--dataset", str(FOLDER / "byte_order_mark.csv")])
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    yield
    if root:
        os.seteuid(0)


def test_a_file_without_the_right_to_read(closed_file, without_rights, capsys):
    assert cli.main(["describe", "--dataset", str(closed_file)]) == 1
    told = capsys.readouterr()
    assert told.err == (
        f"rednote-study: {closed_file} cannot be read: you lack the right to. Ask its owner, or `chmod u+r` it.\n"
    )


def test_one_byte_less_than_the_limit_is_read(tmp_path, monkeypatch):
    for kind in ("gz", "xz", "zip_with_a_folder"):
        RECIPES[kind](tmp_path / kind)
        monkeypatch.setattr(unpacking, "LARGEST_UNPACKED", len(good().encode()))
        assert len(read_raw(tmp_path / kind).rows) == 3
        monkeypatch.setattr(unpacking, "LARGEST_UNPACKED", len(good().encode()) - 1)
        with pytest.raises(StudyError, match="trap"):
            read_raw(tmp_path / kind)


def test_an_identifier_in_the_wrong_column_is_not_repeated():
    with pytest.raises(StudyError) as caught:
        read_posts(FOLDER / "columns_shifted.csv")
    assert "678465" not in str(caught.value) and "(an identifier)" in str(caught.value)
