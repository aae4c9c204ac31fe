"""What do they talk about? How many topics, their words, and whether who is seen later talks of other things.

A contrast is a pair of conditions on the users, as in :mod:`rednote_study.analysis.behaviour`.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd
from scipy.stats import permutation_test

from rednote_study.analysis import arrival
from rednote_study.analysis.language import translations, user_texts
from rednote_study.analysis.relations import holds
from rednote_study.analysis.sessions import RULE, chosen
from rednote_study.analysis.verdicts import LATER, NOTHING, PLACEBOS, STAYED, verdict, within
from rednote_study.crawl.conditions import split
from rednote_study.crawl.crawl import Crawl
from rednote_study.crawl.sessions import SessionRule
from rednote_study.errors import DataError
from rednote_study.formats import Format, estimates, format_number, interval_ends, with_ends
from rednote_study.replica.grammar import sentences
from rednote_study.results import SEED, result
from rednote_study.statistics.inference import Estimate, benjamini_hochberg, did_mover, newcombe
from rednote_study.statistics.of_users import Statistic, estimate, share
from rednote_study.store.small_cells import MINIMUM_USERS
from rednote_study.system.paths import DATA
from rednote_study.text.clean import clean, post_text, remove_keywords, text_version
from rednote_study.text.segment import is_chinese, segment
from rednote_study.topics import TopicModel, attach_labels, choose, coherence, shuffled, stability

Contrasts = Mapping[str, tuple[str, str]]

CONTRASTS = {
    "wave": ("at_risk", STAYED),
    "control": ("account != 'wave'", LATER),
    "placebo": within(PLACEBOS["placebo, session 1"], "at_risk"),
}
"""By name: whom to compare, and what splits them."""

VERSION = "words only"
FEW_RUNS = 3
"""Fits where one takes long: LDA, many texts, other starts."""

MANY_TEXTS = 2000
FEWEST_TEXTS = 200
"""On fewer texts no topics are sought; every user is without one."""

NO_TOPIC = "no topic"


def _texts(crawl: Crawl) -> list[str]:
    """Texts of the posts on which topics are learnt: those with a word left."""
    return [text for text in text_version(post_text(crawl.posts), VERSION) if segment(text)]


def _least(found: list[str]) -> int:
    """Posts in which a word must occur: five, or one in a hundred of a small crawl's."""
    return max(2, min(5, len(found) // 100))


@result(
    "topic_texts",
    title="Posts, and those from which topics are learnt.",
    columns={"texts": "which posts", "posts": "how many"},
    keys=("texts",),
)
def texts(crawl: Crawl) -> pd.DataFrame:
    """All posts, and those with a word left when hashtags, search words and marks are taken out."""
    return [("all posts", len(crawl.posts)), ("with a word left", len(_texts(crawl)))]


@result(
    "topic_choice",
    title="How many topics? Coherence and stability by number of topics.",
    columns={
        "method": "NMF on TF-IDF; or LDA on counts, for the chosen number",
        "topics": "number of topics",
        "coherence": "mean NPMI of the ten words of each topic; 1 if they always occur together, -1 if never",
        "coherence_chance": "coherence after all words were dealt anew among the posts, so that there is no topic",
        "stability": "agreement with topics from random four fifths of the posts; 1 is the same",
        "stability_seeds": "agreement with topics from other random starts, all posts",
        "stability_chance": "stability after the words were dealt anew",
        "runs": "fits behind each stability",
        "chosen": "the largest sum of coherence and stability beyond chance, both standardised",
    },
)
def choice(
    crawl: Crawl, numbers: Sequence[int] = tuple(range(4, 13)), *, runs: int = 25, seed: int = SEED
) -> pd.DataFrame:
    """One row a number of topics, and one of LDA.

    Parameters
    ----------
    crawl : Crawl
    numbers : sequence of int
        Numbers of topics from which the rule chooses; see :func:`rednote_study.topics.choose`.
    runs : int
        Fits behind each stability; few on many texts.
    seed : int
    """
    found = _texts(crawl)
    documents = [segment(text) for text in found]
    if len(found) < FEWEST_TEXTS:
        return []
    frame = pd.DataFrame([_choice_row("nmf", k, found, documents, runs, seed) for k in numbers])
    chosen = choose(frame)
    frame.loc[len(frame)] = _choice_row("lda", chosen, found, documents, runs, seed)
    return frame.assign(chosen=frame["method"].eq("NMF") & frame["topics"].eq(chosen))


def _choice_row(method: str, k: int, found: list[str], documents: list[list[str]], runs: int, seed: int) -> dict:
    """Coherence and stability of one model."""
    settings = {"n_topics": k, "method": method, "min_df": _least(found), "seed": seed}
    runs = runs if method == "nmf" and len(found) < MANY_TEXTS else min(runs, FEW_RUNS)
    noise = shuffled(documents, seed)
    fitted, chance = (TopicModel(**settings).fit(t) for t in (found, noise))
    return {
        "method": method.upper(),
        "topics": k,
        "coherence": coherence(fitted.top_words(), documents).mean(),
        "coherence_chance": coherence(chance.top_words(), [text.split() for text in noise]).mean(),
        "stability": stability(found, fitted, runs=runs, share=0.8, seed=seed),
        "stability_seeds": stability(found, fitted, runs=min(runs, FEW_RUNS), share=1, seed=seed),
        "stability_chance": stability(noise, chance, runs=runs, share=0.8, seed=seed),
        "runs": runs,
    }


def model(crawl: Crawl, n_topics: int | None = None, *, seed: int = SEED) -> tuple[TopicModel | None, list[str]]:
    """A topic model of the posts and its labels; None and no labels where there is too little text.

    Parameters
    ----------
    crawl : Crawl
    n_topics : int, optional
        How many; by default as the rule of :func:`choice` chooses.
    seed : int
    """
    found = _texts(crawl)
    if n_topics is None:
        table = choice(crawl)
        n_topics = int(table.loc[table["chosen"], "topics"].max()) if table["chosen"].any() else 0
    if not n_topics or len(found) < FEWEST_TEXTS:
        return None, []
    fitted = TopicModel(n_topics, min_df=_least(found), seed=seed).fit(found)
    return fitted, attach_labels(fitted.top_words(), labels())


@functools.cache
def labels() -> pd.DataFrame:
    """Labels that a person chose, with the words that hold them to a topic and a topic of the grammar."""
    return pd.read_csv(DATA / "context" / "topic_labels.csv", dtype="str")


def user_topics(crawl: Crawl, n_topics: int | None = None, *, seed: int = SEED) -> pd.Series:
    """Each user's topic of largest share (str, indexed by user)."""
    return user_shares(crawl, n_topics, seed=seed).idxmax(axis=1)


@result(
    "topic_words",
    title="Topics and their words.",
    columns={
        "topic": "label that a person chose, attached by a rule; or the first three words",
        "users": "users whose dominant topic it is",
        "coherence": "NPMI of its ten words",
        "english": "its first words in Latin letters",
        "chinese": "its first words in Chinese, with translation",
    },
    keys=("topic",),
    adds_up=(),
)
def words(crawl: Crawl, n_topics: int | None = None, *, seed: int = SEED) -> pd.DataFrame:
    """One row a topic, largest first; words of five users and more only.

    Parameters
    ----------
    crawl : Crawl
    n_topics : int, optional
        How many; by default as the rule of :func:`choice` chooses.
    seed : int
    """
    fitted, names = model(crawl, n_topics, seed=seed)
    if fitted is None:
        return []
    used = _users_of_words(crawl)
    counts = user_topics(crawl, n_topics, seed=seed).value_counts()
    scores = coherence(fitted.top_words(), [segment(text) for text in _texts(crawl)])
    rows = []
    for name, top, score in zip(names, fitted.top_words(60), scores, strict=True):
        shown = [w for w in top if used.get(w, 0) >= MINIMUM_USERS]
        chinese = [_translated(w) for w in shown if is_chinese(w)][:5]
        english = [w for w in shown if not is_chinese(w)][:8]
        rows.append((name, counts.get(name, 0), score, ", ".join(english), ", ".join(chinese)))
    frame = pd.DataFrame(rows, columns=["topic", "users", "coherence", "english", "chinese"])
    return frame.sort_values(["users", "topic"], ascending=[False, True])


def _translated(word: str) -> str:
    english = translations().get(word)
    return f"{word} ({english})" if english else word


def _users_of_words(crawl: Crawl) -> pd.Series:
    found = text_version(post_text(crawl.posts), VERSION).map(segment).explode().dropna()
    return crawl.posts["author"].loc[found.index].groupby(found.to_numpy()).nunique()


_CODEBOOK = {
    "category": "category of the codebook; a post may have several",
    "share": "share of posts in it; empty where it rests on one to four users",
    **interval_ends(", users resampled", of="share"),
    "good": "whether a second reading found precision and recall of at least .7; empty where it found too few",
    "wordless": "share of the category's posts in which factorisation has no word to go by",
    "topic": "topic that agrees with the category best",
    "inside": "share of the category's posts whose largest topic it is",
    "kappa": "agreement of category and topic beyond chance (Cohen's kappa), the best of all topics",
    **interval_ends(" for this topic, users resampled", of="kappa"),
    "kappa_chance": "the best kappa when topics are dealt anew among the posts, mean of 200 times",
}


@result(
    "topic_codebook",
    title="What newcomers' posts are about by the codebook, and the topic that agrees with each category best.",
    columns=_CODEBOOK,
    keys=("category",),
)
def codebook(
    crawl: Crawl,
    where: str = arrival.LARGE,
    n_topics: int | None = None,
    *,
    rule: SessionRule = RULE,
    resamples: int = 2000,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row a category, the most frequent first; a post's topic is its largest.

    Parameters
    ----------
    crawl : Crawl
    where : str
        Condition on the posts.
    n_topics : int, optional
        How many; by default as the rule of :func:`choice` chooses.
    rule : SessionRule
        By which posts have their session.
    resamples, seed : int
        Of users.
    """
    posts, rows = chosen(crawl, where, rule), []
    users, drawn = posts["author"], {"resamples": resamples, "seed": seed}
    marks = _post_topics(crawl, posts, n_topics, seed)
    for row in arrival.topics(crawl, where, rule=rule, **drawn).itertuples():
        held = posts[row.category].to_numpy(bool)
        wordless, best = np.nan, ("", np.nan, *NOTHING, np.nan)
        if len(marks.columns) and not np.isnan(row.share):
            wordless = share(users[held], ~marks[held].any(axis=1), **drawn).value
            topic = max(marks, key=lambda name, held=held: _kappa(marks[name], held)(np.ones(len(held))))
            inside = share(users[held], marks.loc[held, topic], **drawn).value
            if not np.isnan(inside):
                kappa = estimate(users, _kappa(marks[topic], held), **drawn)
                best = topic, inside, *kappa, _kappa_by_chance(marks, held, seed)
        rows.append((row.category, row.share, row.low, row.high, row.good, wordless, *best))
    return rows


def _post_topics(crawl: Crawl, posts: pd.DataFrame, n_topics: int | None, seed: int) -> pd.DataFrame:
    """Which topic is a post's largest (bool, one column a topic); none of a post without a word of the vocabulary."""
    fitted, names = model(crawl, n_topics, seed=seed)
    if fitted is None:
        return pd.DataFrame(index=posts.index)
    found = text_version(post_text(crawl.posts), VERSION).set_axis(crawl.posts["line"])
    mixtures = fitted.transform(found.loc[posts["line"]])
    largest = np.where(mixtures.any(axis=1), mixtures.argmax(axis=1), -1)
    return pd.DataFrame(largest[:, None] == np.arange(len(names)), index=posts.index, columns=names)


def _kappa(first: np.ndarray, second: np.ndarray) -> Statistic:
    """Cohen's kappa of two properties of posts (bool); 0 where one of them is never there."""
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)

    def statistic(weights: np.ndarray) -> np.ndarray:
        n = weights.sum(-1)
        one, other, both = (weights @ values / n for values in (first, second, first * second))
        apart = one + other - 2 * one * other  # share that chance alone would leave in disagreement
        return np.where(apart > 0, 2 * (both - one * other) / np.where(apart > 0, apart, 1), 0.0)

    return statistic


def _kappa_by_chance(marks: pd.DataFrame, held: np.ndarray, seed: int, times: int = 200) -> float:
    """Mean of the largest kappa of all topics when the category is dealt anew among the posts."""
    rng = np.random.default_rng(seed)
    dealt = [rng.permutation(held) for _ in range(times)]
    ones = np.ones(len(held))
    return float(np.mean([max(float(_kappa(marks[t], some)(ones)) for t in marks) for some in dealt]))


def _arms(crawl: Crawl, contrasts: Contrasts) -> list[np.ndarray]:
    """Which users (bool) are in the two arms of the wave, of the control and of the placebo."""
    if lacking := [name for name in CONTRASTS if name not in contrasts]:
        raise DataError(f"contrasts must hold {', '.join(CONTRASTS)}; there is no {', '.join(lacking)}.")
    return [holds(crawl, arm, "users") for name in CONTRASTS for arm in split(*contrasts[name])]


def _count(outcome: pd.Series, members: np.ndarray) -> tuple[int, int]:
    return int(outcome[members].sum()), int(members.sum())


def _change(outcome: pd.Series, late: np.ndarray, early: np.ndarray) -> Estimate:
    """Difference of two shares; blank where one rests on one to four users, or a group has fewer than five."""
    cells = [_count(outcome, members) for members in (late, early)]
    small = any(0 < count < MINIMUM_USERS or n < MINIMUM_USERS for count, n in cells)
    return NOTHING if small else newcombe(*cells)


def _effects(outcome: pd.Series, arms: list[np.ndarray]) -> tuple[Estimate, Estimate, Estimate, Estimate]:
    """Change of a share in the wave, in the control, wave minus control, and in the placebo."""
    wave, control, placebo = (_change(outcome, *arms[i : i + 2]) for i in (0, 2, 4))
    shown = not np.isnan([wave.value, control.value]).any()
    difference = did_mover(*(_count(outcome, arm) for arm in arms[:4])) if shown else NOTHING
    return wave, control, difference, placebo


@result(
    "topic_shares",
    title="Mean topic shares of newcomers at risk, seen later and not seen later.",
    columns={
        "topic": "topic; the last row is the share of users without a word of the vocabulary",
        "later": "mean share of the topic in the words of users seen later",
        "earlier": "the same among users not seen later",
        "change": "the first minus the second",
        **interval_ends(", users resampled"),
        "q": "permutation test after Benjamini and Hochberg, all rows",
        "control": "the same change among older and younger accounts, between the crawls",
        "difference": "change among newcomers minus change in the control",
        **interval_ends(", users resampled", of="difference"),
        "placebo": "change inside one session: evening of 13 January minus its afternoon",
        **interval_ends(", users resampled", of="placebo"),
    },
    keys=("topic",),
)
def shares(
    crawl: Crawl,
    n_topics: int | None = None,
    contrasts: Contrasts = CONTRASTS,
    *,
    resamples: int = 2000,
    permutations: int = 4999,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row a topic.

    Parameters
    ----------
    crawl : Crawl
    n_topics : int, optional
        How many; by default as the rule of :func:`choice` chooses.
    contrasts : mapping of str to (str, str)
        ``wave``, ``control`` and ``placebo``: whom to compare, and what splits them; see
        :func:`rednote_study.crawl.conditions.split`.
    resamples, permutations, seed : int
        Of the bootstrap and of the permutation test over users.
    """
    mixtures = user_shares(crawl, n_topics, seed=seed)
    sides = [mixtures[arm].to_numpy() for arm in _arms(crawl, contrasts)]
    rng = np.random.default_rng(seed)
    means, drawn = zip(*(_resampled(side, rng, resamples) for side in sides), strict=True)
    frame = pd.DataFrame({"topic": mixtures.columns, "later": means[0], "earlier": means[1]})
    for name, signs in _SIGNS.items():
        value, spread = (sum(sign * part[i] for i, sign in signs.items()) for part in (means, drawn))
        frame[name] = value
        low = "low" if name == "change" else f"{name}_low"
        frame[low], frame[low.replace("low", "high")] = np.quantile(spread, [0.025, 0.975], axis=0)
    frame["q"] = benjamini_hochberg(pd.Series(_permuted(sides[0], sides[1], permutations, seed)))
    order = [*frame["topic"].iloc[:-1][np.argsort(-frame["change"].iloc[:-1])], NO_TOPIC]
    return frame.set_index("topic").loc[order].reset_index()


_SIGNS = {
    "change": {0: 1, 1: -1},
    "control": {2: 1, 3: -1},
    "difference": {0: 1, 1: -1, 2: -1, 3: 1},
    "placebo": {4: 1, 5: -1},
}
"""Which means are added and which are taken away, by their place in what :func:`_arms` gives."""


def user_shares(crawl: Crawl, n_topics: int | None = None, *, seed: int = SEED) -> pd.DataFrame:
    """Share of each topic in each user's words; 1 in the last column for a user without a word of the vocabulary."""
    fitted, names = model(crawl, n_topics, seed=seed)
    mixtures = np.zeros((len(crawl.users), 0)) if fitted is None else fitted.transform(user_texts(crawl, VERSION))
    frame = pd.DataFrame(mixtures, columns=names, index=crawl.users.index)
    return frame.assign(**{NO_TOPIC: (mixtures.sum(axis=1) == 0).astype(float)})


def _resampled(values: np.ndarray, rng: np.random.Generator, resamples: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean of each column, and its bootstrap distribution; missing where fewer than five users are left."""
    n = len(values)
    if n < MINIMUM_USERS:
        return np.full(values.shape[1], np.nan), np.full((resamples, values.shape[1]), np.nan)
    weights = rng.multinomial(n, np.full(n, 1 / n), size=resamples) / n
    return values.mean(axis=0), weights @ values


def _permuted(later: np.ndarray, earlier: np.ndarray, permutations: int, seed: int) -> np.ndarray:
    """Two-sided p-values of differences in means, by permutation of the users."""
    if min(len(later), len(earlier)) < MINIMUM_USERS:
        return np.full(later.shape[1], np.nan)

    def difference(x, y, axis):
        return x.mean(axis=axis) - y.mean(axis=axis)

    rng = np.random.default_rng(seed)
    return permutation_test((later, earlier), difference, n_resamples=permutations, batch=500, axis=0, rng=rng).pvalue


_CLAIMS = {
    "claim": "what the published report says, in our words",
    "measure": "users whose posts hold such a word",
    "share": "share of the newcomers at risk",
    **with_ends(
        {
            "wave": "seen later minus not seen later, newcomers at risk",
            "control": "second crawl minus first, older and younger accounts",
            "difference": "wave minus control",
            "placebo": "inside one session: evening of 13 January minus its afternoon",
        }
    ),
    "verdict": "by the rule of the behaviour chapter",
}


@result(
    "topic_claims",
    title="Published claims about topics, and what these data say. Changes in percentage points.",
    columns=_CLAIMS,
    formats={
        "share": Format(partial(format_number, kind="percent", missing="too few users"), ("share",)),
        **estimates("wave", "control", "difference", "placebo", kind="points"),
    },
)
def claims(crawl: Crawl, contrasts: Contrasts = CONTRASTS, *, smallest: float = 0.1) -> pd.DataFrame:
    """One row a claim; word lists in ``data/context/claim_words.csv``.

    Words of hashtags do not count: the first crawl cut hashtags out of the texts, the second left them in.

    Parameters
    ----------
    crawl : Crawl
    contrasts
        As for :func:`shares`.
    smallest : float
        Smallest difference of shares that matters.
    """
    arms, rows = _arms(crawl, contrasts), []
    wave = arms[0] | arms[1]
    for claim, measure, sign, outcome in _claims(crawl):
        effects = _effects(outcome, arms)
        counts, known = [_count(outcome, arm) for arm in arms[:4]], not np.isnan(effects[2].value)
        ninety = did_mover(*counts, confidence=0.9) if known else NOTHING
        turned = [e if sign > 0 else Estimate(-e.value, -e.high, -e.low) for e in (*effects, ninety)]
        judged = verdict(turned[2], [turned[3]], turned[4], smallest)
        number, n = _count(outcome, wave)
        share = number / n if n and (number == 0 or number >= MINIMUM_USERS) else np.nan
        rows.append((claim, measure, share, *itertools.chain(*effects), judged))
    return rows


def _claims(crawl: Crawl) -> list[tuple[str, str, int, pd.Series]]:
    """Claim, measure, direction, and for which users it holds (bool, indexed by user)."""
    unmarked = clean(post_text(crawl.posts), marks=False, hashtags=False)  # the first crawl cut hashtags out
    used = unmarked.map(lambda text: set(segment(text)))
    found = []
    for row in pd.read_csv(DATA / "context" / "claim_words.csv").itertuples():
        lexicon = set(row.words.split())
        held = used.map(lambda some, lexicon=lexicon: bool(some & lexicon))
        found.append((row.claim, row.measure, row.sign, _any_post(crawl, held)))
    only = used.map(bool) & remove_keywords(unmarked).map(lambda text: not segment(text))
    found.append(("Posts only about TikTok retain less", "no word but the event's names", -1, _any_post(crawl, only)))
    return found


def _any_post(crawl: Crawl, held: pd.Series) -> pd.Series:
    return held.groupby(crawl.posts["author"]).any().reindex(crawl.users.index)


@result(
    "topic_examples",
    title="What such posts sound like: sentences from this project's own grammar, no real posts.",
    columns={"topic": "label", "english": "a sentence", "chinese": "its translation"},
    needs_data=False,
)
def examples() -> pd.DataFrame:
    """One made-up sentence a label."""
    return [
        (row.label, *sentences(SEED, 1, row.grammar)[["english", "chinese"]].iloc[0]) for row in labels().itertuples()
    ]
