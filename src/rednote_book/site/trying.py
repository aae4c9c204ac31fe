"""What readers can try without a kernel: sliders beside a figure, and what follows from them, by a small script.

A page writes ``:::{try-it} NAME``, a sentence for readers without scripts, and ``:::``. The constants come from the
published facts and from the defaults of :mod:`rednote_study.panel`; ``book/_static/try.js`` does the arithmetic.
"""

from __future__ import annotations

from html import escape
from inspect import signature
from typing import NamedTuple

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from rednote_book.site.items import html_only
from rednote_study.panel import Panel, required_accounts
from rednote_study.reported.published import published_facts

SCRIPT = "try.js"
MARK = "rednote-try"
DAYS = 28
"""Follow-up of the panel to try, as in the chapter's text."""


class Slider(NamedTuple):
    """A range input; its steps are hundredths, or, with an anchor, equal ratios: `decade` steps to ten times as much."""

    name: str
    label: str
    kind: str
    least: int
    most: int
    start: int
    anchor: float | None = None
    decade: int = 1


class Piece(NamedTuple):
    """Sliders, the constants beside them, and the sentences whose numbers the script fills in."""

    title: str
    constants: dict[str, float]
    sliders: tuple[Slider, ...]
    results: str


def _number(name: str, kind: str) -> str:
    return f'<data data-name="{name}" data-kind="{kind}"></data>'


def _when(name: str, yes: str, no: str) -> str:
    """One of two texts, as a finding is true or not."""
    return "".join(
        f'<span data-when="{name}" data-is="{is_}" hidden>{text}</span>' for is_, text in (("true", yes), ("false", no))
    )


def _strip(*, to: str, start: str = "", at: str = "") -> str:
    """A picture from 0 to 100 % of a number or a range, which the words beside it say as well."""
    marks = "".join(f' data-{name}="{value}"' for name, value in (("from", start), ("to", to), ("at", at)) if value)
    return f'<div class="rednote-try-strip" aria-hidden="true"{marks}><i></i>{"<b></b>" if at else ""}</div>'


def _sampling() -> Piece:
    data = published_facts()["dataset"]
    fits = f"True rates from {_number('low', 'percent')} to {_number('high', 'percent')} fit the report."
    none = "No true rate fits the report: even if everyone stayed, the label would show too few."
    return Piece(
        "Try it: which true rates fit?",
        {"positive": data["retained_users"], "users": data["january_users"]},
        (
            Slider("fraction", "Share of posts that the crawl kept", "percent", -80, 0, -40, anchor=1, decade=20),
            Slider("rate", "True rate of staying", "percent", 0, 100, 30),
            Slider("posts", "Posts a month by those who stay", "number", -20, 20, 0, anchor=4, decade=20),
        ),
        f"<p>Of those who stay, the crawl sees {_number('detection', 'percent')}. The label would call"
        f" {_number('labelled', 'people')} of {_number('users', 'count')} users retained;"
        f" the report has {_number('positive', 'count')}. {_when('possible', fits, none)}</p>"
        + _strip(start="low", to="high", at="rate")
        + '<p class="rednote-try-key" aria-hidden="true">From 0 to 100 %. Band: rates that fit; mark: your rate.</p>',
    )


def _leavers() -> Piece:
    data = published_facts()["dataset"]
    called = _when(
        "called",
        "is above the threshold: all are called retained",
        "is not above the threshold: all are called leavers",
    )
    undefined = "Where nobody is called retained, precision is 0 divided by 0; the report prints 0."
    rows = "".join(
        f"<dt>{name.capitalize() if name != 'auc' else 'AUC'}</dt><dd>{_number(name, kind)}{_strip(to=name)}</dd>"
        for name, kind in (
            ("accuracy", "percent2"),
            ("precision", "percent2"),
            ("recall", "percent2"),
            ("auc", "decimal"),
        )
    )
    return Piece(
        "Try it: one score for everyone",
        {},
        (
            Slider(
                "share",
                "Share retained, which is everyone's score",
                "percent",
                -40,
                95,
                0,
                anchor=data["retained_users"] / data["january_users"],
                decade=50,
            ),
            Slider("threshold", "Threshold above which a user is called retained", "percent", -135, 13, 0, 0.5, 50),
        ),
        f"<p>Everyone's score, {_number('share', 'percent')}, {called}.</p><dl>{rows}</dl>"
        f"<p>The AUC of a constant score is {_number('auc', 'decimal')}, whatever the share and the threshold: it is the"
        " chance that someone retained scores above a leaver, ties count half, and here all are ties."
        f" {_when('called', '', undefined)}</p>",
    )


def _panel() -> Piece:
    panel, test = Panel(DAYS), signature(required_accounts).parameters
    found = {"all": "every post", "tenth": "one in 10", "hundredth": "one in 100", "thousandth": "one in 1,000"}
    rows = "".join(f"<dt>{words}</dt><dd>{_number(name, 'count')} accounts</dd>" for name, words in found.items())
    constants = {"days": DAYS, "posts": panel.posts_per_day, "shape": panel.dispersion}
    return Piece(
        "Try it: how many accounts must a panel follow?",
        constants | {name: test[name].default for name in ("power", "alpha")},
        (
            Slider("exposed", "Share of accounts with the feature", "percent", 5, 95, round(100 * panel.exposed)),
            Slider("stays", "Share that stays, without the feature", "percent", 2, 90, round(100 * panel.stays)),
            Slider("ratio", "Odds ratio of staying, with against without", "number", -11, 24, 0, 2, 50),
            Slider("lost", "Share of accounts lost for other reasons", "percent", 0, 80, round(100 * panel.lost)),
        ),
        f"<p>To find this effect in {_number('days', 'count')} days with a probability of {_number('power', 'percent')},"
        f" by the share of posts that is found:</p><dl>{rows}</dl>"
        f"<p>Those who stay are taken to post {_number('posts', 'number')} times a day on average, some much more often than others.</p>",
    )


PIECES = {"sampling": _sampling, "leavers": _leavers, "panel": _panel}
"""What makes each piece, by the name that a page gives."""


def html(name: str) -> str:
    """The form of a piece, hidden until the script has filled it.

    Examples
    --------
    >>> html("sampling")[:66]
    '<form class="rednote-try" data-piece="sampling" data-positive="20"'
    """
    piece, title = PIECES[name](), f"try-{name}-title"
    constants = "".join(f' data-{key}="{value!r}"' for key, value in piece.constants.items())
    return (
        f'<form class="rednote-try" data-piece="{name}"{constants} aria-labelledby="{title}" autocomplete="off" hidden>\n'
        f'<p class="rednote-caption" id="{title}">{escape(piece.title)}</p>\n'
        f"{''.join(_slider(f'try-{name}-{slider.name}', slider) for slider in piece.sliders)}"
        f'<div class="rednote-try-results" aria-live="polite" aria-atomic="true">{piece.results}</div>\n'
        '<p><button type="reset">Start again</button></p>\n</form>\n'
    )


def _slider(key: str, slider: Slider) -> str:
    scale = f' data-anchor="{slider.anchor!r}" data-decade="{slider.decade}"' if slider.anchor else ""
    return (
        f'<p class="rednote-try-slider"><label for="{key}">{escape(slider.label)}</label>'
        f'<output for="{key}" aria-live="off"></output>'
        f'<input type="range" id="{key}" name="{slider.name}" min="{slider.least}" max="{slider.most}"'
        f' value="{slider.start}" step="1" data-kind="{slider.kind}"{scale}></p>\n'
    )


class TryDirective(SphinxDirective):
    """``{try-it} NAME``: a piece to try; what stands inside is for readers without scripts, and for print."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """The sentence and the hidden form."""
        (name,) = self.arguments
        if name not in PIECES:
            raise self.error(f"there is nothing to try of the name {name!r}; there are {', '.join(PIECES)}")
        self.assert_has_content()
        still = nodes.container("", classes=["rednote-try-still"])
        still += self.parse_content_to_nodes()
        self.env.metadata[self.env.docname][MARK] = True
        return [nodes.container("", still, html_only(html=html(name)), classes=["rednote-try-box"])]


def connect(app) -> None:
    """Add the directive, and the script to the pages that have a piece."""
    app.add_directive("try-it", TryDirective)
    app.connect("html-page-context", _add_script)


def _add_script(app, pagename, templatename, context, doctree) -> None:
    if app.env.metadata.get(pagename, {}).get(MARK):
        app.add_js_file(SCRIPT, loading_method="defer")
