"""What a model may learn from: features of users by set, and their preparation inside the fold."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from rednote_study.crawl.posts import COUNTS
from rednote_study.encoders import SentenceEncoder, TextEncoder
from rednote_study.errors import DataError
from rednote_study.text.clean import VERSIONS, post_text
from rednote_study.text.hashtags import hashtags, is_refugee_tag
from rednote_study.text.language import script_of
from rednote_study.topics import TopicModel

BEHAVIOUR = list(COUNTS)
LANGUAGE = ["chinese", "latin", "characters", "hashtags"]
FEATURE_SETS = ("behaviour", "language and hashtags", "topics", "sentence vectors", "all together")


def user_features(posts: pd.DataFrame, users: pd.DataFrame, texts: pd.Series, version: str) -> pd.DataFrame:
    """Features of users, not scaled.

    Parameters
    ----------
    posts, users : pandas.DataFrame
    texts : pandas.Series of str
        Text of all posts of each user in this version, indexed by user.
    version : str
        Version of the text (:data:`rednote_study.text.clean.VERSIONS`); without keywords the event's hashtags go
        too, and with words only, all.

    Returns
    -------
    pandas.DataFrame
        Indexed like `users`: the four counts (log(1 + total), missing where the total is), ``chinese`` and ``latin`` (any post has such words),
        ``characters`` (log(1 + length of the text)), ``hashtags`` (log(1 + number)), ``tags`` (str, one a line) and
        ``text`` (str).
    """
    frame = np.log1p(users[BEHAVIOUR].astype(float))
    script = script_of(post_text(posts))
    for name, scripts in (("chinese", ["han", "mixed"]), ("latin", ["latin", "mixed"])):
        frame[name] = script.isin(scripts).groupby(posts["author"]).any().reindex(users.index).astype(float)
    frame["characters"] = np.log1p(texts.str.len()).reindex(users.index)
    tags = _tags(posts, version)
    listed = tags.groupby("author")["tag"]
    frame["hashtags"] = np.log1p(listed.size().reindex(users.index, fill_value=0).astype(float))
    frame["tags"] = listed.agg("\n".join).reindex(users.index, fill_value="")
    return frame.assign(text=texts.reindex(users.index))


def _tags(posts: pd.DataFrame, version: str) -> pd.DataFrame:
    tags, removed = hashtags(posts), VERSIONS[version]
    if not removed.get("keywords", True):
        tags = tags[~is_refugee_tag(tags["tag"].astype("str"))]
    return tags if removed.get("hashtags", True) else tags.iloc[:0]


def post_sequences(posts: pd.DataFrame, users: pd.DataFrame, vectors: np.ndarray, steps: int) -> np.ndarray:
    """Each user's first posts in order of time, as vectors with the post's counts.

    Parameters
    ----------
    posts, users : pandas.DataFrame
    vectors : numpy.ndarray of float, shape (n_posts, d)
        In the order of `posts`.
    steps : int
        Posts kept of a user.

    Returns
    -------
    numpy.ndarray of float32, shape (n_users, steps, d + 4)
        Zeros after a user's last post. A missing count is taken at the median of all posts.
    """
    order = np.lexsort((posts["line"], posts["created"]))
    position = posts.iloc[order].groupby("author").cumcount().to_numpy()
    row = users.index.get_indexer(posts["author"].iloc[order])
    counts = np.log1p(posts[BEHAVIOUR].astype(float))
    counts = counts.fillna(counts.median()).fillna(0)
    values = np.hstack([vectors, counts.to_numpy()])[order]
    kept = (position < steps) & (row >= 0)
    sequences = np.zeros((len(users), steps, values.shape[1]), dtype=np.float32)
    sequences[row[kept], position[kept]] = values[kept]
    return sequences


class HashtagEncoder(TextEncoder):
    r"""Which hashtags a user has: one column for each that `min_df` users have.

    Parameters
    ----------
    min_df : int

    Examples
    --------
    >>> HashtagEncoder(min_df=2).fit_transform(["cat\nart", "cat", ""]).tolist()
    [[1.0], [1.0], [0.0]]
    """

    def __init__(self, min_df: int = 5):
        self.min_df = min_df

    def _fit(self, texts: list[str]) -> None:
        self.vectorizer_ = CountVectorizer(analyzer=str.splitlines, min_df=self.min_df, binary=True)
        try:
            self.dimension_ = self.vectorizer_.fit_transform(texts).shape[1]
        except ValueError:  # scikit-learn's word for an empty vocabulary
            self.dimension_ = 0

    def _encode(self, texts: list[str]) -> np.ndarray:
        return self.vectorizer_.transform(texts).toarray() if self.dimension_ else np.zeros((len(texts), 0))


class TopicShares(TextEncoder):
    """Shares of topics in each text; no columns where the texts have too few words for so many topics.

    Parameters
    ----------
    n_topics : int
    """

    def __init__(self, n_topics: int = 10):
        self.n_topics = n_topics

    def _fit(self, texts: list[str]) -> None:
        try:
            self.model_ = TopicModel(self.n_topics).fit(texts)
        except DataError:
            self.model_ = None
        self.dimension_ = self.n_topics if self.model_ else 0

    def _encode(self, texts: list[str]) -> np.ndarray:
        return self.model_.transform(texts) if self.model_ else np.zeros((len(texts), 0))


def preparation(feature_set: str) -> Pipeline:
    """Columns of :func:`user_features` to features on one scale; whatever learns is in it.

    A missing total is taken at the median of the cases to learn from.

    Parameters
    ----------
    feature_set : str
        One of `FEATURE_SETS`.
    """
    parts = {
        "behaviour": [("behaviour", SimpleImputer(strategy="median", keep_empty_features=True), BEHAVIOUR)],
        "language and hashtags": [("language", "passthrough", LANGUAGE), ("tags", HashtagEncoder(), "tags")],
        "topics": [("topics", TopicShares(), "text")],
        "sentence vectors": [("sentence", SentenceEncoder(), "text")],
    }
    chosen = parts[feature_set] if feature_set in parts else list(itertools.chain(*parts.values()))
    return make_pipeline(ColumnTransformer(chosen, sparse_threshold=0), StandardScaler())
