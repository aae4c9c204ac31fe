"""Tables of the chapter on retention models, on the real posts and on made ones."""

import numpy as np
import pandas as pd
import pytest
from conftest import look_up, two_crawls
from hypothesis import given
from hypothesis import strategies as st

from rednote_study import catalogue
from rednote_study.analysis import explanation, retention, survival
from rednote_study.catalogue import compute
from rednote_study.errors import DataError
from rednote_study.formats import for_reading


def test_each_population_has_the_users_that_the_method_names(real):
    scores = look_up("retention_scores", real).drop_duplicates("population").set_index("population")
    assert scores.loc["at risk", ["users", "positive_users"]].tolist() == [541, 75]
    assert scores.loc["whole wave", ["users", "positive_users"]].tolist() == [594, 127]
    assert scores.loc["control", "users"] == 82
    assert scores.loc["permuted", ["users", "positive_users"]].tolist() == [541, 75]


def test_labels_dealt_at_random_teach_no_model_anything(real):
    scores = look_up("retention_scores", real)
    permuted = scores[scores["population"].eq("permuted") & scores["metric"].eq("auc")]
    assert len(permuted) == 5
    assert permuted["low"].le(0.5).all() and permuted["high"].ge(0.5).all()


def test_the_prior_has_no_skill(real):
    scores = look_up("retention_scores", real)
    prior = scores[scores["model"].eq("no-skill prior") & scores["population"].eq("at risk")]
    at = prior.set_index(["metric", "version"])["value"]
    share = 75 / 541
    assert at["auc"].between(0.45, 0.55).all()
    assert at["brier"].to_numpy() == pytest.approx(share * (1 - share), abs=1e-3)
    assert at["balanced accuracy"].to_numpy() == pytest.approx(0.5, abs=0.01)


def test_raw_text_leaps_for_every_model_and_in_the_control_group_too(real):
    scores = look_up("retention_scores", real)
    auc = scores[scores["metric"].eq("auc")].set_index(["population", "version", "model"])["value"]
    for model in ("logistic regression", "gradient-boosted trees", "MLP", "LSTM"):
        assert auc["at risk", "raw", model] > auc["at risk", "words only", model] + 0.1, model
        assert auc["control", "raw", model] > 0.8, model


def test_the_mark_of_the_crawl_carries_the_model_on_raw_text(real):
    kinds = look_up("retention_token_kinds", real).set_index("kind")
    assert kinds["fall"].idxmax() == "format mark"
    assert look_up("retention_tokens", real).iloc[0]["token"] == "[话题]"
    assert look_up("retention_tokens", real)["users"].min() >= 5


def test_features_made_of_the_label_are_named(real):
    known = look_up("retention_known", real).set_index("feature")
    assert known.loc["time of the last post in the sample", "check"] == "is the label"
    assert known.loc["days from registration to the first post", "check"] == "is the label"
    used = known[known["used"].eq("yes")]
    assert not used["check"].eq("is the label").any()


def test_probabilities_add_up_to_the_share_of_positives_but_those_of_the_trees(real):
    """The trees are not calibrated; the chapter says that they say too little."""
    calibration = look_up("retention_calibration", real).dropna()
    shown = calibration.groupby("model").filter(lambda parts: len(parts) == 3)
    sums = (shown["predicted"] * shown["users"]).groupby(shown["model"]).sum() / 541
    assert set(sums.index) >= {"logistic regression", "MLP", "LSTM"}
    assert sums.drop("gradient-boosted trees", errors="ignore").to_numpy() == pytest.approx(75 / 541, abs=0.03)
    trees = calibration[calibration["model"].eq("gradient-boosted trees")]
    assert len(trees) and (trees["predicted"] < trees["observed"]).all()


def test_two_runs_predict_the_same_to_the_last_digit(real):
    questions = {name: retention.QUESTIONS[name] for name in ("at risk", "control")}
    questions = {name: question._replace(versions=("words only",), repeats=1) for name, question in questions.items()}
    options = {"folds": 5, "steps": 4, "seed": 1}
    first, second = (
        retention.predictions.__wrapped__(real, questions, retention.MODELS, ("behaviour",), **options)
        for _ in range(2)
    )
    assert len(first) == 2 * len(retention.MODELS)
    for key, found in first.items():
        assert np.array_equal(found.scores, second[key].scores), key


def test_a_question_is_a_pair_of_conditions_on_the_users(made):
    data = made(two_crawls())
    rows, y = retention.cases(data, "at_risk", retention.STAYED)
    users = data.users.iloc[rows]
    assert users["at_risk"].all() and len(rows) == data.users["at_risk"].sum()
    assert np.array_equal(y, users["cohort_retained"].to_numpy(bool)) and users["registered"].is_monotonic_increasing
    with pytest.raises(DataError, match="'nowhere' cannot be used"):
        retention.cases(data, "nowhere", retention.STAYED)


def test_labels_dealt_anew_are_as_many(made):
    data, question = made(two_crawls()), retention.QUESTIONS["permuted"]
    dealt = retention._labels(data, question, seed=1)
    as_they_are = retention._labels(data, question._replace(permuted=False), seed=1)
    assert dealt.sum() == as_they_are.sum() and not np.array_equal(dealt, as_they_are)


def test_another_silence_and_another_month(made):
    data = made(two_crawls())
    week, long = (survival.rules(data, silence=days) for days in (7, 10_000))
    assert week["rule"].str.contains("7 days").sum() == 2
    assert long.loc[1:, "departed_users"].eq(0).all() and long.loc[1:, "month"].eq(1).all()


def test_a_small_crawl_gets_no_models_and_says_so(made):
    data = made(two_crawls())
    assert compute("retention_scores", data).empty
    models = compute("retention_models", data)
    assert models.drop(columns="model").isna().all(axis=None)
    shown = for_reading(models, catalogue.spec("retention_models").formats)
    assert shown.drop(columns="model").eq("too few users").all(axis=None)
    assert compute("retention_differences", data).empty


def test_tokens_have_one_kind_each():
    found = explanation.tokens("TikTok refugees [笑哭R]\nmy cat 猫税 #cat tax[话题]# #TikTok ")
    assert found == [
        ("format mark", "#"), ("format mark", "[笑哭R]"), ("format mark", "[话题]"), ("format mark", "line break"),
        ("search word", "refugees"), ("search word", "tiktok"), ("hashtag", "#cat tax"), ("word", "cat"), ("word", "猫税"),
    ]  # fmt: skip


# Survival --------------------------------------------------------------------------------------------------


def test_kaplan_meier_by_hand():
    """Freireich's leukaemia trial, 6-MP arm, as in Kalbfleisch and Prentice: 0.857 after 6 weeks, 0.448 after 23."""
    days = np.array([6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35], dtype=float)
    relapse = np.array([1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0], dtype=bool)
    curve = survival.kaplan_meier(days, relapse, np.array([0.0, 6, 7, 10, 13, 16, 22, 23, 30]))
    expected = [1, 0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448, 0.448]
    assert curve["staying"].to_numpy() == pytest.approx(expected, abs=5e-4)
    assert curve["at_risk_users"].tolist() == [21, 21, 17, 15, 12, 11, 7, 6, 4]
    # log(-log) interval after 6 weeks, as R's survival package gives it
    assert curve.loc[1, ["low", "high"]].tolist() == pytest.approx([0.620, 0.952], abs=1e-3)


def test_who_is_watched_later_is_not_at_risk_before():
    # departures on days 2, 5 and 8; the second and third are watched from day 3 on: 1 of 2, then 1 of 3, then 1 of 2
    days, gone = np.array([2.0, 5, 8, 9]), np.array([True, True, True, False])
    curve = survival.kaplan_meier(days, gone, np.array([2.0, 5, 8]), np.array([0.0, 3, 3, 0]))
    assert curve["staying"].tolist() == pytest.approx([1 / 2, 1 / 3, 1 / 6])
    assert curve["at_risk_users"].tolist() == [2, 3, 2]


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=60))
def test_a_curve_falls_from_one_and_fewer_departures_lift_it(cases):
    days, gone = np.array([d for d, _ in cases], float), np.array([g for _, g in cases])
    at = np.arange(0.0, 31)
    curve, all_gone = (survival.kaplan_meier(days, d, at) for d in (gone, np.ones(len(days), bool)))
    assert curve["staying"].between(0, 1).all() and (curve["staying"].diff().dropna() <= 1e-12).all()
    assert (curve["staying"] >= all_gone["staying"] - 1e-12).all()
    inside = curve.dropna()
    assert (inside["low"] <= inside["staying"]).all() and (inside["staying"] <= inside["high"]).all()


def test_no_departure_can_be_counted_by_subtraction(real):
    curves = look_up("survival_curves", real)
    for _, rows in curves.groupby("rule"):
        left = rows["at_risk_users"].to_numpy()
        fewer = left[:-1] - left[1:]  # below zero where users come under observation
        assert ((fewer >= 5) | (fewer < 0)).all() and left[-1] >= 5


def test_the_rule_alone_moves_the_curve(real):
    month = look_up("survival_rules", real)["month"]
    assert pd.Series(month).max() > 2 * month.min()
