"""Fonts of the book on paper: those that come with the packages, so that every machine prints the same letters.

Chromium puts TrueType outlines into a PDF as a font; of OpenType outlines (CFF), of which Noto is made, it draws each
letter anew (a Type 3 font), which some journals refuse. So they are converted first, with the glyphs in use.
"""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import matplotlib as mpl
import pylopdf_fonts_zh_cn as noto
from fontTools.ttLib import TTFont

from rednote_study.plots import fonts

_LATIN = {
    ("Text", 400, "normal"): "STIXGeneral",
    ("Text", 700, "normal"): "STIXGeneralBol",
    ("Text", 400, "italic"): "STIXGeneralItalic",
    ("Text", 700, "italic"): "STIXGeneralBolIta",
    ("Code", 400, "normal"): "DejaVuSansMono",
    ("Code", 700, "normal"): "DejaVuSansMono-Bold",
    ("Sign", 400, "normal"): "DejaVuSans",
}
# STIX claims a line and a half for each line: the first of a page would then begin on the page before, and Chromium
# would name it twice in the bookmarks.
_FACE = (
    "@font-face {{ font-family: {}; font-weight: {}; font-style: {}; src: url({});"
    " ascent-override: 90%; descent-override: 25%; line-gap-override: 0%; }}\n"
)
_WOFF = re.compile(r"url\(data:font/woff;base64,([A-Za-z0-9+/=]+)\)")


def faces(text: str) -> str:
    """``@font-face`` of all fonts; the Chinese one with the characters of `text`."""
    folder = Path(mpl.get_data_path(), "fonts", "ttf")
    shipped = "".join(_FACE.format(*face, (folder / f"{name}.ttf").as_uri()) for face, name in _LATIN.items())
    chinese = fonts.subset_truetype(str(noto.serif_path()), "".join(sorted(set(text))))
    return shipped + _FACE.format("Han", 400, "normal", _data(chinese))


def picture(path: Path) -> str:
    """Address of a picture; an SVG file whose fonts have OpenType outlines becomes one with TrueType ones."""
    svg = path.read_text("utf-8") if path.suffix == ".svg" else ""
    new = _WOFF.sub(lambda found: f"url({_converted(found[1])})", svg)
    return path.as_uri() if new == svg else f"data:image/svg+xml;base64,{base64.b64encode(new.encode()).decode()}"


def _converted(woff: str) -> str:
    font = TTFont(io.BytesIO(base64.b64decode(woff)))
    if "CFF " not in font:
        return f"data:font/woff;base64,{woff}"
    return _data(fonts.as_truetype(font))


def _data(font: bytes) -> str:
    return f"data:font/ttf;base64,{base64.b64encode(font).decode()}"
