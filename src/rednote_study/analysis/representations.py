"""Tables of the chapter on representations: encoders compared on the same texts."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from rednote_study.analysis.language import language_posts, post_words, user_texts
from rednote_study.analysis.numbers import NUMBER_COLUMNS, number_table
from rednote_study.analysis.verdicts import NOTHING
from rednote_study.crawl import Crawl
from rednote_study.encoders import (
    SMALL_DISTILBERT,
    DistilBertEncoder,
    FastTextEncoder,
    SentenceEncoder,
    TextEncoder,
    TfidfSvdEncoder,
)
from rednote_study.encoders.distilbert import ORIGINAL, find_model
from rednote_study.evaluation import (
    auc_interval,
    misspell,
    neighbour_purity,
    out_of_fold,
    recall_at_1,
    translation_pairs,
    unit,
)
from rednote_study.parallel import run
from rednote_study.paths import DATA
from rednote_study.results import SEED, result
from rednote_study.small_cells import MINIMUM_USERS
from rednote_study.stats import Estimate, bootstrap_interval, wilson
from rednote_study.text.clean import VERSIONS, post_text, text_version
from rednote_study.text.hashtags import hashtags, is_refugee_tag
from rednote_study.text.segment import is_chinese

__all__ = [
    "encoders",
    "representation_auc",
    "representation_comparison",
    "representation_map",
    "representation_neighbours",
    "representation_original",
]

ORIGINAL_ROWS = ("DistilBERT original, mean", "DistilBERT original, [CLS] (published way)")
UNSEEN = ("kittens", "refugeeees", "translater", "makeupp", "美国网友们", "学英文", "猫咪咪")
"""Words that the corpus does not have, for the table of neighbours: forms, misspellings, compounds."""


def encoders() -> dict[str, TextEncoder]:
    """The encoders that every machine has, by name, not fitted."""
    return {
        "TF-IDF with SVD": TfidfSvdEncoder(seed=SEED),
        "FastText": FastTextEncoder(seed=SEED),
        "DistilBERT small, [CLS]": DistilBertEncoder(SMALL_DISTILBERT, pooling="cls"),
        "DistilBERT small, mean": DistilBertEncoder(SMALL_DISTILBERT, pooling="mean"),
        "sentence encoder": SentenceEncoder(),
    }


def original_encoders() -> dict[str, TextEncoder]:
    """The published model's encoders, where it has been fetched before."""
    if find_model(ORIGINAL, local_only=True) is None:
        return {}
    return {n: DistilBertEncoder(pooling=p) for n, p in zip(ORIGINAL_ROWS, ("mean", "cls"), strict=True)}


def classifier(encoder: TextEncoder):
    """Encoder, scaler and logistic regression in one pipeline, so that all three learn inside the fold."""
    return make_pipeline(encoder, StandardScaler(), LogisticRegression(C=0.01, max_iter=2000))


def _corpus(data: Crawl) -> list[str]:
    """Texts of posts that say something in words of their own."""
    texts = text_version(post_text(data.posts), "words only")
    return texts[texts.ne("")].tolist()


_COMPARISON = {
    "encoder": "how texts become vectors",
    "dimension": "numbers in a vector",
    "english_chinese": "share of 200 English sentences whose nearest Chinese one is their translation",
    "english_chinese_low": "lower end of its 95 % interval (Wilson)",
    "english_chinese_high": "upper end of its 95 % interval",
    "chinese_english": "the same from Chinese to English",
    "misspelt": "share of misspelt words whose nearest word is the right one",
    "misspelt_words": "misspelt words tried",
    "purity": "share of a post's ten nearest posts that carry one of its hashtags, hashtags not being in the text",
    "purity_low": "lower end of its 95 % interval, posts resampled",
    "purity_high": "upper end of its 95 % interval",
    "purity_chance": "the same share among all other posts",
}


@result(
    "representation_comparison",
    title="Encoders compared on the same texts.",
    columns=_COMPARISON,
    keys=("encoder",),
)
def representation_comparison(data: Crawl) -> pd.DataFrame:
    """One row an encoder that every machine has."""
    return _compare(data, encoders())


@result(
    "representation_original",
    title="The published model on the same texts; empty where it was never fetched.",
    columns=_COMPARISON,
    keys=("encoder",),
    machine="the model comes from a hub that not every machine can reach",
)
def representation_original(data: Crawl) -> pd.DataFrame:
    """Two rows, or none."""
    return _compare(data, original_encoders())


def _compare(data: Crawl, chosen: dict[str, TextEncoder]) -> pd.DataFrame:
    corpus, pairs = _corpus(data), translation_pairs()
    words, wrong = _misspelt(data)
    rows = []
    for name, encoder in chosen.items():
        encoder.fit(corpus)
        english, chinese = encoder.transform(pairs["english"]), encoder.transform(pairs["chinese"])
        found = wilson(int(recall_at_1(english, chinese).sum()), len(pairs))
        back = recall_at_1(chinese, english).mean()
        right = recall_at_1(encoder.transform(wrong), encoder.transform(words)).mean() if words else np.nan
        rows.append((name, encoder.dimension_, *found, back, right, len(words), *_purity(data, encoder)))
    return pd.DataFrame(rows, columns=list(_COMPARISON))


def _shared_words(data: Crawl) -> list[str]:
    """Words of five users and more, in order."""
    used = post_words(data).groupby("word")["author"].nunique()
    return sorted(used[used.ge(MINIMUM_USERS)].index)


def _misspelt(data: Crawl) -> tuple[list[str], list[str]]:
    """Words used by five users and more, with a misspelling that is no such word itself."""
    words = [word for word in _shared_words(data) if len(word) >= (2 if is_chinese(word) else 4)]
    rng, known = np.random.default_rng(SEED), set(words)
    pairs = [(word, misspell(word, rng)) for word in words]
    pairs = [(word, wrong) for word, wrong in pairs if wrong not in known]
    return [word for word, _ in pairs], [wrong for _, wrong in pairs]


def _purity(data: Crawl, encoder: TextEncoder) -> tuple[float, ...]:
    """Neighbour purity with interval, and what chance gives."""
    vectors, related, allowed = _neighbourhood(data, encoder)
    if len(vectors) < 50:
        return (np.nan,) * 4
    purity = neighbour_purity(vectors, related, allowed)
    rng = np.random.default_rng(SEED)
    drawn = rng.choice(purity, size=(2000, len(purity))).mean(axis=1)
    chance = (related & allowed).sum(axis=1) / allowed.sum(axis=1)
    return purity.mean(), *bootstrap_interval(drawn), chance.mean()


def _neighbourhood(data: Crawl, encoder: TextEncoder) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vectors of posts with a hashtag that is not the event's; who shares a hashtag; who may be a neighbour."""
    tags = hashtags(data.posts)
    tags = tags[~is_refugee_tag(tags["tag"].astype("str"))]
    common = tags.groupby("tag")["author"].nunique()
    tags = tags[tags["tag"].isin(common[common.ge(MINIMUM_USERS)].index)]
    texts = text_version(post_text(data.posts), "words only")
    posts = data.posts.assign(text=texts)[["post", "author", "text"]]
    posts = posts[posts["post"].isin(tags["post"]) & posts["text"].ne("")]
    marks = pd.crosstab(tags["post"], tags["tag"]).reindex(posts["post"]).to_numpy(dtype=float)
    related = marks @ marks.T > 0
    allowed = posts["author"].to_numpy()[:, None] != posts["author"].to_numpy()
    return encoder.transform(posts["text"]), related, allowed


_AUC = {
    "encoder": "how texts become vectors",
    "version": "what was taken out of the texts",
    "wave_users": "newcomers at risk, scored in folds that they were not learnt from",
    "wave": "area under the ROC curve among them",
    "wave_low": "lower end of its 95 % interval, users resampled",
    "wave_high": "upper end of its 95 % interval",
    "control_users": "users of older and younger accounts, scored by a model learnt from all newcomers at risk",
    "control": "area under the ROC curve among them, for the second crawl",
    "control_low": "lower end of its 95 % interval",
    "control_high": "upper end of its 95 % interval",
}


@result(
    "representation_auc",
    title="Can a logistic regression on text vectors tell who is seen later? Four versions of the same texts.",
    columns=_AUC,
    keys=("encoder", "version"),
)
def representation_auc(data: Crawl) -> pd.DataFrame:
    """One row an encoder and version of the text."""
    wave, control = data.users[data.users["at_risk"]], data.users[data.users["account"].ne("wave")]
    stayed, later = wave["cohort_retained"].to_numpy(bool), control["crawl"].gt(1).to_numpy(bool)
    texts = {version: user_texts(data, version) for version in VERSIONS}
    cells = list(itertools.product(encoders().items(), VERSIONS))
    jobs = [(encoder, texts[v][wave.index], stayed, texts[v][control.index], later) for (_, encoder), v in cells]
    areas = run(_areas, jobs, what="encoders and texts")
    rows = [
        (name, version, len(wave), *pair[0], len(control), *pair[1])
        for ((name, _), version), pair in zip(cells, areas, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(_AUC))


def _areas(encoder: TextEncoder, texts: pd.Series, stayed: np.ndarray, others: pd.Series, later: np.ndarray):
    """Areas among newcomers and in the control group."""
    return _wave_auc(encoder, texts, stayed), _control_auc(encoder, texts, stayed, others, later)


def _enough(labels: np.ndarray) -> bool:
    return min(labels.sum(), (~labels).sum()) >= MINIMUM_USERS


def _wave_auc(encoder: TextEncoder, texts: pd.Series, stayed: np.ndarray) -> Estimate:
    if not _enough(stayed):
        return NOTHING
    scores = out_of_fold(classifier(encoder), texts, stayed, seed=SEED)
    return auc_interval(scores, stayed, seed=SEED)


def _control_auc(
    encoder: TextEncoder, texts: pd.Series, stayed: np.ndarray, others: pd.Series, later: np.ndarray
) -> Estimate:
    if not (_enough(stayed) and _enough(later)):
        return NOTHING
    model = classifier(encoder).fit(texts.tolist(), stayed)
    return auc_interval(model.predict_proba(others.tolist())[:, 1], later, seed=SEED)


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
def representation_neighbours(data: Crawl) -> pd.DataFrame:
    """One row an unseen word and encoder."""
    words, corpus, rows = _shared_words(data), _corpus(data), []
    unseen = [word for word in UNSEEN if word not in set(post_words(data)["word"])]
    for name, encoder in encoders().items():
        if not words or "[CLS]" in name:
            continue
        encoder.fit(corpus)
        vectors, known = encoder.transform(unseen), encoder.transform(words)
        order = np.argsort(-(unit(vectors) @ unit(known).T), axis=1, kind="stable")[:, :3]
        rows += [
            (word, name, ", ".join(words[i] for i in nearest) if vector.any() else "none")
            for word, vector, nearest in zip(unseen, vectors, order, strict=True)
        ]
    frame = pd.DataFrame(rows, columns=["word", "encoder", "neighbours"])
    return frame.sort_values("word", key=lambda w: w.map({u: i for i, u in enumerate(UNSEEN)}), kind="stable")


CELLS = 10
"""Cells of the map along each axis."""

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
def representation_map(data: Crawl) -> pd.DataFrame:
    """One row a cell of a grid of ten by ten; no post can be told from another, and smaller cells are left out."""
    points, posts, _ = _components(data)
    if points is None:
        return pd.DataFrame(columns=list(_MAP))
    cells = {}
    for axis, values in zip("xy", points.T, strict=True):
        edges = np.linspace(values.min(), values.max(), CELLS + 1)
        middle = (edges[1:] + edges[:-1]) / 2
        cells[axis] = middle[np.clip(np.searchsorted(edges, values, side="right") - 1, 0, CELLS - 1)]
    grouped = posts.assign(**cells).groupby(["x", "y"])
    table = grouped.agg(users=("author", "nunique"), chinese=("chinese", "mean"), later=("later", "mean"))
    table = table[table["users"].ge(MINIMUM_USERS)].reset_index().round({"x": 4, "y": 4})
    for column in ("chinese", "later"):
        table[column] = [THIRDS[min(int(3 * share), 2)] for share in table[column]]
    return table[list(_MAP)]


def _components(data: Crawl) -> tuple[np.ndarray | None, pd.DataFrame, np.ndarray]:
    """Coordinates, posts and shares of variance; no coordinates where there is too little text."""
    posts = language_posts(data)
    posts["later"] = posts["crawl"].gt(1)
    texts = text_version(post_text(data.posts), "words only")
    posts, texts = posts[texts.ne("")], texts[texts.ne("")]
    if len(posts) < 50:
        return None, posts, np.array([np.nan])
    pca = PCA(2, svd_solver="full")
    points = pca.fit_transform(SentenceEncoder().fit_transform(texts))
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
def representation_costs() -> pd.DataFrame:
    """One row an encoder and, last, the published loop."""
    return pd.read_csv(DATA / "benchmarks" / "encoders.csv")


@result(
    "distilbert_numbers",
    title="Numbers of the small DistilBERT and of the benchmark",
    columns=NUMBER_COLUMNS,
    needs_data=False,
)
def distilbert_numbers() -> pd.DataFrame:
    """What the prose pastes of the model card and of the machine that was measured."""
    quality = json.loads(Path(SMALL_DISTILBERT, "quality.json").read_text("utf-8"))
    config = json.loads(Path(SMALL_DISTILBERT, "config.json").read_text("utf-8"))
    machine = json.loads((DATA / "benchmarks" / "machine.json").read_text("utf-8"))
    rows = [
        ("layers", config["n_layers"], "integer"),
        ("parameters", quality["parameters"] / 1e6, "decimal"),
        ("texts", quality["texts"], "count"),
        ("rank_correlation", quality["rank_correlation"], "decimal"),
        ("machine", machine["machine"], "word"),
        ("bench_texts", machine["texts"], "count"),
    ]
    return number_table("distilbert", rows)


@result(
    "representations_numbers",
    title="Numbers of the chapter on representations",
    columns=NUMBER_COLUMNS,
)
def representations_numbers(data: Crawl) -> pd.DataFrame:
    """Numbers that the prose pastes."""
    compared = representation_comparison(data).set_index("encoder")
    areas = representation_auc(data).set_index(["encoder", "version"])
    short = {"TF-IDF with SVD": "tfidf", "FastText": "fasttext", "DistilBERT small, [CLS]": "cls",
             "DistilBERT small, mean": "small", "sentence encoder": "sentence"}  # fmt: skip
    rows = [("words", compared["misspelt_words"].iloc[0], "count")]
    for name, key in short.items():
        row = compared.loc[name]
        found = Estimate(row["english_chinese"], row["english_chinese_low"], row["english_chinese_high"])
        purity = Estimate(row["purity"], row["purity_low"], row["purity_high"])
        rows += [
            (f"recall_{key}", found, "percent"),
            (f"misspelt_{key}", row["misspelt"], "percent"),
            (f"purity_{key}", purity, "percent"),
        ]
        for version, v in zip(VERSIONS, ("raw", "unmarked", "unnamed", "words"), strict=True):
            area = areas.loc[(name, version)]
            rows += [
                (f"auc_{key}_{v}", Estimate(area["wave"], area["wave_low"], area["wave_high"]), "decimal"),
                (f"control_{key}_{v}", Estimate(area["control"], area["control_low"], area["control_high"]), "decimal"),
            ]
    points, posts, shares = _components(data)
    for column in ("chinese", "later"):
        varies = points is not None and posts[column].nunique() > 1
        for axis in (0, 1):
            r = np.corrcoef(points[:, axis], posts[column].astype(float))[0, 1] if varies else np.nan
            rows.append((f"map_{column}_{axis + 1}", r, "signed"))
    rows += [("purity_chance", compared["purity_chance"].iloc[0], "percent"), ("variance", sum(shares), "percent")]
    return number_table("representations", rows)
