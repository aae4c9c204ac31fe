"""Sphinx extension of the book: cache by fingerprint, kernels side by side, citable figures, notebooks to download, formulas, search, page frame, things to try, nothing from elsewhere."""

from rednote_book.site import (
    ahead,
    citable,
    exec_cache,
    executed,
    folds,
    frame,
    gallery,
    head,
    languages,
    lost,
    manifest,
    mathml,
    offline,
    own_data,
    previews,
    quoted,
    reference,
    search,
    trying,
)

__all__ = ["setup"]


def setup(app) -> dict:
    """Connect the parts of the extension to Sphinx."""
    for part in (
        exec_cache,
        executed,
        folds,
        ahead,
        citable,
        frame,
        gallery,
        head,
        languages,
        lost,
        manifest,
        mathml,
        offline,
        own_data,
        previews,
        quoted,
        reference,
        search,
        trying,
    ):
        part.connect(app)
    return {"env_version": 1, "parallel_read_safe": False, "parallel_write_safe": True}
