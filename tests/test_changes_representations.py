"""One more encoder in the comparison, by editing one cell of the chapter's notebook."""

import csv
import math

import pytest
import test_changes
from test_changes import run

from rednote_study.replica import Size, write
from rednote_study.system.paths import BOOK

HASHING = """from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import HashingVectorizer
encoders = {"hashing": make_pipeline(HashingVectorizer(), TruncatedSVD(100, random_state=1)),
"""


@pytest.mark.slow
def test_one_more_encoder(tmp_path, monkeypatch):
    """On a small part of the replica: on the whole, six encoders and four versions of the texts take half an hour."""
    monkeypatch.setattr(test_changes, "CHAPTER", BOOK / "chapters" / "07_representations.ipynb")
    crawl = write(tmp_path / "small.csv", size=Size(n_users=300, n_retained=20))
    numbers, files, _ = run(tmp_path, monkeypatch, "encoders = {\n", HASHING, crawl=crawl)
    tables = {name: list(csv.DictReader(text.decode().splitlines())) for name, text in files.items() if "csv" in name}
    for name in ("representation-comparison.csv", "representation-auc.csv"):
        assert tables[name][0]["encoder"] == "hashing" and len({row["encoder"] for row in tables[name]}) == 6
    assert not math.isnan(float(tables["representation-comparison.csv"][0]["english_chinese"]))
    assert 0 < float(tables["representation-auc.csv"][0]["wave"]) < 1
    assert "representations_auc_sentence_raw" in numbers
