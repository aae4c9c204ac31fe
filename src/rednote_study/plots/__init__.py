"""Pictures: tidy frames and the names of their columns in, a figure out."""

from rednote_study.plots.choices import choices
from rednote_study.plots.clouds import word_clouds
from rednote_study.plots.forest import forest
from rednote_study.plots.maps import cell_map
from rednote_study.plots.multiples import multiples
from rednote_study.plots.ranked import ranked_changes, ranked_pairs, ranked_words
from rednote_study.plots.shares import dated_shares, slopes, stacked_shares
from rednote_study.plots.timeline import timeline
from rednote_study.plots.violins import violins

__all__ = [
    "cell_map",
    "choices",
    "dated_shares",
    "forest",
    "multiples",
    "ranked_changes",
    "ranked_pairs",
    "ranked_words",
    "slopes",
    "stacked_shares",
    "timeline",
    "violins",
    "word_clouds",
]
