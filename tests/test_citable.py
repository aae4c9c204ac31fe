"""What makes a figure citable: provenance inside the files, text as text, citations that survive hostile words."""

import base64
import hashlib
import io
import json
import re
import zlib
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from conftest import look_up
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from PIL import Image
from pybtex.database import parse_string

from rednote_book.comparison import HISTORY
from rednote_study import __version__, open_crawl, plots
from rednote_study.analysis import language, topics
from rednote_study.citation import bibtex, csl_json, escape_latex, latex_figure, latex_table, ris
from rednote_study.datasets.provenance import METADATA_KEY, Provenance
from rednote_study.datasets.sources import DATASETS
from rednote_study.display import TableView
from rednote_study.plots import style
from rednote_study.publish import PlottedTable, figure, publish
from rednote_study.publish import table as publish_table
from rednote_study.store.record import from_csv
from rednote_study.system.paths import RESULTS, ROOT

HOSTILE = 'A "quoted" {brace} \\input{x} 50 % & $x_1^2$ <script>alert(1)</script> #1 ~ } 猫税 − ≥ \n\nend'
SOURCE = Provenance.of(DATASETS["us_posts"], "ab" * 32)


def drawing():
    style.use_style()
    fig, ax = plt.subplots()
    ax.plot([1, 2], [3, 4])
    ax.set(xlabel="小红书 −3 ≥", ylabel="猫税", title="offices fi $r^2$")
    return fig


@pytest.fixture(scope="module")
def published():
    table = PlottedTable("some_table", "Numbers", "a,b\n1,2\n", {"a": "x", "b": "y"}, ("a",), 0.1)
    more = PlottedTable("other", "Others", "c\n3\n", {"c": "z"})
    return publish(
        drawing(), id="a-b", title="Ünter 图", caption=HOSTILE, alt="seen", tables=[table, more], provenance=SOURCE
    )


@pytest.fixture(scope="module")
def files(published):
    return {name: base64.b64decode(text) for name, text in published.metadata["files"].items()}


def test_the_output_carries_every_file_and_json_can_hold_it(published, files):
    bundle, metadata = published._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/svg+xml", "text/plain"} and bundle["text/plain"] == "seen"
    page = BeautifulSoup(bundle["text/html"], "html.parser")
    assert page.img["alt"] == "seen" and page.figcaption.text == HOSTILE and len(page.find_all()) == 3
    assert base64.b64decode(page.img["src"].partition("base64,")[2]).decode() == published.svg
    assert json.loads(json.dumps(metadata))[METADATA_KEY]["provenance"]["dataset"] == "us_posts"
    assert set(files) == {"a-b.pdf", "a-b.png", "a-b.csv", "a-b-other.csv"}
    assert files["a-b.csv"] == b"a,b\n1,2\n" and files["a-b-other.csv"] == b"c\n3\n"


def test_svg_says_where_it_comes_from_and_keeps_its_text(published):
    root = ElementTree.fromstring(published.svg)
    fields = {
        node.tag.rpartition("}")[2]: "".join(node.itertext()).strip()
        for node in root.iter()
        if "purl.org/dc" in node.tag and "creativecommons" not in node.tag
    }
    assert fields["identifier"] == "a-b" and fields["description"].split() == HOSTILE.split()
    assert fields["source"] == f"us_posts commit 99e9bb4, sha256 {'ab' * 32}"
    assert fields["rights"] == "CC BY-NC 4.0" and __version__ in fields["relation"]
    assert root.find("{http://www.w3.org/2000/svg}title").text == "Ünter 图"
    texts = ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "小红书 −3 ≥" in texts and "猫税" in texts


def test_svg_embeds_the_glyphs_it_uses_and_no_more(published):
    faces = re.findall(
        r"font-family: '([^']+)'; font-weight: \w+; font-style: (\w+);[^)]*base64,([^)]+)\)", published.svg
    )
    fonts = {(f, s): set(TTFont(io.BytesIO(base64.b64decode(d))).getBestCmap()) for f, s, d in faces}
    assert fonts["Noto Sans SC", "normal"] == {ord(c) for c in "小红书猫税"}
    assert {ord(c) for c in "−≥.123"} <= fonts["DejaVu Sans", "normal"]
    assert len(published.svg) < 100_000


def test_pdf_says_where_it_comes_from_and_embeds_truetype(files):
    pdf = files["a-b.pdf"]
    assert b"us_posts commit 99e9bb4, sha256 abab" in pdf and f"rednote-study {__version__}".encode() in pdf
    for key in (b"/Title", b"/Author", b"/Subject", b"/Keywords", b"/Creator"):
        assert key in pdf
    assert b"/CreationDate" not in pdf and b"/Type3" not in pdf
    streams = [zlib.decompress(s) for s in re.findall(rb"FlateDecode.*?stream\r?\n(.*?)\r?\nendstream", pdf, re.S)]
    fonts = [s for s in streams if s[:4] in (b"\0\1\0\0", b"OTTO", b"true")]
    assert len(fonts) == pdf.count(b"/FontFile2 ") >= 2
    assert all(f[:4] == b"\0\1\0\0" for f in fonts), "CFF labelled as TrueType is drawn by few readers"
    maps = b"".join(s for s in streams if b"begincmap" in s).lower()
    for character in "小红书猫税":
        assert f"<{ord(character):04x}>".encode() in maps, character


def test_png_says_where_it_comes_from_at_300_dpi(files):
    picture = Image.open(io.BytesIO(files["a-b.png"]))
    assert picture.info["Identifier"] == "a-b" and picture.info["Title"] == "Ünter 图"
    assert picture.info["Description"] == HOSTILE and picture.info["Copyright"] == "CC BY-NC 4.0"
    assert picture.info["Source"].endswith("ab" * 32) and __version__ in picture.info["Software"]
    assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert picture.width == pytest.approx(style.WIDTH * 300, abs=1)


def test_the_same_figure_is_the_same_file_and_fonts_are_as_before(published):
    before = [e.fname for e in mpl.font_manager.fontManager.ttflist]
    again = publish(drawing(), id="a-b", title="Ünter 图", caption=HOSTILE, alt="seen", provenance=SOURCE)
    assert again.svg == published.svg
    assert all(again.metadata["files"][n] == published.metadata["files"][n] for n in ("a-b.pdf", "a-b.png"))
    assert [e.fname for e in mpl.font_manager.fontManager.ttflist] == before


def test_a_figure_without_posts_says_so():
    out = publish(plt.figure(), id="empty", caption="c", alt="a")
    assert "no posts" in out.svg and "@font-face" not in out.svg and "CC BY 4.0" in out.svg


# Citations ---------------------------------------------------------------------------------------------------


def unescaped(tex: str) -> str:
    """The text with everything that LaTeX would not take as a command removed."""
    return re.sub(r"\\(?:[&%$#_]|text[a-z]+\{\}|ldots\{\})|\$-\$|\$\\[a-z]+\$", "", tex)


@given(st.text())
def test_no_text_can_break_out_of_latex(text):
    assert not re.search(r"[\\{}&%$#_^\n\r]", unescaped(escape_latex(text)))


@given(st.text(), st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_bibtex_of_any_title_is_read_back_as_one_entry(title, url):
    text = bibtex("a-b", title, "Figure 1", SOURCE, year="2026", url=url)
    entry = parse_string(text, "bibtex").entries["rednote-study:a-b"]
    assert entry.fields["title"] == "{" + escape_latex(title) + "}" or not escape_latex(title)
    assert entry.fields["year"] == "2026" and "us\\_posts" in entry.fields["note"]


def test_the_citation_names_id_version_data_and_licence():
    text = bibtex("a-b", HOSTILE, "Figure 6.1", SOURCE, year="2026", url="https://example.org/figures/a-b.html")
    fields = parse_string(text, "bibtex").entries["rednote-study:a-b"].fields
    assert "Figure 6.1 in: Who stayed?" in fields["howpublished"] and f"version {__version__}" in fields["howpublished"]
    assert "abab" in fields["note"] and "Jinghua Wu" in fields["note"] and "CC BY-NC 4.0" in fields["note"]
    assert fields["url"] == "https://example.org/figures/a-b.html"


def read_ris(text):
    """A strict reader of one RIS record: each line a tag, ``TY`` first, ``ER`` last, tags that the format has."""
    lines = text.split("\n")
    pairs = [re.fullmatch(r"([A-Z][A-Z0-9])  - (\S.*)", line).groups() for line in lines[:-1]]
    tags = [tag for tag, _ in pairs]
    assert lines[-1] == "ER  -" and tags[0] == "TY" and len(text.splitlines()) == len(lines)
    assert set(tags) <= {"TY", "ID", "AU", "TI", "T2", "PY", "ET", "M1", "N1", "UR"} and len(set(tags)) == len(tags)
    return dict(pairs)


CSL = {"id", "type", "title", "author", "issued", "container-title", "number", "version", "note", "URL"}
"""Fields of CSL data that are used here."""


@given(st.text(), st.sampled_from(["Figure 1", "Table 2.1"]))
def test_ris_and_csl_json_of_any_title_are_read_back_as_one_entry(title, number):
    plain = " ".join("".join(c if c.isprintable() else " " * c.isspace() for c in title).split())
    (entry,) = json.loads(csl_json("a-b", title, number, SOURCE, year="2026"))
    assert set(entry) == CSL - {"URL"} and entry["id"] and "us_posts" in entry["note"]
    assert entry["title"] == plain and entry["type"] == ("figure" if number == "Figure 1" else "dataset")
    assert [set(author) for author in entry["author"]] == [{"literal"}]
    assert entry["issued"] == {"date-parts": [[2026]]}
    if plain:
        fields = read_ris(ris("a-b", title, number, SOURCE, year="2026"))
        assert fields["TI"] == plain and fields["PY"] == "2026" and "CC BY-NC 4.0" in fields["N1"]
        assert fields["TY"] == ("FIGURE" if number == "Figure 1" else "DATA")


def test_a_permanent_address_stands_in_every_format():
    address = "https://example.org/figures/a-b.html"
    given = ("a-b", HOSTILE, "Figure 6.1", SOURCE)
    assert read_ris(ris(*given, year="2026", url=address))["UR"] == address
    assert json.loads(csl_json(*given, year="2026", url=address))[0]["URL"] == address


def test_the_latex_block_is_whole():
    block = latex_figure("a-b", HOSTILE, "Figure 6.1", SOURCE)
    assert block.count("\\begin{figure}") == block.count("\\end{figure}") == 1
    assert "\\includegraphics[width=\\linewidth]{a-b.pdf}" in block and "\\label{fig:a-b}" in block
    assert "\\cite{rednote-study:a-b}" in block and block.startswith("% holds Chinese")
    caption = re.search(r"\\caption\{(.*)\}\n", block)[1]
    assert escape_latex(HOSTILE) in caption and caption.count("{") == caption.count("}")


def test_the_latex_table_has_its_cells():
    text = latex_table("t", "A & b", ["name", "share %"], [["x_1", "0.5"], ["{y}", "−2"]], [False, True], SOURCE)
    assert "\\begin{tabular}{lr}" in text and "    name & share \\% \\\\\n" in text
    assert "x\\_1 & 0.5 \\\\" in text and "\\textbraceleft{}y\\textbraceright{} & $-$2 \\\\" in text
    assert text.startswith("% id t; data us_posts") and "\\caption{A \\& b \\cite{rednote-study:t}}" in text


# What a chapter calls ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The study as a reader without posts sees it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REDNOTE_STUDY_RAW", str(tmp_path_factory.mktemp("raw")))
        open_crawl.cache_clear()
        yield open_crawl("us_posts")
    open_crawl.cache_clear()


def test_the_csv_of_a_figure_is_the_table_it_draws(recorded):
    shares, did = language.shares(recorded), language.did(recorded)
    picture = plots.slopes(shares, did, y="chinese", what="posts with any Chinese")
    shown = figure(picture, "language-did", title="T", caption="C").metadata
    assert [t["name"] for t in shown["tables"]] == ["language_shares", "language_did"]
    assert shown["provenance"]["recorded"] and shown["provenance"]["sha256"] == DATASETS["us_posts"].sha256
    for entry in shown["tables"]:
        table = from_csv(base64.b64decode(shown["files"][entry["file"]]).decode())
        assert table.equals(look_up(entry["name"], recorded)), entry["name"]
        assert [c["name"] for c in entry["columns"]] == list(table.columns)


def test_a_finding_stands_above_a_picture_of_the_record_alone(recorded):
    frame = language.did(recorded)
    shares = language.shares(recorded)
    shown = figure(plots.slopes(shares, frame, y="chinese", what="posts"), "x", title="T", caption="C", finding="F <1")
    assert shown.metadata["finding"] == "F <1" and '<p class="rednote-finding"><strong>F &lt;1' in shown._repr_html_()
    frame.attrs["known"] = False  # as of a crawl of one's own, or after an edit
    other = figure(plots.slopes(shares, frame, y="chinese", what="posts"), "x", title="T", caption="C", finding="F")
    assert not other.finding and "rednote-finding" not in other._repr_html_()


def test_a_table_carries_all_columns_as_csv_and_the_shown_ones_as_latex(recorded):
    view = publish_table(topics.shares(recorded), "table-topic-shares", columns=["topic", "later"])
    bundle, metadata = view._repr_mimebundle_()
    item = metadata[METADATA_KEY]
    assert item["id"] == "table-topic-shares" and bundle["text/html"].startswith('<p class="rednote-caption">')
    table = from_csv(base64.b64decode(item["files"]["table-topic-shares.csv"]).decode())
    assert table.equals(topics.shares(recorded))
    latex = base64.b64decode(item["files"]["table-topic-shares.tex"]).decode()
    assert "\\begin{tabular}{lr}" in latex and latex.count(r"\\") == len(table) + 1


def test_cells_are_escaped_in_html(recorded):
    frame = pd.DataFrame({"<b>": ["<script>", np.nan]})
    html = TableView(frame, "<i>", {"<b>": "<u>"})._repr_html_()
    assert not re.search(r"<(b|script|i|u)>", html) and "&lt;script&gt;" in html and "–" in html


# History -----------------------------------------------------------------------------------------------------


def test_the_history_knows_the_recorded_numbers():
    """A change of the record without `rednote-study figures record` would leave "last changed" wrong."""
    history = json.loads(HISTORY.read_text("utf-8"))
    checked = 0
    for id, entry in history.items():
        if entry["dataset"] != "us_posts":
            continue
        files = [RESULTS / "us_posts" / f"{name}.csv" for name in entry["tables"]]
        if not all(file.is_file() for file in files):
            continue  # drawn beside tables that rest on no posts, computed where the book is built
        digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
        total = hashlib.sha256("".join(digests).encode()).hexdigest()
        assert entry["changes"][-1]["sha256"] == total, f"{id}: run `rednote-study figures record` after `make book`"
        checked += 1
    assert checked > 20


def test_citation_file_and_package_agree():
    text = (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"version: {__version__}" in text and "Who stayed? TikTok refugees on Xiaohongshu" in text
