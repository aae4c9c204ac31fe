"""Numbers that the prose of the chapter on retention models pastes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rednote_study.analysis.explanation import retention_known, retention_token_kinds
from rednote_study.analysis.numbers import NUMBER_COLUMNS, number_table
from rednote_study.analysis.retention import (
    HONEST,
    RAW,
    retention_ablation,
    retention_differences,
    retention_scores,
    retention_sequences,
)
from rednote_study.analysis.survival import RULES, survival_rules
from rednote_study.analysis.verdicts import NOTHING
from rednote_study.crawl import Crawl
from rednote_study.results import result
from rednote_study.stats import Estimate

__all__ = ["retention_numbers"]

_SHORT = {
    "no-skill prior": "prior",
    "logistic regression": "logistic",
    "gradient-boosted trees": "trees",
    "MLP": "mlp",
    "LSTM": "lstm",
    "raw": "raw",
    "without format marks": "marks",
    "without marks and keywords": "keywords",
    "words only": "words",
    "at risk": "risk",
    "whole wave": "wave",
    "average precision": "precision",
    "balanced accuracy": "balanced",
    "behaviour": "behaviour",
    "language and hashtags": "language",
    "topics": "topics",
    "all together": "all",
}


def _short(*names: str) -> str:
    return "_".join(_SHORT.get(name, name) for name in names)


@result(
    "retention_numbers",
    title="Numbers of the chapter on retention models",
    columns=NUMBER_COLUMNS,
)
def retention_numbers(data: Crawl) -> pd.DataFrame:
    """What the prose pastes."""
    return number_table(
        "retention", [*_of_scores(data), *_of_ablation(data), *_of_explanation(data), *_of_survival(data)]
    )


def _of_scores(data: Crawl) -> list[tuple]:
    scores, rows = retention_scores(data), []
    wanted = scores["metric"].eq("auc") | scores["metric"].eq("brier") & scores["population"].eq("at risk")
    for r in scores[scores["version"].isin([RAW, HONEST]) & wanted].itertuples():
        rows.append((_short(r.population, r.metric, r.model, r.version), Estimate(r.value, r.low, r.high), "decimal"))
    main = scores[scores["population"].eq("at risk") & scores["version"].eq(HONEST)]
    sizes = main[["users", "positive_users"]].drop_duplicates()
    rows += [(name, sizes[name].iloc[0] if len(sizes) else np.nan, "count") for name in ("users", "positive_users")]
    rows.append(
        ("share", sizes["positive_users"].iloc[0] / sizes["users"].iloc[0] if len(sizes) else np.nan, "percent")
    )
    differences = retention_differences(data)
    for r in differences[differences["version"].eq(HONEST)].itertuples():
        name = f"difference_{_short(r.model, r.metric, r.version)}"
        rows.append((name, Estimate(r.difference, r.low, r.high), "signed"))
    auc = differences[differences["metric"].eq("auc") & differences["model"].ne("no-skill prior")]
    rows += [("better", int(auc["low"].gt(0).sum()), "integer"), ("compared", len(auc), "integer")]
    for r in retention_sequences(data).itertuples():
        several = "one" if r.posts_seen == "one" else "several"
        rows += [
            (f"sequence_{several}", r.users, "count"),
            (f"sequence_lstm_{several}", Estimate(r.lstm, r.lstm_low, r.lstm_high), "decimal"),
            (
                f"sequence_regression_{several}",
                Estimate(r.regression, r.regression_low, r.regression_high),
                "decimal",
            ),
        ]
    return rows


def _of_ablation(data: Crawl) -> list[tuple]:
    ablation, rows = retention_ablation(data), []
    for r in ablation[ablation["features"].isin(_SHORT) & ablation["version"].eq(HONEST)].itertuples():
        name = _short(r.features, r.version)
        rows += [
            (f"set_{name}", Estimate(r.wave, r.wave_low, r.wave_high), "decimal"),
            (f"set_control_{name}", Estimate(r.control, r.control_low, r.control_high), "decimal"),
            (f"set_beyond_{name}", Estimate(r.beyond, r.beyond_low, r.beyond_high), "signed"),
        ]
    honest = ablation[ablation["version"].eq(HONEST)]
    beyond = honest.loc[honest["beyond_low"].gt(0), "features"]
    rows += [
        ("sets", len(honest), "integer"),
        ("sets_beyond", len(beyond), "integer"),
        ("sets_which", ", ".join(beyond) or "none", "word"),
    ]
    return rows


def _of_explanation(data: Crawl) -> list[tuple]:
    kinds, known = retention_token_kinds(data).set_index("kind"), retention_known(data)
    rows = []
    for kind in ("all", "format mark", "search word", "hashtag", "word"):
        here = Estimate(*kinds.loc[kind, ["auc", "low", "high"]]) if kind in kinds.index else NOTHING
        rows.append((f"tokens_{kind.replace(' ', '_')}", here, "decimal"))
    fall = kinds["fall"].get("format mark", np.nan)
    return [
        *rows,
        ("tokens_fall", fall, "decimal"),
        ("features", len(known), "integer"),
        ("leaks", int(known["check"].eq("is the label").sum()), "integer"),
        ("suspects", int(known["check"].eq("suspect").sum()), "integer"),
        ("known", int(known["known"].str.startswith("yes").sum()), "integer"),
    ]


def _of_survival(data: Crawl) -> list[tuple]:
    rows = []
    for name, row in zip(RULES, survival_rules(data).itertuples(), strict=True):
        short = name.replace(" ", "_")
        rows += [
            (f"survival_{short}", Estimate(row.month, row.month_low, row.month_high), "percent"),
            (f"departed_{short}", row.departed_users, "count"),
        ]
    months = survival_rules(data)["month"]
    return [
        *rows,
        ("newcomers", row.users, "count"),
        ("month_lowest", months.min(), "percent"),
        ("month_highest", months.max(), "percent"),
    ]
