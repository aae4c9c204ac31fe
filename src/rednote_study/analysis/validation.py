"""Whether the method would find an effect, and which data would settle the question.

All of it is simulation but :func:`searches` and :func:`prevalence`, which take from the posts what it must suppose. The
long ones are :func:`runs` and :func:`verdicts`; :func:`recovery`, :func:`power` and :func:`false_positives` are read off
them and take the same arguments.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import norm

from rednote_study.analysis import planted
from rednote_study.analysis.sessions import RULE, described
from rednote_study.analysis.verdicts import NOTHING, PLACEBOS, STAYED, within
from rednote_study.crawl.conditions import checked
from rednote_study.crawl.crawl import Crawl
from rednote_study.crawl.posts import COUNTS
from rednote_study.crawl.sessions import SessionRule
from rednote_study.formats import Format, estimates, interval_ends, with_ends
from rednote_study.panel import Panel, observed_odds_ratio, panel_power, required_accounts, simulate_panel
from rednote_study.replica import Size
from rednote_study.results import SEED, result
from rednote_study.statistics.inference import Estimate, clopper_pearson, wilson
from rednote_study.statistics.logistic import fit_logistic
from rednote_study.store.fingerprint import code_digest
from rednote_study.store.memory import kept
from rednote_study.store.small_cells import MINIMUM_USERS
from rednote_study.system.parallel import run

POPULATIONS = 8
"""Each gives so many draws of retained users a cell, or pairs of crawls."""

_CELL = ["design", "feature", "odds_ratio", "positives", "method"]
_RUNS = {
    "design": "independent: so many retained in the mean; published: exactly so many, half among the newest accounts",
    "feature": "what the effect is planted on: engagement (per standard deviation), language or topic (yes or no)",
    "odds_ratio": "planted odds ratio; 1 is none",
    "positives": "retained users among 3,249",
    "method": "how it is looked for",
    "runs": "simulated draws of retained users",
    "missing": "share of runs without an estimate (the feature separates the classes)",
    "estimate": "geometric mean of the estimated odds ratios",
    "estimate_low": "2.5 % quantile of the estimated odds ratios",
    "estimate_high": "97.5 % quantile of the estimated odds ratios",
    "bias": "mean of the estimated log odds ratios minus the planted one",
    "coverage": "share of the 95 % intervals that hold the planted value, of those that there are",
    "found": "share of runs in which the method says: effect (interval excludes no effect, or p below 0.05)",
    **interval_ends(" (Wilson)"),
}
_OF_FOUND = ("found", "low", "high")


VERDICTS = {
    "explained_not": "seen and not explained by the crawl",
    "separable_not": "seen and not separable",
    "seen_not": "not seen",
    "undetermined": "undetermined",
    "other_way": "seen the other way",
}
"""Columns of the table, and the verdicts of the rule."""


def _in_blocks(function: Callable, blocks: Iterable[tuple], *, what: str) -> list:
    """What a function gives for each block, which its arguments name and seed; finished ones are kept on disk."""
    return run(kept("simulations", function, state=code_digest(function.__module__)), blocks, what=what)


# Recovery, false positives, power -------------------------------------------------------------------------


@result(
    "validation_runs",
    title="Simulation: planted effects and what each method makes of them, all cells",
    columns=_RUNS,
    keys=tuple(_CELL),
    needs_data=False,
)
def runs(
    odds_ratios: Sequence[float] = planted.ODDS_RATIOS,
    positives: Sequence[int] = planted.POSITIVES,
    *,
    populations: int = POPULATIONS,
    draws: int = planted.DRAWS,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row a cell and method.

    Parameters
    ----------
    odds_ratios : sequence of float
        Planted effects; 1 is none.
    positives : sequence of int
        Retained users in the mean, one design each.
    populations, draws, seed : int
        Populations of 3,249 users, and draws of retained users from each.
    """
    blocks = [(number, seed, draws, tuple(odds_ratios), tuple(positives)) for number in range(populations)]
    drawn = pd.concat(_in_blocks(planted.recovery_block, blocks, what="planted effects"))
    return [(*key, *_summary(part, np.log(key[2]))) for key, part in drawn.groupby(_CELL, sort=False)]


def _summary(part: pd.DataFrame, planted_value: float) -> tuple:
    estimates, found = part["estimate"].dropna(), wilson(int(part["found"].sum()), len(part))
    regression = part["method"].iloc[0].startswith("logistic")
    missing = 1 - len(estimates) / len(part) if regression else np.nan
    if estimates.empty:
        return (len(part), missing, *[np.nan] * 5, *found)
    quantiles = np.exp(estimates.quantile([0.025, 0.975]))
    centre = (np.exp(estimates.mean()), *quantiles, estimates.mean() - planted_value)
    return (len(part), missing, *centre, part["covered"].mean(), *found)


@result(
    "validation_recovery",
    title="Simulation: does logistic regression recover a planted effect?",
    columns={c: text for c, text in _RUNS.items() if c not in _OF_FOUND},
    keys=tuple(_CELL),
    needs_data=False,
)
def recovery(
    odds_ratios: Sequence[float] = planted.ODDS_RATIOS,
    positives: Sequence[int] = planted.POSITIVES,
    *,
    populations: int = POPULATIONS,
    draws: int = planted.DRAWS,
    seed: int = SEED,
    shown: Sequence[float] = (1.0, 2.0),
) -> pd.DataFrame:
    """Rows of the two regressions.

    Parameters
    ----------
    odds_ratios, positives, populations, draws, seed
        As for :func:`runs`.
    shown : sequence of float
        Which of the odds ratios.
    """
    cells = runs(odds_ratios, positives, populations=populations, draws=draws, seed=seed)
    chosen = cells["method"].str.startswith("logistic") & cells["odds_ratio"].isin(shown)
    return cells[chosen]


@result(
    "validation_power",
    title="Simulation: share of runs in which a planted effect is found",
    columns={c: _RUNS[c] for c in (*_CELL, "runs", *_OF_FOUND)},
    keys=tuple(_CELL),
    needs_data=False,
)
def power(
    odds_ratios: Sequence[float] = planted.ODDS_RATIOS,
    positives: Sequence[int] = planted.POSITIVES,
    *,
    populations: int = POPULATIONS,
    draws: int = planted.DRAWS,
    seed: int = SEED,
) -> pd.DataFrame:
    """Rows with an effect, independent design; the arguments are those of :func:`runs`."""
    cells = runs(odds_ratios, positives, populations=populations, draws=draws, seed=seed)
    chosen = cells["design"].eq("independent") & cells["odds_ratio"].gt(1)
    return cells[chosen]


_ACCOUNTS, _CRAWLS = 3249, "two crawls alike"


def _setting_text(setting: str, positives: int, accounts: int) -> str:
    how = {"published": ", half of them among the newest", _CRAWLS: f", {_CRAWLS}"}.get(setting, "")
    return f"{positives} of {accounts:,}{how}"


@result(
    "validation_false_positives",
    title="Simulation: nothing is planted. How often is an effect found all the same?",
    columns={
        "setting": "how many positives, and how they come about",
        "positives": "users who are positive",
        "accounts": "users among whom they are",
        "feature": "what is compared",
        "method": "how it is looked for",
        "nominal": "share of false alarms that the method promises",
        "runs": "simulated draws",
        "found": "share of runs in which the method says: effect",
        **interval_ends(" (Clopper and Pearson)"),
    },
    keys=("setting", "positives", "accounts", "feature", "method", "nominal"),
    formats={"setting": Format(_setting_text, ("setting", "positives", "accounts"))},
    needs_data=False,
)
def false_positives(
    odds_ratios: Sequence[float] = planted.ODDS_RATIOS,
    positives: Sequence[int] = planted.POSITIVES,
    *,
    populations: int = POPULATIONS,
    draws: int = planted.DRAWS,
    sizes: Mapping[str, Sequence[int]] = planted.SIZES,
    pairs: int = planted.VERDICT_DRAWS,
    seed: int = SEED,
) -> pd.DataFrame:
    """Methods on users of the published size, then the book's rule on crawls of the real size.

    The arguments are those of :func:`runs` and, `pairs` being its `draws`, of :func:`verdicts`.
    """
    cells = runs(odds_ratios, positives, populations=populations, draws=draws, seed=seed)
    rows = [
        (r.design, r.positives, _ACCOUNTS, r.feature, r.method, 0.05, r.runs, *_exact(r.found, r.runs))
        for r in cells[cells["odds_ratio"].eq(1)].itertuples()
    ]  # fmt: skip
    judged = verdicts(sizes=sizes, populations=populations, draws=pairs, seed=seed)
    later, found = sizes["newcomers"][-1], sum(sizes["newcomers"])
    for r in judged.query("effect == 0 and crawl == 'alike' and times == 1 and placebos == 'as found'").to_dict(
        "records"
    ):
        rows += [
            (_CRAWLS, later, found, r["measure"] if m != "cross_validated" else "all three", method, nominal,
             r["runs"], *_exact(r[m], r["runs"]))
            for m, (method, nominal) in _METHODS.items()
            if not np.isnan(r[m])
        ]  # fmt: skip
    return rows


_METHODS = {
    "naive": ("interval of the newcomers alone", 0.05),
    "difference": ("interval of newcomers minus control", 0.05),
    "explained_not": (f"verdict: {VERDICTS['explained_not']}", 0.025),
    "cross_validated": ("area under the curve, cross-validated", 0.025),
}


def _exact(share: float, runs: int) -> Estimate:
    return clopper_pearson(round(share * runs), runs)


# Two crawls -----------------------------------------------------------------------------------------------

GROUPS = {"newcomers": "at_risk", "control": "account != 'wave'"}
COMPARISONS = {
    "later sessions of the first crawl": ("last_post < '2025-02-01'", "session > 1"),
    "second crawl": ("crawl > 0", STAYED),
    **{name: within(moments, "last_post < '2025-02-01'") for name, moments in PLACEBOS.items()},
}
"""By name: which users are compared, and which of them are in the search that is asked about."""


@result(
    "validation_searches",
    title="What a search prefers in the real posts: odds ratios of being found by it rather than by the others.",
    columns={
        "feature": "engagement (logarithm of a user's counts, per standard deviation) or language (writes Chinese)",
        "comparison": "which search is asked about",
        "group": "newcomers at risk, or control group (older and younger accounts)",
        "search_users": "users found by this search",
        "other_users": "users found by the others",
        **with_ends(
            {
                "odds_ratio": "odds ratio of being found by this search, by logistic regression with Firth's penalty;"
                " interval by Wald"
            }
        ),
    },
    keys=("feature", "comparison", "group"),
    formats=estimates("odds_ratio", kind="decimal"),
)
def searches(
    crawl: Crawl,
    comparisons: Mapping[str, tuple[str, str]] = COMPARISONS,
    groups: Mapping[str, str] = GROUPS,
    *,
    rule: SessionRule = RULE,
) -> pd.DataFrame:
    """One row a feature, comparison and group: what the simulation of two crawls takes from the posts.

    Parameters
    ----------
    crawl : Crawl
    comparisons : mapping of str to (str, str)
        By name: conditions on the users, who also have ``session``, that of their first post.
    groups : mapping of str to str
        By name: a condition on the users.
    rule : SessionRule
        By which sessions are told apart.
    """
    users, rows = _described_users(crawl, rule), []
    for name, (whom, found) in comparisons.items():
        for group, members in groups.items():
            part = users.query(f"({checked(whom)}) and ({checked(members)})") if "account" in users else users[:0]
            asked = part.eval(checked(found)).to_numpy(dtype=bool) if len(part) else np.zeros(0, dtype=bool)
            for feature in ("engagement", "language"):
                known = part[feature].notna().to_numpy()
                numbers = int((asked & known).sum()), int((~asked & known).sum())
                value = _odds_ratio(part[feature][known], asked[known]) if min(numbers) >= MINIMUM_USERS else NOTHING
                rows.append((feature, name, group, *numbers, *value))
    ends = ["odds_ratio", "odds_ratio_low", "odds_ratio_high"]
    columns = ["feature", "comparison", "group", "search_users", "other_users", *ends]
    return pd.DataFrame(rows, columns=columns).sort_values("feature", kind="stable", ignore_index=True)


def _described_users(crawl: Crawl, rule: SessionRule) -> pd.DataFrame:
    """Users with the session of their first post, whether any post is in Chinese, and how engaging they are."""
    posts = described(crawl, rule).sort_values("created", kind="stable").groupby("author")
    level = np.log1p(crawl.users[list(COUNTS)].astype(float).sum(axis=1, skipna=False))
    features = {"session": posts["session"].first(), "language": posts["chinese"].any().astype(float)}
    return crawl.users.assign(**features, engagement=(level - level.mean()) / level.std(ddof=0))


def _odds_ratio(values: pd.Series, positive: np.ndarray) -> Estimate:
    design = np.column_stack([np.ones(len(values)), values.to_numpy(dtype=float)])
    if np.ptp(design[:, 1]) == 0:
        return NOTHING
    fit = fit_logistic(design, positive[:, None], firth=True)
    margin = norm.ppf(0.975) * fit.errors[0, 1]
    return Estimate(*map(float, np.exp(fit.coefficients[0, 1] + np.array([0, -margin, margin]))))


@result(
    "validation_verdicts",
    title="Simulation: two crawls of the real size. Which verdict does the book's rule give?",
    columns={
        "measure": "engagement (Cliff's delta), language (difference of shares), or language by its odds ratio",
        "times": "so many times the users of the real crawls",
        "placebos": "whether splits within a session differ as found in the real posts, or not at all",
        "crawl": "whether the later crawl prefers or avoids the feature: in everybody as much as the real second crawl"
        " does in the control group, or in each group as much as the real sessions of the first crawl differ",
        "effect": "planted effect of staying, in smallest effects that matter; 0 is none",
        "odds_ratio": "planted odds ratio of staying",
        "size": "the same as Cliff's delta, difference of shares, or log odds ratio",
        "runs": "simulated pairs of crawls",
        **with_ends(
            {
                "naive": "share of runs in which the newcomers' interval alone excludes zero",
                "difference": "share of runs in which the interval of newcomers minus control excludes zero",
                **{column: f"share of runs with the verdict: {name}" for column, name in VERDICTS.items()},
            }
        ),
        "cross_validated": "share of runs in which cross-validation seems to predict (only where nothing differs)",
    },
    keys=planted.Cell._fields,
    formats=estimates("naive", "difference", *VERDICTS, kind="percent"),
    needs_data=False,
)
def verdicts(
    crawls: Sequence[str] = planted.CRAWLS,
    effects: Sequence[float] = planted.EFFECTS,
    *,
    times: Sequence[int] = (1, 10),
    quieter: Sequence[str] = ("alike", "prefers, as sessions differ"),
    sizes: Mapping[str, Sequence[int]] = planted.SIZES,
    searches: Mapping[str, planted.Search] = planted.SEARCHES,
    populations: int = POPULATIONS,
    draws: int = planted.VERDICT_DRAWS,
    seed: int = SEED,
) -> pd.DataFrame:
    """One row a cell: all measures, crawls and effects as found, and crawls alike also with more users, quieter placebos.

    Parameters
    ----------
    crawls : sequence of str
        ``alike``, ``prefers``, ``avoids``; the last two also followed by ``, as sessions differ``.
    effects : sequence of float
        Planted, in smallest effects that matter.
    times : sequence of int
        So many times the real number of users, and
    quieter : sequence of str
        the crawls with which they are tried, with placebos as found and with placebos that show nothing.
    sizes : mapping of str to sequence of int
        Users of the two groups in the first session, later in the first crawl, and in the later crawl.
    searches : mapping of str to planted.Search
        Odds ratios by which searches prefer a feature; the default is what :func:`searches` finds in the real posts.
    populations, draws, seed : int
        Populations of 3,249 users, and pairs of crawls from each.
    """
    found = itertools.product(planted.SMALLEST, (1,), ("as found",), crawls, effects)
    better = itertools.product(planted.SMALLEST, times, ("as found", "none"), crawls, effects)
    cells = [*found, *(cell for cell in better if cell[3] in quieter)]
    cells = tuple(planted.Cell(*cell) for cell in dict.fromkeys(cells))
    blocks = [(number, seed, draws, cells, dict(sizes), dict(searches)) for number in range(populations)]
    drawn = pd.concat(_in_blocks(planted.verdict_block, blocks, what="two crawls"))
    rows = []
    for key, part in drawn.groupby(list(planted.Cell._fields), sort=False):
        given = [part["naive"], part["difference"], *(part["verdict"].eq(name) for name in VERDICTS.values())]
        shares = [wilson(int(held.sum()), len(part)) for held in given]
        means = part["odds_ratio"].mean(), part["size"].mean(), len(part)
        rows.append((*key, *means, *itertools.chain(*shares), part["cross_validated"].astype(float).mean()))
    return rows


# From the raw file ----------------------------------------------------------------------------------------


@result(
    "validation_pipeline",
    title="Simulation: effects planted, a raw file written, read and measured by the real code",
    columns={
        "feature": "engagement (per standard deviation), language or topic (yes or no)",
        "files": "files that were simulated",
        "planted": "planted odds ratio",
        "truth": "geometric mean of the estimates from the true features",
        "truth_low": "smallest of them",
        "truth_high": "largest of them",
        "measured": "geometric mean of the estimates from the features measured in the files",
        "measured_low": "smallest of them",
        "measured_high": "largest of them",
        "agreement": "users whose feature is measured right (share), or rank correlation (engagement); mean",
    },
    keys=("feature",),
    needs_data=False,
)
def pipeline(files: int = 6, *, users: int = 2000, retained: int = 400, seed: int = SEED) -> pd.DataFrame:
    """One row a feature.

    Parameters
    ----------
    files, users, retained, seed : int
        So many files, with so many users each, of whom so many are retained.
    """
    blocks = [(number, seed, Size(n_users=users, n_retained=retained)) for number in range(files)]
    measured = pd.concat(_in_blocks(planted.pipeline_block, blocks, what="whole pipeline"))
    rows = []
    for feature, part in measured.groupby("feature", sort=False):
        ranges = [np.exp([v.mean(), v.min(), v.max()]) for v in (part["truth"], part["measured"])]
        rows.append(
            (feature, len(part), np.exp(part["planted"].iloc[0]), *itertools.chain(*ranges), part["agreement"].mean())
        )
    return rows


# A panel --------------------------------------------------------------------------------------------------

RATIOS, DAYS, SAMPLED = (1.5, 2.0, 3.0), (14, 28, 90), (1.0, 0.1, 0.01, 0.001)
USUAL = {"stays": Panel.stays, "odds_ratio": 2.0, "lost": Panel.lost, "days": 28, "sampled": 1.0}
"""The case that the first page prices."""

MOST_SIMULATED = 20_000
"""Larger panels are not simulated."""

SAMPLES = {
    "newcomers, January alone": ("at_risk", "last_post < '2025-02-01'"),
    "newcomers, second crawl": ("account == 'wave'", "crawl == 2"),
    "older accounts, January alone": ("account == 'older'", "last_post < '2025-02-01'"),
}
"""By name: a group and a condition on the users, where the group is known."""


@result(
    "validation_prevalence",
    title="How many of the users found write Chinese: the prevalence for which a panel is planned.",
    columns={
        "sample": "which users",
        "users": "users",
        "share": "share of users with a post that holds Chinese characters, hashtags left out",
        **interval_ends(" (Wilson)"),
    },
    keys=("sample",),
)
def prevalence(
    crawl: Crawl, samples: Mapping[str, tuple[str, str]] = SAMPLES, *, rule: SessionRule = RULE
) -> pd.DataFrame:
    """One row a sample.

    Parameters
    ----------
    crawl : Crawl
    samples : mapping of str to (str, str)
        By name: two conditions on the users.
    rule : SessionRule
    """
    users, rows = _described_users(crawl, rule), []
    for name, (group, where) in samples.items():
        known = "account" in users
        part = users.query(f"({checked(group)}) and ({checked(where)})") if known else users[:0]
        writers = int(part["language"].sum())
        shown = writers >= MINIMUM_USERS and len(part) - writers >= MINIMUM_USERS
        rows.append((name, len(part), *(wilson(writers, len(part)) if shown else NOTHING)))
    return rows


def planned(prevalence: pd.DataFrame) -> float:
    """Prevalence for which a panel is planned.

    Parameters
    ----------
    prevalence : pandas.DataFrame
        Of :func:`prevalence`.

    Returns
    -------
    float
        Share in the first sample, to two digits; where that is not known, the one of this study.

    Examples
    --------
    >>> planned(pd.DataFrame({"share": [0.1361, 0.5]})), planned(pd.DataFrame({"share": []}))
    (0.14, 0.14)
    """
    found = prevalence["share"].head(1).dropna()
    return round(float(found.iloc[0]), 2) if len(found) else Panel.exposed


_PANEL_KEYS = {
    "exposed": "prevalence: share of accounts with the feature at the start",
    "stays": "staying rate of accounts without the feature",
    "odds_ratio": "odds ratio of staying, with the feature against without",
    "lost": "attrition: share of accounts that are lost for other reasons",
    "days": "days of follow-up",
    "sampled": "share of all posts that is found; 1 where each account's own page is read",
}


@result(
    "validation_panel",
    title="Simulation: accounts that a panel must follow to find an effect with 80 % probability",
    columns={
        **_PANEL_KEYS,
        "accounts": "accounts to follow, by formula, those that will be lost included",
        "weeks": "weeks of follow-up",
        "seen": "accounts expected to be seen staying",
        "detection": "chance that an account which stays is seen to",
        "observed_odds_ratio": "odds ratio of being seen to stay",
        "power": "share of simulated panels of this size that find the effect; empty above 20,000 accounts",
        **interval_ends(" (Clopper and Pearson)", of="power"),
    },
    keys=tuple(_PANEL_KEYS),
    formats=estimates("power", kind="percent", missing="–"),
    needs_data=False,
)
def panel(
    exposed: float = Panel.exposed,
    stays: Sequence[float] = (0.05, 0.1, 0.2),
    odds_ratios: Sequence[float] = RATIOS,
    lost: Sequence[float] = (0.0, 0.2, 0.4),
    *,
    days: Sequence[float] = DAYS,
    sampled: Sequence[float] = SAMPLED,
    usual: Mapping[str, float] = USUAL,
    runs: int = 500,
    seed: int = SEED,
) -> pd.DataFrame:
    """The design table, and, in the usual case, other follow-ups.

    Parameters
    ----------
    exposed : float
        Prevalence of the feature.
    stays, odds_ratios, lost : sequence of float
        Staying rates without the feature, odds ratios, attritions: all combinations, at the usual follow-up.
    days, sampled : sequence of float
        Days of follow-up and shares of all posts that are found: all combinations, with the usual accounts.
    usual : mapping of str to float
        ``stays``, ``odds_ratio``, ``lost``, ``days`` and ``sampled`` of the usual case.
    runs, seed : int
        Simulated panels for each row.
    """
    design = [
        {**usual, "stays": s, "odds_ratio": o, "lost": m} for s, o, m in itertools.product(stays, odds_ratios, lost)
    ]
    design += [{**usual, "days": d, "sampled": f} for d, f in itertools.product(days, sampled)]
    distinct = dict.fromkeys(tuple(float(({"exposed": exposed} | row)[key]) for key in _PANEL_KEYS) for row in design)
    return _in_blocks(_panel_row, [(row, runs, seed + i) for i, row in enumerate(distinct)], what="panels")


def _panel_row(cell: tuple[float, ...], runs: int, seed: int) -> tuple:
    assumed = dict(zip(_PANEL_KEYS, cell, strict=True))
    odds_ratio = assumed.pop("odds_ratio")
    if np.isnan(cell).any():  # a crawl of one's own in which too few write Chinese, or all do
        return (*cell, *[np.nan] * 8)
    followed, accounts = Panel(**assumed), required_accounts(odds_ratio, **assumed)
    without, having = followed.rates(odds_ratio)
    seen = accounts * (1 - followed.lost) * (having * followed.exposed + without * (1 - followed.exposed))
    share = NOTHING
    if accounts <= MOST_SIMULATED:
        found = simulate_panel(accounts, odds_ratio, runs=runs, seed=seed, **assumed)["p"] < 0.05
        share = clopper_pearson(int(found.sum()), runs)
    observed = observed_odds_ratio(odds_ratio, **assumed)
    return (*cell, accounts, followed.days / 7, seen, followed.seen[0], observed, *share)


@result(
    "validation_panel_misled",
    title="Simulation: no effect on staying, but accounts with the feature post more often",
    columns={
        "days": _PANEL_KEYS["days"],
        "sampled": _PANEL_KEYS["sampled"],
        "apparent_odds_ratio": "odds ratio of being seen to stay, where that of staying is 1",
        "false_alarm": "chance that the panel finds an effect all the same",
    },
    keys=("days", "sampled"),
    needs_data=False,
)
def misled(
    accounts: int = 2000,
    posting_ratio: float = 2.0,
    *,
    days: Sequence[float] = DAYS,
    sampled: Sequence[float] = SAMPLED,
) -> pd.DataFrame:
    """What unequal posting does, by formula.

    Parameters
    ----------
    accounts : int
        Size of the panel.
    posting_ratio : float
        How many times as often accounts with the feature post, if they stay.
    days, sampled : sequence of float
        Days of follow-up, shares of all posts that are found.
    """
    return [
        (d, f, observed_odds_ratio(1, days=d, sampled=f, posting_ratio=posting_ratio),
         panel_power(accounts, 1, days=d, sampled=f, posting_ratio=posting_ratio))
        for d, f in itertools.product(days, sampled)
    ]  # fmt: skip
