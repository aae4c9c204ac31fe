"""The published model on the replication's data: one fit to look at, repeated, and with its defects mended."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from sklearn.metrics import roc_curve

from rednote_study.analysis.published_noise import RUNS, SINGLE_FITS, SUMMARY, measured, summarised
from rednote_study.crawl.crawl import Crawl
from rednote_study.crawl.users import FEBRUARY, totals
from rednote_study.encoders import (
    SMALL_DISTILBERT,
    DistilBertEncoder,
    FastTextEncoder,
    SentenceEncoder,
    TextEncoder,
    TfidfSvdEncoder,
)
from rednote_study.encoders.distilbert import ORIGINAL, SMALL, find_model
from rednote_study.models.mended import FOLDS, TRAININGS, FairRun, best_threshold, fair, scaled_counts, train
from rednote_study.models.noise import chance_labels, effective_directions
from rednote_study.models.published import (
    AS_CODED,
    VARIANTS,
    Protocol,
    PublishedFit,
    auc,
    chance_auc,
    measures,
    tail_split,
)
from rednote_study.reported.published import published_facts
from rednote_study.results import SEED, result, stored
from rednote_study.store.small_cells import MINIMUM_USERS
from rednote_study.system.parallel import run
from rednote_study.text.clean import post_text

ORIGINAL_TEXT = "[CLS] of the published DistilBERT (768)"
OWN_TEXT = "[CLS] of the small DistilBERT (256) and the sentence encoder's vector (512)"


# Inputs and fits ------------------------------------------------------------------------------------------


def inputs(crawl: Crawl) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and label of the published network, rows in order of registration.

    Parameters
    ----------
    crawl : Crawl

    Returns
    -------
    X : numpy.ndarray of float64, shape (n, 772)
        Totals of the January posts' likes, collections, comments and shares, not scaled, and 768 numbers of the
        January texts: as published where the published DistilBERT is on this machine, else :data:`OWN_TEXT`.
    y : numpy.ndarray of bool, shape (n,)
        ``published_retained``.
    """
    counts, texts = _totals(crawl), _texts(crawl)
    vectors = run(_encode, [(encoder, texts) for encoder in _encoders()], what="texts")
    label = crawl.users.loc[counts.index, "published_retained"].to_numpy(bool)
    return np.hstack([counts.to_numpy(float), *vectors]), label


def _texts(crawl: Crawl) -> list[str]:
    """January texts of each user whom the network has, each text once."""
    january = crawl.posts[crawl.posts["created"] < FEBRUARY].sort_values(["created", "line"])
    texts = post_text(january).groupby(january["author"]).agg(lambda t: " ".join(dict.fromkeys(t)))
    return texts.reindex(_totals(crawl).index).tolist()


def _totals(crawl: Crawl) -> pd.DataFrame:
    """Totals of the January posts of those users of whom no count is missing there."""
    january = crawl.posts[crawl.posts["created"] < FEBRUARY]
    return totals(january).reindex(crawl.users.index[crawl.users["in_january"]]).dropna()


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


def _enough(crawl: Crawl) -> bool:
    """Whether the fair protocol can be run: ten retained users, and ten others."""
    label = crawl.users.loc[_totals(crawl).index, "published_retained"]
    return min(label.sum(), (~label).sum()) >= 2 * FOLDS


@stored
def _trained(
    crawl: Crawl, protocol: Protocol, trainings: tuple[str, ...], runs: int, seed: int
) -> tuple[np.ndarray, dict[str, list[PublishedFit]]]:
    """Label, and fits by way to train; each run has its own seed."""
    X, y = inputs(crawl)
    jobs = [(X, y, training, seed + number, protocol) for training in trainings for number in range(runs)]
    found = run(train, jobs, what="fits of the published network")
    return y, {training: found[i * runs : (i + 1) * runs] for i, training in enumerate(trainings)}


@stored
def _fair(crawl: Crawl, protocol: Protocol, runs: int, seed: int) -> list[FairRun]:
    X, y = inputs(crawl)
    return run(fair, [(X, y, seed + number, protocol) for number in range(runs)], what="cross-validations")


# One fit --------------------------------------------------------------------------------------------------


def _one(crawl: Crawl, protocol: Protocol, seed: int) -> tuple[np.ndarray, PublishedFit]:
    """Label, and the fit of one seed: the first of those that :func:`fits` repeats."""
    y, found = _trained(crawl, protocol, ("as published",), 1, seed)
    return y, found["as published"][0]


def _parts(fit: PublishedFit) -> dict[str, np.ndarray]:
    return {"learnt from": fit.train, "last fifth": fit.validation}


@result(
    "published_learning_curve",
    title="One fit of the published network: loss by epoch.",
    columns={
        "epoch": "pass over the rows that are learnt from",
        "loss": "training loss, dropout switched on",
        "val_loss": "loss on the last fifth, which stops the training",
        "learning_rate": "Adam's, in this epoch",
    },
    keys=("epoch",),
    machine=SINGLE_FITS,
)
def learning_curve(crawl: Crawl, protocol: Protocol = AS_CODED, *, seed: int = SEED) -> pd.DataFrame:
    """One row an epoch; none where fewer than ten users are retained.

    Parameters
    ----------
    crawl : Crawl
    protocol : Protocol
        Layers, dropout, batches, epochs and when training stops.
    seed : int
        Of the first weights, dropout, and the order of the rows.
    """
    if not _enough(crawl):
        return []
    return _one(crawl, protocol, seed)[1].history


@result(
    "published_confusion",
    title="One fit of the published network: who is retained, and who is called so.",
    columns={
        "rows": "rows that were learnt from, or the last fifth",
        "label": "whether the users are retained",
        "called": "whether the network calls them so: their probability exceeds the threshold",
        "users": "users",
    },
    keys=("rows", "label", "called"),
    adds_up=("rows", "label"),
    machine=SINGLE_FITS,
)
def confusion(crawl: Crawl, protocol: Protocol = AS_CODED, *, threshold: float = 0.5, seed: int = SEED) -> pd.DataFrame:
    """Four rows for those learnt from, four for the last fifth.

    Parameters
    ----------
    crawl : Crawl
    protocol, seed
        As for :func:`learning_curve`.
    threshold : float
    """
    if not _enough(crawl):
        return []
    y, fit = _one(crawl, protocol, seed)
    called, words = fit.scores > threshold, {True: "retained", False: "others"}
    return [
        (part, words[label], words[call], int(((y[places] == label) & (called[places] == call)).sum()))
        for part, places in _parts(fit).items()
        for label in words
        for call in words
    ]


@result(
    "published_roc",
    title="One fit of the published network: ROC curves of all rows, of those learnt from, and of the last fifth.",
    columns={
        "rows": "all rows, as the report scores them; rows that were learnt from; or the last fifth",
        "false_positive": "share of the others whose score is at least so high",
        "true_positive": "share of the retained whose score is; of real posts at steps of five users and more",
        "auc": "area under this curve, of all its points",
    },
    keys=("rows",),
    machine=SINGLE_FITS,
)
def roc(crawl: Crawl, protocol: Protocol = AS_CODED, *, seed: int = SEED) -> pd.DataFrame:
    """One row a point of a curve; arguments as for :func:`learning_curve`."""
    columns = ["rows", "false_positive", "true_positive", "auc"]
    if not _enough(crawl):
        return []
    y, fit = _one(crawl, protocol, seed)
    pieces = []
    for part, places in {"all rows": np.arange(len(y)), **_parts(fit)}.items():
        own, scores = y[places], fit.scores[places]
        points = _curve_points(own, scores, 1 if crawl.synthetic else MINIMUM_USERS)
        piece = pd.DataFrame(points, columns=columns[1:3])
        pieces.append(piece.assign(rows=part, auc=auc(own, scores)))
    return pd.concat(pieces, ignore_index=True)


def _curve_points(y: np.ndarray, scores: np.ndarray, step: int) -> np.ndarray:
    """Corners of the ROC curve (shape (points, 2)) between which `step` users of each kind lie, or more."""
    false, true, _ = roc_curve(y, scores)
    if step == 1:
        return np.column_stack([false, true])
    sizes, kept = np.array([(~y).sum(), y.sum()]), [np.zeros(2)]
    for point in np.column_stack([false, true]) * sizes:
        if (point - kept[-1] >= step).all() and (sizes - point >= step).all():
            kept.append(point)
    return np.array([*kept, sizes]) / sizes


# Chance ---------------------------------------------------------------------------------------------------

ENCODERS = {
    "TF-IDF with SVD": TfidfSvdEncoder(seed=SEED),
    "FastText": FastTextEncoder(seed=SEED),
    "DistilBERT small, [CLS]": DistilBertEncoder(SMALL, pooling="cls"),
    "sentence encoder": SentenceEncoder(),
}


@result(
    "published_spectrum",
    title="How many directions the vectors of users' January texts have, by encoder, and all inputs of the network.",
    columns={
        "vectors": "encoder, or all inputs of the network: four scaled counts and 768 numbers of the text",
        "users": "users whose texts these are",
        "columns": "numbers of a user",
        "directions": "effective directions: participation ratio of the spectrum",
    },
    keys=("vectors",),
)
def spectrum(crawl: Crawl, encoders: Mapping[str, TextEncoder] = ENCODERS) -> pd.DataFrame:
    """One row an encoder, and one for the network's inputs; none where the network has no users.

    Parameters
    ----------
    crawl : Crawl
    encoders : mapping of str to estimator
        Whose ``transform`` takes texts; those that learn do so from these texts.
    """
    texts = _texts(crawl)
    made = dict(zip(encoders, run(_encode, [(e, texts) for e in encoders.values()], what="texts"), strict=True))
    made["all inputs"] = scaled_counts(inputs(crawl)[0]) if texts else np.empty((0, 0))
    return [(name, len(X), X.shape[1], effective_directions(X)) for name, X in made.items() if texts]


@result(
    "published_dealt",
    title="The published network on the replication's inputs, with the label dealt to users by chance.",
    columns={
        "design": "whose inputs",
        "variant": "dropout and batch size as in the report's code, or as in its text",
        **SUMMARY,
    },
    keys=("design", "variant"),
)
def dealt(
    crawl: Crawl,
    protocols: Mapping[str, Protocol] = VARIANTS,
    *,
    runs: Mapping[str, int] = RUNS,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row a protocol; none where fewer than ten users are retained.

    As many are dealt the label among the last fifth as have it there, so that chance alone decides who.

    Parameters
    ----------
    crawl : Crawl
    protocols : mapping of str to Protocol
    runs : mapping of str to int
        Deals of each protocol.
    seed : int
    """
    if not _enough(crawl):
        return []
    rows = [
        {"design": crawl.key, "variant": name} | summarised(_dealt_fits(crawl, protocol, runs[name], seed))
        for name, protocol in protocols.items()
    ]
    return pd.DataFrame(rows)


@stored
def _dealt_fits(crawl: Crawl, protocol: Protocol, runs: int, seed: int) -> pd.DataFrame:
    X, y = inputs(crawl)
    tail = tail_split(len(y), protocol.validation_share)[1]
    shape = {"rows": len(y), "positives": y.sum(), "tail": len(tail), "tail_positives": y[tail].sum()}
    jobs = [(scaled_counts(X), shape, protocol, seed + number) for number in range(runs)]
    return pd.DataFrame(run(_dealt_fit, jobs, what="fits to labels dealt by chance"))


def _dealt_fit(X: np.ndarray, shape: Mapping[str, int], protocol: Protocol, seed: int) -> dict[str, float]:
    return measured(X, chance_labels(np.random.default_rng(seed), **shape), protocol, seed)


# Repeated -------------------------------------------------------------------------------------------------


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
def fits(
    crawl: Crawl, protocols: Mapping[str, Protocol] = VARIANTS, *, runs: int = 10, seed: int = SEED
) -> pd.DataFrame:
    """One row a fit; none where fewer than ten users are retained.

    Parameters
    ----------
    crawl : Crawl
    protocols : mapping of str to Protocol
    runs : int
        Fits of each protocol.
    seed : int
        Of the first; each next one has the next.
    """
    if not _enough(crawl):
        return []
    rows = []
    for variant, protocol in protocols.items():
        y, found = _trained(crawl, protocol, ("as published",), runs, seed)
        for number, fit in enumerate(found["as published"]):
            rows.append({"variant": variant, "run": number, "text": text_numbers()} | _row(y, fit))
    return pd.DataFrame(rows)


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
def replication(
    crawl: Crawl, protocols: Mapping[str, Protocol] = VARIANTS, *, runs: int = 10, seed: int = SEED
) -> pd.DataFrame:
    """One row a measure; arguments as for :func:`fits`, the protocols called ``as coded`` and ``as written``."""
    grouped = (
        fits(crawl, protocols, runs=runs, seed=seed)
        .astype(dict.fromkeys(_MEASURES, float))
        .groupby("variant")[list(_MEASURES)]
    )
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
def curves(
    crawl: Crawl, protocols: Mapping[str, Protocol] = VARIANTS, *, runs: int = 10, seed: int = SEED
) -> pd.DataFrame:
    """One row an epoch and source; arguments as for :func:`fits`."""
    mlp = published_facts()["mlp"]
    printed = pd.DataFrame({"loss": mlp["loss"], "val_loss": mlp["val_loss"]}).assign(source="published", runs=1)
    parts = [printed.assign(epoch=printed.index + 1, val_loss_min=printed["val_loss"], val_loss_max=mlp["val_loss"])]
    if _enough(crawl):
        for variant, protocol in protocols.items():
            found = _trained(crawl, protocol, ("as published",), runs, seed)[1]["as published"]
            parts.append(_curve(found).assign(source=variant))
    return pd.concat(parts, ignore_index=True)


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
def mended(
    crawl: Crawl, protocol: Protocol = AS_CODED, *, runs: int = 10, fair_runs: int = 5, seed: int = SEED
) -> pd.DataFrame:
    """One row a defect, and one for all; none where fewer than ten users are retained.

    Parameters
    ----------
    crawl : Crawl
    protocol : Protocol
    runs, fair_runs : int
        Fits of each way to train, and cross-validations of five fits each.
    seed : int
    """
    if not _enough(crawl):
        return []
    y, found = _trained(crawl, protocol, ("as published",), runs, seed)
    found = {**found, **_trained(crawl, protocol, TRAININGS[1:], runs, seed)[1]}
    rows = []
    for name, (training, why) in _WAYS.items():
        scored = "last fifth" if name == TAIL_ONLY else "all users, trained on or not"
        chance = _chance(y[found[training][0].validation] if name == TAIL_ONLY else y)
        held = [y[fit.validation].sum() for fit in found[training]]
        judged = _judged([_judge(name, y, fit) for fit in found[training]], held)
        rows.append({"mended": name, "why": why, "scored": scored} | chance | judged)
    fair_ones = _fair(crawl, protocol, fair_runs, seed)
    judged = _judged([measures(y, r.scores, r.called) for r in fair_ones], [r.validation_positives for r in fair_ones])
    why = "whatever learns or chooses does so without the users who are scored"
    rows.append({"mended": FAIR, "why": why, "scored": "all users, none trained on"} | _chance(y) | judged)
    return pd.DataFrame(rows)


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
