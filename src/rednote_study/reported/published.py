"""Numbers of the published work, as its report and its charts print them."""

import functools
import json

from rednote_study.system.paths import DATA


@functools.cache
def published_facts() -> dict:
    """The facts in ``data/published/facts.json``, read once."""
    return json.loads((DATA / "published" / "facts.json").read_text("utf-8"))
