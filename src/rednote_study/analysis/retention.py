"""Tables of the chapter on retention models: one protocol, five models, with control group and placebo."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from rednote_study.analysis.language import PLACEBO_CUT, user_texts
from rednote_study.analysis.representations import representation_auc
from rednote_study.analysis.verdicts import NOTHING
from rednote_study.crawl import Crawl
from rednote_study.encoders import SentenceEncoder
from rednote_study.formats import estimates, with_ends
from rednote_study.metrics import METRICS, estimate, resampling_weights
from rednote_study.models.features import FEATURE_SETS, post_sequences, user_features
from rednote_study.models.protocol import BASELINE, Predictions, cross_validate, models, score_others
from rednote_study.parallel import run
from rednote_study.results import SEED, result, stored
from rednote_study.small_cells import MINIMUM_USERS
from rednote_study.stats import Estimate, wilson
from rednote_study.text.clean import VERSIONS, post_text, text_version
from rednote_study.users import FEBRUARY

__all__ = [
    "retention_ablation",
    "retention_calibration",
    "retention_differences",
    "retention_models",
    "retention_scores",
    "retention_sequences",
]

POPULATIONS = {
    "at risk": "newcomers registered before the first crawl ended: seen from February on, or not",
    "whole wave": "all newcomers: seen from February on, or not",
    "control": "older and younger accounts, scored by models learnt from the newcomers at risk: second crawl, or first",
    "placebo": "newcomers of the first crawl: posts from 14 January on, or earlier",
    "permuted": "newcomers at risk with their labels dealt anew, on raw text",
}
REPEATS, FEW_REPEATS, FOLDS = 2, 1, 5  # the few for the comparisons beside the main one
STEPS = 4  # posts of a user that the LSTM sees: more have almost none
HONEST, RAW = "words only", "raw"
_ENOUGH = 100
"""On fewer users no model is fitted: topics and folds need them."""


def cases(data: Crawl, population: str) -> tuple[pd.Index, np.ndarray]:
    """Users of a population, and their labels (bool)."""
    users = data.users
    wave, retained = users["account"].eq("wave"), users["cohort_retained"]
    members, label = {
        "at risk": (users["at_risk"], retained),
        "whole wave": (wave, retained),
        "control": (~wave, users["crawl"].gt(1)),
        "placebo": (wave & users["crawl"].eq(1) & users["last_post"].lt(FEBRUARY), users["first_post"].ge(PLACEBO_CUT)),
        "permuted": (users["at_risk"], retained),
    }[population]
    y = label[members].to_numpy(bool)
    if population == "permuted":
        y = y[np.random.default_rng(SEED).permutation(len(y))]
    return users.index[members], y


def _enough(data: Crawl, population: str) -> bool:
    _, y = cases(data, population)
    at_risk = cases(data, "at risk")[1]
    few = MINIMUM_USERS if population == "control" else FOLDS
    return min(y.sum(), (~y).sum()) >= few and len(at_risk) >= _ENOUGH and min(at_risk.sum(), (~at_risk).sum()) >= FOLDS


@stored
def _inputs(data: Crawl) -> dict[str, tuple[pd.DataFrame, np.ndarray]]:
    """Features and sequences of all users, by version of the text."""
    found = {}
    for version in VERSIONS:
        vectors = SentenceEncoder().fit_transform(text_version(post_text(data.posts), version))
        features = user_features(data.posts, data.users, user_texts(data, version), version)
        found[version] = features, post_sequences(data.posts, data.users, vectors, STEPS)
    return found


def _job(names: tuple[str, ...], learn: tuple, y: np.ndarray, others: tuple | None, feature_set: str, repeats: int):
    """Predictions of models for one population: by cross-validation, or for others."""
    chosen = {name: models(SEED)[name] for name in names}
    features, sequences = learn
    if others is not None:
        pairs = (features, others[0]), (sequences, others[1])
        return score_others(chosen, pairs[0], y, feature_set=feature_set, sequences=pairs[1])
    return cross_validate(
        chosen, features, y, feature_set=feature_set, sequences=sequences, seed=SEED, repeats=repeats, folds=FOLDS
    )


def _predict(
    data: Crawl, wanted: list[tuple[str, str, str]], names: tuple[str, ...]
) -> dict[tuple[str, str, str], dict[str, Predictions]]:
    """Predictions of the models for each population, version and feature set that is wanted."""
    inputs, jobs = _inputs(data), []
    for population, version, feature_set in wanted:
        (index, y), (features, sequences) = cases(data, _LEARNT_FROM.get(population, population)), inputs[version]
        rows = data.users.index.get_indexer(index)
        others = None
        if population in _LEARNT_FROM:
            scored = data.users.index.get_indexer(cases(data, population)[0])
            others = features.iloc[scored], sequences[scored]
        repeats = REPEATS if population == "at risk" else FEW_REPEATS
        jobs.append((names, (features.iloc[rows], sequences[rows]), y, others, feature_set, repeats))
    return dict(zip(wanted, run(_job, jobs, what="retention models"), strict=True))


_LEARNT_FROM = {"control": "at risk"}
_FEW_VERSIONS = {"permuted": [RAW], "whole wave": [RAW, HONEST], "placebo": [RAW, HONEST]}


@stored
def predictions(data: Crawl) -> dict[tuple[str, str, str], Predictions]:
    """Predictions by population, version and model (feature set: all together); nobody's identifier is in them."""
    wanted = [(p, v, "all together") for p in POPULATIONS for v in _FEW_VERSIONS.get(p, VERSIONS) if _enough(data, p)]
    found = _predict(data, wanted, tuple(models(SEED)))
    return {(*key[:2], model): one for key, several in found.items() for model, one in several.items()}


def _estimate(metric: str, found: Predictions, y: np.ndarray, weights: np.ndarray, minus=None) -> Estimate:
    which = "decisions" if metric == "balanced accuracy" else "scores"
    other = None if minus is None else getattr(minus, which)
    return estimate(metric, getattr(found, which).astype(float), y, weights, minus=other)


@result(
    "retention_scores",
    title="Five models of who is seen later: four metrics, four versions of the text, with control group and placebo.",
    columns={
        "population": "whose labels are predicted (see the chapter)",
        "version": "what was taken out of the texts",
        "model": "the model; its features are all together, the LSTM's the sequence of posts",
        "metric": "area under the ROC curve, average precision, Brier score, balanced accuracy at an inner threshold",
        "users": "users scored",
        "positive_users": "of them positive",
        "value": "the metric, for users that the model has not seen, mean over repeats",
        "low": "lower end of its 95 % interval, users resampled",
        "high": "upper end of its 95 % interval",
    },
    keys=("population", "version", "model", "metric"),
)
def retention_scores(data: Crawl) -> pd.DataFrame:
    """One row a population, version, model and metric."""
    rows = []
    for (population, version, model), found in predictions(data).items():
        _, y = cases(data, population)
        weights = resampling_weights(y, seed=SEED)
        for metric in METRICS:
            rows.append(
                (population, version, model, metric, len(y), int(y.sum()), *_estimate(metric, found, y, weights))
            )
    columns = ["population", "version", "model", "metric", "users", "positive_users", "value", "low", "high"]
    frame = pd.DataFrame(rows, columns=columns)
    orders = [list(POPULATIONS), list(VERSIONS), list(models(SEED)), list(METRICS)]
    order = {c: {v: i for i, v in enumerate(values)} for c, values in zip(columns, orders, strict=False)}
    return frame.sort_values(columns[:4], key=lambda c: c.map(order[c.name]), ignore_index=True)


_MODELS = {
    "auc": "area under the ROC curve, 95 % interval",
    "average_precision": "average precision; its no-skill value is the share of positives",
    "brier": "Brier score: mean squared error of the probabilities; smaller is better",
    "balanced_accuracy": "mean of sensitivity and specificity at a threshold chosen inside the fold",
    "whole_wave": "area under the curve among all newcomers",
    "control": "area under the curve in the control group",
    "placebo": "area under the curve of the same kind of model for two parts of the first crawl",
}


@result(
    "retention_models",
    title="Five models on the words alone: who is seen later among newcomers at risk, with what stands against it.",
    columns={"model": "the model", **with_ends(_MODELS)},
    formats=estimates(*_MODELS, kind="decimal"),
)
def retention_models(data: Crawl) -> pd.DataFrame:
    """One row a model; a cell is missing where there are too few users."""
    scores = retention_scores(data)
    at = scores[scores["version"].eq(HONEST)].set_index(["population", "metric", "model"])[["value", "low", "high"]]
    cells = [("at risk", m) for m in METRICS] + [(p, "auc") for p in ("whole wave", "control", "placebo")]
    wanted = [[(*cell, model) for cell in cells] for model in models(SEED)]
    rows = [[model, *at.reindex(row).to_numpy().ravel()] for model, row in zip(models(SEED), wanted, strict=True)]
    return pd.DataFrame(rows, columns=["model", *with_ends(_MODELS)])


@result(
    "retention_differences",
    title="Each model against the logistic regression, on the same users and folds.",
    columns={
        "version": "what was taken out of the texts",
        "model": "the model",
        "metric": "area under the ROC curve, average precision or Brier score",
        "users": "users",
        "difference": "the model's metric less that of the logistic regression",
        "low": "lower end of its 95 % interval, the same resamples for both",
        "high": "upper end of its 95 % interval",
    },
    keys=("version", "model", "metric"),
)
def retention_differences(data: Crawl) -> pd.DataFrame:
    """One row a version, model and metric."""
    _, y = cases(data, "at risk")
    weights, found, rows = resampling_weights(y, seed=SEED), predictions(data), []
    for version, model, metric in itertools.product(VERSIONS, models(SEED), list(METRICS)[:3]):
        mine, base = (found.get(("at risk", version, m)) for m in (model, BASELINE))
        if mine is not None and model != BASELINE:
            rows.append((version, model, metric, len(y), *_estimate(metric, mine, y, weights, minus=base)))
    return pd.DataFrame(rows, columns=["version", "model", "metric", "users", "difference", "low", "high"])


_ENCODERS = ("TF-IDF with SVD", "FastText", "DistilBERT small, mean", "sentence encoder")


@result(
    "retention_ablation",
    title="What a logistic regression can learn from each set of features, and how much of it the crawl explains.",
    columns={
        "features": "what the model knows of a user",
        "version": "what was taken out of the texts",
        "users": "newcomers at risk",
        "wave": "area under the ROC curve among them, cross-validated",
        "wave_low": "lower end of its 95 % interval, users resampled",
        "wave_high": "upper end of its 95 % interval",
        "control_users": "users of the control group",
        "control": "area under the ROC curve among them, for the second crawl",
        "control_low": "lower end of its 95 % interval",
        "control_high": "upper end of its 95 % interval",
        "beyond": "wave less control",
        "beyond_low": "lower end of its 95 % interval (MOVER)",
        "beyond_high": "upper end of its 95 % interval",
    },
    keys=("features", "version"),
)
def retention_ablation(data: Crawl) -> pd.DataFrame:
    """One row a set of features and version; the encoders' rows are those of the chapter on representations."""
    sets = [s for s in FEATURE_SETS if s not in ("sentence vectors", "all together")]
    wanted = [(p, v, s) for p, v, s in itertools.product(("at risk", "control"), VERSIONS, sets) if _enough(data, p)]
    found = {key: by_model[BASELINE] for key, by_model in _predict(data, wanted, (BASELINE,)).items()}
    found |= {(p, v, "all together"): one for (p, v, m), one in predictions(data).items() if m == BASELINE}
    ys = {p: cases(data, p)[1] for p in ("at risk", "control")}
    weights = {p: resampling_weights(y, seed=SEED) for p, y in ys.items()}
    encoders, rows = representation_auc(data).set_index(["encoder", "version"]), []
    for features, version in itertools.product((*sets, *_ENCODERS, "all together"), VERSIONS):
        if features in _ENCODERS:
            row = encoders.loc[(features, version)]
            pair = [Estimate(*row[[c, f"{c}_low", f"{c}_high"]]) for c in ("wave", "control")]
        else:
            keys = [(p, version, features) for p in ys]
            pair = [_estimate("auc", found[k], ys[k[0]], weights[k[0]]) if k in found else NOTHING for k in keys]
        sizes = [len(y) for y in ys.values()]
        rows.append((features, version, sizes[0], *pair[0], sizes[1], *pair[1], *_beyond(*pair)))
    columns = ["features", "version", "users", "wave", "wave_low", "wave_high"]
    columns += ["control_users", "control", "control_low", "control_high", "beyond", "beyond_low", "beyond_high"]
    return pd.DataFrame(rows, columns=columns)


def _beyond(wave: Estimate, control: Estimate) -> Estimate:
    """Difference of two independent estimates, its interval recovered from theirs (Zou and Donner 2008)."""
    value = wave.value - control.value
    down = np.hypot(wave.value - wave.low, control.high - control.value)
    up = np.hypot(wave.high - wave.value, control.value - control.low)
    return Estimate(value, value - down, value + up)


@result(
    "retention_calibration",
    title="Predicted probabilities against what came, newcomers at risk in three parts of equal size, words only.",
    columns={
        "model": "the model",
        "part": "part of the users, by predicted probability",
        "users": "users in it",
        "later_users": "of them seen later",
        "predicted": "mean predicted probability",
        "observed": "share seen later",
        "low": "lower end of its 95 % interval (Wilson)",
        "high": "upper end of its 95 % interval",
    },
    keys=("model", "part"),
    adds_up=("model",),
)
def retention_calibration(data: Crawl) -> pd.DataFrame:
    """One row a model and third of the users; probabilities are means over the repeats."""
    _, y = cases(data, "at risk")
    rows = []
    for model in models(SEED):
        found = predictions(data).get(("at risk", HONEST, model))
        if found is None or model == "no-skill prior":
            continue
        scores = found.scores.mean(axis=0)
        parts = np.argsort(np.argsort(scores, kind="stable"), kind="stable") * 3 // len(y)
        for part in range(3):
            here = parts == part
            share = wilson(int(y[here].sum()), int(here.sum()))
            rows.append((model, part + 1, int(here.sum()), int(y[here].sum()), scores[here].mean(), *share))
    columns = ["model", "part", "users", "later_users", "predicted", "observed", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


@result(
    "retention_sequences",
    title="What sequences can teach: the LSTM against the regression, by how many posts a newcomer at risk has.",
    columns={
        "posts_seen": "posts of a user in the sample",
        "users": "newcomers at risk",
        "positive_users": "of them seen later",
        "lstm": "area under the ROC curve of the LSTM on the sequence of posts, words only",
        "lstm_low": "lower end of its 95 % interval",
        "lstm_high": "upper end of its 95 % interval",
        "regression": "area under the ROC curve of the logistic regression",
        "regression_low": "lower end of its 95 % interval",
        "regression_high": "upper end of its 95 % interval",
    },
    keys=("posts_seen",),
)
def retention_sequences(data: Crawl) -> pd.DataFrame:
    """Two rows: users with one post, users with more."""
    index, y = cases(data, "at risk")
    several = data.users.loc[index, "n_posts"].gt(1).to_numpy()
    found, rows = predictions(data), []
    for name, members in (("one", ~several), ("two or more", several)):
        weights = resampling_weights(y[members], seed=SEED)
        pair = [
            estimate("auc", found[key].scores[:, members], y[members], weights) if key in found else NOTHING
            for key in (("at risk", HONEST, "LSTM"), ("at risk", HONEST, BASELINE))
        ]
        rows.append((name, int(members.sum()), int(y[members].sum()), *pair[0], *pair[1]))
    sides = [f"{m}{end}" for m in ("lstm", "regression") for end in ("", "_low", "_high")]
    return pd.DataFrame(rows, columns=["posts_seen", "users", "positive_users", *sides])
