"""Data sets by name or path, fetched through the real code from servers on loopback."""

import dataclasses
import hashlib
import http.server
import json
import socket
import threading
import time

import pytest
from crawl_file import row, text

from rednote_study import cli, fetch, sources
from rednote_study.errors import DataError, FetchError
from rednote_study.paths import ROOT

REAL = ROOT.parent / "shared" / "data" / "us_posts" / "tt_refugee_content.csv"
MADE = text([row(post=n) for n in range(40)]).encode()


@pytest.fixture
def raw(tmp_path, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "REDNOTE_STUDY_MIRROR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("REDNOTE_STUDY_RAW", str(tmp_path / "raw"))
    monkeypatch.setattr(fetch, "RETRIES", 0)
    return tmp_path / "raw"


@pytest.fixture(params=["made", "real"] if REAL.is_file() else ["made"])
def content(request, monkeypatch):
    """A small file always; the real one too where it lies beside the project."""
    if request.param == "real":
        return REAL.read_bytes()
    made = dataclasses.replace(sources.DATASETS["us_posts"], sha256=hashlib.sha256(MADE).hexdigest())
    monkeypatch.setitem(sources.DATASETS, "us_posts", made)
    return MADE


@pytest.fixture
def serve():
    """Start a server whose answer is a function of the handler; gives its address."""
    servers = []

    def start(answer):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                answer(self)

            def log_message(self, *args):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def sends(body, length=None, status=200):
    def answer(handler):
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def get(mirror):
    return fetch.fetch(sources.DATASETS["us_posts"], mirror)


def kept(raw):
    return sorted(p.name for p in raw.glob("*")) if raw.exists() else []


def test_whole_file_is_placed_verified_and_private(raw, content, serve):
    path = get(serve(sends(content)))
    assert path == raw / "us_posts.csv" and path.read_bytes() == content
    assert path.stat().st_mode & 0o077 == 0
    assert kept(raw) == ["us_posts.csv"]


def test_what_is_here_is_not_fetched_again(raw, content, serve):
    get(serve(sends(content)))
    assert get("http://127.0.0.1:9/").read_bytes() == content


def test_a_mirror_may_be_named_by_the_environment(raw, content, serve, monkeypatch):
    monkeypatch.setenv("REDNOTE_STUDY_MIRROR", serve(sends(content)))
    assert get(None).read_bytes() == content


def test_a_mirror_may_be_a_folder(raw, content, tmp_path):
    folder = tmp_path / "a mirror"
    folder.mkdir()
    (folder / "tt_refugee_content.csv").write_bytes(content)
    assert get(folder.as_uri() + "/").read_bytes() == content


@pytest.mark.parametrize("cut", [0, 1, 100, -1])
def test_truncated(raw, content, serve, cut):
    with pytest.raises(FetchError, match="Nothing was kept"):
        get(serve(sends(content[:cut])))
    assert kept(raw) == []


def test_cut_off_before_the_stated_length(raw, content, serve):
    with pytest.raises(FetchError, match="Nothing was kept"):
        get(serve(sends(content[:-7], length=len(content))))
    assert kept(raw) == []


def test_a_wrong_byte(raw, content, serve):
    wrong = bytearray(content)
    wrong[len(wrong) // 2] ^= 1
    with pytest.raises(FetchError, match="sha256 differs"):
        get(serve(sends(bytes(wrong))))
    assert kept(raw) == []


def test_server_gone(raw, content):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/"
    with pytest.raises(FetchError) as caught:
        get(address)
    assert address in str(caught.value) and "--mirror" in str(caught.value) and "data add" in str(caught.value)
    assert kept(raw) == []


@pytest.mark.parametrize("status", [403, 404, 500])
def test_server_refuses(raw, content, serve, status):
    with pytest.raises(FetchError, match=str(status)):
        get(serve(sends(b"", status=status)))
    assert kept(raw) == []


def test_server_stalls(raw, content, serve, monkeypatch):
    monkeypatch.setattr(fetch, "TIMEOUT", (1, 0.3))

    def stall(handler):
        sends(content[:50], length=len(content))(handler)
        time.sleep(1)

    with pytest.raises(FetchError, match="Nothing was kept"):
        get(serve(stall))
    assert kept(raw) == []


def test_server_sends_too_much(raw, content, serve, monkeypatch):
    monkeypatch.setattr(fetch, "LARGEST_FILE", 1000)
    with pytest.raises(FetchError, match="more than 1,000 bytes"):
        get(serve(sends(content)))
    assert kept(raw) == []


def test_redirect_to_a_file_is_not_followed(raw, content, serve, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_bytes(content)

    def redirect(handler):
        handler.send_response(302)
        handler.send_header("Location", secret.as_uri())
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with pytest.raises(FetchError, match="Nothing was kept"):
        get(serve(redirect))
    assert kept(raw) == []


def test_a_mirror_must_be_an_address(raw, content):
    with pytest.raises(FetchError, match="is no address"):
        get("somewhere")


def test_add_recognises_by_sha256_and_copies(raw, content, tmp_path):
    mine = tmp_path / "download (1).csv"
    mine.write_bytes(content)
    assert fetch.add(mine).read_bytes() == content
    assert sources.locate("us_posts") == raw / "us_posts.csv"


def test_add_of_full_keeps_its_first_sha256(raw, tmp_path):
    mine = tmp_path / "tt_refugee.csv"
    mine.write_bytes(MADE)
    path = fetch.add(mine)
    assert fetch.verify(sources.DATASETS["full"]) is None
    path.write_bytes(MADE + b"x")
    assert "its sha256 is" in fetch.verify(sources.DATASETS["full"])


def test_add_refuses_what_it_does_not_know(raw, tmp_path):
    mine = tmp_path / "holiday.csv"
    mine.write_bytes(MADE)
    with pytest.raises(DataError, match="none of the data sets"):
        fetch.add(mine)
    with pytest.raises(DataError, match="is not us_posts"):
        fetch.add(mine, "us_posts")
    with pytest.raises(DataError, match="There is no file"):
        fetch.add(tmp_path / "none.csv")
    assert kept(raw) == []


def test_full_without_a_way_says_how(raw, monkeypatch):
    import kagglehub

    def refuse(*args, **kwargs):
        raise RuntimeError("no credentials")

    monkeypatch.setattr(kagglehub, "dataset_download", refuse)
    with pytest.raises(FetchError, match=r"no credentials.*data add tt_refugee\.csv"):
        fetch.fetch(sources.DATASETS["full"])


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


def test_commands(raw, content, serve, capsys):
    assert cli.main(["data", "fetch", "us_posts", "--mirror", serve(sends(content))]) == 0
    assert cli.main(["data", "verify"]) == 0
    assert "us_posts  whole" in capsys.readouterr().out
    assert cli.main(["data", "list", "--json"]) == 0
    listed = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert set(listed) == {"full", "replica", "us_posts"} and listed["us_posts"]["present"]
    assert cli.main(["data", "list"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80
    (raw / "us_posts.csv").write_bytes(b"spoiled")
    assert cli.main(["data", "verify"]) == 1


def test_a_spoiled_file_is_fetched_again(raw, content, serve):
    get(serve(sends(content))).write_bytes(b"spoiled")
    assert get(serve(sends(content))).read_bytes() == content
