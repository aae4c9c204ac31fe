"""The class of each published claim agrees with its evidence, and nothing is called refuted that is not."""

import jupytext
import pandas as pd
import pytest
from pybtex.database import parse_file

from rednote_book import notebooks
from rednote_study.analysis import discussion
from rednote_study.reported.claims import CLASSES, published_claims
from rednote_study.system.paths import BOOK

CLAIMS = published_claims()
READ = ("not testable here", "not reproducible")
"""Classes that may rest on reading alone."""


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda c: c["says"][:40])
def test_the_class_agrees_with_the_evidence(claim):
    assert claim["class"] == discussion.by_rule(claim) or (claim["class"] in READ and not claim.get("evidence"))
    assert claim["class"] in CLASSES and claim["why"].endswith(".")


PIECE = {"data": "us_posts", "result": "made up", "row": "who == 'wave'", "value": "delta", "kind": "signed"}
EFFECT = PIECE | {"says": "more", "measure": "delta"}
NUMBER = PIECE | {"says": "equals", "published": "published"}


@pytest.mark.parametrize(
    ("row", "pieces", "expected"),
    [
        ({"delta": 0.3, "low": 0.1, "high": 0.5}, [EFFECT], "reproducible with changes"),
        ({"delta": 0.1, "low": -0.2, "high": 0.4}, [EFFECT], "not supported"),  # wide: neither shown nor excluded
        ({"delta": -0.3, "low": -0.5, "high": -0.1}, [EFFECT], "refuted"),
        ({"delta": 0.0, "low": -0.1, "high": 0.1}, [EFFECT], "refuted"),  # no effect that matters
        ({"delta": -0.3, "low": -0.5, "high": -0.1}, [EFFECT | {"refutes": False}], "not supported"),
        ({"delta": -0.3, "low": -0.5, "high": -0.1}, [EFFECT | {"says": "less"}], "reproducible with changes"),
        ({"delta": None, "low": None, "high": None}, [EFFECT], "not testable here"),
        ({"delta": 0.6, "low": 0.5, "high": 0.7}, [PIECE | {"says": "below", "bound": 0.4}], "refuted"),
        ({"delta": 0.6, "low": 0.5, "high": 0.7}, [EFFECT | {"than": "who == 'other'"}], "not supported"),
        (
            {"delta": 0.6, "low": 0.5, "high": 0.7, "no": -0.5, "no_low": -0.6, "no_high": -0.4},
            [EFFECT | {"beyond": "no"}],
            "not supported",
        ),
        (
            {"delta": -0.3, "low": -0.5, "high": -0.1},
            [EFFECT | {"row": "delta < 1"}],
            "not supported",
        ),  # in one of two rows
        ({"delta": 7.0, "published": 7.0}, [NUMBER], "reproduced"),
        ({"delta": 7.1, "published": 7.0}, [NUMBER], "not reproducible"),
        ({"delta": 7.1, "low": 6.9, "high": 7.3, "published": 7.0}, [NUMBER], "reproducible with changes"),
        ({"delta": 0.3, "low": 0.1, "high": 0.5, "published": 7.0}, [EFFECT, NUMBER], "not reproducible"),
        ({}, [], ""),
    ],
)
def test_the_rule_on_rows_made_up(monkeypatch, row, pieces, expected):
    other = {"who": "other", "delta": 0.3, "low": -0.2, "high": 0.6}
    frame = pd.DataFrame([{"who": "wave"} | row, other])
    monkeypatch.setattr(discussion.record, "read_table", lambda key, name: frame)
    assert discussion.by_rule({"evidence": pieces}) == expected


def test_the_table_shows_the_evidence_that_decides():
    shown = discussion.claims().set_index("claim")
    assert shown["status"].tolist() == [c["class"] for c in CLAIMS]
    assert shown.loc["Behaviour and texts together tell which newcomers will stay", "evidence_low"] < 0
    assert discussion.classes()["claims"].sum() == len(CLAIMS)


def test_another_smallest_effect_is_another_class():
    wide = discussion.BOUNDS | {"delta": {"nothing": 0, "smallest": 0.5}}
    order = next(c for c in CLAIMS if c["says"].startswith("Likes and collects go most"))
    assert (discussion.by_rule(order), discussion.by_rule(order, wide)) == ("not supported", "refuted")


def test_a_changed_record_is_looked_at_anew():
    pieces = [piece for claim in CLAIMS for piece in claim.get("evidence", [])]
    rest = {f"results/{piece['data']}/{piece['result']}.csv" for piece in pieces}
    assert set(discussion.DATA_FILES) == rest | {"published/claims.toml"}


def test_sources_are_in_the_bibliography_and_no_claim_stands_twice():
    assert {c["source"] for c in CLAIMS} <= set(parse_file(BOOK / "references.bib").entries)
    assert len({c["says"] for c in CLAIMS}) == len(CLAIMS)


def test_no_other_chapter_calls_a_claim_refuted():
    for page in notebooks.chapters():
        prose = "\n".join(c.source for c in jupytext.read(page).cells if c.cell_type == "markdown")
        assert page.stem == "13_discussion" or "refuted" not in prose, page.stem
