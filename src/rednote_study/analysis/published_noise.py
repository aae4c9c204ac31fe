"""The published model without people: its layers, what a constant gives, and its protocol on noise."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from rednote_study.formats import interval_ends
from rednote_study.models.noise import chance_labels, effective_directions, noise
from rednote_study.models.published import (
    AS_CODED,
    INPUTS,
    VARIANTS,
    Protocol,
    auc,
    constant_loss,
    fit_published,
    measures,
    network,
    tail_split,
)
from rednote_study.reported.published import published_facts
from rednote_study.results import SEED, result, stored
from rednote_study.statistics.inference import wilson
from rednote_study.system.parallel import run

FACTORS = (2, 5, 10, 30, 100, None)
"""Factors behind the columns of noise, from few to independent columns."""

RUNS = {"as coded": 30, "as written": 10}
"""Noise data sets of each design by protocol: more for the one that was run."""

SINGLE_FITS = "Training amplifies the rounding of a processor: single fits differ, what they show together does not."


# Network --------------------------------------------------------------------------------------------------


@result(
    "published_layers",
    title="The published network: parameters of this project's layers, and those that the report prints.",
    columns={
        "layer": "layer, or sum",
        "output": "numbers that it gives for one user",
        "parameters": "parameters, counted in Keras",
        "published": "parameters that the report prints",
    },
    keys=("layer",),
    needs_data=False,
)
def layers(protocol: Protocol = AS_CODED, inputs: int = INPUTS) -> pd.DataFrame:
    """One row a layer, and three sums.

    Parameters
    ----------
    protocol : Protocol
        What the report prints stands beside its own layers alone.
    inputs : int
        Columns of the input.
    """
    printed, model = published_facts()["mlp"]["params"], network(inputs, protocol, seed=0)
    if protocol.units != AS_CODED.units:
        printed = {}
    names = ["dense_1", "bn_1", None, "dense_2", "bn_2", None, "dense_3"] if printed else [None] * len(model.layers)
    rows = [
        (_label(layer), layer.units if hasattr(layer, "units") else np.nan, layer.count_params(),
         printed.get(name, 0 if printed else np.nan))
        for layer, name in zip(model.layers, names, strict=True)
    ]  # fmt: skip
    trainable = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
    total = model.count_params()
    sums = {"total": total, "trainable": trainable, "non_trainable": total - trainable}
    rows += [(name.replace("_", "-"), np.nan, count, printed.get(name, np.nan)) for name, count in sums.items()]
    frame = pd.DataFrame(rows, columns=["layer", "output", "parameters", "published"])
    frame.loc[: len(names) - 1, "output"] = frame.loc[: len(names) - 1, "output"].ffill()
    return frame


def _label(layer) -> str:
    """As the report writes it: ``Dense(128, relu)``, ``Dropout``."""
    kind = type(layer).__name__
    return f"{kind}({layer.units}, {layer.activation.__name__})" if hasattr(layer, "units") else kind


@result(
    "published_variants",
    title="Two settings in which the report's code and its text differ, and the steps of an epoch that follow.",
    columns={
        "variant": "as in the report's code, or as in its text",
        "dropout": "share of units switched off in training",
        "batch_size": "rows of a step",
        "rows": "rows that are learnt from",
        "steps": "steps of an epoch",
    },
    keys=("variant",),
    needs_data=False,
)
def variants(protocols: Mapping[str, Protocol] = VARIANTS) -> pd.DataFrame:
    """One row a protocol."""
    learnt_from = len(tail_split(published_facts()["dataset"]["january_users"])[0])
    return [
        (n, p.dropout, p.batch_size, learnt_from, math.ceil(learnt_from / p.batch_size)) for n, p in protocols.items()
    ]


# Arithmetic -----------------------------------------------------------------------------------------------


@result(
    "published_leavers",
    title="What calling everyone a leaver is right about, and the accuracy that the report prints.",
    columns={
        "rows": "all users, or the last fifth, which was not learnt from",
        "of": "users there",
        "retained": "of them retained",
        "leavers": "of them not",
        "accuracy": "share of right calls if everyone is called a leaver",
        "printed": "accuracy that the report prints",
    },
    keys=("rows",),
    needs_data=False,
)
def leavers() -> pd.DataFrame:
    """One row for all users, one for the last fifth."""
    data, facts = published_facts()["dataset"], published_facts()
    tail = len(tail_split(data["january_users"])[1])
    rows = [
        ("all users", data["january_users"], data["retained_users"], facts["results"]["accuracy"]),
        ("last fifth", tail, data["retained_in_last_650_users"], facts["mlp"]["val_accuracy"]),
    ]
    frame = pd.DataFrame(rows, columns=["rows", "of", "retained", "printed"])
    frame["leavers"] = frame["of"] - frame["retained"]
    frame["accuracy"] = frame["leavers"] / frame["of"]
    return frame


@result(
    "published_constant",
    title="Validation loss of constants: every one of the 650 users gets the same probability of staying.",
    columns={
        "constant": "where the probability comes from",
        "retained": "retained users there",
        "of": "users there",
        "peeks": "whether it uses labels of the validation rows, which it is scored on",
        "probability": "the constant: retained divided by all",
        "loss": "binary cross-entropy on the last 650 rows, of which 10 are retained",
        "above_published": "loss minus the lowest validation loss that the report prints",
    },
    keys=("constant",),
    needs_data=False,
)
def constants() -> pd.DataFrame:
    """One row a constant; the first is the one that a model could have known."""
    facts = published_facts()
    data, best = facts["dataset"], min(facts["mlp"]["val_loss"])
    tail, tail_positives = 650, data["retained_in_last_650_users"]
    everyone, positives = data["january_users"], data["retained_users"]
    rows = [
        ("share of the training rows", positives - tail_positives, everyone - tail, "no"),
        ("share of all rows", positives, everyone, "yes, among others"),
        ("share of the validation rows", tail_positives, tail, "yes, alone"),
    ]
    frame = pd.DataFrame(rows, columns=["constant", "retained", "of", "peeks"])
    frame["probability"] = frame["retained"] / frame["of"]
    frame["loss"] = [constant_loss(p, tail_positives, tail) for p in frame["probability"]]
    return frame.assign(above_published=frame["loss"] - best)


@result(
    "published_as_good",
    title="Constants that do as well as the published network: their loss is not above its lowest validation loss.",
    columns={
        "loss": "lowest validation loss that the report prints",
        "retained": "retained users of the last fifth",
        "of": "users of the last fifth",
        "low": "smallest such probability",
        "high": "largest such probability",
    },
    needs_data=False,
)
def as_good() -> pd.DataFrame:
    """One row."""
    data, loss = published_facts()["dataset"], min(published_facts()["mlp"]["val_loss"])
    positives, n = data["retained_in_last_650_users"], len(tail_split(data["january_users"])[1])

    def above(p: float) -> float:
        return constant_loss(p, positives, n) - loss

    low, high = brentq(above, 1e-6, positives / n), brentq(above, positives / n, 0.5)
    return [(loss, positives, n, low, high)]


# Noise ----------------------------------------------------------------------------------------------------

MEASURED = {
    "auc": "area under the ROC curve, all rows, as the report computes it",
    "auc_training": "the same for the rows that were trained on",
    "auc_tail": "the same for the last fifth",
    "accuracy": "share of right calls at 0.5, all rows",
    "recall": "share of the retained found at 0.5, all rows",
    "epochs": "epochs run",
    "val_loss": "lowest validation loss",
}
"""What is measured of a fit where nothing can be known."""

SUMMARY = {
    "runs": "fits",
    "directions": "effective directions of the inputs (participation ratio of their spectrum), mean",
    "auc": "mean area under the ROC curve, all rows, as the report computes it",
    "auc_low": "2.5 % quantile of the fits",
    "auc_high": "97.5 % quantile of the fits",
    "published": "the area that the report prints",
    "reached": "share of fits with at least that area",
    **interval_ends(" (Wilson)", of="reached"),
    "auc_training": "mean area, rows trained on",
    "auc_tail": "mean area, last fifth",
    "auc_tail_low": "lower end of the mean's 95 % interval (normal)",
    "auc_tail_high": "upper end of the mean's 95 % interval",
    "val_loss": "mean lowest validation loss",
    "val_loss_low": "2.5 % quantile of the fits",
    "val_loss_high": "97.5 % quantile of the fits",
    "accuracy": "mean share of right calls at 0.5",
    "recall": "mean share of the retained found at 0.5",
    "epochs": "mean epochs run",
}


@result(
    "noise_runs",
    title="Simulation: the published protocol on pure noise, one fit a row.",
    columns={
        "design": "columns that mix so many factors, or independent columns",
        "variant": "dropout and batch size as in the report's code, or as in its text",
        "run": "number of the noise data set",
        "directions": "effective directions of the inputs: participation ratio of their spectrum",
        **MEASURED,
    },
    keys=("design", "variant", "run"),
    machine=SINGLE_FITS,
    needs_data=False,
)
def fits(
    protocols: Mapping[str, Protocol] = VARIANTS,
    factors: Sequence[int | None] = FACTORS,
    *,
    runs: Mapping[str, int] = RUNS,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row a fit; ten of the twenty retained lie among the last 650 rows, as published.

    Parameters
    ----------
    protocols : mapping of str to Protocol
        All see the same noise.
    factors : sequence of int or None
        As for :func:`rednote_study.models.noise.noise`.
    runs : mapping of str to int
        Noise data sets of each design, by protocol.
    seed : int
    """
    rows = [
        {"design": "independent" if k is None else f"{k} factors", "variant": variant, "run": number} | row
        for k in factors
        for variant, protocol in protocols.items()
        for number, row in enumerate(_fits(k, protocol, runs[variant], seed))
    ]
    return pd.DataFrame(rows)


@stored  # of each design by itself, so that an interruption costs little
def _fits(factors: int | None, protocol: Protocol, runs: int, seed: int) -> list[dict[str, float]]:
    return run(_fit, [(factors, protocol, number, seed) for number in range(runs)], what="fits to noise")


def _fit(factors: int | None, protocol: Protocol, number: int, seed: int) -> dict[str, float]:
    rng = np.random.default_rng([seed, factors or 0, number])
    return measured(noise(factors, rng), chance_labels(rng), protocol, seed + number)


def measured(X: np.ndarray, y: np.ndarray, protocol: Protocol, seed: int) -> dict[str, float]:
    """Fit, and measure as the report does (:data:`MEASURED`); also how many directions the inputs have."""
    fit = fit_published(X, y, protocol, seed)
    all_rows = measures(y, fit.scores)
    return {
        "directions": effective_directions(X),
        "auc": all_rows["auc"],
        "auc_training": auc(y[fit.train], fit.scores[fit.train]),
        "auc_tail": auc(y[fit.validation], fit.scores[fit.validation]),
        "accuracy": all_rows["accuracy"],
        "recall": all_rows["recall"],
        "epochs": fit.epochs,
        "val_loss": fit.best_val_loss,
    }


@result(
    "noise_summary",
    title="Simulation: the published protocol on pure noise, by the number of directions that the noise has.",
    columns={
        "design": "columns that mix so many factors, or independent columns",
        "variant": "dropout and batch size as in the report's code, or as in its text",
        **SUMMARY,
    },
    keys=("design", "variant"),
    needs_data=False,
)
def summary(
    protocols: Mapping[str, Protocol] = VARIANTS,
    factors: Sequence[int | None] = FACTORS,
    *,
    runs: Mapping[str, int] = RUNS,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row a design and protocol; arguments as for :func:`fits`."""
    grouped = fits(protocols, factors, runs=runs, seed=seed).groupby(["design", "variant"], sort=False)
    return pd.DataFrame([{"design": design, "variant": name} | summarised(g) for (design, name), g in grouped])


def summarised(runs: pd.DataFrame) -> dict[str, float]:
    """What some fits of one kind show together (:data:`SUMMARY`)."""
    published = published_facts()["results"]["roc_auc"]
    reached = wilson(int(runs["auc"].ge(published).sum()), len(runs))
    half = 1.96 * runs["auc_tail"].std() / np.sqrt(len(runs))
    made = {
        **runs[[*MEASURED, "directions"]].mean(),
        "runs": len(runs),
        "published": published,
        **{f"reached{end}": part for end, part in zip(("", "_low", "_high"), reached, strict=True)},
        "auc_tail_low": runs["auc_tail"].mean() - half,
        "auc_tail_high": runs["auc_tail"].mean() + half,
    }
    for column in ("auc", "val_loss"):
        made[f"{column}_low"], made[f"{column}_high"] = runs[column].quantile([0.025, 0.975])
    return {column: made[column] for column in SUMMARY}
