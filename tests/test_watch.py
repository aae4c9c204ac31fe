"""An experiment never becomes the study's number: what a session changes is neither stored nor hidden by a store."""

import os
import shutil
import subprocess
import sys

import pytest
from crawl_file import text
from own_crawl import own_crawl

from rednote_book import cli, cli_results
from rednote_study.crawl import users
from rednote_study.crawl.crawl import require
from rednote_study.errors import StudyError
from rednote_study.store import memory
from rednote_study.system import watch
from rednote_study.system.paths import ROOT

HEAD = """
import sys
import numpy as np
from rednote_study import open_crawl
from rednote_study.crawl import users
from rednote_study.analysis import cohort

def january():
    return int(cohort.definitions(open_crawl(sys.argv[1]))["users"].iloc[0])

def move():
    users._MONTHS = np.array(["2025-01-01", "2025-02-14", "2025-03-01"], dtype="datetime64[s]")
"""
EXPERIMENT = "move(); print(january())"
AFTERWARDS = (
    "before = users._MONTHS; print(january()); move(); print(january()); users._MONTHS = before; print(january())"
)


@pytest.fixture
def crawl(tmp_path):
    """A crawl that no store knows."""
    path = tmp_path / "mine.csv"
    path.write_text(text(own_crawl()), "utf-8")
    return path


def session(code, crawl):
    """Numbers that a fresh process prints, and what it complains of."""
    done = subprocess.run([sys.executable, "-c", HEAD + code, crawl], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [int(word) for word in done.stdout.split()], done.stderr


def test_an_experiment_in_either_order_leaves_the_studys_number(crawl):
    (moved,), said = session(EXPERIMENT, crawl)
    assert said.count("computed and not kept: it has changed rednote_study.crawl.users._MONTHS") == 1
    (plain, *others), said = session(AFTERWARDS, crawl)
    assert others == [moved, plain] and moved != plain and said.count("computed and not kept") == 1


def test_data_made_from_others_have_tables_of_their_own(crawl):
    from rednote_study.catalogue import compute

    data = require(str(crawl))
    some = data.replaced(users=data.users[data.users["cohort_retained"]])
    before = compute("cohort_groups", data)
    assert compute("cohort_groups", some)["users"].sum() < before["users"].sum()
    assert compute("cohort_groups", data).equals(before)


def test_a_source_that_was_edited_after_its_import_is_noticed(tmp_path):
    shutil.copytree(ROOT / "src" / "rednote_study", tmp_path / "rednote_study")
    code = """
import pathlib
from rednote_study.crawl import counts
from rednote_study.system import watch

path = pathlib.Path(counts.__file__)
source = path.read_text()
for text in (source, source + "x = 1\\n", source):
    path.write_text(text)
    print(*watch.changed(), sep=",")
"""
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.stdout == "\nrednote_study.crawl.counts\n\n", done.stderr


def test_a_change_is_forgotten_when_it_is_put_back():
    before = users.FEBRUARY
    assert watch.changed() == []
    users.FEBRUARY, users.new = None, 1
    assert watch.changed() == ["rednote_study.crawl.users.FEBRUARY", "rednote_study.crawl.users.new"]
    users.FEBRUARY = before
    del users.new
    assert watch.changed() == []


def test_what_is_remembered_follows_every_change():
    """Also a value that lies in memory where one before it lay."""
    asked = watch.cached()(lambda: users.new)
    users.new = 0
    try:
        for value in range(1000, 1020):
            users.new = [value]
            assert asked() == asked() == [value]
    finally:
        del users.new


def test_a_module_that_is_imported_again_is_another_one(tmp_path):
    shutil.copytree(ROOT / "src" / "rednote_study", tmp_path / "rednote_study")
    code = """
import importlib, pathlib
from rednote_study.crawl import counts
from rednote_study.system import watch

path = pathlib.Path(counts.__file__)
asked, source = watch.cached()(lambda: counts.x), path.read_text()
for number in range(3):
    path.write_text(source + f"x = {'1' * (number + 1)}\\n")
    importlib.reload(counts)
    print(asked(), *watch.changed())
"""
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.stdout.splitlines() == [f"{n} rednote_study.crawl.counts" for n in (1, 11, 111)], done.stderr


def test_no_record_is_made_or_compared_in_a_changed_session(monkeypatch, tmp_path):
    monkeypatch.setattr(users, "FEBRUARY", None)
    for action in (cli_results.check, lambda name: cli_results.write(name, tmp_path / "new")):
        with pytest.raises(StudyError, match=r"has changed rednote_study\.crawl\.users\.FEBRUARY"):
            action("replica")


def test_a_record_is_made_from_what_was_not_kept(monkeypatch, tmp_path):
    """What other code may have left in the folders is gone before the first table."""
    monkeypatch.setitem(vars(memory), "BUILD", tmp_path)
    monkeypatch.setattr(cli_results, "check", lambda name: [])
    for kind in ("tables", "simulations", "vectors"):
        (tmp_path / kind).mkdir()
    assert cli.main(["results", "--check"]) == 0
    assert list(tmp_path.iterdir()) == []
