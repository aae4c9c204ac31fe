"""Random posts for a reader who does not know the rules by which the study sorts them, and how far the two agree.

The texts stay on the machine that holds the posts, and so do the reader's codes; only counts and shares are kept, in
``data/evaluation/hand_reading.csv``. Whoever has the posts draws the same sample again::

    to_read(crawl, "topics")[["id", "text"]].to_csv("topics.csv", index=False)  # for the reader
    compare(crawl, "topics", pandas.read_csv("codes.csv"))                      # id, one column of 0/1 a category
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from rednote_study.coding.bilingual import likeness, says_twice
from rednote_study.coding.codebook import categories, codebook_digest, coded
from rednote_study.crawl.crawl import Crawl
from rednote_study.errors import DataError, StudyError
from rednote_study.statistics.inference import RESAMPLES, Estimate, bootstrap_interval, wilson
from rednote_study.store.small_cells import MINIMUM_USERS
from rednote_study.system.paths import DATA
from rednote_study.text.clean import clean, post_text
from rednote_study.text.language import script_of

AGREEMENT = DATA / "evaluation" / "hand_reading.csv"
"""What came of the readings: one row a category, without cells of one to four posts."""

SAMPLES = {"bilingual": (100, 1401), "topics": (150, 1402)}
"""Of each reading: posts, and the seed of the draw."""


def to_read(crawl: Crawl, reading: str) -> pd.DataFrame:
    """Draw newcomers' posts at random, one a user; what is read is title and text without hashtags and marks.

    Parameters
    ----------
    crawl : Crawl
    reading : str
        ``bilingual`` (posts in both scripts) or ``topics`` (posts with words).

    Returns
    -------
    pandas.DataFrame
        Columns ``id`` (running number), ``line`` (of the post in the raw file; not for the reader), ``text``.

    Raises
    ------
    StudyError
        If there is no such reading.
    """
    if reading not in SAMPLES:
        raise StudyError(f"There is no reading {reading!r}. Known readings: {', '.join(SAMPLES)}.")
    size, seed = SAMPLES[reading]
    posts = crawl.posts.sort_values("line", ignore_index=True)
    newcomers = posts["author"].map(crawl.users["account"]).eq("wave")
    script = script_of(post_text(posts))
    wanted = script.eq("mixed") if reading == "bilingual" else script.ne("none")
    order = np.random.default_rng(seed).permutation(np.flatnonzero(newcomers & wanted))
    drawn = posts.iloc[order].drop_duplicates("author").head(size)
    text = clean(post_text(drawn), marks=False, hashtags=False)
    return pd.DataFrame({"id": np.arange(1, len(drawn) + 1), "line": drawn["line"].to_numpy(), "text": text.to_numpy()})


def compare(crawl: Crawl, reading: str, codes: pd.DataFrame, *, seed: int = 1403) -> pd.DataFrame:
    """How far rule and reader agree; the table that is kept.

    Parameters
    ----------
    crawl : Crawl
    reading : str
        As for :func:`to_read`.
    codes : pandas.DataFrame
        The reader's: ``id`` and ``code`` (``full``, ``partly``, ``no``), or ``id`` and one column of 0 and 1 a category.
    seed : int
        Of the bootstrap of kappa.

    Raises
    ------
    DataError
        If the ids are not those of the sample.
    """
    sample = to_read(crawl, reading)
    if sorted(codes["id"]) != sample["id"].tolist():
        raise DataError(f"The codes have {len(codes)} ids; those of the sample are 1 to {len(sample)}, each once.")
    codes = codes.set_index("id").loc[sample["id"]]
    posts = crawl.posts.sort_values("line", ignore_index=True)
    chosen, text = posts["line"].isin(sample["line"]), post_text(posts)
    if reading == "topics":
        found = coded(text[chosen].set_axis(posts.loc[chosen, "line"])).loc[sample["line"]]
        pairs = {name: (found[name].to_numpy(), codes[name].eq(1).to_numpy()) for name in categories()}
    else:
        newcomers = posts["author"].map(crawl.users["account"]).eq("wave") & script_of(text).eq("mixed")
        twice = pd.Series(says_twice(likeness(text[newcomers]))[0], index=posts.loc[newcomers, "line"])
        rule = twice.loc[sample["line"]].to_numpy()
        hand = {"same in whole or part": ["full", "partly"], "same in whole": ["full"]}
        pairs = {name: (rule, codes["code"].isin(kept).to_numpy()) for name, kept in hand.items()}
    rows = [{"reading": reading, "category": n, **agree(*pair, seed=seed)} for n, pair in pairs.items()]
    return pd.DataFrame(rows).assign(codebook=codebook_digest() if reading == "topics" else "")


def agree(rule: np.ndarray, hand: np.ndarray, *, seed: int) -> dict[str, float]:
    """Precision, recall and Cohen's kappa of a rule against a reader, with 95 % intervals, and the counts behind them.

    Counts of one to four posts are missing, and all is where rule or reader found so few. Intervals of precision and
    recall are Wilson's; kappa's resamples the posts, of which each is another user's.

    Examples
    --------
    >>> found = agree(np.repeat([True, False], 10), np.repeat([True, True, False, False], [9, 0, 1, 10]), seed=1)
    >>> found["both"], found["precision"], found["recall"], round(found["kappa"], 2)
    (None, 0.9, 1.0, 0.9)
    """
    both, by_rule, by_hand = (int(v.sum()) for v in (rule & hand, rule, hand))
    counts = {"read": len(rule), "rule": by_rule, "hand": by_hand, "both": both}
    few = any(0 < n < MINIMUM_USERS for n in (both, by_rule, by_hand)) or not by_hand
    apart = any(0 < n < MINIMUM_USERS for n in (by_rule - both, by_hand - both))
    if few or apart:
        counts |= {"rule": None, "both": None} | ({"hand": None} if few else {})
    nothing = Estimate(np.nan, np.nan, np.nan)
    drawn = np.random.default_rng(seed).integers(len(rule), size=(RESAMPLES, len(rule)))
    kappas = [] if few else [_kappa(rule[d], hand[d]) for d in drawn]
    kappa = nothing if few else Estimate(_kappa(rule, hand), *bootstrap_interval(kappas))
    found = {
        "precision": nothing if few else wilson(both, by_rule),
        "recall": nothing if few else wilson(both, by_hand),
        "kappa": kappa,
    }
    return counts | {f"{n}{end}": v for n, e in found.items() for end, v in zip(("", "_low", "_high"), e, strict=True)}


def _kappa(rule: np.ndarray, hand: np.ndarray) -> float:
    seen, chance = (rule == hand).mean(), rule.mean() * hand.mean() + (1 - rule.mean()) * (1 - hand.mean())
    return float((seen - chance) / (1 - chance)) if chance < 1 else np.nan


def agreement(reading: str) -> pd.DataFrame:
    """What was kept of a reading; see :func:`compare`."""
    kept = pd.read_csv(AGREEMENT, dtype={"codebook": "str"}, keep_default_na=True)
    return kept[kept["reading"].eq(reading)].reset_index(drop=True)
