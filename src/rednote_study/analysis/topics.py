"""Tables of the chapter on topics: how many, what about, and whether who is seen later talks of other things."""

from __future__ import annotations

import functools
import itertools
from functools import partial

import numpy as np
import pandas as pd
from scipy.stats import permutation_test

from rednote_study.analysis.language import PLACEBO_CUT, translations, user_texts
from rednote_study.analysis.numbers import NUMBER_COLUMNS, Part, number_table
from rednote_study.analysis.verdicts import NOTHING, verdict
from rednote_study.crawl import Crawl
from rednote_study.formats import Format, estimates, format_number, with_ends
from rednote_study.paths import DATA
from rednote_study.replica.grammar import sentences
from rednote_study.results import SEED, result
from rednote_study.small_cells import MINIMUM_USERS
from rednote_study.stats import Estimate, benjamini_hochberg, did_mover, newcombe
from rednote_study.text.clean import post_text, remove_keywords, text_version
from rednote_study.text.segment import is_chinese, segment
from rednote_study.topics import TOP_WORDS, TopicModel, attach_labels, choose, coherence, shuffled, stability

__all__ = ["topic_choice", "topic_claims", "topic_examples", "topic_shares", "topic_words", "user_topics"]

VERSION = "words only"
CHOICES = range(4, 13)
RUNS, FEW_RUNS = 25, 3  # the few where a fit takes long: LDA, many texts
MANY_TEXTS = 2000
FEWEST_TEXTS = 200
"""On fewer texts no topics are sought; every user is without one."""

NO_TOPIC = "no topic"


def _texts(data: Crawl) -> list[str]:
    """Texts of the posts on which topics are learnt: those with a word left."""
    texts = text_version(post_text(data.posts), VERSION)
    return [text for text in texts if segment(text)]


def _least(texts: list[str]) -> int:
    """Posts in which a word must occur: five, or one in a hundred of a small crawl's."""
    return max(2, min(5, len(texts) // 100))


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
def topic_choice(data: Crawl) -> pd.DataFrame:
    """One row a number of topics, and one of LDA."""
    texts = _texts(data)
    documents = [segment(text) for text in texts]
    rows = [_choice_row("nmf", k, texts, documents) for k in CHOICES if len(texts) >= FEWEST_TEXTS]
    frame = pd.DataFrame(rows, columns=list(_CHOICE))
    chosen = choose(frame) if len(frame) else 0
    if chosen:
        frame.loc[len(frame)] = _choice_row("lda", chosen, texts, documents)
    frame["chosen"] = frame["method"].eq("NMF") & frame["topics"].eq(chosen)
    return frame


_CHOICE = (
    "method",
    "topics",
    "coherence",
    "coherence_chance",
    "stability",
    "stability_seeds",
    "stability_chance",
    "runs",
)


def _choice_row(method: str, k: int, texts: list[str], documents: list[list[str]]) -> tuple:
    """Coherence and stability of one model."""
    settings = {"n_topics": k, "method": method, "min_df": _least(texts), "seed": SEED}
    runs = RUNS if method == "nmf" and len(texts) < MANY_TEXTS else FEW_RUNS
    noise = shuffled(documents, SEED)
    fitted, chance = (TopicModel(**settings).fit(t) for t in (texts, noise))
    return (
        method.upper(),
        k,
        coherence(fitted.top_words(), documents).mean(),
        coherence(chance.top_words(), [text.split() for text in noise]).mean(),
        stability(texts, fitted, runs=runs, share=0.8, seed=SEED),
        stability(texts, fitted, runs=FEW_RUNS, share=1, seed=SEED),
        stability(noise, chance, runs=runs, share=0.8, seed=SEED),
        runs,
    )


def model(data: Crawl) -> tuple[TopicModel | None, list[str]]:
    """The chosen topic model and its labels; None and no labels where there is too little text."""
    texts, choice = _texts(data), topic_choice(data)
    if not choice["chosen"].any():
        return None, []
    k = int(choice.loc[choice["chosen"], "topics"].iloc[0])
    fitted = TopicModel(k, min_df=_least(texts), seed=SEED).fit(texts)
    return fitted, attach_labels(fitted.top_words(), labels())


@functools.cache
def labels() -> pd.DataFrame:
    """Labels that a person chose, with the words that hold them to a topic and a topic of the grammar."""
    return pd.read_csv(DATA / "context" / "topic_labels.csv", dtype="str")


def user_topics(data: Crawl) -> pd.Series:
    """Each user's topic of largest share (str, indexed by user)."""
    return user_shares(data).idxmax(axis=1)


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
def topic_words(data: Crawl) -> pd.DataFrame:
    """One row a topic, largest first; words of five users and more only."""
    fitted, names = model(data)
    if fitted is None:
        return pd.DataFrame(columns=["topic", "users", "coherence", "english", "chinese"])
    used = _users_of_words(data)
    counts = user_topics(data).value_counts()
    scores = coherence(fitted.top_words(), [segment(text) for text in _texts(data)])
    rows = []
    for name, words, score in zip(names, fitted.top_words(60), scores, strict=True):
        words = [w for w in words if used.get(w, 0) >= MINIMUM_USERS]
        chinese = [_translated(w) for w in words if is_chinese(w)][:5]
        english = [w for w in words if not is_chinese(w)][:8]
        rows.append((name, counts.get(name, 0), score, ", ".join(english), ", ".join(chinese)))
    frame = pd.DataFrame(rows, columns=["topic", "users", "coherence", "english", "chinese"])
    return frame.sort_values(["users", "topic"], ascending=[False, True])


def _translated(word: str) -> str:
    english = translations().get(word)
    return f"{word} ({english})" if english else word


def _users_of_words(data: Crawl) -> pd.Series:
    words = text_version(post_text(data.posts), VERSION).map(segment).explode().dropna()
    return data.posts["author"].loc[words.index].groupby(words.to_numpy()).nunique()


def _count(outcome: pd.Series, members: pd.Index) -> tuple[int, int]:
    return int(outcome[members].sum()), len(members)


def _change(outcome: pd.Series, late: pd.Index, early: pd.Index) -> Estimate:
    """Difference of two shares; blank where one rests on one to four users, or a group has fewer than five."""
    cells = [_count(outcome, members) for members in (late, early)]
    small = any(0 < count < MINIMUM_USERS or n < MINIMUM_USERS for count, n in cells)
    return NOTHING if small else newcombe(*cells)


class _Groups:
    """Who is compared: wave at risk, control accounts, and a placebo within the first crawl.

    Attributes
    ----------
    sides : list of pandas.Index
        Users seen later and not, of the second crawl and of the first in the control, of the later and the
        earlier part of the first crawl.
    """

    def __init__(self, data: Crawl):
        users = data.users
        wave, control = users[users["at_risk"]], users[users["account"].ne("wave")]
        stayed, second = wave["cohort_retained"].astype(bool), control["crawl"].gt(1)
        first = wave[wave["crawl"].eq(1) & ~stayed]
        after = first["first_post"].ge(PLACEBO_CUT)
        parts = ((wave, stayed), (control, second), (first, after))
        self.sides = [members.index[side] for members, mask in parts for side in (mask, ~mask)]

    def effects(self, outcome: pd.Series) -> tuple[Estimate, Estimate, Estimate, Estimate]:
        """Change of a share in the wave, in the control, wave minus control, and in the placebo."""
        wave, control, placebo = (_change(outcome, *self.sides[i : i + 2]) for i in (0, 2, 4))
        shown = not np.isnan([wave.value, control.value]).any()
        difference = did_mover(*(_count(outcome, side) for side in self.sides[:4])) if shown else NOTHING
        return wave, control, difference, placebo


@result(
    "topic_shares",
    title="Mean topic shares of newcomers at risk, seen later and not seen later.",
    columns={
        "topic": "topic; the last row is the share of users without a word of the vocabulary",
        "later": "mean share of the topic in the words of users seen later",
        "earlier": "the same among users not seen later",
        "change": "the first minus the second",
        "low": "lower end of its 95 % interval, users resampled",
        "high": "upper end of its 95 % interval",
        "q": "permutation test after Benjamini and Hochberg, all rows",
        "control": "the same change among older and younger accounts, between the crawls",
        "difference": "change among newcomers minus change in the control",
        "difference_low": "lower end of its 95 % interval, users resampled",
        "difference_high": "upper end of its 95 % interval",
        "placebo": "change inside the first crawl: from 14 January on, minus before",
        "placebo_low": "lower end of its 95 % interval, users resampled",
        "placebo_high": "upper end of its 95 % interval",
    },
    keys=("topic",),
)
def topic_shares(data: Crawl) -> pd.DataFrame:
    """One row a topic."""
    shares, groups = user_shares(data), _Groups(data)
    sides = [shares.loc[members].to_numpy() for members in groups.sides]
    rng = np.random.default_rng(SEED)
    means, drawn = zip(*(_resampled(side, rng) for side in sides), strict=True)
    frame = pd.DataFrame({"topic": shares.columns, "later": means[0], "earlier": means[1]})
    for name, signs in _CONTRASTS.items():
        value, spread = (sum(sign * part[i] for i, sign in signs.items()) for part in (means, drawn))
        frame[name] = value
        low = "low" if name == "change" else f"{name}_low"
        frame[low], frame[low.replace("low", "high")] = np.quantile(spread, [0.025, 0.975], axis=0)
    frame["q"] = benjamini_hochberg(pd.Series(_permuted(sides[0], sides[1])))
    order = [*frame["topic"].iloc[:-1][np.argsort(-frame["change"].iloc[:-1])], NO_TOPIC]
    return frame.set_index("topic").loc[order].reset_index()[list(_SHARES)]


_SHARES = ("topic", "later", "earlier", "change", "low", "high", "q", "control", "difference", "difference_low",
           "difference_high", "placebo", "placebo_low", "placebo_high")  # fmt: skip
_CONTRASTS = {
    "change": {0: 1, 1: -1},
    "control": {2: 1, 3: -1},
    "difference": {0: 1, 1: -1, 2: -1, 3: 1},
    "placebo": {4: 1, 5: -1},
}
"""Which means are added and which are taken away, by their place in `_Groups.sides`."""


def user_shares(data: Crawl) -> pd.DataFrame:
    """Share of each topic in each user's words; 1 in the last column for a user without a word of the vocabulary."""
    fitted, names = model(data)
    shares = np.zeros((len(data.users), 0)) if fitted is None else fitted.transform(user_texts(data, VERSION))
    frame = pd.DataFrame(shares, columns=names, index=data.users.index)
    return frame.assign(**{NO_TOPIC: (shares.sum(axis=1) == 0).astype(float)})


def _resampled(values: np.ndarray, rng: np.random.Generator, resamples: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    """Mean of each column, and its bootstrap distribution; missing where fewer than five users are left."""
    n = len(values)
    if n < MINIMUM_USERS:
        return np.full(values.shape[1], np.nan), np.full((resamples, values.shape[1]), np.nan)
    weights = rng.multinomial(n, np.full(n, 1 / n), size=resamples) / n
    return values.mean(axis=0), weights @ values


def _permuted(later: np.ndarray, earlier: np.ndarray) -> np.ndarray:
    """Two-sided p-values of differences in means, by permutation of the users."""
    if min(len(later), len(earlier)) < MINIMUM_USERS:
        return np.full(later.shape[1], np.nan)

    def difference(x, y, axis):
        return x.mean(axis=axis) - y.mean(axis=axis)

    rng = np.random.default_rng(SEED)
    return permutation_test((later, earlier), difference, n_resamples=4999, batch=500, axis=0, rng=rng).pvalue


_CLAIMS = {
    "claim": "what the published report says, in our words",
    "measure": "users whose posts hold such a word",
    "share": "share of the newcomers at risk",
    **with_ends(
        {
            "wave": "seen later minus not seen later, newcomers at risk",
            "control": "second crawl minus first, older and younger accounts",
            "difference": "wave minus control",
            "placebo": "inside the first crawl: from 14 January on, minus before",
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
def topic_claims(data: Crawl) -> pd.DataFrame:
    """One row a claim; word lists in ``data/context/claim_words.csv``."""
    groups, rows = _Groups(data), []
    wave = groups.sides[0].union(groups.sides[1])
    for claim, measure, sign, outcome in _claims(data):
        effects = groups.effects(outcome)
        turned = [e if sign > 0 else Estimate(-e.value, -e.high, -e.low) for e in effects]
        judged = verdict(turned[0], turned[2], turned[3])
        count, n = _count(outcome, wave)
        share = count / n if n and (count == 0 or count >= MINIMUM_USERS) else np.nan
        rows.append((claim, measure, share, *itertools.chain(*effects), judged))
    return pd.DataFrame(rows, columns=list(_CLAIMS))


def _claims(data: Crawl) -> list[tuple[str, str, int, pd.Series]]:
    """Claim, measure, direction, and for which users it holds (bool, indexed by user)."""
    unmarked = text_version(post_text(data.posts), "without format marks")
    words = unmarked.map(lambda text: set(segment(text)))
    claims = []
    for row in pd.read_csv(DATA / "context" / "claim_words.csv").itertuples():
        lexicon = set(row.words.split())
        holds = words.map(lambda found, lexicon=lexicon: bool(found & lexicon))
        claims.append((row.claim, row.measure, row.sign, _any_post(data, holds)))
    only = words.map(bool) & remove_keywords(unmarked).map(lambda text: not segment(text))
    claims.append(("Posts only about TikTok retain less", "no word but the event's names", -1, _any_post(data, only)))
    return claims


def _any_post(data: Crawl, holds: pd.Series) -> pd.Series:
    return holds.groupby(data.posts["author"]).any().reindex(data.users.index)


@result(
    "topic_examples",
    title="What such posts sound like: sentences from this project's own grammar, no real posts.",
    columns={"topic": "label", "english": "a sentence", "chinese": "its translation"},
    needs_data=False,
)
def topic_examples() -> pd.DataFrame:
    """One made-up sentence a label."""
    rows = [
        (row.label, *sentences(SEED, 1, row.grammar)[["english", "chinese"]].iloc[0]) for row in labels().itertuples()
    ]
    return pd.DataFrame(rows, columns=["topic", "english", "chinese"])


@result("topics_numbers", title="Numbers of the chapter on topics", columns=NUMBER_COLUMNS)
def topics_numbers(data: Crawl) -> pd.DataFrame:
    """What the prose pastes."""
    choice, shares, claims = topic_choice(data), topic_shares(data), topic_claims(data)
    nmf, lda = (choice[choice["method"].eq(m)] for m in ("NMF", "LDA"))
    chosen = nmf[nmf["chosen"]].iloc[0] if len(nmf) else dict.fromkeys(choice.columns, np.nan)
    labelled = sum(not t.startswith("other: ") for t in topic_words(data)["topic"])
    small, first, last = shares["q"], shares.iloc[0], shares.iloc[-1]
    none = Estimate(*last[["placebo", "placebo_low", "placebo_high"]])
    rows = [
        ("chosen", chosen["topics"], "count"),
        ("labelled", labelled, "count"),
        ("coherence", chosen["coherence"], "signed"),
        ("coherence_chance", chosen["coherence_chance"], "signed"),
        ("stability", chosen["stability"], "decimal"),
        ("stability_chance", chosen["stability_chance"], "decimal"),
        ("lda_stability", lda["stability"].max(), "decimal"),
        ("lda_stability_chance", lda["stability_chance"].max(), "decimal"),
        ("lda_coherence", lda["coherence"].max(), "signed"),
        ("words", TOP_WORDS, "count"),
        ("posts", len(_texts(data)), "count"),
        ("all_posts", len(data.posts), "count"),
        ("largest", first["topic"], "word"),
        ("largest_change", Estimate(*first[["change", "low", "high"]]), "points"),
        ("largest_control", first["control"], "points"),
        ("largest_difference", Estimate(*first[["difference", "difference_low", "difference_high"]]), "points"),
        ("rows", len(shares), "count"),
        ("below", Part(int(small.lt(0.05).sum()), len(small)), "of"),
        ("placebo_none", none, "points"),
        ("claims", Part(int(claims["verdict"].eq("holds beyond the crawl").sum()), len(claims)), "of"),
    ]
    return number_table("topics", rows)
