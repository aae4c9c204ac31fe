"""A crawl of any size as a data set, and the tables that it gets."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import filelock
import joblib
import numpy as np
import pandas as pd

from rednote_study import __version__
from rednote_study.analysis.relations import POSTS, POSTS_OF_HASHES, USERS, USERS_OF_HASHES
from rednote_study.catalogue import compute
from rednote_study.crawl.crawl import Crawl
from rednote_study.crawl.crawlers import read_columns
from rednote_study.crawl.crawls import crawl_starts
from rednote_study.crawl.identifiers import pseudonyms, salt_is_kept
from rednote_study.crawl.notation import HASHES, NONE
from rednote_study.crawl.posts import COUNTS, REPEATED, counted_reasons
from rednote_study.crawl.reader import read_batches
from rednote_study.crawl.reading import Reading
from rednote_study.crawl.unpacking import check_file
from rednote_study.crawl.users import USED, aggregate, risk_end
from rednote_study.encoders import TextEncoder
from rednote_study.errors import DataError, StudyError
from rednote_study.large.facts import file_of, write_facts
from rednote_study.large.words import WORD_TABLES, add_words, write_vectors
from rednote_study.results import asks_for_registration
from rednote_study.store.fingerprint import code_digest
from rednote_study.store.record import to_csv
from rednote_study.store.small_cells import MINIMUM_USERS
from rednote_study.system.engine import Engine, quoted
from rednote_study.system.files import why, write_whole
from rednote_study.system.parallel import stream
from rednote_study.system.progress import progress

TABLES = (
    "data_rows",
    "data_schema",
    "data_notations",
    "data_identifiers",
    "data_crawls",
    "data_marks",
    "cohort_flow",
    "cohort_registrations",
    "cohort_years",
    "cohort_definitions",
    "cohort_tenure",
    "cohort_groups",
    "behaviour_deltas",
    "behaviour_quantiles",
    "behaviour_daily",
    "language_shares",
    "language_by_week",
    "language_by_tenure",
    "language_placebo",
)
"""Tables that a crawl of any size gets: counts, shares with intervals by formula, exact quantiles and rank effects."""

BATCH = 40_000  # rows: large enough that the time goes into rows, small enough for a worker's memory
_UNITS = {"MB": 10**6, "GB": 10**9, "MIB": 2**20, "GIB": 2**30}
_LEAST = 1500 * 10**6
POSTS_AT_ONCE = 500_000  # whose users are aggregated together: some 200 MB
_KINDS = ("posts", "quarantine", "texts", "words", "users", "done")


def run(
    file: str | Path,
    out: str | Path,
    *,
    memory: str = "4GB",
    n_jobs: int | None = None,
    words: bool = False,
    encoder: TextEncoder | None = None,
    scheduler: str | None = None,
    batch: int = BATCH,
    columns: str | Path | None = None,
    zone: str = "",
) -> dict:
    """Compute `TABLES` of a crawl of any size, into a folder.

    What an interrupted run had finished is not done again. A finished run leaves ``tables/<name>.csv``,
    ``quarantine.csv`` (line and reason of every row set aside) and ``manifest.json``; nothing of a person.

    Parameters
    ----------
    file : str or pathlib.Path
        As for the small path, but not packed. JSON one record a line; JSON and Excel in one piece are read at once.
    out : str or pathlib.Path
        Folder for the results, and for what is kept meanwhile.
    memory : str
        Most memory of all processes together, such as ``4GB``.
    n_jobs : int, optional
        Worker processes; as many as there are cores by default, or as many as the memory allows.
    words : bool
        Cut the texts into words, too, and count their users.
    encoder : TextEncoder, optional
        Write the vectors of the texts, too, into ``vectors``; one that is fitted, or learns nothing from texts.
    scheduler : str, optional
        Address of a Dask scheduler whose workers cut and encode.
    batch : int
        Rows of a batch.
    columns, zone
        As in :func:`rednote_study.crawl.posts.read_posts`.

    Returns
    -------
    dict
        The manifest.

    Raises
    ------
    StudyError
        If the file cannot be used, the memory is too little, or another run works in the folder.
    """
    file, out, allowed = Path(file), Path(out), _bytes(memory)
    check_file(file)
    workers = max(1, min(n_jobs or joblib.cpu_count(), (allowed - 600 * 10**6) // (600 * 10**6)))
    work = out / ".work"
    try:
        work.mkdir(parents=True, exist_ok=True, mode=0o700)
        with filelock.FileLock(work / ".lock", timeout=0):
            texts, how = (
                words or encoder is not None,
                {"columns": read_columns(columns) if columns else None, "zone": zone},
            )
            clock = _Clock()
            _prepare(work, _state(file, batch, texts) | {"how": repr(how)})
            reading = _read(file, work, int(workers), batch, texts, how)
            clock.stop("rows")
            data = open_platform(work, f"{allowed * 45 // 100 // 10**6}MB", file=file, reading=reading)
            clock.stop("crawls and users")
            if words:
                add_words(data.engine, work, int(workers), scheduler)
                clock.stop("words")
            if encoder is not None:
                write_vectors(data.engine, work, out / "vectors", encoder, 1, scheduler)
                clock.stop("vectors")
            tables = _computed((*TABLES, *(WORD_TABLES if words else ())), data)
            clock.stop("tables")
            manifest = _write(out, tables, data, file, {"seconds": clock.seconds, "workers": int(workers)})
            data.engine.close()
    except filelock.Timeout:
        raise StudyError(f"Another run works in {out}. Wait for it, or name another folder.") from None
    except OSError as error:
        raise DataError(f"{out} cannot be written: {why(error) or error}.") from None
    shutil.rmtree(work, ignore_errors=True)
    return manifest


def _computed(names: Sequence[str], data: Crawl) -> dict[str, pd.DataFrame]:
    """The tables by name, without those that ask for dates of registration where none is known."""
    tables = {}
    for name in progress(names, what="tables", unit="table"):
        try:
            tables[name] = compute(name, data)
        except (duckdb.Error, StudyError) as error:
            if not asks_for_registration(data, str(error)):
                raise
    return tables


class _Clock:
    """Seconds of each part."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.monotonic()

    def stop(self, part: str) -> None:
        now = time.monotonic()
        self.seconds[part], self._last = round(now - self._last, 1), now


def _read(file: Path, work: Path, workers: int, batch: int, texts: bool, how: dict) -> Reading:
    """Write the facts of all batches that are not there yet; say how the file was read."""
    sizes: dict[int, int] = {}
    reading = Reading()

    def jobs():
        nonlocal reading
        for number, rows in enumerate(read_batches(file, batch, **how)):
            sizes[number] = len(rows.kept) + len(rows.rejected)
            if number == 0:
                reading = replace(rows.reading, done=Counter())
                if reading.notation.users == NONE:
                    raise DataError(f"{file}: {reading.sentences()[0]}")
            if not file_of("posts", work, number).exists():
                yield number, rows, work, texts

    bar = progress(what="rows", unit="row", total=None)
    for done in stream(write_facts, jobs(), n_jobs=workers):
        bar.update(done)
    bar.close()
    for kind in _KINDS:  # of a run that was given more rows
        for path in (work / kind).iterdir():
            if path.stem.isdigit() and int(path.stem) not in sizes:
                path.unlink()
    for path in sorted((work / "done").glob("*.json")):
        reading.done.update(json.loads(path.read_text("utf-8")))
    reading.rows = sum(sizes.values())
    return reading


def open_platform(work: Path, memory: str, *, file: Path, reading: Reading) -> Crawl:
    """The facts in a folder as a data set: crawls told apart, doublets set aside, users aggregated."""
    engine = Engine({}, memory=memory, folder=work / "spilled")
    engine.add("facts", f"SELECT * FROM read_parquet('{quoted(work)}/posts/*.parquet')")
    engine.add("posts", "SELECT line, post, version FROM facts")
    if not (work / "repeated.parquet").exists():  # an interrupted run may have written it
        engine.write(REPEATED, work / "repeated.parquet")
    engine.add("repeated", f"SELECT * FROM read_parquet('{quoted(work)}/repeated.parquet')")
    engine.add("posts", "SELECT * FROM facts WHERE line NOT IN (SELECT line FROM repeated)")
    starts = crawl_starts(engine)
    crawl = " + ".join(["1", *(f"(created >= TIMESTAMP '{pd.Timestamp(s)}')::BIGINT" for s in starts)])
    engine.add("post_facts", f"SELECT *, {crawl} AS crawl FROM facts WHERE line NOT IN (SELECT line FROM repeated)")
    hashes = reading.notation.users == HASHES  # then no table that asks who is a newcomer
    engine.add("posts", POSTS_OF_HASHES if hashes else POSTS)
    quarantine = f"SELECT line, reason FROM read_parquet('{quoted(work)}/quarantine/*.parquet')"
    engine.add("quarantine", f"{quarantine} UNION ALL SELECT line, reason FROM repeated")
    reading.posts = int(engine.row("SELECT count(*) AS posts FROM posts")["posts"])
    reading.repeats = int(engine.row("SELECT count(*) AS repeats FROM repeated")["repeats"])
    reasons = engine.query(f"SELECT reason, count(*) AS n FROM ({quarantine}) GROUP BY reason")
    reading.reasons = counted_reasons(reasons["reason"].repeat(reasons["n"]))
    if not reading.posts:
        first = engine.row("SELECT * FROM quarantine ORDER BY line LIMIT 1")
        raise DataError(
            f"{file}: none of {reading.rows} rows can be used. Line {first['line']}: {first['reason']}."
            " Mend the file; data/README.md says what each column holds."
        )
    _write_users(engine, work)
    engine.add("user_rows", f"SELECT * FROM read_parquet('{quoted(work)}/users/*.parquet')")
    engine.add("users", USERS_OF_HASHES if hashes else USERS)
    missing = _missing(engine)
    return Crawl(_key(file), False, None, None, None, reading.rows, missing, engine=engine, reading=reading)


def _write_users(engine: Engine, work: Path) -> None:
    """Aggregate all posts of some users at a time, which the remainder of a user's number chooses."""
    ends = engine.query("SELECT crawl, max(created)::TIMESTAMP AS ended FROM posts GROUP BY crawl")["ended"]
    parts = engine.row("SELECT count(*) AS posts FROM posts")["posts"] // POSTS_AT_ONCE + 1
    counts = ", ".join(f"coalesce({c}, -1)::BIGINT AS {c}" for c in COUNTS)
    for part in progress(range(parts), what="users", unit="part"):
        path = work / "users" / f"{part:06d}-of-{parts}.parquet"
        if path.exists():
            continue
        posts = engine.query(
            f"SELECT * REPLACE (registered::TIMESTAMP_S AS registered, created::TIMESTAMP_S AS created, {counts})"
            f" FROM (SELECT author, {', '.join(USED)} FROM posts WHERE author % {parts} = {part})"
        )
        if posts.empty:  # few users wrote many posts
            continue
        numbers, row = np.unique(posts.pop("author"), return_inverse=True)
        users = aggregate(row, {c: posts[c].to_numpy() for c in USED}, risk_end(ends))
        frames = Engine({"users": users.assign(author=numbers)})
        frames.write("SELECT * FROM users", path)
        frames.close()


def _missing(engine: Engine) -> dict[str, int]:
    names = [c for c in engine.query("SELECT * FROM posts LIMIT 0").columns if c.startswith("blank_")]
    names.remove("blank_ends")
    counted = ", ".join(f"count(*) FILTER ({name}) AS {name}" for name in names)
    return {n.removeprefix("blank_"): int(k) for n, k in engine.row(f"SELECT {counted} FROM posts").items()}


def _state(file: Path, batch: int, words: bool) -> dict:
    """All that decides what a batch's file holds: a run with another state begins anew."""
    if not salt_is_kept():
        raise StudyError(
            "The salt of the pseudonyms cannot be kept, so two workers would not know a user as the same."
            " Name a folder that can be written: REDNOTE_STUDY_RAW."
        )
    told = file.stat()
    return {
        "file": str(file.resolve()),
        "size": told.st_size,
        "changed": told.st_mtime_ns,
        "batch": batch,
        "words": words,
        "code": code_digest(__name__),
        "pseudonyms": pseudonyms(pd.Series(["state"]))[0],
    }


def _prepare(work: Path, state: dict) -> None:
    """Keep what was done under the same state, and nothing else."""
    note = work / "state.json"
    if not note.exists() or json.loads(note.read_text("utf-8")) != state:
        for path in work.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != ".lock":
                path.unlink()
        write_whole(note, json.dumps(state).encode())
    for kind in _KINDS:
        (work / kind).mkdir(exist_ok=True)
        for leftover in (work / kind).glob(".*.new"):
            leftover.unlink()


def _write(out: Path, tables: dict[str, pd.DataFrame], data: Crawl, file: Path, how: dict) -> dict:
    folder = out / "tables"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.csv"):
        old.unlink()
    entries = {}
    for name, frame in tables.items():
        text = to_csv(frame)
        write_whole(folder / f"{name}.csv", text.encode())
        entries[name] = {"rows": len(frame), "sha256": hashlib.sha256(text.encode()).hexdigest()}
    data.engine.write("SELECT line, reason FROM quarantine ORDER BY line", out / "quarantine.csv")
    count = data.engine.row(
        "SELECT (SELECT count(*) FROM posts) AS posts, (SELECT count(*) FROM users) AS users,"
        " (SELECT count(*) FROM quarantine) AS quarantined"
    )
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    manifest = {
        "dataset": data.key,
        "file": file.name,
        "sha256": digest,
        "version": __version__,
        "minimum_users": MINIMUM_USERS,
        "rows": data.rows,
        **{name: int(n) for name, n in count.items()},
        "source": data.reading.as_dict(),
        "tables": entries,
        **how,
    }
    write_whole(out / "manifest.json", (json.dumps(manifest, indent=1) + "\n").encode())
    return manifest


def _key(file: Path) -> str:
    return re.sub(r"[^0-9a-z]+", "-", file.name.split(".")[0].lower()).strip("-") or "crawl"


def _bytes(memory: str) -> int:
    """Bytes of a text such as ``4GB``."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]i?b?)", memory.strip(), re.IGNORECASE)
    unit = match and match[2].upper().removesuffix("B") + "B"
    if not match or unit not in _UNITS:
        raise StudyError(f"The memory is not given like 4GB or 3500MB: {memory!r}.")
    number = float(match[1]) * _UNITS[unit]
    if number < _LEAST:
        raise StudyError(f"{memory} of memory is too little; give 1500MB or more.")
    return int(number)
