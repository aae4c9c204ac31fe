"""A count that was not on the page: its post stays, its user has no total of it, and each table says on how many it rests."""

import numpy as np
import pandas as pd
import pytest
from conftest import two_crawls
from sklearn.linear_model import LogisticRegression

from rednote_study.analysis import behaviour
from rednote_study.catalogue import compute
from rednote_study.crawl.posts import COUNTS
from rednote_study.models.features import BEHAVIOUR, post_sequences, preparation, user_features


@pytest.fixture
def partly(made):
    """Two crawls; of three users at risk a post without shares, of one without likes."""
    rows = two_crawls(wave=(30, 25), control=(12, 10))
    for place in (0, 1, 2):
        rows[place]["share_count"] = "-1"
    rows[40]["like_count"] = "None"
    return made(rows)


def test_a_user_is_left_out_for_the_missing_count_alone(partly, made):
    whole = made(two_crawls(wave=(30, 25), control=(12, 10)))
    assert len(partly.posts) == len(whole.posts) and partly.users["n_posts"].equals(whole.users["n_posts"])
    for result, readings in {"behaviour_effects": 3, "behaviour_deltas": 1}.items():
        left, all_of_them = (
            compute(result, crawl).query("contrast == 'wave at risk'")[["higher_users", "lower_users"]].sum(axis=1)
            for crawl in (partly, whole)
        )
        assert (all_of_them - left).tolist() == readings * [1, 0, 0, 3]
    users = compute("behaviour_with_label", partly).set_index("count")["users"]
    assert users.tolist() == [54, 55, 55, 52]
    shown = compute("behaviour_quantiles", partly).query("group == 'wave at risk'").groupby("count")["users"].sum()
    assert shown.to_dict() == {"like_count": 54, "collect_count": 55, "comment_count": 55, "share_count": 52}


def test_a_correlation_rests_on_the_users_who_have_both_counts(partly):
    users = behaviour.correlations(partly, resamples=100).set_index("pair")["users"]
    january = partly.users["in_january"].sum()
    gone = {"like": partly.users.query("in_january")["like_count"].isna().sum(), "share": 3}
    for pair, found in users.items():
        assert found == january - sum(gone.get(count, 0) for count in pair.split("-"))


def test_a_file_without_a_count_has_nobody_for_it_and_all_for_the_others(made):
    crawl = made([row | {"share_count": ""} for row in two_crawls()])
    effects = compute("behaviour_effects", crawl).query("contrast == 'wave at risk' and reading == 'first posts'")
    effects = effects.set_index("count")
    assert effects.at["share_count", "higher_users"] == 0 and np.isnan(effects.at["share_count", "delta"])
    assert effects.at["like_count", "higher_users"] == 20 and np.isfinite(effects.at["like_count", "delta"])
    claims = compute("behaviour_claims", crawl).set_index("claim")["verdict"]
    assert claims["Retained users get more shares"].eq("cannot be tested").all()


def test_a_model_takes_a_missing_total_at_the_median_of_the_cases_that_it_learns_from(partly):
    users, texts = partly.users, pd.Series("hello", index=partly.users.index)
    features = user_features(partly.posts, users, texts, "raw")
    train, test = features.iloc[::2], features.iloc[1::2]
    prepared = preparation("behaviour").fit(train)
    filled = test.fillna(dict(zip(BEHAVIOUR, train[BEHAVIOUR].median(), strict=True)))
    assert test[BEHAVIOUR].isna().any(axis=None)
    assert np.array_equal(prepared.transform(test), prepared.transform(filled))
    LogisticRegression().fit(prepared.transform(train), np.arange(len(train)) % 2)
    sequences = post_sequences(partly.posts, users, np.zeros((len(partly.posts), 1)), steps=2)
    assert np.isfinite(sequences).all() and sequences.shape[-1] == 1 + len(COUNTS)
