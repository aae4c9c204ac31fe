"""Pictures: tidy frames and the names of their columns in, a figure out."""

from rednote_study.plots.forest import forest
from rednote_study.plots.growth import growth
from rednote_study.plots.simulation import panel_sizes, planted_effects, power_curves, two_crawls
from rednote_study.plots.timeline import timeline
from rednote_study.plots.violins import violins

__all__ = [
    "forest",
    "growth",
    "panel_sizes",
    "planted_effects",
    "power_curves",
    "timeline",
    "two_crawls",
    "violins",
]
