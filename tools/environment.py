"""Make the environment in .venv from the pins of requirements.txt; run by `make env`, with nothing but Python.

uv installs the packages, because it needs a tenth of pip's time. It comes as a package itself, checked by its hashes
(tools/uv.txt), and is told what pip is told about indexes and certificates. Where it cannot do the work, pip does.
What was fetched is kept by either tool, so that an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import ast
import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
READY = VENV / ".ready"
EVERY = 8
"""Seconds between two signs of life."""

FROM_PIP = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "proxy": "ALL_PROXY",
    "trusted-host": "UV_INSECURE_HOST",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
}
"""pip's settings and uv's variables. A constraint is left out: every version is pinned."""


def main() -> int:
    """Make the environment unless it is there and up to date."""
    with _alone():
        if _ready():
            return 0
        version = sys.version_info
        if not (3, 11) <= version < (3, 14):
            found = f"Python 3.11, 3.12 or 3.13 is needed, this is {version.major}.{version.minor}."
            return _fail(f"{found} Name another: make env PYTHON=python3.12")
        _say(f"Making the environment in {VENV.name} (once; a minute where the network is fast)")
        try:
            _make()
        except subprocess.CalledProcessError as error:
            return _fail(f"The environment was not made: {_last_words(error)}\nTo go on from here, run it again.")
        except KeyboardInterrupt:
            return _fail("Interrupted. What was fetched is kept: to go on, run it again.")
        READY.write_text(_state(), "utf-8")
    return 0


def _make() -> None:
    if not _works():
        shutil.rmtree(VENV, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(VENV)], "creating it")
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    packages = ["--require-hashes", "-r", str(ROOT / "requirements.txt")]
    study = ["--no-deps", "--no-build-isolation", "-e", str(ROOT)]
    try:
        _run([*pip, "--require-hashes", "--only-binary", ":all:", "-r", str(ROOT / "tools" / "uv.txt")], "fetching uv")
        uv = [str(VENV / "bin" / "uv"), "pip", "install", "--quiet", "--python", str(PYTHON)]
        settings = uv_settings(_pip_settings())
        _run([*uv, *packages], "installing packages", settings)
        _run([*uv, *study], "installing the study", settings)
    except subprocess.CalledProcessError as error:
        _say(f"uv could not do it ({_last_words(error)}); pip does, which takes some minutes.")
        _run([*pip, *packages], "installing packages by pip")
        _run([*pip, *study], "installing the study")
    _name_source_in_ascii()


def _name_source_in_ascii() -> None:
    """Name the source folder relative to the environment.

    Python 3.11 reads this file in the encoding of the locale, so that a path with Chinese characters would be lost
    under ``LC_ALL=C``.
    """
    for file in VENV.glob("lib/python*/site-packages/__editable__.rednote_study*.pth"):
        file.write_text(os.path.relpath(ROOT / "src", file.parent) + "\n", "ascii")


def _state() -> str:
    """What the environment depends on: the pins, the project's metadata, and where it lies."""
    files = ("requirements.txt", "pyproject.toml", "tools/uv.txt")
    digests = [hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in files]
    return "\n".join([str(VENV), *digests, ""])


def _ready() -> bool:
    try:
        return READY.read_text("utf-8") == _state() and PYTHON.exists()
    except (OSError, UnicodeDecodeError):
        return False


def _works() -> bool:
    """Whether a Python with pip is there, made for this place: what a killed run left may be neither."""
    program = VENV / "bin" / "pip"
    try:
        here = os.fsencode(VENV) in program.read_bytes()
        return here and subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True).returncode == 0
    except OSError:
        return False


def _pip_settings() -> dict[str, str]:
    """What pip's files and variables say, as pip itself reads them."""
    listed = subprocess.run([PYTHON, "-m", "pip", "config", "list"], capture_output=True, text=True, encoding="utf-8")
    return parse_settings(listed.stdout)


def parse_settings(listed: str) -> dict[str, str]:
    """Settings in the output of `pip config list`: variables go before those of `install`, these before global ones."""
    found = {"global": {}, "install": {}, ":env:": {}}
    for section, name, value in re.findall(r"^(global|install|:env:)\.([\w-]+)=(.*)$", listed, re.MULTILINE):
        with contextlib.suppress(ValueError, SyntaxError):
            found[section][name] = str(ast.literal_eval(value))
    return found["global"] | found["install"] | found[":env:"]


def uv_settings(pip: dict[str, str]) -> dict[str, str]:
    """The same settings as variables for uv, without those that the user has set for uv."""
    found = {"UV_INDEX_STRATEGY": "unsafe-best-match"}  # pip's own way; the hashes make it safe
    for name, variable in FROM_PIP.items():
        if value := " ".join(pip.get(name, "").split()):
            found[variable] = value.replace(" ", ",") if variable == "UV_FIND_LINKS" else value
    return {name: value for name, value in found.items() if name not in os.environ}


def _run(command: list[str], what: str, settings: dict[str, str] | None = None) -> None:
    """Run a command that says nothing by itself, with a sign of life every few seconds."""
    locale = {"LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}  # setuptools and pip write paths in the locale's encoding
    done = threading.Event()
    threading.Thread(target=_tell, args=(what, done), daemon=True).start()
    try:
        subprocess.run(
            command,
            check=True,
            env=os.environ | locale | (settings or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    finally:
        done.set()


def _tell(what: str, done: threading.Event) -> None:
    _say(f"  {what} ...")
    started = time.monotonic()
    while not done.wait(EVERY):
        _say(f"  {what} ... {time.monotonic() - started:.0f} seconds so far")


def _last_words(error: subprocess.CalledProcessError) -> str:
    """The line of a tool's message that says the cause."""
    lines = [line.strip() for line in (error.output or "").splitlines() if line.strip()]
    causes = [line for line in lines if re.match(r"(?i)(error|cause|caused by)\b", line)]
    return (causes or lines or [f"it ended with status {error.returncode}"])[-1]


@contextlib.contextmanager
def _alone():
    """One at a time: a second run waits for the first, and then finds its work done."""
    with (ROOT / "requirements.txt").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _say(text: str) -> None:
    print(text, flush=True)


def _fail(text: str) -> int:
    print(text, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
