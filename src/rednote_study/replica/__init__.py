"""Replica: synthetic posts with the structure of the published data.

Calibrated to ``data/published/facts.json``: rows, columns, blank cells, users by month, the retained
and their place among the newest accounts, users per day (charted days exactly, other days within the
chart's range), totals of the five oldest accounts, and, for the shipped seed, maxima and Pearson
correlations of the users' January totals.

Assumed, because the published work does not say: the mix of languages and topics, who registered in
the wave (most who write English) and who long before (most who write Chinese), the shape of the
counts below their maxima, and the share of banded counts in February.

Retention is drawn with the effects that :class:`Effects` names; by default there are none.

Only ``random()`` and ``integers()`` of NumPy's PCG64 are used, with inverse transforms of our own,
because those streams do not change between NumPy's versions.
"""

from rednote_study.replica.generator import DAILY, Effects, generate, simulate_users
from rednote_study.replica.shipped import matches, write

__all__ = ["DAILY", "Effects", "generate", "matches", "simulate_users", "write"]
