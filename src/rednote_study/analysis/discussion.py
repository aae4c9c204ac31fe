"""What became of each published claim: its class, and the recorded rows that it rests on. No posts are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from rednote_study.crawl.conditions import checked
from rednote_study.errors import DataError
from rednote_study.formats import Format, format_number, with_interval
from rednote_study.reported.claims import CLASSES, published_claims
from rednote_study.results import result
from rednote_study.statistics.bounds import bounds as smallest_effects
from rednote_study.statistics.bounds import verdict
from rednote_study.store import record

DATA_FILES = (
    "published/claims.toml",
    "results/replica/published_mended.csv",
    "results/replica/published_replication.csv",
    "results/simulations/noise_summary.csv",
    "results/simulations/published_layers.csv",
    "results/simulations/published_leavers.csv",
    "results/simulations/published_variants.csv",
    "results/us_posts/arrival_scripts.csv",
    "results/us_posts/arrival_topics.csv",
    "results/us_posts/behaviour_claims.csv",
    "results/us_posts/behaviour_correlations.csv",
    "results/us_posts/cohort_registrations.csv",
    "results/us_posts/language_claims.csv",
    "results/us_posts/reception_concentration.csv",
    "results/us_posts/reception_tests.csv",
    "results/us_posts/representation_comparison.csv",
    "results/us_posts/retention_ablation.csv",
    "results/us_posts/sampling_rates.csv",
    "results/us_posts/topic_claims.csv",
)
"""The claims, and the recorded tables that they rest on: with another record the classes are looked at anew."""

BOUNDS = smallest_effects()
"""The smallest effects that matter, one table for the whole book."""

_DATA = {"us_posts": "open posts", "replica": "synthetic replica", "simulations": "arithmetic or simulation"}
_SOURCES = {
    "wu2025report": "report",
    "cheng2025": "Cheng",
    "siliconstar2025": "Silicon Star",
    "growthhk2025": "Sun",
    "foreigntrade2025": "for exporters",
}
"""What a source is called in a table."""


_MEASURES = {"delta": "Cliff's delta ", "auc": "AUC ", "auc difference": "difference of AUC "}


def _evidence_text(value: float, low: float, high: float, kind: str, unit: str, measure: str) -> str:
    if pd.isna(kind):
        return "–"
    number = format_number(value, low, high, kind, missing="too few users")
    unit = "points" if kind == "points" else unit
    return _MEASURES.get(measure, "") + number + (f" {unit}" if pd.notna(unit) and pd.notna(value) else "")


@result(
    "discussion_claims",
    title="What the published report and four articles claim, in our words, and what became of it."
    " Rows of the synthetic replica say what a method does, and nothing about people.",
    columns={
        "claim": "what the source says, in our words",
        "source": "report: Wu 2025; articles: Cheng 2025, Silicon Star, Sun (both January 2025), and one for exporters",
        "status": "reproduced; reproducible with changes (other data or steps); not reproducible; not supported (the"
        " evidence does not show it); refuted (the evidence excludes it); not testable here",
        "why": "what the class rests on",
        "evidence": "the number that decides; several pieces may stand behind a claim, and all have to carry it",
        "evidence_low": "lower end of its interval, or least of several runs",
        "evidence_high": "upper end, or most",
        "kind": "how the number is written; empty where a class rests on no number",
        "unit": "what is counted, where it is a count",
        "measure": "measure of the effect, where there is one",
        "data": "what the evidence was computed from",
        "result": "recorded result in which it stands",
        "chapter": "chapter that looks at it",
    },
    keys=("claim",),
    formats={
        "evidence": Format(_evidence_text, ("evidence", "evidence_low", "evidence_high", "kind", "unit", "measure"))
    },
    needs_data=False,
)
def claims(*, bounds: Mapping[str, Mapping] = BOUNDS) -> pd.DataFrame:
    """One row a claim, as ``data/published/claims.toml`` has it, with the piece of evidence that decides.

    Parameters
    ----------
    bounds : mapping of str to mapping
        The smallest effect that matters, by measure, as ``data/claims.toml`` has them.

    Raises
    ------
    DataError
        If a piece of evidence is not recorded.
    """
    return pd.DataFrame([_row(claim, bounds) for claim in published_claims()])


@result(
    "discussion_classes",
    title="How many claims of the report and of the articles are in each class.",
    columns={
        "source": "the published report, or the four articles together",
        "status": "as in the table of claims",
        "claims": "how many",
    },
    keys=("source", "status"),
    needs_data=False,
)
def classes() -> pd.DataFrame:
    """One row a class and kind of source, zeros included."""
    found = pd.DataFrame(published_claims())
    articles = np.where(found["source"].eq("wu2025report"), "the report", "four articles")
    counted = pd.crosstab(articles, found["class"]).reindex(
        index=["the report", "four articles"], columns=list(CLASSES), fill_value=0
    )
    return counted.rename_axis("source").reset_index().melt("source", var_name="status", value_name="claims")


def by_rule(claim: Mapping, bounds: Mapping[str, Mapping] = BOUNDS) -> str:
    """The class that the evidence of a claim carries; empty where the claim has none and was judged by reading.

    - *not testable here*: a number is missing (too few users).
    - *refuted*: all rows of a piece exclude the claim, or what would matter of it.
    - *not reproducible*: a published number does not come out again.
    - *not supported*: some of the evidence does not carry the claim.
    - else *reproduced* where published numbers come out to the last printed digit, and *reproducible with changes*
      where they lie in the range of repeated runs, or where other data carry the claim.

    Parameters
    ----------
    claim : mapping
        A claim of ``data/published/claims.toml``.
    bounds : mapping of str to mapping
        As for :func:`claims`.
    """
    pieces = claim.get("evidence", [])
    found = [[_carries(piece, number, bounds) for number in _numbers(piece)] for piece in pieces]
    words = {word for some in found for word in some}
    if not pieces:
        return ""
    if "missing" in words:
        return "not testable here"
    if any(p.get("refutes", True) and set(some) == {"excluded"} for p, some in zip(pieces, found, strict=True)):
        return "refuted"
    if "other" in words:
        return "not reproducible"
    if words & {"open", "excluded"}:
        return "not supported"
    return "reproduced" if words == {"same"} else "reproducible with changes"


def _row(claim: Mapping, bounds: Mapping[str, Mapping]) -> dict:
    """A claim with the first number that does not carry it, or with its first."""
    found = [(piece, number) for piece in claim.get("evidence", []) for number in _numbers(piece)]
    fails = [pair for pair in found if _carries(*pair, bounds) not in ("carried", "same")]
    piece, number = (fails or found or [({}, _Number())])[0]
    return {
        "claim": claim["says"],
        "source": _SOURCES[claim["source"]],
        "status": claim["class"],
        "why": claim["why"],
        "evidence": number.value,
        "evidence_low": number.low,
        "evidence_high": number.high,
        "kind": piece.get("kind"),
        "unit": piece.get("unit"),
        "measure": piece.get("measure"),
        "data": _DATA.get(piece.get("data")),
        "result": piece.get("result"),
        "chapter": claim["chapter"],
    }


class _Number(NamedTuple):
    """A recorded number, its interval if it has one, and the number that was published in its place."""

    value: float = np.nan
    low: float = np.nan
    high: float = np.nan
    published: float = np.nan


def _carries(piece: Mapping, number: _Number, bounds: Mapping[str, Mapping]) -> str:
    """What a number does to the claim: ``carried``, ``excluded``, ``open`` or ``missing``.

    Of a number that was published: the ``same``, ``carried`` in the range of repeated runs, or an ``other``.
    """
    if pd.isna(number.value):
        return "missing"
    once = pd.isna(number.low)
    least, most = (number.value, number.value) if once else (number.low, number.high)
    if piece["says"] == "equals":
        again = np.isclose(number.value, number.published, rtol=1e-9) if once else least <= number.published <= most
        return ("same" if once else "carried") if again else "other"
    bound = piece.get("bound")
    if "measure" in piece:
        shown, bound = verdict(least, most, piece["measure"], bounds), bounds[piece["measure"]]["nothing"]
        if shown != "presence":
            return {"absence": "excluded", "undetermined": "open"}[shown]
    if least <= bound <= most:
        return "open"
    return "carried" if (least > bound) == (piece["says"] in ("more", "above")) else "excluded"


def _numbers(piece: Mapping) -> list[_Number]:
    """The recorded numbers of a piece of evidence; the interval of a difference is wider than need be."""
    table, column = record.read_table(piece["data"], piece["result"]), piece["value"]
    rows = _those(table, piece["row"])
    found = [_Number(*with_interval(row, column), row.get(piece.get("published"), np.nan)) for row in rows]
    if "than" in piece:
        less = [with_interval(row, column) for row in _those(table, piece["than"])]
    elif "beyond" in piece:
        less = [_size(*with_interval(row, piece["beyond"])) for row in rows]
    else:
        return found
    return [_Number(n.value - v, n.low - most, n.high - least) for n, (v, least, most) in zip(found, less, strict=True)]


def _size(value: float, low: float, high: float) -> tuple[float, float, float]:
    return (-value, -high, -low) if value < 0 else (value, low, high)


def _those(table: pd.DataFrame, condition: str) -> list[pd.Series]:
    """The rows that satisfy a condition."""
    found = [row for _, row in table.query(checked(condition)).iterrows()]
    if not found:
        raise DataError(f"No recorded row has {condition}, on which a published claim rests: make results.")
    return found
