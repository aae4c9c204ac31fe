"""FastText or DistilBERT? Encoders compared on the same texts.

An encoder is an estimator whose ``transform`` takes a list of texts and gives an array, one row a text: those of
:mod:`rednote_study.encoders`, or a pipeline of scikit-learn. A comparison takes them by name, in a mapping.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from rednote_study.analysis.language import language_posts, post_words, user_texts
from rednote_study.analysis.relations import holds
from rednote_study.analysis.verdicts import LATER, NOTHING, STAYED
from rednote_study.crawl.conditions import checked, same_names
from rednote_study.crawl.crawl import Crawl
from rednote_study.encoders import (
    SMALL_DISTILBERT,
    DistilBertEncoder,
    FastTextEncoder,
    PretrainedEncoder,
    SentenceEncoder,
    TextEncoder,
    TfidfSvdEncoder,
)
from rednote_study.encoders.base import POSTS
from rednote_study.encoders.distilbert import SMALL
from rednote_study.encoders.evaluation import (
    auc_draws,
    auc_interval,
    corrected_t,
    fold_areas,
    misspell,
    neighbour_purity,
    out_of_fold,
    recall_at_1,
    translation_pairs,
    unit,
)
from rednote_study.formats import estimates, interval_ends, with_ends
from rednote_study.results import SEED, result, stored
from rednote_study.statistics.inference import Estimate, bootstrap_interval, wilson
from rednote_study.store.small_cells import MINIMUM_USERS
from rednote_study.system.parallel import run
from rednote_study.system.paths import DATA
from rednote_study.text.clean import VERSIONS, post_text, text_version
from rednote_study.text.hashtags import hashtags, is_refugee_tag
from rednote_study.text.segment import is_chinese

Encoders = Mapping[str, BaseEstimator]

UNSEEN = ("kittens", "refugeeees", "translater", "makeupp", "美国网友们", "学英文", "猫咪咪")
"""Words that the corpus does not have, for the table of neighbours: forms, misspellings, compounds."""

FEWEST_TEXTS = 50
"""On fewer posts with a hashtag nobody has neighbours worth counting."""

CONTRASTS = {"wave": ("at_risk", STAYED), "control": ("account != 'wave'", LATER)}
"""Who is scored, and what is to be told of them."""

CLASSIFIER = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000))


def encoders(seed: int = SEED) -> dict[str, TextEncoder]:
    """The encoders that every machine has, by name, not fitted."""
    return {
        "TF-IDF with SVD": TfidfSvdEncoder(seed=seed),
        "FastText": FastTextEncoder(seed=seed),
        "TF-IDF with SVD, same text": PretrainedEncoder(TfidfSvdEncoder(seed=seed)),
        "FastText, same text": PretrainedEncoder(FastTextEncoder(epochs=3, seed=seed)),
        "DistilBERT small, [CLS]": DistilBertEncoder(SMALL, pooling="cls"),
        "DistilBERT small, mean": DistilBertEncoder(SMALL, pooling="mean"),
        "sentence encoder": SentenceEncoder(),
    }


ENCODERS = encoders()
WORD_ENCODERS = {name: encoder for name, encoder in ENCODERS.items() if "[CLS]" not in name and "same text" not in name}

PAIRS = {
    "FastText: same text less posts": ("FastText, same text", "FastText"),
    "TF-IDF: same text less posts": ("TF-IDF with SVD, same text", "TF-IDF with SVD"),
    "same text: DistilBERT less FastText": ("DistilBERT small, mean", "FastText, same text"),
    "same text: DistilBERT less TF-IDF": ("DistilBERT small, mean", "TF-IDF with SVD, same text"),
    "DistilBERT: mean less [CLS]": ("DistilBERT small, mean", "DistilBERT small, [CLS]"),
    "sentence encoder less DistilBERT": ("sentence encoder", "DistilBERT small, mean"),
}
"""Encoders that are set against each other, by what the pair asks."""


def similarity(encoders: Encoders, first: str, second: str, corpus: Sequence[str]) -> pd.DataFrame:
    """Cosine of the vectors of two texts under each encoder, fitted on a corpus.

    Parameters
    ----------
    encoders : mapping of str to estimator
    first, second : str
    corpus : sequence of str
        From which those learn that learn from texts.

    Returns
    -------
    pandas.DataFrame
        Columns ``encoder``, ``similarity``; 0 where a text has no vector.
    """
    rows = []
    for name, encoder in encoders.items():
        x, y = unit(clone(encoder).fit(list(corpus)).transform([first, second]))
        rows.append((name, float(x @ y)))
    return pd.DataFrame(rows, columns=["encoder", "similarity"])


def _corpus(crawl: Crawl) -> list[str]:
    """Texts of posts that say something in words of their own."""
    texts = text_version(post_text(crawl.posts), "words only")
    return texts[texts.ne("")].tolist()


_COMPARISON = {
    "encoder": "how texts become vectors",
    "learnt_from": "what it had learnt from before it was asked",
    "dimension": "numbers in a vector",
    "english_chinese": "share of 200 English sentences whose nearest Chinese one is their translation",
    **interval_ends(" (Wilson)", of="english_chinese"),
    "chinese_english": "the same from Chinese to English",
    "misspelt": "share of misspelt words whose nearest word is the right one",
    "misspelt_words": "misspelt words tried",
    "purity": "share of a post's ten nearest posts that carry one of its hashtags, hashtags not being in the text",
    **interval_ends(", posts resampled", of="purity"),
    "purity_chance": "the same share among all other posts",
}


@result(
    "representation_comparison",
    title="Encoders compared on the same texts.",
    columns=_COMPARISON,
    keys=("encoder",),
)
def comparison(
    crawl: Crawl, encoders: Encoders = ENCODERS, *, nearest: int = 10, resamples: int = 2000, seed: int = SEED
) -> pd.DataFrame:
    """One row an encoder.

    Parameters
    ----------
    crawl : Crawl
    encoders : mapping of str to estimator
        By name; each learns from the texts of the posts, and ``transform`` takes a list of texts.
    nearest : int
        Posts among which those with the same hashtag are counted.
    resamples, seed : int
        Of the bootstrap over posts.
    """
    words, rows = len(_misspelt(crawl, seed)[0]), []
    for name, hits in _hits(crawl, encoders, nearest, seed).items():
        found = wilson(int(hits["english_chinese"].sum()), len(hits["english_chinese"]))
        told = hits["chinese_english"].mean(), hits["misspelt"].mean() if words else np.nan, words
        read, purity = getattr(encoders[name], "learnt_from", POSTS), _mean(hits["purity"], resamples, seed)
        rows.append((name, read, hits["dimension"], *found, *told, *purity, hits["chance"]))
    return rows


@stored
def _hits(crawl: Crawl, encoders: Encoders, nearest: int, seed: int) -> dict[str, dict]:
    """What each encoder finds: one number a pair of sentences, misspelt word and post."""
    corpus, pairs, found = _corpus(crawl), translation_pairs(), {}
    words, wrong = _misspelt(crawl, seed)
    texts, related, allowed = _neighbourhood(crawl)
    enough = len(texts) >= FEWEST_TEXTS
    for name, encoder in encoders.items():
        encoder.fit(corpus)
        english, chinese = (encoder.transform(pairs[c].tolist()) for c in ("english", "chinese"))
        found[name] = {
            "dimension": english.shape[1],
            "english_chinese": recall_at_1(english, chinese),
            "chinese_english": recall_at_1(chinese, english),
            "misspelt": recall_at_1(encoder.transform(wrong), encoder.transform(words)) if words else np.empty(0),
            "purity": neighbour_purity(encoder.transform(texts), related, allowed, nearest) if enough else np.empty(0),
            "chance": ((related & allowed).sum(axis=1) / allowed.sum(axis=1)).mean() if enough else np.nan,
        }
    return found


def _mean(values: np.ndarray, resamples: int, seed: int) -> Estimate:
    """Mean with its interval, what it is taken over resampled; the same draws for the same number of values."""
    if not len(values):
        return NOTHING
    drawn = np.random.default_rng(seed).choice(values, size=(resamples, len(values))).mean(axis=1)
    return Estimate(float(values.mean()), *bootstrap_interval(drawn))


def _shared_words(crawl: Crawl) -> list[str]:
    """Words of five users and more, in order."""
    used = post_words(crawl).groupby("word")["author"].nunique()
    return sorted(used[used.ge(MINIMUM_USERS)].index)


def _misspelt(crawl: Crawl, seed: int) -> tuple[list[str], list[str]]:
    """Words used by five users and more, with a misspelling that is no such word itself."""
    words = [word for word in _shared_words(crawl) if len(word) >= (2 if is_chinese(word) else 4)]
    rng, known = np.random.default_rng(seed), set(words)
    pairs = [(word, misspell(word, rng)) for word in words]
    pairs = [(word, wrong) for word, wrong in pairs if wrong not in known]
    return [word for word, _ in pairs], [wrong for _, wrong in pairs]


def _neighbourhood(crawl: Crawl) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Texts of posts with a hashtag that is not the event's; who shares a hashtag; who may be a neighbour."""
    tags = hashtags(crawl.posts)
    tags = tags[~is_refugee_tag(tags["tag"].astype("str"))]
    common = tags.groupby("tag")["author"].nunique()
    tags = tags[tags["tag"].isin(common[common.ge(MINIMUM_USERS)].index)]
    texts = text_version(post_text(crawl.posts), "words only")
    posts = crawl.posts.assign(text=texts)[["post", "author", "text"]]
    posts = posts[posts["post"].isin(tags["post"]) & posts["text"].ne("")]
    marks = pd.crosstab(tags["post"], tags["tag"]).reindex(posts["post"]).to_numpy(dtype=float)
    related = marks @ marks.T > 0
    allowed = posts["author"].to_numpy()[:, None] != posts["author"].to_numpy()
    return posts["text"].tolist(), related, allowed


_AUC = {
    "encoder": "how texts become vectors",
    "version": "what was taken out of the texts",
    "wave_users": "newcomers at risk, scored in folds that they were not learnt from",
    "wave": "area under the ROC curve among them",
    **interval_ends(", users resampled", of="wave"),
    "control_users": "users of older and younger accounts, scored by a model learnt from all newcomers at risk",
    "control": "area under the ROC curve among them, for the second crawl",
    **interval_ends(of="control"),
}


@result(
    "representation_auc",
    title="Can a logistic regression on text vectors tell who is seen later? Four versions of the same texts.",
    columns=_AUC,
    keys=("encoder", "version"),
)
def auc(
    crawl: Crawl,
    encoders: Encoders = ENCODERS,
    contrasts: Mapping[str, tuple[str, str]] = CONTRASTS,
    *,
    versions: Sequence[str] = tuple(VERSIONS),
    classifier: BaseEstimator = CLASSIFIER,
    folds: int = 5,
    repeats: int = 2,
    resamples: int = 1000,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row an encoder and version of the text.

    Parameters
    ----------
    crawl : Crawl
    encoders : mapping of str to estimator
        As for :func:`comparison`; encoder and classifier learn inside the fold.
    contrasts : mapping of str to (str, str)
        ``wave`` and ``control``: who is scored, and the label.
    versions : sequence of str
        Of the texts; see :data:`rednote_study.text.clean.VERSIONS`.
    classifier : estimator
        Of vectors.
    folds, repeats : int
        Of the cross-validation among newcomers.
    resamples, seed : int
        Of the bootstrap over users.
    """
    labels, scores = _scores(crawl, encoders, contrasts, tuple(versions), classifier, folds, repeats, seed)
    sizes, rows = [len(label) for label in labels], []
    for key, found in scores.items():
        areas = [_area(s, y, resamples, seed) for s, y in zip(found, labels, strict=True)]
        rows.append((*key, sizes[0], *areas[0], sizes[1], *areas[1]))
    return rows


@stored
def _scores(
    crawl: Crawl,
    encoders: Encoders,
    contrasts: Mapping[str, tuple[str, str]],
    versions: Sequence[str],
    classifier: BaseEstimator,
    folds: int,
    repeats: int,
    seed: int,
) -> tuple[list[np.ndarray], dict[tuple[str, str], tuple]]:
    """Labels of newcomers and control group, and their scores by encoder and version; None where there are too few."""
    (members, stayed), (others, later) = (_labelled(crawl, *contrasts[name]) for name in ("wave", "control"))
    texts = {version: user_texts(crawl, version) for version in versions}
    for encoder in encoders.values():
        if isinstance(encoder, PretrainedEncoder) and _enough(stayed):
            encoder.fit([])  # once, and not in each worker
    jobs = {
        (name, v): (make_pipeline(encoders[name], classifier), texts[v][members], stayed, texts[v][others], later)
        for name, v in itertools.product(encoders, versions)
    }
    how = {"folds": folds, "repeats": repeats, "seed": seed}
    found = run(_scored, [(*job, how) for job in jobs.values()], what="encoders and texts")
    return [stayed, later], dict(zip(jobs, found, strict=True))


def _labelled(crawl: Crawl, who: str, label: str) -> tuple[np.ndarray, np.ndarray]:
    """Which users are meant (bool), and for which of these the label holds (bool)."""
    members = holds(crawl, checked(who), "users")
    return members, holds(crawl, checked(label), "users")[members]


def _scored(
    model: BaseEstimator, texts: pd.Series, stayed: np.ndarray, others: pd.Series, later: np.ndarray, how: dict
):
    """Scores among newcomers, by folds, and in the control group, by a model learnt from all newcomers."""
    if not _enough(stayed):
        return None, None
    own = out_of_fold(model, texts, stayed, **how)
    if not _enough(later):
        return own, None
    return own, clone(model).fit(texts.tolist(), stayed).predict_proba(others.tolist())[:, 1]


def _enough(labels: np.ndarray) -> bool:
    return min(labels.sum(), (~labels).sum()) >= MINIMUM_USERS


def _area(scores: np.ndarray | None, labels: np.ndarray, resamples: int, seed: int) -> Estimate:
    return NOTHING if scores is None else auc_interval(scores, labels, seed=seed, resamples=resamples)


_DIFFERENCES = {
    "pair": "what is compared",
    "first": "encoder",
    "second": "the encoder that is taken from it",
    **with_ends(
        {
            "english_chinese": "difference in the share of translations found; pairs of sentences resampled",
            "misspelt": "difference in the share of misspelt words found; words resampled",
            "purity": "difference in neighbour purity; posts resampled",
            "wave": "difference in the area among newcomers, mean over the same folds; corrected resampled t",
            "control": "difference in the area among older and younger accounts; users resampled",
        }
    ),
}


@result(
    "representation_differences",
    title="Encoders set against each other: differences, with 95 % intervals of the differences themselves.",
    columns=_DIFFERENCES,
    keys=("pair", "first", "second"),
    formats=estimates("english_chinese", "misspelt", "purity", "wave", "control", kind="signed", missing="too few"),
)
def differences(
    crawl: Crawl,
    encoders: Encoders = ENCODERS,
    pairs: Mapping[str, tuple[str, str]] = PAIRS,
    contrasts: Mapping[str, tuple[str, str]] = CONTRASTS,
    *,
    version: str = "words only",
    versions: Sequence[str] = tuple(VERSIONS),
    classifier: BaseEstimator = CLASSIFIER,
    folds: int = 5,
    repeats: int = 2,
    nearest: int = 10,
    resamples: int = 2000,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row a pair of encoders, both on the same sentences, words, posts, folds and users.

    Parameters
    ----------
    crawl : Crawl
    encoders : mapping of str to estimator
    pairs : mapping of str to (str, str)
        Two names of encoders each.
    contrasts, versions, classifier, folds, repeats, seed
        As for :func:`auc`, which shares the fits.
    version : str
        Of the text, for the areas.
    nearest, resamples : int
        As for :func:`comparison`.

    Raises
    ------
    DataError
        If a pair names an encoder that is not there.
    """
    same_names(itertools.chain(*pairs.values()), encoders, "encoder")
    hits = _hits(crawl, encoders, nearest, seed)
    labels, scores = _scores(crawl, encoders, contrasts, tuple(versions), classifier, folds, repeats, seed)
    rows = []
    for name, (first, second) in pairs.items():
        told = [
            _mean(hits[first][m].astype(float) - hits[second][m], resamples, seed)
            for m in ("english_chinese", "misspelt", "purity")
        ]
        (wave, control), (wave2, control2) = scores[first, version], scores[second, version]
        told += [_over_folds(wave, wave2, labels[0], folds, seed)]
        told += [_over_users(control, control2, labels[1], resamples, seed)]
        rows.append((name, first, second, *itertools.chain(*told)))
    return rows


def _over_folds(first: np.ndarray | None, second: np.ndarray | None, y: np.ndarray, folds: int, seed: int) -> Estimate:
    """Difference of two areas within the same folds."""
    if first is None or second is None:
        return NOTHING
    areas = [fold_areas(scores, y, seed=seed, folds=folds) for scores in (first, second)]
    return corrected_t(areas[0] - areas[1], folds=folds)


def _over_users(
    first: np.ndarray | None, second: np.ndarray | None, y: np.ndarray, resamples: int, seed: int
) -> Estimate:
    """Difference of two areas, the same users drawn for both."""
    if first is None or second is None:
        return NOTHING
    areas = [auc_draws(scores, y, seed=seed, resamples=resamples) for scores in (first, second)]
    drawn = areas[0] - areas[1]
    return Estimate(float(drawn[0]), *bootstrap_interval(drawn[1:]))


@result(
    "representation_neighbours",
    title="Nearest known words of words that the posts do not have.",
    columns={
        "word": "a word that is in no post",
        "encoder": "how words become vectors",
        "neighbours": "its three nearest words among those of five users and more; none if it has no vector",
    },
    machine="FastText's training amplifies rounding, and the last of three neighbours may change",
)
def neighbours(crawl: Crawl, encoders: Encoders = WORD_ENCODERS, words: Sequence[str] = UNSEEN) -> pd.DataFrame:
    """One row a word that no post has, and encoder.

    Parameters
    ----------
    crawl : Crawl
    encoders : mapping of str to estimator
        As for :func:`comparison`.
    words : sequence of str
        Those that a post has are left out.
    """
    known, corpus, rows = _shared_words(crawl), _corpus(crawl), []
    held = set(post_words(crawl)["word"])
    unseen = [word for word in words if word not in held]
    for name, encoder in encoders.items() if known else ():
        encoder.fit(corpus)
        vectors = encoder.transform(unseen)
        order = np.argsort(-(unit(vectors) @ unit(encoder.transform(known)).T), axis=1, kind="stable")[:, :3]
        rows += [
            (word, name, ", ".join(known[i] for i in nearest) if vector.any() else "none")
            for word, vector, nearest in zip(unseen, vectors, order, strict=True)
        ]
    frame = pd.DataFrame(rows, columns=["word", "encoder", "neighbours"])
    return frame.sort_values("word", key=lambda w: w.map({u: i for i, u in enumerate(words)}), kind="stable")


SENTENCES = SentenceEncoder()

THIRDS = ("under a third", "a third to two thirds", "over two thirds")
"""Classes of shares in a cell: among five posts, no class tells how many there are."""

_MAP = {
    "x": "first component, middle of the cell",
    "y": "second component, middle of the cell",
    "users": "users with a post in the cell",
    "chinese": "share of its posts with any Chinese, in thirds",
    "later": "share of its posts after the first crawl, in thirds",
}


@result(
    "representation_map",
    title="Map of the posts: first two principal components of their sentence vectors, in cells of five users and more.",
    columns=_MAP,
    keys=("x", "y"),
)
def cells(crawl: Crawl, encoder: BaseEstimator = SENTENCES, *, along: int = 10) -> pd.DataFrame:
    """One row a cell of a grid; no post can be told from another, and cells of fewer than five users are left out.

    Parameters
    ----------
    crawl : Crawl
    encoder : estimator
        As for :func:`comparison`.
    along : int
        Cells along each axis.
    """
    points, posts, _ = _components(crawl, encoder)
    if points is None:
        return []
    places = {}
    for axis, values in zip("xy", points.T, strict=True):
        edges = np.linspace(values.min(), values.max(), along + 1)
        middle = (edges[1:] + edges[:-1]) / 2
        places[axis] = middle[np.clip(np.searchsorted(edges, values, side="right") - 1, 0, along - 1)]
    grouped = posts.assign(**places).groupby(["x", "y"])
    table = grouped.agg(users=("author", "nunique"), chinese=("chinese", "mean"), later=("later", "mean"))
    table = table[table["users"].ge(MINIMUM_USERS)].reset_index().round({"x": 4, "y": 4})
    for column in ("chinese", "later"):
        table[column] = [THIRDS[min(int(3 * share), 2)] for share in table[column]]
    return table


@result(
    "representation_components",
    title="The first two principal components of the posts' vectors.",
    columns={
        "component": "number of the component",
        "variance": "share of the variance that it holds",
        "together": "the same with the components before it",
        "chinese": "correlation of a post's place on it with having any Chinese",
        "later": "correlation with being in a later crawl than the first",
    },
    keys=("component",),
)
def components(crawl: Crawl, encoder: BaseEstimator = SENTENCES) -> pd.DataFrame:
    """What the axes of the map go with; `encoder` as for :func:`comparison`."""
    points, posts, variance = _components(crawl, encoder)
    rows = []
    for axis in (0, 1):
        told = [
            np.corrcoef(points[:, axis], posts[column].astype(float))[0, 1]
            if points is not None and posts[column].nunique() > 1
            else np.nan
            for column in ("chinese", "later")
        ]
        rows.append((axis + 1, variance[axis], variance[: axis + 1].sum(), *told))
    return rows


def _components(crawl: Crawl, encoder: BaseEstimator) -> tuple[np.ndarray | None, pd.DataFrame, np.ndarray]:
    """Coordinates, posts and shares of variance; no coordinates where there is too little text."""
    posts = language_posts(crawl)
    posts["later"] = posts["crawl"].gt(1)
    texts = text_version(post_text(crawl.posts), "words only")
    posts, texts = posts[texts.ne("")], texts[texts.ne("")]
    if len(posts) < 50:
        return None, posts, np.full(2, np.nan)
    pca = PCA(2, svd_solver="full")
    points = pca.fit_transform(encoder.fit_transform(texts.tolist()))
    signs = np.sign(points[np.abs(points).argmax(axis=0), [0, 1]])  # the sign of a component is arbitrary
    return points * signs, posts, pca.explained_variance_ratio_


@result(
    "representation_costs",
    title="What encoders cost: measured once, not on your machine.",
    columns={
        "encoder": "how texts become vectors",
        "fit_seconds": "time to learn from the texts, or to load the model (s)",
        "encode_seconds": "time to encode them (s)",
        "texts_per_second": "texts encoded in a second",
        "again_seconds": "time for the same texts a second time (s)",
        "memory": "peak memory of a process that does this and nothing else (MB)",
    },
    needs_data=False,
)
def costs() -> pd.DataFrame:
    """One row an encoder and, last, the published loop."""
    return pd.read_csv(DATA / "benchmarks" / "encoders.csv")


@result(
    "representation_machine",
    title="What the costs of encoders were measured on.",
    columns={"machine": "processor and Python", "texts": "texts of the replica"},
    needs_data=False,
)
def machine() -> pd.DataFrame:
    """One row."""
    measured = json.loads((DATA / "benchmarks" / "machine.json").read_text("utf-8"))
    return [measured]


@result(
    "distilbert_card",
    title="The small DistilBERT that ships with the study.",
    columns={
        "layers": "transformer layers",
        "parameters": "parameters (millions)",
        "texts": "texts that it was taught with",
        "rank_correlation": "of its similarities with its teacher's, on sentences that it never saw",
    },
    needs_data=False,
)
def card() -> pd.DataFrame:
    """One row, of the model card."""
    quality = json.loads(Path(SMALL_DISTILBERT, "quality.json").read_text("utf-8"))
    layers = json.loads(Path(SMALL_DISTILBERT, "config.json").read_text("utf-8"))["n_layers"]
    row = (layers, quality["parameters"] / 1e6, quality["texts"], quality["rank_correlation"])
    return [row]
