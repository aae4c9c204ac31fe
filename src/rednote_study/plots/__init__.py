"""Pictures: tidy frames and the names of their columns in, a figure out."""

from rednote_study.plots.bursts import bursts
from rednote_study.plots.calendar import calendar
from rednote_study.plots.choices import choices
from rednote_study.plots.clock import clock
from rednote_study.plots.clouds import word_clouds
from rednote_study.plots.curves import curves
from rednote_study.plots.directions import directions
from rednote_study.plots.dots import dots
from rednote_study.plots.flow import flow
from rednote_study.plots.forest import forest
from rednote_study.plots.formulas import apparent_effect, compatible_rates, detected_rates, overlap
from rednote_study.plots.growth import growth
from rednote_study.plots.happenings import happenings
from rednote_study.plots.heat import heat
from rednote_study.plots.histograms import histograms
from rednote_study.plots.intervals import intervals
from rednote_study.plots.lorenz import lorenz
from rednote_study.plots.losses import losses
from rednote_study.plots.maps import cell_map
from rednote_study.plots.marked import marked
from rednote_study.plots.matrix import matrix
from rednote_study.plots.multiples import multiples
from rednote_study.plots.network import network
from rednote_study.plots.ranges import ranges
from rednote_study.plots.ranked import ranked_changes, ranked_pairs, ranked_words
from rednote_study.plots.reliability import reliability
from rednote_study.plots.reported import reported_values
from rednote_study.plots.roc import roc
from rednote_study.plots.roc_areas import roc_areas
from rednote_study.plots.share_dots import share_intervals, share_spans
from rednote_study.plots.shares import dated_shares, slopes, stacked_shares
from rednote_study.plots.simulation import panel_sizes, planted_effects, power_curves, verdict_shares
from rednote_study.plots.spreads import spreads
from rednote_study.plots.story import story
from rednote_study.plots.tally import tally
from rednote_study.plots.timeline import timeline
from rednote_study.plots.violins import violins

__all__ = [
    "apparent_effect",
    "bursts",
    "calendar",
    "cell_map",
    "choices",
    "clock",
    "compatible_rates",
    "curves",
    "dated_shares",
    "detected_rates",
    "directions",
    "dots",
    "flow",
    "forest",
    "growth",
    "happenings",
    "heat",
    "histograms",
    "intervals",
    "lorenz",
    "losses",
    "marked",
    "matrix",
    "multiples",
    "network",
    "overlap",
    "panel_sizes",
    "planted_effects",
    "power_curves",
    "ranges",
    "ranked_changes",
    "ranked_pairs",
    "ranked_words",
    "reliability",
    "reported_values",
    "roc",
    "roc_areas",
    "share_intervals",
    "share_spans",
    "slopes",
    "spreads",
    "stacked_shares",
    "story",
    "tally",
    "timeline",
    "verdict_shares",
    "violins",
    "word_clouds",
]
