"""The small DistilBERT's making: text, tokenizer, a training that learns and resumes, files that others read."""

import dataclasses

import numpy as np
import pytest
from distil import training
from distil.training import WIDTHS, Recipe, batches, padded, projection

from rednote_study.encoders import student_text as corpus
from rednote_study.text.clean import post_text

TINY = Recipe(width=32, layers=1, heads=2, inner=32, vocabulary=3000, epochs=1, frames=600, grammar=300, joined=200)


def test_dictionary_defines_words_plainly():
    words = corpus.dictionary().set_index("chinese")
    assert "cat" in words.loc[["猫"], "english"].tolist()
    assert words.loc[["奔跑"], "kind"].tolist()[0] == "verb"
    assert words.loc[["德国"], "kind"].tolist()[0] == "place"
    assert not words["english"].str.contains(r"[\u3400-\u9fff\[\]|]", regex=True).any()


def test_frames_say_the_same_in_both_languages():
    sentences = corpus.frame_sentences(np.random.default_rng(1), 500)
    assert not sentences["english"].str.contains("{", regex=False).any()
    assert not sentences["chinese"].str.contains("[A-Za-z{]", regex=True).mean() > 0.02  # a few words like T恤
    assert not sentences["english"].str.contains(r"\ba [aeiou]", regex=True).any()
    again = corpus.frame_sentences(np.random.default_rng(1), 500)
    assert sentences.equals(again)


def test_no_real_post_is_in_the_training_text(real):
    pairs = corpus.training_pairs(1, frames=2000, grammar=2000)
    posts = {t for t in post_text(real.posts) if len(t) > 20}
    assert not posts & set(corpus.training_texts(pairs, 1, joined=2000))


def test_sentences_of_the_evaluation_are_left_out_before_texts_are_joined():
    pairs = corpus.training_pairs(1, frames=200, grammar=400)
    chosen = pairs[pairs["source"].eq("grammar")].iloc[0]
    left = corpus.training_pairs(1, frames=200, grammar=400, without=frozenset([chosen["english"]]))
    texts = corpus.training_texts(left, 1, joined=3000)
    assert not any(chosen["english"] in text or chosen["chinese"] in text for text in texts)


def test_projection_keeps_what_can_be_kept():
    rng = np.random.default_rng(0)
    plane = rng.normal(size=(50, 3)) @ rng.normal(size=(3, 20))
    basis = projection(plane.astype(np.float32), 3)
    assert np.allclose(basis.T @ basis, np.eye(3), atol=1e-5)
    assert np.allclose(plane @ basis @ basis.T, plane, atol=1e-3)


def test_batches_hold_texts_of_one_width():
    lengths = np.random.default_rng(0).integers(2, 128, 4000)
    for chosen in batches(lengths, 2048, np.random.default_rng(1)):
        assert len(set(np.searchsorted(WIDTHS, lengths[chosen]))) == 1
    tokens, mask = padded([[5, 6], [7] * 9])
    assert tokens.shape == mask.shape == (2, 16)
    assert mask.sum(axis=1).tolist() == [2, 9]


@pytest.mark.slow
def test_a_tiny_one_learns_resumes_and_is_read_by_others(tmp_path, capsys, monkeypatch):
    import keras_hub
    from distil import distil
    from transformers import AutoTokenizer

    words = corpus.dictionary().query("frequency >= 50").groupby("kind").head(150)
    monkeypatch.setitem(vars(corpus), "dictionary", lambda: words)
    monkeypatch.setattr(training, "WIDTHS", (32, 128))  # each width is compiled for itself
    distil(tmp_path / "model", tmp_path / "work", TINY)
    first = capsys.readouterr().out.splitlines()
    numbers = distil(tmp_path / "model", tmp_path / "work", dataclasses.replace(TINY, epochs=2))
    second = capsys.readouterr().out.splitlines()
    assert (len(first), len(second)) == (2, 1)  # an epoch and the settling; then the second epoch alone
    assert numbers["rank_correlation"] > 0.1
    assert numbers["teacher_recall_english_chinese"] == 1
    backbone = keras_hub.models.DistilBertBackbone.from_preset(str(tmp_path / "model"))
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
    assert backbone.hidden_dim == 32
    assert len(tokenizer) == backbone.vocabulary_size
    assert tokenizer.convert_ids_to_tokens(tokenizer("cat")["input_ids"])[::2] == ["[CLS]", "[SEP]"]
    assert "200 sentences and their translations" in (tmp_path / "model" / "README.md").read_text("utf-8")
