"""Pictures: tidy frames and the names of their columns in, a figure out."""

from rednote_study.plots.forest import forest
from rednote_study.plots.timeline import timeline
from rednote_study.plots.violins import violins

__all__ = ["forest", "timeline", "violins"]
