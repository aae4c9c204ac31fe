"""The published model's way in: a hub on loopback, a hub that is not there, a pinned commit."""

import hashlib
import http.server
import json
import os
import threading
from pathlib import Path

import pytest
from huggingface_hub import constants

from rednote_study.encoders import SMALL_DISTILBERT, DistilBertEncoder
from rednote_study.encoders.distilbert import ORIGINAL, REVISION, find_model
from rednote_study.errors import DataError


@pytest.fixture
def hub():
    """Serve the small model under the published one's name and commit; list what was asked for."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.answer(body=False)

        def do_GET(self):
            self.answer(body=True)

        def answer(self, body):
            asked.append(self.path)
            if self.path.split("?")[0] == f"/api/models/{ORIGINAL}/tree/{REVISION}":
                files = [(p.name, p.stat().st_size) for p in Path(SMALL_DISTILBERT).iterdir()]
                files.append(("pytorch_model.bin", 9))
                tree = [{"type": "file", "path": name, "size": size, "oid": "0" * 40} for name, size in files]
                return self.send(json.dumps(tree).encode(), body)
            prefix = f"/{ORIGINAL}/resolve/{REVISION}/"
            if self.path.startswith(prefix):
                return self.send(Path(SMALL_DISTILBERT, self.path.removeprefix(prefix)).read_bytes(), body)
            return self.send_error(404)

        def send(self, content, body):
            self.send_response(200)
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("X-Repo-Commit", REVISION)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if body:
                self.wfile.write(content)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(tmp_path, monkeypatch):
    """Let the hub's client, of which nothing was fetched yet, ask this address."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    for name in [n for n in os.environ if "proxy" in n.lower()]:
        monkeypatch.delenv(name)

    def ask(endpoint):
        monkeypatch.setattr(constants, "ENDPOINT", endpoint)
        monkeypatch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", endpoint + "/{repo_id}/resolve/{revision}/{filename}"
        )

    return ask


NOWHERE = "http://127.0.0.1:9"


def test_fetched_at_the_pinned_commit_then_used_without_a_network(hub, client):
    endpoint, asked = hub
    client(endpoint)
    assert find_model(ORIGINAL, local_only=True) is None and asked == [], "who only looks asks no one"
    assert find_model(ORIGINAL).name == REVISION
    assert asked and not [path for path in asked if path.endswith(".bin")]  # a pickle is never fetched
    client(NOWHERE)
    encoder = DistilBertEncoder(cache=False).fit([])
    assert encoder.transform(["cat", "猫"]).shape == (2, 256) and encoder.folder_.name == REVISION


def test_no_hub_is_said_in_one_sentence(client, monkeypatch):
    client(NOWHERE)
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # in which the hub's client would wait to ask again
    with pytest.raises(DataError, match="could not be fetched from the hub") as told:
        DistilBertEncoder().fit([])
    assert "is not on this machine" in str(told.value) and "DistilBertEncoder(SMALL_DISTILBERT)" in str(told.value)
