import csv
import io
import zipfile

import pytest
from crawl_file import COLUMNS, row, text
from hypothesis import given, settings
from hypothesis import strategies as st

from rednote_study.crawl.reader import read_raw
from rednote_study.errors import DataError

GOOD = text([row(post=1), row(post=2, content='two\nlines, and "quotes"'), row(post=3)])


def write(tmp_path, content, name="crawl.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_rows_know_the_line_on_which_they_begin(tmp_path):
    rows = read_raw(write(tmp_path, GOOD)).rows
    assert rows["line"].tolist() == [2, 3, 5]
    assert rows["content"][1] == 'two\nlines, and "quotes"'


def test_both_spellings_become_one(tmp_path):
    other = GOOD.replace("ip_localtion,post_image,post_type", "ip_location,image,type")
    assert list(read_raw(write(tmp_path, other)).rows) == list(read_raw(write(tmp_path, GOOD)).rows)


def test_rows_of_another_width_are_set_aside_and_nul_is_taken_out(tmp_path):
    raw = read_raw(write(tmp_path, GOOD + "only,three,fields\n\n" + text([row(title="a\0b")]).split("\n", 1)[1]))
    assert raw.rows["line"].tolist() == [2, 3, 5, 8] and raw.rows["title"][3] == "ab"
    assert raw.reading.done["nul_removed"] == 1
    assert raw.rejected.values.tolist() == [[6, "has 3 fields, the header has 15"]]


def test_damaged_excel_is_refused_by_name(tmp_path):
    with zipfile.ZipFile(tmp_path / "crawl.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "")
    with pytest.raises(DataError, match="cannot be read as Excel"):
        read_raw(tmp_path / "crawl.xlsx")


# Properties: whatever stands in the file -------------------------------------------------------------------------

ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@settings(max_examples=25)
@given(st.lists(st.lists(ANY, min_size=15, max_size=15), min_size=1, max_size=4), st.sampled_from(["\n", "\r\n", "\r"]))
def test_any_text_goes_through_a_csv_file(tmp_path_factory, cells, end):
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator=end)
    writer.writerows([COLUMNS, *cells])
    raw = read_raw(write(tmp_path_factory.mktemp("p"), out.getvalue()))
    assert raw.rejected.empty
    assert raw.rows.drop(columns="line").values.tolist() == cells


@settings(max_examples=60)
@given(
    st.binary(max_size=80),
    st.sampled_from([b"", GOOD.encode(), b"\x1f\x8b\x08", b"PK\x03\x04", b"\xfd7zXZ\0", b"\xff\xfe"]),
)
def test_any_bytes_are_refused_in_a_sentence_or_read(tmp_path_factory, content, before):
    path = write(tmp_path_factory.mktemp("p"), before + content)
    try:
        raw = read_raw(path)
    except DataError as error:
        assert str(path) in str(error) and str(error).rstrip()[-1] in ".?)"
    else:
        assert (before == GOOD.encode() and len(raw.rows) >= 3) or not content
