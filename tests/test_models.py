"""Retention models: no fold leaks, nothing is found in nothing, what is planted is found, leaks are noticed."""

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from threadpoolctl import threadpool_limits

from rednote_study.errors import DataError
from rednote_study.models import protocol
from rednote_study.models.features import LANGUAGE, HashtagEncoder, post_sequences, preparation, user_features
from rednote_study.models.leakage import refuse_leaks, single_feature_auc, verdict
from rednote_study.models.networks import LstmClassifier, MlpClassifier
from rednote_study.models.protocol import cross_validate, models, score_others
from rednote_study.statistics.metrics import estimate, resampling_weights

N = 160


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Threads that wait for each other make small fits many times slower on a busy machine."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def users():
    """Features of 160 users of whom a quarter stayed, that have nothing to do with it; and sequences of posts."""
    rng = np.random.default_rng(7)
    words = ["cat", "noodles", "hello", "friends", "music", "school", "家", "朋友", "学习", "老师", "音乐", "猫"]
    frame = pd.DataFrame(
        rng.normal(size=(N, 8)), columns=["like_count", "collect_count", "comment_count", "share_count", *LANGUAGE]
    )
    frame["tags"] = ["\n".join(rng.choice(words, 2)) for _ in range(N)]
    frame["text"] = [" ".join(rng.choice(words, 8)) for _ in range(N)]
    sequences = rng.normal(size=(N, 3, 6)).astype(np.float32)
    sequences[N // 8 :, 1:] = 0
    y = rng.permutation(np.arange(N) < N // 4)
    return frame, sequences, y


def _auc(found, y):
    return estimate("auc", found.scores, y, resampling_weights(y, seed=1))


@pytest.mark.parametrize("name", models(0))
def test_nothing_is_found_where_labels_are_dealt_at_random(users, name):
    frame, sequences, y = users
    chosen = {name: models(3)[name]}
    found = cross_validate(chosen, frame, y, feature_set="all together", sequences=sequences, seed=11, repeats=1)[name]
    low, high = _auc(found, y)[1:]
    assert low <= 0.5 <= high
    assert found.scores.shape == found.decisions.shape == (1, N)


@pytest.mark.parametrize("name", list(models(0))[1:])
def test_a_planted_effect_is_found(users, name):
    frame, sequences, y = users
    planted, moved = frame.assign(like_count=frame["like_count"] + 2 * y), sequences.copy()
    moved[:, 0, 0] += 2 * y
    chosen = {name: models(3)[name]}
    found = cross_validate(chosen, planted, y, feature_set="behaviour", sequences=moved, seed=11, repeats=1)[name]
    assert _auc(found, y).low > 0.6
    assert estimate("balanced accuracy", found.decisions.astype(float), y, resampling_weights(y, seed=1)).value > 0.65
    assert abs(found.scores.mean() - y.mean()) < 0.08  # calibrated in the large


def test_all_models_see_the_same_folds_and_only_the_fold(users):
    frame, _, y = users
    seen = {"first": [], "second": []}

    class Spy(DummyClassifier):
        def __init__(self, name="first"):
            super().__init__()
            self.name = name

        def fit(self, X, y):
            seen[self.name].append(X[:, 0].round(6).tolist())
            return super().fit(X, y)

    chosen = {name: Spy(name) for name in seen}
    cross_validate(chosen, frame, y, feature_set="behaviour", seed=1, repeats=1)
    assert seen["first"] == seen["second"]
    assert [len(fold) for fold in seen["first"]] == [N * 4 // 5] * 5


def test_preparation_learns_nothing_from_the_users_scored(users):
    frame, _, _ = users
    train, test = frame.iloc[:120], frame.iloc[120:]
    steps = preparation("all together").fit(train)
    one = steps.transform(test.iloc[:1])
    strange = test.assign(like_count=1e6, text="quokka " * 50)
    assert np.allclose(steps.transform(pd.concat([test.iloc[:1], strange]))[0], one[0])
    assert np.allclose(steps.transform(train)[:, :8].mean(axis=0), 0, atol=1e-9)


@pytest.mark.parametrize("model", [MlpClassifier, LstmClassifier])
def test_a_network_gives_the_same_again_also_after_another(users, model):
    """Compiled networks are shared: one set back must equal a new one."""
    frame, sequences, y = users
    X = sequences if model is LstmClassifier else frame[LANGUAGE].to_numpy()
    first = model(epochs=4, seed=1).fit(X, y)
    expected = first.predict_proba(X)
    other = model(epochs=4, seed=2).fit(X, y)
    assert not np.allclose(other.predict_proba(X), expected)
    assert np.array_equal(model(epochs=4, seed=1).fit(X, y).predict_proba(X), expected)
    assert np.array_equal(first.predict_proba(X), expected)


def test_masked_steps_do_not_count():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(60, 2, 3)).astype(np.float32), np.arange(60) % 2
    X[:, 1] = 0
    model = LstmClassifier(epochs=2).fit(X, y)
    longer = np.concatenate([X, np.zeros((60, 2, 3), np.float32)], axis=1)
    assert np.allclose(model._prepare(longer, fit=False)[:, 1:], 0)


def test_networks_need_cases_of_both_classes():
    with pytest.raises(DataError, match="five cases of each class; there are 3 and 17"):
        MlpClassifier().fit(np.zeros((20, 2)), np.arange(20) < 3)


def test_others_are_scored_by_a_model_of_all(users):
    frame, sequences, y = users
    planted = frame.assign(like_count=frame["like_count"] + 2 * y)
    chosen = {name: models(3)[name] for name in (protocol.BASELINE, "LSTM")}
    found = score_others(
        chosen, (planted.iloc[:100], planted.iloc[100:]), y[:100], feature_set="behaviour",
        sequences=(sequences[:100], sequences[100:]),
    )  # fmt: skip
    assert {name: p.scores.shape for name, p in found.items()} == dict.fromkeys(chosen, (1, 60))
    assert estimate("auc", found[protocol.BASELINE].scores, y[100:], resampling_weights(y[100:], seed=1)).low > 0.6


# Features --------------------------------------------------------------------------------------------------


def test_features_follow_the_version(small_replica):
    data = small_replica
    texts = pd.Series("hi", index=data.users.index)
    counts = {}
    for version in ("raw", "without marks and keywords", "words only"):
        frame = user_features(data.posts, data.users, texts, version)
        assert frame.index.equals(data.users.index)
        assert np.isfinite(frame.select_dtypes("number")).all(axis=None)
        counts[version] = np.expm1(frame["hashtags"]).sum()
    assert counts["raw"] > counts["without marks and keywords"] > counts["words only"] == 0


def test_sequences_hold_a_users_posts_in_order_of_time(made):
    from crawl_file import row

    rows = [
        row("2025-01-15 10:00", "2025-01-13 09:00", user=1, post=2, like_count="7"),
        row("2025-01-14 10:00", "2025-01-13 09:00", user=1, post=1, like_count="3"),
        row("2025-01-14 11:00", "2025-01-13 09:05", user=2, post=3, like_count="0"),
    ]
    data = made(rows)
    vectors = np.arange(3.0)[:, None] + 1
    found = post_sequences(data.posts, data.users, vectors, steps=2)
    assert found.shape == (2, 2, 5)
    assert found[0, :, 1].tolist() == pytest.approx([np.log(4), np.log(8)])
    assert (found[1, 1] == 0).all()
    assert post_sequences(data.posts, data.users, vectors, steps=1)[0, 0, 1] == pytest.approx(np.log(4))


def test_hashtags_that_few_have_make_no_column():
    encoder = HashtagEncoder(min_df=2).fit(["a\nb", "a", "c"])
    assert encoder.transform(["a", "c", ""]).tolist() == [[1], [0], [0]]
    assert HashtagEncoder(min_df=5).fit_transform(["a", "b"]).shape == (2, 0)


# Leakage ---------------------------------------------------------------------------------------------------


def test_a_feature_that_is_the_label_is_noticed():
    rng, y = np.random.default_rng(0), np.arange(200) < 50
    frame = pd.DataFrame(
        {
            "label": y, "turned": -y.astype(float), "text": np.where(y, "stayed", "left"), "noise": rng.normal(size=200),
            "when": pd.Timestamp("2025-01-13") + pd.to_timedelta(y * 30 + rng.random(200), unit="D"),
        }
    )  # fmt: skip
    areas = single_feature_auc(frame, y)
    assert areas.map(verdict).to_dict() == {
        "label": "is the label", "turned": "is the label", "text": "is the label", "noise": "passes",
        "when": "is the label",
    }  # fmt: skip
    with pytest.raises(DataError, match=r"Leakage: label \(1\.000\), turned .* alone tells the label"):
        refuse_leaks(frame, y)
    refuse_leaks(frame[["noise"]], y)


def test_missing_values_can_leak_too():
    y = np.arange(40) < 20
    frame = pd.DataFrame({"gap": np.where(y, np.nan, np.arange(40) % 3)})
    assert single_feature_auc(frame, y)["gap"] == 1


def test_the_protocol_refuses_a_leak(users):
    frame, _, y = users
    with pytest.raises(DataError, match="Leakage: like_count"):
        cross_validate(
            {"prior": models(0)["no-skill prior"]}, frame.assign(like_count=y * 1.0), y, feature_set="behaviour", seed=1
        )
