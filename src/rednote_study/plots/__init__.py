"""Pictures: tidy frames and the names of their columns in, a figure out."""

from rednote_study.plots.curves import curves
from rednote_study.plots.dots import dots
from rednote_study.plots.forest import forest
from rednote_study.plots.intervals import intervals
from rednote_study.plots.losses import losses
from rednote_study.plots.matrix import matrix
from rednote_study.plots.network import network
from rednote_study.plots.ranges import ranges
from rednote_study.plots.reliability import reliability
from rednote_study.plots.roc import roc
from rednote_study.plots.strips import strips
from rednote_study.plots.timeline import timeline
from rednote_study.plots.violins import violins

__all__ = [
    "curves",
    "dots",
    "forest",
    "intervals",
    "losses",
    "matrix",
    "network",
    "ranges",
    "reliability",
    "roc",
    "strips",
    "timeline",
    "violins",
]
