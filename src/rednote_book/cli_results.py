"""Write recorded results, or compare them with what the code and the posts give now."""

from pathlib import Path

from rednote_study import catalogue, results
from rednote_study.crawl.crawl import Crawl, require
from rednote_study.datasets import sources
from rednote_study.errors import DataError, StudyError
from rednote_study.store import record
from rednote_study.system import watch
from rednote_study.system.progress import progress

RECORDED = ("us_posts", "replica", record.SIMULATIONS)
"""What the project has results of; first what may be missing."""

REPLICATED = (
    "data_replica",
    "behaviour_correlations",
    "behaviour_daily",
    "language_wordcloud",
    "published_learning_curve",
    "published_confusion",
    "published_roc",
    "published_fits",
    "published_curves",
    "published_replication",
    "published_mended",
    "published_dealt",
    "published_spectrum",
)
"""Tables that the chapters show of the replica."""


def compute_all(name: str) -> dict:
    """Every table that rests on posts, computed from the data set `name`; of ``simulations`` those that rest on none.

    Of the replica, the tables that the chapters show.

    Raises
    ------
    StudyError
        If this session has changed something in the package: its numbers would be recorded as the study's own.
    """
    _refuse_changes()
    simulated = name == record.SIMULATIONS
    names = REPLICATED if name == "replica" else catalogue.table_names(needs_data=not simulated)
    data = None if simulated else require(name)
    tables = {n: _computed(n, data) for n in progress(names, what=f"tables of {name}", unit="table")}
    _refuse_changes()  # somebody may have edited a module meanwhile
    return tables


def _refuse_changes() -> None:
    if changed := watch.changed():
        raise StudyError(f"Nothing is recorded or compared, as this session has changed {', '.join(changed)}.")


def _origin(name: str) -> tuple[str, str]:
    """Key of the data set `name`, and sha256 of its file; simulations have none."""
    if name == record.SIMULATIONS:
        return name, ""
    source = sources.describe_source(name)
    return source.key, sources.digest(source)


def _computed(name: str, data: Crawl | None):
    """One table; what posts of somebody else do not give is said in a sentence."""
    if data is None or sources.DATASETS.get(data.key):
        return catalogue.compute(name, data)
    try:
        return catalogue.compute(name, data)
    except (StudyError, OSError):
        raise
    except Exception as error:
        raise DataError(
            f"The table {name} cannot be made from these posts ({type(error).__name__}: {error}). Results are recorded"
            " when every table can be made; `rednote-study book --dataset PATH` shows those that can."
        ) from error


def write(name: str, folder: Path | None = None) -> Path:
    """Record all tables of the data set `name`; see :mod:`rednote_study.store.record`.

    Parameters
    ----------
    name : str
    folder : pathlib.Path, optional
        Where to; default ``data/results/<data set>``. A folder that holds anything but a record is refused.
    """
    key, sha256 = _origin(name)
    if folder and folder.exists() and not (folder / "manifest.json").is_file():
        raise DataError(f"{folder} is there and is no record of results. Name a folder that does not exist yet.")
    tables = {n: (frame, results.entry(catalogue.spec(n), frame)) for n, frame in compute_all(name).items()}
    return record.write_record(key, tables, sha256, folder)


def check(name: str) -> list[str]:
    """Compare the record with the data; one sentence for each difference beyond tolerance."""
    tables, (key, actual) = compute_all(name), _origin(name)
    manifest = record.read_manifest(key)
    found = []
    if manifest["sha256"] != actual:
        found.append(f"The record is of a file with sha256 {manifest['sha256']}, present is {actual}.")
    if set(manifest["tables"]) != set(tables):
        found.append(f"Recorded and computed tables differ: {sorted(set(manifest['tables']) ^ set(tables))}.")
    for table, frame in tables.items():
        if table in manifest["tables"]:
            computed = record.from_csv(record.to_csv(frame))
            found += results.differences(catalogue.spec(table), record.read_table(key, table), computed)
    return found
