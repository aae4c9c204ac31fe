"""The Chinese summary says what the English one says, and each part of a page names its language."""

import re
from itertools import zip_longest

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from rednote_study.plots import story
from rednote_study.plots.story import LANGUAGES
from rednote_study.system.paths import BOOK

CHINESE = re.compile(r"[\u3400-\u9fff]")


def sections(name: str) -> list[str]:
    return re.split(r"\n## ", (BOOK / f"{name}.md").read_text("utf-8"))


@pytest.mark.parametrize("pasted", [r"\{glue:text\}`([^`]+)`", r"\{cite\}`([^`]+)`"])
def test_each_section_pastes_and_cites_what_the_english_one_does(pasted):
    pairs = list(zip_longest(sections("summary"), sections("summary_zh"), fillvalue=""))
    assert any(re.search(pasted, english) for english, _ in pairs)
    for english, chinese in pairs:
        assert sorted(re.findall(pasted, chinese)) == sorted(re.findall(pasted, english)), chinese[:20]


def test_a_chinese_sentence_has_two_numbers_at_most_and_none_typed():
    text = re.sub(r"```.*?```|^---.*?^---", "", (BOOK / "summary_zh.md").read_text("utf-8"), flags=re.S | re.M)
    assert all(sentence.count("{glue:") <= 2 for sentence in re.split("[。；\n]", text))
    typed = re.sub(r"\{(?:glue:text|cite)\}`[^`]*`|\([^)]*\)|2025年1月|1月\d+日|95%置信区间", "", text)
    assert not re.search(r"\d", typed)


@pytest.fixture(scope="module")
def page(built_site):
    return lambda name: BeautifulSoup((built_site / "book" / f"{name}.html").read_text("utf-8"), "html.parser")


def spoken(element) -> str:
    return next(e["lang"] for e in [element, *element.parents] if e.get("lang"))


def test_the_chinese_page_is_chinese_and_its_frame_english(page):
    chinese = page("summary_zh")
    assert chinese.html["lang"] == "zh-Hans" and len(chinese.figure.img["alt"]) > 30
    for part in ("article h1", "article p", "article figcaption", "article figure img"):
        assert spoken(chinese.select_one(part)) == "zh-Hans", part
    assert CHINESE.search(chinese.figure.img["alt"]) and CHINESE.search(chinese.figcaption.get_text())
    assert not re.search(r"\bFigure\b|Link to", str(chinese.select_one("article figcaption")))
    frame = ("#pst-skip-link", "#pst-primary-sidebar .toctree-l1 a", "article summary", ".rednote-bar", ".study-footer")
    assert {spoken(chinese.select_one(part)) for part in frame} == {"en"}
    english = page("summary")
    assert english.html["lang"] == "en"
    for title in (english.select_one(".right-next .prev-next-title"), english.select_one(".bd-sidebar a[href*=_zh]")):
        assert spoken(title.find("span") or title) == "zh-Hans" or title["lang"] == "zh-Hans"


def test_its_numbers_are_written_as_chinese_writes_them(page):
    numbers = [number.get_text() for number in page("summary_zh").select(".pasted-text")]
    english = [number.get_text() for number in page("summary").select(".pasted-text")]
    assert len(numbers) == len(english) and any(" to " in number for number in english)
    assert not [number for number in numbers if re.search(r"[A-Za-z]{2}|[ (),]", number)]


@pytest.mark.parametrize("name", ["summary", "summary_zh"])
def test_each_summary_leads_to_the_other(page, name):
    found = {link["hreflang"]: link["href"] for link in page(name).select("link[rel=alternate][hreflang]")}
    assert found == {"en": "summary.html", "zh-Hans": "summary_zh.html"}
    (other,) = set(found.values()) - {f"{name}.html"}
    first = page(name).select_one("article p a")
    assert first["href"] == other and spoken(first.find("span") or first) == ("en" if "_zh" in name else "zh-Hans")


def test_every_entry_of_the_glossary_has_a_chinese_term(page):
    entries = page("glossary").select("dl.glossary > dd")
    for entry in entries:
        terms = []
        while (before := (terms[-1] if terms else entry).find_previous_sibling()) is not None and before.name == "dt":
            terms.append(before)
        assert {term.get("lang") for term in terms} == {None, "zh-Hans"}, terms
        assert all(bool(term.get("lang")) == bool(CHINESE.search(term.get_text())) for term in terms)
    assert len(entries) > 30


REGISTRATIONS = pd.DataFrame(
    {"day": pd.to_datetime(["2025-01-12", "2025-01-13", "2025-01-14"]), "users": [7, 40, None]}
)
HALF_HOURS = pd.DataFrame({"start": ["2025-01-13 10:00", "2025-01-13 23:30"], "posts": [6, 9]})
FIRST = {"crawl": 1, "first_post": "2025-01-12 08:00", "last_post": "2025-01-14 10:00", "users": 45}
SECOND = {"crawl": 2, "first_post": "2025-01-16 08:00", "last_post": "2025-03-01 10:00", "users": 30}


@pytest.mark.parametrize(("shared", "said"), [(0, "none seen before"), (12, "some seen before")])
def test_the_story_says_in_either_language_what_no_crawl_saw(shared, said):
    crawls = pd.DataFrame([FIRST, SECOND]).assign(shared=shared)
    written = [t.get_text() for axis in story(REGISTRATIONS, HALF_HOURS, crawls).axes for t in axis.texts]
    assert any("40 on 13 Jan" in text for text in written)
    assert "Crawl 1: 45 people. Stayed or left? Not seen" in written and f"Crawl 2: 30 people, {said}" in written
    for language in LANGUAGES:
        alt = story(REGISTRATIONS, HALF_HOURS, crawls, language=language).alt
        assert all(re.search(rf"\b{number}(?!\d)", alt, re.ASCII) for number in (40, 9, 45, 30, shared)), alt
        assert bool(re.search("[A-Za-z]", alt)) == (language == "en")


def test_the_story_of_a_single_crawl_without_many_users_is_drawn():
    crawls = pd.DataFrame([FIRST]).assign(shared=0)
    picture = story(REGISTRATIONS.assign(users=float("nan")), HALF_HOURS.assign(posts=float("nan")), crawls)
    assert [t.get_text() for axis in picture.axes for t in axis.texts] == ["Crawl 1: 45 people"] and "45" in picture.alt
