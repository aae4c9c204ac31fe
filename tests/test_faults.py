"""Killed at random moments and at each step, a full disk, a folder that can only be read, two at once, a wrong clock."""

import contextlib
import ctypes
import hashlib
import json
import os
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from crawl_file import row, text
from loopback import MADE, kept, sends
from toy_chapter import HEAD

from rednote_book import book, cli
from rednote_study.crawl import download, fetch
from rednote_study.datasets import sources
from rednote_study.encoders import cache
from rednote_study.errors import FetchError
from rednote_study.store import memory, record
from rednote_study.system.paths import ROOT

VICTIM = ROOT / "tests" / "victim.py"
SEED = 20250113
FILE = MADE * 30


class Victim:
    """Runs of ``victim.py`` and what became of them."""

    def __init__(self, job, folder, argument="", **environment):
        folder.mkdir(parents=True, exist_ok=True)
        environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "no_proxy": "127.0.0.1"} | environment
        self._process = subprocess.Popen(
            [sys.executable, VICTIM, job, folder, argument],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout.readline() == "ready\n"

    def run(self, **how) -> dict:
        self._process.stdin.write(json.dumps(how) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def drips(body, pieces=15, pause=0.01):
    """An answer in pieces: long enough to be killed in its midst."""

    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        size = len(body) // pieces + 1
        try:
            for start in range(0, len(body), size):
                handler.wfile.write(body[start : start + size])
                time.sleep(pause)
        except OSError:
            handler.close_connection = True  # who asked was killed

    return answer


def moments(victim, runs=6):
    """Seeded moments at which to kill, between the beginning and a little after the end of an undisturbed run."""
    whole, chance = victim.run(), random.Random(SEED)
    assert whole["status"] == 0
    return whole, [{"delay": chance.uniform(0, whole["seconds"])} for _ in range(runs)]


def steps(whole, last=10, others=4):
    """The last steps of a run, where files take their place, and some of those before, seeded."""
    first = max(1, whole["steps"] - last + 1)
    earlier = random.Random(SEED).sample(range(1, first), min(others, first - 1))
    return [{"step": n} for n in [*earlier, *range(first, whole["steps"] + 1)]]


@pytest.mark.slow
def test_a_killed_fetch_leaves_no_part_and_is_taken_up(tmp_path, serve):
    raw = tmp_path / "raw"
    digest = hashlib.sha256(FILE).hexdigest()
    with Victim("fetch", raw, serve(drips(FILE)), REDNOTE_STUDY_RAW=str(raw), MADE_SHA256=digest) as victim:
        whole, kills = moments(victim)
        assert kept(raw) == ["us_posts.csv"] and (raw / "us_posts.csv").read_bytes() == FILE
        killed = 0
        for how in [*kills, *steps(whole)]:
            (raw / "us_posts.csv").unlink(missing_ok=True)
            killed += victim.run(**how)["status"] == -9
            if (raw / "us_posts.csv").exists():
                assert (raw / "us_posts.csv").read_bytes() == FILE
        assert killed > 6
        (raw / "us_posts.csv").unlink(missing_ok=True)
        assert victim.run()["status"] == 0
        assert kept(raw) == ["us_posts.csv"] and (raw / "us_posts.csv").read_bytes() == FILE


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.slow
def test_killed_results_are_the_old_record_or_the_new_one_and_come_out_the_same(tmp_path):
    folder = tmp_path / "work"
    place = folder / "record"
    with Victim("results", folder) as victim:
        whole, kills = moments(victim)
        expected = contents(place)
        assert set(expected) == {
            "manifest.json",
            *(f"{t}.csv" for t in json.loads(expected["manifest.json"])["tables"]),
        }
        killed = 0
        for number, how in enumerate([*kills, *steps(whole)]):
            if number % 2:
                shutil.rmtree(folder / "build", ignore_errors=True)  # tables on disk are killed in the making, too
            killed += victim.run(**how)["status"] == -9
            there = place if place.exists() else record._old(place)
            assert contents(there) == expected
        assert killed > 6
        shutil.rmtree(place, ignore_errors=True)
        assert victim.run()["status"] == 0
        assert contents(place) == expected
        assert sorted(p.name for p in folder.iterdir()) == ["build", "crawl.csv", "record"]


@pytest.mark.slow
def test_killed_vectors_are_whole_or_not_kept(tmp_path):
    with Victim("vectors", tmp_path) as victim:
        whole, kills = moments(victim)
        expected = vectors(tmp_path)
        for how in [*kills, *steps(whole)]:
            for path in (tmp_path / "vectors").iterdir():
                path.unlink()
            victim.run(**how)
            assert vectors(tmp_path).items() <= expected.items()
        assert victim.run()["status"] == 0
        assert vectors(tmp_path) == expected


def vectors(folder) -> dict[bytes, bytes]:
    path = folder / "vectors" / "toy.sqlite"
    if not path.exists():
        return {}
    connection = sqlite3.connect(path)
    try:
        found = connection.execute("SELECT name FROM sqlite_master WHERE name = 'vectors'").fetchall()
        return dict(connection.execute("SELECT key, vector FROM vectors")) if found else {}
    finally:
        connection.close()


def numbers_of(n):
    return [n, n * n]


def test_a_result_cut_off_on_disk_is_computed_again_without_a_word(tmp_path, monkeypatch, capfd, caplog):
    monkeypatch.setitem(vars(memory), "BUILD", tmp_path)
    memory.memory.cache_clear()
    assert memory.kept("toy", numbers_of, state="now")(3) == [3, 9]
    (stored,) = tmp_path.rglob("output.pkl")
    for content in (stored.read_bytes()[:-3], b"", b"\0" * 40):
        stored.write_bytes(content)
        assert memory.kept("toy", numbers_of, state="now")(3) == [3, 9]
    memory.memory.cache_clear()
    assert capfd.readouterr() == ("", "") and caplog.records == []


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\0" + b"\1" * 3000, b""])
def test_a_broken_file_of_vectors_is_put_aside(tmp_path, monkeypatch, content):
    monkeypatch.setitem(vars(cache), "BUILD", tmp_path)
    (tmp_path / "vectors").mkdir()
    (tmp_path / "vectors" / "toy.sqlite").write_bytes(content)

    def compute(texts):
        return np.ones((len(texts), 2), dtype=np.float32)

    for _ in range(2):
        assert cache.VectorCache("toy", 2).encode(["a", "b"], compute).tolist() == [[1, 1], [1, 1]]
    assert len(vectors(tmp_path)) == 2


# A clock that was set back.


def test_the_state_in_use_stays_whatever_the_clock_says(tmp_path, monkeypatch):
    monkeypatch.setitem(vars(memory), "BUILD", tmp_path)
    future = time.time() + 10 * 365 * 86400
    for name in "abcde":
        (tmp_path / "toy" / name).mkdir(parents=True)
        os.utime(tmp_path / "toy" / name, (future, future))
    memory.memory.cache_clear()
    memory.memory("toy", "mine")
    memory.memory.cache_clear()
    assert (tmp_path / "toy" / "mine").is_dir() and len(list((tmp_path / "toy").iterdir())) == 3


# A disk that is full, a folder that can only be read.


@pytest.fixture
def small_disk(tmp_path):
    """A folder with room for 64 kB: a tmpfs where this test may mount one, else a limit on the size of files."""
    place, limits = tmp_path / "disk", resource.getrlimit(resource.RLIMIT_FSIZE)
    place.mkdir()
    mounted = not subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)], capture_output=True
    ).returncode
    if not mounted:
        import signal

        old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (65536, limits[1]))
    with pytest.raises(OSError):
        (place / "probe").write_bytes(b"x" * 100_000)
    (place / "probe").unlink()
    yield place
    if mounted:
        subprocess.run(["umount", str(place)], check=True)
    else:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, old)


@contextlib.contextmanager
def bound_by_rights():
    """Root without its right to pass over the rights of files (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH)."""
    libc = ctypes.CDLL(None, use_errno=True)
    header, rights = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, rights) == 0
    effective = rights[0]
    rights[0] = effective & ~(1 << 1 | 1 << 2)
    assert libc.capset(header, rights) == 0
    yield
    rights[0] = effective
    assert libc.capset(header, rights) == 0


@pytest.fixture
def read_only(tmp_path):
    """A folder that nobody may write to, root neither: mounted so, or closed by its rights where we may not mount."""
    place = tmp_path / "closed"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,ro", "tmpfs", str(place)]
    mounted = not subprocess.run(mount, capture_output=True).returncode
    with contextlib.nullcontext() if mounted or os.geteuid() else bound_by_rights():
        place.chmod(0o500) if not mounted else None
        with pytest.raises(OSError):
            (place / "probe").write_bytes(b"x")
        yield place
    if mounted:
        subprocess.run(["umount", str(place)], check=True)
    else:
        place.chmod(0o700)


@pytest.fixture
def large_file(monkeypatch):
    import dataclasses

    entry = dataclasses.replace(sources.DATASETS["us_posts"], sha256=hashlib.sha256(FILE).hexdigest())
    monkeypatch.setitem(sources.DATASETS, "us_posts", entry)
    assert len(FILE) > 65536


def told(capsys) -> str:
    said = capsys.readouterr()
    assert said.err.count("\n") == 1 and said.err.startswith("rednote-study: ") and "Traceback" not in said.err
    return said.err


def test_a_full_disk_while_fetching(raw, large_file, small_disk, serve, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("REDNOTE_STUDY_RAW", str(small_disk))
    assert cli.main(["data", "fetch", "us_posts", "--mirror", serve(sends(FILE))]) == 1
    said = told(capsys)
    assert "no space left" in said or "larger than is allowed" in said
    assert kept(small_disk) == []
    source = tmp_path / "mirror" / "copy.csv"
    if resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY:
        source.parent.mkdir()
        source.write_bytes(FILE)
        assert cli.main(["data", "add", str(source)]) == 1
        told(capsys)
        assert kept(small_disk) == []


def test_a_full_disk_while_recording_leaves_the_last_record(small_disk, monkeypatch, capsys):
    import pandas as pd

    from rednote_book import cli_results

    record.write_record("toy", {"a": (pd.DataFrame({"x": [1]}), {})}, "0" * 64, small_disk / "toy")
    before = contents(small_disk)
    large = {"cohort_groups": pd.DataFrame({"x": range(50_000)})}
    monkeypatch.setattr(cli_results, "compute_all", lambda name: large)
    monkeypatch.setitem(vars(memory), "BUILD", small_disk / "build")  # what is kept elsewhere stays
    assert cli.main(["results", "--dataset", "replica", "--into", str(small_disk / "toy")]) == 1
    said = told(capsys)
    assert "no space left" in said or "larger than is allowed" in said
    assert contents(small_disk) == before


def test_vectors_do_without_a_disk(small_disk, read_only, monkeypatch):
    def compute(texts):
        return np.ones((len(texts), 1000), dtype=np.float32)

    for place in (small_disk, read_only):
        monkeypatch.setitem(vars(cache), "BUILD", place)
        assert cache.VectorCache("toy", 1000).encode([str(n) for n in range(40)], compute).shape == (40, 1000)


def test_a_folder_that_can_only_be_read(raw, made_file, read_only, serve, monkeypatch, capsys, tmp_path):
    (tmp_path / "mine.csv").write_bytes(made_file)
    for folder in (read_only, read_only / "new"):
        monkeypatch.setenv("REDNOTE_STUDY_RAW", str(folder))
        for command in (
            ["fetch", "us_posts", "--mirror", serve(sends(made_file))],
            ["add", str(tmp_path / "mine.csv")],
        ):
            assert cli.main(["data", *command]) == 1
            assert "REDNOTE_STUDY_RAW" in told(capsys)
    monkeypatch.setenv("REDNOTE_STUDY_RAW", str(tmp_path / "raw"))
    monkeypatch.setattr("rednote_book.cli_results.compute_all", lambda name: {})
    monkeypatch.setitem(vars(memory), "BUILD", read_only / "build")
    assert cli.main(["results", "--dataset", "replica", "--into", str(read_only / "record")]) == 1
    said = told(capsys)
    assert "can only be read" in said or "you have no permission" in said
    (tmp_path / "mine.csv").write_text(text([row(post=n) for n in range(3)]))
    monkeypatch.setattr(book, "BUILD", read_only)
    assert cli.main(["book", "--dataset", str(tmp_path / "mine.csv")]) == 1
    told(capsys)


# Two at once.


def test_two_fetches_at_once_give_one_file(raw, made_file, serve):
    asked = []

    def answer(handler):
        asked.append(handler.path)
        drips(made_file, pause=0.02)(handler)

    address, found = serve(answer), []
    threads = [
        threading.Thread(target=lambda: found.append(fetch.fetch(sources.DATASETS["us_posts"], address)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3 and found[0].read_bytes() == made_file
    assert len(asked) == 1, "who waited finds the file there"
    assert kept(raw) == ["us_posts.csv"]


def test_two_results_at_once_leave_one_whole_record(tmp_path, monkeypatch):
    import pandas as pd

    versions = [{f"t{i}": (pd.DataFrame({"x": [n] * 50}), {}) for i in range(20)} for n in range(4)]
    failures = []

    def write(tables):
        try:
            for _ in range(5):
                record.write_record("toy", tables, "0" * 64, tmp_path / "toy")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(tables,)) for tables in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    manifest = json.loads((tmp_path / "toy" / "manifest.json").read_text())
    for name, entry in manifest["tables"].items():
        content = (tmp_path / "toy" / f"{name}.csv").read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    assert len({(tmp_path / "toy" / f"t{i}.csv").read_bytes() for i in range(20)}) == 1, "of one run"
    assert [p.name for p in tmp_path.iterdir()] == ["toy"]


def test_what_was_killed_between_two_renames_is_read_again(tmp_path, monkeypatch):
    monkeypatch.setitem(vars(record), "RESULTS", tmp_path)
    (tmp_path / ".toy.old").mkdir()
    (tmp_path / ".toy.old" / "manifest.json").write_text('{"whole": true}')
    assert record.read_manifest("toy") == {"whole": True}
    assert [p.name for p in tmp_path.iterdir()] == ["toy"]


# Servers.


def get(mirror):
    return fetch.fetch(sources.DATASETS["us_posts"], mirror)


@pytest.mark.parametrize("where", ["body", "head"])
def test_a_server_that_sends_a_byte_now_and_then_is_left(raw, made_file, serve, monkeypatch, where):
    monkeypatch.setattr(download, "PATIENCE", 0.4)

    def drip(handler):
        try:
            if where == "head":
                handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
            else:
                handler.send_response(200)
                handler.send_header("Content-Length", "100000")
                handler.end_headers()
            for _ in range(60):
                handler.wfile.write(b"x")
                handler.wfile.flush()
                time.sleep(0.05)
        except OSError:
            handler.close_connection = True

    with pytest.raises(FetchError, match=r"the server is too slow: \d+ bytes came.*--mirror"):
        get(serve(drip))
    assert kept(raw) == []


def test_a_server_is_not_listened_to_for_ever(raw, large_file, serve, monkeypatch):
    monkeypatch.setattr(download, "LONGEST", 0.3)
    monkeypatch.setattr(download, "SLOWEST", 0)
    with pytest.raises(FetchError, match="was not ready after"):
        get(serve(drips(FILE, pieces=100, pause=0.05)))
    assert kept(raw) == []


def test_a_file_too_large_for_its_data_set_is_refused_at_once(raw, made_file, serve):
    for stated in (True, False):

        def flood(handler, stated=stated):
            handler.send_response(200)
            if stated:
                handler.send_header("Content-Length", str(2**40))
            handler.end_headers()
            try:
                for _ in range(400):
                    handler.wfile.write(b"x" * 65536)
            except OSError:
                handler.close_connection = True

        with pytest.raises(FetchError, match="more than 2,097,152 bytes were sent"):
            get(serve(flood))
        assert kept(raw) == []


def test_what_comes_after_the_stated_length_is_not_taken(raw, made_file, serve):
    assert get(serve(sends(made_file + b"more", length=len(made_file)))).read_bytes() == made_file


def redirects(target):
    def answer(handler):
        handler.send_response(302)
        handler.send_header("Location", target)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("file:///etc/passwd", "an address of the kind file:, which is not followed"),
        ("ftp://127.0.0.1/x", "an address of the kind ftp:"),
        ("data:text/csv,user_id", "an address of the kind data:"),
        ("/again", "redirected more than 10 times"),
    ],
)
def test_redirects_that_are_not_followed(raw, made_file, serve, target, words):
    with pytest.raises(FetchError, match=words):
        get(serve(redirects(target)))
    assert kept(raw) == []


def test_a_redirect_to_the_file_is_followed(raw, made_file, serve):
    assert get(serve(redirects(serve(sends(made_file))))).read_bytes() == made_file
    with pytest.raises(FetchError, match="from https to http"):
        download._next_address("https://example.org/a", "http://example.org/a")


@pytest.mark.parametrize(
    ("status", "wait", "words"),
    [
        (403, "", r"does not give it to you \(HTTP 403\).*Nothing was kept"),
        (404, "", r"has no such file \(HTTP 404\)"),
        (429, "120", r"too many requests \(HTTP 429; it asks to wait 120 seconds\)"),
        (503, "120", r"not available now \(HTTP 503; it asks to wait 120 seconds\)"),
        (503, "\x1b]0;gone\x07", r"\\x1b"),
        (204, "", r"sends no file \(HTTP 204\)"),
    ],
)
def test_a_refusal_is_a_sentence_and_not_asked_again(raw, made_file, serve, monkeypatch, status, wait, words):
    monkeypatch.setattr(fetch, "RETRIES", 2)
    asked = []

    def answer(handler):
        asked.append(1)
        handler.send_response(status)
        if wait:
            handler.send_header("Retry-After", wait)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with pytest.raises(FetchError, match=words) as caught:
        get(serve(answer))
    assert len(asked) == 1 and "--mirror" in str(caught.value)


def test_a_certificate_that_cannot_be_verified(raw, made_file, tmp_path):
    import http.server
    import ssl

    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
         "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")

    class Quiet(http.server.ThreadingHTTPServer):
        def handle_error(self, request, address):
            pass

    server = Quiet(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        with pytest.raises(FetchError, match="certificate cannot be verified"):
            get(f"https://127.0.0.1:{server.server_port}/")
    finally:
        server.shutdown()
        server.server_close()


# A build.


def test_a_build_takes_up_what_a_killed_one_left(tmp_path):
    made = tmp_path / "_build"
    for name in ("html/a.html", ".doctrees/a.doctree", "jupyter_execute/a.ipynb", ".jupyter_cache/x/global.db"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text("half")
    for state, content in {"x": '{"cells": []', "y": '{"cells": []}'}.items():
        notebook = made / ".jupyter_cache" / state / "executed" / "h" / "base.ipynb"
        notebook.parent.mkdir(parents=True)
        notebook.write_text(content)
    (tmp_path / ".html.old").mkdir()
    (tmp_path / ".html.old" / "index.html").write_text("the last site")
    book._take_up(tmp_path)
    assert (made / "html").exists(), "a build that ended is gone on with"
    assert (tmp_path / "html" / "index.html").read_text() == "the last site"
    book._take_up(tmp_path)
    assert sorted(p.name for p in made.iterdir()) == [".jupyter_cache", ".unfinished"]
    assert [p.name for p in (made / ".jupyter_cache").iterdir()] == ["y"], "what was half written goes"


CHAPTER = (
    HEAD
    + """# A chapter

```{code-cell} ipython3
print("counted", NUMBER + 1)
```
"""
)


@pytest.mark.slow
def test_a_build_killed_again_and_again_gives_the_same_site(tmp_path):
    def tree(name, number):
        root = tmp_path / name / "toy"
        shutil.copytree(ROOT / "book" / "_static", root / "book" / "_static", dirs_exist_ok=True)
        shutil.copy(ROOT / "_config.yml", root)
        (root / "_toc.yml").write_text("format: jb-book\nroot: book/index\nchapters: [{file: book/chapter}]\n")
        (root / "book" / "index.md").write_text("# A book\n\nHello.\n")
        (root / "book" / "chapter.md").write_text(CHAPTER.replace("NUMBER", str(number)))
        (root / "book" / "references.bib").write_text("")
        (root / "data").mkdir(exist_ok=True)
        return root

    def start(root):
        code = "import sys; from pathlib import Path; from rednote_book.book import build; r = Path(sys.argv[1]);"
        environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "REDNOTE_STUDY_RAW": str(tmp_path / "raw")}
        command = [sys.executable, "-c", f"{code} build(r, r / 'build')", root]
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)

    started = time.monotonic()
    assert start(tree("calm", 2)).wait() == 0
    took, chance = time.monotonic() - started, random.Random(SEED)
    root = tree("killed", 1)
    assert start(root).wait() == 0
    tree("killed", 2)
    old = os.stat(root / "book" / "index.md").st_mtime - 1e6
    os.utime(root / "book" / "chapter.md", (old, old))  # the clock was set back meanwhile
    killed = 0
    for _ in range(3):
        process = start(root)
        time.sleep(chance.uniform(0.3, 0.95) * took)
        process.kill()
        killed += process.wait() == -9
        assert (root / "build" / "html" / "index.html").is_file() or (root / "build" / ".html.old").exists()
    assert killed
    assert start(root).wait() == 0
    calm, again = (contents(r / "build" / "html") for r in (tmp_path / "calm" / "toy", root))
    assert b"counted 3" in again["book/chapter.html"]
    assert [name for name in calm.keys() | again.keys() if calm.get(name) != again.get(name)] == []
