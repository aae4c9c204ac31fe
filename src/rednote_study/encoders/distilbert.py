"""DistilBERT on TensorFlow (Sanh et al. 2019): tokenizer of transformers, backbone of keras_hub."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from rednote_study.encoders.base import TextEncoder
from rednote_study.encoders.cache import VectorCache
from rednote_study.errors import DataError
from rednote_study.system.backend import load_tensorflow, silence_tqdm
from rednote_study.system.paths import DATA
from rednote_study.system.progress import progress

SMALL = "distilbert-small"
"""Name of the model that ships with the study: the same on every machine, so that results are known by it."""

SMALL_DISTILBERT = str(DATA / "models" / SMALL)
"""Its folder."""

ORIGINAL = "distilbert/distilbert-base-multilingual-cased"
"""The model of the published notebook, on the Hugging Face hub."""

REVISION = "45c032ab32cc946ad88a166f7cb282f58c753c2e"
"""Commit of `ORIGINAL` that this study uses."""

_READ = {
    SMALL: "the text of the small DistilBERT, and a teacher's vectors of it",
    ORIGINAL: "Wikipedia in 104 languages",
}
POOLINGS = ("cls", "mean")
_FILES = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.txt")
_STEP = 16  # texts are padded to multiples of it


def find_model(name: str, revision: str | None = REVISION, *, local_only: bool = False) -> Path | None:
    """Folder of a model in Hugging Face format: a local one, or fetched from the hub.

    Parameters
    ----------
    name : str
        `SMALL`, path of a folder, or name of a repository on the hub.
    revision : str, optional
        Commit of the repository.
    local_only : bool
        Look on this machine only, and give None where there is nothing.

    Raises
    ------
    DataError
        If the folder is incomplete, or the hub cannot be reached and nothing was fetched before.
    """
    folder = Path(SMALL_DISTILBERT if name == SMALL else name).expanduser()
    if folder.is_dir():
        missing = [f for f in ("config.json", "model.safetensors") if not (folder / f).is_file()]
        if missing:
            raise DataError(f"{folder} is no model in Hugging Face format: {', '.join(missing)} missing.")
        return folder
    silence_tqdm()
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError

    name = ORIGINAL if name == ORIGINAL.split("/")[1] else name
    try:
        return Path(
            snapshot_download(name, revision=revision, allow_patterns=list(_FILES), local_files_only=local_only)
        )
    except HFValidationError:
        raise DataError(f"There is no folder {name}, and it is no name of a model either.") from None
    except Exception as error:  # the hub's client raises errors of several libraries
        if local_only:
            return None
        raise DataError(
            f"The model {name} (revision {revision}) is not on this machine and could not be fetched from the hub"
            f" ({type(error).__name__}). Fetch it on a machine with a network and name its folder,"
            f" or use the model that ships with the study: DistilBertEncoder(SMALL_DISTILBERT)."
        ) from None


@functools.lru_cache(maxsize=2)
def _load(folder: Path):
    """Tokenizer and backbone of a folder."""
    load_tensorflow()
    import keras_hub
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    backbone = keras_hub.models.DistilBertBackbone.from_preset(str(folder))
    return tokenizer, backbone, _compiled(backbone)


def _compiled(backbone):
    """First token's state and mean state of each text, in one traced function for every shape."""
    tf = load_tensorflow()
    shape = tf.TensorSpec([None, None], tf.int32)

    @tf.function(input_signature=[shape, shape])
    def states(tokens, mask):
        hidden = backbone({"token_ids": tokens, "padding_mask": mask}, training=False)
        weights = tf.cast(mask, hidden.dtype)[..., None]
        mean = tf.reduce_sum(hidden * weights, axis=1) / tf.reduce_sum(weights, axis=1)
        return tf.concat([hidden[:, 0], mean], axis=1)

    return states


@functools.cache
def _digest(folder: Path) -> str:
    """Fingerprint of a model's files."""
    total = hashlib.sha256()
    for name in _FILES:
        if (folder / name).is_file():
            total.update(name.encode() + hashlib.sha256((folder / name).read_bytes()).digest())
    return total.hexdigest()[:16]


class DistilBertEncoder(TextEncoder):
    """Hidden states of DistilBERT as text vectors; nothing is learnt from the texts.

    Texts are batched with others of like length, so little is computed in vain; equal texts are encoded once.
    A vector is the same, to the last digit, whatever other texts are encoded with it.

    Parameters
    ----------
    model : str
        ``distilbert-small``, which ships with the study; a folder in Hugging Face format; or name of a repository on
        the hub.
    revision : str, optional
        Commit of the repository; ignored for a folder.
    pooling : str
        ``cls``: the state of the first token, as in the published notebook; ``mean``: the mean over all tokens.
    max_length : int
        Tokens kept of a text.
    batch_size : int
    cache : bool
        Keep vectors by content in ``build/vectors``.

    Attributes
    ----------
    dimension_ : int
        Width of the model; 768 for the original.

    Raises
    ------
    DataError
        On ``fit``, if the model is neither present nor to be had, or `pooling` is unknown.
    """

    def __init__(
        self,
        model: str = ORIGINAL,
        revision: str | None = REVISION,
        pooling: str = "mean",
        max_length: int = 128,
        batch_size: int = 16,
        cache: bool = True,
    ):
        self.model = model
        self.revision = revision
        self.pooling = pooling
        self.max_length = max_length
        self.batch_size = batch_size
        self.cache = cache

    @property
    def learnt_from(self) -> str:
        """What the model had read."""
        return _READ.get(self.model, "what its makers chose")

    def _fit(self, texts: list[str]) -> None:
        if self.pooling not in POOLINGS:
            raise DataError(f"pooling={self.pooling!r} is unknown; choose one of {', '.join(POOLINGS)}.")
        self.folder_ = find_model(self.model, self.revision)
        self.dimension_ = int(json.loads((self.folder_ / "config.json").read_text("utf-8"))["dim"])

    def _encode(self, texts: list[str]) -> np.ndarray:
        name = f"distilbert-{_digest(self.folder_)}-{self.max_length}"
        both = VectorCache(name, 2 * self.dimension_, keep=self.cache).encode(texts, self._compute)
        return both[:, : self.dimension_] if self.pooling == "cls" else both[:, self.dimension_ :]

    def _compute(self, texts: list[str]) -> np.ndarray:
        """Both poolings of each text side by side."""
        tokenizer, _, states = _load(self.folder_)
        ids = tokenizer(texts, truncation=True, max_length=self.max_length)["input_ids"]
        vectors = np.empty((len(texts), 2 * self.dimension_), dtype=np.float32)
        with progress(total=len(texts), what="DistilBERT", unit="text", least=200) as bar:
            for chosen, length in _batches([len(i) for i in ids], self.batch_size, self.max_length):
                padded = tokenizer.pad(
                    {"input_ids": [ids[i] for i in chosen]},
                    padding="max_length",
                    max_length=length,
                    return_tensors="np",
                )
                found = states(padded["input_ids"].astype(np.int32), padded["attention_mask"].astype(np.int32))
                vectors[chosen] = found.numpy()
                bar.update(len(np.unique(chosen)))
        return vectors


def _batches(lengths: list[int], size: int, longest: int) -> Iterator[tuple[np.ndarray, int]]:
    """Positions of texts in batches of like length, with the length to pad to; the longest first.

    A batch too large for memory so fails at once. Every batch of a length has the same shape, the last one filled
    up with its first text: only then does no digit of a vector depend on the texts beside it.
    """
    padded = np.minimum(-(-np.asarray(lengths) // _STEP) * _STEP, longest)
    for length in sorted(set(padded), reverse=True):
        members = np.flatnonzero(padded == length)
        for start in range(0, len(members), size):
            chosen = members[start : start + size]
            yield np.resize(chosen, size) if len(chosen) < size else chosen, int(length)
