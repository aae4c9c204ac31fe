"""Sphinx extension of the book: cache by fingerprint, figures, formulas, search, page frame, nothing from other hosts."""

from rednote_study.site import exec_cache, frame, mathml, offline, search

__all__ = ["setup"]


def setup(app) -> dict:
    """Connect the parts of the extension to Sphinx."""
    for part in (exec_cache, frame, mathml, offline, search):
        part.connect(app)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
