"""Hostile words in a crawl: text in the page, the CSV, LaTeX, pictures, logs and the terminal, and never more."""

import csv
import io
import json
import re
import shutil
import subprocess
import sys
import unicodedata
from xml.etree import ElementTree

import pandas as pd
import pytest
from browser_site import serve_folder
from crawl_file import text
from hostile import ATTACKS, FILE, LONG, SHOWN, hostile_crawl
from hypothesis import given
from hypothesis import strategies as st
from toy_chapter import HEAD

from rednote_book import book, cli
from rednote_study.citation import escape_latex, latex_table
from rednote_study.datasets import sources
from rednote_study.datasets.provenance import Provenance
from rednote_study.store import record
from rednote_study.system.paths import ROOT
from rednote_study.system.plain import guard_formula, plain, unguard_formula, visible
from rednote_study.text.hashtags import hashtags
from rednote_study.text.segment import segment

STEERING = {"Cc", "Cs", "Zl", "Zp"}
DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def steers(words: str, lines: bool = False) -> bool:
    found = [c for c in words if unicodedata.category(c) in STEERING and not (lines and c == "\n")]
    return bool(found) or bool(DIRECTION.search(words))


@given(st.text(st.characters(), max_size=40))
def test_nothing_that_steers_is_left(words):
    assert not steers(plain(words)) and plain(plain(words)) == plain(words)
    assert not steers(visible(words), lines=True)
    plain(words).encode("utf-8")


@given(st.text(max_size=40))
def test_plain_text_is_left_alone(words):
    kept = "".join(c for c in words if unicodedata.category(c)[0] in "LNPMS" and c not in "\u115f\u1160\u3164\ufff9")
    kept = re.sub("[\ufff0-\uffff\U000e0000-\U000e0fff]", "", kept)
    assert plain(kept) == kept and visible(kept) == kept


@given(st.text("'=+-@a1. \t", max_size=8) | st.text(max_size=12))
def test_a_guarded_cell_comes_back_and_is_never_a_formula(words):
    guarded = guard_formula(words)
    assert unguard_formula(guarded) == words
    assert not re.match(r"\s*[=+\-@]", guarded) or re.fullmatch(r"[+-]?[\d.,]+(e[+-]?\d+)?.*", guarded, re.I | re.S)


@pytest.mark.parametrize("number", ["-0.5", "+1", "1e-5", "-12 %", "+0.33 (+0.04 to +0.60)", "+3.9 (−2.7 to +13.7)"])
def test_numbers_and_estimates_stay_as_they_are(number):
    assert guard_formula(number) == number


def test_a_table_of_hostile_words_comes_back_and_holds_no_formula():
    words = [*ATTACKS, "\ud800half", "\r=1", " =1", "'=1"]
    table = pd.DataFrame({"word": words, "z": [-0.5] * len(words), "day": "2025-01-13"})
    content = record.to_csv(table)
    content.encode("utf-8")
    assert not steers(content, lines=True)
    cells = [r[0] for r in csv.reader(io.StringIO(content))]
    assert not [c for c in cells if re.match(r"\s*[=+\-@]", c)]
    assert {r[1] for r in csv.reader(io.StringIO(content))} == {"z", "-0.5"}, "numbers stay numbers"
    again = record.from_csv(content)
    assert again["word"].tolist() == [plain(w) for w in words] and again["z"].eq(-0.5).all()
    assert record.to_csv(again) == content


def test_a_table_in_latex_does_nothing():
    rows = [[plain(a), "1"] for a in ATTACKS]
    made = latex_table("t", "T", ["word", "n"], rows, [False, True], Provenance())
    body = made.split(r"\midrule")[1].split(r"\bottomrule")[0]
    allowed = r"\\(text[a-z]+\{\}|ldots\{\}|[&%$#_\\])"
    assert "\\" not in re.sub(allowed, "", body)
    assert not re.search(r"\\\\\s*[\[*]", body), "no argument of the row before"
    assert body.count(r"\\") == len(rows) and not re.search(r"(?<!\\)\$", body.replace("$-$", ""))
    assert escape_latex("\x1b\u202ea") == "a"


def test_words_and_hashtags_are_short_and_plain(tmp_path):
    posts = pd.DataFrame(hostile_crawl()[:2]).assign(post=["a", "b"], author=["a", "b"])
    tags = hashtags(posts)["tag"]
    assert tags.str.len().max() == 60 and not tags.map(steers).any()
    assert max(map(len, segment(LONG))) == 60


@pytest.mark.parametrize(
    ("name", "key"),
    [(FILE, "img-src-x-onerror-attack-file-7-7-1-1"), ("con.csv", "con-crawl"), ("...csv", "crawl"), ("a" * 250, None)],
)
def test_the_name_of_a_file_names_no_other_folder(tmp_path, name, key):
    path = tmp_path / name
    path.write_text(text(hostile_crawl()[:1]), "utf-8")
    crawl = sources.describe_source(path)
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,69}", crawl.key) and not steers(crawl.file)
    assert key in (None, crawl.key)


def test_nothing_steers_the_terminal(raw, tmp_path, capsys):
    crawl = tmp_path / FILE
    rows = [*hostile_crawl()[:6], hostile_crawl()[7] | {"like_count": "\x1b[31m\u202e9"}]
    crawl.write_text(text(rows), "utf-8")
    header = tmp_path / "\x1b[31mheader\u202e.csv"
    header.write_text("\x1b]0;owned\x07,b,\u202e\n1,2,3\n", "utf-8")
    commands = [
        ["describe", "--dataset", str(crawl)],
        ["describe", "--dataset", str(crawl), "--json"],
        ["describe", "--dataset", str(crawl), "--quarantine"],
        ["describe", "--dataset", str(header)],
        ["data", "add", str(crawl)],
        ["data", "fetch", "us_posts", "--mirror", "\x1b[31m\u202e"],
        ["describe", "--dataset", "\x1b[31m\udc80\u202e"],
    ]
    statuses = [cli.main(command) for command in commands]
    said = capsys.readouterr()
    assert statuses == [0, 0, 0, 1, 1, 1, 1] and "Traceback" not in said.err
    assert not steers(said.out, lines=True) and not steers(said.err, lines=True)
    assert "\\x1b" in said.err


CHAPTER = (
    HEAD
    + """# What is said?

**Answer.** Nothing.

```{code-cell} ipython3
from rednote_study import open_crawl, plots
from rednote_study.analysis import language
from rednote_study.answers import notice
from rednote_study.publish import figure, table
crawl = open_crawl()
notice(crawl, "language")
```

```{code-cell} ipython3
tags = language.hashtags(crawl)
table(tags, "table-language-hashtags")
```

```{code-cell} ipython3
picture = plots.ranked_changes(tags.dropna(subset="change").head(20), x="change", rows="tag", prefix="#", colour={"any": "event or not event"})
figure(picture, "language-hashtags", title="Hashtags of the wave", caption="Change in the share of users.", data=tags)
```

```{code-cell} ipython3
clouds = language.word_users(crawl)
picture = plots.word_clouds(clouds[clouds["text"].eq("published")], panels="crawl")
figure(picture, "language-wordcloud-published", title="Words", caption="Words by number of users.", data=clouds)
```

```{code-cell} ipython3
from myst_nb import glue
glue("said", tags["tag"].iloc[0], display=False)
```

The first is {glue:text}`said`.
"""
)


@pytest.fixture(scope="module")
def hostile_site(tmp_path_factory):
    """A small book on the hostile crawl, built by the command that a user types."""
    root = tmp_path_factory.mktemp("hostile")
    (root / FILE).write_text(text(hostile_crawl()), "utf-8")
    shutil.copytree(ROOT / "book" / "_static", root / "book" / "_static")
    shutil.copy(ROOT / "_config.yml", root)
    chapters = "[{file: book/chapter}, {file: book/figures}]"
    (root / "_toc.yml").write_text(f"format: jb-book\nroot: book/index\nchapters: {chapters}\n")
    shutil.copy(ROOT / "book" / "figures.md", root / "book")
    (root / "book" / "index.md").write_text("# A book\n\nHello.\n")
    (root / "book" / "chapter.md").write_text(CHAPTER)
    (root / "book" / "references.bib").write_text("")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REDNOTE_STUDY_RAW", str(root / "raw"))
        return book.build(root, root / "build", str(root / FILE)).parent


def test_no_file_of_the_book_holds_anything_active(hostile_site):
    for path in hostile_site.rglob("*"):
        if path.suffix in {".csv", ".tex", ".json", ".bib"} and "_static" not in path.parts:
            assert not steers(path.read_text("utf-8"), lines=True), path
        if path.suffix == ".csv":
            cells = [c for r in csv.reader(io.StringIO(path.read_text("utf-8"))) for c in r]
            assert not [c for c in cells if re.match(r"\s*[=+@]|\s*-(?![\d.]+)", c)], path
    figures = [p for p in hostile_site.rglob("figures/*/*") if p.is_file()]
    assert figures and all(re.fullmatch(r"[A-Za-z0-9._-]{1,100}", p.name) for p in figures)
    for path in (p for p in figures if p.suffix == ".svg"):
        tree = ElementTree.fromstring(path.read_bytes())
        names = {node.tag.rsplit("}", 1)[-1] for node in tree.iter()}
        assert not names & {"script", "foreignObject", "iframe", "image"}
        assert not [a for node in tree.iter() for a in node.attrib if a.lower().startswith("on")]
    for path in (p for p in figures if p.suffix in {".png", ".pdf"}):
        assert not re.search(rb"<script|<img|/JavaScript|/Launch", path.read_bytes())
    assert "attack" in (hostile_site / "figures").rglob("language-hashtags.svg").__next__().read_text("utf-8")
    json.loads((hostile_site / "figures" / "manifest.json").read_text("utf-8"))
    assert not steers((hostile_site.parent / "build.log").read_text("utf-8"), lines=True)
    words = " ".join(p.read_text("utf-8") for p in hostile_site.rglob("figures/*/*.csv"))
    assert all(word in words for word in SHOWN), "the words are there, as words"


@pytest.mark.browser
def test_nothing_runs_in_the_browser(hostile_site, browser):
    with serve_folder(hostile_site) as address:
        page = browser.new_page()
        told, asked = [], []
        page.expose_function("attack", lambda *what: told.append(what))
        page.on("dialog", lambda dialog: (told.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: asked.append(request.url))
        pictures = [p.relative_to(hostile_site).as_posix() for p in hostile_site.rglob("figures/*/*.svg")]
        for name in ["book/chapter.html", "book/figures.html", "book/index.html", *pictures]:
            page.goto(address + name, wait_until="load")
            page.mouse.move(300, 400)
            if name == "book/chapter.html":
                page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
                for node in page.query_selector_all("td")[:40]:
                    node.dispatch_event("mouseover")
                seen = page.evaluate("document.body.innerText")
                marked = page.evaluate("document.documentElement.outerHTML")
                turned = page.evaluate(
                    "[...document.querySelectorAll('article *')].filter(n => getComputedStyle(n).direction !== 'ltr').length"
                )
        assert told == []
        assert [url for url in asked if not url.startswith((address, "data:"))] == []
        assert all(word in seen for word in SHOWN)
        assert "<img src=x onerror=attack('file')>" in seen
        assert turned == 0 and not DIRECTION.search(marked)
        assert "49" not in re.findall(r"\{\{.*?\}\}|\b49\b", seen)
        page.close()


def test_json_and_errors_of_the_command_survive_half_a_character(tmp_path):
    """A name of a file may hold bytes that are no text; a terminal in UTF-8 would refuse them."""
    name = bytes(tmp_path) + b"/\xff\xfe.csv"
    with open(name, "wb") as file:
        file.write(text(hostile_crawl()[:3]).encode())
    command = [sys.executable, "-m", "rednote_book.cli", "describe", "--dataset", name]
    done = subprocess.run(command, capture_output=True, env={"PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1"})
    assert done.returncode == 0, done.stderr
