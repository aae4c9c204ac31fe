"""Write a student as a folder in Hugging Face format: config, tokenizer, half-precision safetensors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

__all__ = ["train_tokenizer", "write_model", "write_tokenizer"]


def train_tokenizer(texts: list[str], size: int, positions: int, kept: Path):
    """Learn an uncased WordPiece vocabulary; Chinese is cut into characters, as BERT does.

    The trainer breaks ties at random, so the tokenizer is written to `kept`, and read from there by a run that
    goes on after an interruption.
    """
    from tokenizers import Tokenizer
    from tokenizers.implementations import BertWordPieceTokenizer
    from tokenizers.processors import BertProcessing

    if kept.exists():
        tokenizer = Tokenizer.from_file(str(kept))
    else:
        trained = BertWordPieceTokenizer(lowercase=True)
        trained.train_from_iterator(texts, vocab_size=size, min_frequency=2, limit_alphabet=9000, show_progress=False)
        trained.save(str(kept))
        tokenizer = Tokenizer.from_file(str(kept))
    ends = [(token, tokenizer.token_to_id(token)) for token in ("[SEP]", "[CLS]")]
    tokenizer.post_processor = BertProcessing(*ends)
    tokenizer.enable_truncation(positions)
    return tokenizer


def vocabulary(tokenizer) -> list[str]:
    """Tokens in the order of their numbers."""
    known = tokenizer.get_vocab()
    return sorted(known, key=known.get)


def write_tokenizer(tokenizer, folder: Path, positions: int) -> None:
    """Write ``vocab.txt``, ``tokenizer.json`` and ``tokenizer_config.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("".join(f"{t}\n" for t in vocabulary(tokenizer)), "utf-8", newline="\n")
    tokenizer.no_truncation()
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    tokenizer.enable_truncation(positions)
    _json(
        folder / "tokenizer_config.json",
        {"do_lower_case": True, "model_max_length": positions, "tokenizer_class": "DistilBertTokenizer"},
    )


def write_model(student, folder: Path) -> None:
    """Write ``config.json`` and ``model.safetensors`` (float16), as keras_hub and transformers read them.

    The names of the weights are taken from keras_hub's own reader, run with a
    recorder in place of a file, so the two cannot disagree.
    """
    from keras_hub.src.utils.transformers.convert_distilbert import convert_weights
    from safetensors.numpy import save_file

    recorder = _Recorder()
    convert_weights(student, recorder, {})
    save_file(recorder.tensors, str(folder / "model.safetensors"), metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)  # written for its owner alone otherwise
    _json(
        folder / "config.json",
        {
            "model_type": "distilbert",
            "architectures": ["DistilBertModel"],
            "activation": "gelu",
            "vocab_size": student.vocabulary_size,
            "n_layers": student.num_layers,
            "n_heads": student.num_heads,
            "dim": student.hidden_dim,
            "hidden_dim": student.intermediate_dim,
            "max_position_embeddings": student.max_sequence_length,
            "dropout": 0.1,
            "attention_dropout": 0.1,
            "sinusoidal_pos_embds": False,
            "initializer_range": 0.02,
            "pad_token_id": 0,
            "dtype": "float16",
        },
    )


class _Recorder:
    """Stands in for keras_hub's loader and keeps each weight in the layout of the file."""

    def __init__(self) -> None:
        self.tensors: dict[str, np.ndarray] = {}

    def port_weight(self, keras_variable, hf_weight_key: str, hook_fn=None) -> None:
        value = np.asarray(keras_variable, dtype=np.float16)
        if hf_weight_key.endswith("bias"):
            value = value.reshape(-1)
        elif "lin" in hf_weight_key:  # kernels: (in, out), heads folded, against torch's (out, in)
            value = value.reshape(-1, value.shape[-1]) if "out_lin" in hf_weight_key else value.reshape(len(value), -1)
            value = value.T
        self.tensors[hf_weight_key] = np.ascontiguousarray(value)


def _json(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", "utf-8", newline="\n")
