"""Write the recorded results of a data set, or compare them with its posts."""

from pathlib import Path

from rednote_study import record, sources
from rednote_study.progress import progress
from rednote_study.study import require
from rednote_study.tables import registry

__all__ = ["check", "compute_all", "write"]


def compute_all(name: str) -> dict:
    """Every table that rests on posts, computed from the data set `name`."""
    data = require(name)
    names = registry.table_names(needs_data=True)
    return {n: registry.compute(n, data) for n in progress(names, what="tables", unit="table")}


def write(name: str) -> Path:
    """Record all tables of the data set `name`; see :mod:`rednote_study.record`."""
    tables = compute_all(name)
    source = sources.describe_source(name)
    return record.write_record(source.key, tables, sources.digest(source))


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
