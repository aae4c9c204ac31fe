"""Each sentence of the answers is in one table, stands on its page, and is as strong as the interval that it rests on."""

import re
import tomllib

import pytest

from rednote_book import notebooks
from rednote_study.answers import claims
from rednote_study.statistics.bounds import bounds, verdict
from rednote_study.system.paths import BOOK, DATA

CLAIMS = tomllib.loads((DATA / "claims.toml").read_text("utf-8"))["claims"]
SECTIONS = (
    "Who arrived, and how they were received",
    "Who stayed",
    "What would settle it",
    "Why the published model's answer is not among these",
)
PAGES = [BOOK / "index.md", BOOK / "summary.md", *notebooks.chapters()]
PAGES = [page for page in dict.fromkeys(PAGES) if "**Answer.**" in page.read_text("utf-8")]
ABSENCE = r"\bno (difference|effect|adaptation|better|larger|more than)\b|\b(do|does|did) not (differ|mark|matter)\b|\balike\b"


def plain(text: str) -> str:
    """Prose without markup, citations and links in brackets; a pasted number is its name in braces."""
    text = re.sub(r"\{glue:text\}`(?:[^`:]*::)?(\w+?)(?::s)?`", r"{\1}", text)
    text = re.sub(r"\s*\{cite[^}]*\}`[^`]*`|\s*\((?:\[[^\]]*\]\([^)]*\)(?:, )?)+\)", "", text)
    text = re.sub(r"\{term\}`([^`]*)`", r"\1", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return " ".join(re.sub(r"^- |\*", "", text, flags=re.M).split())


def answer(page) -> str:
    """The answer of a page; on the first page and the summary its four sections too."""
    text = page.read_text("utf-8")
    parts = re.findall(r"\*\*Answer\.\*\*(.*?)\n\n", text, re.S)
    for title in SECTIONS if page.parent == BOOK else ():
        (section,) = re.findall(rf"\n## {re.escape(title)}\n(.*?)(?=\n## )", text, re.S)
        parts.append(section)
    return plain("\n".join(parts))


def on(page) -> list[str]:
    return [claim["sentence"] for claim in CLAIMS if claim["page"] == page.relative_to(BOOK).with_suffix("").as_posix()]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_the_table_has_each_sentence_of_an_answer_and_no_other(page):
    assert " ".join(on(page)) == answer(page), "data/claims.toml: the sentences in the order of the page"


def test_no_page_of_the_table_is_unknown():
    assert {claim["page"] for claim in CLAIMS} == {p.relative_to(BOOK).with_suffix("").as_posix() for p in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_an_answer_has_three_sentences_and_a_sentence_two_numbers_at_most(page):
    if page.parent == BOOK or page.name[:2] in {f"{n:02}" for n in range(5, 12)}:
        first = plain(re.search(r"\*\*Answer\.\*\*(.*?)\n\n", page.read_text("utf-8"), re.S)[1])
        assert sum(sentence in first for sentence in on(page)) <= 3
        for sentence in on(page):
            assert len(re.findall(r"\{\w+\}", sentence)) <= 2, sentence


@pytest.mark.parametrize("page", [BOOK / "index.md", BOOK / "summary.md"], ids=lambda p: p.stem)
def test_a_page_in_short_has_few_numbers(page):
    text = plain(re.sub(r"^---.*?^---|```.*?```", "", page.read_text("utf-8"), flags=re.S | re.M))
    assert len(re.findall(r"\{\w+\}", text)) <= 0.025 * len(text.split())


def test_each_sentence_is_as_strong_as_its_intervals():
    rows = claims().frame
    rests = rows[rows["result"].ne("")]
    weak = rests[rests["claims"].ne(rests["carries"])]
    assert weak.empty, weak.to_string()


def test_a_sentence_about_an_effect_rests_on_an_interval():
    for claim in CLAIMS:
        kind, evidence = claim["kind"], claim.get("evidence", [])
        assert kind in {"presence", "absence", "undetermined", "description"}, claim
        assert bool(evidence) == (kind != "description"), claim["sentence"]
        assert kind == "undetermined" or "undetermined:" not in claim["sentence"].lower(), claim["sentence"]
        assert kind == "absence" or not re.search(ABSENCE, claim["sentence"]), claim["sentence"]


def test_the_verdict_follows_the_bounds():
    assert verdict(-0.1, 0.1, "delta") == "absence"
    assert verdict(-0.2, 0.1, "delta") == "undetermined"
    assert verdict(0.1, 0.3, "delta") == "presence"
    assert verdict(0.7, 1.4, "odds") == "absence"
    assert verdict(0.6, 1.4, "odds") == "undetermined"
    assert verdict(0.46, 0.54, "auc") == "absence"


def test_the_chapter_that_tests_uses_the_same_bounds():
    text = (BOOK / "chapters" / "12_arrival.md").read_text("utf-8")
    known = bounds()
    assert f"smallest={known['delta']['smallest']}, smallest_share={known['share']['smallest']}" in text
