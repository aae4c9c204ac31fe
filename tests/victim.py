"""A process that is killed: it imports the study once, and forks a child for each run that is asked of it.

``python victim.py JOB FOLDER [ARGUMENT]`` reads a JSON object a line: ``{"delay": seconds}`` kills the child after
that time, ``{"step": n}`` at its n-th step in the folder (a file opened, renamed, removed), ``{}`` lets it end.
"""

import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
from crawl_file import text
from own_crawl import own_crawl

from rednote_book import cli
from rednote_study import catalogue
from rednote_study.crawl import identifiers
from rednote_study.datasets import sources
from rednote_study.encoders import cache
from rednote_study.store import memory

STEPS = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.link", "os.chmod", "sqlite3.connect"}
TABLES = ["data_rows", "cohort_flow", "language_hashtags"]
SECRET = b"the salt of a test, 32 bytes ..."


def fetch(folder: Path, address: str) -> int:
    return cli.main(["data", "fetch", "us_posts", "--mirror", address])


def results(folder: Path, argument: str) -> int:
    for module, name, value in (
        (memory, "BUILD", folder / "build"),
        (identifiers, "_salt", lambda raw: SECRET),
        (catalogue, "table_names", lambda **options: TABLES),
    ):
        vars(module)[name] = value  # an attribute that is set would be a change of the session: nothing is recorded
    return cli.main(["results", "--dataset", str(folder / "crawl.csv"), "--into", str(folder / "record")])


def vectors(folder: Path, argument: str) -> int:
    vars(cache)["BUILD"] = folder

    def compute(texts):
        return np.array([[len(t), sum(map(ord, t)), 1.5] for t in texts], dtype=np.float32)

    for start in range(0, 200, 20):
        cache.VectorCache("toy", 3).encode([f"text {n}" * (n % 7 + 1) for n in range(start, start + 40)], compute)
    return 0


def count_steps(folder: Path, last: int | None) -> list[int]:
    """Count what is done in the folder; the process ends itself before its step `last`."""
    done = [0]

    def hook(event, arguments):
        if event in STEPS and arguments and str(folder) in str(arguments[0]):
            done[0] += 1
            if done[0] == last:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    return done


def run(job, folder: Path, argument: str, delay: float | None, step: int | None) -> dict:
    read, write = os.pipe()
    started = time.monotonic()
    child = os.fork()
    if not child:
        status = 99
        with contextlib.suppress(BaseException):
            steps = count_steps(folder, step)
            sys.stdout = sys.stderr
            status = job(folder, argument)
            os.write(write, str(steps[0]).encode())
        os._exit(status)
    os.close(write)
    if delay is not None:
        time.sleep(delay)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with os.fdopen(read) as pipe:
        steps = pipe.read()
    return {
        "status": os.waitstatus_to_exitcode(status),
        "steps": int(steps or 0),
        "seconds": time.monotonic() - started,
    }


if __name__ == "__main__":
    name, where, extra = (*sys.argv[1:], "")[:3]
    if "MADE_SHA256" in os.environ:
        import dataclasses

        made = dataclasses.replace(sources.DATASETS["us_posts"], sha256=os.environ["MADE_SHA256"])
        sources.DATASETS["us_posts"] = made
    if name == "results":
        (Path(where) / "crawl.csv").write_text(text(own_crawl(60)), "utf-8")
    print("ready", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        answer = run(globals()[name], Path(where), extra, asked.get("delay"), asked.get("step"))
        print(json.dumps(answer), flush=True)
