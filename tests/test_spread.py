"""Tolerances: found by comparing versions of the results, and kept by the comparison with the record."""

import sys

import pandas as pd
import pytest

from rednote_study import catalogue, results
from rednote_study.results import differences
from rednote_study.store.record import from_csv
from rednote_study.system.paths import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import spread

TABLE = "behaviour_deltas"
HEAD = "contrast,count,higher_users,lower_users,delta,low,high\n"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Compare versions of one table; what the tool gives back, says and writes."""
    return lambda *versions: _run(tmp_path, monkeypatch, capsys, versions)


def _run(tmp_path, monkeypatch, capsys, versions):
    folders = []
    for number, text in enumerate(versions):
        folder = tmp_path / str(number) / "us_posts"
        folder.mkdir(parents=True)
        (folder / f"{TABLE}.csv").write_text(HEAD + text, "utf-8")
        folders.append(folder.parent)
    out = tmp_path / "spread.csv"
    monkeypatch.setattr(sys, "argv", ["spread.py", *map(str, folders), "--out", str(out)])
    return spread.main(), capsys.readouterr().out, pd.read_csv(out).to_dict("records")


def test_the_tool_finds_a_known_spread_and_sets_the_tolerance(run):
    code, said, (row,) = run(
        "wave,likes,75,466,0.5,-2,0\n", "wave,likes,75,466,0.503,-2.002,0\n", "wave,likes,75,466,0.501,-2,0\n"
    )
    assert code == 0, said
    assert row == {"table": TABLE, "versions": 3, "relative": pytest.approx(0.001, rel=0.01), "absolute": 0.003,
                   "tolerance": 0.005, "absolute_tolerance": 0.02}  # fmt: skip


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ("control,likes,75,466,0.5,0,1\n", "contrast: words differ"),
        ("wave,likes,76,466,0.5,0,1\n", "higher_users: whole numbers differ"),
        ("wave,likes,75,466,,0,1\n", "delta: blanks differ"),
        ("wave,likes,75,466,0.5,0,1\n" * 2, "rows or columns differ"),
    ],
)
def test_the_tool_names_what_is_not_stable(run, other, said):
    code, found, _ = run("wave,likes,75,466,0.5,0,1\n", other)
    assert code == 1 and said in found


def test_every_recorded_table_has_a_tolerance_that_covers_what_was_found():
    found = pd.read_csv(results.SPREAD).set_index("table")
    recorded = {n for n in catalogue.table_names(needs_data=True) if not catalogue.spec(n).machine}
    assert recorded <= set(found.index)
    assert (found["versions"] >= 3).loc[sorted(recorded)].all()
    assert found["tolerance"].ge(2 * found["relative"]).all() and found["tolerance"].ge(1e-9).all()
    assert found["absolute_tolerance"].ge(2 * found["absolute"]).all()


def test_few_tables_are_compared_with_nothing():
    """The third of FastText's neighbours, and single fits of a network."""
    machine = {n for n in catalogue.table_names() if catalogue.spec(n).machine}
    fits = {"noise_runs", *(f"published_{n}" for n in ("fits", "curves", "learning_curve", "confusion", "roc"))}
    assert machine == {"representation_neighbours"} | fits


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("wave,likes,75,466,0.5,0.1,0.9", "wave,likes,75,466,0.5004,0.1,0.9", True),
        ("wave,likes,75,466,0.5,0.1,0.9", "wave,likes,75,466,0.502,0.1,0.9", False),
        ("wave,likes,75,466,0.5,0.1,0.9", "wave,likes,75,466,,0.1,0.9", False),
        ("wave,likes,75,4660000,0.5,0.1,0.9", "wave,likes,75,4660001,0.5,0.1,0.9", False),
        ("wave 0.50,likes,75,466,0.5,0.1,0.9", "wave 0.500,likes,75,466,0.5,0.1,0.9", False),
    ],
)
def test_numbers_are_compared_within_the_tolerance_and_whole_ones_and_words_exactly(monkeypatch, old, new, same):
    monkeypatch.setattr(results, "_tolerances", lambda: {TABLE: (1e-6, 1e-3)})
    found = differences(catalogue.spec(TABLE), from_csv(f"{HEAD}{old}\n"), from_csv(f"{HEAD}{new}\n"))
    assert (found == []) == same


def test_a_date_is_compared_exactly(monkeypatch):
    monkeypatch.setattr(results, "_tolerances", lambda: {"cohort_registrations": (0.1, 0.1)})
    old, new = (from_csv(f"day,users\n2025-01-{day},9\n") for day in (13, 14))
    assert differences(catalogue.spec("cohort_registrations"), old, old) == []
    assert len(differences(catalogue.spec("cohort_registrations"), old, new)) == 1
