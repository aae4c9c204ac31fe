"""One set of versions, in two files; no address of an index in either."""

import re
import sys
import tomllib

import pytest
from packaging.requirements import Requirement

from rednote_study.system.paths import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import environment as tool
from environment_file import environment

REQUIREMENTS = (ROOT / "requirements.txt").read_text("utf-8")


def blocks():
    return [b for b in re.split(r"\n(?=[A-Za-z0-9])", REQUIREMENTS.strip()) if b]


def test_environment_yml_holds_the_pins_of_requirements_txt():
    assert (ROOT / "environment.yml").read_text("utf-8") == environment(), "run `make lock`"


def test_no_address_of_an_index():
    for name in ("requirements.txt", "environment.yml", "pyproject.toml", "tools/uv.txt"):
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
    assert "(3, 11) <= version < (3, 14)" in (ROOT / "tools" / "environment.py").read_text("utf-8")
    assert "python=3.11" in environment()


LISTED = """global.cert='/etc/company.pem'
global.find-links='/mnt/wheels /mnt/more'
global.index-url='https://wrong.example/simple'
install.index-url='https://mirror.example/simple'
:env:.extra-index-url='https://one.example/simple\\nhttps://two.example/simple'
:env:.no-index='1'
WARNING: something else
"""


def test_uv_is_told_what_pip_is_told(monkeypatch):
    for name in ("SSL_CERT_FILE", "UV_INDEX", "UV_DEFAULT_INDEX", "UV_FIND_LINKS", "UV_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    told = tool.uv_settings(tool.parse_settings(LISTED))
    assert told == {
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_INDEX": "https://one.example/simple https://two.example/simple",
        "UV_FIND_LINKS": "/mnt/wheels,/mnt/more",
        "UV_NO_INDEX": "1",
        "SSL_CERT_FILE": "/etc/company.pem",
    }
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://chosen.example/simple")
    assert "UV_DEFAULT_INDEX" not in tool.uv_settings(tool.parse_settings(LISTED)), "the user's word for uv stands"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with blanks and Chinese characters, and a list of the commands that are run in place of being run."""
    root = tmp_path / "a 路径"
    (root / "tools").mkdir(parents=True)
    for name in ("requirements.txt", "pyproject.toml", "tools/uv.txt"):
        (root / name).write_text("")
    for name, path in {"ROOT": "", "VENV": ".venv", "PYTHON": ".venv/bin/python", "READY": ".venv/.ready"}.items():
        monkeypatch.setattr(tool, name, root / path)
    ran = []

    def run(command, what, settings=None):
        ran.append([str(part) for part in command])
        if "venv" in command:
            (root / ".venv" / "bin").mkdir(parents=True)
            (root / ".venv" / "bin" / "python").write_text("")

    monkeypatch.setattr(tool, "_run", run)
    monkeypatch.setattr(tool, "_pip_settings", dict)
    return root, ran, run


def test_it_is_made_once_and_again_when_a_pin_changes(place, capsys):
    root, ran, _ = place
    assert tool.main() == 0
    assert "--require-hashes" in ran[1] and ran[1][-1].endswith("uv.txt")
    assert ran[2][0].endswith("/bin/uv") and "--require-hashes" in ran[2]
    assert "once" in capsys.readouterr().out
    ran.clear()
    assert tool.main() == 0 and ran == [] and capsys.readouterr().out == ""
    (root / "requirements.txt").write_text("numpy==2\n")
    assert tool.main() == 0 and len(ran) > 0
    ran.clear()
    root.rename(root.with_name("moved"))
    root.with_name("moved").rename(root)
    (root / ".venv" / ".ready").write_text("/elsewhere/.venv\n")
    assert tool.main() == 0 and "venv" in ran[0], "an environment that came from another place is made anew"


def test_where_uv_cannot_pip_does_and_says_so_in_a_line(place, monkeypatch, capsys):
    _, ran, run = place

    def broken(command, what, settings=None):
        run(command, what)
        if str(command[0]).endswith("/uv"):
            output = "error: Failed to fetch\n  Caused by: no route to the index\n"
            raise tool.subprocess.CalledProcessError(2, command, output)

    monkeypatch.setattr(tool, "_run", broken)
    assert tool.main() == 0
    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if "pip" in line] == [
        "uv could not do it (Caused by: no route to the index); pip does, which takes some minutes."
    ]
    assert [
        c for c in ran if c[1:3] == ["-m", "pip"] and "--require-hashes" in c and c[-1].endswith("requirements.txt")
    ]


def test_what_pip_cannot_either_is_told_with_the_remedy(place, monkeypatch, capsys):
    def broken(command, what, settings=None):
        raise tool.subprocess.CalledProcessError(1, command, "ERROR: no matching distribution for numpy==2\n")

    root, _, run = place
    run(["venv"], "")
    monkeypatch.setattr(tool, "_works", lambda: True)
    monkeypatch.setattr(tool, "_run", broken)
    assert tool.main() == 1
    said = capsys.readouterr().err
    assert "no matching distribution for numpy==2" in said and "run it again" in said
    assert not (root / ".venv" / ".ready").exists()


def test_signs_of_life(place, monkeypatch, capsys):
    monkeypatch.undo()
    monkeypatch.setattr(tool, "EVERY", 0.05)
    tool._run([sys.executable, "-c", "import time; time.sleep(0.4)"], "waiting")
    assert capsys.readouterr().out.count("waiting") > 2
    with pytest.raises(tool.subprocess.CalledProcessError) as failure:
        tool._run([sys.executable, "-c", "import sys; sys.exit('error: the cause 图')"], "failing")
    assert tool._last_words(failure.value) == "error: the cause 图"


def test_another_python_is_refused_with_a_remedy(place, monkeypatch, capsys):
    monkeypatch.setattr(tool.sys, "version_info", FakeVersion((3, 10, 1)))
    assert tool.main() == 1
    assert "this is 3.10" in capsys.readouterr().err


class FakeVersion(tuple):
    major, minor = property(lambda v: v[0]), property(lambda v: v[1])
