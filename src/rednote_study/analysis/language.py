"""Do they adapt? Languages, hashtags and words of posts, by crawl and group.

Outcomes and groups are conditions on the posts; see :mod:`rednote_study.crawl.conditions`.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.stats import fisher_exact, norm
from statsmodels.tools.sm_exceptions import ConvergenceWarning

from rednote_study.analysis.relations import SCRIPTS, engine_of, holds, query, query_where, select
from rednote_study.analysis.verdicts import NOTHING, PLACEBOS, verdict, within
from rednote_study.crawl.conditions import checked
from rednote_study.crawl.crawl import Crawl
from rednote_study.crawl.users import by_user_and_time
from rednote_study.errors import DataError
from rednote_study.formats import Format, format_number, interval_ends, with_ends
from rednote_study.panel import accounts_for_change
from rednote_study.results import SEED, result
from rednote_study.statistics.inference import Estimate, benjamini_hochberg, did_clustered, log_odds, newcombe, wilson
from rednote_study.store.small_cells import MINIMUM_USERS, ROUNDED, tens
from rednote_study.system.paths import DATA
from rednote_study.text.clean import clean, post_text, text_version
from rednote_study.text.hashtags import hashtags as tags_of
from rednote_study.text.hashtags import is_refugee_tag
from rednote_study.text.language import LANGUAGES
from rednote_study.text.segment import segment

DESCRIBED = "age_group == 'wave' or age_group == 'unknown'"
"""The wave at risk; all users where no date of registration is known, for what describes and compares nobody."""

GROUPS = {
    "at risk": ("age_group == 'wave'", "age_group == 'older'"),
    "with those never at risk": ("account == 'wave'", "account != 'wave'"),
}
"""By name: posts of newcomers, and of the control group. Who registered after the first crawl was never at risk."""

OUTCOMES = {"chinese": "chinese", "latin": "script == 'latin'"}
"""By name: any Chinese; Latin letters only."""

REPEATS = {"in both crawls": "crawls > 1", "more than one post": "n_posts > 1"}


def language_posts(data: Crawl) -> pd.DataFrame:
    """Posts with ``script``, ``chinese`` and ``age_group``."""
    posts = data.posts[["author", "post", "crawl", "created", "registered"]].copy()
    facts = query(data, "SELECT script, chinese, age_group FROM posts ORDER BY line")
    posts[[*facts]] = facts.set_axis(posts.index).astype({"script": "str", "age_group": "str"})
    return posts


SPLITS = {**PLACEBOS, "second crawl, before or after 23 February": ("2025-02-01", "2025-02-23", "2025-03-03")}
"""By name: begin, moment that parts it, and end of a stretch of one session; see :data:`verdicts.PLACEBOS`."""


def user_texts(data: Crawl, version: str) -> pd.Series:
    """Texts of each user's posts in one version, joined by lines in order of time (indexed by user)."""
    order, posts = by_user_and_time(data.posts), data.users["n_posts"].to_numpy()
    texts = text_version(post_text(data.posts), version).to_numpy()[order]
    ends = np.cumsum(posts)
    starts, several = ends - posts, np.flatnonzero(posts > 1)
    joined, texts = texts[starts], texts.tolist()  # parts of a list are joined sooner than those of an array
    joined[several] = [
        "\n".join(texts[a:b]) for a, b in zip(starts[several].tolist(), ends[several].tolist(), strict=True)
    ]
    return pd.Series(joined, index=data.users.index, dtype="str")


def _shown(count: int, total: int) -> float:
    """A share, unless it rests on one to four posts."""
    return np.nan if total == 0 or 0 < count < MINIMUM_USERS else count / total


def _interval(count: int, total: int) -> Estimate:
    """Of a share, unless it or the rest is of one to four posts."""
    return NOTHING if np.isnan([_shown(n, total) for n in (count, total - count)]).any() else wilson(count, total)


_SHARES = {
    "posts": "posts",
    "users": "users who wrote them",
    **{f"{name}_share": f"share of posts: {text}" for name, text in zip(
        LANGUAGES, ("Latin letters only", "Latin and Chinese", "Chinese only", "neither"), strict=True)},
    "chinese": "share of posts with any Chinese",
    **interval_ends(" (Wilson)", of="chinese"),
}  # fmt: skip


def _share_rows(data: Crawl, keys: dict[str, str], where: str = "true") -> pd.DataFrame:
    """Shares of the languages in each cell; `keys` are its columns and their SQL.

    Both of a pair are blank if one is, for their sum is known; all are, where the pairs' own sums are too few.
    """
    places = ", ".join(str(place) for place in range(1, len(keys) + 1))  # a name would mean the column of the posts
    columns = ", ".join(f'{sql} AS "{name}"' for name, sql in keys.items())
    cells = query(
        data,
        f"SELECT {columns}, count(*) AS posts,"
        f" count(DISTINCT author) AS users, {SCRIPTS}, count(*) FILTER (chinese) AS chinese"
        f" FROM posts WHERE {where} GROUP BY {places} ORDER BY {places}",
    )
    rows = []
    for cell in cells.to_dict("records"):
        shares = {s: _shown(cell[s], cell["posts"]) for s in LANGUAGES}
        for pair in (("mixed", "han"), ("latin", "none")):
            if any(np.isnan(shares[s]) for s in pair) or np.isnan(_interval(cell["chinese"], cell["posts"]).value):
                shares |= dict.fromkeys(pair, np.nan)
        shares = [shares[s] for s in LANGUAGES]
        interval = _interval(cell["chinese"], cell["posts"])
        rows.append((*(cell[k] for k in keys), cell["posts"], cell["users"], *shares, *interval))
    return pd.DataFrame(rows, columns=[*keys, *_SHARES])


_COMPARED = "age_group NOT IN ('late', 'younger')"
"""SQL: posts of accounts that could be seen in each crawl."""


@result(
    "language_shares",
    title="Language of posts by crawl and age of the account.",
    columns={
        "account": "older than the wave; wave: at risk; late: wave, but after the January crawl; younger; unknown",
        "crawl": "number of the crawl",
        **_SHARES,
    },
    keys=("account", "crawl"),
)
def shares(crawl: Crawl) -> pd.DataFrame:
    """One row a kind of account and crawl; shares that rest on one to four posts are blank."""
    return _share_rows(crawl, {"account": "age_group", "crawl": "crawl"})


@result(
    "language_latin",
    title="Posts in Latin letters only, by crawl and age of the account.",
    columns={
        "account": "older than the wave; wave: at risk; late: wave, but after the January crawl; younger; unknown",
        "crawl": "number of the crawl",
        "posts": "posts",
        "users": "users who wrote them",
        "latin": "share of posts with Latin letters only",
        **interval_ends(" (Wilson)", of="latin"),
    },
    keys=("account", "crawl"),
)
def latin(crawl: Crawl) -> pd.DataFrame:
    """The shares of :func:`shares` with their intervals; blank where they are blank there."""
    table = _share_rows(crawl, {"account": "age_group", "crawl": "crawl"})
    table[["latin", "latin_low", "latin_high"]] = [
        NOTHING if np.isnan(share) else wilson(round(share * posts), posts)
        for share, posts in zip(table["latin_share"], table["posts"], strict=True)
    ]
    return table


@result(
    "language_by_week",
    title="Language of posts by week and group.",
    columns={
        "week": "Monday of the week, or of the last of several, UTC+8",
        "group": "wave at risk, or older accounts",
        **_SHARES,
        "users": ROUNDED,
    },
    keys=("week", "group"),
)
def by_week(crawl: Crawl) -> pd.DataFrame:
    """One row a week and group; weeks of a crawl stand together until enough users wrote Chinese, and enough did not.

    A week left out would be the rest of the crawl's known total.
    """
    week = "date_trunc('week', created)::TIMESTAMP"
    new = query(
        crawl,
        "SELECT crawl, age_group, week, chinese, count(DISTINCT author) FILTER (week = first) AS users FROM"
        f" (SELECT *, {week} AS week, min({week}) OVER (PARTITION BY crawl, author, chinese) AS first"
        f" FROM posts WHERE {_COMPARED}) GROUP BY ALL",
    )
    cases = [
        f"WHEN crawl = {number} AND age_group = '{group}' AND created < TIMESTAMP '{end}' + INTERVAL 7 DAY"
        f" THEN TIMESTAMP '{end}'"
        for (number, group), part in new.groupby(["crawl", "age_group"], observed=True)
        for end in _ends(part.pivot(index="week", columns="chinese", values="users").fillna(0))
    ]
    place = f"CASE {' '.join(cases)} END" if cases else week
    table = _share_rows(crawl, {"week": place, "group": "age_group"}, _COMPARED)
    return table.assign(users=table["users"].map(tens))


def _ends(new: pd.DataFrame) -> list[pd.Timestamp]:
    """Last weeks of stretches in which either side (a column) has enough users, each counted in the first week."""
    ends, users = [], 0
    for week, row in new.sort_index().iterrows():
        users = users + row
        if (users >= MINIMUM_USERS).all():
            ends, users = [*ends, week], 0
    return [*ends[:-1], new.index.max()]


@result(
    "language_by_tenure",
    title="Language of posts of wave accounts at risk, by days since registration.",
    columns={"crawl": "number of the crawl", "tenure": "whole days since registration", **_SHARES, "users": ROUNDED},
    keys=("crawl", "tenure"),
)
def by_tenure(crawl: Crawl, *, days: Sequence[int] = (1, 2, 28)) -> pd.DataFrame:
    """One row a crawl and class of tenure.

    Parameters
    ----------
    crawl : Crawl
    days : sequence of int
        Days at which a new class begins; the first is of the accounts before.
    """
    seconds = "date_diff('second', registered, created)"
    ends = [f"WHEN {seconds} < {int(day) * 86400} THEN {number}" for number, day in enumerate(days)]
    place = f"CASE {' '.join(ends)} ELSE {len(days)} END"
    table = _share_rows(crawl, {"crawl": "crawl", "tenure": place}, "account = 'wave' AND age_group = 'wave'")
    names = [_days(start, end) for start, end in zip((0, *days), (*days, None), strict=True)]
    return table.assign(tenure=[names[int(i)] for i in table["tenure"]], users=table["users"].map(tens))


def _days(start: int, end: int | None) -> str:
    """Name of a class of whole days."""
    if end is None:
        return f"{start} and more"
    return str(start) if end - start == 1 else f"{start} to {end - 1}"


@result(
    "language_did",
    title="Change between first and last crawl: wave against control (difference in differences).",
    columns={
        "outcome": "share of posts with any Chinese, or with Latin letters only",
        "accounts": "at risk: wave and older accounts that each crawl could see; or with those never at risk",
        "users": "users of the control group",
        "wave_change": "change among wave accounts (share of posts)",
        "control_change": "change among control accounts (share of posts)",
        "did": "wave change minus control change (share of posts)",
        **interval_ends(", users resampled"),
        "detectable": "difference that samples of this size would show with a power of 80 %",
        "odds": "did on the scale of log odds: coefficient of the interaction",
        **interval_ends(", robust to several posts of one user", of="odds"),
    },
    keys=("outcome", "accounts"),
)
def did(
    crawl: Crawl,
    outcomes: Mapping[str, str] = OUTCOMES,
    groups: Mapping[str, tuple[str, str]] = GROUPS,
    *,
    resamples: int = 2000,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row an outcome and choice of accounts.

    Parameters
    ----------
    crawl : Crawl
    outcomes : mapping of str to str
        By name: a condition whose share of the posts is compared.
    groups : mapping of str to (str, str)
        By name: which posts are of newcomers, and which of the control group.
    resamples, seed : int
        Of the bootstrap over users.
    """
    posts = crawl.posts[["author", "crawl"]]
    ends = posts["crawl"].isin([1, posts["crawl"].max()]).to_numpy()
    rows = []
    for (outcome, condition), (accounts, sides) in itertools.product(outcomes.items(), groups.items()):
        wave, control = (holds(crawl, side) for side in sides)
        chosen = ends & (wave | control)
        cells = posts[chosen].assign(outcome=holds(crawl, condition)[chosen], wave=wave[chosen])
        rows.append((outcome, accounts, *_did_row(cells, resamples, seed)))
    return rows


def _did_row(posts: pd.DataFrame, resamples: int, seed: int) -> tuple:
    wave, after = posts["wave"], posts["crawl"].gt(1)
    users = posts.loc[~wave, "author"].nunique()
    if min(posts.groupby([wave, after])["author"].nunique().reindex([(a, b) for a in (True, False) for b in (True, False)],
                                                                  fill_value=0)) < MINIMUM_USERS:  # fmt: skip
        return (users, *[np.nan] * 9)
    means = posts.groupby([wave, after])["outcome"].mean()
    effect = did_clustered(posts["outcome"], posts["author"], wave, after, n_resamples=resamples, seed=seed)
    changes = [means[g, True] - means[g, False] for g in (True, False)]
    detectable = (norm.ppf(0.975) + norm.ppf(0.8)) * (effect.high - effect.low) / (2 * norm.ppf(0.975))
    return (users, *changes, *effect, detectable, *_log_odds_did(posts["outcome"], posts["author"], wave, after))


def _log_odds_did(outcome: pd.Series, user: pd.Series, wave: pd.Series, after: pd.Series) -> Estimate:
    """Interaction in a logistic regression with standard errors clustered by user."""
    design = np.column_stack([np.ones(len(wave)), wave, after, wave & after]).astype(float)
    codes = pd.factorize(user)[0]
    try:
        fit = sm.Logit(outcome.to_numpy(dtype=float), design).fit(
            disp=0, cov_type="cluster", cov_kwds={"groups": codes}
        )
    except (np.linalg.LinAlgError, ConvergenceWarning, sm.tools.sm_exceptions.PerfectSeparationError):
        return NOTHING
    return Estimate(fit.params[3], *fit.conf_int()[3])


@result(
    "language_design",
    title="Accounts with a post in January and one in February that would show a change within persons",
    columns={
        "compared": "newcomers alone, or newcomers and as many older accounts",
        "correlation": "of an account's two posts in having Chinese; 0: no more alike than posts of two accounts",
        "start": "share of newcomers' posts with any Chinese before, as in the first crawl",
        "control_start": "the same of older accounts, among whom nothing changes",
        "change": "change that is to be seen (share of posts)",
        "accounts": "accounts in each group; blank where too little is known, or nobody can have such shares",
    },
    keys=("compared", "correlation"),
    exempt="numbers of accounts to follow; shares are those of another table",
)
def design(
    crawl: Crawl,
    *,
    change: float = 0.1,
    correlations: Sequence[float] = (0.0, 0.25, 0.5),
    power: float = 0.8,
) -> pd.DataFrame:
    """How large a panel must be to see adaptation; see :func:`rednote_study.panel.accounts_for_change`.

    Parameters
    ----------
    crawl : Crawl
        Gives the shares of the first crawl.
    change : float
        Of the share of newcomers' posts.
    correlations : sequence of float
        What is assumed of an account's two posts.
    power : float
        Probability of seeing it.
    """
    first = shares(crawl).query("crawl == 1").set_index("account")["chinese"]
    start, older = first.get("wave", np.nan), first.get("older", np.nan)
    rows = []
    for compared, control in (("newcomers alone", None), ("newcomers and older accounts", older)):
        for correlation in correlations:
            try:
                accounts = accounts_for_change(start, change, correlation=correlation, control=control, power=power)
            except DataError:
                accounts = pd.NA
            rows.append((compared, correlation, start, np.nan if control is None else control, change, accounts))
    names = ["compared", "correlation", "start", "control_start", "change", "accounts"]
    return pd.DataFrame(rows, columns=names).astype({"accounts": "Int64"})


@result(
    "language_placebo",
    title="Does Chinese also change inside one session?",
    columns={
        "split": "the two parts of one session",
        "group": "wave at risk, or older accounts",
        "before_posts": "posts of the first part",
        "after_posts": "posts of the second part",
        "change": "change of the share of posts with any Chinese",
        **interval_ends(" (Newcombe)"),
    },
    keys=("split", "group"),
)
def placebo(
    crawl: Crawl, outcome: str = "chinese", *, splits: Mapping[str, tuple[str, str, str]] = SPLITS
) -> pd.DataFrame:
    """Stretches of one session in two parts, and how a share of posts changes from one to the other.

    Parameters
    ----------
    crawl : Crawl
    outcome : str
        Condition whose share of the posts is compared.
    splits : mapping of str to (str, str, str)
        By name: begin, moment that parts it, and end (excluded) of a stretch, UTC+8.
    """
    rows = []
    for name, moments in splits.items():
        who, after = within(moments, "age_group != 'late' and age_group != 'younger'", first="created", last="created")
        sql = _HALVES.format(who=checked(who), after=checked(after), outcome=checked(outcome))
        for half in query_where(crawl, sql, outcome).itertuples():
            counts = (half.after_held, half.after_posts), (half.before_held, half.before_posts)
            change = newcombe(*counts) if min(n for _, n in counts) >= MINIMUM_USERS else NOTHING
            rows.append((name, half.members, half.before_posts, half.after_posts, *change))
    return rows


_HALVES = """SELECT age_group AS members,
  count(*) FILTER ({after}) AS after_posts, count(*) FILTER (({after}) AND ({outcome})) AS after_held,
  count(*) FILTER (NOT ({after})) AS before_posts, count(*) FILTER (NOT ({after}) AND ({outcome})) AS before_held
FROM posts WHERE {who} GROUP BY members ORDER BY members"""


@result(
    "language_repeats",
    title="Users whose language could be seen to change.",
    columns={"who": "which users", "users": "how many"},
    keys=("who",),
)
def repeats(crawl: Crawl, users: Mapping[str, str] = REPEATS) -> pd.DataFrame:
    """How many users there are of whom more than one moment is seen.

    Parameters
    ----------
    crawl : Crawl
    users : mapping of str to str
        By name: conditions on the users.
    """
    return [(name, len(select(crawl, ["author"], where=checked(condition)))) for name, condition in users.items()]


def _usage(pairs: pd.DataFrame, posts: pd.DataFrame, item: str) -> pd.DataFrame:
    """Users of each item by first and last crawl, wave accounts; none or at least five in each."""
    crawls = (1, posts["crawl"].max())
    counts = {}
    for side, crawl in zip(("first", "last"), crawls, strict=True):
        chosen = posts.loc[posts["group"].eq("wave") & posts["crawl"].eq(crawl), "post"]
        counts[side] = pairs[pairs["post"].isin(chosen)].groupby(item)["author"].nunique()
    return _shown_in_both(pd.DataFrame(counts).fillna(0).astype(int))


def _shown_in_both(usage: pd.DataFrame) -> pd.DataFrame:
    """Rows with no user or at least five in each column, and at least five in one."""
    return usage[~usage.isin(range(1, MINIMUM_USERS)).any(axis=1) & usage.max(axis=1).ge(MINIMUM_USERS)]


def _wave_users(posts: pd.DataFrame) -> tuple[int, int]:
    wave = posts[posts["group"].eq("wave")]
    return tuple(wave.loc[wave["crawl"].eq(c), "author"].nunique() for c in (1, posts["crawl"].max()))


_USAGE = {
    "first_users": "wave users of the first crawl who use it",
    "last_users": "wave users of the last crawl who use it",
    "change": "share of users in the last crawl minus share in the first",
    **interval_ends(" (Newcombe)"),
}


@result(
    "language_hashtags",
    title="Hashtags of wave accounts by crawl; each used by no one or by five users and more in each crawl.",
    columns={
        "tag": "hashtag",
        "english": "translation",
        "event": "whether it names the event, as the crawls' search words do",
        **_USAGE,
        "q": "Fisher's exact test after Benjamini and Hochberg",
    },
    keys=("tag", "english", "event"),
)
def hashtags(crawl: Crawl, *, most: int = 30) -> pd.DataFrame:
    """The most used hashtags; `most` says how many."""
    posts = crawl.posts[["post", "author", "crawl"]].assign(group=np.where(holds(crawl, DESCRIBED), "wave", "control"))
    usage = _usage(tags_of(crawl.posts), posts, "tag")
    first, last = _wave_users(posts)
    several = posts["crawl"].max() > 1
    rows = []
    for tag, (a, b) in usage.iterrows():
        change = newcombe((b, last), (a, first)) if several and first and last else NOTHING
        p = fisher_exact([[b, last - b], [a, first - a]]).pvalue if several else np.nan
        rows.append((tag, a, b, *change, p))
    table = pd.DataFrame(rows, columns=["tag", *_USAGE, "p"])
    table["q"] = benjamini_hochberg(table["p"]) if len(table) else table["p"]
    table["event"] = is_refugee_tag(table["tag"].astype("str"))
    total = table["first_users"] + table["last_users"]
    table = table.assign(total=total).sort_values(["total", "tag"], ascending=[False, True]).head(most)
    table["english"] = [translations().get(tag, "") for tag in table["tag"]]
    return table


@functools.lru_cache(maxsize=8)
def _words_cached(texts: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(dict.fromkeys(segment(t))) for t in texts)


def post_words(data: Crawl, *, marks: bool = False) -> pd.DataFrame:
    """Words of each post, one row a post and word; `marks` keeps hashtags and format marks, as published."""
    texts = post_text(data.posts)
    texts = texts if marks else clean(texts, marks=False, hashtags=False)
    found = pd.Series(_words_cached(tuple(texts)), index=texts.index, name="word")
    return data.posts[["post", "author"]].join(found.explode().dropna(), how="inner")


@functools.cache
def translations() -> dict[str, str]:
    """English for the Chinese words and hashtags that the book shows."""
    table = pd.read_csv(DATA / "context" / "translations.csv", dtype="str")
    return dict(zip(table["word"], table["english"], strict=True))


@result(
    "language_words",
    title="Words that gain and lose between the crawls: wave accounts, with control accounts beside them.",
    columns={
        "word": "word",
        "english": "translation",
        "first_users": "wave users of the first crawl who use it",
        "last_users": "wave users of the last crawl who use it",
        "log_odds": "log odds ratio, last against first crawl, informative Dirichlet prior",
        "z": "the same divided by its standard deviation",
        "control_z": "z among older accounts; blank where fewer than five of them use the word",
    },
    keys=("word", "english"),
)
def words(crawl: Crawl, *, each: int = 15) -> pd.DataFrame:
    """The words at each end; each used by no one or by five users and more in each crawl.

    Parameters
    ----------
    crawl : Crawl
    each : int
        How many words of those that gain, and of those that lose.
    """
    usage = _word_users(crawl)
    if usage.empty or not usage.attrs["several"]:
        return []
    prior = usage["prior"].astype(float)
    wave, control = (log_odds(usage[f"{g}_last"], usage[f"{g}_first"], prior) for g in ("wave", "control"))
    table = _shown_in_both(usage[["wave_first", "wave_last"]].set_axis(["first_users", "last_users"], axis="columns"))
    table = table.join(wave[["log_odds", "z"]]).reset_index()
    table["control_z"] = table["word"].map(control["z"].where(usage["control"].ge(MINIMUM_USERS)))
    table["english"] = [translations().get(word, "") for word in table["word"]]
    table = table.sort_values(["z", "word"], ascending=[False, True])
    return pd.concat([table.head(each), table.tail(max(min(each, len(table) - each), 0))])


_WORD_USERS = f"""
WITH used AS (
  SELECT DISTINCT word, author, age_group IN ('wave', 'unknown') AS wave, crawl FROM words JOIN posts USING (line)
  WHERE {_COMPARED})
SELECT word, count(DISTINCT author) AS prior,
  count(*) FILTER (wave AND crawl = 1) AS wave_first, count(*) FILTER (wave AND crawl = $last) AS wave_last,
  count(*) FILTER (NOT wave AND crawl = 1) AS control_first, count(*) FILTER (NOT wave AND crawl = $last) AS control_last,
  count(DISTINCT author) FILTER (NOT wave) AS control
FROM used GROUP BY word ORDER BY word
"""


def _word_users(data: Crawl) -> pd.DataFrame:
    """Users of each word by group, first and last crawl (int, indexed by word); `attrs` say if there are several."""
    if data.engine is None:  # a data set on disk has its words there
        found = post_words(data)
        lines = data.posts["line"].loc[found.index]
        engine_of(data).add("words", pd.DataFrame({"line": lines.to_numpy(), "word": found["word"].to_numpy()}))
    last = int(engine_of(data).row("SELECT max(crawl) AS last FROM posts")["last"])
    users = query(data, _WORD_USERS, last=last).astype({"word": "str"}).set_index("word")
    users.attrs["several"] = last > 1
    return users


@result(
    "language_wordcloud",
    title="Words and how many users use them, by crawl.",
    columns={
        "text": "clean: without hashtags and marks; published: with both, as the published report did",
        "crawl": "number of the crawl",
        "word": "word",
        "users": "users who use it, five at least",
    },
    keys=("text", "crawl", "word"),
)
def word_users(crawl: Crawl, *, most: int = 60) -> pd.DataFrame:
    """The most used words of each crawl and version of the text, all accounts; `most` says how many of each."""
    pieces = []
    for text, marks in (("clean", False), ("published", True)):
        found = post_words(crawl, marks=marks).join(crawl.posts.set_index("post")["crawl"], on="post")
        users = found.groupby(["crawl", "word"])["author"].nunique().rename("users").reset_index()
        users = users[users["users"].ge(MINIMUM_USERS)].sort_values(
            ["crawl", "users", "word"], ascending=[True, False, True]
        )
        pieces.append(users.groupby("crawl").head(most).assign(text=text))
    return pd.concat(pieces)


_NO_MEASURE = "cannot be tested by single words"


def _claim_text(value: float, low: float, high: float, verdict: str) -> str:
    missing = "–" if verdict == _NO_MEASURE else "too few users"
    return format_number(value, low, high, "points", missing=missing)


_CLAIMS = {
    "claim": "what the published report says, in our words",
    "measure": "what is measured here",
    **with_ends(
        {
            "wave": "change from first to last crawl among wave accounts at risk",
            "control": "the same among older accounts",
            "difference": "wave minus control",
        }
    ),
    "verdict": "by the rule of the behaviour chapter",
}


@result(
    "language_claims",
    title="Published claim about words, and what these data say. Changes in percentage points.",
    columns=_CLAIMS,
    formats={
        part: Format(_claim_text, (part, f"{part}_low", f"{part}_high"), ("verdict",))
        for part in ("wave", "control", "difference")
    },
)
def claims(crawl: Crawl, *, smallest: float = 0.1, resamples: int = 2000, seed: int = SEED) -> pd.DataFrame:
    """Whether naming the event falls more in the wave than elsewhere; adaptation itself has no word of its own.

    Parameters
    ----------
    crawl : Crawl
    smallest : float
        Smallest difference of shares that matters.
    resamples, seed : int
        Of the bootstrap over users.
    """
    posts = language_posts(crawl).query("age_group == 'wave' or age_group == 'older'")
    texts = clean(post_text(crawl.posts.loc[posts.index]), marks=False, hashtags=False).str.lower()
    named, last, wave = is_refugee_tag(texts), posts["crawl"].gt(1), posts["age_group"].eq("wave")
    changes = [_change(named, last, members) for members in (wave, ~wave)]
    enough = not np.isnan([c.value for c in changes]).any()
    arms, options = (named, posts["author"], wave, last), {"n_resamples": resamples, "seed": seed}
    effect = did_clustered(*arms, **options) if enough else NOTHING
    ninety = did_clustered(*arms, confidence=0.9, **options) if enough else NOTHING
    fall, ninety = (Estimate(-e.value, -e.high, -e.low) for e in (effect, ninety))
    claim = "Who left writes of TikTok and its loss, who stayed of adapting"
    return [
        (claim, "posts that name TikTok, refugees or RedNote in words", *changes[0], *changes[1], *effect,
         verdict(fall, [], ninety, smallest)),
        (claim, "posts about adapting", *NOTHING, *NOTHING, *NOTHING, _NO_MEASURE),
    ]  # fmt: skip


def _change(outcome: pd.Series, late: pd.Series, members: pd.Series) -> Estimate:
    """Change of a share between two parts of the posts, with Newcombe's interval."""
    parts = [outcome[members & late], outcome[members & ~late]]
    return newcombe(*((int(p.sum()), len(p)) for p in parts)) if min(map(len, parts)) >= MINIMUM_USERS else NOTHING
