"""The fuzzer's corpus, replayed: what it once found, and what leads it through the reader; needs no fuzzer."""

import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "fuzz"
sys.path.insert(0, str(FOLDER))

from inputs import ROW, check, file_of  # noqa: E402

CORPUS = sorted((FOLDER / "corpus").iterdir())


@pytest.mark.parametrize("path", CORPUS, ids=lambda p: p.name[:12])
def test_the_corpus_is_read_set_aside_or_refused(path, tmp_path):
    assert check(path.read_bytes(), tmp_path / "crawl.csv") in {"read", "refused", "set aside"}


def test_the_corpus_is_small_and_of_every_kind():
    assert 20 < len(CORPUS) < 200
    assert sum(p.stat().st_size for p in CORPUS) < 300_000
    assert {p.read_bytes()[:1] for p in CORPUS} >= {b"h", b"g", b"z", b"c", b"x"}


def test_what_the_bytes_mean(tmp_path):
    content, rows = file_of(b"c\x1fhello\x1e\x1f\x1f\x1f\x1f9")
    assert rows == 2 and b'"hello"' in content and b'"9"' in content and content.count(ROW[-1].encode()) == 2
    assert check(b"c", tmp_path / "crawl.csv") == "read"
    assert check(b"x", tmp_path / "crawl.csv") == "refused"
    assert check(b"c" + b"\x1f" * 4 + b"many", tmp_path / "crawl.csv") == "set aside"


def test_a_lost_row_would_be_seen(tmp_path, monkeypatch):
    import inputs

    whole = inputs.read_raw
    monkeypatch.setattr(
        inputs,
        "read_raw",
        lambda path: type("Raw", (), {"rows": whole(path).rows[1:], "rejected": whole(path).rejected})(),
    )
    with pytest.raises(AssertionError):
        check(b"c\x1e", tmp_path / "crawl.csv")
