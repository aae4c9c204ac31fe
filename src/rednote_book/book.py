"""Build the book: run Jupyter Book, say what failed, put the finished site in its place."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from filelock import FileLock, Timeout

from rednote_study.crawl.crawl import require
from rednote_study.datasets import settings
from rednote_study.errors import BuildError
from rednote_study.results import COUNT
from rednote_study.system.isolation import isolated
from rednote_study.system.paths import BUILD, ROOT
from rednote_study.system.plain import visible

_SHOWN = re.compile(r"reading sources|writing output|Execut|Using cached|build finished|build succeeded")
_START = """
import os, sys, threading
def end_with_parent():
    os.read(0, 1)  # nothing is ever written; not through sys.stdin, whose lock would hinder the end
    os._exit(1)
threading.Thread(target=end_with_parent, daemon=True).start()
from jupyter_book.cli.main import main
main()
"""
"""Jupyter Book, which ends when this process does: a killed build must not go on writing beside the next one."""

_FAULT = re.compile(r"WARNING|ERROR|[Ee]xtension error|Exception")
MOST_FAULTS = 20


def build(source: Path = ROOT, target: Path | None = None, dataset: str | None = None) -> Path:
    """Build the book in `source` on the chosen data set, or on `dataset`.

    A book on other data than ``us_posts`` gets a folder of its own, ``build/books/<data set>``, so that it never takes
    the place of the book that is published. The site is made in ``target/_build`` and, when it is whole, renamed to
    ``target/html``; a failed or interrupted build leaves the last good site.

    Returns
    -------
    pathlib.Path
        The site's first page.

    Raises
    ------
    BuildError
        If a cell fails, Sphinx warns, or another build is at work.
    DataError
        If the data set is not here or its file cannot be used.
    """
    chosen = settings.resolve(dataset, Path.cwd()) if dataset else settings.dataset()
    own = chosen != settings.DEFAULT
    key = require(chosen).key if own else chosen  # read before anything is built: a wrong file is told at once
    target = target or (BUILD / "books" / key if own else BUILD)
    target.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(target / ".lock", timeout=0):
            _take_up(target)
            lines, status = _run(source, target, chosen)
            if any("build finished with problems" in line or "build succeeded" in line for line in lines):
                _mark(target).unlink(missing_ok=True)  # Sphinx came to its end and wrote all it knows
            faults = _faults(target, lines)
            if status or faults:
                log = target / "build.log"
                raise BuildError("the book was not built.\n" + "\n".join(faults) + f"\nThe whole log: {log}")
            print(_counted(target, lines), flush=True)
            return _place(target)
    except Timeout:
        raise BuildError(f"another build is at work in {target}. Wait until it ends, then try again.") from None


def _mark(target: Path) -> Path:
    """A file that is there while Sphinx is at work."""
    return target / "_build" / ".unfinished"


def _take_up(target: Path) -> None:
    """Put right what a killed build left.

    Sphinx compares times, so it would take half a page for a whole one, and pages of the old numbers for up to date
    once it has noted the new ones: its work is begun anew. Executed chapters are kept, but for those half written.
    """
    final, old = target / "html", target / ".html.old"
    if not final.exists() and old.exists():
        old.rename(final)
    made = target / "_build"
    if _mark(target).exists():
        for folder in (made / "html", made / ".doctrees", made / "jupyter_execute"):
            shutil.rmtree(folder, ignore_errors=True)
        for cache in {path.parents[2] for path in made.glob(".jupyter_cache/*/executed/*/base.ipynb") if _broken(path)}:
            shutil.rmtree(cache, ignore_errors=True)
    made.mkdir(exist_ok=True)
    _mark(target).touch()


def _broken(notebook: Path) -> bool:
    try:
        return "cells" not in json.loads(notebook.read_text("utf-8"))
    except ValueError:
        return True


def _run(source: Path, target: Path, dataset: str) -> tuple[list[str], int]:
    """Run Jupyter Book, show its progress, keep its log."""
    start = [sys.executable, "-c", _START]
    command = [*start, "build", str(source), "--path-output", str(target), "-W", "--keep-going", "-n"]
    for left in ("failures.json", "results.txt"):
        (target / "_build" / left).unlink(missing_ok=True)
    environment = isolated(os.environ) | {
        "NO_COLOR": "1",
        "PYTHONUNBUFFERED": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "REDNOTE_STUDY_QUIET": "1",
        COUNT: str((target / "_build" / "results.txt").resolve()),
        settings.VARIABLE: dataset,
    }
    lines = []
    with (
        subprocess.Popen(
            command,
            cwd=source,
            env=environment,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process,
        (target / "build.log").open("w", encoding="utf-8") as log,
    ):
        for line in process.stdout:
            line = visible(re.sub(r"\x1b\[[0-9;]*m", "", line))
            log.write(line)
            lines.append(line.rstrip())
            if _SHOWN.search(line):
                print(line.strip(), flush=True)
    return lines, process.returncode


def _counted(target: Path, lines: list[str]) -> str:
    """Say how many results the executed chapters looked up and how many they computed; each counts once.

    A chapter that was not executed, because its outputs are kept, asks for nothing.
    """
    told, executed = target / "_build" / "results.txt", sum(line.startswith("Executed ") for line in lines)
    found = {line.partition("\t")[::2] for line in told.read_text("utf-8").splitlines()} if told.is_file() else set()
    computed = {result for how, result in found if how == "computed"}
    looked_up = {result for _, result in found} - computed
    return f"Chapters executed: {executed}. Results looked up: {len(looked_up)}, computed: {len(computed)}."


def _faults(target: Path, lines: list[str]) -> list[str]:
    """What went wrong: the failed cells first, then Sphinx's warnings."""
    report = target / "_build" / "failures.json"
    failures = json.loads(report.read_text("utf-8")) if report.is_file() else []
    cells = [f"{f['chapter']}, code cell {f['cell']}: {f['cause']}" for f in failures]
    warnings = list(dict.fromkeys(line.strip() for line in lines if _FAULT.search(line)))
    # Said above, or no fault of the book: a kernel whose port for heartbeats was just taken by another process works on.
    said = ("Executing notebook failed", "[IPKernelApp]", "Lexing literal_block", "Exception in thread Heartbeat")
    warnings = [w for w in warnings if not any(s in w for s in said)]
    return [*cells, *warnings[:MOST_FAULTS]]


def _place(target: Path) -> Path:
    """Rename a copy of the finished site into place; Sphinx keeps its own for the next build."""
    made, fresh, old, final = target / "_build" / "html", target / ".html.new", target / ".html.old", target / "html"
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(made, fresh, ignore=shutil.ignore_patterns(".buildinfo", "reports"))
    if final.exists():
        final.rename(old)
    fresh.rename(final)
    shutil.rmtree(old, ignore_errors=True)
    return final / "index.html"
