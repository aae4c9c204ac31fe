"""Figures of the chapter on retention models."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from rednote_study.plots.registry import figure
from rednote_study.plots.style import COLOURS, WIDTH

_MODELS = {
    "no-skill prior": ("neutral", "x"),
    "logistic regression": ("wave", "o"),
    "gradient-boosted trees": ("older", "s"),
    "MLP": ("younger", "^"),
    "LSTM": ("placebo", "D"),
}
_PANELS = {
    "at risk": "newcomers: seen later?",
    "control": "control group: second crawl?",
    "placebo": "placebo: later part of the first crawl?",
}


def _auc_alt(t: pd.DataFrame) -> str:
    t = t[t["metric"].eq("auc") & t["population"].isin(_PANELS)].dropna(subset="value")
    parts = [f"{r.population}, {r.version}, {r.model}: {r.value:.2f}" for r in t.itertuples()]
    return "Areas under the curve with intervals, three panels. " + "; ".join(parts) + "."


@figure(
    "retention-auc",
    table="retention_scores",
    title="Five models, three questions",
    caption="Area under the ROC curve with 95 % intervals (0.5: guessing), by what was taken out of the texts. Above: "
    "newcomers seen later or not, scored in folds that the model did not see. Middle: accounts that did not come with "
    "the wave, scored by the models of the newcomers. Below: two parts of one crawl (for two of the texts). A model that knew who stays would "
    "be high above and at 0.5 in the others.",
    alt=_auc_alt,
)
def retention_auc(t: pd.DataFrame) -> Figure:
    """One panel a question, one column a version, one marker a model."""
    t = t[t["metric"].eq("auc")]
    versions = list(dict.fromkeys(t["version"]))
    fig, axes = plt.subplots(3, 1, figsize=(WIDTH, 7.6), sharex=True, sharey=True)
    for ax, (population, title) in zip(axes, _PANELS.items(), strict=True):
        ax.axhline(0.5, color=COLOURS["neutral"], lw=1)
        for shift, (model, (colour, marker)) in zip(np.linspace(-0.3, 0.3, 5), _MODELS.items(), strict=True):
            rows = t[t["population"].eq(population) & t["model"].eq(model)].set_index("version").reindex(versions)
            errors = np.array([rows["value"] - rows["low"], rows["high"] - rows["value"]]).clip(0)
            x = np.arange(len(versions)) + shift
            ax.errorbar(x, rows["value"], yerr=errors, fmt=marker, color=COLOURS[colour], ms=6, capsize=2, label=model)
        ax.set_title(title, fontsize=11)
        ax.set(ylim=(0.2, 1.03), ylabel="area under the curve")
    axes[-1].set_xticks(range(len(versions)), [v.replace(" ", "\n", 1) for v in versions], fontsize=9.5)
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=9.5)
    return fig


def _ablation_alt(t: pd.DataFrame) -> str:
    parts = [f"{r.features}, {r.version}: {r.wave:.2f}, control {r.control:.2f}" for r in t.dropna().itertuples()]
    return "Areas under the curve of a logistic regression by set of features. " + "; ".join(parts) + "."


@figure(
    "retention-ablation",
    table="retention_ablation",
    title="What each set of features can tell",
    caption="Area under the ROC curve of a logistic regression, by what it knows of a user, with 95 % intervals. Filled: "
    "newcomers seen later or not. Hollow: the control group's crawls, scored by the same model. Left: raw text; right: "
    "words only. Counts of likes do not depend on the text.",
    alt=_ablation_alt,
)
def retention_ablation(t: pd.DataFrame) -> Figure:
    """Two panels, one row a set of features."""
    names = list(dict.fromkeys(t["features"]))[::-1]
    fig, axes = plt.subplots(1, 2, figsize=(WIDTH, 4.8), sharex=True, sharey=True)
    for ax, version in zip(axes, ("raw", "words only"), strict=True):
        rows = t[t["version"].eq(version)].set_index("features").reindex(names)
        ax.axvline(0.5, color=COLOURS["neutral"], lw=1)
        for shift, group, fill in ((0.15, "wave", COLOURS["wave"]), (-0.15, "control", "white")):
            colour = COLOURS[group]
            errors = np.array([rows[group] - rows[f"{group}_low"], rows[f"{group}_high"] - rows[group]]).clip(0)
            label = {"wave": "newcomers", "control": "control group"}[group]
            ax.errorbar(
                rows[group], np.arange(len(names)) + shift, xerr=errors, fmt="o" if group == "wave" else "s",
                color=colour, mfc=fill, ms=6, capsize=2, label=label,
            )  # fmt: skip
        ax.set_title(version, fontsize=11)
        ax.set(xlim=(0.3, 1.03), xlabel="area under the curve")
    axes[0].set_yticks(range(len(names)), names, fontsize=9.5)
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=9.5)
    return fig


def _calibration_alt(t: pd.DataFrame) -> str:
    parts = [
        f"{r.model}, part {r.part}: predicted {r.predicted:.0%}, came {r.observed:.0%}" for r in t.dropna().itertuples()
    ]
    return "Calibration curves with intervals and the diagonal. " + "; ".join(parts) + "."


@figure(
    "retention-calibration",
    table="retention_calibration",
    title="Do the probabilities mean what they say?",
    caption="Newcomers at risk in three parts of equal size by predicted probability, words only: mean prediction against "
    "the share that was seen later, with 95 % intervals. On the dashed line a model is calibrated. Parts in which one "
    "to four users were seen later, and the part nearest to them in size, are left out.",
    alt=_calibration_alt,
)
def retention_calibration(t: pd.DataFrame) -> Figure:
    """One panel a model."""
    names = [name for name in _MODELS if name in set(t["model"])]
    fig, axes = plt.subplots(2, 2, figsize=(WIDTH, 5.2), sharex=True, sharey=True)
    for ax, name in zip(axes.flat, names, strict=False):
        rows = t[t["model"].eq(name)].dropna(subset="observed")
        colour, marker = _MODELS[name]
        errors = np.array([rows["observed"] - rows["low"], rows["high"] - rows["observed"]]).clip(0) * 100
        ax.plot([0, 100], [0, 100], "--", color=COLOURS["neutral"], lw=1)
        ax.errorbar(
            rows["predicted"] * 100, rows["observed"] * 100, yerr=errors, fmt=f"{marker}-", color=COLOURS[colour],
            ms=6, capsize=2,
        )  # fmt: skip
        ax.set_title(name, fontsize=11)
        top = float(np.nanmax([*(t["high"] * 100), 50]))
        ax.set(xlim=(0, top), ylim=(0, top))
    for ax in axes[-1]:
        ax.set_xlabel("predicted (%)")
    for ax in axes[:, 0]:
        ax.set_ylabel("seen later (%)")
    return fig


def _kinds_alt(t: pd.DataFrame) -> str:
    parts = [f"{r.kind}: {r.auc:.2f} alone" for r in t.itertuples()]
    return "Dots with intervals: area under the curve by kind of token. " + "; ".join(parts) + "."


@figure(
    "retention-tokens",
    table="retention_token_kinds",
    title="What the model on raw text has read",
    caption="Area under the ROC curve of a logistic regression on the tokens of raw text, and on each kind of token "
    "alone, with 95 % intervals. Format marks are signs that the crawler left, not words of a user.",
    alt=_kinds_alt,
)
def retention_tokens(t: pd.DataFrame) -> Figure:
    """One row a kind of token."""
    t = t.iloc[::-1].reset_index(drop=True)
    fig, ax = plt.subplots(figsize=(WIDTH, 0.5 * len(t) + 1.1))
    ax.axvline(0.5, color=COLOURS["neutral"], lw=1)
    errors = np.array([t["auc"] - t["low"], t["high"] - t["auc"]]).clip(0)
    ax.errorbar(t["auc"], t.index, xerr=errors, fmt="o", color=COLOURS["wave"], ms=7, capsize=3)
    labels = [f"{r.kind}s ({r.tokens})" if r.kind != "all" else f"all tokens ({r.tokens})" for r in t.itertuples()]
    ax.set_yticks(t.index, labels)
    ax.set(xlim=(0.4, 1.02), ylim=(-0.6, len(t) - 0.4), xlabel="area under the curve")
    return fig


_RULES = {
    "last post": ("published", "-", "s", "last post = departure"),
    "one crawl": ("older", "--", "D", "silence, two crawls as one"),
    "own crawl": ("wave", "-", "o", "silence within the own crawl"),
}


def _survival_alt(t: pd.DataFrame) -> str:
    last = t.dropna(subset="staying").groupby("rule", sort=False).last()
    parts = [f"{_RULES[r.Index][3]}: {r.staying:.0%} after {r.day} days" for r in last.itertuples()]
    return "Three curves that fall with the days since registration. " + "; ".join(parts) + "."


@figure(
    "survival-curves",
    table="survival_curves",
    title="The same posts under three rules",
    caption="Kaplan-Meier estimate of the share of newcomers still posting, by days since registration, with 95 % "
    "intervals at the days that can be shown. The rules differ only in when silence counts as departure.",
    alt=_survival_alt,
)
def survival_curves(t: pd.DataFrame) -> Figure:
    """One curve a rule."""
    fig, ax = plt.subplots(figsize=(WIDTH, 4))
    for shift, (rule, (colour, line, marker, label)) in zip((-0.4, 0, 0.4), _RULES.items(), strict=True):
        rows = t[t["rule"].eq(rule)]
        low, high = rows["low"].fillna(rows["staying"]), rows["high"].fillna(rows["staying"])
        errors = np.array([rows["staying"] - low, high - rows["staying"]]).clip(0) * 100
        ax.errorbar(
            rows["day"] + shift, rows["staying"] * 100, yerr=errors, fmt=marker + line, color=COLOURS[colour], ms=6,
            capsize=2, label=label,
        )  # fmt: skip
    ax.set(xlabel="days since registration", ylabel="still posting (%)", ylim=(0, 103))
    fig.legend(loc="outside lower center", ncols=1, fontsize=9.5)
    return fig
