"""Find how far results differ between processors, and set each table's tolerance by it.

    OPENBLAS_CORETYPE=Haswell OMP_NUM_THREADS=1 TF_ENABLE_ONEDNN_OPTS=0 python tools/spread.py --compute A
    OPENBLAS_CORETYPE=SkylakeX OMP_NUM_THREADS=2 TF_ENABLE_ONEDNN_OPTS=1 python tools/spread.py --compute B
    python tools/spread.py A B data/results

The first two compute every table (posts of us_posts must be there); empty ``build/`` between them, or what is kept
there is read back. The last compares all versions of each table and writes ``data/spread.csv``. It fails where words
or exact whole numbers differ: of such a result, record what is stable about it.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from rednote_study import catalogue, results
from rednote_study.crawl.crawl import require
from rednote_study.store import record

MARGIN, MARGIN_OF_WIDE, WIDE = 5, 2, 0.05
"""Tolerances are so many times the spread that was found; where it is wide, five times it would let anything pass."""

LEAST, LEAST_ABSOLUTE = 1e-9, 1e-12
"""Smallest tolerances, relative and absolute: the record keeps ten digits."""

REPLICATED = ("published_", "noise_")
"""Tables of the chapter that is computed on the replica."""


def compute(folder: Path) -> None:
    """Compute every table into `folder`, as this process is set up; what is there already is kept."""
    names = {need: catalogue.table_names(needs_data=need) for need in (True, False)}
    replicated = [name for name in names[True] if name.startswith(REPLICATED)]
    for key, wanted in (("us_posts", names[True]), ("none", names[False]), ("replica", replicated)):
        data = None if key == "none" else require(key)
        (folder / key).mkdir(parents=True, exist_ok=True)
        for name in wanted:
            path = folder / key / f"{name}.csv"
            if not path.is_file():
                path.write_text(record.to_csv(catalogue.compute(name, data)), "utf-8")


def read(folders: list[Path]) -> dict[tuple[str, str], list[pd.DataFrame]]:
    """The versions of each table, by its data set (its folder) and name."""
    versions = {}
    for folder in folders:
        for path in sorted(folder.rglob("*.csv")):
            key = path.parent.name, path.stem
            versions.setdefault(key, []).append(record.from_csv(path.read_text("utf-8")))
    return versions


def spread(name: str, versions: list[pd.DataFrame]) -> tuple[float, float, list[str]]:
    """Largest relative spread of numbers of 1 and more, largest absolute one of smaller ones, and what is not stable."""
    table = catalogue.spec(name)
    if len({(len(v), tuple(v.columns)) for v in versions}) > 1:
        return 0.0, 0.0, [f"{name}: rows or columns differ"]
    relative, absolute, unstable = 0.0, 0.0, []
    for column in versions[0]:
        cells = [v[column] for v in versions]
        if not all(is_numeric_dtype(c) and not is_bool_dtype(c) for c in cells):
            if pd.concat(cells, axis=1).nunique(axis=1, dropna=False).gt(1).any():
                unstable.append(f"{name}, {column}: words differ")
            continue
        numbers = np.array([c.to_numpy(float) for c in cells])
        size, equal = np.abs(numbers).max(axis=0), (numbers == numbers[0]).all(axis=0)
        width = np.where(equal, 0, np.ptp(np.where(equal, 0, numbers), axis=0))
        whole = (numbers == np.floor(numbers)).all(axis=0)
        if (np.isnan(numbers).any(axis=0) & ~np.isnan(numbers).all(axis=0)).any():
            unstable.append(f"{name}, {column}: blanks differ")
        if column not in table.varies and (whole & (width > 0)).any():
            unstable.append(f"{name}, {column}: whole numbers differ")
        large = (size >= 1) & (width > 0)
        relative = max([relative, *(width[large] / size[large])])
        absolute = max([absolute, *width[(size < 1) & (width > 0)]])
    return float(relative), float(absolute), unstable


def tolerance(found: float, least: float) -> float:
    """The spread with its margin, rounded up to 1, 2 or 5 times a power of ten.

    >>> tolerance(0.0036, 1e-12), tolerance(0, 1e-9)
    (0.02, 1e-09)
    """
    wanted = max((MARGIN if found < WIDE else MARGIN_OF_WIDE) * found, least)
    power = math.floor(math.log10(wanted))
    steps = (float(f"{step}e{power}") for step in (1, 2, 5, 10))
    return next(step for step in steps if step >= wanted * (1 - 1e-12))


def measure(folders: list[Path]) -> tuple[pd.DataFrame, list[str]]:
    """One row a table with the spread found and the tolerance that follows; and what is not stable.

    ``versions`` is the fewest of the data sets on which the table was computed.
    """
    rows, unstable = {}, []
    for (_, name), versions in read(folders).items():
        if name not in catalogue.table_names() or catalogue.spec(name).machine or len(versions) < 2:
            continue
        relative, absolute, said = spread(name, versions)
        before = rows.get(name, (len(versions), 0.0, 0.0))
        rows[name] = (min(before[0], len(versions)), max(before[1], relative), max(before[2], absolute))
        unstable += said
    frame = pd.DataFrame(
        [(name, *rows[name]) for name in catalogue.table_names() if name in rows],
        columns=["table", "versions", "relative", "absolute"],
    )
    frame["tolerance"] = [tolerance(x, LEAST) for x in frame["relative"]]
    frame["absolute_tolerance"] = [tolerance(x, LEAST_ABSOLUTE) for x in frame["absolute"]]
    return frame, unstable


def main() -> int:
    """Compute one version, or compare several."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER", help="versions to compare")
    parser.add_argument("--compute", type=Path, metavar="FOLDER", help="compute one version into it")
    parser.add_argument("--out", type=Path, default=results.SPREAD, help="default: %(default)s")
    options = parser.parse_args()
    if options.compute:
        compute(options.compute)
        return 0
    frame, unstable = measure(options.folders)
    frame.to_csv(options.out, index=False, float_format="%.2g", lineterminator="\n")
    print("\n".join(unstable) or f"{options.out}: {len(frame)} tables, nothing unstable")
    return 1 if unstable else 0


if __name__ == "__main__":
    sys.exit(main())
