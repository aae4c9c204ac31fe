"""Worlds with a known truth: planted effects come back, none gives few alarms, and nothing hangs on the workers."""

from functools import partial

import joblib
import numpy as np
import pytest
from scipy.stats import binomtest

from rednote_study.analysis import planted, validation
from rednote_study.analysis.planted import SIZES, Cell, Search, pipeline_block, recovery_block, verdict_block
from rednote_study.analysis.verdicts import verdict
from rednote_study.panel import Panel, required_accounts
from rednote_study.replica import Size
from rednote_study.statistics.effect_sizes import bootstrap, cliffs_delta
from rednote_study.store import memory
from rednote_study.store.record import to_csv
from rednote_study.system.parallel import run

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


def cell(measure="engagement", times=1, placebos="as found", crawl="alike", effect=0.0):
    return Cell(measure, times, placebos, crawl, effect)


@pytest.fixture(scope="module")
def judged():
    """Verdicts of 40 runs a cell, and how often the difference was seen."""
    quiet = {"placebos": "none"}
    asked = {
        "nothing": cell(),
        "large": cell(effect=3.0),
        "large, quiet": cell(effect=3.0, times=10, **quiet),
        "prefers": cell(crawl="prefers"),
        "sessions": cell(crawl="prefers, as sessions differ"),
        "many, nothing": cell("language", times=10),
        "many, at the bound": cell("language", times=10, effect=1.0),
    }
    drawn = verdict_block(1, SEED, draws=40, cells=tuple(asked.values()))
    return {name: drawn[drawn[list(Cell._fields)].eq(list(wanted)).all(axis=1)] for name, wanted in asked.items()}


def given(runs, verdict):
    return int(runs["verdict"].eq(verdict).sum())


def test_without_an_effect_no_crawl_makes_the_rule_see_one_that_staying_explains(judged):
    for name in ("nothing", "prefers", "sessions"):
        assert given(judged[name], "seen and not explained by the crawl") <= 2, name


def test_a_preference_shared_by_all_fools_the_naive_comparison_alone_and_one_that_is_not_the_control_group_too(judged):
    assert judged["prefers"]["naive"].mean() > 0.9 and judged["prefers"]["difference"].mean() < 0.2
    assert judged["sessions"]["difference"].mean() > 0.4


def test_a_large_effect_is_seen_and_passes_where_splits_within_a_session_are_quiet(judged):
    assert judged["large"]["difference"].mean() > 0.6
    assert given(judged["large, quiet"], "seen and not explained by the crawl") == 40


def test_equivalence_is_rarely_claimed_of_an_effect_at_the_bound_and_often_of_none(judged):
    assert given(judged["many, nothing"], "not seen") > 20
    assert given(judged["many, at the bound"], "not seen") <= 6  # 5 % of 40 are 2
    assert given(judged["nothing"], "not seen") == 0  # so few accounts never tell


def test_the_planted_effect_has_the_size_that_was_asked_for():
    # A fifth have it; ten points more are odds of 3/7 in place of 1/4.
    world = planted._World(
        {"newcomers": np.array([0.0] * 80 + [1.0] * 20)},
        {"newcomers": np.array([50, 50, 20])},
        Search({"newcomers": 1.0}, 1.0, ()),
    )
    log_odds, size = planted._planted(world, cell("language", effect=1.0))
    assert np.exp(log_odds) == pytest.approx((3 / 7) / (1 / 4)) and size == pytest.approx(0.1)


def test_intervals_by_formula_give_the_verdicts_of_the_bootstrap():
    rng, same = np.random.default_rng(SEED), 0
    for number in range(30):
        arms = [rng.normal(shift, 1, n) for shift, n in ((0.05 * number, 75), (0, 466), (0, 33), (0, 49))]
        splits = [(rng.normal(0, 1, 128), rng.normal(0, 1, 105))]
        delta = partial(bootstrap, cliffs_delta, resamples=500, seed=number)
        pairs = [[np.unique(s, return_counts=True) for s in pair] for pair in (arms[:2], arms[2:], *splits)]
        resampled = verdict(
            delta(*pairs[:2]),
            [delta(pair) for pair in pairs[2:]],
            delta(*pairs[:2], confidence=0.9),
            planted.SMALLEST["engagement"],
        )
        same += planted._judge("engagement", arms, splits)[2] == resampled
    assert same >= 27


def test_an_avoiding_crawl_is_the_preferring_one_turned_round():
    search = Search({"newcomers": 0.4, "control": 0.8}, 2.0, ())
    assert search.preference("prefers") == {"newcomers": 2.0, "control": 2.0}
    assert search.preference("avoids") == {"newcomers": 0.5, "control": 0.5}
    assert search.preference("prefers, as sessions differ") == {"newcomers": 2.5, "control": 1.25}
    assert search.preference("avoids, as sessions differ") == search.session


def test_the_file_keeps_language_and_engagement():
    rows = pipeline_block(0, SEED, Size(n_users=600, n_retained=150)).set_index("feature")
    assert rows.loc[["engagement", "language"], "agreement"].gt(0.97).all()
    kept = rows.loc[["engagement", "language"]]
    assert (kept["measured"] - kept["truth"]).abs().max() < 0.15
    assert rows["planted"].round(4).tolist() == [0.4055, 0.6931, 0.6931]


def test_what_the_simulation_supposes_is_what_the_real_posts_show(real):
    found = validation.searches(real).set_index(["feature", "comparison", "group"])
    first, second, *placebos = validation.COMPARISONS
    for feature, search in planted.SEARCHES.items():
        for group, (start, rest, later) in SIZES.items():
            row = found.loc[(feature, first, group)]
            assert (row["other_users"], row["search_users"], round(row["odds_ratio"], 2)) == (
                start, rest, search.session[group],
            )  # fmt: skip
            assert found.loc[(feature, second, group), "search_users"] == later
        assert round(found.loc[(feature, second, "control"), "odds_ratio"], 2) == search.crawl
        rows = [found.loc[(feature, name, "newcomers")] for name in placebos]
        assert [(r["search_users"], r["other_users"], round(r["odds_ratio"], 2)) for r in rows] == [*search.placebos]
    newcomers = validation.prevalence(real).set_index("sample").loc["newcomers, January alone"]
    assert round(newcomers["share"], 2) == Panel.exposed
    assert (Panel.stays, Panel.lost) == (0.1, 0.2)  # "one in ten" and "a fifth" on the first page


@pytest.mark.slow
def test_the_number_of_workers_changes_nothing():
    blocks = [(number, SEED, 1, (cell(),)) for number in range(3)]
    one, two = (run(verdict_block, blocks, what="test", n_jobs=n) for n in (1, 2))
    assert [to_csv(f) for f in one] == [to_csv(f) for f in two]
    rows = [((0.14, 0.1, 2.0, 0.2, 28.0, sampled), 50, SEED) for sampled in (1.0, 0.1)]
    one, two = (run(validation._panel_row, rows, what="test", n_jobs=n) for n in (1, 2))
    assert one == two


def test_an_interrupted_simulation_goes_on(monkeypatch, tmp_path):
    folder = joblib.Memory(tmp_path / "kept", verbose=0)
    monkeypatch.setitem(vars(memory), "memory", lambda kind, state: folder)  # setattr would be a change of the session
    log = tmp_path / "log"
    wanted = [(str(log), number) for number in range(3)]
    kept = memory.kept("simulations", noted, state="as it is")
    run(kept, wanted[:2], what="test", n_jobs=1)
    assert run(kept, wanted, what="test", n_jobs=1) == [0, 10, 20]
    assert log.read_text().split() == ["0", "1", "2"]  # none was computed twice


def noted(log: str, number: int) -> int:
    with open(log, "a", encoding="utf-8") as file:
        file.write(f"{number}\n")
    return 10 * number


def test_the_design_table_agrees_with_its_simulation():
    table = validation.panel()
    simulated = table.dropna(subset="power")
    assert len(simulated) > 30 and simulated["power"].between(0.72, 0.88).all()
    usual = table.query("days == 28 and sampled == 1 and lost == 0.2").pivot(
        index="odds_ratio", columns="stays", values="accounts"
    )
    assert (usual.diff().iloc[1:] < 0).all(axis=None) and (usual.diff(axis=1).iloc[:, 1:] < 0).all(axis=None)
    assert usual.at[2.0, 0.1] == required_accounts(2, days=28)
    assert set(table.loc[table["power"].isna(), "accounts"].gt(validation.MOST_SIMULATED)) == {True}
