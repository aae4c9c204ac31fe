"""One more encoder in the comparison, by editing one cell of the chapter's notebook."""

import csv
import math

import pytest
import test_changes
from crawl_file import text
from own_crawl import own_crawl
from test_changes import run

from rednote_study.system.paths import BOOK

HASHING = """from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import HashingVectorizer
encoders = {"hashing": make_pipeline(HashingVectorizer(n_features=2**12), TruncatedSVD(100, random_state=1)),
"""


@pytest.mark.slow
def test_one_more_encoder(tmp_path, monkeypatch):
    """On a small crawl: on the whole replica, six encoders and four versions of the texts take half an hour."""
    monkeypatch.setattr(test_changes, "CHAPTER", BOOK / "chapters" / "07_representations.ipynb")
    crawl = tmp_path / "small.csv"
    crawl.write_text(text(own_crawl(120)))
    _, files, _ = run(tmp_path, monkeypatch, "encoders = {\n", HASHING, crawl=crawl)
    tables = {
        name: list(csv.DictReader(content.decode().splitlines())) for name, content in files.items() if "csv" in name
    }
    for name in ("representation-comparison.csv", "representation-auc.csv"):
        assert tables[name][0]["encoder"] == "hashing" and len({row["encoder"] for row in tables[name]}) == 6
    assert not math.isnan(float(tables["representation-comparison.csv"][0]["english_chinese"]))
    assert 0 < float(tables["representation-auc.csv"][0]["wave"]) < 1
