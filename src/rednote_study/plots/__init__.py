"""Pictures: tidy frames and the names of their columns in, a figure out."""

from rednote_study.plots.calendar import calendar
from rednote_study.plots.flow import flow
from rednote_study.plots.forest import forest
from rednote_study.plots.formulas import apparent_effect, compatible_rates, detected_rates, overlap
from rednote_study.plots.happenings import happenings
from rednote_study.plots.reported import reported_values
from rednote_study.plots.roc_areas import roc_areas
from rednote_study.plots.share_dots import share_intervals, share_spans
from rednote_study.plots.timeline import timeline
from rednote_study.plots.violins import violins

__all__ = [
    "apparent_effect",
    "calendar",
    "compatible_rates",
    "detected_rates",
    "flow",
    "forest",
    "happenings",
    "overlap",
    "reported_values",
    "roc_areas",
    "share_intervals",
    "share_spans",
    "timeline",
    "violins",
]
