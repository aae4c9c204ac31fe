"""Time and memory of the study at growing sizes, and the published notebook's way beside ours. Writes data/benchmarks/.

    python benchmarks/scale.py [--sizes 10000 100000 1000000] [--memory 4GB]

Ten million posts are measured when asked: ``--sizes 10000 100000 1000000 10000000`` (some gigabytes of disk).
Memory is read from outside, of the command and its workers together. On a machine that does other work meanwhile the
seconds of the processors are the fair measure, so growth and ratios are made of them.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
import timeit
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from rednote_study.analysis.language import user_texts
from rednote_study.catalogue import compute
from rednote_study.crawl.counts import parse_counts
from rednote_study.crawl.crawl import Crawl
from rednote_study.crawl.posts import COUNTS, read_posts
from rednote_study.crawl.users import build_users
from rednote_study.large import TABLES
from rednote_study.replica import write_large
from rednote_study.system.paths import DATA
from rednote_study.text.clean import post_text
from rednote_study.text.segment import segment

WORDS = 10_000  # texts that are cut into words both ways; the time of a text does not depend on how many
IN_MEMORY = 100_000
RUNS = 20
RATIO_SIZES = (10_000, 100_000)  # the published way keeps all in memory and calls Python for every cell


def watched(command: list[str]) -> tuple[float, float, float]:
    """Seconds, seconds of processors, and most memory (MB) of a command and all its children."""
    started, most, spent = time.perf_counter(), 0, {}
    process = psutil.Popen(command, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        total = 0
        for member in [process, *_children(process)]:
            try:
                total += member.memory_info().rss
                spent[member.pid] = sum(member.cpu_times()[:2])
            except psutil.Error:
                pass
        most = max(most, total)
        time.sleep(0.1)
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with status {process.returncode}.")
    return time.perf_counter() - started, sum(spent.values()), most / 1e6


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def growth(sizes: list[int], memory: str, folder: Path) -> pd.DataFrame:
    """The commands at each size, on CSV files; the small path, which holds all in memory, at the sizes it is for."""
    rows = []
    for size in sizes:
        file, out = folder / f"{size}.csv", folder / f"{size}"
        program = [sys.executable, "-m", "rednote_book.cli"]
        for step, command in {
            "replica": [*program, "replica", "--posts", str(size), "--out", str(file)],
            "scale": [*program, "scale", str(file), "--out", str(out), "--memory", memory],
            "in memory": [sys.executable, __file__, "--in-memory", str(file)],
        }.items():
            if step == "in memory" and size > IN_MEMORY:
                continue
            seconds, processors, most = watched(command)
            rows.append((step, size, round(seconds, 1), round(processors, 1), round(most)))
            print(*rows[-1], flush=True)
        file.unlink()
    return pd.DataFrame(rows, columns=["step", "rows", "seconds", "processor_seconds", "memory"])


def published_count(value) -> int:
    """The published parser, as it stands in the notebook."""
    if pd.isna(value) or value == "":
        return 0
    value = str(value).replace("+", "")
    if "万" in value:
        return int(float(re.sub(r"[^\d.]", "", value)) * 10000)
    return int(re.sub(r"[^\d]", "", value))


def published_users(posts: pd.DataFrame, texts: pd.DataFrame) -> pd.DataFrame:
    """The two months, labels by Python sets, totals by user, texts merged in: the published lines."""
    posts = posts[(posts["create_time"] >= "2025-01-01") & (posts["create_time"] <= "2025-02-28")]
    posts = posts.assign(month=posts["create_time"].dt.month)
    active = set(posts[posts["month"] == 2]["user_id"].unique())
    posts["retained"] = posts["user_id"].apply(lambda x: 1 if x in active else 0)
    january = posts[posts["month"] == 1].copy()
    users = january.groupby("user_id")[list(COUNTS)].sum().reset_index()
    users = pd.merge(users, texts, on="user_id", how="left")
    users["retained"] = users["user_id"].apply(lambda x: 1 if x in active else 0)
    return users


def published_texts(posts: pd.DataFrame) -> pd.DataFrame:
    """Title and content, and texts of each user, joined by Python."""
    posts = posts.assign(text=posts["title"] + " " + posts["content"])
    return posts.groupby("user_id")["text"].apply(lambda x: " ".join(set(x))).reset_index()


def published_words(texts: list[str]) -> list[list[str]]:
    """Plain jieba, stop words of a set."""
    import jieba

    from rednote_study.text.segment import stop_words

    return [[w for w in jieba.lcut(text.lower()) if w.strip() and w not in stop_words()] for text in texts]


def compared(step: str, size: int, rows: int, theirs, ours, runs: int = 1) -> tuple:
    """Microseconds of the processor a row, both ways: the least of some runs, as other work only adds to them."""
    slow, fast = (min(timeit.repeat(way, timer=time.process_time, number=1, repeat=runs)) for way in (theirs, ours))
    print(step, size, rows, f"{slow:.2f} s, {fast:.2f} s: {slow / fast:.1f} times", flush=True)
    return step, size, rows, slow * 1e6 / rows, fast * 1e6 / rows


def small(file: Path) -> Crawl:
    """A file by the small path."""
    posts = read_posts(file)
    return Crawl("small", True, posts.posts, build_users(posts.posts), posts.quarantine, posts.rows, posts.missing)


def ratios(size: int, folder: Path) -> pd.DataFrame:
    """Each step both ways on the same posts, in one process.

    Our counts and words remember what they have read, so they are measured once, and before anything else reads it.
    """
    import jieba

    file = write_large(folder / "ratios.csv", size)
    raw = pd.read_csv(file, dtype="str", keep_default_na=False)
    jieba.setLogLevel(60)
    published_words(["你好"]), segment("你好"), parse_counts(pd.Series(["1万"]))  # dictionaries are loaded before
    counts = compared(
        "counts read",
        size,
        size,
        lambda: [raw[c].apply(published_count) for c in COUNTS],
        lambda: [parse_counts(raw[c]) for c in COUNTS],
    )
    data = small(file)
    counts_of = {c: data.posts[c].fillna(0).astype(int) for c in COUNTS}
    typed = raw.assign(create_time=data.posts["created"], **counts_of)
    joined, their_joined = user_texts(data, "raw"), published_texts(typed)
    users = compared(
        "users: labels, totals, texts put beside them",
        size,
        size,
        lambda: published_users(typed, their_joined),
        lambda: build_users(data.posts).assign(text=joined.array),  # both in order of registration
        RUNS,
    )
    texts = compared(
        "texts of each user", size, size, lambda: published_texts(typed), lambda: user_texts(data, "raw"), RUNS
    )
    some = post_text(data.posts).head(WORDS).tolist()
    words = compared("words", size, len(some), lambda: published_words(some), lambda: [segment(t) for t in some])
    steps = [counts, users, texts, words]
    steps.append(("all four", size, size, sum(s[3] for s in steps), sum(s[4] for s in steps)))
    table = pd.DataFrame(steps, columns=["step", "rows", "measured", "published", "ours"])
    return table.assign(ratio=table["published"] / table["ours"]).round(2)


def apart(size: int, folder: Path) -> pd.DataFrame:
    """:func:`ratios` in a process of its own, which remembers nothing of another size."""
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(ratios, size, folder).result()


def main() -> None:
    """Measure, print, record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10**4, 10**5, 10**6])
    parser.add_argument("--memory", default="4GB")
    parser.add_argument("--no-record", action="store_true", help="print only")
    parser.add_argument("--in-memory", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.in_memory:
        data = small(options.in_memory)
        for name in TABLES:
            compute(name, data)
        return
    with tempfile.TemporaryDirectory() as scratch:
        beside = pd.concat(apart(n, Path(scratch)) for n in RATIO_SIZES if n <= max(options.sizes))
        measured = growth(options.sizes, options.memory, Path(scratch))
    for step, part in measured.groupby("step"):
        if len(part) > 1:
            slope = np.polyfit(np.log10(part["rows"]), np.log10(part["processor_seconds"]), 1)[0]
            print(f"{step}: {10**slope:.1f} times the processor's time for 10 times the posts")
    if options.no_record:
        return
    folder = DATA / "benchmarks"
    measured.to_csv(folder / "scale.csv", index=False, lineterminator="\n")
    beside.to_csv(folder / "scale_ratios.csv", index=False, lineterminator="\n")
    machine = (
        f"{os.cpu_count()} cores, {psutil.virtual_memory().total / 1e9:.0f} GB, Python {platform.python_version()}"
    )
    (folder / "scale_machine.json").write_text(json.dumps({"machine": machine}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
