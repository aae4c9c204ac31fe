"""Two ways of the same work in one run, and their ratio: encoding, segmentation, a second call.

    python benchmarks/ratios.py [--model FOLDER]

Without ``--model`` the published model's architecture is built with random weights: its time is the same.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import jieba
import numpy as np

from rednote_study.crawl.crawl import require
from rednote_study.encoders import SMALL_DISTILBERT, DistilBertEncoder
from rednote_study.encoders import cache as cache_module
from rednote_study.encoders.distilbert import _load
from rednote_study.text import segment as segmentation
from rednote_study.text.clean import post_text, text_version

LOOPED = 40  # texts for the slow way; its time a text does not depend on how many


def timed(function, *arguments):
    """Seconds and result of a call."""
    started = time.perf_counter()
    result = function(*arguments)
    return time.perf_counter() - started, result


def published_loop(folder: Path, texts: list[str], *, masked: bool = True) -> np.ndarray:
    """One text at a time, padded to 128, first token: the published way; without the mask, padding is read as text."""
    tokenizer, backbone, _ = _load(folder)
    vectors = []
    for text in texts:
        tokens = tokenizer(text, padding="max_length", truncation=True, max_length=128, return_tensors="np")
        mask = tokens["attention_mask"] if masked else np.ones_like(tokens["attention_mask"])
        states = backbone({"token_ids": tokens["input_ids"], "padding_mask": mask})
        vectors.append(np.asarray(states)[0, 0])
    return np.array(vectors)


def full_size(folder: Path) -> Path:
    """The published architecture with random weights and the small model's tokenizer."""
    import keras
    import keras_hub
    from distil.export import write_model

    keras.utils.set_random_seed(0)
    student = keras_hub.models.DistilBertBackbone(
        vocabulary_size=119_547, num_layers=6, num_heads=12, hidden_dim=768, intermediate_dim=3072
    )
    for name in ("vocab.txt", "tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_bytes(Path(SMALL_DISTILBERT, name).read_bytes())
    write_model(student, folder)
    return folder


def encoding(folder: Path, texts: list[str], title: str) -> dict:
    """Published loop against batches of like length."""
    encoder = DistilBertEncoder(str(folder), pooling="cls", cache=False).fit([])
    encoder.transform(texts[:2])  # load and trace
    loop, slow = timed(published_loop, folder, texts[:LOOPED])
    batches, fast = timed(encoder.transform, texts)
    unmasked = published_loop(folder, texts[:2], masked=False)  # masked zeros may add up to the very same digits
    ratio = (loop / LOOPED) / (batches / len(texts))
    return {
        "what": f"{title}: published loop / batches of like length",
        "ratio": round(ratio, 1),
        "largest_difference": float(np.abs(slow - fast[:LOOPED]).max()),
        "were_padding_read": float(np.abs(unmasked - fast[:2]).max()),
        "texts_per_second": [round(LOOPED / loop, 1), round(len(texts) / batches, 1)],
    }


def second_call(texts: list[str]) -> dict:
    """First call against second, vectors kept by content."""
    with tempfile.TemporaryDirectory() as folder:
        vars(cache_module)["BUILD"] = Path(folder)  # set as an attribute, it would switch the cache off
        encoder = DistilBertEncoder(SMALL_DISTILBERT).fit([])
        encoder.transform(texts[:2])
        first, one = timed(encoder.transform, texts)
        second, two = timed(encoder.transform, texts)
    return {
        "what": "first call / second call",
        "ratio": round(first / second, 1),
        "same": bool(np.array_equal(one, two)),
    }


def cutting(texts: list[str]) -> dict:
    """Plain jieba, one core, against the tokenizer of this study on the same Chinese pieces."""
    jieba.setLogLevel(60)
    plain = jieba.Tokenizer()
    for word, frequency, tag in segmentation.user_dictionary():
        plain.add_word(word, frequency, tag)
    pieces = [p for text in texts for p in segmentation._PIECE.findall(text) if segmentation.is_chinese(p)] * 5
    ours = segmentation._tokenizer()
    plain.lcut("热身"), ours.cut("热身")
    slow, one = timed(lambda: [plain.lcut(p) for p in pieces])
    fast, two = timed(lambda: [ours.cut(p) for p in pieces])
    return {"what": "segmentation: jieba / rjieba", "ratio": round(slow / fast, 1), "same": one == two}


def main() -> None:
    """Print one line of JSON a comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, help="folder of the published model in Hugging Face format")
    parser.add_argument("--texts", type=int, default=600, help="texts of the replica to encode (default 600)")
    options = parser.parse_args()
    posts = text_version(post_text(require("replica").posts), "without format marks")
    texts = posts[posts.ne("")].sample(options.texts, random_state=0).tolist()
    print(json.dumps(cutting(posts.tolist()), ensure_ascii=False), flush=True)
    print(json.dumps(second_call(texts)), flush=True)
    print(json.dumps(encoding(Path(SMALL_DISTILBERT), texts, "DistilBERT small")), flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.model or full_size(Path(scratch))
        print(json.dumps(encoding(folder, texts, "DistilBERT, published size")), flush=True)


if __name__ == "__main__":
    main()
