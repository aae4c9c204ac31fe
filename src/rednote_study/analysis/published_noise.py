"""The published model without people: its layers, what a constant gives, and its protocol on noise."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from rednote_study.models.noise import DESIGNS, PLACEMENTS, noise_data
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
from rednote_study.results import SEED, result
from rednote_study.statistics.inference import wilson
from rednote_study.system.parallel import run

__all__ = ["SINGLE_FITS", "as_good", "constants", "fits", "layers", "leavers", "reached", "summary", "variants"]

RUNS = {"10 in the tail": 20, "anywhere": 8}
"""Noise data sets of each design by placement, the published one more often."""

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
    rows = [
        (n, p.dropout, p.batch_size, learnt_from, math.ceil(learnt_from / p.batch_size)) for n, p in protocols.items()
    ]
    return pd.DataFrame(rows, columns=["variant", "dropout", "batch_size", "rows", "steps"])


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
    return frame[["rows", "of", "retained", "leavers", "accuracy", "printed"]]


@result(
    "published_constant",
    title="Validation loss of a constant: every one of the 650 users gets the same probability of staying.",
    columns={
        "constant": "where the probability comes from",
        "retained": "retained users there",
        "of": "users there",
        "probability": "the constant: retained divided by all",
        "loss": "binary cross-entropy on the last 650 rows, of which 10 are retained",
        "above_published": "loss minus the lowest validation loss that the report prints",
    },
    keys=("constant",),
    needs_data=False,
)
def constants() -> pd.DataFrame:
    """One row a constant."""
    facts = published_facts()
    data, best = facts["dataset"], min(facts["mlp"]["val_loss"])
    tail, tail_positives = 650, data["retained_in_last_650_users"]
    everyone, positives = data["january_users"], data["retained_users"]
    rows = [
        ("share retained of all users", positives, everyone),
        ("share retained of the users trained on", positives - tail_positives, everyone - tail),
        ("share retained of the last 650 users", tail_positives, tail),
    ]
    frame = pd.DataFrame(rows, columns=["constant", "retained", "of"])
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
    return pd.DataFrame([(loss, positives, n, low, high)], columns=["loss", "retained", "of", "low", "high"])


# Noise ----------------------------------------------------------------------------------------------------


@result(
    "noise_runs",
    title="Simulation: the published protocol on pure noise, one fit a row.",
    columns={
        "design": "columns independent, or mixtures of ten factors",
        "placement": "10 of the 20 retained in the last 650 rows, as published; or all anywhere",
        "variant": "dropout and batch size as in the report's code, or as in its text",
        "run": "number of the noise data set",
        "auc": "area under the ROC curve, all rows, as the report computes it",
        "auc_training": "the same for the rows that were trained on",
        "auc_tail": "the same for the last 650 rows; empty where none of them is retained",
        "accuracy": "share of right calls at 0.5, all rows",
        "recall": "share of the retained found at 0.5, all rows",
        "epochs": "epochs run",
        "val_loss": "lowest validation loss",
    },
    keys=("design", "placement", "variant", "run"),
    machine=SINGLE_FITS,
    needs_data=False,
)
def fits(
    protocols: Mapping[str, Protocol] = VARIANTS,
    designs: Sequence[str] = DESIGNS,
    *,
    runs: Mapping[str, int] = RUNS,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row a fit; all protocols see the same noise.

    Parameters
    ----------
    protocols : mapping of str to Protocol
    designs : sequence of str
        Of :data:`rednote_study.models.noise.DESIGNS`.
    runs : mapping of str to int
        Noise data sets of each design, by where the retained lie (:data:`rednote_study.models.noise.PLACEMENTS`).
    seed : int
    """
    cells = itertools.product(designs, runs, protocols)
    named = [(*cell, number) for cell in cells for number in range(runs[cell[1]])]
    jobs = [(design, placement, protocols[name], number, seed) for design, placement, name, number in named]
    found = run(_fit, jobs, what="fits to noise")
    return pd.DataFrame([dict(zip(_RUN, names, strict=True)) | row for names, row in zip(named, found, strict=True)])


_RUN = ("design", "placement", "variant", "run")


def _fit(design: str, placement: str, protocol: Protocol, number: int, seed: int) -> dict[str, float]:
    """Draw noise, fit, and measure as the report does."""
    drawn = np.random.SeedSequence([seed, DESIGNS.index(design), PLACEMENTS.index(placement), number])
    X, y = noise_data(design, placement, np.random.default_rng(drawn))
    fit = fit_published(X, y, protocol, seed=seed + number)
    all_rows = measures(y, fit.scores)
    return {
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
    title="Simulation: where the published area under the curve stands among those that noise gives.",
    columns={
        "design": "columns independent, or mixtures of ten factors",
        "placement": "10 of the 20 retained in the last 650 rows, as published; or all anywhere",
        "variant": "dropout and batch size as in the report's code, or as in its text",
        "runs": "fits",
        "auc": "mean area under the ROC curve, all rows, as the report computes it",
        "auc_low": "2.5 % quantile of the fits",
        "auc_median": "median of the fits",
        "auc_high": "97.5 % quantile of the fits",
        "published": "the area that the report prints",
        "reached": "share of fits with at least that area",
        "reached_low": "lower end of its 95 % interval (Wilson)",
        "reached_high": "upper end of its 95 % interval",
        "auc_training": "mean area, rows trained on",
        "auc_tail": "mean area, last 650 rows",
        "auc_tail_low": "lower end of the mean's 95 % interval (normal)",
        "auc_tail_high": "upper end of the mean's 95 % interval",
        "accuracy": "mean share of right calls at 0.5",
        "recall": "mean share of the retained found at 0.5",
        "epochs": "mean epochs run",
        "val_loss": "mean lowest validation loss",
    },
    keys=("design", "placement", "variant"),
    needs_data=False,
)
def summary(
    protocols: Mapping[str, Protocol] = VARIANTS,
    designs: Sequence[str] = DESIGNS,
    *,
    runs: Mapping[str, int] = RUNS,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row a design, placement and protocol; arguments as for :func:`fits`."""
    published = published_facts()["results"]["roc_auc"]
    grouped = fits(protocols, designs, runs=runs, seed=seed).groupby(["design", "placement", "variant"], sort=False)
    return pd.DataFrame([dict(zip(_RUN, key, strict=False)) | _summary(g, published) for key, g in grouped])


@result(
    "noise_reached",
    title="Simulation: how often the published protocol reaches the published area on noise, all designs together.",
    columns={
        "placement": "10 of the 20 retained in the last 650 rows, as published; or all anywhere",
        "fits": "fits, of all designs and variants",
        "reached": "share of them with at least the area that the report prints",
        "reached_low": "lower end of its 95 % interval (Wilson)",
        "reached_high": "upper end of its 95 % interval",
    },
    keys=("placement",),
    needs_data=False,
)
def reached(
    protocols: Mapping[str, Protocol] = VARIANTS,
    designs: Sequence[str] = DESIGNS,
    *,
    runs: Mapping[str, int] = RUNS,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row a placement; arguments as for :func:`fits`."""
    found = fits(protocols, designs, runs=runs, seed=seed)
    above = found["auc"].ge(published_facts()["results"]["roc_auc"]).groupby(found["placement"], sort=False)
    rows = [(placement, len(part), *wilson(int(part.sum()), len(part))) for placement, part in above]
    return pd.DataFrame(rows, columns=["placement", "fits", "reached", "reached_low", "reached_high"])


def _summary(runs: pd.DataFrame, published: float) -> dict[str, float]:
    """Distribution of the areas of some fits."""
    low, median, high = runs["auc"].quantile([0.025, 0.5, 0.975])
    reached = wilson(int(runs["auc"].ge(published).sum()), len(runs))
    tail = runs["auc_tail"].dropna()
    half = 1.96 * tail.std() / np.sqrt(len(tail))
    return {
        "runs": len(runs),
        "auc": runs["auc"].mean(),
        "auc_low": low,
        "auc_median": median,
        "auc_high": high,
        "published": published,
        "reached": reached.value,
        "reached_low": reached.low,
        "reached_high": reached.high,
        "auc_training": runs["auc_training"].mean(),
        "auc_tail": tail.mean(),
        "auc_tail_low": tail.mean() - half,
        "auc_tail_high": tail.mean() + half,
        **runs[["accuracy", "recall", "epochs", "val_loss"]].mean(),
    }
