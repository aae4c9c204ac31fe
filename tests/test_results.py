"""A result is looked up before it is computed, by its crawl, its arguments and its code."""

import numpy as np
import pandas as pd
import pytest
from conftest import two_crawls
from crawl_file import text
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from rednote_study import plots, publish, results
from rednote_study.analysis import behaviour
from rednote_study.analysis.relations import frequencies, select
from rednote_study.crawl import conditions
from rednote_study.crawl.crawl import Crawl, open_crawl
from rednote_study.datasets import sources
from rednote_study.errors import DataError, StudyError
from rednote_study.statistics import effect_sizes
from rednote_study.store import record

CALLS = []


def ours(function):
    """As if a module of the package held it."""
    function.__module__ = "rednote_study.toy"
    return function


@results.result(
    "toy_accounts",
    title="Users of each account",
    columns={"account": "which", "users": "how many", "likes": "of them"},
    keys=("account",),
)
@ours
def accounts(crawl, contrasts={"a": 1}, *, statistic=np.mean, resamples=20):  # noqa: B006
    CALLS.append(contrasts)
    return crawl.users.groupby("account")["like_count"].agg(users="size", likes=statistic).reset_index()


@results.result("toy_fitted", title="Whether estimators come fitted", columns={"fitted": "yes or no"}, needs_data=False)
@ours
def fitted(encoders={}):  # noqa: B006
    CALLS.append(1)
    return pd.DataFrame({"fitted": [hasattr(e[-1], "mean_") for e in encoders.values()]})


TOYS = {name: results.SPECS.pop(name) for name in ("toy_accounts", "toy_fitted")}


def half(values):
    return values.sum() / 2


@pytest.fixture(autouse=True)
def memory(monkeypatch):
    """A store that no other test has: what is kept lies in a dictionary."""
    kept = {}
    results.SPECS.update(TOYS)

    def keep(kind, function, *, state, ignore):
        def call(key, function_, call_):
            place = kind, state, repr(key)
            if place not in kept:
                kept[place] = function(key, function_, call_)
            return kept[place]

        return call

    monkeypatch.setitem(vars(results), "kept", keep)
    monkeypatch.setitem(vars(results), "code_digest", lambda module: "code")
    CALLS.clear()
    yield
    for name in TOYS:
        results.SPECS.pop(name, None)


@pytest.fixture
def crawl(tmp_path):
    return open_crawl(str(_file(tmp_path)))


def _file(folder):
    (folder / "mine.csv").write_text(text(two_crawls(wave=(30, 20), control=(8, 3))), "utf-8")
    return folder / "mine.csv"


def test_computed_once_and_looked_up_afterwards(crawl):
    first, second = (accounts(crawl, {"a": 1, "b": 2}) for _ in range(2))
    assert not first.attrs["failed"]
    assert len(CALLS) == 1
    pd.testing.assert_frame_equal(first, second)


@pytest.mark.parametrize("other", [{"a": 2}, {"b": 2, "a": 1}])
def test_other_arguments_are_computed_and_the_order_of_a_dictionary_is_one(crawl, other):
    accounts(crawl, {"a": 1, "b": 2}, resamples=len(other))  # a call that no other test makes
    accounts(crawl, other, resamples=len(other))
    assert len(CALLS) == 2


def test_a_function_of_the_session_is_computed_each_time_and_one_of_a_pinned_package_once(crawl):
    for statistic, calls in ((lambda values: values.max(), 2), (half, 4), (np.median, 5)):
        for _ in range(2):
            accounts(crawl, {"of": statistic.__name__}, statistic=statistic)
        assert len(CALLS) == calls


def test_a_result_that_somebody_writes_in_a_notebook_is_computed_and_not_kept(crawl):
    @results.result("toy_mine", title="Mine", columns={"users": "how many"})
    def mine(crawl, step=1):
        CALLS.append(step)
        return pd.DataFrame({"users": [len(crawl.users) * step]})

    try:
        assert mine(crawl)["users"].tolist() == mine(crawl)["users"].tolist() == [61]
        assert len(CALLS) == 2
    finally:
        del results.SPECS["toy_mine"]


def test_estimators_are_known_by_class_and_parameters_and_come_unfitted():
    def encoders(fit=False, **options):
        pipeline = make_pipeline(HashingVectorizer(n_features=8), StandardScaler(with_mean=False, **options))
        return {"mine": pipeline.fit(["a b", "c"]) if fit else pipeline}

    assert not fitted(encoders(fit=True))["fitted"].any()
    fitted(encoders())
    assert len(CALLS) == 1
    fitted(encoders(with_std=False))
    assert len(CALLS) == 2


def test_crawls_made_from_others_have_results_of_their_own_and_no_cell_changes_one(crawl):
    before = accounts(crawl)
    users = crawl.users
    users["like_count"] = 0
    users.iloc[0, users.columns.get_loc("account")] = "nobody"
    assert accounts(crawl).equals(before) and "nobody" not in set(crawl.users["account"])
    assert accounts(crawl.replaced(users=users))["likes"].sum() == 0
    assert accounts(crawl).equals(before)


def test_a_damaged_file_is_named_or_computed_again(tmp_path, monkeypatch):
    crawl = Crawl(
        "toy",
        True,
        pd.DataFrame(),
        pd.DataFrame({"account": ["a"] * 9, "like_count": 1}),
        digest="a",
        source=sources.DATASETS["replica"],
    )
    frame = accounts(crawl)
    monkeypatch.setitem(vars(record), "RESULTS", tmp_path)
    record.write_record("toy", {"toy_accounts": (frame, results.entry(results.SPECS["toy_accounts"], frame))}, "a")
    CALLS.clear()
    absent = Crawl("toy", True, source=crawl.source)
    assert accounts(absent).equals(frame) and accounts(crawl).equals(frame) and CALLS == []
    path = tmp_path / "toy" / "toy_accounts.csv"
    path.write_text(path.read_text().replace("a,9", "b,9"))
    assert accounts(crawl).equals(frame)
    with pytest.raises(DataError, match=r"toy_accounts\.csv is damaged\. Get it back with git"):
        accounts(absent)


def test_what_no_result_returned_is_not_published(crawl):
    with pytest.raises(StudyError, match="small cells are blank"):
        publish.table(pd.DataFrame({"users": [3]}), "table-bare")
    users = crawl.users.drop_duplicates("account").assign(low=0, high=999)
    with pytest.raises(StudyError, match="small cells are blank"):
        publish.figure(plots.forest(users, x="like_count", rows="account"), "bare", title="Bare", caption="Bare.")
    frame = accounts(crawl)
    with pytest.raises(StudyError, match="small cells are blank"):
        publish.table(frame.merge(users[["account", "low"]]), "table-bare")


# Conditions -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "condition",
    [
        "account == 'wave' and not banded",
        "not (n_posts > 1 or like_count < 12)",
        "first_post >= '2025-01-13' and first_post < '2025-02-08'",
        "account != 'wave' or like_count == -1",
    ],
)  # fmt: skip
def test_a_condition_means_what_pandas_takes_it_for(crawl, condition):
    users = crawl.users.assign(banded=False)
    known = users.query(conditions.checked(condition))["like_count"].tolist()
    assert select(crawl, ["like_count"], where=condition)["c0"].tolist() == known
    assert len(known) not in (0, len(users))


@pytest.mark.parametrize(
    "condition", ["x == @secret", 'account == "wave"', "1 < x < 3", "x.max() > 1", "x = 1", "x in y", "x; DROP TABLE y"]
)
def test_what_only_one_engine_takes_is_refused(condition):
    with pytest.raises(DataError, match="condition"):
        conditions.checked(condition)


ARMS = ("at_risk", "crawl == 1")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            {"contrasts": {"mine": ("at_risk", "likes > 1")}, "differences": {}},
            r"effects\(contrasts=.*likes > 1.*likes",
        ),
        (
            {"contrasts": {"mine": ("at_risk and", "crawl == 1")}, "differences": {}},
            r"effects\(contrasts=.*'at_risk and'",
        ),
        ({"contrasts": {"mine": ARMS}}, "no contrast called 'wave at risk'.*there are: 'mine'"),
        ({"contrasts": [ARMS]}, r"effects\(contrasts=\.\.\.\) takes a mapping"),
        ({"counts": "like_count"}, r"effects\(counts=\.\.\.\) takes several: put 'like_count' into a list"),
        ({"readings": {"mine": "{cuont}"}}, r"effects\(readings=.*cuont"),
    ],
)
def test_what_is_wrong_in_a_cell_is_said_in_a_sentence_that_names_the_argument(made, arguments, words):
    with pytest.raises(DataError, match=words):
        behaviour.effects(made(two_crawls()), **arguments)


def test_an_argument_that_there_is_not_names_its_function(made):
    with pytest.raises(TypeError, match=r"effects\(\) .*'contrast'"):
        behaviour.effects(made(two_crawls()), contrast={})


def test_a_contrast_that_selects_few_or_nobody_has_no_estimate(made):
    contrasts = {"nobody": ("like_count < 0", "crawl == 1"), "few": ("like_count < 12", "account == 'wave'")}
    table = behaviour.effects(made(two_crawls()), contrasts, differences={"both": ("nobody", "few")})
    assert table[["delta", "low", "high", "p"]].isna().all(axis=None)


def test_another_effect_size_by_hand():
    x, y = (np.array([1.0, 5.0]), np.array([1, 2])), (np.array([2.0, 3.0]), np.array([1, 1]))
    value, low, high = effect_sizes.bootstrap(effect_sizes.difference_of_medians, (x, y), resamples=200, seed=1)
    assert value == 2.5 and low <= value <= high  # 5 of 1, 5, 5, less 2.5 of 2, 3


def test_frequencies_are_the_users_counted(crawl):
    values, numbers = frequencies(crawl, "like_count", where="account == 'wave'")
    wave = crawl.users.query("account == 'wave'")["like_count"].value_counts().sort_index()
    assert dict(zip(values, numbers, strict=True)) == wave.to_dict()
