"""Retrieval, neighbourhoods, cross-validation: known answers, and no leak."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from rednote_study.encoders import TfidfSvdEncoder
from rednote_study.encoders.evaluation import (
    auc_interval,
    corrected_t,
    fold_areas,
    misspell,
    neighbour_purity,
    out_of_fold,
    recall_at_1,
    translation_pairs,
)
from rednote_study.errors import DataError


def test_recall_by_hand():
    queries = np.array([[1.0, 0], [0, 1], [1, 1], [0, 0]])
    documents = np.array([[2.0, 0], [1, 1], [0, 3], [1, 0]])
    # the first ties with the fourth, the second's nearest is the third, the third's the second, the last is empty
    assert recall_at_1(queries, documents).tolist() == [False, False, False, False]
    assert recall_at_1(queries[:3], queries[:3]).tolist() == [True, True, True]


def test_purity_by_hand():
    vectors = np.array([[1.0, 0], [0.9, 0.1], [0, 1], [0.1, 0.9]])
    same = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]], dtype=bool)
    assert neighbour_purity(vectors, same, ~np.eye(4, dtype=bool), k=1).tolist() == [1, 1, 1, 1]
    assert neighbour_purity(vectors, same, ~same, k=2).tolist() == [0, 0, 0, 0]


@given(st.text(alphabet="abcdefg", min_size=4, max_size=12), st.integers(0, 99))
def test_a_misspelling_keeps_its_letters(word, seed):
    wrong = misspell(word, np.random.default_rng(seed))
    assert abs(len(wrong) - len(word)) <= 1
    assert set(wrong) <= set(word)
    assert wrong[0] == word[0]


def test_translation_pairs_are_two_hundred_and_all_different():
    pairs = translation_pairs()
    assert len(pairs) == 200
    assert pairs["english"].is_unique
    assert pairs["chinese"].is_unique


def test_translation_pairs_are_not_in_the_training_text():
    from rednote_study.encoders.student_text import frame_sentences, news
    from rednote_study.replica.grammar import TOPICS, patterns

    frames = frame_sentences(np.random.default_rng(0), 2000)
    grammar = [
        p
        for topic in ("any", *TOPICS)
        for kind in ("title", "sentence", "opener", "closer")
        for p in patterns(topic, kind)
    ]
    pairs = translation_pairs()
    assert not set(pairs["english"]) & {*frames["english"], *news(), *(p.english for p in grammar)}
    assert not set(pairs["chinese"]) & {*frames["chinese"], *(p.chinese for p in grammar)}


def test_nothing_to_learn_gives_one_half():
    rng = np.random.default_rng(3)
    texts = pd.Series([" ".join(rng.choice(list("abcdefghij"), 5) + "x") for _ in range(300)])
    y = rng.random(300) < 0.2
    scores = out_of_fold(make_pipeline(TfidfSvdEncoder(20), LogisticRegression()), texts, y, seed=1, repeats=3)
    area = auc_interval(scores, y, seed=1, resamples=200)
    assert area.low < 0.5 < area.high


def test_everything_to_learn_gives_one():
    y = np.arange(60) % 3 == 0
    texts = pd.Series(["cat tax" if positive else "soup rice" for positive in y])
    scores = out_of_fold(make_pipeline(TfidfSvdEncoder(5), LogisticRegression()), texts, y, seed=1)
    assert auc_interval(scores, y, seed=1, resamples=50) == (1, 1, 1)


def test_a_better_model_is_told_from_a_worse_one_and_equal_ones_are_not():
    """Planted: the first column holds the label with little noise, the second with much; the third is a copy."""
    rng = np.random.default_rng(5)
    y = rng.random(400) < 0.3
    near, far = (y + rng.normal(0, spread, 400) for spread in (0.5, 3))
    areas = [
        fold_areas(out_of_fold(LogisticRegression(), x[:, None], y, seed=2, repeats=2), y, seed=2)
        for x in (near, far, near)
    ]
    assert len(areas[0]) == 10
    better = corrected_t(areas[0] - areas[1], folds=5)
    assert 0 < better.low < better.value < better.high
    plain = (areas[0] - areas[1]).std(ddof=1) / 10**0.5
    assert (better.high - better.low) / 2 == pytest.approx(2.2622 * plain * (1 + 10 / 4) ** 0.5, rel=1e-4)
    assert corrected_t(areas[0] - areas[2], folds=5) == (0, 0, 0)


def test_the_encoder_never_sees_the_fold_it_is_scored_on():
    seen = []

    class Spy(TfidfSvdEncoder):
        def fit(self, X, y=None):
            seen.append(set(X))
            return super().fit(X)

        def transform(self, X):
            if len(X) == 10:
                assert not seen[-1] & set(X)
            return super().transform(X)

    texts = pd.Series([f"word{'abcde'[i % 5]} text{chr(97 + i // 2)}{chr(97 + i % 7)}{i}z" for i in range(50)])
    out_of_fold(make_pipeline(Spy(3, min_df=1), LogisticRegression()), texts, np.arange(50) % 2 == 0, seed=1)
    assert len(seen) == 10


def test_too_few_of_a_class():
    with pytest.raises(DataError, match="5 folds need 5 cases of each class; there are 2 and 18"):
        out_of_fold(LogisticRegression(), np.zeros((20, 2)), np.arange(20) < 2, seed=1)
