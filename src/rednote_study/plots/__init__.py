"""Pictures: tidy frames and the names of their columns in, a figure out."""

from rednote_study.plots.bursts import bursts
from rednote_study.plots.clock import clock
from rednote_study.plots.forest import forest
from rednote_study.plots.heat import heat
from rednote_study.plots.lorenz import lorenz
from rednote_study.plots.marked import marked
from rednote_study.plots.spreads import spreads
from rednote_study.plots.timeline import timeline
from rednote_study.plots.violins import violins

__all__ = ["bursts", "clock", "forest", "heat", "lorenz", "marked", "spreads", "timeline", "violins"]
