"""Every table on data of every shape: documented columns, no small cells, and answers worked out by hand."""

import re

import numpy as np
import pandas as pd
import pytest
from conftest import load, two_crawls
from crawl_file import row
from hypothesis import given
from hypothesis import strategies as st

from rednote_book.describe import describe
from rednote_study import catalogue, results
from rednote_study.analysis import behaviour
from rednote_study.analysis.verdicts import PLACEBOS, verdict
from rednote_study.catalogue import compute
from rednote_study.encoders import PretrainedEncoder
from rednote_study.errors import StudyError
from rednote_study.statistics.inference import Estimate
from rednote_study.store.record import from_csv
from rednote_study.store.small_cells import suppress_small
from rednote_study.system.paths import RESULTS

SHAPES = {
    "one row": [row()],
    "one user": [row(f"2025-01-{14 + i} 10:00", post=i) for i in range(8)],
    "no February": [row(user=i, post=i, like_count=str(i)) for i in range(12)],
    "no January": [row("2025-02-14 10:00", user=i, post=i) for i in range(12)],
    "no wave": [row(registered="2020-01-01 00:00", user=i, post=i) for i in range(12)],
    "no text": [row(user=i, post=i, title="", content="", label="") for i in range(12)],
    "nothing but emoji": [row(user=i, post=i, title="🐱", content="🐱🐶 [笑哭R]", label="🐱") for i in range(12)],
    "no counts": [row(user=i, post=i, like_count="", share_count="") for i in range(12)],
    "two crawls": two_crawls(),
}


def computed(name, data):
    """A table at its defaults, without the encoders that learn for a minute from a text of their own."""
    wanted = catalogue.spec(name)
    given = wanted.signature.bind(data)
    given.apply_defaults()
    if isinstance(encoders := given.arguments.get("encoders"), dict):
        quick = {key: encoder for key, encoder in encoders.items() if not isinstance(encoder, PretrainedEncoder)}
        given.arguments["encoders"] = quick
        if "pairs" in given.arguments:
            pairs = given.arguments["pairs"].items()
            given.arguments["pairs"] = {what: pair for what, pair in pairs if set(pair) <= set(quick)}
    elif encoders:
        given.arguments["encoders"] = ()  # by name: those of `representation_auc`
    return results.compute(wanted, given.arguments)


@pytest.fixture(scope="module", params=SHAPES)
def tables(request, tmp_path_factory):
    """A data set of that shape and every table of it; those of the real posts are looked at in the record."""
    data = load(tmp_path_factory.mktemp("shape") / "crawl.csv", SHAPES[request.param])
    return data, {name: computed(name, data) for name in catalogue.table_names(needs_data=True)}


def test_every_table_comes_out_with_its_columns_and_shows_no_one_to_four_users(tables):
    data, frames = tables
    assert describe(data)["posts"] == len(data.posts) == data.rows - len(data.quarantine)
    for name, frame in frames.items():
        spec = catalogue.spec(name)
        assert list(frame.columns) == list(spec.columns)
        counts = [c for c in frame.columns if c.split("_")[-1] in {"users", "posts"} and c not in spec.keys]
        if spec.exempt is None:
            assert not frame[counts].apply(pd.to_numeric).isin([1, 2, 3, 4]).any(axis=None), name


_FORMATTED = re.compile(r"\d[.,]\d|\d ?%|\d (to|of) \d|\([^()]*\d[^()]*\)")
_WORDS_WITH_NUMBERS = {
    ("arrival_ages", "age"): "classes of days",
    ("context_events", "note"): "remarks on a source",
    ("context_figures", "note"): "remarks on a source",
    ("context_figures", "original"): "wording of a source",
    ("data_fingerprints", "mark"): "10+ is how the crawl writes a band",
    ("data_marks", "mark"): "10+ is how the crawl writes a band",
    ("discussion_claims", "claim"): "what a source says",
    ("discussion_claims", "why"): "what a source says",
    ("language_by_tenure", "tenure"): "classes of days",
    ("published_fits", "text"): "sizes of two encoders' vectors, in their names",
    ("migrations", "place"): "where a source says it",
    ("migrations", "sample"): "wording of a source",
    ("migrations", "window"): "dates of a source",
    ("migrations_aftermath", "method"): "wording of a source",
    ("migrations_aftermath", "what"): "wording of a source",
    ("migrations_aftermath", "when"): "dates of a source",
    ("published_layers", "layer"): "layers as Keras code has them",
    ("representation_machine", "machine"): "name of a machine and of a version",
    ("scale_costs", "machine"): "name of a machine and of a version",
    ("published_mended", "why"): "a threshold in a sentence",
}


def test_no_table_holds_a_number_as_text():
    tables = {path.stem: from_csv(path.read_text("utf-8")) for path in RESULTS.glob("*/*.csv")}
    found = {
        (name, column): text
        for name, frame in tables.items()
        for column in frame.select_dtypes(exclude=["number", "bool", "datetime"])
        for text in frame[column].dropna().astype(str)
        if _FORMATTED.search(text)
    }
    assert {place: text for place, text in found.items() if place not in _WORDS_WITH_NUMBERS} == {}
    assert set(_WORDS_WITH_NUMBERS) == set(found), "an exception that is none any more"


def test_suppression_blanks_the_whole_row_and_keeps_the_keys():
    table = pd.DataFrame(
        {"day": ["a", "b", "c"], "users": [4, 5, 0], "share": [0.1, 0.2, 0.0], "seen": [True, False, True]}
    )
    shown = suppress_small(table, keep=("day",))
    assert shown["day"].tolist() == ["a", "b", "c"]
    assert shown.loc[0, ["users", "share", "seen"]].isna().all()
    assert shown["users"].tolist()[1:] == [5, 0]


def test_a_single_blank_is_not_found_by_subtraction():
    table = pd.DataFrame({"crawl": [1, 1, 1, 2, 2], "users": [4, 9, 30, 8, 7]})
    shown = suppress_small(table, keep=("crawl",), adds_up=("crawl",))["users"]
    assert shown.isna().tolist() == [True, True, False, False, False]


@given(st.lists(st.integers(0, 20), min_size=1, max_size=10))
def test_suppression_shows_zero_and_five_or_more(users):
    shown = suppress_small(pd.DataFrame({"users": users}))["users"]
    assert [u for u in users if not 1 <= u <= 4] == shown.dropna().astype(int).tolist()


def test_an_unknown_table_or_figure_is_named():
    with pytest.raises(StudyError, match="no table 'x'"):
        compute("x")


# Known answers, by hand ------------------------------------------------------------------------------------


def test_the_flow_adds_up(made):
    flow = compute("cohort_flow", made(two_crawls())).set_index("step")
    assert flow["n"].tolist() == [70, 70, 70, 50, 50, 20]
    assert flow.loc["registered in the wave", "left_out"] == 20
    assert flow.loc["seen from February on", "left_out"] == 30


def test_shares_and_difference_in_differences(made):
    data = made(two_crawls(wave=(20, 20), control=(20, 20), chinese=(5, 15, 10, 15)))
    shares = compute("language_shares", data).set_index(["account", "crawl"])["chinese"]
    assert shares.to_dict() == {("older", 1): 0.5, ("older", 2): 0.75, ("wave", 1): 0.25, ("wave", 2): 0.75}
    did = compute("language_did", data).set_index(["outcome", "accounts"]).loc[("chinese", "at risk")]
    assert did["wave_change"] == pytest.approx(0.5) and did["control_change"] == pytest.approx(0.25)
    assert did["did"] == pytest.approx(0.25) and did["low"] < 0.25 < did["high"]
    # log odds: ln(3/(1/3)) - ln(3/1) = ln 3
    assert did["odds"] == pytest.approx(np.log(3), abs=1e-4)


def test_who_was_never_at_risk_is_left_out_and_stands_beside(made):
    # 20 and 20 newcomers at risk, 5 and 15 with Chinese; 20 registered after the first crawl, all found by the second
    late = [
        row(f"2025-02-14 10:{i:02}", "2025-01-20 09:00", user=900 + i, post=900 + i, content="hello") for i in range(20)
    ]
    data = made([*two_crawls(wave=(20, 20), control=(20, 20), chinese=(5, 15, 10, 15)), *late])
    shares = compute("language_shares", data).set_index(["account", "crawl"])["chinese"]
    assert shares["late", 2] == 0 and shares["wave", 2] == 0.75
    did = compute("language_did", data).query("outcome == 'chinese'")
    assert did["wave_change"].tolist() == pytest.approx([0.5, 15 / 40 - 0.25])
    newcomers = compute("cohort_definitions", data).iloc[1]
    assert newcomers[["users", "positive_users", "late_users", "late_positive_users"]].tolist() == [40, 20, 20, 20]
    # 20 of 40 against 40 of 60
    assert newcomers[["share", "all_share", "added"]].tolist() == pytest.approx([1 / 2, 2 / 3, 1 / 6])
    groups = compute("cohort_groups", data).set_index("group")
    assert groups.loc["wave", ["users", "at_risk_users", "later_users"]].tolist() == [60, 40, 20]
    # after 28 days the 20 at risk whom the second crawl found still post, of 40; the late ones posted on their 25th
    rules = compute("survival_rules", data).iloc[0]
    assert rules[["month", "added"]].tolist() == pytest.approx([1 / 2, 20 / 60 - 1 / 2])


def test_a_planted_adaptation_is_found_and_none_is_not(made):
    planted = compute("language_did", made(two_crawls((50, 50), (50, 50), (5, 45, 10, 10)))).iloc[0]
    assert planted["low"] > 0.5
    none = compute("language_did", made(two_crawls((50, 50), (50, 50), (5, 25, 10, 30)))).iloc[0]
    assert none["low"] < 0 < none["high"]


def test_effects_of_counts(made):
    data = made(two_crawls(wave=(30, 20), control=(20, 20), chinese=(0, 0, 0, 0), likes=(100, 0)))
    effects = (
        compute("behaviour_effects", data).query("reading == 'lower ends'").set_index(["contrast", "count"])["delta"]
    )
    assert effects["wave at risk", "like_count"] == pytest.approx(-1)  # 0..19 against 100..129
    assert effects["control", "like_count"] == pytest.approx(-1)
    assert effects["difference", "like_count"] == pytest.approx(0)
    assert effects["wave at risk", "share_count"] == 0


def test_three_readings_of_a_count_and_its_histogram(made):
    rows = [row("2025-01-13 10:00", "2025-01-13 09:00", user=i, post=i, like_count="5") for i in range(6)]
    for i in range(6, 12):
        rows += [row("2025-02-13 10:00", "2025-01-13 09:00", user=i, post=i, like_count="2")]
        rows += [row("2025-02-14 10:00", "2025-01-13 09:00", user=i, post=20 + i, like_count="10+")]
    data, later = made(rows), {"later": ("account == 'wave'", "last_post >= '2025-02-01'")}
    found = behaviour.effects(data, later, differences={}, counts=["like_count"], resamples=100)
    # 12 against 5, 2 and 999 against 5, 2 against 5
    assert found.set_index("reading")["delta"].to_dict() == {"lower ends": 1, "upper ends": 1, "first posts": -1}
    bars = behaviour.histogram(data, counts=["like_count"]).query("group == 'newcomers'").set_index("least")["users"]
    assert bars[bars > 0].to_dict() == {3: 6, 10: 6}


@pytest.mark.parametrize(
    ("difference", "placebos", "ninety", "judged"),
    [
        ((0.5, 0.3, 0.7), [(0.0, -0.1, 0.1)], (0.33, 0.67), "seen and not explained by the crawl"),
        ((0.5, 0.3, 0.7), [(0.0, -0.1, 0.1), (-0.4, -0.5, -0.3)], (0.33, 0.67), "seen and not separable"),
        ((0.5, 0.3, 0.7), [(np.nan,) * 3], (0.33, 0.67), "seen and not separable"),
        ((0.1, -0.1, 0.3), [(0.0, -0.1, 0.1)], (-0.07, 0.27), "undetermined"),
        ((0.02, -0.15, 0.17), [(0.0, -0.1, 0.1)], (-0.12, 0.14), "not seen"),
        ((-0.3, -0.5, -0.1), [(0.0, -0.1, 0.1)], (-0.47, -0.13), "seen the other way"),
        (
            (-0.3, -0.65, 0.05),
            [(0.0, -0.1, 0.1)],
            (-0.59, -0.01),
            "undetermined",
        ),  # few users: 95 % holds zero, 90 % not
        ((-0.3, -0.6, 0.0), [(0.0, -0.1, 0.1)], (-0.55, -0.05), "undetermined"),
        ((np.nan,) * 3, [(0.0, -0.1, 0.1)], (np.nan, np.nan), "cannot be tested"),
    ],
)
def test_the_verdict_follows_its_rule(difference, placebos, ninety, judged):
    found = verdict(Estimate(*difference), [Estimate(*p) for p in placebos], Estimate(difference[0], *ninety), 0.147)
    assert found == judged


@pytest.mark.parametrize("moments", PLACEBOS.values(), ids=PLACEBOS)
def test_a_placebo_lies_within_one_session(moments):
    found = from_csv((RESULTS / "us_posts" / "sessions_found.csv").read_text("utf-8"))
    ends = found.query("crawl == 1")["ends"].astype("datetime64[s]")
    begin, cut, end = map(pd.Timestamp, moments)
    assert begin < cut < end <= ends[ends > begin].min()


def test_the_crawl_is_predicted_by_its_mark_in_both_groups(made):
    marks = compute("data_fingerprints", made(two_crawls())).set_index(["group", "mark"])["auc"]
    assert marks["wave", "suffix [话题] (topic) in the text"] == 1
    assert marks["control", "suffix [话题] (topic) in the text"] == 1
    assert np.isclose(marks["wave", "a count shown as a band (10+)"], 0.5)


def test_rows_of_the_file_add_up(made):
    rows = [row(post=1), row(post=2, like_count="x"), row(post=2), row(post=2)]
    table = compute("data_rows", made(rows)).set_index("step")["rows"]
    assert table["data rows in the file"] == 4
    assert table["set aside, together"] == 2 and table["posts kept"] == 2


def test_no_cell_of_a_row_set_aside_is_in_a_table(made):
    secrets = ["secret", "it's secret", 'a "secret', "a' secret\" 'x", "secret' ", "\u202esecret"]
    data = made([row(post=0), *(row(post=i, like_count=secret) for i, secret in enumerate(secrets, 1))])
    assert data.quarantine["reason"].str.contains("secret").all() and len(data.quarantine) == len(secrets)
    steps = compute("data_rows", data)["step"]
    assert not steps.str.contains("secret").any()
    assert "set aside: like_count is not a count like 14, 1.2万, 1千+ or 10+" in steps.tolist()


# Published and known facts ---------------------------------------------------------------------------------


def test_known_numbers_of_the_real_posts(real):
    told = describe(real)
    expected = {
        "posts": 724, "users": 676, "wave_users": 594, "cohort_positive": 127, "at_risk_users": 541,
        "at_risk_positive": 75, "published_users": 517, "published_positive": 1, "time_mismatches": 4,
        "quarantined": 0, "crawls": 2,
    }  # fmt: skip
    assert {k: told[k] for k in expected} == expected
    assert real.posts["crawl"].value_counts().to_dict() == {1: 529, 2: 195}
    assert real.users["crawls"].max() == 1
    for shares in told["language_by_month"].values():
        assert sum(shares.values()) == pytest.approx(1, abs=1e-5)


def test_known_numbers_of_the_replica(replica):
    told = describe(replica)
    assert (told["posts"], told["published_users"], told["published_positive"]) == (4117, 3249, 20)
    compared = compute("data_replica", replica)
    assert compared["published"].tolist() == compared["here"].tolist()
