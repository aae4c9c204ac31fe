"""No person is in any file that is shipped or exported; see PRIVACY.md, which says what is promised."""

import base64
import csv
import hashlib
import io
import json
import re
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bad_files import good
from bs4 import BeautifulSoup
from crawl_file import object_id, row
from matplotlib import pyplot as plt
from PIL import Image, PngImagePlugin
from privacy import SAME, SHARES, People, by_share, by_subtraction, shipped, views

from rednote_book import cli, release
from rednote_book.describe import describe
from rednote_study import catalogue
from rednote_study.crawl import identifiers
from rednote_study.crawl.identifiers import pseudonyms
from rednote_study.encoders import cache
from rednote_study.system.paths import BUILD, RESULTS, ROOT, raw_folder

NAME, WORDS = "Zebedee Quillfeather", "my grandmother taught me how to bake such heavy bread on sundays"
CHINESE = "我奶奶在星期天教我怎样烤出这么重的面包你们想不想尝一尝呢"
USER, TOKEN = object_id("2025-01-13 09:00", 0xABCDEF0123456789), "ABq7Zk2Lw9XvT4mNc8RyH1sJ"
POSTER = row(user_name=NAME, content=f"{WORDS} {CHINESE}", address=f"https://x.example/user?xsec_token={TOKEN}=")
POSTER["user_id"] = USER
SECRETS = {
    "name": NAME,
    "identifier": USER,
    "address": TOKEN,
    "own words": WORDS,
    "own words in Chinese": CHINESE,
}


@pytest.fixture(scope="module")
def poster():
    """One made person."""
    return People([POSTER])


@pytest.fixture(scope="session")
def people(posts_file):
    """The people of the real posts."""
    return People.of(posts_file)


def seen(people, path, content=None):
    return set().union(*(people.found(text) for _, text in views(Path(path), content)))


def faults(people, files):
    return {place: kinds for file in files for place, text in views(file) if (kinds := people.found(text))}


# The search itself: what is planted is found -------------------------------------------------------------------


def text_file(secret, suffix):
    """A file of that kind which holds the secret in the way that such a file would."""
    words = secret.split(" ")
    if suffix in (".json", ".ipynb"):
        return json.dumps({"cell": "\n".join(words)}).encode()
    if suffix in (".html", ".svg"):
        return " <b class='x'>".join(words).replace("我", "&#25105;").encode()
    if suffix == ".py":
        return ("x = '" + "'\n    '".join(words) + "'").encode()
    return f"before, {secret.upper()}; after".encode()


@pytest.mark.parametrize("kind", [k for k in SECRETS if k != "address"])
@pytest.mark.parametrize("suffix", [".html", ".svg", ".json", ".ipynb", ".py", ".csv", ".tex", ".md", ".log"])
def test_what_is_planted_in_a_text_is_found(poster, kind, suffix):
    assert kind in seen(poster, f"file{suffix}", text_file(SECRETS[kind], suffix))


@pytest.mark.parametrize("kind", SECRETS)
def test_what_is_planted_in_pictures_and_archives_is_found(poster, kind, tmp_path):
    secret = SECRETS[kind]
    information = PngImagePlugin.PngInfo()
    information.add_itxt("Description", secret, zip=True)
    Image.new("L", (2, 2)).save(tmp_path / "a.png", pnginfo=information)
    with plt.rc_context({"pdf.fonttype": 42, "svg.fonttype": "none"}):
        drawing = plt.figure(figsize=(9, 1))
        if kind != "own words in Chinese":  # matplotlib's own font lacks the characters
            drawing.text(0, 0.5, secret, size=6)
            drawing.savefig(tmp_path / "a.pdf")
        drawing.savefig(tmp_path / "b.pdf", metadata={"Subject": secret})
        drawing.savefig(tmp_path / "a.svg", metadata={"Description": secret})
        plt.close(drawing)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/a.txt", secret)
    for path in tmp_path.iterdir():
        assert kind in seen(poster, path), path.name


def test_pseudonyms_are_found(poster):
    assert seen(poster, "a.csv", f"x,{pseudonyms(pd.Series([USER]))[0]}\n".encode()) == {"pseudonym"}


def test_what_all_people_say_is_nobodys(poster):
    assert not poster.found("Bread, and a grandmother of Zebedee: my grandmother taught me how to bake. 我奶奶在星期天")
    crowd = [dict(POSTER, user_id=object_id("2025-01-13 09:00", n)) for n in range(5)]
    assert not People(crowd).found(WORDS) and People(crowd[:4]).found(WORDS)


# What is shipped -----------------------------------------------------------------------------------------------


def test_no_person_is_in_the_repository(people):
    assert not faults(people, shipped())


@pytest.fixture(scope="module")
def exported(built_site):
    """Files of the built site, and logs beside it; what the archive holds is compared with them below."""
    logs = [*built_site.parent.glob("*.log"), *built_site.parent.glob("_build/**/*.log")]
    return [p for p in (*built_site.rglob("*"), *logs) if p.is_file()]


def test_no_person_is_in_the_site(people, exported):
    assert not faults(people, exported)


def test_nothing_in_the_site_looks_like_an_identifier(exported):
    shape = re.compile(r"(?<![0-9a-zA-Z])(?:[0-9a-f]{16}|[0-9a-f]{24})(?![0-9a-zA-Z])")
    for path in exported:
        if path.suffix in {".html", ".csv", ".tex"}:
            text = path.read_text("utf-8")
            if path.suffix == ".html":  # the 16 characters of a pseudonym also stand in names of files
                assert not re.search(r"\b[0-9a-f]{24}\b", text), path
                text = BeautifulSoup(text, "html.parser").get_text(" ")
            assert not [t for t in shape.findall(text) if not t.isdigit()], path


def test_the_archive_holds_nothing_but_what_was_looked_through(exported, built_site):
    known = {hashlib.sha256(p.read_bytes()).digest() for p in (*exported, *shipped())}
    files = release.contents(built_site)
    assert len(files) > 50
    assert not [path for path, content in files.items() if hashlib.sha256(content).digest() not in known]


def test_no_person_is_in_an_archive_that_was_packed_before(people, exported):
    """Its files that are the site's were looked through above."""
    known = {hashlib.sha256(p.read_bytes()).digest() for p in (*exported, *shipped())}
    for packed in (BUILD / "release").glob("*.zip"):
        with zipfile.ZipFile(packed) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        others = {name: c for name, c in files.items() if hashlib.sha256(c).digest() not in known}
        assert not {name for name, content in others.items() if seen(people, Path(name), content)}


def small_cells(text):
    """Names of columns of a CSV file that show a count of one to four people."""
    rows = list(csv.DictReader(io.StringIO(text)))
    names = list(rows[0]) if rows else []
    specs = [s for s in map(catalogue.spec, catalogue.table_names()) if list(s.columns) == names]
    if specs and all(s.exempt or not s.needs_data for s in specs):
        return []
    keys = {key for s in specs for key in s.keys}
    counts = [n for n in names if n.split("_")[-1] in {"users", "posts"} and n not in keys]
    return [n for n in counts if any(re.fullmatch(r"[1-4](\.0*)?", r[n]) for r in rows)]


def test_a_small_cell_is_found():
    assert small_cells("day,users\na,4\n") == ["users"]
    assert not small_cells("day,users\na,0\nb,5\nc,\n")


def test_cells_of_one_to_four_are_in_no_exported_table(exported):
    tables = [*RESULTS.glob("us_posts/*.csv"), *(p for p in exported if p.suffix == ".csv")]
    assert len(tables) > 40
    assert not {p.name: found for p in tables if (found := small_cells(p.read_text("utf-8")))}


@pytest.mark.parametrize(("older", "found"), [(47, True), (46, True), (50, False), (45, False)])
def test_a_difference_of_one_to_four_is_found(older, found):
    """Sessions 1 and 2 hold 45 older accounts, so of 46 or 47 one or two are in the third; in tens, of 45 to 73, nobody knows."""
    exact, total = ("arrival_newness", "session < 3", "users"), ("language_shares", "account == 'older'", "users")
    counts = pd.DataFrame({"session": [1, 2, 3], "users": [26, 19, np.nan]})
    tables = {"arrival_newness": counts, "arrival_languages": counts.assign(users=[20, 10, np.nan])}
    tables["language_shares"] = pd.DataFrame({"account": ["older"], "users": [older]})
    rounded = ("arrival_languages", *exact[1:])
    assert by_subtraction(tables, {"exact": (exact, total), "rounded": (rounded, total)}) == ["exact"] * found


def test_a_share_of_one_to_four_or_all_but_these_is_found():
    shares = {"posts": [13, 20], "latin": [10 / 13, 0.5], "han_share": [3 / 13, 0.25], "chinese": [5 / 13, 1]}
    assert by_share(pd.DataFrame(shares)) == {"latin", "han_share"}


def test_no_group_of_one_to_four_is_known_by_subtraction(real):
    names = {rows[0] for pair in SAME.values() for rows in pair}
    tables = {name: catalogue.spec(name).function(real) for name in sorted({*names, *SHARES})}
    assert not by_subtraction(tables)
    assert not {name: found for name in SHARES if (found := by_share(tables[name]))}


def test_the_salt_is_in_no_file(built_site):
    """The machine's own salt, in the ways in which bytes are written down."""
    salt = identifiers._salt(raw_folder())
    written = [salt, salt.hex().encode(), base64.b64encode(salt), base64.urlsafe_b64encode(salt), repr(salt).encode()]
    files = [*shipped(), *(p for p in built_site.rglob("*") if p.is_file())]
    assert files and not [p for p in files if p.name == ".salt"]
    assert not [p for p in files if any(form in p.read_bytes() for form in written)]
    assert "data/raw/" in (ROOT / ".gitignore").read_text("utf-8").split()


def test_no_file_of_raw_posts_is_in_the_repository():
    """By its sha256, and by the columns that only a raw file has."""
    made = ("data/replica/", "tests/")
    for path in shipped():
        if path.suffix == ".csv" and not path.relative_to(ROOT).as_posix().startswith(made):
            assert "user_id" not in path.read_text("utf-8").split("\n", 1)[0].lower().split(","), path


def test_kept_vectors_hold_hashes_and_numbers_only(poster, tmp_path, monkeypatch):
    monkeypatch.setitem(vars(cache), "BUILD", tmp_path)
    cache.VectorCache("toy", 2).encode([WORDS, CHINESE, NAME], lambda texts: np.ones((len(texts), 2)))
    kept = [*tmp_path.rglob("*.sqlite"), *(BUILD / "vectors").glob("*.sqlite")]
    assert kept and not seen(poster, kept[0])
    for path in kept:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
            assert file.execute("SELECT name FROM sqlite_master").fetchall() == [("vectors",)]
            shapes = file.execute("SELECT DISTINCT typeof(key), length(key), typeof(vector) FROM vectors").fetchall()
            assert shapes in ([("blob", 32, "blob")], [])


# What a user sees ----------------------------------------------------------------------------------------------


def test_no_person_is_in_what_describe_says(people, real):
    assert not people.found(json.dumps(describe(real), ensure_ascii=False))


def test_no_person_is_in_messages_about_broken_files(poster, tmp_path, capsys):
    secret = f'{NAME},"{WORDS}",{USER},{CHINESE}'
    broken = {
        "headerless": f"{secret},1,1,1,1,x,y,z\n" * 2,
        "shifted": good().split("\n")[0] + "\n" + f'"{WORDS}",{NAME},{USER},x,1,1,1,1,{USER},"{WORDS} {CHINESE}"\n',
        "short": good() + f"{secret}\n",
        "open": good() + f'"{secret}\n',
    }
    for name, content in broken.items():
        (tmp_path / f"{name}.csv").write_text(content, "utf-8")
        for more in ([], ["--quarantine"], ["--json"]):
            cli.main(["describe", "--dataset", str(tmp_path / f"{name}.csv"), *more])
        told = capsys.readouterr()
        assert not poster.found(told.out + told.err), name
