"""Who of the TikTok refugees stayed on Xiaohongshu (RedNote)? A reproducible study.

A chapter of the book needs one name, :func:`rednote_study.study.open`; the
other modules follow the data from the raw file to the picture, in one
direction (see CONTRIBUTING.md).
"""

__version__ = "0.1.0"

from rednote_study import watch as _watch

_watch.install()
