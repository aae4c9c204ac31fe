"""Encoders: scikit-learn's contract, hostile texts, the same vectors in every process."""

import hashlib
import json
import subprocess
import sys
import unicodedata

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from rednote_study.encoders import (
    SMALL_DISTILBERT,
    DistilBertEncoder,
    FastTextEncoder,
    PretrainedEncoder,
    SentenceEncoder,
    TfidfSvdEncoder,
    cache,
)
from rednote_study.encoders import distilbert as distilbert_module
from rednote_study.encoders.base import as_texts
from rednote_study.encoders.cache import VectorCache
from rednote_study.encoders.evaluation import misspell, recall_at_1, translation_pairs
from rednote_study.errors import DataError
from rednote_study.replica.grammar import sentences
from rednote_study.system.backend import load_tensorflow


def read_before():
    """A text of its own for an encoder that learnt before."""
    frame = sentences(4, 200)
    return [*frame["english"], *frame["chinese"]]


ENCODERS = {
    "tfidf": TfidfSvdEncoder(dimension=8),
    "fasttext": FastTextEncoder(dimension=8, epochs=2),
    "distilbert": DistilBertEncoder(SMALL_DISTILBERT, cache=False),
    "cls": DistilBertEncoder(SMALL_DISTILBERT, pooling="cls", cache=False),
    "sentence": SentenceEncoder(cache=False),
    "pretrained": PretrainedEncoder(TfidfSvdEncoder(dimension=8), read_before),
}
HOSTILE = {
    "empty": "",
    "blank": " \n\t",
    "no words": "... 123 !!!",
    "one emoji": "🐱",
    "long": "cat tax 猫税 " * 1000,
    "right to left": "שלום עולם مرحبا بالعالم",
    "control": "a\x00b\x1b[31mc\u202ed\ufeff",
    "half surrogate": "cat \ud83d tax",
    "markup": "<script>alert(1)</script> {{x}} $x^2$",
    "traditional": "難民在小紅書",
}


@pytest.fixture(scope="module")
def texts():
    frame = sentences(3, 40)
    return [*frame["english"], *frame["chinese"]]


@pytest.fixture(params=ENCODERS)
def encoder(request):
    return clone(ENCODERS[request.param])


def test_contract(encoder, texts):
    vectors = encoder.fit_transform(texts)
    assert vectors.shape == (len(texts), encoder.dimension_)
    assert vectors.dtype == np.float32
    names = encoder.get_feature_names_out()
    assert len(names) == len(set(names)) == encoder.dimension_
    assert repr(clone(encoder).get_params()) == repr(encoder.get_params())  # one encoder may hold another
    assert np.array_equal(encoder.transform(pd.Series(texts[:9], index=range(5, 14))), encoder.transform(texts[:9]))


def test_survives_joblib(encoder, texts, tmp_path):
    encoder.fit(texts)
    joblib.dump(encoder, tmp_path / "encoder.joblib")
    again = joblib.load(tmp_path / "encoder.joblib")
    assert np.allclose(again.transform(texts[:20]), encoder.transform(texts[:20]), atol=1e-6)


def test_runs_in_cross_validation(encoder):
    frame = sentences(3, 120)  # fastText learns little from fewer
    texts = [*frame["english"], *frame["chinese"]]
    chinese = np.arange(len(texts)) >= len(texts) / 2
    model = make_pipeline(encoder, LogisticRegression(max_iter=500))
    assert cross_val_score(model, texts, chinese, cv=3, error_score="raise").mean() > 0.6


def test_hostile_texts(encoder, texts):
    vectors = encoder.fit(texts).transform(list(HOSTILE.values()))
    assert np.isfinite(vectors).all()
    assert not vectors[:2].any()  # nothing in, nothing out


def test_one_text_is_no_list_of_texts(encoder):
    with pytest.raises(DataError, match=r"encoder.transform\(\[text\]\)"):
        encoder.fit(["a b", "c d"]).transform("a b")


def test_no_texts(encoder, texts):
    assert encoder.fit(texts).transform([]).shape == (0, encoder.dimension_)


def test_a_text_alone_and_among_others(encoder, texts):
    encoder.fit(texts)
    assert np.allclose(encoder.transform(texts)[:5], [encoder.transform([t])[0] for t in texts[:5]], atol=1e-5)


def test_missing_texts_are_empty_and_numbers_are_refused():
    assert as_texts(["a", None, np.nan]) == ["a", "", ""]
    with pytest.raises(DataError, match="Text 1 is of type int"):
        as_texts(["a", 3])


@pytest.mark.parametrize("name", ["tfidf", "fasttext"])
def test_corpus_without_words(name):
    fitted = clone(ENCODERS[name]).fit(["🐱", "12", ""])
    assert not fitted.transform(["cat"]).any()


@pytest.mark.parametrize("name", ["tfidf", "fasttext"])
def test_corpus_of_one_text(name):
    fitted = clone(ENCODERS[name]).set_params(**{"min_df" if name == "tfidf" else "min_count": 1})
    assert np.isfinite(fitted.fit_transform(["cat tax cat tax"])).all()


def test_what_learnt_before_learns_nothing_from_what_it_is_fitted_on(texts):
    once, again = (clone(ENCODERS["pretrained"]).fit(some).transform(texts) for some in (["cat"], texts))
    alone = TfidfSvdEncoder(dimension=8).fit(read_before()).transform(texts)
    assert np.array_equal(once, again) and np.array_equal(once, alone)
    assert ENCODERS["pretrained"].learnt_from == "read_before"
    assert PretrainedEncoder(TfidfSvdEncoder()).learnt_from == "the text of the small DistilBERT"


def test_fasttext_in_two_processes():
    code = (
        "import hashlib; from rednote_study.encoders import FastTextEncoder;"
        "from rednote_study.replica.grammar import sentences;"
        "v = FastTextEncoder(dimension=16, epochs=3, seed=5).fit_transform(sentences(1, 200)['chinese']);"
        "print(hashlib.sha256(v.tobytes()).hexdigest())"
    )
    there = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "1"}
    )
    here = FastTextEncoder(dimension=16, epochs=3, seed=5).fit_transform(sentences(1, 200)["chinese"])
    assert there.stdout.strip() == hashlib.sha256(here.tobytes()).hexdigest()


def test_fasttext_finds_the_word_behind_a_misspelling():
    texts = sentences(3, 120)["english"]
    fitted = FastTextEncoder(dimension=32, epochs=10).fit(texts)
    rng = np.random.default_rng(1)
    words = [w for w in fitted.words_.index_to_key if w.isascii() and len(w) > 5]
    known, wrong = fitted.word_vectors(words), fitted.word_vectors([misspell(w, rng) for w in words])
    assert recall_at_1(wrong, known).mean() > 0.5


def test_tfidf_knows_no_unseen_word(texts):
    assert not TfidfSvdEncoder(dimension=8).fit(texts).transform(["translattor"]).any()


@pytest.fixture(scope="module")
def translated():
    """Sentences in English, then in Chinese, and their vectors."""
    pairs = translation_pairs()
    texts = [*pairs["english"], *pairs["chinese"]]
    return texts, SentenceEncoder(cache=False).fit([]).transform(texts)


def test_sentences_meet_their_translations(translated):
    english, chinese = np.split(translated[1], 2)
    assert recall_at_1(english, chinese).mean() > 0.95


def test_shipped_distilbert_loads_in_plain_keras_hub(texts):
    load_tensorflow()  # where no test before this one did: threads cannot be set later
    import keras_hub
    from transformers import AutoTokenizer

    backbone = keras_hub.models.DistilBertBackbone.from_preset(SMALL_DISTILBERT)
    tokenizer = AutoTokenizer.from_pretrained(SMALL_DISTILBERT)
    other = keras_hub.models.DistilBertTokenizer.from_preset(SMALL_DISTILBERT)
    for text in texts[::20]:
        tokens = tokenizer(text, return_tensors="np")
        states = np.asarray(backbone({"token_ids": tokens["input_ids"], "padding_mask": tokens["attention_mask"]}))[0]
        encode = clone(ENCODERS["distilbert"]).fit([]).transform([text])[0]
        assert np.allclose(states.mean(axis=0), encode, atol=1e-5)
        folded = tokenizer(unicodedata.normalize("NFKC", text))["input_ids"][1:-1]  # as keras_hub's tokenizer does
        assert np.asarray(other(text)).tolist() == folded


def test_shipped_distilbert_is_as_good_as_its_card_says(translated):
    from distil.quality import quality

    card = json.loads((distilbert_module.DATA / "models" / "distilbert-small" / "quality.json").read_text("utf-8"))
    texts, taught = translated
    measured = quality(ENCODERS["distilbert"].fit([]).transform(texts), taught)
    assert measured == pytest.approx({name: card[name] for name in measured}, abs=0.01)
    assert measured["rank_correlation"] >= 0.8
    assert min(measured["recall_english_chinese"], measured["recall_chinese_english"]) >= 0.6


def test_shipped_distilbert_is_small_and_holds_no_pickle():
    from pathlib import Path

    files = list(Path(SMALL_DISTILBERT).iterdir())
    assert sum(f.stat().st_size for f in files) <= 20e6
    assert {f.suffix for f in files} <= {".json", ".txt", ".safetensors", ".md"}


def test_batches_give_the_published_loops_vectors(texts):
    """One text at a time, padded to 128, first token: as the published notebook did it."""
    folder = distilbert_module.find_model(SMALL_DISTILBERT)
    tokenizer, backbone, _ = distilbert_module._load(folder)
    encode = clone(ENCODERS["cls"]).fit([]).transform(texts[:6])
    for text, vector in zip(texts, encode, strict=False):
        tokens = tokenizer(text, padding="max_length", max_length=128, truncation=True, return_tensors="np")
        states = backbone({"token_ids": tokens["input_ids"], "padding_mask": tokens["attention_mask"]})
        assert np.allclose(np.asarray(states)[0, 0], vector, atol=1e-5)


@pytest.mark.parametrize("name", ["cls", "sentence"])
def test_vectors_do_not_depend_on_the_texts_beside_them(texts, name):
    """Else two builds differ in the last digits, as which vectors are kept already differs."""
    encoder = clone(ENCODERS[name]).set_params(cache=False).fit([])
    together = encoder.transform(texts)
    assert np.array_equal(together[::-1], encoder.transform(texts[::-1]))
    assert np.array_equal(together[:7], np.vstack([encoder.transform([text]) for text in texts[:7]]))


def test_the_shipped_model_has_a_name_that_is_no_path(tmp_path, monkeypatch):
    (tmp_path / "distilbert-small").mkdir()
    monkeypatch.chdir(tmp_path)
    assert distilbert_module.find_model("distilbert-small") == distilbert_module.find_model(SMALL_DISTILBERT)


def test_unknown_pooling_and_missing_model(tmp_path):
    with pytest.raises(DataError, match="choose one of cls, mean"):
        DistilBertEncoder(SMALL_DISTILBERT, pooling="max").fit([])
    with pytest.raises(DataError, match=r"config\.json, model\.safetensors missing"):
        DistilBertEncoder(str(tmp_path)).fit([])


def test_cache_computes_each_text_once(tmp_path, monkeypatch):
    monkeypatch.setitem(vars(cache), "BUILD", tmp_path)
    asked = []

    def compute(texts):
        asked.append(texts)
        return np.array([[len(t), 1] for t in texts])

    first = VectorCache("x", 2).encode(["aa", "b", "aa"], compute)
    assert first.tolist() == [[2, 1], [1, 1], [2, 1]]
    assert VectorCache("x", 2).encode(["b", "ccc"], compute).tolist() == [[1, 1], [3, 1]]
    assert asked == [["aa", "b"], ["ccc"]]
    assert "aa" not in (tmp_path / "vectors" / "x.sqlite").read_bytes().decode("latin-1")


@settings(max_examples=25)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=8))
def test_any_text_gets_a_finite_vector(texts):
    vectors = ENCODERS["sentence"].fit([]).transform(texts)
    assert np.isfinite(vectors).all()
    assert vectors.shape == (len(texts), 512)
