"""The appendix keeps its word: every item of the checklist answered once, every piece of evidence really there."""

import re
from typing import NamedTuple

import pytest

from rednote_study.system.paths import BOOK, DATA, ROOT

CHAPTERS = BOOK / "chapters"
PAGES = ("91_reforms", "92_model_card")
ANSWERS = {"yes", "in part", "no"}

SECTIONS = {
    "Study goals": "abc",
    "Computational reproducibility": "abcde",
    "Data quality": "abcdefg",
    "Data preprocessing": "abc",
    "Modelling": "abcdef",
    "Data leakage": "abc",
    "Metrics and uncertainty": "abc",
    "Generalizability and limitations": "ab",
}
"""Sections and items of REFORMS (Kapoor and others 2024, table 1), in order."""

ITEM = re.compile(
    r"\n\(reforms-(?P<target>\w+)\)=\n### (?P<item>\w+)\. (?P<title>.+)\n\n"
    r"Asks\n: (?P<asks>.+)\n\nAnswer: (?P<status>.+)\n: (?P<answer>.+)\n\nEvidence\n: (?P<evidence>.+)\n"
)
LINK = re.compile(r"\]\(([\w./-]+\.md)\)")
LINK_TO_SECTION = re.compile(r"\]\(([\w./-]+\.md)\), \*([^*]+)\*")
NAMED_PATH = re.compile(r"`((?:tests|src|data|book|benchmarks)/[^`]+|[\w.]+\.(?:md|txt|cff)|Makefile|\.ci/run)`")
MODEL_FILES = {".bin", ".ckpt", ".h5", ".joblib", ".keras", ".model", ".npy", ".npz", ".onnx", ".pb", ".pickle", ".pkl",
               ".pt", ".safetensors", ".vec", ".weights"}  # fmt: skip


class Item(NamedTuple):
    """One item as the page answers it."""

    target: str
    item: str
    title: str
    asks: str
    status: str
    answer: str
    evidence: str


def read(page: str) -> str:
    return (CHAPTERS / f"{page}.md").read_text("utf-8")


def items() -> list[Item]:
    return [Item(**match.groupdict()) for match in ITEM.finditer(read("91_reforms"))]


def test_every_item_of_the_checklist_stands_once_under_its_section():
    page = read("91_reforms")
    headings = re.findall(r"^##+ (\d+\. .+|\d[a-z])(?:\. .+)?$", page, re.M)
    expected = []
    for number, (section, letters) in enumerate(SECTIONS.items(), start=1):
        expected += [f"{number}. {section}", *(f"{number}{letter}" for letter in letters)]
    assert headings == expected
    assert len(items()) == 32
    assert [i.item for i in items()] == [h for h in expected if len(h) == 2]
    assert [i.target for i in items()] == [i.item for i in items()]


@pytest.mark.parametrize("item", items(), ids=lambda i: i.item)
def test_each_item_has_question_answer_and_evidence(item):
    assert item.status in ANSWERS
    assert len(item.asks.split()) >= 4
    sentences = re.findall(r"[.?](?= |$)", re.sub(r"`[^`]*`", "", item.answer))
    assert 1 <= len(sentences) <= 5 and len(item.answer.split()) >= 15
    assert LINK.search(item.evidence) or NAMED_PATH.search(item.evidence)


def test_the_answer_at_the_top_lists_what_is_not_met():
    partly, refused = re.search(
        r"\*In part\* stand (.+?)\. The answer is \*no\* for (.+?):", read("91_reforms")
    ).groups()
    for text, status in ((partly, "in part"), (refused, "no")):
        listed = re.findall(r"\[(\w+)\]\(#reforms-(\w+)\)", text)
        assert all(shown == target for shown, target in listed)
        assert [shown for shown, _ in listed] == [i.item for i in items() if i.status == status]


@pytest.mark.parametrize("page", PAGES)
def test_every_named_section_is_a_heading_of_its_page(page):
    for link, section in LINK_TO_SECTION.findall(read(page)):
        text = (CHAPTERS / link).read_text("utf-8")
        assert re.search(rf"^##+ {re.escape(section)}$", text, re.M), (link, section)


@pytest.mark.parametrize("page", PAGES)
def test_every_named_file_is_there(page):
    named = set(NAMED_PATH.findall(read(page)))
    assert len(named) >= 3
    for path in sorted(named):
        assert (ROOT / path).exists(), path


def test_the_model_card_has_the_sections_of_its_standard():
    sections = re.findall(r"^## (.+)$", read("92_model_card"), re.M)
    assert sections == [
        "Model details",
        "Intended use",
        "Factors",
        "Metrics",
        "Evaluation data",
        "Training data",
        "Quantitative analyses",
        "Ethical considerations",
        "Caveats and recommendations",
    ]


def test_the_only_weights_in_the_project_are_those_of_the_small_distilbert():
    folders = [ROOT / name for name in ("book", "data", "src", "tests", "benchmarks")]
    fetched = DATA / "raw"
    files = [p for folder in folders for p in folder.rglob("*") if p.is_file() and not p.is_relative_to(fetched)]
    weights = [p.relative_to(ROOT).as_posix() for p in files if p.suffix in MODEL_FILES]
    assert weights == ["data/models/distilbert-small/model.safetensors"]
