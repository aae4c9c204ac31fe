"""Topics: planted ones are found, the rules that choose and label do what they say."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import adjusted_mutual_info_score

from rednote_study.analysis import topics
from rednote_study.errors import DataError
from rednote_study.replica.grammar import sentences
from rednote_study.results import SEED
from rednote_study.text.clean import post_text, text_version
from rednote_study.text.segment import segment
from rednote_study.topics import TopicModel, agreement, attach_labels, choose, coherence, shuffled, stability

PLANTED = ("food", "gaming", "pets", "cost_of_living", "learn_chinese")


@pytest.fixture(scope="module")
def planted():
    """Sentences of five topics, with the topic's number."""
    frames = [sentences(7, 120, topic) for topic in PLANTED]
    return [text for f in frames for text in f["english"]], np.repeat(np.arange(len(PLANTED)), 120)


def test_planted_topics_are_found(planted):
    texts, truth = planted
    found = TopicModel(n_topics=12).fit_transform(texts).argmax(axis=1)
    assert adjusted_mutual_info_score(truth, found) > 0.4
    shuffled = np.random.default_rng(0).permutation(truth)
    assert abs(adjusted_mutual_info_score(shuffled, found)) < 0.05


@pytest.mark.parametrize("method", ["nmf", "lda"])
def test_contract(planted, method):
    texts, _ = planted
    model = clone(TopicModel(n_topics=4, method=method)).fit(texts)
    shares = model.transform([*texts[:20], "", "🐱", "qqqq"])
    assert shares.shape == (23, 4)
    assert np.allclose(shares[:20].sum(axis=1), 1)
    assert not shares[20:].any()
    assert model.get_feature_names_out().tolist() == ["topic0", "topic1", "topic2", "topic3"]
    again = clone(model).fit(texts)
    assert np.array_equal(model.components_, again.components_)


def test_too_few_words_and_unknown_method():
    with pytest.raises(DataError, match="No word occurs in 5 texts"):
        TopicModel(3).fit(["cat", "dog"])
    with pytest.raises(DataError, match="Ask for fewer topics"):
        TopicModel(3, min_df=1, max_df=1.0).fit(["cat dog", "dog cat"])
    with pytest.raises(DataError, match="choose nmf or lda"):
        TopicModel(3, method="lsa").fit(["cat"])


def test_coherence_of_words_that_meet_and_words_that_do_not():
    documents = [["cat", "tax"]] * 5 + [["soup", "rice"]] * 5
    together, apart = coherence([["cat", "tax"], ["cat", "soup"]], documents)
    assert together == pytest.approx(1)  # NPMI of words that are only ever seen together
    assert apart < -0.9  # gensim adds 1e-12 to the share of documents that hold both, so it is not quite -1


def test_agreement_ignores_the_order_of_topics_and_words():
    assert agreement([["a", "b"], ["c", "d"]], [["d", "c"], ["b", "a"]]) == 1
    assert agreement([["a", "b"]], [["c", "d"]]) == 0


def test_planted_topics_are_more_stable_and_coherent_than_words_dealt_anew(planted):
    texts, _ = planted
    documents = [segment(text) for text in texts]
    noise = shuffled(documents, seed=1)
    assert sorted(w for t in noise for w in t.split()) == sorted(w for d in documents for w in d)
    models = [TopicModel(12).fit(t) for t in (texts, noise)]
    stable = [stability(t, m, runs=5, share=0.8, seed=1) for t, m in zip((texts, noise), models, strict=True)]
    assert stable[0] > stable[1] + 0.05
    ours, chance = (
        coherence(m.top_words(), d).mean() for m, d in zip(models, (documents, map(segment, noise)), strict=True)
    )
    assert ours > chance + 0.05


def test_choice_by_hand():
    rows = {"topics": [4, 5, 6, 7], "coherence": [0.3, 0.0, 0.3, 0.0], "stability": [0.5, 0.9, 0.8, 0.1]}
    assert choose(pd.DataFrame(rows).assign(stability_chance=0.0)) == 6
    assert choose(pd.DataFrame(rows).assign(stability_chance=[0.0, 0.0, 0.8, 0.0])) == 4
    assert choose(pd.DataFrame({"topics": [4], "coherence": [0.1], "stability": [0.1], "stability_chance": [0]})) == 4


def test_labels_follow_their_words():
    labels = pd.DataFrame({"label": ["cats", "food"], "anchors": ["cat tax 猫", "soup rice noodles"]})
    found = [["rice", "soup", "x"], ["cat", "猫", "soup"], ["cat", "y", "z"]]
    assert attach_labels(found, labels) == ["food", "cats", "other: cat, y, z"]
    assert attach_labels(found[::-1], labels) == ["other: cat, y, z", "cats", "food"]
    once = pd.DataFrame({"label": ["cats"], "anchors": ["cat tax paw"]})
    assert attach_labels([["cat", "tax", "x"], ["cat", "tax", "paw"]], once) == ["other: cat, tax, x", "cats"]


@pytest.mark.slow
def test_shares_against_an_independent_computation(small_replica):
    """Topics learnt and users averaged again, with scikit-learn and a loop; how many topics is not the question."""
    from sklearn.decomposition import NMF
    from sklearn.feature_extraction.text import TfidfVectorizer

    replica = small_replica
    table = topics.shares(replica, 6).set_index("topic")
    texts = text_version(post_text(replica.posts), "words only")
    kept = [t for t in texts if segment(t)]
    vectorizer = TfidfVectorizer(
        analyzer=segment, min_df=max(2, min(5, len(kept) // 100)), max_df=0.5, sublinear_tf=True
    )
    k = len(table) - 1
    nmf = NMF(k, init="nndsvda", random_state=SEED, max_iter=2000, tol=1e-4).fit(vectorizer.fit_transform(kept))
    sums = {True: np.zeros(k), False: np.zeros(k)}
    counts = {True: 0, False: 0}
    words = texts.groupby(replica.posts["author"].to_numpy()).agg("\n".join).reindex(replica.users.index)
    of_users = dict(zip(words.index, nmf.transform(vectorizer.transform(words)), strict=True))
    for user, row in replica.users[replica.users["at_risk"]].iterrows():
        weights = of_users[user]
        stayed = bool(row["cohort_retained"])
        counts[stayed] += 1
        sums[stayed] += weights / weights.sum() if weights.sum() else 0
    later, earlier = (np.sort(sums[side] / counts[side]) for side in (True, False))
    assert np.sort(table["later"].iloc[:-1]) == pytest.approx(later, abs=2e-3)
    assert np.sort(table["earlier"].iloc[:-1]) == pytest.approx(earlier, abs=2e-3)
    assert table["later"].sum() == pytest.approx(1)


def test_no_topics_in_a_small_crawl(made):
    from conftest import two_crawls

    data = made(two_crawls())
    assert topics.choice(data).empty
    assert set(topics.user_topics(data)) == {topics.NO_TOPIC}
    assert topics.shares(data)["topic"].tolist() == [topics.NO_TOPIC]


def test_contrasts_need_their_names(made):
    from conftest import two_crawls

    with pytest.raises(DataError, match="contrasts must hold wave, control, placebo; there is no control, placebo"):
        topics.shares(made(two_crawls()), contrasts={"wave": topics.CONTRASTS["wave"]})


def test_claims_count_whole_words_in_both_languages(made):
    from crawl_file import row

    rows = [
        row(user=1, title="", content="I am learning a new recipe"),
        row(user=2, post=2, title="", content="我在学习"),
        row(user=3, post=3, title="", content="#TikTok[话题]# refugee"),
        row(user=4, post=4, title="", content="unlearnable #cat[话题]# #food"),  # words of hashtags do not count
    ]
    holds = {measure: outcome.sum() for _, measure, _, outcome in topics._claims(made(rows))}
    assert holds["adapting"] == 2
    assert holds["lifestyle"] == 1
    assert holds["no word but the event's names"] == 1


def test_kappa_by_hand_and_by_chance():
    """Cohen (1960): agreement .7 where chance gives .5; and topics that know nothing of a category reach little."""
    first, second = np.repeat([True, False], 10), np.repeat([True, False, True, False], [7, 3, 3, 7])
    assert topics._kappa(first, second)(np.ones(20)) == pytest.approx(0.4)
    assert topics._kappa(first, first)(np.ones(20)) == pytest.approx(1)
    assert topics._kappa(first, np.zeros(20))(np.ones(20)) == 0
    marks = pd.DataFrame({"a": first, "b": ~first})
    assert 0 < topics._kappa_by_chance(marks, second, seed=1) < 0.4


def test_a_topic_that_is_a_category_is_found(planted, made):
    """Posts about pets, found by the codebook's words: the topic learnt from such posts agrees with it."""
    from crawl_file import row

    texts, _ = planted
    rows = [row(user=i, post=i, title="", content=text) for i, text in enumerate(texts, 1)]
    found = topics.codebook(made(rows), "", 12, resamples=200).set_index("category")
    assert found.loc["animals", "kappa_low"] > max(0.2, found.loc["animals", "kappa_chance"])
    assert found["kappa"].isna().eq(found["topic"].isna()).all()
