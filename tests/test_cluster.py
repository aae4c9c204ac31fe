"""Words and vectors on a real cluster of worker processes on loopback, one of which is killed in mid-run."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from crawl_file import text
from test_scale import rows_of_a_crawl, tables_of

from rednote_book import cli
from rednote_study.encoders import SMALL_DISTILBERT, DistilBertEncoder, TfidfSvdEncoder
from rednote_study.large.words import encode_texts, segment_texts
from rednote_study.replica import sentences

WORKERS = 4  # of whom three are killed


@pytest.fixture(scope="module")
def texts():
    """Sentences of the replica, none of which is like another."""
    table = sentences(seed=7, n=1500)
    return [f"{e} {c} 第{i}" for i, (e, c) in enumerate(zip(table["english"], table["chinese"], strict=True))]


@pytest.fixture
def cluster(tmp_path):
    """Address of a scheduler, and its worker processes."""
    file, started = tmp_path / "scheduler.json", []
    quiet = {"DASK_DISTRIBUTED__DASHBOARD__LINK": "", "PYTHONWARNINGS": "ignore"}

    def start(module, *options):
        with open(tmp_path / "log", "ab") as log:
            command = [sys.executable, "-m", f"distributed.cli.{module}", "--scheduler-file", str(file), *options]
            started.append(subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **quiet}))
        return started[-1]

    start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    workers = [
        start("dask_worker", "--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(tmp_path))
        for _ in range(WORKERS)
    ]
    from distributed import Client

    with Client(scheduler_file=str(file), timeout=120) as client:
        client.wait_for_workers(WORKERS, timeout=120)
        address = client.scheduler.address
    yield address, workers
    for process in started:
        process.kill()
    for process in started:
        process.wait()


@pytest.mark.slow
def test_words_vectors_and_tables_are_those_of_one_process_though_workers_are_killed(cluster, texts, tmp_path):
    address, workers = cluster
    serial = list(segment_texts(texts, n_jobs=1))
    found, answers = [], segment_texts(texts, scheduler=address, size=25)
    found.append(next(answers))
    os.kill(workers[0].pid, signal.SIGKILL)  # while every worker has a batch in hand
    found += answers
    assert found == serial
    assert workers[0].wait(timeout=10) == -signal.SIGKILL and all(w.poll() is None for w in workers[1:])

    tfidf = TfidfSvdEncoder(dimension=8, seed=1).fit(texts)
    distilbert = DistilBertEncoder(SMALL_DISTILBERT, cache=False).fit([])
    for encoder, some in ((tfidf, texts), (distilbert, texts[:120])):
        serial = encode_texts(encoder, some, n_jobs=1, size=40)
        workers.pop().kill()
        spread = encode_texts(encoder, some, scheduler=address, size=40)
        assert np.array_equal(serial, spread), "to the last digit"

    path = tmp_path / "crawl.csv"
    path.write_text(text(rows_of_a_crawl()), "utf-8")
    command = ["scale", str(path), "--words", "--jobs", "1", "--memory", "2GB"]
    assert cli.main([*command, "--out", str(tmp_path / "here")]) == 0
    assert cli.main([*command, "--out", str(tmp_path / "there"), "--scheduler", address]) == 0
    assert "language_words" in tables_of(tmp_path / "here")
    assert tables_of(tmp_path / "here") == tables_of(tmp_path / "there")


def test_a_scheduler_without_workers_is_one_sentence(tmp_path, capsys):
    assert cli.main(["scale", "x.csv", "--out", str(tmp_path), "--scheduler", "tcp://127.0.0.1:9"]) == 1
    assert "--words or --vectors" in capsys.readouterr().err


def test_more_processes_change_nothing(texts):
    assert list(segment_texts(texts, n_jobs=2, size=100)) == list(segment_texts(texts, n_jobs=1))
