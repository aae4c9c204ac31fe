"""Worlds with a known truth: planted effects come back, none gives few alarms, and nothing hangs on the workers."""

import joblib
import numpy as np
import pytest
from scipy.stats import binomtest

from rednote_study.analysis import planted, validation
from rednote_study.analysis.blocks import in_blocks
from rednote_study.analysis.planted import SIZES, crawl_block, pipeline_block, recovery_block
from rednote_study.replica import Size
from rednote_study.store import memory
from rednote_study.store.record import to_csv

SEED = 5


@pytest.fixture(scope="module")
def recovery():
    """A few draws of every cell, summed up as the table does."""
    runs = recovery_block(0, SEED, draws=30)
    cells = runs.groupby(validation._CELL)
    return cells.agg(mean=("estimate", "mean"), sd=("estimate", "std"), runs=("found", "size"), found=("found", "sum"),
                     covered=("covered", "sum"))  # fmt: skip


@pytest.mark.parametrize("feature", planted.FEATURES)
@pytest.mark.parametrize("odds_ratio", [1.0, 2.0])
def test_planted_effects_come_back(recovery, feature, odds_ratio):
    for design, positives in (("independent", 500), ("published", 127)):
        cell = recovery.loc[(design, feature, odds_ratio, positives, "logistic, Firth")]
        assert cell["mean"] == pytest.approx(np.log(odds_ratio), abs=4 * cell["sd"] / np.sqrt(cell["runs"]))


def test_intervals_hold_the_planted_value_as_often_as_they_say(recovery):
    cells = recovery.xs("logistic, Firth", level="method")
    share = cells["covered"].sum() / cells["runs"].sum()
    assert 0.93 < share < 0.97


def test_without_an_effect_one_in_twenty_alarms(recovery):
    fair = recovery.loc["independent"].xs(1.0, level="odds_ratio").groupby("method")[["found", "runs"]].sum()
    for method, row in fair.iterrows():
        assert binomtest(int(row["found"]), int(row["runs"]), 0.05).pvalue > 0.001, method


def test_more_positives_and_larger_effects_are_found_more_often(recovery):
    found = recovery["found"].xs(("independent", "engagement", "Mann-Whitney"), level=("design", "feature", "method"))
    assert found[3.0, 500] == 30 and found[1.5, 20] < found[1.5, 500]
    assert found[1.2, 50] <= found[3.0, 50]


def test_half_of_the_positives_among_the_newest_misleads_the_naive_comparison(recovery):
    naive, adjusted = (
        recovery.loc[("published", "language", 1.0, 127, method), "found"] for method in ("Newcombe", "logistic, Firth")
    )
    assert naive > 8 > adjusted


@pytest.fixture(scope="module")
def crawls():
    return crawl_block(1, SEED, draws=12).groupby(["feature", "odds_ratio", "crawl"])


def test_a_crawl_that_prefers_a_feature_fools_the_naive_comparison_and_not_the_rule(crawls):
    alarms = crawls[["naive", "holds"]].sum().loc[("engagement", 1.0, 3.0)]
    assert alarms["naive"] == 12 and alarms["holds"] <= 3


def test_a_large_effect_passes_the_rule(crawls):
    assert crawls["holds"].sum()[("engagement", 5.0, 1.0)] >= 10


def test_the_rule_is_stricter_than_its_parts():
    runs = crawl_block(2, SEED, draws=3)
    assert not (runs["holds"] & ~(runs["naive_up"] & runs["difference"])).any()


def test_the_file_keeps_language_and_engagement():
    rows = pipeline_block(0, SEED, Size(n_users=600, n_retained=150)).set_index("feature")
    assert rows.loc[["engagement", "language"], "agreement"].gt(0.97).all()
    kept = rows.loc[["engagement", "language"]]
    assert (kept["measured"] - kept["truth"]).abs().max() < 0.15
    assert rows["planted"].round(4).tolist() == [0.4055, 0.6931, 0.6931]


def test_the_sizes_are_those_of_the_real_crawls(real):
    users = real.users
    risk, control, later = users["at_risk"], users["account"].ne("wave"), users["cohort_retained"]
    assert [int((g & s).sum()) for g in (risk, control) for s in (later, ~later)] == [
        SIZES[name] for name in ("later", "earlier", "control_later", "control_earlier")
    ]


@pytest.mark.slow
def test_the_number_of_workers_changes_nothing():
    blocks = [(number, SEED, 1) for number in range(3)]
    one, two = (in_blocks(crawl_block, blocks, what="test", workers=n, keep=False) for n in (1, 2))
    assert [to_csv(f) for f in one] == [to_csv(f) for f in two]
    rows = [(2.0, 28, sampled, 50, SEED, {}) for sampled in (1.0, 0.1)]
    one, two = (in_blocks(validation._panel_row, rows, what="test", workers=n, keep=False) for n in (1, 2))
    assert one == two


def test_an_interrupted_simulation_goes_on(monkeypatch, tmp_path):
    kept = joblib.Memory(tmp_path / "kept", verbose=0)
    monkeypatch.setitem(vars(memory), "memory", lambda kind, state: kept)  # setattr would be a change of the session
    log = tmp_path / "log"
    wanted = [(str(log), number) for number in range(3)]
    in_blocks(noted, wanted[:2], what="test", workers=1)
    assert in_blocks(noted, wanted, what="test", workers=1) == [0, 10, 20]
    assert log.read_text().split() == ["0", "1", "2"]  # none was computed twice


def noted(log: str, number: int) -> int:
    with open(log, "a", encoding="utf-8") as file:
        file.write(f"{number}\n")
    return 10 * number


def test_the_design_table_agrees_with_its_simulation():
    table = validation.panel()
    simulated = table.dropna(subset="power")
    assert len(simulated) > 20 and simulated["power"].between(0.7, 0.9).all()
    assert table.groupby(["odds_ratio", "days"])["accounts"].apply(lambda a: a.is_monotonic_increasing).all()
    assert set(table.loc[table["power"].isna(), "accounts"].gt(validation.MOST_SIMULATED)) == {True}
