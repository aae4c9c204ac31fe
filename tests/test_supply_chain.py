"""What comes from elsewhere: pinned, hashed, never run, never unpickled; and the report of known faults."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib

import pytest

from rednote_study.encoders import distilbert
from rednote_study.system.paths import ROOT

SOURCES = sorted(p for folder in ("src", "benchmarks", ".ci", "tests") for p in (ROOT / folder).rglob("*.py"))
OURS = {
    "src/rednote_study/encoders/pretrained.py": "what its own `_fit` made in this process",
    "src/rednote_study/store/memory.py": "joblib.Memory in build/",
    "tests/test_crawl_files.py": "the example of book/own_crawl.md, as written there",
    "tests/test_encoders.py": "an encoder that the test itself has dumped",
    "tests/test_validation.py": "joblib.Memory in a folder of the test",
}
"""Where a pickle is read, all the same: it was written by this project a moment before."""


def called(tree) -> list[tuple[str, ast.Call]]:
    """Each call of a module with its dotted name."""
    return [(ast.unparse(node.func), node) for node in ast.walk(tree) if isinstance(node, ast.Call)]


UNPICKLES = re.compile(
    r"(^|\.)(pickle|cPickle|dill|cloudpickle|shelve|marshal)\.|^(joblib|torch|keras\.models|tensorflow\.saved_model)\.load"
    r"|read_pickle|load_model$|joblib\.Memory$|torch\.hub|^(eval|exec|compile|__import__)$"
)


def suspicious(source: str) -> list[str]:
    """Calls that run or unpickle what they read."""
    found = []
    for name, node in called(ast.parse(source)):
        if UNPICKLES.search(name):
            found.append(name)
        for keyword in node.keywords:
            is_true = isinstance(keyword.value, ast.Constant) and keyword.value.value is True
            if keyword.arg in {"trust_remote_code", "allow_pickle", "shell"} and is_true:
                found.append(f"{keyword.arg}=True")
    return found


def test_nothing_that_comes_in_is_run_or_unpickled():
    found = {p.relative_to(ROOT).as_posix(): suspicious(p.read_text("utf-8")) for p in SOURCES}
    assert {name for name, calls in found.items() if calls} == set(OURS), found
    assert len(SOURCES) > 100


@pytest.mark.parametrize(
    "line",
    [
        "pickle.load(f)",
        "joblib.load('x')",
        "torch.load('x')",
        "pd.read_pickle('x')",
        "AutoModel.from_pretrained('x', trust_remote_code=True)",
        "np.load('x', allow_pickle=True)",
        "subprocess.run('x', shell=True)",
        "keras.models.load_model('x')",
        "eval(text)",
    ],
)
def test_the_check_finds_what_it_looks_for(line):
    assert suspicious(line)


def test_the_name_trust_remote_code_is_nowhere_in_the_package():
    assert not [p for p in (ROOT / "src").rglob("*.py") if "trust_remote_code" in p.read_text("utf-8")]


def test_models_come_at_a_commit_and_without_a_pickle():
    assert re.fullmatch(r"[0-9a-f]{40}", distilbert.REVISION)
    assert all(name.endswith((".json", ".safetensors", ".txt")) for name in distilbert._FILES)
    for path in (ROOT / "src").rglob("*.py"):
        for name, node in called(ast.parse(path.read_text("utf-8"))):
            if name.endswith(("snapshot_download", "hf_hub_download")):
                assert {"revision", "allow_patterns"} <= {k.arg for k in node.keywords}, path
            if name.endswith("from_pretrained"):
                assert "local_files_only" in {k.arg for k in node.keywords}, path
    shipped = {p.suffix for p in (ROOT / "data" / "models").rglob("*") if p.is_file()}
    assert shipped <= {".json", ".safetensors", ".txt", ".md"}


def test_every_pin_has_hashes_and_nothing_comes_from_an_address():
    lines = (ROOT / "requirements.txt").read_text("utf-8").replace("\\\n", " ").splitlines()
    pins = [line for line in lines if line.strip() and not line.startswith("#")]
    for pin in pins:
        assert re.match(r"[A-Za-z0-9_.-]+(\[[\w,-]+\])?==[^\s;]+", pin), pin[:80]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}(\s|$)", pin), pin[:80]
        assert not re.search(r"https?:|git\+|file:| @ |--(extra-)?index-url|--find-links|--trusted-host", pin), pin[:80]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    assert not [w for w in wanted if "@" in w or "://" in w]
    assert "--require-hashes" in (ROOT / "tools" / "environment.py").read_text("utf-8")


# The report of known faults, with a program in the place of pip-audit.


def audit(tmp_path, body: str) -> tuple[int, str]:
    program = tmp_path / "pip-audit"
    program.write_text(f"#!/usr/bin/env python3\nimport json, sys\n{body}\n")  # our own path may hold blanks
    program.chmod(0o755)
    environment = os.environ | {"PIP_AUDIT": str(program)}
    done = subprocess.run([sys.executable, ROOT / ".ci" / "audit"], env=environment, capture_output=True, text=True)
    assert done.stderr == ""
    return done.returncode, done.stdout


def report(*faults) -> str:
    packages = [{"name": "a", "version": "1", "vulns": list(faults)}, {"name": "b", "skip_reason": "unknown"}]
    return f"print({json.dumps(json.dumps({'dependencies': packages}))})"


def test_a_known_fault_is_reported_and_fails(tmp_path):
    status, said = audit(tmp_path, report({"id": "PYSEC-1", "fix_versions": ["2"], "aliases": ["CVE-1"]}))
    assert status == 1 and "a 1: PYSEC-1, CVE-1; mended in 2" in said


def test_no_fault_is_said(tmp_path):
    assert audit(tmp_path, report()) == (0, "audit: 2 pinned packages, 0 known faults.\n")


@pytest.mark.parametrize("body", ["sys.exit('no network')", "print('{}')", "print('half {')"])
def test_without_an_answer_it_says_so_and_does_not_fail(tmp_path, body):
    status, said = audit(tmp_path, body)
    assert status == 0 and said.count("\n") == 1 and "could not be asked" in said


def test_without_the_program_it_says_so(tmp_path):
    environment = os.environ | {"PIP_AUDIT": str(tmp_path / "none")}
    done = subprocess.run([sys.executable, ROOT / ".ci" / "audit"], env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("audit: ") and done.stdout.count("\n") == 1


def test_what_is_promised_is_linked():
    assert "SECURITY.md" in (ROOT / "README.md").read_text("utf-8")
    assert "How to report" in (ROOT / "SECURITY.md").read_text("utf-8")
