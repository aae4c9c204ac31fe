"""Topics of posts: non-negative matrix factorisation on TF-IDF (Lee and Seung 1999), with LDA beside it.

How many topics there are is not known. Two numbers help to choose: coherence,
whether a topic's words appear together (NPMI: Bouma 2009; Röder et al. 2015), and
stability, whether the topics come back with other seeds or other posts (Greene et
al. 2014).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import NMF, LatentDirichletAllocation
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.utils.validation import check_is_fitted

from rednote_study.encoders.base import as_texts
from rednote_study.errors import DataError
from rednote_study.text.segment import segment

TOP_WORDS = 10
"""Words by which a topic is described, measured and labelled."""


class TopicModel(TransformerMixin, BaseEstimator):
    """Topics of texts.

    Parameters
    ----------
    n_topics : int
    method : str
        ``nmf`` on TF-IDF weights, or ``lda`` on counts.
    min_df : int
        A word must occur in so many texts.
    max_df : float
        A word may occur in at most this share of the texts.
    init : str
        Start of the factorisation: ``nndsvda`` has no chance in it, ``random`` depends on `seed`.
    seed : int

    Attributes
    ----------
    words_ : numpy.ndarray of str, shape (n_words,)
    components_ : numpy.ndarray of float, shape (n_topics, n_words)
        Weight of each word in each topic.

    Examples
    --------
    >>> texts = ["cat cat tax", "cat tax", "noodles soup", "soup noodles noodles"]
    >>> model = TopicModel(n_topics=2, min_df=1, max_df=1.0).fit(texts)
    >>> sorted(sorted(words[:2]) for words in model.top_words())
    [['cat', 'tax'], ['noodles', 'soup']]
    """

    def __init__(
        self,
        n_topics: int = 8,
        method: str = "nmf",
        min_df: int = 5,
        max_df: float = 0.5,
        init: str = "nndsvda",
        seed: int = 0,
    ):
        self.n_topics = n_topics
        self.method = method
        self.min_df = min_df
        self.max_df = max_df
        self.init = init
        self.seed = seed

    def fit(self, X, y=None):
        """Learn topics from texts (iterable of str).

        Raises
        ------
        DataError
            If `method` is unknown, or fewer words than topics occur often enough.
        """
        if self.method not in ("nmf", "lda"):
            raise DataError(f"method={self.method!r} is unknown; choose nmf or lda.")
        vectorizer = CountVectorizer if self.method == "lda" else TfidfVectorizer
        extra = {} if self.method == "lda" else {"sublinear_tf": True}
        self.vectorizer_ = vectorizer(analyzer=segment, min_df=self.min_df, max_df=self.max_df, **extra)
        try:
            weights = self.vectorizer_.fit_transform(as_texts(X))
        except ValueError as error:
            raise DataError(f"No word occurs in {self.min_df} texts and more: {error}") from None
        self.words_ = self.vectorizer_.get_feature_names_out()
        if min(weights.shape) <= self.n_topics:
            raise DataError(
                f"{self.n_topics} topics need more than {min(weights.shape)} words and texts. Ask for fewer topics."
            )
        self.model_ = self._model().fit(weights)
        self.components_ = self.model_.components_
        return self

    def _model(self):
        if self.method == "lda":
            return LatentDirichletAllocation(self.n_topics, random_state=self.seed)
        return NMF(self.n_topics, init=self.init, random_state=self.seed, max_iter=2000, tol=1e-4)

    def transform(self, X) -> np.ndarray:
        """Share of each topic in each text (float64, shape (n_texts, n_topics)); zeros for a text without known words."""
        check_is_fitted(self, "components_")
        weights = self.vectorizer_.transform(as_texts(X))
        shares = self.model_.transform(weights)
        shares[np.asarray(weights.getnnz(axis=1)) == 0] = 0.0
        total = shares.sum(axis=1, keepdims=True)
        return shares / np.where(total > 0, total, 1)

    def get_feature_names_out(self, input_features=None) -> np.ndarray:
        """Names of the topics by number."""
        check_is_fitted(self, "components_")
        return np.array([f"topic{i}" for i in range(self.n_topics)], dtype=object)

    def top_words(self, n: int = TOP_WORDS) -> list[list[str]]:
        """The `n` words of largest weight of each topic; ties in the order of the alphabet."""
        check_is_fitted(self, "components_")
        order = np.argsort(-self.components_, axis=1, kind="stable")[:, :n]
        return [self.words_[row].tolist() for row in order]


def coherence(topics: Sequence[Sequence[str]], documents: Iterable[list[str]]) -> np.ndarray:
    """NPMI coherence of each topic's words, with whole documents as windows (float, between -1 and 1)."""
    from gensim.corpora import Dictionary
    from gensim.models import CoherenceModel

    documents = list(documents)
    model = CoherenceModel(
        topics=[list(t) for t in topics],
        texts=documents,
        dictionary=Dictionary(documents),
        coherence="c_npmi",
        window_size=max(map(len, documents)),
        topn=TOP_WORDS,
        processes=1,
    )
    return np.array(model.get_coherence_per_topic())


def agreement(first: Sequence[Sequence[str]], second: Sequence[Sequence[str]]) -> float:
    """How well two sets of topics agree: mean Jaccard similarity of their words, topics matched one to one.

    Examples
    --------
    >>> agreement([["a", "b"], ["c", "d"]], [["d", "c"], ["a", "x"]])
    0.6666666666666666
    """
    sets = [[set(words) for words in topics] for topics in (first, second)]
    jaccard = np.array([[len(a & b) / len(a | b) for b in sets[1]] for a in sets[0]])
    return float(jaccard[linear_sum_assignment(-jaccard)].mean())


def stability(texts: Sequence[str], model: TopicModel, *, runs: int, share: float, seed: int) -> float:
    """Mean agreement of a model's topics with those of repeated fits.

    Parameters
    ----------
    texts : sequence of str
    model : TopicModel
        Fitted on all texts.
    runs : int
    share : float
        Share of the texts drawn for each fit, without replacement; 1 changes the seed (and a random start) alone.
    seed : int
    """
    rng, found = np.random.default_rng(seed), []
    texts = np.asarray(texts, dtype=object)
    for run in range(runs):
        chosen = rng.permutation(len(texts))[: round(share * len(texts))] if share < 1 else np.arange(len(texts))
        other = TopicModel(**model.get_params()).set_params(seed=seed + run + 1)
        if share == 1:
            other.set_params(init="random")
        found.append(agreement(model.top_words(), other.fit(texts[np.sort(chosen)]).top_words()))
    return float(np.mean(found))


def shuffled(documents: Sequence[Sequence[str]], seed: int) -> list[str]:
    """Texts of the same lengths, all words dealt anew among them: what is left is no topic.

    Examples
    --------
    >>> [len(text.split()) for text in shuffled([["cat", "tax"], ["soup"]], seed=1)]
    [2, 1]
    """
    words = np.random.default_rng(seed).permutation([word for document in documents for word in document])
    parts = np.split(words, np.cumsum([len(document) for document in documents])[:-1])
    return [" ".join(part) for part in parts]


def choose(table: pd.DataFrame) -> int:
    """Number of topics by a fixed rule: the largest sum of standardised coherence and stability beyond chance.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``topics``, ``coherence``, ``stability``, ``stability_chance``; one row a number of topics.

    Examples
    --------
    >>> rows = {"topics": [4, 5, 6], "coherence": [0.1, 0.3, 0.2], "stability": [0.5, 0.6, 0.4]}
    >>> choose(pd.DataFrame(rows).assign(stability_chance=0.3))
    5
    """
    measures = pd.DataFrame({"coherence": table["coherence"], "gain": table["stability"] - table["stability_chance"]})
    spread = measures.std(ddof=0).replace(0, 1)
    total = ((measures - measures.mean()) / spread).sum(axis=1)
    return int(table.loc[total.idxmax(), "topics"])


def attach_labels(topics: Sequence[Sequence[str]], labels: pd.DataFrame, least: int = 2) -> list[str]:
    """Give each topic the label of which it holds most anchor words; a label is used once.

    Parameters
    ----------
    topics : sequence of sequence of str
        Top words of each topic.
    labels : pandas.DataFrame
        Columns ``label``, ``anchors`` (words divided by blanks).
    least : int
        Anchor words that a topic must hold; otherwise it is called by its first three words.

    Returns
    -------
    list of str
    """
    anchors = {row.label: set(row.anchors.split()) for row in labels.itertuples()}
    pairs = [
        (-len(anchors[label] & set(words)), position, topic, label)
        for topic, words in enumerate(topics)
        for position, label in enumerate(anchors)
    ]
    names: dict[int, str] = {}
    for shared, _, topic, label in sorted(pairs):
        if -shared >= least and topic not in names and label not in names.values():
            names[topic] = label
    return [names.get(i, "other: " + ", ".join(words[:3])) for i, words in enumerate(topics)]
