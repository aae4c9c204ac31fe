"""One batch of rows to one Parquet file of facts: the row-wise part of the study, as a worker does it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from rednote_study.analysis.relations import post_facts
from rednote_study.crawl.notation import counted, in_study_notation
from rednote_study.crawl.posts import POSTS, blank_cells, check_rows, parse_rows, versions
from rednote_study.crawl.reader import Batch
from rednote_study.system.engine import Engine
from rednote_study.system.files import write_whole
from rednote_study.text.clean import clean, post_text

_ROW_BY_ROW = POSTS.remove_columns(["post", "user_order", "crawl"])


def file_of(kind: str, folder: Path, number: int) -> Path:
    """Where the `kind` of batch `number` lies: ``posts``, ``quarantine``, ``done`` or ``texts``."""
    return folder / kind / f"{number:06d}.parquet"


def write_facts(number: int, batch: Batch, folder: Path, texts: bool) -> int:
    """Check, parse and classify the rows of a batch, and write what is left of them.

    The file of posts is written last: where it lies, the batch is done.

    Parameters
    ----------
    number : int
        Of the batch, from 0.
    batch : Batch
    folder : pathlib.Path
        With the folders ``posts``, ``quarantine``, ``done`` and ``texts``.
    texts : bool
        Keep texts, too, without hashtags and marks, for :mod:`rednote_study.large.words`.

    Returns
    -------
    int
        Rows of the batch.
    """
    raw, of_file = batch.tables(), batch.reading.notation
    rows = in_study_notation(raw.rows, of_file)
    usable, broken = check_rows(rows, of_file.users)
    quarantine = pd.concat([raw.rejected, broken]).astype({"line": "int64", "reason": "str"})
    posts = parse_rows(usable, of_file.users)
    _ROW_BY_ROW.validate(posts.drop(columns="post"))
    blank = blank_cells(usable).set_axis(posts.index)
    facts = post_facts(posts).assign(
        author=_number(posts["author"]),
        post=_number(posts["post"]),
        version=versions(usable).to_numpy(),
        **{f"blank_{c}": blank[c] for c in blank},
    )
    done = batch.reading.done + counted(usable)
    write_whole(file_of("done", folder, number).with_suffix(".json"), json.dumps(done).encode())
    engine = Engine({"facts": facts, "quarantine": quarantine})
    if texts:
        words = clean(post_text(posts), marks=False, hashtags=False)
        engine.add("texts", pd.DataFrame({"line": posts["line"], "text": words})[words.ne("")])
        engine.write("SELECT * FROM texts", file_of("texts", folder, number))
    engine.write("SELECT * FROM quarantine", file_of("quarantine", folder, number))
    engine.write("SELECT * FROM facts", file_of("posts", folder, number))
    engine.close()
    return len(raw.rows) + len(raw.rejected)


def _number(pseudonyms: pd.Series) -> np.ndarray:
    """The 64 bits of pseudonyms as numbers (uint64), which compare quicker than text."""
    return np.array([int(p, 16) for p in pseudonyms], dtype=np.uint64)
