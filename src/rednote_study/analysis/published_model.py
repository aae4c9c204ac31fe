"""Tables of the published model on the replication's data: repeated, and with its defects mended."""

from __future__ import annotations

import math
import operator

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from rednote_study.analysis.numbers import NUMBER_COLUMNS, Part, number_table
from rednote_study.analysis.published_noise import SINGLE_FITS, noise_runs, noise_summary, published_constant
from rednote_study.crawl import Crawl
from rednote_study.encoders import SMALL_DISTILBERT, DistilBertEncoder, SentenceEncoder
from rednote_study.encoders.distilbert import ORIGINAL, find_model
from rednote_study.models.mended import FOLDS, TRAININGS, FairRun, best_threshold, fair, train
from rednote_study.models.published import VARIANTS, PublishedFit, auc, chance_auc, constant_loss, measures, tail_split
from rednote_study.parallel import run
from rednote_study.published import published_facts
from rednote_study.repeats import scaled
from rednote_study.results import SEED, result, stored
from rednote_study.stats import Estimate, wilson
from rednote_study.text.clean import post_text
from rednote_study.users import FEBRUARY, totals

__all__ = [
    "published_curves",
    "published_fits",
    "published_inputs",
    "published_mended",
    "published_model_numbers",
    "published_replication",
    "replication_numbers",
]

RUNS, FAIR_RUNS = 10, 5
"""Fits of each way to train, and cross-validations of five fits each; times ``REDNOTE_STUDY_RUNS``."""

ORIGINAL_TEXT = "[CLS] of the published DistilBERT (768)"
OWN_TEXT = "[CLS] of the small DistilBERT (256) and the sentence encoder's vector (512)"


# Inputs and fits ------------------------------------------------------------------------------------------


def published_inputs(data: Crawl) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and label of the published network, rows in order of registration.

    Parameters
    ----------
    data : Crawl

    Returns
    -------
    X : numpy.ndarray of float64, shape (n, 772)
        Totals of the January posts' likes, collections, comments and shares, not scaled, and 768 numbers of the
        January texts: as published where the published DistilBERT is on this machine, else :data:`OWN_TEXT`.
    y : numpy.ndarray of bool, shape (n,)
        ``published_retained``.
    """
    counts = _totals(data)
    users = data.users.loc[counts.index]
    january = data.posts[data.posts["created"] < FEBRUARY].sort_values(["created", "line"])
    texts = post_text(january).groupby(january["author"]).agg(lambda t: " ".join(dict.fromkeys(t)))
    vectors = run(_encode, [(encoder, texts.reindex(users.index).tolist()) for encoder in _encoders()], what="texts")
    return np.hstack([counts.to_numpy(float), *vectors]), users["published_retained"].to_numpy(bool)


def _totals(data: Crawl) -> pd.DataFrame:
    """Totals of the January posts of those users of whom no count is missing there."""
    january = data.posts[data.posts["created"] < FEBRUARY]
    return totals(january).reindex(data.users.index[data.users["in_january"]]).dropna()


def _encoders() -> list:
    """Encoders whose vectors side by side have the published width."""
    if text_numbers() == ORIGINAL_TEXT:
        return [DistilBertEncoder(ORIGINAL, pooling="cls")]
    return [DistilBertEncoder(SMALL_DISTILBERT, pooling="cls"), SentenceEncoder()]


def text_numbers() -> str:
    """Say where the 768 numbers of a text come from on this machine."""
    return OWN_TEXT if find_model(ORIGINAL, local_only=True) is None else ORIGINAL_TEXT


def _encode(encoder, texts: list[str]) -> np.ndarray:
    return encoder.fit(texts).transform(texts)


def _enough(data: Crawl) -> bool:
    """Whether the fair protocol can be run: ten retained users, and ten others."""
    label = data.users.loc[_totals(data).index, "published_retained"]
    return min(label.sum(), (~label).sum()) >= 2 * FOLDS


@stored
def _fits(data: Crawl) -> tuple[np.ndarray, dict[tuple[str, str], list[PublishedFit]], list[FairRun]]:
    """Label, fits by way to train and variant, and fair runs; one pool of workers for all of them."""
    X, y = published_inputs(data)
    kinds = [("as published", "as written"), *((training, "as coded") for training in TRAININGS)]
    runs = scaled(RUNS)
    fair_jobs = [(fair, X, y, SEED + number) for number in range(scaled(FAIR_RUNS))]  # the longest first
    jobs = [(train, X, y, training, SEED + i, VARIANTS[variant]) for training, variant in kinds for i in range(runs)]
    found = run(operator.call, fair_jobs + jobs, what="fits of the published network")
    fits = found[len(fair_jobs) :]
    return y, {kind: fits[i * runs : (i + 1) * runs] for i, kind in enumerate(kinds)}, found[: len(fair_jobs)]


_MEASURES = {
    "accuracy": "accuracy",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "auc": "area under the ROC curve, all rows",
    "auc_training": "area under the ROC curve, rows trained on",
    "auc_tail": "area under the ROC curve, last fifth",
    "val_loss": "lowest validation loss",
    "best_epoch": "epoch of the lowest validation loss",
    "epochs": "epochs run",
}


@result(
    "published_fits",
    title="The published network on the replication's data, one fit a row.",
    columns={
        "variant": "dropout and batch size as in the report's code, or as in its text",
        "run": "number of the fit; each has its own first weights, dropout and order of rows",
        "text": "where the 768 numbers of a user's texts come from",
        **_MEASURES,
    },
    keys=("variant", "run"),
    machine=SINGLE_FITS,
)
def published_fits(data: Crawl) -> pd.DataFrame:
    """One row a fit; none where fewer than ten users are retained."""
    columns = ["variant", "run", "text", *_MEASURES]
    if not _enough(data):
        return pd.DataFrame(columns=columns)
    y, fits, _ = _fits(data)
    rows = [
        {"variant": variant, "run": number, "text": text_numbers()} | _row(y, fit)
        for variant in VARIANTS
        for number, fit in enumerate(fits["as published", variant])
    ]
    return pd.DataFrame(rows)[columns]


def _row(y: np.ndarray, fit: PublishedFit) -> dict[str, float]:
    return {
        **measures(y, fit.scores),
        "auc_training": auc(y[fit.train], fit.scores[fit.train]),
        "auc_tail": auc(y[fit.validation], fit.scores[fit.validation]),
        "val_loss": fit.best_val_loss,
        "best_epoch": fit.best_epoch,
        "epochs": fit.epochs,
    }


@result(
    "published_replication",
    title="The published results, and those of the same network trained anew.",
    columns={
        "measure": "calls at 0.5; all rows, rows trained on included, if nothing else is said",
        "published": "as the report prints it",
        "coded": "dropout 0.3 and batches of 16, as in the report's code: mean of the fits",
        "coded_min": "smallest of the fits",
        "coded_max": "largest of the fits",
        "written": "dropout 0.2 and batches of 32, as in the report's text: mean of the fits",
        "written_min": "smallest of the fits",
        "written_max": "largest of the fits",
    },
    keys=("measure",),
    varies=tuple(f"{fits}{end}" for fits in ("coded", "written") for end in ("", "_min", "_max")),  # epochs
)
def published_replication(data: Crawl) -> pd.DataFrame:
    """One row a measure."""
    grouped = published_fits(data).astype(dict.fromkeys(_MEASURES, float)).groupby("variant")[list(_MEASURES)]
    frame = pd.DataFrame({"measure": list(_MEASURES.values()), "published": _published()}, index=list(_MEASURES))
    for name, variant in (("coded", "as coded"), ("written", "as written")):
        for suffix, part in (("", grouped.mean()), ("_min", grouped.min()), ("_max", grouped.max())):
            frame[name + suffix] = part.loc[variant] if variant in part.index else np.nan
    return frame.reset_index(drop=True)


def _published() -> list[float]:
    """What the report prints, in the order of the measures."""
    facts, losses = published_facts()["results"], published_facts()["mlp"]["val_loss"]
    printed = {"val_loss": min(losses), "best_epoch": losses.index(min(losses)) + 1, "epochs": len(losses)}
    known = {**facts, "auc": facts["roc_auc"], **printed}
    return [known.get(name, np.nan) for name in _MEASURES]


@result(
    "published_curves",
    title="Loss by epoch: as the report prints it, and mean of the fits on the replication's data.",
    columns={
        "source": "the report, or our fits in the report's two variants",
        "epoch": "pass over the training rows; our fits only as far as half of them went",
        "runs": "fits still training",
        "loss": "training loss",
        "val_loss": "validation loss",
        "val_loss_min": "smallest of the fits",
        "val_loss_max": "largest of the fits",
    },
    keys=("source", "epoch"),
    machine=SINGLE_FITS,
)
def published_curves(data: Crawl) -> pd.DataFrame:
    """One row an epoch and source."""
    mlp = published_facts()["mlp"]
    printed = pd.DataFrame({"loss": mlp["loss"], "val_loss": mlp["val_loss"]}).assign(source="published", runs=1)
    parts = [printed.assign(epoch=printed.index + 1, val_loss_min=printed["val_loss"], val_loss_max=mlp["val_loss"])]
    if _enough(data):
        fits = _fits(data)[1]
        parts += [_curve(fits["as published", variant]).assign(source=variant) for variant in VARIANTS]
    columns = ["source", "epoch", "runs", "loss", "val_loss", "val_loss_min", "val_loss_max"]
    return pd.concat(parts, ignore_index=True)[columns]


def _curve(fits: list[PublishedFit]) -> pd.DataFrame:
    """Mean history of the fits still training."""
    grouped = pd.concat([fit.history for fit in fits]).groupby("epoch")
    named = {"runs": ("loss", "size"), "loss": ("loss", "mean"), "val_loss": ("val_loss", "mean")}
    curve = grouped.agg(**named, val_loss_min=("val_loss", "min"), val_loss_max=("val_loss", "max")).reset_index()
    return curve[curve["runs"] >= len(fits) / 2]


# Mended ---------------------------------------------------------------------------------------------------

TAIL_ONLY, OWN_THRESHOLD, FAIR = "scored on the last fifth only", "threshold from training rows", "all mended"
_WAYS = {
    "as published": ("as published", "–"),
    TAIL_ONLY: ("as published", "rows that were learnt from say nothing about other people"),
    OWN_THRESHOLD: ("as published", "nobody's probability exceeds 0.5 where so few are retained"),
    "class weights": ("class weights", "otherwise calling everyone a leaver costs almost nothing"),
    "scaler without the tail": ("scaler without the tail", "a row is known already if only its mean was learnt from"),
    "rows shuffled before the cut": ("rows shuffled before the cut", "the last fifth are the newest accounts"),
    "stratified validation rows": ("stratified validation rows", "else chance decides how many retained are held back"),
}
"""What is mended, by which training, and what for."""

_JUDGED = {
    "accuracy": "share of right calls",
    "balanced_accuracy": "mean of the shares of retained and of others called rightly; 0.5 is no skill",
    "precision": "share of the retained among those called retained",
    "recall": "share of the retained who are called so",
    "f1": "harmonic mean of the two",
    "auc": "area under the ROC curve; 0.5 is no skill",
    "average_precision": "area under the precision-recall curve; no skill gives the share of the retained",
}
_SPREAD = {"balanced": "balanced_accuracy", "auc": "auc"}


@result(
    "published_mended",
    title="The published protocol with one defect mended at a time. Means over runs.",
    columns={
        "mended": "what is done otherwise",
        "why": "why it matters",
        "scored": "whose scores are judged",
        "validation_positives": "mean number of retained users among the rows that stop the training",
        **_JUDGED,
        "balanced_min": "smallest balanced accuracy of a run",
        "balanced_max": "largest balanced accuracy of a run",
        "auc_min": "smallest area of a run",
        "auc_max": "largest area of a run",
        "chance_low": "lower end of the range that holds 95 % of the areas of scores that know nothing of these users",
        "chance_high": "its upper end",
        "runs": "runs: fits, or in the last row cross-validations of five fits",
    },
    keys=("mended", "why", "scored"),
)
def published_mended(data: Crawl) -> pd.DataFrame:
    """One row a defect, and one for all; none where fewer than ten users are retained."""
    columns = ["mended", "why", "scored", "validation_positives", *_JUDGED]
    columns += [f"{name}_{end}" for name in _SPREAD for end in ("min", "max")]
    columns += ["chance_low", "chance_high", "runs"]
    if not _enough(data):
        return pd.DataFrame(columns=columns)
    y, fits, fair_runs = _fits(data)
    rows = []
    for name, (training, why) in _WAYS.items():
        runs = fits[training, "as coded"]
        scored = "last fifth" if name == TAIL_ONLY else "all users, trained on or not"
        chance = _chance(y[runs[0].validation] if name == TAIL_ONLY else y)
        held = [y[fit.validation].sum() for fit in runs]
        rows.append(
            {"mended": name, "why": why, "scored": scored} | chance | _judged([_judge(name, y, f) for f in runs], held)
        )
    found = _judged([measures(y, r.scores, r.called) for r in fair_runs], [r.validation_positives for r in fair_runs])
    why = "whatever learns or chooses does so without the users who are scored"
    rows.append({"mended": FAIR, "why": why, "scored": "all users, none trained on"} | _chance(y) | found)
    return pd.DataFrame(rows)[columns]


def _chance(y: np.ndarray) -> dict[str, float]:
    return dict(zip(("chance_low", "chance_high"), chance_auc(int(y.sum()), int((~y).sum())), strict=True))


def _judge(name: str, y: np.ndarray, fit: PublishedFit) -> dict[str, float]:
    """Measures of one fit, on the rows and at the threshold that the row of the table says."""
    if name == TAIL_ONLY:
        return measures(y[fit.validation], fit.scores[fit.validation])
    if name == OWN_THRESHOLD:
        return measures(y, fit.scores, fit.scores >= best_threshold(y[fit.train], fit.scores[fit.train]))
    return measures(y, fit.scores)


def _judged(found: list[dict[str, float]], held: list[int]) -> dict[str, float]:
    """Means, smallest and largest of the runs."""
    frame = pd.DataFrame(found)
    spread = {f"{name}_{end}": frame[column].agg(end) for name, column in _SPREAD.items() for end in ("min", "max")}
    return {"validation_positives": np.mean(held), **frame[list(_JUDGED)].mean(), **spread, "runs": len(frame)}


# Numbers --------------------------------------------------------------------------------------------------


@result(
    "published_model_numbers",
    title="Numbers of the chapter on the published model: the report's own, and what a constant gives",
    columns=NUMBER_COLUMNS,
    needs_data=False,
)
def published_model_numbers() -> pd.DataFrame:
    """What the prose pastes of the report."""
    return number_table("pub", _printed())


@result(
    "replication_numbers",
    title="Numbers of the chapter on the published model: the same network on the replication's data",
    columns=NUMBER_COLUMNS,
    varies=("value", "low", "high"),
)
def replication_numbers(data: Crawl) -> pd.DataFrame:
    """What the prose pastes of the fits."""
    return number_table("pub", [*_replicated(data), *_worth(data)])


@result(
    "noise_numbers",
    title="Numbers of the chapter on the published model: what noise gives",
    columns=NUMBER_COLUMNS,
    needs_data=False,
)
def noise_numbers() -> pd.DataFrame:
    """What the prose pastes of the simulation; apart from the rest, for they rest on chaotic fits and on no posts."""
    return number_table("pub", _noise())


def _printed() -> list[tuple]:
    """The report's own numbers, and what a constant gives."""
    facts, constants = published_facts(), published_constant()
    data, mlp, results = facts["dataset"], facts["mlp"], facts["results"]
    everyone, retained, best = data["january_users"], data["retained_users"], min(mlp["val_loss"])
    learnt_from, tail = map(len, tail_split(everyone))
    leavers, tail_leavers = everyone - retained, tail - data["retained_in_last_650_users"]
    return [
        ("everyone", everyone, "count"),
        ("retained", retained, "count"),
        ("leavers", leavers, "count"),
        ("parameters", mlp["params"]["total"], "count"),
        ("accuracy", results["accuracy"], "percent2"),
        ("all_leavers", leavers / everyone, "percent2"),
        ("auc", results["roc_auc"], "decimal4"),
        ("val_loss", best, "decimal4"),
        ("val_accuracy", mlp["val_accuracy"], "percent2"),
        ("tail_leavers", Part(tail_leavers, tail), "of"),
        ("constant_all", constants["loss"].iloc[0], "decimal4"),
        ("constant_tail", constants["loss"].iloc[-1], "decimal4"),
        ("constant_range", _as_good(best, tail - tail_leavers, tail), "percent2 range"),
        ("base_rate", retained / everyone, "percent2"),
        ("steps_coded", math.ceil(learnt_from / VARIANTS["as coded"].batch_size), "count"),
        ("steps_written", math.ceil(learnt_from / VARIANTS["as written"].batch_size), "count"),
    ]


def _as_good(loss: float, positives: int, n: int) -> Estimate:
    """Smallest and largest constant whose loss on `n` rows with so many positives is not above `loss`."""

    def above(p: float) -> float:
        return constant_loss(p, positives, n) - loss

    return Estimate(np.nan, brentq(above, 1e-6, positives / n), brentq(above, positives / n, 0.5))


def _noise() -> list[tuple]:
    """What noise gives: with ten in the tail over all fits, and as coded by design."""
    runs, summary = noise_runs(), noise_summary().set_index(["design", "placement", "variant"])
    reached, tail = runs["auc"].ge(published_facts()["results"]["roc_auc"]), runs["placement"].eq("10 in the tail")
    rows = [
        ("noise_fits", int(tail.sum()), "count"),
        ("noise_runs", runs.loc[tail, "run"].nunique(), "count"),
        ("noise_reached", wilson(int(reached[tail].sum()), int(tail.sum())), "percent"),
        ("noise_reached_any", wilson(int(reached[~tail].sum()), int((~tail).sum())), "percent"),
    ]
    for short, design in (("normal", "independent"), ("factors", "low rank")):
        row, name = summary.loc[(design, "10 in the tail", "as coded")], f"noise_{short}"
        rows += [
            (name, Estimate(*row[["auc", "auc_low", "auc_high"]]), "decimal"),
            (f"{name}_reached", Estimate(*row[["reached", "reached_low", "reached_high"]]), "percent"),
            (f"{name}_below", 1 - row["reached"], "percent"),
            (f"{name}_held", Estimate(*row[["auc_tail", "auc_tail_low", "auc_tail_high"]]), "decimal"),
            (f"{name}_training", row["auc_training"], "decimal"),
        ]
    rows += [  # the row of ten factors, which looks like the report in all else
        ("noise_factors_accuracy", row["accuracy"], "percent2"),
        ("noise_factors_recall", row["recall"], "percent"),
        ("noise_factors_val_loss", row["val_loss"], "decimal4"),
        ("noise_factors_epochs", row["epochs"], "days"),
    ]
    return rows


_PLANTED = (
    "Nothing is planted in the replica: who is retained depends on the age of the account, as published, and on"
    " nothing else. So there is little to find."
)
_NOT_PLANTED = "Whether there is anything to find in the published posts, the last row says."
_VARIANTS = {"coded": "as coded", "written": "as written"}
_REPLICATED = {"auc": "decimal", "auc_training": "decimal", "auc_tail": "decimal", "best_epoch": "days",
               "accuracy": "percent"}  # fmt: skip


def _replicated(data: Crawl) -> list[tuple]:
    """The same network on the replication's data."""
    fits, curves = published_fits(data), published_curves(data)
    reached = fits["auc"].astype(float).ge(published_facts()["results"]["roc_auc"])
    rows = [
        ("data", "the replica, which is synthetic" if data.synthetic else "the published posts", "word"),
        ("planted", _PLANTED if data.synthetic else _NOT_PLANTED, "word"),
        ("text", text_numbers(), "word"),
        ("fits", scaled(RUNS), "count"),
        ("reached", Part(int(reached.sum()), len(fits)), "of"),
    ]
    third = curves[curves["epoch"].eq(3)].set_index("source")["loss"]
    for short, source in {"published": "published", **_VARIANTS}.items():
        rows.append((f"loss_{short}", third.get(source, np.nan), "decimal4"))
    for short, variant in _VARIANTS.items():
        own = fits[fits["variant"].eq(variant)]
        rows += [(f"{short}_{name}", _ends(own[name]), kind) for name, kind in _REPLICATED.items()]
        rows.append((f"{short}_val_loss", _ends(own["val_loss"]), "decimal4"))
        rows.append((f"{short}_nobody", Part(int(own["recall"].eq(0).sum()), len(own)), "of"))
    return rows


def _ends(values: pd.Series) -> Estimate:
    """Mean, smallest and largest."""
    values = values.astype(float)
    return Estimate(values.mean(), values.min(), values.max())


_WORTH = {
    "first": ("as published", "auc balanced held"),
    "tail": (TAIL_ONLY, "auc chance"),
    "threshold": (OWN_THRESHOLD, "balanced"),
    "weights": ("class weights", "recall accuracy"),
    "scaler": ("scaler without the tail", "auc"),
    "shuffled": ("rows shuffled before the cut", "auc"),
    "stratified": ("stratified validation rows", "auc held"),
    "fair": (FAIR, "auc chance balanced precision"),
}
"""Row of the table, and what the prose says of it."""


def _worth(data: Crawl) -> list[tuple]:
    """What each mistake was worth, and what the fair protocol says."""
    mended = published_mended(data).set_index("mended")
    rows = [("fair_runs", scaled(FAIR_RUNS), "count")]
    for short, (name, said) in _WORTH.items():
        row = mended.loc[name] if name in mended.index else pd.Series(np.nan, index=mended.columns)
        known = {
            "auc": (Estimate(row["auc"], row["auc_min"], row["auc_max"]), "decimal"),
            "balanced": (Estimate(row["balanced_accuracy"], row["balanced_min"], row["balanced_max"]), "decimal"),
            "precision": (row["precision"], "percent"),
            "recall": (row["recall"], "percent"),
            "accuracy": (row["accuracy"], "percent"),
            "chance": (Estimate(np.nan, row["chance_low"], row["chance_high"]), "decimal range"),
            "held": (row["validation_positives"], "integer"),
        }
        rows += [(f"{short}_{which}", *known[which]) for which in said.split()]
    return rows
