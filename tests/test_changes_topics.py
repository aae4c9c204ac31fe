"""Six topics in place of those that the rule chooses, by editing one cell of the chapter's notebook."""

import csv

import pytest
import test_changes
from test_changes import run

from rednote_study.system.paths import BOOK


@pytest.mark.slow
def test_six_topics_and_their_words(tmp_path, monkeypatch):
    monkeypatch.setattr(test_changes, "CHAPTER", BOOK / "chapters" / "08_topics.ipynb")
    numbers, files, _ = run(tmp_path, monkeypatch, "n_topics = None", "n_topics = 6")
    words, shares = (
        list(csv.DictReader(files[name].decode().splitlines()))
        for name in ("table-topic-words.csv", "topic-shares.csv")
    )
    assert len(words) == 6 and all(row["english"] or row["chinese"] for row in words)
    assert {row["topic"] for row in shares} == {row["topic"] for row in words} | {"no topic"}
    assert numbers["topics_rows"].strip("'") == "7"
