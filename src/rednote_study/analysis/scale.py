"""What a larger crawl costs, as ``benchmarks/scale.py`` recorded it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from rednote_study.results import result
from rednote_study.system.paths import DATA

_RECORD = DATA / "benchmarks"


@result(
    "scale_growth",
    title="What a larger crawl costs: time and memory by rows.",
    columns={
        "step": "replica: rows made and written; scale: in batches, all tables; in memory: the same tables, the book's way",
        "rows": "rows of the file",
        "seconds": "seconds that passed",
        "processor_seconds": "seconds of the processors, all processes together",
        "memory": "most memory of all processes together, MB (10⁶ bytes), read from outside",
    },
    keys=("step", "rows"),
    needs_data=False,
)
def growth() -> pd.DataFrame:
    """One row a step and size."""
    return pd.read_csv(_RECORD / "scale.csv")


@result(
    "scale_ratios",
    title="The published notebook's way beside ours: microseconds of one processor for each row.",
    columns={
        "step": "what is done",
        "rows": "rows of the file",
        "measured": "rows on which it was measured",
        "published": "row-wise apply, Python sets, plain jieba: microseconds a row",
        "ours": "this study: microseconds a row",
        "ratio": "published divided by ours",
    },
    keys=("step", "rows"),
    needs_data=False,
)
def ratios() -> pd.DataFrame:
    """One row a step and size."""
    return pd.read_csv(_RECORD / "scale_ratios.csv")


@result(
    "scale_costs",
    title="What each further row costs, and from how many rows on the memory is full.",
    columns={
        "step": "scale: in batches; in memory: the book's way",
        "factor": "how many times the processors' time for ten times the rows, between the two largest sizes",
        "fixed": "seconds that a run costs whatever its size",
        "marginal": "microseconds for each further row",
        "full": "rows at which the memory allowed is full, if it grows as between smallest and largest size; to 10,000",
        "machine": "on which it was measured",
    },
    keys=("step",),
    needs_data=False,
)
def costs(memory: float = 4.0) -> pd.DataFrame:
    """One row for the way in batches, and one for that in memory.

    Parameters
    ----------
    memory : float
        What is allowed, in GB.
    """
    machine, rows = json.loads((_RECORD / "scale_machine.json").read_text("utf-8"))["machine"], []
    for step, part in growth().groupby("step", sort=False):
        if step != "replica":
            by_rows = part.set_index("rows")
            seconds, held = by_rows["processor_seconds"], by_rows["memory"]
            full = round((1000 * memory - fixed(held)) / marginal(held), -4)
            rows.append((step, last_factor(seconds), fixed(seconds), 1e6 * marginal(seconds), full, machine))
    return rows


def last_factor(seconds: pd.Series) -> float:
    """How many times the seconds for ten times the rows, between the two largest sizes (indexed by rows)."""
    (small, large), (before, after) = seconds.index[-2:], seconds.iloc[-2:]
    return float(10 ** (np.log(after / before) / np.log(large / small)))


def marginal(seconds: pd.Series) -> float:
    """Seconds (or MB) for each further row, between the smallest and the largest size."""
    return float((seconds.iloc[-1] - seconds.iloc[0]) / (seconds.index[-1] - seconds.index[0]))


def fixed(seconds: pd.Series) -> float:
    """Seconds (or MB) that a run costs whatever its size: on the line through the smallest and the largest size."""
    return float(seconds.iloc[0] - marginal(seconds) * seconds.index[0])
