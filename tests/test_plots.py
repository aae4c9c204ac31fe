"""Series that meet in one picture are told apart in grey, and by readers who lack one kind of cone."""

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from rednote_study import plots
from rednote_study.plots import picture as picture_module
from rednote_study.plots.style import COLOURS

SESSIONS = [f"session {n}" for n in range(1, 5)]
TOGETHER = [
    *[("wave", other) for other in ("older", "published", "placebo", "mixed", "neutral")],
    *[("published", other) for other in ("mixed", "neutral", "crawl 1", "crawl 2")],
    *itertools.combinations([f"method {n}" for n in range(1, 5)], 2),
    *[("published", "method 1"), ("published", "method 2"), ("wave", "method 1"), ("synthetic", "method 1")],
    *[("retained", "left"), ("crawl 1", "crawl 2"), ("latin", "han"), ("latin", "none"), ("han", "none")],
    *itertools.combinations(SESSIONS, 2),
]
# Machado, Oliveira and Fernandes (2009), severity 1, for linear RGB; the first is sight with all cones.
SIGHT = {
    "all cones": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(name: str, sight: str = "all cones") -> np.ndarray:
    """CIELAB (white D65) of a colour of the book, as it is seen."""
    rgb = np.array(to_rgb(COLOURS[name]))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(np.array(SIGHT[sight]) @ linear, 0, 1) / TO_XYZ.sum(axis=1)
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("pair", TOGETHER, ids="-".join)
def test_colours_that_meet_differ_in_grey_and_for_the_colour_blind(pair):
    first, second = pair
    assert abs(lab(first)[0] - lab(second)[0]) >= 11, "lightness, all that grey leaves"
    for sight in SIGHT:
        assert np.linalg.norm(lab(first, sight) - lab(second, sight)) >= 20, sight


def test_the_distances_are_those_of_the_literature():
    """Black and white are 100 apart, and who lacks the middle cone sees less between a red and a green."""
    assert np.linalg.norm(lab("session 4")) == pytest.approx(0, abs=1e-6)
    red_green = [np.linalg.norm(lab("published", s) - lab("younger", s)) for s in ("all cones", "deuteranopia")]
    assert red_green[1] < 0.6 * red_green[0]


def test_a_series_is_named_beside_its_mark_and_not_on_another():
    frame = pd.DataFrame({"row": ["a", "a", "b", "b"], "kind": ["x", "y"] * 2, "value": [0.9, 0.1, 0.5, 0.4]}).assign(
        low=lambda f: f["value"] - 0.05, high=lambda f: f["value"] + 0.05
    )
    picture = plots.forest(frame, x="value", rows="row", colour="kind", xlim=(0, 1))
    (axis,) = picture.axes
    assert not picture.legends
    named = {text.get_text(): text for text in axis.texts}
    assert set(named) == {"x", "y"}
    assert (named["x"].get_ha(), named["y"].get_ha()) == ("right", "left"), "where there is more room"
    picture.canvas.draw()
    heights = [named[n].get_window_extent().y0 for n in ("x", "y")]
    assert heights[0] > heights[1], "in the order of the marks"


def test_names_stand_on_no_mark_and_on_no_other_name():
    """Also where curves nearly meet."""
    x = np.linspace(0, 1, 9)
    frame = pd.concat([pd.DataFrame({"x": x, "y": x**p, "kind": f"kind {p}", "area": 0.5}) for p in (1, 2, 3)])
    picture = plots.roc(frame, x="x", y="y", colour="kind", area="area")
    names = picture.axes[0].texts
    assert [n.get_text() for n in names] == ["no skill", *(f"kind {p}: AUC 0.50" for p in (1, 2, 3))]
    picture.draw_without_rendering()
    boxes = [Text.get_window_extent(name) for name in names]
    for name in names:
        name.set_visible(False)
    drawn = picture_module._ink(picture)
    assert drawn.any()
    for box in boxes:
        assert not drawn[int(box.y0) : int(box.y1) + 1, int(box.x0) : int(box.x1) + 1].any()
    for one, other in itertools.combinations(boxes, 2):
        assert not one.overlaps(other)


def test_frames_without_estimates_are_said_in_words():
    """On a crawl of one's own nothing may be known; then no text holds a nan, an empty list or an error."""
    cells = pd.DataFrame(columns=["x", "y", "users", "chinese"])
    empty = pd.DataFrame({"claim": ["likes"], "delta": [np.nan]})
    shares = pd.DataFrame({"account": ["older", "wave"], "crawl": [1, 1], "chinese": [0.5, 0.5]}).assign(
        chinese_low=0.4, chinese_high=0.6
    )
    did = pd.DataFrame({c: [np.nan] for c in ("wave_change", "control_change", "did", "low", "high")})
    for frame in (cells, empty, shares):
        frame.attrs["own"] = True
    told = [
        plots.cell_map(cells, panels={"chinese": "with Chinese"}).alt,
        plots.multiples(empty, panels={"delta": "delta"}, rows="claim").alt,
        plots.slopes(shares, did, y="chinese", what="posts").alt,
    ]
    for alt in told:
        assert "nan" not in alt
        assert "Error" not in alt
    nothing = "These data have too few users or posts for this figure."
    assert told[:2] == [nothing, nothing] != told[1:]


@pytest.mark.parametrize(
    ("columns", "drawn"),
    [
        ({"share": [0.4, np.nan], "kappa": [np.nan, np.nan]}, True),  # one panel has a dot
        ({"share": [np.nan, np.inf], "kappa": [np.nan, np.nan], "users": [5, 6]}, False),  # no dot, whoever was counted
        ({"share": [], "kappa": []}, False),
    ],
)
def test_a_picture_without_a_number_to_draw_is_told_by_its_frame(columns, drawn):
    frame = pd.DataFrame(columns, dtype=float).assign(claim="likes")
    frame.attrs["own"] = True
    picture = plots.multiples(frame, panels={"share": "share", "kappa": "kappa"}, rows="claim")
    assert (picture.alt != "These data have too few users or posts for this figure.") == drawn


def test_what_a_plot_function_raises_is_no_text_for_a_reader():
    frame = pd.DataFrame({"claim": ["likes"], "delta": [0.2]})
    with pytest.raises(KeyError):
        plots.multiples(frame, panels={"share": "share"}, rows="claim")
    frame.attrs["own"] = True
    picture = plots.multiples(frame, panels={"share": "share"}, rows="claim")
    assert picture.alt.startswith("This figure was drawn for other data") and "share" not in picture.alt


def test_a_name_is_written_where_its_marks_meet_others():
    picture, (axis,) = picture_module.new(2)
    picture_module.name_marks(picture, {"one": [(axis, 0.5, 0.5)], "other": [(axis, 0.5, 0.5)]})
    assert [t.get_text() for t in axis.texts] == ["one", "other"]
