"""One set of versions, in two files; no address of an index in either."""

import re
import tomllib

from environment_file import ROOT, environment
from packaging.requirements import Requirement

REQUIREMENTS = (ROOT / "requirements.txt").read_text("utf-8")


def blocks():
    return [b for b in re.split(r"\n(?=[A-Za-z0-9])", REQUIREMENTS.strip()) if b]


def test_environment_yml_holds_the_pins_of_requirements_txt():
    assert (ROOT / "environment.yml").read_text("utf-8") == environment(), "run `make lock`"


def test_every_package_is_pinned_with_a_hash():
    for block in blocks():
        assert re.match(r"[A-Za-z0-9_.\[\]-]+==\S+", block) and "--hash=sha256:" in block, block[:60]


def test_no_address_of_an_index():
    for name in ("requirements.txt", "environment.yml", "pyproject.toml"):
        assert not re.search(r"index-url|find-links|https?://", (ROOT / name).read_text("utf-8")), name


def test_every_direct_dependency_is_pinned_to_a_version_it_allows():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pins = {}
    for block in blocks():
        name, version = re.match(r"([A-Za-z0-9_.-]+)(?:\[\w+\])?==([^\s;\\]+)", block).groups()
        pins.setdefault(name.lower().replace("_", "-"), []).append(version)
    wanted = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    for text in wanted:
        requirement = Requirement(text)
        versions = pins[requirement.name.lower()]
        assert any(requirement.specifier.contains(v, prereleases=True) for v in versions), text


def test_the_python_versions_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["requires-python"] == ">=3.11,<3.14"
    assert "(3, 11) <= v < (3, 14)" in (ROOT / "Makefile").read_text("utf-8")
    assert "python=3.11" in environment()
