"""Distil a small DistilBERT from the sentence encoder (Reimers and Gurevych 2020; Sanh et al. 2019).

The student's mean-pooled output learns the direction of the teacher's vector of
the same text, projected to the student's width, and the similarities between
the texts of a batch. Its token embeddings start from the teacher's vectors of
the tokens, so it begins as a bag of words and learns the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rednote_study.system.backend import load_tensorflow
from rednote_study.system.progress import progress

WIDTHS = (8, 16, 24, 32, 48, 64, 128)
"""Widths in tokens to which batches are padded."""

__all__ = ["Recipe", "projection", "train"]


@dataclass(frozen=True)
class Recipe:
    """Sizes and settings of the distillation.

    Attributes
    ----------
    width, layers, heads, inner : int
        Architecture of the student.
    positions : int
        Longest text in tokens.
    vocabulary : int
        Largest number of tokens.
    epochs : int
        Passes over all texts, tokens alone: the mean text has eight, so [CLS] and [SEP] would cost a quarter more.
    settling : float
        Share of one more pass, with [CLS] and [SEP] around each text and a rate of a third.
    batch : int
        Tokens of one step, padding included.
    rate : float
        Largest learning rate; it rises over the first 4 % of the steps and falls to zero as a cosine.
    similarity : float
        Weight of the loss on similarities beside the one on directions.
    frames, grammar, joined : int
        Texts of these kinds (see :mod:`rednote_study.encoders.student_text`).
    seed : int
    """

    width: int = 256
    layers: int = 3
    heads: int = 4
    inner: int = 512
    positions: int = 128
    vocabulary: int = 20_000
    epochs: int = 3
    settling: float = 0.33
    batch: int = 4096
    rate: float = 5e-4
    similarity: float = 10.0
    frames: int = 120_000
    grammar: int = 40_000
    joined: int = 40_000
    seed: int = 20250113


def projection(vectors: np.ndarray, width: int) -> np.ndarray:
    """Directions that keep most of the dot products of vectors (uncentred principal components).

    Parameters
    ----------
    vectors : numpy.ndarray of float32, shape (n, d)
    width : int

    Returns
    -------
    numpy.ndarray of float32, shape (d, width)
        Orthonormal columns; signs fixed so that each column's largest entry is positive.
    """
    _, basis = np.linalg.eigh(vectors.T.astype(np.float64) @ vectors)
    basis = basis[:, ::-1][:, :width]
    largest = np.abs(basis).argmax(axis=0)
    return (basis * np.sign(basis[largest, np.arange(width)])).astype(np.float32)


def batches(lengths: np.ndarray, tokens: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Indices of texts in batches of one width and about `tokens` tokens, batches in random order.

    Texts that do not fill a batch of their width are left out this time; the order within a width is random.
    """
    widths = np.searchsorted(WIDTHS, lengths)
    parts = []
    for number in np.unique(widths):
        members = rng.permutation(np.flatnonzero(widths == number))
        size = max(32, tokens // WIDTHS[number])
        parts += [members[i : i + size] for i in range(0, len(members) - size + 1, size)]
    return [parts[i] for i in rng.permutation(len(parts))]


def padded(ids: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Token identifiers and mask (int32), padded to one of a few widths: each width is compiled once."""
    longest = max(map(len, ids))
    width = next(w for w in WIDTHS if w >= longest)
    tokens = np.zeros((len(ids), width), dtype=np.int32)
    for i, row in enumerate(ids):
        tokens[i, : len(row)] = row
    return tokens, (np.arange(width) < np.array([[len(r)] for r in ids])).astype(np.int32)


def build(recipe: Recipe, tokens: np.ndarray):
    """Make the student, its token embeddings set to the given vectors (vocabulary, width)."""
    load_tensorflow()
    import keras
    import keras_hub

    keras.utils.set_random_seed(recipe.seed)
    student = keras_hub.models.DistilBertBackbone(
        vocabulary_size=len(tokens),
        num_layers=recipe.layers,
        num_heads=recipe.heads,
        hidden_dim=recipe.width,
        intermediate_dim=recipe.inner,
        dropout=0.0,
        max_sequence_length=recipe.positions,
    )
    student.token_embedding.embeddings.assign(tokens)
    return student


def train(
    student, ids: list[list[int]], targets: np.ndarray, recipe: Recipe, folder: Path, *, settling: bool = False
) -> Iterator[float]:
    """Train the student in place, and yield the mean loss of each epoch; an interrupted run resumes.

    Parameters
    ----------
    student : keras_hub.models.DistilBertBackbone
    ids : list of list of int
        Tokens of each text.
    targets : numpy.ndarray of float32, shape (n_texts, width)
        Teacher vectors of the same texts, projected.
    recipe : Recipe
    folder : pathlib.Path
        Where the state after each epoch is kept.
    settling : bool
        The short last pass instead of the whole ones.
    """
    tf = load_tensorflow()
    import keras

    lengths = np.array([len(i) for i in ids])
    epochs, rate = (1, recipe.rate / 3) if settling else (recipe.epochs, recipe.rate)
    per_epoch = len(batches(lengths, recipe.batch, np.random.default_rng(0)))
    per_epoch = round(per_epoch * recipe.settling) if settling else per_epoch
    steps = epochs * per_epoch
    schedule = keras.optimizers.schedules.CosineDecay(0.0, steps, warmup_target=rate, warmup_steps=max(1, steps // 25))
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=0.0, clipnorm=1.0)
    optimizer.build(student.trainable_variables)
    epoch = tf.Variable(0, dtype=tf.int64)
    state = tf.train.Checkpoint(
        epoch=epoch, **{f"v{i}": v.value for i, v in enumerate([*student.variables, *optimizer.variables])}
    )
    manager = tf.train.CheckpointManager(state, str(folder), max_to_keep=1)
    if manager.latest_checkpoint:
        state.restore(manager.latest_checkpoint).assert_consumed()

    step = _step(student, optimizer, recipe.similarity)
    while (number := int(epoch.numpy())) < epochs:
        parts = batches(lengths, recipe.batch, np.random.default_rng([recipe.seed, number]))[:per_epoch]
        losses = []
        for chosen in progress(parts, what=f"epoch {number + 1} of {epochs}", unit="batch"):
            tokens, mask = padded([ids[i] for i in chosen])
            losses.append(step(tokens, mask, targets[chosen]))
        epoch.assign_add(1)
        manager.save()
        yield float(np.mean([loss.numpy() for loss in losses]))


def _step(student, optimizer, similarity: float):
    """One step of training, compiled once for each width."""
    tf = load_tensorflow()

    @tf.function(jit_compile=True)
    def step(tokens, mask, target):
        with tf.GradientTape() as tape:
            states = student({"token_ids": tokens, "padding_mask": mask}, training=True)
            weights = tf.cast(mask, tf.float32)[..., None]
            pooled = tf.reduce_sum(states * weights, 1) / tf.reduce_sum(weights, 1)
            mine, wanted = tf.math.l2_normalize(pooled, 1), tf.math.l2_normalize(target, 1)
            direction = tf.reduce_mean(1 - tf.reduce_sum(mine * wanted, 1))
            apart = tf.matmul(mine, mine, transpose_b=True) - tf.matmul(wanted, wanted, transpose_b=True)
            loss = direction + similarity * tf.reduce_mean(apart**2)
        optimizer.apply(tape.gradient(loss, student.trainable_variables), student.trainable_variables)
        return loss

    return lambda *arrays: step(*map(tf.constant, arrays))
