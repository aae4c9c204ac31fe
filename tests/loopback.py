"""Servers on loopback and a raw folder of one's own, for the tests of what fetches; conftest.py offers them."""

import dataclasses
import hashlib
import http.server
import threading

import pytest
from crawl_file import row, text

from rednote_study.crawl import fetch
from rednote_study.datasets import sources

MADE = text([row(post=n) for n in range(40)]).encode()


@pytest.fixture
def raw(tmp_path, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY", "REDNOTE_STUDY_MIRROR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REDNOTE_STUDY_RAW", str(tmp_path / "raw"))
    monkeypatch.setattr(fetch, "RETRIES", 0)
    return tmp_path / "raw"


@pytest.fixture
def made_file(monkeypatch):
    """A small file in the place of us_posts."""
    dataset = dataclasses.replace(sources.DATASETS["us_posts"], sha256=hashlib.sha256(MADE).hexdigest())
    monkeypatch.setitem(sources.DATASETS, "us_posts", dataset)
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
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def sends(body, length=None, status=200):
    """An answer: this body, under this stated length and status."""

    def answer(handler):
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def kept(raw):
    """Names of all that lies in the raw folder, hidden files too."""
    return sorted(p.name for p in raw.iterdir()) if raw.exists() else []
