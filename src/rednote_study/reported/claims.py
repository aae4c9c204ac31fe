"""What the published report and the four articles claim, and what became of each claim."""

import functools
import tomllib

from rednote_study.system.paths import DATA

CLASSES = (
    "reproduced",
    "reproducible with changes",
    "not reproducible",
    "not supported",
    "refuted",
    "not testable here",
)
"""Refuted: the evidence excludes the claim. Not supported: the evidence does not show it."""


@functools.cache
def published_claims() -> list[dict]:
    """The claims in ``data/published/claims.toml`` with their classes and evidence, read once; the file says how."""
    return tomllib.loads((DATA / "published" / "claims.toml").read_text("utf-8"))["claims"]
