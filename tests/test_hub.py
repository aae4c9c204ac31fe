"""The published model's way in: a hub on loopback, a hub that is not there, a pinned commit."""

import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from rednote_study.encoders import SMALL_DISTILBERT
from rednote_study.encoders.distilbert import ORIGINAL, REVISION

FIND = "from rednote_study.encoders.distilbert import *; print(find_model(ORIGINAL).name)"
ENCODE = (
    "from rednote_study.encoders import DistilBertEncoder;"
    "e = DistilBertEncoder(cache=False).fit([]); print(e.transform(['cat', '猫']).shape, e.folder_.name)"
)


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


def run(code, home, endpoint):
    environment = {k: v for k, v in os.environ.items() if "proxy" not in k.lower() and not k.startswith("HF_")}
    environment |= {
        "HF_HOME": str(home),
        "HF_ENDPOINT": endpoint,
        "HF_HUB_DISABLE_XET": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)


def test_fetched_at_the_pinned_commit_then_used_without_a_network(hub, tmp_path):
    endpoint, asked = hub
    fetched = run(FIND, tmp_path, endpoint)
    assert fetched.stdout == f"{REVISION}\n", fetched.stderr[-2000:]
    assert asked and not [path for path in asked if path.endswith(".bin")]  # a pickle is never fetched
    used = run(ENCODE, tmp_path, "http://127.0.0.1:9")
    assert used.stdout == f"(2, 256) {REVISION}\n", used.stderr[-2000:]


def test_no_hub_is_said_in_one_sentence(tmp_path):
    code = (
        "import time; time.sleep = lambda seconds: None  # in which the hub's client would wait to ask again\n"
        "from rednote_study.encoders import DistilBertEncoder; from rednote_study.errors import DataError\n"
        "try: DistilBertEncoder().fit([])\nexcept DataError as error: print(error)"
    )
    result = run(code, tmp_path, "http://127.0.0.1:9")
    assert "is not on this machine and could not be fetched from the hub" in result.stdout, result.stderr[-2000:]
    assert "DistilBertEncoder(SMALL_DISTILBERT)" in result.stdout


def test_looking_for_the_original_asks_no_one(hub, tmp_path):
    endpoint, asked = hub
    code = "from rednote_study.encoders.distilbert import *; print(find_model(ORIGINAL, local_only=True))"
    assert run(code, tmp_path, endpoint).stdout == "None\n"
    assert asked == []
