"""Write the recorded results of a data set, or compare them with its posts."""

from pathlib import Path

from rednote_study import record, sources
from rednote_study.errors import DataError, StudyError
from rednote_study.progress import progress
from rednote_study.study import require
from rednote_study.tables import registry

__all__ = ["check", "compute_all", "write"]


def compute_all(name: str) -> dict:
    """Every table that rests on posts, computed from the data set `name`."""
    data = require(name)
    names = registry.table_names(needs_data=True)
    return {n: _computed(n, data) for n in progress(names, what="tables", unit="table")}


def _computed(name: str, data: registry.Data):
    """One table; what posts of somebody else do not give is said in a sentence."""
    if sources.DATASETS.get(data.key):
        return registry.compute(name, data)
    try:
        return registry.compute(name, data)
    except (StudyError, OSError):
        raise
    except Exception as error:
        raise DataError(
            f"The table {name} cannot be made from these posts ({type(error).__name__}: {error}). Results are recorded"
            " when every table can be made; `rednote-study book --dataset PATH` shows those that can."
        ) from error


def write(name: str, folder: Path | None = None) -> Path:
    """Record all tables of the data set `name`; see :mod:`rednote_study.record`.

    Parameters
    ----------
    name : str
    folder : pathlib.Path, optional
        Where to; default ``data/results/<data set>``. A folder that holds anything but a record is refused.
    """
    source = sources.describe_source(name)
    if folder and folder.exists() and not (folder / "manifest.json").is_file():
        raise DataError(f"{folder} is there and is no record of results. Name a folder that does not exist yet.")
    return record.write_record(source.key, compute_all(name), sources.digest(source), folder)


def check(name: str) -> list[str]:
    """Compare the record with the data; one sentence for each difference beyond tolerance."""
    tables, source = compute_all(name), sources.describe_source(name)
    manifest, actual = record.read_manifest(source.key), sources.digest(source)
    found = []
    if manifest["sha256"] != actual:
        found.append(f"The record is of a file with sha256 {manifest['sha256']}, present is {actual}.")
    if set(manifest["tables"]) != set(tables):
        found.append(f"Recorded and computed tables differ: {sorted(set(manifest['tables']) ^ set(tables))}.")
    for table, frame in tables.items():
        if table in manifest["tables"]:
            computed = record.from_csv(record.to_csv(frame))
            found += record.differences(table, record.read_table(source.key, table), computed)
    return found
