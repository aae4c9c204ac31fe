"""Tables without people: layers, the loss of a constant, and the published protocol on noise."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from rednote_study.models.noise import DESIGNS, PLACEMENTS, noise_data
from rednote_study.models.published import (
    AS_CODED,
    INPUTS,
    VARIANTS,
    auc,
    constant_loss,
    fit_published,
    measures,
    network,
)
from rednote_study.parallel import run
from rednote_study.published import published_facts
from rednote_study.repeats import scaled
from rednote_study.results import SEED, result
from rednote_study.stats import wilson

__all__ = ["SINGLE_FITS", "noise_runs", "noise_summary", "published_constant", "published_layers"]

NOISE_RUNS = {"10 in the tail": 20, "anywhere": 8}
"""Noise data sets of each design by placement, the published one more often; times ``REDNOTE_STUDY_RUNS``."""

SINGLE_FITS = "Training amplifies the rounding of a processor: single fits differ, what they show together does not."


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
def published_layers() -> pd.DataFrame:
    """One row a layer, and three sums."""
    printed, model = published_facts()["mlp"]["params"], network(INPUTS, AS_CODED.dropout, seed=0)
    names = ["dense_1", "bn_1", None, "dense_2", "bn_2", None, "dense_3"]
    rows = [
        (label, layer.units if hasattr(layer, "units") else np.nan, layer.count_params(), printed.get(name, 0))
        for label, layer, name in zip(published_facts()["mlp"]["layers"], model.layers, names, strict=True)
    ]
    trainable = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
    total = model.count_params()
    sums = {"total": total, "trainable": trainable, "non_trainable": total - trainable}
    rows += [(name.replace("_", "-"), np.nan, count, printed[name]) for name, count in sums.items()]
    frame = pd.DataFrame(rows, columns=["layer", "output", "parameters", "published"])
    frame.loc[:6, "output"] = frame.loc[:6, "output"].ffill()
    return frame


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
def published_constant() -> pd.DataFrame:
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
def noise_runs() -> pd.DataFrame:
    """One row a fit; both variants see the same noise."""
    cells = itertools.product(DESIGNS, PLACEMENTS, VARIANTS)
    jobs = [(*cell, number) for cell in cells for number in range(scaled(NOISE_RUNS[cell[1]]))]
    found = run(_noise_run, jobs, what="fits to noise")
    return pd.DataFrame([dict(zip(_RUN, job, strict=True)) | row for job, row in zip(jobs, found, strict=True)])


_RUN = ("design", "placement", "variant", "run")


def _noise_run(design: str, placement: str, variant: str, number: int) -> dict[str, float]:
    """Draw noise, fit, and measure as the report does."""
    seed = np.random.SeedSequence([SEED, DESIGNS.index(design), PLACEMENTS.index(placement), number])
    X, y = noise_data(design, placement, np.random.default_rng(seed))
    fit = fit_published(X, y, VARIANTS[variant], seed=SEED + number)
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
def noise_summary() -> pd.DataFrame:
    """One row a design, placement and variant."""
    published = published_facts()["results"]["roc_auc"]
    grouped = noise_runs().groupby(["design", "placement", "variant"], sort=False)
    return pd.DataFrame([dict(zip(_RUN, key, strict=False)) | _summary(g, published) for key, g in grouped])


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
