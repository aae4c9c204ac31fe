"""Pictures: tidy frames and the names of their columns in, a figure out."""

from rednote_study.plots.calendar import calendar
from rednote_study.plots.flow import flow
from rednote_study.plots.forest import forest
from rednote_study.plots.roc_areas import roc_areas
from rednote_study.plots.shares import marks, shares
from rednote_study.plots.simulated import apparent_effect, compatible_rates, detected_rates, overlap
from rednote_study.plots.timeline import timeline
from rednote_study.plots.violins import violins

__all__ = [
    "apparent_effect",
    "calendar",
    "compatible_rates",
    "detected_rates",
    "flow",
    "forest",
    "marks",
    "overlap",
    "roc_areas",
    "shares",
    "timeline",
    "violins",
]
