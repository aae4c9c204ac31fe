"""Who of the TikTok refugees stayed on Xiaohongshu (RedNote)? A reproducible study.

A chapter opens a crawl (:func:`open_crawl`), asks functions of :mod:`rednote_study.analysis` about it, draws what they
return and publishes it; the modules follow the data from the raw file to the picture, in one direction (see
CONTRIBUTING.md).
"""

import importlib

__version__ = "0.1.0"

from rednote_study import watch as _watch

_watch.install()

__all__ = ["open_crawl"]


def __getattr__(name: str):
    """Import :func:`open_crawl` when it is asked for: the command line starts without pandas."""
    if name != "open_crawl":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module("rednote_study.crawl").open_crawl
