"""What a researcher changes in the chapters on context, data, cohort and sampling; see test_changes."""

import pytest
import test_changes
from crawl_file import text
from own_crawl import own_crawl

from rednote_study.system.paths import BOOK

CHAPTERS = ("01_context", "02_data", "03_cohort", "04_sampling")


def run(chapter, *arguments, **options):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(test_changes, "CHAPTER", BOOK / "chapters" / f"{chapter}.ipynb")
        return test_changes.run(*arguments, **options)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("chapter", "old", "new", "file"),
    [
        ("01_context", 'start="2024-12-01", end="2025-02-20"', 'start="2025-01-10", end="2025-01-31"', "context-timeline"),
        ("02_data", 'class_weight="balanced"), folds=5', "), folds=10", "data-fingerprints"),
        ("03_cohort", "seen = \"last_post >= '2025-02-01'\"", "seen = \"last_post >= '2025-02-15'\"", "cohort-definitions"),
        ("04_sampling", "fractions=(0.01, 0.03, 0.1, 0.3, 1.0)", "fractions=(0.02, 0.2)", "sampling-observed"),
    ],
    ids=CHAPTERS,
)  # fmt: skip
def test_a_change_reaches_the_figure(chapter, old, new, file, tmp_path, monkeypatch):
    before, after = (run(chapter, tmp_path, monkeypatch, *edit)[1] for edit in ((), (old, new)))
    assert before[f"{file}.csv"] != after[f"{file}.csv"] and set(before) == set(after)


@pytest.mark.slow
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_crawl_of_ones_own(chapter, tmp_path, monkeypatch):
    (tmp_path / "mine.csv").write_text(text(own_crawl()), "utf-8")
    numbers, _, captions = run(chapter, tmp_path, monkeypatch, crawl=tmp_path / "mine.csv")
    assert captions and not any("nan" in number for number in numbers.values())
