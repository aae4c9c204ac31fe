"""Two releases of the book compared: which figures and tables changed, and by how much.

A release is what holds a ``manifest.json``: the built site, a folder or ZIP archive with it, or the file itself.
Which version last changed a figure is kept in ``book/figures_history.json``.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from rednote_study.datasets.sources import DATASETS
from rednote_study.errors import DataError
from rednote_study.system.paths import BOOK

HISTORY = BOOK / "figures_history.json"
MANIFEST = "manifest.json"
_PLACES = (f"figures/{MANIFEST}", f"html/figures/{MANIFEST}", MANIFEST)
_NOISE = 1e-9  # the CSV files keep ten digits


@dataclass(frozen=True)
class Release:
    """The figures and tables of one version.

    Attributes
    ----------
    manifest : dict
        As ``manifest.schema.json`` describes it.
    read : callable
        Content of a file by its path in the manifest; None where the file is missing.
    """

    manifest: dict
    read: Callable[[str], bytes | None]

    @property
    def items(self) -> dict[str, dict]:
        """Figures and tables by id."""
        return {item["id"]: item for item in self.manifest["items"]}

    def table(self, entry: dict) -> pd.DataFrame | None:
        """The numbers of one of an item's tables; None where the file is missing."""
        content = self.read(entry["path"])
        return None if content is None else pd.read_csv(io.BytesIO(content), keep_default_na=False, na_values=[""])


def open_release(path: str | Path) -> Release:
    """Open a release; nothing is unpacked.

    Raises
    ------
    DataError
        If there is no manifest at `path`, or it is none.
    """
    path = Path(path)
    if path.is_dir():
        found = next((path / place for place in _PLACES if (path / place).is_file()), None)
        if found is None:
            raise DataError(f"{path} holds no figures/{MANIFEST}. Name a built site or a release.")
        return _release(path, found.read_bytes(), _from_folder(found.parent))
    if not path.is_file():
        raise DataError(f"{path} does not exist. Name a built site, a release archive or a {MANIFEST}.")
    if not zipfile.is_zipfile(path):
        return _release(path, path.read_bytes(), _from_folder(path.parent))
    archive = zipfile.ZipFile(path)  # read as long as the release is
    names = set(archive.namelist())
    places = [n for n in map(PurePosixPath, names) if n.name == MANIFEST and n.parent.name == "figures"]
    if not places:
        raise DataError(f"{path} holds no figures/{MANIFEST}. Name an archive made by `make release`.")
    place = min(places, key=lambda n: len(str(n)))

    def read(name: str) -> bytes | None:
        member = str(place.parent / name)
        return archive.read(member) if member in names else None

    return _release(path, archive.read(str(place)), read)


def _release(path: Path, text: bytes, read: Callable[[str], bytes | None]) -> Release:
    try:
        manifest = json.loads(text)
        ids = [(item["id"], item["sha256"], item["tables"]) for item in manifest["items"]]
    except (ValueError, KeyError, TypeError):
        raise DataError(f"The manifest in {path} cannot be read: it is not one of this project.") from None
    if len({id for id, *_ in ids}) != len(ids):
        raise DataError(f"The manifest in {path} names an id twice.")
    return Release(manifest, read)


def _from_folder(folder: Path) -> Callable[[str], bytes | None]:
    def read(name: str) -> bytes | None:
        path = (folder / name).resolve()
        return path.read_bytes() if path.is_relative_to(folder.resolve()) and path.is_file() else None

    return read


def diff(old: Release, new: Release, ids: Iterable[str] = ()) -> list[dict]:
    """Compare the figures and tables of two releases.

    Parameters
    ----------
    old, new : Release
    ids : iterable of str
        Only these; without any, all.

    Returns
    -------
    list of dict
        For each id its ``state`` (``same``, ``within tolerance``, ``changed``, ``unknown``: the files are missing,
        ``added``, ``removed``), numbers in both, whether data set, caption or alternative text changed, and
        the differences of its tables.

    Raises
    ------
    DataError
        If neither release has one of `ids`.
    """
    before, after = old.items, new.items
    known = [*after, *(id for id in before if id not in after)]
    unknown = [id for id in ids if id not in known]
    if unknown:
        raise DataError(f"Neither release has {', '.join(unknown)}.")
    return [_item(before.get(id), after.get(id), old, new) for id in known if not ids or id in set(ids)]


def _item(before: dict | None, after: dict | None, old: Release, new: Release) -> dict:
    one = after or before
    out = {"id": one["id"], "old_number": before and before["number"], "new_number": after and after["number"]}
    if not (before and after):
        return out | {"state": "added" if after else "removed", "texts": [], "tables": []}
    out["texts"] = [t for t in ("dataset", "title", "caption", "alt", "licence") if before[t] != after[t]]
    if before["sha256"] == after["sha256"]:
        return out | {"state": "same", "tables": []}
    tables = [_tables(b, a, old, new) for b, a in _pairs(before["tables"], after["tables"])]
    states = {table["state"] for table in tables}
    state = next(s for s in ("changed", "unknown", "within tolerance", "same") if s in (states or {"same"}))
    return out | {"state": state, "tables": [t for t in tables if t["state"] != "same"]}


def _pairs(before: list[dict], after: list[dict]) -> list[tuple[dict | None, dict | None]]:
    old, new = ({table["name"]: table for table in tables} for tables in (before, after))
    return [(old.get(name), new.get(name)) for name in {**new, **old}]


def _tables(before: dict | None, after: dict | None, old: Release, new: Release) -> dict:
    out = {"name": (after or before)["name"]}
    if not (before and after):
        return out | {"state": "changed", "table": "added" if after else "removed"}
    was, now = old.table(before), new.table(after)
    if was is None or now is None:
        return out | {"state": "unknown"}
    return out | compare(was, now, after["keys"], after["tolerance"], after["absolute"])


def compare(was: pd.DataFrame, now: pd.DataFrame, keys: list[str], tolerance: float, absolute: float) -> dict:
    """Differences of two versions of a table.

    Parameters
    ----------
    was, now : pandas.DataFrame
    keys : list of str
        Columns that say which row it is; where they do not, rows are compared by their place.
    tolerance, absolute : float
        Largest relative and absolute difference that does not count as a change.

    Examples
    --------
    >>> a = pd.DataFrame({"week": ["a", "b"], "share": [0.5, 0.2]})
    >>> b = pd.DataFrame({"week": ["b", "c"], "share": [0.3, 0.9]})
    >>> out = compare(a, b, ["week"], 0, 0)
    >>> out["rows_added"], out["rows_removed"], round(out["columns"][0]["absolute"], 3)
    (1, 1, 0.1)
    """
    was, now, labels = _aligned(was, now, keys)
    both = was.index.intersection(now.index, sort=False)
    columns = [
        found
        for name in now.columns.intersection(was.columns, sort=False)
        if (found := _column(was.loc[both, name], now.loc[both, name], labels, tolerance, absolute))
    ]
    out = {
        "rows_added": len(now.index.difference(both)),
        "rows_removed": len(was.index.difference(both)),
        "columns_added": [c for c in now.columns if c not in was.columns],
        "columns_removed": [c for c in was.columns if c not in now.columns],
        "columns": columns,
    }
    shape = any(out[k] for k in ("rows_added", "rows_removed", "columns_added", "columns_removed"))
    beyond = shape or any(c["beyond"] for c in columns)
    return {"state": "changed" if beyond else "within tolerance" if columns else "same"} | out


def _aligned(was: pd.DataFrame, now: pd.DataFrame, keys: list[str]) -> tuple[pd.DataFrame, pd.DataFrame, bool]:
    """Both tables with rows named by their keys, if the keys name each row once."""
    usable = bool(keys) and all(
        set(keys) <= set(frame.columns) and not frame[keys].duplicated().any() for frame in (was, now)
    )
    if not usable:
        return was.reset_index(drop=True), now.reset_index(drop=True), False
    named = []
    for frame in (was, now):
        index = pd.Index([" / ".join(map(str, row)) for row in frame[keys].itertuples(index=False, name=None)])
        named.append(frame.drop(columns=keys).set_axis(index))
    return *named, True


def _column(was: pd.Series, now: pd.Series, labels: bool, tolerance: float, absolute: float) -> dict | None:
    """How a column differs; None if it does not."""
    same = was.eq(now).fillna(False).to_numpy(bool) | (was.isna() & now.isna()).to_numpy(bool)
    if same.all():
        return None
    out = {"name": str(now.name), "cells": int((~same).sum())}
    if not all(pd.api.types.is_numeric_dtype(c) and not pd.api.types.is_bool_dtype(c) for c in (was, now)):
        return out | {"beyond": out["cells"], "absolute": None, "relative": None} | _where(was, now, ~same, labels)
    x, y = was.to_numpy(float), now.to_numpy(float)
    close = same | np.isclose(y, x, rtol=max(tolerance, _NOISE), atol=max(absolute, 1e-12))
    change = np.abs(y - x)
    relative = np.divide(change, np.abs(x), out=np.full(len(x), np.nan), where=np.abs(x) > 0)
    numbers = np.isfinite(change) & ~same
    return (
        out
        | {
            "beyond": int((~close).sum()),
            "absolute": float(change[numbers].max()) if numbers.any() else None,
            "relative": float(relative[np.isfinite(relative)].max()) if np.isfinite(relative).any() else None,
        }
        | _where(was, now, np.where(numbers, change, -1.0 * same), labels)
    )


def _where(was: pd.Series, now: pd.Series, size: np.ndarray, labels: bool) -> dict:
    """The row of the largest change, and the cell before and after."""
    place = int(np.argmax(size))
    row = str(now.index[place]) if labels else f"row {place + 1}"
    return {"row": row, "old": _plain(was.iloc[place]), "new": _plain(now.iloc[place])}


def _plain(value):
    """A cell as JSON can hold it."""
    if pd.isna(value):
        return None
    return value.item() if isinstance(value, np.generic) else value if isinstance(value, int | float) else str(value)


def describe_changes(changes: list[dict]) -> list[str]:
    """Sentences for an author who cites these figures; one line a figure, then one a column."""
    lines = []
    for change in changes:
        numbers = " -> ".join(dict.fromkeys(n for n in (change["old_number"], change["new_number"]) if n))
        texts = f"; other {', '.join(change['texts'])}" if change["texts"] else ""
        if change["state"] == "same" and not texts and " -> " not in numbers:
            continue
        state = {"same": "same numbers", "unknown": "numbers changed, by how much is unknown: CSV files are missing"}
        lines.append(f"{change['id']} ({numbers}): {state.get(change['state'], change['state'])}{texts}")
        for table in change["tables"]:
            lines += [f"  {text}" for text in _describe_table(table)]
    return lines


def _describe_table(table: dict) -> list[str]:
    if "columns" not in table:
        return [f"{table['name']}: {table['table']}"] if "table" in table else []
    counts = {"rows added": table["rows_added"], "rows removed": table["rows_removed"]}
    shape = [f"{n} {what}" for what, n in counts.items() if n]
    for what in ("columns_added", "columns_removed"):
        shape += [f"{what.replace('_', ' ')}: {', '.join(table[what])}"] if table[what] else []
    lines = [f"{table['name']}: {'; '.join(shape)}"] if shape else []
    for column in table["columns"]:
        size = f"largest change {column['absolute']:.3g}" if column["absolute"] is not None else "text or blank"
        size += f" ({column['relative']:.2%})" if column["relative"] is not None else ""
        old, new = ("blank" if v is None else v for v in (column["old"], column["new"]))
        lines.append(
            f"{table['name']}, {column['name']}: {column['cells']} cells, {size}; {column['row']}: {old} -> {new}"
        )
    return lines


def record_history(site: Release, path: Path = HISTORY, since: Release | None = None) -> list[str]:
    """Note in the history which figures this version changed; the ids noted.

    Parameters
    ----------
    site : Release
        The book as it will be released.
    path : pathlib.Path
        The history: for each id its data set, its tables and its changes, each a version and the sha256 of the
        numbers.
    since : Release, optional
        The release before; what differs from it within tolerance is no change.
    """
    history = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    kept = {c["id"] for c in diff(since, site) if c["state"] in ("same", "within tolerance")} if since else set()
    noted = []
    for id, item in site.items.items():
        dataset = item["dataset"]["key"] if item["dataset"] else ""
        if dataset and dataset not in DATASETS:
            continue  # a crawl of the reader's own has no releases
        change = {"version": site.manifest["version"], "sha256": item["sha256"]}
        entry = history.get(id)
        if entry is None or entry["dataset"] != dataset:
            entry = history[id] = {"dataset": dataset, "changes": []}
        entry["tables"], changes = [table["name"] for table in item["tables"]], entry["changes"]
        if changes and (changes[-1]["sha256"] == change["sha256"] or id in kept):
            continue
        if changes and changes[-1]["version"] == change["version"]:
            changes[-1] = change
        else:
            changes.append(change)
        noted.append(id)
    path.write_text(json.dumps(dict(sorted(history.items())), indent=1) + "\n", "utf-8")
    return noted
