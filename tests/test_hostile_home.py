"""What libraries read from a user's home and environment changes no file of the study."""

import contextlib
import hashlib
import re
import subprocess
import tempfile
from pathlib import Path

import pytest
from hostile_home import BUILD, SESSION, empty, hostile, run_python

from rednote_study.system import isolation, parallel
from rednote_study.system.paths import ROOT

OPENED = """
import hashlib, json
import matplotlib as mpl
before = dict(mpl.rcParams)
from rednote_study.system.backend import load_tensorflow
found = {}
from rednote_study import open_crawl, plots
from rednote_study.analysis import cohort, language
from rednote_study.publish import figure
crawl = open_crawl()
picture = plots.calendar(cohort.registrations(crawl), day="day", bars="users")
shown = figure(picture, "cohort-registrations", title="Accounts", caption="Accounts by day.")
found["cohort-registrations"] = [shown.svg, shown.metadata["files"]]
tags, names = language.hashtags(crawl), {"any": "event or not event"}
picture = plots.ranked_changes(tags.dropna(subset="change"), x="change", rows="tag", prefix="#", colour=names)
shown = figure(picture, "language-hashtags", title="Hashtags", caption="Change in the share of users.", data=tags)
found["language-hashtags"] = [shown.svg, shown.metadata["files"]]
assert dict(mpl.rcParams) == before, "the reader's own settings of matplotlib are gone"
load_tensorflow()
import keras, numpy as np
keras.utils.set_random_seed(1)
network = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4, activation="relu"), keras.layers.Dense(1)])
network.compile("adam", "mse")
x = np.random.default_rng(1).normal(size=(64, 8)).astype("float32")
network.fit(x, x.sum(axis=1), epochs=3, batch_size=16, verbose=0)
found["weights"] = [w.astype(float).ravel().tolist() for w in network.get_weights()]
for name, value in found.items():
    print(name, hashlib.sha256(json.dumps(value).encode()).hexdigest())
"""
"""What a chapter does that a person opened: no command of the study made its environment."""


@pytest.fixture
def temporary():
    """Two folders for temporary files: in the order of paths one stands before .venv with its fonts, one after."""
    with contextlib.ExitStack() as stack:
        made = []
        for place in (ROOT / ".pytest_cache", ROOT / "build"):
            place.mkdir(exist_ok=True)
            made.append(stack.enter_context(tempfile.TemporaryDirectory(dir=place)))
        yield made


@pytest.mark.slow
def test_pictures_and_networks_of_an_opened_notebook(tmp_path, temporary):
    expected = run_python(OPENED, empty(tmp_path) | {"TMPDIR": temporary[0]})
    assert len(expected.splitlines()) == 3
    assert run_python(OPENED, hostile(tmp_path, SESSION) | {"TMPDIR": temporary[1]}) == expected


def test_keras_that_was_there_before_is_told_with_the_remedy(monkeypatch):
    import keras

    from rednote_study.errors import StudyError
    from rednote_study.system import backend

    backend.load_tensorflow()
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    with pytest.raises(StudyError, match="Restart the session"):
        backend._settle_keras()


def test_tensorflow_that_has_computed_before_is_told_with_the_remedy(tmp_path):
    code = (
        "import tensorflow; tensorflow.constant(1.0) + 1\n"
        "from rednote_study.errors import StudyError\n"
        "from rednote_study.system.backend import load_tensorflow\n"
        "try: load_tensorflow()\nexcept StudyError as error: print(error)"
    )
    assert "Restart the session" in run_python(code, empty(tmp_path))


def test_only_what_is_listed_comes_through(tmp_path):
    made = isolation.isolated(hostile(tmp_path, SESSION, BUILD) | {"REDNOTE_STUDY_RAW": "/r", "HTTPS_PROXY": "p"})
    assert made["KERAS_BACKEND"] == "tensorflow" and made["OMP_NUM_THREADS"] == "1" and made["LC_ALL"] == "C.UTF-8"
    assert made["REDNOTE_STUDY_RAW"] == "/r" and made["HTTPS_PROXY"] == "p" and "hostile" in made["HOME"]
    assert not made.keys() & {*BUILD, "LANG", "MATPLOTLIBRC", "PYTHONSTARTUP"}
    kept = isolation.isolated({isolation.KEEP: "OMP_NUM_THREADS, TF_ENABLE_ONEDNN_OPTS", "OMP_NUM_THREADS": "2"})
    assert kept["OMP_NUM_THREADS"] == "2" and "TF_ENABLE_ONEDNN_OPTS" not in kept


def test_the_installed_command_enters_it(tmp_path):
    code = (
        "import os, sys; sys.argv = ['rednote-study', '--version']\n"
        "from rednote_book import cli\n"
        "try: cli.run()\nexcept SystemExit: pass\n"
        "print(os.environ['KERAS_BACKEND'], os.environ['OMP_NUM_THREADS'], 'numpy' in sys.modules)"
    )
    assert run_python(code, hostile(tmp_path, SESSION, BUILD)).splitlines()[-1] == "tensorflow 1 False"


def test_the_number_of_cores_changes_no_result():
    assert parallel.run(_sum, [(n,) for n in range(5)], what="sums", n_jobs=1) == parallel.run(
        _sum, [(n,) for n in range(5)], what="sums", n_jobs=3
    )


def _sum(seed: int) -> float:
    import numpy as np

    draws = np.random.default_rng(seed).normal(size=(300, 300))
    return float((draws @ draws).sum())


def test_a_clone_has_the_same_bytes_whatever_git_is_told(tmp_path):
    digests = []
    for setting in ("false", "true"):
        target = tmp_path / setting
        git = ["git", "-c", f"core.autocrlf={setting}", "clone", "--quiet", "--depth=1", f"file://{ROOT}", str(target)]
        subprocess.run(git, check=True, capture_output=True)
        digests.append(tree(target, ".git"))
    assert digests[0] == digests[1]


def tree(folder: Path, *skipped: str) -> dict[str, str]:
    """sha256 of each file below a folder."""
    files = [p for p in folder.rglob("*") if p.is_file() and p.relative_to(folder).parts[0] not in skipped]
    files = [p for p in files if p.parent != folder or p.suffix != ".pdf"]  # `make pdf` adds the book on paper
    return {p.relative_to(folder).as_posix(): hashlib.sha256(content(p)).hexdigest() for p in sorted(files)}


def content(path: Path) -> bytes:
    """Bytes of a file; without what Sphinx adds to a style's address, which differs where a build followed another."""
    if path.suffix != ".html":
        return path.read_bytes()
    page = re.sub(rb"\?v=[0-9a-f]{8}", b"", path.read_bytes())
    return re.sub(rb'(<div id="rednote-pdf">).*?(?=</div>)', rb"\1", page, flags=re.S)  # the link to it


MAKE = "import sys; from pathlib import Path; from rednote_book import book; book.build(Path(sys.argv[1]), Path(sys.argv[2]))"


@pytest.mark.slow
def test_the_whole_book_in_a_hostile_home(tmp_path, built_site):
    """The book made from nothing in it is the book that stands, byte for byte."""
    run_python(MAKE, hostile(tmp_path, SESSION, BUILD), ROOT, tmp_path / "built")
    here, there = tree(built_site), tree(tmp_path / "built" / "html")
    assert here.keys() == there.keys()
    assert [name for name in here if here[name] != there[name]] == []
