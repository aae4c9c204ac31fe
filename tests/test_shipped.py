"""Tables of the replica and of simulations come from the record while the code that made them stands."""

import importlib
import re

import pandas as pd
import pytest
from conftest import look_up

from rednote_book import cli_results
from rednote_study import catalogue, open_crawl, results
from rednote_study.crawl.crawl import Crawl, PostsMissing
from rednote_study.datasets import sources
from rednote_study.store import fingerprint, record
from rednote_study.system.paths import RESULTS, ROOT

NAMES = {"replica": cli_results.REPLICATED, "simulations": catalogue.table_names(needs_data=False)}


@pytest.mark.parametrize("key", NAMES)
def test_the_record_is_of_this_code(key):
    manifest = record.read_manifest(key)
    assert set(manifest["tables"]) == set(NAMES[key])
    stale = [
        name
        for name, entry in manifest["tables"].items()
        if entry["code"] != fingerprint.code_digest(catalogue.spec(name).module)
    ]
    assert stale == [], f"Record them again: rednote-study results --dataset {key}"
    expected = sources.DATASETS["replica"].sha256 if key == "replica" else ""
    assert manifest["sha256"] == expected


def test_all_that_chapters_show_of_the_replica_is_recorded():
    asked = set()
    for path in (ROOT / "book").rglob("*.md"):
        text = path.read_text("utf-8")
        called = re.findall(r"(\w+)\.(\w+)\((?:published\b|open_crawl\(\"replica\"\))", text)
        asked |= {_name_of(*found) for found in called if found[0] != "plots"}
    assert {name for name in asked if catalogue.spec(name).needs_data} == set(cli_results.REPLICATED)


def _name_of(module, function):
    called = getattr(importlib.import_module(f"rednote_study.analysis.{module}"), function)
    return next(name for name, spec in results.SPECS.items() if spec.function is called)


@pytest.mark.parametrize("name", cli_results.RECORDED)
def test_no_recorded_argument_is_a_place_on_the_machine_that_recorded(name):
    text = (RESULTS / name / "manifest.json").read_text("utf-8")
    assert not re.findall(r'"(?:/|[A-Z]:)[^"]*', text)


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A package of three modules: a imports b and errors."""
    folder = tmp_path / "src" / "toy"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "a.py").write_text('"""Words."""\nfrom toy import b, errors\n\nx = b.y  # a word\n')
    (folder / "b.py").write_text("def y():\n    import os\n")
    (folder / "errors.py").write_text("z = 'sentence'\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "requirements.txt").write_text("numpy==2\n")
    monkeypatch.setattr(fingerprint, "ROOT", tmp_path)
    monkeypatch.setattr(fingerprint, "_PACKAGE", "toy")

    def forget():
        for function in (fingerprint.code_digest, fingerprint._inputs, fingerprint._source):
            function.cache_clear()

    def digest():
        forget()
        return fingerprint.code_digest("toy.a")

    yield tmp_path, digest
    forget()


@pytest.mark.parametrize(
    ("file", "text", "other"),
    [
        ("src/toy/a.py", '"""Better words."""\n\nfrom toy import b, errors\nx = b.y\n', False),
        ("src/toy/errors.py", "z = 'a better sentence'\n", False),
        ("src/toy/c.py", "not_imported = 1\n", False),
        ("src/toy/a.py", '"""Words."""\nfrom toy import b, errors\n\nx = b.y()  # a word\n', True),
        ("src/toy/b.py", "def y():\n    import sys\n", True),
        ("src/toy/words.txt", "list\n", True),
        ("data/facts.json", "{}", True),
        ("requirements.txt", "numpy==3\n", True),
    ],
)
def test_what_makes_other_code(toy, file, text, other):
    folder, digest = toy
    before = digest()
    (folder / file).write_text(text)
    assert (digest() != before) is other


def test_only_the_same_file_arguments_and_code_take_from_the_record(tmp_path, monkeypatch):
    made = []

    @results.result("toy_result", title="t", columns={"x": "a number"})
    def toy_result(crawl, step=1, *, seed=2):
        made.append(step)
        return pd.DataFrame({"x": [step + seed]})

    crawl = Crawl("toy", True, pd.DataFrame(), digest="a", source=sources.DATASETS["replica"])
    other = Crawl("toy", True, pd.DataFrame(), digest="b", source=sources.DATASETS["replica"])
    absent = Crawl("toy", True, source=sources.DATASETS["replica"])
    spec = results.SPECS["toy_result"]
    monkeypatch.setitem(vars(results), "code_digest", lambda module: "code")
    monkeypatch.setitem(vars(results), "kept", lambda kind, function, **options: function)
    monkeypatch.setitem(vars(record), "RESULTS", tmp_path)
    record.write_record("toy", {"toy_result": (pd.DataFrame({"x": [9]}), results.entry(spec, pd.DataFrame()))}, "a")
    try:
        assert toy_result(crawl)["x"].tolist() == toy_result(crawl, 1, seed=2)["x"].tolist() == [9]
        assert toy_result(absent)["x"].tolist() == [9] and made == []
        assert toy_result(crawl, 5)["x"].tolist() == [7] and toy_result(other)["x"].tolist() == [3]
        known = [toy_result(crawl), toy_result(absent), toy_result(crawl, 5), toy_result(other)]
        assert [frame.attrs["known"] for frame in known] == [True, True, False, False]
        with pytest.raises(PostsMissing, match="toy_result was recorded with 1 in place of 5"):
            toy_result(absent, 5)
        monkeypatch.setenv(results.FRESH, "1")
        assert toy_result(crawl, seed=3)["x"].tolist() == [4] and toy_result(absent)["x"].tolist() == [9]
        monkeypatch.delenv(results.FRESH)
        monkeypatch.setitem(vars(results), "code_digest", lambda module: "other code")
        assert toy_result(absent).attrs["moved_on"] and toy_result(absent)["x"].tolist() == [9]
        assert toy_result(crawl)["x"].tolist() == [3] and toy_result(crawl).attrs["known"]
    finally:
        del results.SPECS["toy_result"]


def test_a_chapter_gets_the_recorded_table(monkeypatch):
    def computed(*args):
        raise AssertionError("computed")

    monkeypatch.setitem(vars(results), "compute", computed)
    assert len(look_up("published_curves", open_crawl("replica")))
    assert len(look_up("noise_summary", None))
