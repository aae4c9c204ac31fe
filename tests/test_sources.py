"""Data sets by name or path, fetched through the real code from servers on loopback."""

import hashlib
import os
import socket
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from loopback import MADE, kept, sends

from rednote_study.crawl import download, fetch
from rednote_study.datasets import sources
from rednote_study.errors import DataError, FetchError


def get(mirror):
    return fetch.fetch(sources.DATASETS["us_posts"], mirror)


def test_whole_file_is_placed_verified_and_private(raw, made_file, serve):
    path = get(serve(sends(made_file)))
    assert path == raw / "us_posts.csv" and path.read_bytes() == made_file
    assert path.stat().st_mode & 0o077 == 0
    assert kept(raw) == ["us_posts.csv"]


def test_the_real_file_is_the_one_that_is_pinned(raw, posts_file, serve):
    assert get(serve(sends(posts_file.read_bytes()))).read_bytes() == posts_file.read_bytes()


def test_what_is_here_is_not_fetched_again(raw, made_file, serve):
    get(serve(sends(made_file)))
    assert get("http://127.0.0.1:9/").read_bytes() == made_file


def test_a_mirror_may_be_named_by_the_environment(raw, made_file, serve, monkeypatch):
    monkeypatch.setenv("REDNOTE_STUDY_MIRROR", serve(sends(made_file)))
    assert get(None).read_bytes() == made_file


def test_a_mirror_may_be_a_folder_or_the_file_itself(raw, made_file, tmp_path):
    folder, file = tmp_path / "a mirror", tmp_path / "Any Name.CSV"
    folder.mkdir()
    for path, address in ((folder / "tt_refugee_content.csv", folder.as_uri() + "/"), (file, file.as_uri())):
        path.write_bytes(made_file)
        assert get(address).read_bytes() == made_file
        (raw / "us_posts.csv").unlink()


def test_cut_off_before_the_stated_length(raw, made_file, serve):
    with pytest.raises(FetchError, match="Nothing was kept"):
        get(serve(sends(made_file[:-7], length=len(made_file))))
    assert kept(raw) == []


def test_a_wrong_byte(raw, made_file, serve):
    wrong = bytearray(made_file)
    wrong[len(wrong) // 2] ^= 1
    with pytest.raises(FetchError) as caught:
        get(serve(sends(bytes(wrong))))
    expected, got = sources.DATASETS["us_posts"].sha256, hashlib.sha256(wrong).hexdigest()
    for part in ("us_posts", f"{len(wrong):,} bytes", expected, got, "Nothing was kept", "--mirror", "data add"):
        assert part in str(caught.value)
    assert kept(raw) == []


@given(cut=st.integers(0, len(MADE) - 1))
@example(cut=0)
@example(cut=1)
@example(cut=len(MADE) - 1)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_part_comes_nothing_is_kept(raw, made_file, serve, cut):
    with pytest.raises(FetchError, match="Nothing was kept"):
        get(serve(sends(made_file[:cut])))
    assert kept(raw) == []


@pytest.mark.parametrize("first", [sends(MADE[:99], length=len(MADE)), sends(b"", status=500)])
def test_a_lost_connection_and_a_fault_of_the_server_are_tried_again(raw, made_file, serve, monkeypatch, first):
    monkeypatch.setattr(fetch, "RETRIES", 1)
    answers = iter([first, sends(made_file)])
    assert get(serve(lambda handler: next(answers)(handler))).read_bytes() == made_file


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy"])
@pytest.mark.parametrize("direct", [None, "example.org"])
def test_no_proxy_is_asked_for_a_mirror_on_this_machine(raw, made_file, serve, monkeypatch, variable, direct):
    monkeypatch.setenv(variable, "http://127.0.0.1:9/")
    if direct:
        monkeypatch.setenv("no_proxy", direct)
    assert get(serve(sends(made_file))).read_bytes() == made_file


def test_server_gone(raw, made_file):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/"
    with pytest.raises(FetchError) as caught:
        get(address)
    assert address in str(caught.value) and "--mirror" in str(caught.value) and "data add" in str(caught.value)
    assert kept(raw) == []


def test_server_stalls(raw, made_file, serve, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT", (1, 0.3))

    def stall(handler):
        sends(made_file[:50], length=len(made_file))(handler)
        time.sleep(1)

    with pytest.raises(FetchError, match=r"did not answer in time\. Nothing was kept"):
        get(serve(stall))
    assert kept(raw) == []


@pytest.mark.parametrize(
    "mirror", ["somewhere", "http://[::1", "http:///folder/", "file://folder/", "ftp://127.0.0.1/"]
)
def test_a_mirror_must_be_an_address(raw, mirror):
    with pytest.raises(FetchError, match="is no address"):
        get(mirror)
    assert kept(raw) == []


@pytest.mark.parametrize("mirror", ["http://127.0.0.1:99999/", "http://a b/", "http://.x/", "file:///nowhere/"])
def test_a_mirror_that_leads_nowhere(raw, mirror):
    with pytest.raises(FetchError, match="Nothing was kept"):
        get(mirror)
    assert kept(raw) == []


@pytest.mark.parametrize("spoil", [lambda b: b[:-1], lambda b: b.replace(b"h", b"j", 1), lambda b: b + b"x"])
def test_a_file_mirror_is_checked_as_a_server_is(raw, made_file, tmp_path, spoil):
    (tmp_path / "tt_refugee_content.csv").write_bytes(spoil(made_file))
    with pytest.raises(FetchError, match="expected"):
        get(tmp_path.as_uri())
    assert kept(raw) == []


def test_a_file_mirror_may_be_too_large(raw, made_file, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "LARGEST_FILE", 1000)
    (tmp_path / "tt_refugee_content.csv").write_bytes(made_file)
    with pytest.raises(FetchError, match="more than 1,000 bytes"):
        get(tmp_path.as_uri())
    assert kept(raw) == []


def test_a_pipe_is_no_mirror(raw, made_file, tmp_path):
    os.mkfifo(tmp_path / "tt_refugee_content.csv")
    with pytest.raises(FetchError, match="not a regular file"):
        get(tmp_path.as_uri())
    assert kept(raw) == []


def test_an_interruption_leaves_nothing(raw, made_file, serve, tmp_path, monkeypatch):
    whole = download.Incoming.write

    def interrupt(incoming, chunk):
        whole(incoming, chunk[:50])
        raise KeyboardInterrupt

    monkeypatch.setattr(download.Incoming, "write", interrupt)
    with pytest.raises(KeyboardInterrupt):
        get(serve(sends(made_file)))
    (tmp_path / "mine.csv").write_bytes(made_file)
    with pytest.raises(KeyboardInterrupt):
        fetch.add(tmp_path / "mine.csv")
    assert kept(raw) == []


def test_a_folder_in_the_place_of_the_file_is_said(raw, made_file, serve, tmp_path):
    (raw / "us_posts.csv").mkdir(parents=True)
    (tmp_path / "mine.csv").write_bytes(made_file)
    for attempt in (lambda: get(serve(sends(made_file))), lambda: fetch.add(tmp_path / "mine.csv")):
        with pytest.raises(FetchError, match="in the way"):
            attempt()
    assert "not a regular file" in fetch.verify(sources.DATASETS["us_posts"])
    assert kept(raw) == ["us_posts.csv"]


def test_add_recognises_by_sha256_and_copies(raw, made_file, tmp_path):
    mine = tmp_path / "download (1).csv"
    mine.write_bytes(made_file)
    assert fetch.add(mine).read_bytes() == made_file
    assert sources.locate("us_posts") == raw / "us_posts.csv"


FULL = sources.DATASETS["full"]


@pytest.fixture
def full_mirror(tmp_path):
    """A folder with the full data, as they are first."""
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "tt_refugee.csv").write_bytes(MADE)
    return tmp_path / "mirror"


def test_the_first_sha256_of_full_holds(raw, full_mirror):
    path = fetch.add(full_mirror / "tt_refugee.csv")
    assert fetch.verify(FULL) is None and fetch.expected_sha256(FULL) == hashlib.sha256(MADE).hexdigest()
    path.write_bytes(MADE + b"x")
    assert "its sha256 is" in fetch.verify(FULL)
    with pytest.raises(DataError, match=r"remove .*tt_refugee\.sha256"):
        fetch.add(path)
    assert fetch.fetch(FULL, full_mirror.as_uri()).read_bytes() == MADE
    assert fetch.verify(FULL) is None


def test_a_changed_full_is_refused_until_its_note_is_removed(raw, full_mirror):
    fetch.fetch(FULL, full_mirror.as_uri()).unlink()
    (full_mirror / "tt_refugee.csv").write_bytes(MADE + b"x")
    with pytest.raises(FetchError, match=r"remove .*tt_refugee\.sha256"):
        fetch.fetch(FULL, full_mirror.as_uri())
    assert kept(raw) == ["tt_refugee.sha256"]
    (raw / "tt_refugee.sha256").unlink()
    assert fetch.fetch(FULL, full_mirror.as_uri()).read_bytes() == MADE + b"x"


@pytest.mark.parametrize("other", [b"", b"<html>sign in</html>\n", b"PK\3\4 packed", b"a,b\n1,user_id\n"])
def test_what_is_no_crawl_is_not_taken_for_full(raw, full_mirror, other):
    (full_mirror / "tt_refugee.csv").write_bytes(other)
    with pytest.raises(FetchError, match="no column user_id"):
        fetch.fetch(FULL, full_mirror.as_uri())
    with pytest.raises(DataError, match="no column user_id"):
        fetch.add(full_mirror / "tt_refugee.csv")
    assert kept(raw) == []


def test_a_file_without_a_note_gets_one(raw):
    raw.mkdir()
    (raw / "tt_refugee.csv").write_bytes(MADE)
    assert fetch.expected_sha256(FULL) is None
    path = fetch.fetch(FULL)
    assert fetch.expected_sha256(FULL) == hashlib.sha256(MADE).hexdigest() and path.stat().st_mode & 0o077 == 0


def test_add_refuses_what_it_does_not_know(raw, tmp_path):
    mine = tmp_path / "holiday.csv"
    mine.write_bytes(MADE)
    with pytest.raises(DataError, match="none of the data sets"):
        fetch.add(mine)
    with pytest.raises(DataError, match="is not us_posts"):
        fetch.add(mine, "us_posts")
    for name in (tmp_path / "none.csv", "a" * 5000, "~nobody-here/x.csv"):
        with pytest.raises(DataError, match="There is no file"):
            fetch.add(name)
    with pytest.raises(DataError, match="is a folder"):
        fetch.add(tmp_path)
    assert kept(raw) == []


@pytest.fixture
def kaggle(tmp_path, monkeypatch):
    """Put a module in the place of kagglehub, for the process that is started."""

    def replace(body):
        (tmp_path / "lib").mkdir()
        (tmp_path / "lib" / "kagglehub.py").write_text(
            f"import os, pathlib, time\ndef dataset_download(handle):\n{body}"
        )
        monkeypatch.setenv("PYTHONPATH", str(tmp_path / "lib"), prepend=os.pathsep)

    return replace


def test_full_comes_through_kagglehub_and_leaves_no_other_copy(raw, kaggle):
    kaggle(f"""
    folder = pathlib.Path(os.environ["KAGGLEHUB_CACHE"], handle, "versions", "1")
    folder.mkdir(parents=True)
    (folder / "tt_refugee.csv").write_bytes({MADE!r})
    print("a notice")
    return str(folder)
""")
    path = fetch.fetch(FULL)
    assert path.read_bytes() == MADE and path.stat().st_mode & 0o077 == 0
    assert kept(raw) == ["tt_refugee.csv", "tt_refugee.sha256"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("    raise RuntimeError('no credentials')", "no credentials"),
        ("    import requests; raise requests.exceptions.ProxyError('closed')", "no connection to the server"),
        ("    os._exit(3)", "ended without a word"),
        ("    return os.environ['KAGGLEHUB_CACHE']", "holds no tt_refugee.csv"),
    ],
)
def test_full_without_a_way_says_how(raw, kaggle, body, reason):
    kaggle(body)
    with pytest.raises(FetchError, match=rf"{reason}.*data add tt_refugee\.csv"):
        fetch.fetch(FULL)
    assert kept(raw) == []


def test_kaggle_is_not_waited_for_without_end(raw, kaggle, monkeypatch):
    monkeypatch.setattr(download, "KAGGLE_TIMEOUT", 1)
    kaggle("    time.sleep(600)")
    with pytest.raises(FetchError, match=r"no answer within 1 seconds.*data add tt_refugee\.csv"):
        fetch.fetch(FULL)
    assert kept(raw) == []


def test_the_replica_is_shipped_whole():
    assert sources.digest(sources.DATASETS["replica"]) == sources.DATASETS["replica"].sha256


def test_names_and_paths(raw, tmp_path):
    crawl = tmp_path / "My Crawl.csv"
    crawl.write_bytes(MADE)
    assert sources.describe_source(crawl).key == "my-crawl"
    assert sources.locate(crawl) == crawl.resolve()
    assert sources.locate("us_posts") is None
    with pytest.raises(DataError, match="Did you mean us_posts"):
        sources.locate("us_post")
    with pytest.raises(DataError, match="is a folder"):
        sources.locate(tmp_path)


def test_a_spoiled_file_is_fetched_again(raw, made_file, serve):
    get(serve(sends(made_file))).write_bytes(b"spoiled")
    assert get(serve(sends(made_file))).read_bytes() == made_file


@pytest.mark.parametrize("name", ["a" * 5000, "~nobody-here/x.csv", "a\0b", "", "crawl.csv"])
def test_a_name_of_nothing(raw, name):
    with pytest.raises(DataError, match=r"full, replica, us_posts|is a folder") as caught:
        sources.describe_source(name)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("file", "key"),
    [("Crawl 2.csv", "crawl-2"), ("us_posts.csv", "us-posts-crawl"), ("full.csv", "full-crawl"), ("难民.csv", "crawl")],
)
def test_the_key_of_a_crawl_is_plain_and_no_data_sets(tmp_path, file, key):
    (tmp_path / file).write_bytes(MADE)
    crawl = sources.describe_source(tmp_path / file)
    assert crawl.key == key and not crawl.synthetic
    assert sources.digest(crawl) == hashlib.sha256(MADE).hexdigest()


def test_a_file_that_cannot_be_read_is_said(raw, monkeypatch):
    raw.mkdir()
    (raw / "us_posts.csv").write_bytes(MADE)

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "cannot be read: Permission denied" in fetch.verify(sources.DATASETS["us_posts"])


def test_every_data_set_says_what_the_issue_asks():
    assert set(sources.DATASETS) == {"full", "replica", "us_posts"}
    for dataset in sources.DATASETS.values():
        assert all((dataset.title, dataset.author, dataset.licence, dataset.reference, dataset.file, dataset.how))
        assert dataset.sha256 is None or len(dataset.sha256) == 64
