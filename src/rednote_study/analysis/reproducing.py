"""Table of the chapter on reproducing: how far results differ between processors."""

from __future__ import annotations

import pandas as pd

from rednote_study.formats import Format
from rednote_study.results import SPREAD, result

DATA_FILES = ("spread.csv",)


def _small(number: float) -> str:
    """A number that may be anything from zero to a billionth to one.

    >>> [_small(x) for x in (0.0, 1e-9, 0.0036)]
    ['0', '1e−09', '0.0036']
    """
    return f"{number:.2g}".replace("-", "−")


@result(
    "reproducing_spread",
    title="Tables that differ between processors and settings, how far, and what difference therefore counts as equal."
    " All other tables were the same to ten digits.",
    columns={
        "table": "name of the table",
        "versions": "versions compared: one thread or two, kernels of OpenBLAS, oneDNN on or off",
        "relative": "largest spread of a number of 1 and more, divided by it",
        "absolute": "largest spread of a number below 1",
        "tolerance": "largest relative difference that counts as equal",
        "absolute_tolerance": "largest absolute difference that does",
    },
    keys=("table",),
    formats={c: Format(_small, (c,)) for c in ("relative", "absolute", "tolerance", "absolute_tolerance")},
    needs_data=False,
)
def spread() -> pd.DataFrame:
    """One row a table, as ``tools/spread.py`` found it; without those that did not differ."""
    found = pd.read_csv(SPREAD)
    return found[found[["relative", "absolute"]].gt(0).any(axis=1)]
