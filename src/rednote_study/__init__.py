"""Who of the TikTok refugees stayed on Xiaohongshu (RedNote)? A reproducible study.

A chapter opens a crawl (:func:`open_crawl`), asks functions of :mod:`rednote_study.analysis` about it, draws what they
return and publishes it; the modules follow the data from the raw file to the picture, in one direction (see
CONTRIBUTING.md). :func:`read_crawl` gives a crawl of any known tool as a data frame.
"""

import importlib

__version__ = "0.1.0"

from rednote_study.system import watch as _watch

_watch.install()

__all__ = ["open_crawl", "read_crawl"]

_PLACES = {"open_crawl": "crawl.crawl", "read_crawl": "crawl.own_crawl"}


def __getattr__(name: str):
    """Import a function when it is asked for: the command line starts without pandas."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
