import pandas as pd
import pytest
from crawl_file import object_id
from hypothesis import given
from hypothesis import strategies as st

from rednote_study.crawl import identifiers
from rednote_study.crawl.identifiers import is_object_id, object_id_time, pseudonyms


@pytest.fixture
def raw(tmp_path, monkeypatch):
    monkeypatch.setenv("REDNOTE_STUDY_RAW", str(tmp_path / "raw"))
    identifiers._salt.cache_clear()
    yield tmp_path / "raw"
    identifiers._salt.cache_clear()


def test_time_is_the_wall_time_of_china():
    # 0x67847f40 = 1736736576 s = 2025-01-13 02:49:36 UTC
    assert str(object_id_time(pd.Series(["6784" + "7f40" + "0" * 16]))[0]) == "2025-01-13 10:49:36"
    assert str(object_id_time(pd.Series([object_id("2025-01-19 00:00")]))[0]) == "2025-01-19 00:00:00"


@pytest.mark.parametrize("text", ["", "678", "g" * 24, "0" * 23, "0" * 25, "0x" + "0" * 22, None])
def test_other_texts_are_no_identifiers(text):
    assert not is_object_id(pd.Series([text], dtype="str")).any()


@given(st.integers(0, 2**31 - 1))
def test_times_ascend_with_identifiers(seconds):
    times = object_id_time(pd.Series([f"{seconds:08x}" + "f" * 16, f"{seconds + 1:08x}" + "0" * 16]))
    assert (times[1] - times[0]).total_seconds() == 1


def test_pseudonyms_keep_equality_and_nothing_else(raw):
    ids = pd.Series(["a" * 24, "b" * 24, "a" * 24])
    hidden = pseudonyms(ids)
    assert hidden[0] == hidden[2] != hidden[1]
    assert not hidden.str.contains("aaaa|bbbb").any()
    assert pseudonyms(ids).equals(hidden)


def test_another_machine_has_other_pseudonyms(raw):
    ids = pd.Series(["a" * 24])
    first = pseudonyms(ids)[0]
    (raw / ".salt").unlink()
    identifiers._salt.cache_clear()
    assert pseudonyms(ids)[0] != first


def test_salt_is_private_and_of_full_length(raw):
    pseudonyms(pd.Series(["a" * 24]))
    salt = raw / ".salt"
    assert salt.stat().st_mode & 0o077 == 0
    assert len(salt.read_bytes()) == 32
    assert [p.name for p in raw.iterdir()] == [".salt"]


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1), st.booleans())
def test_every_identifier_gives_its_second(seconds, rest, upper):
    text = f"{seconds:08x}{rest:016x}"
    ids = pd.Series([f" {text.upper() if upper else text} "])
    assert is_object_id(ids).all()
    assert object_id_time(ids)[0] == pd.Timestamp(seconds, unit="s") + pd.Timedelta(hours=8)


@given(st.lists(st.text(max_size=26) | st.text("0123456789abcdefABCDEFg０", min_size=23, max_size=25), max_size=6))
def test_only_24_plain_hexadecimal_digits_are_an_identifier(texts):
    told = is_object_id(pd.Series(texts, dtype="str")).tolist()
    assert told == [len(t.strip()) == 24 and set(t.strip()) <= set("0123456789abcdefABCDEF") for t in texts]
