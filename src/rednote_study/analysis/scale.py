"""Tables of the page about size: what a larger crawl costs, as benchmarks/scale.py recorded it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from rednote_study.analysis.numbers import NUMBER_COLUMNS, Part, number_table
from rednote_study.paths import DATA
from rednote_study.results import result

__all__ = ["scale_growth", "scale_numbers", "scale_ratios"]

_RECORD = DATA / "benchmarks"
_WHOLE = "all four"


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
def scale_growth() -> pd.DataFrame:
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
def scale_ratios() -> pd.DataFrame:
    """One row a step and size."""
    return pd.read_csv(_RECORD / "scale_ratios.csv")


@result("scale_numbers", title="Numbers of the page about size", columns=NUMBER_COLUMNS, needs_data=False)
def scale_numbers() -> pd.DataFrame:
    """What the prose pastes."""
    growth, ratios = scale_growth(), scale_ratios()
    largest = growth["rows"].max()
    whole, held = (growth[growth["step"].eq(step)].set_index("rows") for step in ("scale", "in memory"))
    common = held.index.max()
    top = ratios[ratios["rows"].eq(ratios["rows"].max())].set_index("step")["ratio"]
    parts = top.drop(_WHOLE)
    reached = [step for step in parts.index if parts[step] >= 10]
    rows = [
        ("largest", largest, "integer"),
        ("smallest", growth["rows"].min(), "integer"),
        ("minutes", whole.loc[largest, "seconds"] / 60, "decimal"),
        ("processor_minutes", whole.loc[largest, "processor_seconds"] / 60, "decimal"),
        ("memory", whole.loc[largest, "memory"] / 1000, "decimal"),
        ("memory_smallest", whole["memory"].iloc[0] / 1000, "decimal"),
        ("slope", last_factor(whole["processor_seconds"]), "decimal"),
        ("marginal", marginal(whole["processor_seconds"]) * 1e6, "count"),
        ("fixed", fixed(whole["processor_seconds"]), "count"),
        ("common", common, "integer"),
        ("common_seconds", whole.loc[common, "processor_seconds"], "count"),
        ("common_memory", whole.loc[common, "memory"] / 1000, "decimal"),
        ("held_seconds", held.loc[common, "processor_seconds"], "count"),
        ("held_memory", held.loc[common, "memory"] / 1000, "decimal"),
        ("held_full", round((4000 - fixed(held["memory"])) / marginal(held["memory"]), -4), "count"),
        ("ratio", top[_WHOLE], "decimal"),
        ("ratio_rows", ratios["rows"].max(), "integer"),
        ("least", parts.min(), "decimal"),
        ("least_step", str(parts.idxmin()), "word"),
        ("most", parts.max(), "decimal"),
        ("most_step", str(parts.idxmax()), "word"),
        ("reached", Part(len(reached), len(parts)), "of"),
        ("machine", json.loads((_RECORD / "scale_machine.json").read_text("utf-8"))["machine"], "word"),
    ]
    return number_table("scale", rows)


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
