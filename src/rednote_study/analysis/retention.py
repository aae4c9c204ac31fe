"""How well can staying be predicted? One protocol for all models, with control group and placebo.

A question says whose label is predicted, as a pair of conditions on the users, and by which models: those that have
not seen the user's fold, or those of another question.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier

from rednote_study.analysis.language import user_texts
from rednote_study.analysis.relations import select
from rednote_study.analysis.representations import auc
from rednote_study.analysis.verdicts import LATER, NOTHING, PLACEBOS, STAYED, within
from rednote_study.crawl.conditions import checked
from rednote_study.crawl.crawl import Crawl
from rednote_study.encoders import SentenceEncoder
from rednote_study.formats import estimates, interval_ends, with_ends
from rednote_study.models.features import post_sequences, user_features
from rednote_study.models.protocol import BASELINE, Predictions, cross_validate, models, score_others
from rednote_study.results import SEED, result, stored
from rednote_study.statistics.inference import Estimate, mover, wilson
from rednote_study.statistics.metrics import METRICS, estimate, resampling_weights
from rednote_study.store.small_cells import MINIMUM_USERS
from rednote_study.system.parallel import run
from rednote_study.text.clean import VERSIONS, post_text, text_version


class Question(NamedTuple):
    """Whose label is predicted, and how.

    Attributes
    ----------
    who, label : str
        Conditions on the users: who is scored, and what is predicted of them.
    versions : tuple of str
        Versions of the text (:data:`rednote_study.text.clean.VERSIONS`).
    repeats : int
        Of the cross-validation.
    learnt_from : str
        Another question, by whose models these users are scored; empty: cross-validation among themselves.
    permuted : bool
        Whether the labels are dealt anew among the users, so that nothing can be found.
    """

    who: str
    label: str
    versions: tuple[str, ...] = tuple(VERSIONS)
    repeats: int = 1
    learnt_from: str = ""
    permuted: bool = False


RAW, HONEST = "raw", "words only"

QUESTIONS = {
    "at risk": Question("at_risk", STAYED, repeats=2),
    "whole wave": Question("account == 'wave'", STAYED, versions=(RAW, HONEST)),
    "control": Question("account != 'wave'", LATER, learnt_from="at risk"),
    "placebo": Question(*within(PLACEBOS["placebo, session 1"]), versions=(RAW, HONEST)),
    "permuted": Question("at_risk", STAYED, versions=(RAW,), permuted=True),
}
"""By name; see the chapter."""

MODELS = models(SEED)
FEATURES = ("behaviour", "language and hashtags", "topics")
ENCODERS = ("TF-IDF with SVD", "FastText", "DistilBERT small, mean", "sentence encoder")
_ENOUGH = 100
"""On fewer users no model is fitted: topics and folds need them."""

Questions = Mapping[str, Question]
Models = Mapping[str, BaseEstimator]


# Predictions ----------------------------------------------------------------------------------------------


def cases(crawl: Crawl, who: str, label: str) -> tuple[np.ndarray, np.ndarray]:
    """Users for whom a condition holds (their places, int, in order of registration), and whether `label` holds."""
    found = select(crawl, ["author", checked(label)], where=checked(who))
    return found["c0"].to_numpy(int), found["c1"].to_numpy(bool)


def _labels(crawl: Crawl, question: Question, seed: int) -> np.ndarray:
    y = cases(crawl, question.who, question.label)[1]
    return y[np.random.default_rng(seed).permutation(len(y))] if question.permuted else y


def _enough(crawl: Crawl, questions: Questions, name: str, folds: int) -> bool:
    """Whether models can be learnt and judged; where not, the question has no rows."""
    scored, learnt = (cases(crawl, *questions[n][:2])[1] for n in (name, questions[name].learnt_from or name))
    few = min(scored.sum(), (~scored).sum()) < MINIMUM_USERS or min(learnt.sum(), (~learnt).sum()) < folds
    return len(learnt) >= _ENOUGH and not few


@stored
def _inputs(crawl: Crawl, steps: int) -> dict[str, tuple[pd.DataFrame, np.ndarray]]:
    """Features and sequences of all users, by version of the text."""
    found = {}
    for version in VERSIONS:
        vectors = SentenceEncoder().fit_transform(text_version(post_text(crawl.posts), version))
        features = user_features(crawl.posts, crawl.users, user_texts(crawl, version), version)
        found[version] = features, post_sequences(crawl.posts, crawl.users, vectors, steps)
    return found


@stored
def predictions(
    crawl: Crawl,
    questions: Questions,
    models: Models,
    features: Sequence[str] = ("all together",),
    *,
    folds: int,
    steps: int,
    seed: int,
) -> dict[tuple[str, str, str, str], Predictions]:
    """What the models say of users whom they have not seen; nobody's identifier is in it.

    Parameters
    ----------
    crawl : Crawl
    questions : mapping of str to Question
        Those for which there are too few users are left out.
    models : mapping of str to estimator
    features : sequence of str
        Sets of features (:data:`rednote_study.models.features.FEATURE_SETS`).
    folds, seed : int
        Of the cross-validation; the seed also deals labels anew.
    steps : int
        Posts of a user that a model of sequences sees: more have almost none.

    Returns
    -------
    dict
        By question, version of the text, set of features, and model.
    """
    wanted = [
        (name, version, chosen)
        for name, question in questions.items()
        if _enough(crawl, questions, name, folds)
        for version, chosen in itertools.product(question.versions, features)
    ]
    inputs = _inputs(crawl, steps)
    jobs = [(dict(models), *_job(crawl, questions, key, inputs, folds, seed)) for key in wanted]
    found = run(_predict, jobs, what="retention models")
    return {(*key, name): one for key, several in zip(wanted, found, strict=True) for name, one in several.items()}


def _job(crawl: Crawl, questions: Questions, key: tuple[str, str, str], inputs: dict, folds: int, seed: int) -> tuple:
    """What to learn from, its labels, whom to score (None: by cross-validation), and the options."""
    name, version, chosen = key
    question, (features, sequences) = questions[name], inputs[version]
    source = questions[question.learnt_from or name]
    parts = [cases(crawl, *q[:2])[0] for q in (source, question)]
    learn, score = ((features.iloc[rows], sequences[rows]) for rows in parts)
    options = {"seed": seed, "repeats": question.repeats, "folds": folds}
    return learn, _labels(crawl, source, seed), score if question.learnt_from else None, chosen, options


def _predict(models: dict, learn: tuple, y: np.ndarray, score: tuple | None, chosen: str, options: dict) -> dict:
    """Predictions by model: by cross-validation, or of others."""
    if score is None:
        return cross_validate(models, learn[0], y, feature_set=chosen, sequences=learn[1], **options)
    return score_others(models, (learn[0], score[0]), y, feature_set=chosen, sequences=(learn[1], score[1]))


def _estimate(metric: str, found: Predictions, y: np.ndarray, weights: np.ndarray, minus=None) -> Estimate:
    which = "decisions" if metric == "balanced accuracy" else "scores"
    other = None if minus is None else getattr(minus, which)
    return estimate(metric, getattr(found, which).astype(float), y, weights, minus=other)


# What they are worth --------------------------------------------------------------------------------------


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
        **interval_ends(", users resampled"),
    },
    keys=("population", "version", "model", "metric"),
)
def scores(
    crawl: Crawl,
    questions: Questions = QUESTIONS,
    models: Models = MODELS,
    *,
    folds: int = 5,
    steps: int = 4,
    resamples: int = 1000,
    seed: int = SEED,
) -> pd.DataFrame:
    """Judge each model on each question and version of the text.

    Parameters
    ----------
    crawl : Crawl
    questions : mapping of str to Question
    models : mapping of str to estimator
        Classifiers as scikit-learn has them; one called LSTM gets each user's sequence of posts.
    folds : int
        Of the cross-validation.
    steps : int
        Posts of a user that a model of sequences sees.
    resamples : int
        Of the users scored, for the intervals.
    seed : int
    """
    found, rows = predictions(crawl, questions, models, folds=folds, steps=steps, seed=seed), []
    for population, question in questions.items():
        y = _labels(crawl, question, seed)
        weights = resampling_weights(y, seed=seed, resamples=resamples)
        for version, model, metric in itertools.product(VERSIONS, models, METRICS):
            if one := found.get((population, version, "all together", model)):
                keys = population, version, model, metric
                rows.append((*keys, len(y), int(y.sum()), *_estimate(metric, one, y, weights)))
    columns = ["population", "version", "model", "metric", "users", "positive_users", "value", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


_OVERVIEW = {
    "auc": "area under the ROC curve, 95 % interval",
    "average_precision": "average precision; its no-skill value is the share of positives",
    "brier": "Brier score: mean squared error of the probabilities; smaller is better",
    "balanced_accuracy": "mean of sensitivity and specificity at a threshold chosen inside the fold",
    "whole_wave": "area under the curve among all newcomers",
    "control": "area under the curve in the control group",
    "placebo": "area under the curve of the same kind of model for two parts of one session",
}


@result(
    "retention_models",
    title="Five models on the words alone: who is seen later among newcomers at risk, with what stands against it.",
    columns={"model": "the model", **with_ends(_OVERVIEW)},
    formats=estimates(*_OVERVIEW, kind="decimal"),
)
def overview(
    crawl: Crawl,
    questions: Questions = QUESTIONS,
    models: Models = MODELS,
    *,
    version: str = HONEST,
    folds: int = 5,
    steps: int = 4,
    resamples: int = 1000,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row a model, on one version of the text; a cell is missing where there are too few users.

    Parameters
    ----------
    crawl : Crawl
    questions, models, folds, steps, resamples, seed
        As for :func:`scores`; the questions are called as there.
    version : str
    """
    options = {"folds": folds, "steps": steps, "resamples": resamples, "seed": seed}
    found = scores(crawl, questions, models, **options)
    at = found[found["version"].eq(version)].set_index(["population", "metric", "model"])[["value", "low", "high"]]
    cells = [("at risk", m) for m in METRICS] + [(p, "auc") for p in ("whole wave", "control", "placebo")]
    wanted = [[(*cell, model) for cell in cells] for model in models]
    rows = [[model, *at.reindex(row).to_numpy().ravel()] for model, row in zip(models, wanted, strict=True)]
    return pd.DataFrame(rows, columns=["model", *with_ends(_OVERVIEW)])


@result(
    "retention_differences",
    title="Each model against the logistic regression, on the same users and folds.",
    columns={
        "version": "what was taken out of the texts",
        "model": "the model",
        "metric": "area under the ROC curve, average precision or Brier score",
        "users": "users",
        "difference": "the model's metric less that of the logistic regression",
        **interval_ends(", the same resamples for both"),
    },
    keys=("version", "model", "metric"),
)
def differences(
    crawl: Crawl,
    questions: Questions = QUESTIONS,
    models: Models = MODELS,
    *,
    question: str = "at risk",
    baseline: str = BASELINE,
    folds: int = 5,
    steps: int = 4,
    resamples: int = 1000,
    seed: int = SEED,
) -> pd.DataFrame:
    """Compare each model with one of them, on one question.

    Parameters
    ----------
    crawl : Crawl
    questions, models, folds, steps, resamples, seed
        As for :func:`scores`.
    question, baseline : str
        Which question, and the model with which the others are compared.
    """
    found, rows = predictions(crawl, questions, models, folds=folds, steps=steps, seed=seed), []
    y = _labels(crawl, questions[question], seed)
    weights = resampling_weights(y, seed=seed, resamples=resamples)
    for version, model, metric in itertools.product(VERSIONS, models, list(METRICS)[:3]):
        mine, base = (found.get((question, version, "all together", m)) for m in (model, baseline))
        if mine is not None and model != baseline:
            rows.append((version, model, metric, len(y), *_estimate(metric, mine, y, weights, minus=base)))
    return pd.DataFrame(rows, columns=["version", "model", "metric", "users", "difference", "low", "high"])


@result(
    "retention_ablation",
    title="What a logistic regression can learn from each set of features, and how much of it the crawl explains.",
    columns={
        "features": "what the model knows of a user",
        "version": "what was taken out of the texts",
        "users": "newcomers at risk",
        "wave": "area under the ROC curve among them, cross-validated",
        **interval_ends(", users resampled", of="wave"),
        "control_users": "users of the control group",
        "control": "area under the ROC curve among them, for the second crawl",
        **interval_ends(of="control"),
        "beyond": "wave less control",
        **interval_ends(" (MOVER)", of="beyond"),
    },
    keys=("features", "version"),
)
def ablation(
    crawl: Crawl,
    questions: Questions = QUESTIONS,
    models: Models = MODELS,
    *,
    features: Sequence[str] = FEATURES,
    encoders: Sequence[str] = ENCODERS,
    model: str = BASELINE,
    pair: tuple[str, str] = ("at risk", "control"),
    folds: int = 5,
    steps: int = 4,
    resamples: int = 1000,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row a set of features and version.

    Parameters
    ----------
    crawl : Crawl
    questions, models, folds, steps, resamples, seed
        As for :func:`scores`.
    features : sequence of str
        Sets of features that the model is given alone.
    encoders : sequence of str
        Encoders whose vectors it is given alone; their rows are those of the chapter on representations.
    model : str
    pair : tuple of str
        The question, and the one that its area is compared with.
    """
    options = {"folds": folds, "steps": steps, "seed": seed}
    two = {name: questions[name] for name in pair}
    found = predictions(crawl, two, {model: models[model]}, features, **options)
    found = {**predictions(crawl, questions, models, **options), **found}
    ys = {name: _labels(crawl, question, seed) for name, question in two.items()}
    weights = {name: resampling_weights(y, seed=seed, resamples=resamples) for name, y in ys.items()}
    contrasts = dict(zip(("wave", "control"), ((q.who, q.label) for q in two.values()), strict=True))
    rows = []
    if encoders:  # all of them, as the chapter on representations asks: its scores are kept
        areas = auc(crawl, contrasts=contrasts, folds=folds, resamples=resamples, seed=seed)
        areas = areas.set_index(["encoder", "version"])
    for chosen, version in itertools.product((*features, *encoders, "all together"), VERSIONS):
        if chosen in encoders:
            row = areas.loc[(chosen, version)]
            both = [Estimate(*row[[c, f"{c}_low", f"{c}_high"]]) for c in ("wave", "control")]
        else:
            keys = [(name, version, chosen, model) for name in ys]
            both = [_estimate("auc", found[k], ys[k[0]], weights[k[0]]) if k in found else NOTHING for k in keys]
        sizes = [len(y) for y in ys.values()]
        rows.append((chosen, version, sizes[0], *both[0], sizes[1], *both[1], *mover(*both)))
    columns = ["features", "version", "users", "wave", "wave_low", "wave_high"]
    columns += ["control_users", "control", "control_low", "control_high", "beyond", "beyond_low", "beyond_high"]
    return pd.DataFrame(rows, columns=columns)


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
        **interval_ends(" (Wilson)"),
    },
    keys=("model", "part"),
    adds_up=("model",),
)
def calibration(
    crawl: Crawl,
    questions: Questions = QUESTIONS,
    models: Models = MODELS,
    *,
    question: str = "at risk",
    version: str = HONEST,
    parts: int = 3,
    folds: int = 5,
    steps: int = 4,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row a model (without the prior) and part of the users; probabilities are means over the repeats.

    Parameters
    ----------
    crawl : Crawl
    questions, models, folds, steps, seed
        As for :func:`scores`.
    question, version : str
    parts : int
        Into how many parts of equal size the users are cut.
    """
    predicted = predictions(crawl, questions, models, folds=folds, steps=steps, seed=seed)
    y, rows = _labels(crawl, questions[question], seed), []
    for name, model in models.items():
        found = predicted.get((question, version, "all together", name))
        if found is None or isinstance(getattr(model, "model", model), DummyClassifier):
            continue
        mean = found.scores.mean(axis=0)
        place = np.argsort(np.argsort(mean, kind="stable"), kind="stable") * parts // len(y)
        for part in range(parts):
            here = place == part
            share = wilson(int(y[here].sum()), int(here.sum()))
            rows.append((name, part + 1, int(here.sum()), int(y[here].sum()), mean[here].mean(), *share))
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
        **interval_ends(of="lstm"),
        "regression": "area under the ROC curve of the logistic regression",
        **interval_ends(of="regression"),
    },
    keys=("posts_seen",),
)
def sequences(
    crawl: Crawl,
    questions: Questions = QUESTIONS,
    models: Models = MODELS,
    *,
    question: str = "at risk",
    version: str = HONEST,
    pair: tuple[str, str] = ("LSTM", BASELINE),
    folds: int = 5,
    steps: int = 4,
    resamples: int = 1000,
    seed: int = SEED,
) -> pd.DataFrame:
    """Two rows: users with one post, users with more.

    Parameters
    ----------
    crawl : Crawl
    questions, models, folds, steps, resamples, seed
        As for :func:`scores`.
    question, version : str
    pair : tuple of str
        The model of sequences, and the one it is compared with.
    """
    predicted = predictions(crawl, questions, models, folds=folds, steps=steps, seed=seed)
    asked, rows = questions[question], []
    y = _labels(crawl, asked, seed)
    several = cases(crawl, asked.who, "n_posts > 1")[1]
    found = [predicted.get((question, version, "all together", name)) for name in pair]
    for name, members in (("one", ~several), ("two or more", several)):
        weights = resampling_weights(y[members], seed=seed, resamples=resamples)
        both = [
            NOTHING if one is None else estimate("auc", one.scores[:, members], y[members], weights) for one in found
        ]
        rows.append((name, int(members.sum()), int(y[members].sum()), *both[0], *both[1]))
    sides = [f"{m}{end}" for m in ("lstm", "regression") for end in ("", "_low", "_high")]
    return pd.DataFrame(rows, columns=["posts_seen", "users", "positive_users", *sides])
