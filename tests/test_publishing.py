"""What goes out: the citation files agree, the workflow is pinned, the release archive is whole and the same twice."""

import hashlib
import json
import re
import tomllib
import zipfile

import jsonschema
import pytest
import yaml

from rednote_book import cli, codemeta
from rednote_book.release import release
from rednote_study import __version__
from rednote_study.citation import read_citation
from rednote_study.errors import BuildError
from rednote_study.system.paths import ROOT

CFF = read_citation()
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def test_citation_cff_is_valid_by_the_schema_of_its_format():
    schema = json.loads((ROOT / "tests" / "schemas" / "cff-1.2.0.json").read_text("utf-8"))
    strict = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    jsonschema.validate(strict, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({k: v for k, v in strict.items() if k != "authors"}, schema)


def test_one_version_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert CFF["version"] == project["version"] == __version__
    assert CFF["license"] == project["license"]


def test_the_other_citation_files_are_made_from_it(tmp_path, capsys):
    assert codemeta.check() == [] and cli.main(["citation", "--check"]) == 0
    (tmp_path / "CITATION.cff").write_text((ROOT / "CITATION.cff").read_text("utf-8"), "utf-8")
    assert len(codemeta.check(tmp_path)) == 2
    codemeta.write(tmp_path)
    assert codemeta.check(tmp_path) == []
    (tmp_path / "CITATION.cff").write_text(
        (ROOT / "CITATION.cff").read_text("utf-8").replace("version: 0", "version: 9")
    )
    assert [line.split()[0] for line in codemeta.check(tmp_path)] == ["codemeta.json", ".zenodo.json"]


def test_names_of_persons_and_groups():
    person = {"family-names": "Wu", "given-names": "Jinghua"}
    made = codemeta.zenodo(CFF | {"authors": [person, {"name": "A group"}]})
    assert [c["name"] for c in made["creators"]] == ["Wu, Jinghua", "A group"]
    described = codemeta.codemeta(CFF | {"authors": [person], "repository-code": "https://github.com/o/r"})
    assert described["author"] == [{"@type": "Person", "familyName": "Wu", "givenName": "Jinghua"}]
    assert described["codeRepository"] == "https://github.com/o/r"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.name)
def test_a_workflow_is_pinned_frugal_and_runs_what_exists(path):
    text = path.read_text("utf-8")
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"} and "pull_request_target" not in text
    steps = [s for job in workflow["jobs"].values() for s in job["steps"]]
    used = [s["uses"] for s in steps if "uses" in s]
    assert used and all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", u) for u in used)
    assert len(re.findall(r"uses: \S+ # v\d+\.\d+\.\d+", text)) == len(used), "each pin says its version"
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    called = {c for s in steps for c in re.findall(r"\bmake ([a-z]+)", s.get("run", ""))}
    assert {"data", "test", "book", "release"} <= called <= targets
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "html"
    (folder / "figures").mkdir(parents=True)
    (folder / "index.html").write_text("<p>小红书")
    (folder / "figures" / "manifest.json").write_text("{}")
    return folder


def test_the_release_is_whole_and_the_same_twice(site, tmp_path):
    archive = release(site, tmp_path / "one")
    (site / "index.html").touch()
    again = release(site, tmp_path / "two")
    assert archive.read_bytes() == again.read_bytes()
    assert (tmp_path / "one" / f"{archive.name}.sha256").read_text().split() == [
        hashlib.sha256(archive.read_bytes()).hexdigest(),
        archive.name,
    ]
    with zipfile.ZipFile(archive) as opened:
        top = f"rednote-study-{__version__}/"
        files = {n.removeprefix(top): opened.read(n) for n in opened.namelist()}
    sums = dict(reversed(line.split("  ")) for line in files.pop("SHA256SUMS").decode().splitlines())
    assert sums == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert {"site/index.html", "CITATION.cff", "codemeta.json", ".zenodo.json", "tables/us_posts/manifest.json"} <= set(
        files
    )
    manifest = json.loads(files["MANIFEST.json"])
    assert manifest["figures"] == "site/figures/manifest.json"
    assert {f["path"] for f in manifest["files"]} == set(files) - {"MANIFEST.json"}


def test_another_site_is_another_archive(site, tmp_path):
    first = release(site, tmp_path).read_bytes()
    (site / "index.html").write_text("changed")
    assert release(site, tmp_path).read_bytes() != first


def test_no_site_no_release(tmp_path):
    with pytest.raises(BuildError, match="make book"):
        release(tmp_path / "html", tmp_path)
