"""What explains the retention models: which tokens carry them, and what could be known on the day."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from rednote_study.analysis.language import user_texts
from rednote_study.analysis.retention import cases
from rednote_study.analysis.verdicts import LATER, STAYED
from rednote_study.crawl.crawl import Crawl
from rednote_study.crawl.crawls import format_marks
from rednote_study.encoders.evaluation import out_of_fold, stratified_folds
from rednote_study.formats import interval_ends
from rednote_study.models.features import BEHAVIOUR, LANGUAGE, user_features
from rednote_study.models.leakage import single_feature_auc, verdict
from rednote_study.results import SEED, result, stored
from rednote_study.statistics.metrics import estimate, resampling_weights, roc_auc
from rednote_study.store.small_cells import MINIMUM_USERS
from rednote_study.text.clean import clean
from rednote_study.text.segment import segment

SHOWN = 20
"""Tokens of largest coefficient that are shown."""

KINDS = ("format mark", "search word", "hashtag", "word")
_MARK = re.compile(r"\[话题\]|\[[^\[\]\s#]{1,12}R\]|[#＃\n\t]")
_NAMES = {"\n": "line break", "\t": "tab", "＃": "#"}
_HASHTAG = re.compile(r"[#＃]([^#＃\n]*?)\[话题\][#＃]|[#＃]([^\s#＃]+)")


def tokens(text: str) -> list[tuple[str, str]]:
    """Tokens of a raw text with their kind: format marks, search words, hashtags, other words.

    Examples
    --------
    >>> tokens("hi friends #cat[话题]# TikTok")
    [('format mark', '#'), ('format mark', '[话题]'), ('search word', 'tiktok'), ('hashtag', '#cat'), ('word', 'friends')]
    """
    marks = {("format mark", _NAMES.get(m, m)) for m in _MARK.findall(text)}
    tags = {(a or b).strip().lower() for a, b in _HASHTAG.findall(text)} - {""}
    words = set(segment(_HASHTAG.sub(" ", text)))
    plain = pd.Series(sorted(tags | words), dtype="str")
    event = set(plain[clean(plain, marks=False, keywords=False).ne(plain.str.strip())])
    found = {("search word", w) for w in event}
    found |= {("hashtag", f"#{t}") for t in tags - event} | {("word", w) for w in words - event}
    return sorted(marks) + sorted(found, key=lambda pair: (KINDS.index(pair[0]), pair[1]))


@stored
def _token_matrix(crawl: Crawl, who: str, label: str) -> tuple[pd.DataFrame, np.ndarray]:
    """Which of the users have which token (those of five users and more); their labels."""
    rows, y = cases(crawl, who, label)
    index = crawl.users.index[rows]
    documents = [[f"{kind}\0{token}" for kind, token in tokens(t)] for t in user_texts(crawl, "raw").loc[index]]
    vectorizer = CountVectorizer(analyzer=list, binary=True, min_df=MINIMUM_USERS)
    try:
        counts = vectorizer.fit_transform(documents).toarray()
    except ValueError:  # scikit-learn's word for an empty vocabulary
        return pd.DataFrame(index=index), y
    columns = pd.MultiIndex.from_tuples([name.split("\0") for name in vectorizer.get_feature_names_out()])
    return pd.DataFrame(counts, index=index, columns=columns), y


MODEL = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000))
"""On which tokens a user has."""


@stored
def _importance(
    crawl: Crawl,
    who: str,
    label: str,
    model: Pipeline,
    shown: int,
    permutations: int,
    repeats: int,
    folds: int,
    seed: int,
) -> tuple[pd.Series, pd.Series, np.ndarray]:
    """Fall of the area under the curve when tokens are dealt anew among the users scored: by kind, and by token.

    Each kind is dealt as a whole (rows of its columns together). Means over folds, repeats and permutations. Also
    the scores out of fold.
    """
    frame, y = _token_matrix(crawl, who, label)
    X, kinds = frame.to_numpy(float), frame.columns.get_level_values(0)
    groups = {kind: np.flatnonzero(kinds == kind) for kind in KINDS if (kinds == kind).any()}
    strongest = np.argsort(-np.abs(_coefficients(model, X, y)), kind="stable")[:shown]
    groups |= {frame.columns[i]: np.array([i]) for i in strongest}
    rng, scores, falls = np.random.default_rng(seed), np.empty((repeats, len(y))), []
    for repeat, train, test in stratified_folds(y, seed=seed, repeats=repeats, folds=folds):
        fitted = clone(model).fit(X[train], y[train])
        scores[repeat, test] = fitted.predict_proba(X[test])[:, 1]
        falls.append(
            {name: _fall(fitted, X[test], y[test], columns, permutations, rng) for name, columns in groups.items()}
        )
    mean = {name: float(np.mean([fall[name] for fall in falls])) for name in groups}
    by_kind = pd.Series({k: v for k, v in mean.items() if isinstance(k, str)}, dtype=float)
    return by_kind, pd.Series({k: v for k, v in mean.items() if not isinstance(k, str)}, dtype=float), scores


def _coefficients(model: Pipeline, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    return clone(model).fit(X, y)[-1].coef_[0]


def _fall(
    fitted, X: np.ndarray, y: np.ndarray, columns: np.ndarray, permutations: int, rng: np.random.Generator
) -> float:
    """Mean loss of area under the curve over permutations of some columns, their rows kept together."""
    base, after = fitted.decision_function(X), []
    weights = np.ones((1, len(y)))
    for _ in range(permutations):
        dealt = X.copy()
        dealt[:, columns] = X[rng.permutation(len(X))][:, columns]
        after.append(roc_auc(fitted.decision_function(dealt), y, weights)[0])
    return float(roc_auc(base, y, weights)[0] - np.mean(after))


def _enough(frame: pd.DataFrame, y: np.ndarray, folds: int) -> bool:
    return len(frame.columns) > 0 and min(y.sum(), (~y).sum()) >= folds


@result(
    "retention_token_kinds",
    title="Which kind of token carries a bag-of-tokens model on raw text.",
    columns={
        "kind": "kind of token",
        "tokens": "tokens that five newcomers at risk or more have",
        "users": "newcomers at risk",
        "auc": "area under the ROC curve of a logistic regression on these tokens alone, out of fold",
        **interval_ends(", users resampled"),
        "fall": "fall of the area of the model on all tokens when these are dealt anew among the users scored",
    },
    keys=("kind",),
)
def kinds(
    crawl: Crawl,
    who: str = "at_risk",
    label: str = STAYED,
    model: Pipeline = MODEL,
    *,
    permutations: int = 20,
    repeats: int = 2,
    folds: int = 5,
    resamples: int = 1000,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row a kind of token, and one for all.

    Parameters
    ----------
    crawl : Crawl
    who, label : str
        Conditions: whose raw texts are read, and what is predicted of them.
    model : pipeline
        Its last step has coefficients.
    permutations : int
        How often tokens are dealt anew in each fold.
    repeats, folds, resamples, seed : int
    """
    frame, y = _token_matrix(crawl, who, label)
    if not _enough(frame, y, folds):
        return []
    by_kind, _, scores = _importance(crawl, who, label, model, SHOWN, permutations, repeats, folds, seed)
    weights = resampling_weights(y, seed=seed, resamples=resamples)
    rows = [("all", frame.shape[1], len(y), *estimate("auc", scores, y, weights), np.nan)]
    for kind in by_kind.index:
        part = frame[kind].to_numpy(float)
        alone = out_of_fold(model, part, y, seed=seed, repeats=repeats, folds=folds)
        rows.append((kind, part.shape[1], len(y), *estimate("auc", alone, y, weights), by_kind[kind]))
    return rows


@result(
    "retention_tokens",
    title="The tokens of largest coefficient in a bag-of-tokens model on raw text.",
    columns={
        "token": "the token",
        "kind": "what kind it is",
        "users": "newcomers at risk who have it",
        "speaks_for": "seen later, or not, by the sign of its coefficient",
        "coefficient": "change of the log odds for one standard deviation",
        "fall": "fall of the area under the curve when this token is dealt anew among the users scored",
    },
    keys=("token", "kind"),
)
def strongest(
    crawl: Crawl,
    who: str = "at_risk",
    label: str = STAYED,
    model: Pipeline = MODEL,
    *,
    shown: int = SHOWN,
    permutations: int = 20,
    repeats: int = 2,
    folds: int = 5,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row a token, of those that five users and more have.

    Parameters
    ----------
    crawl : Crawl
    who, label, model, permutations, repeats, folds, seed
        As for :func:`kinds`.
    shown : int
        How many tokens.
    """
    frame, y = _token_matrix(crawl, who, label)
    if not _enough(frame, y, folds):
        return []
    coefficients = pd.Series(_coefficients(model, frame.to_numpy(float), y), index=frame.columns)
    _, falls, _ = _importance(crawl, who, label, model, shown, permutations, repeats, folds, seed)
    return [
        (token, kind, int(frame[kind, token].sum()), "seen later" if coefficients[kind, token] > 0 else "not later",
         coefficients[kind, token], fall)
        for (kind, token), fall in falls.items()
    ]  # fmt: skip


_AT_CRAWL = "no: counted when the crawl came, and grows with the age of a post"
_KNOWN = {
    "registered": ("time of registration", "yes"),
    "first_post": ("time of the first post in the sample", "no: it is the day itself, and a late day is the label"),
    "last_post": ("time of the last post in the sample", "no: the label is made of it"),
    "tenure_first_days": ("days from registration to the first post", "no: long only for those seen late"),
    "tenure_days": ("days from registration to the last post", "no: the label is made of it"),
    "n_posts": ("number of posts in the sample", "no: counted over both crawls"),
    "hour": ("hour of the first post", "yes, but a mark of the crawl"),
    **{c: (c.replace("_count", "s"), _AT_CRAWL) for c in BEHAVIOUR},
    "chinese": ("any Chinese words", "yes"),
    "latin": ("any words in Latin letters", "yes"),
    "characters": ("length of the raw text", "yes, but a mark of the crawl"),
    "hashtags": ("number of hashtags", "yes"),
    "format_mark": ("suffix [话题] in the text", "no: left by the crawler"),
    "blank_ends": ("blank at an end of the text", "no: left by the crawler"),
    "banded": ("a count shown as a band", "no: left by the crawler"),
}


@result(
    "retention_known",
    title="Each feature alone: what it tells of the label, and whether it could be known on the day of the first post.",
    columns={
        "feature": "the feature",
        "known": "whether a platform would know it on the day of a newcomer's first post",
        "used": "whether the models of this chapter use it, beside the words",
        "users": "newcomers at risk",
        "wave": "area under the ROC curve of the feature alone, in the better direction, for being seen later",
        "check": "what the leakage check says",
        "control_users": "users of the control group",
        "control": "the same in the control group, for the second crawl",
    },
    keys=("feature", "known", "used"),
)
def known(
    crawl: Crawl,
    wave: tuple[str, str] = ("at_risk", STAYED),
    control: tuple[str, str] = ("account != 'wave'", LATER),
) -> pd.DataFrame:
    """One row a feature that an analyst could think of.

    Parameters
    ----------
    crawl : Crawl
    wave, control : tuple of str
        Conditions: who, and the label that each feature alone is asked for.
    """
    features = user_features(crawl.posts, crawl.users, user_texts(crawl, "raw"), "raw")[[*BEHAVIOUR, *LANGUAGE]]
    marks = format_marks(crawl.posts).groupby(crawl.posts["author"]).any().reindex(crawl.users.index).astype(float)
    users = crawl.users
    candidates = features.join(marks).join(users[[c for c in _KNOWN if c in users and c not in features]])
    candidates["hour"] = users["first_post"].dt.hour
    (at, y), (others, later) = (cases(crawl, *pair) for pair in (wave, control))
    areas, beside = single_feature_auc(candidates.iloc[at], y), single_feature_auc(candidates.iloc[others], later)
    return [
        (text, when, "yes" if name in (*BEHAVIOUR, *LANGUAGE) else "no", len(y), areas[name], verdict(areas[name]),
         len(later), beside[name])
        for name, (text, when) in _KNOWN.items()
    ]  # fmt: skip
