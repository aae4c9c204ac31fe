"""Fonts inside the files, so that text stays text: it can be searched, copied, read aloud and translated.

matplotlib either turns the text of an SVG into paths, which nobody can search, or leaves it to the fonts of the
reader's machine. Here the glyphs that a picture uses are put into it, a few kilobytes. A PDF gets its glyphs from
matplotlib, but outlines of the OpenType sort (CFF), of which Noto Sans SC is made, it labels as TrueType, and
Ghostscript and MuPDF then draw nothing; so the glyphs in use are converted first.
"""

from __future__ import annotations

import base64
import functools
import io
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock
from xml.etree import ElementTree

from fontTools import subset
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable
from matplotlib import font_manager
from matplotlib.backends import backend_pdf

_SVG = "{http://www.w3.org/2000/svg}"
_FACE = "@font-face {{font-family: '{}'; font-weight: {}; font-style: {}; src: url(data:font/woff;base64,{})}}"


def embed(svg: str) -> str:
    """Put the glyphs that the text of an SVG uses into it.

    Parameters
    ----------
    svg : str
        As matplotlib writes it with ``svg.fonttype: none``.

    Returns
    -------
    str
        The same with one ``@font-face`` a font; unchanged where there is no text.
    """
    faces = [
        _FACE.format(family, weight, style, base64.b64encode(_woff(path, "".join(sorted(used)))).decode())
        for (family, weight, style, path), used in sorted(_used(svg).items())
    ]
    head, style, rest = svg.partition('<style type="text/css">')
    return "".join([head, style, "".join(f"\n{face}" for face in faces), rest]) if faces else svg


def _used(svg: str) -> dict[tuple[str, str, str, str], set[str]]:
    """Characters by font (family, weight, style, path): the first of the families that has the glyph."""
    used = {}
    for node in ElementTree.fromstring(svg).iter():
        style = dict(re.findall(r"(font-[a-z]+): ([^;]+)", node.get("style", "")))
        if node.tag not in (f"{_SVG}text", f"{_SVG}tspan") or "font-family" not in style:
            continue
        families = re.findall(r"'([^']+)'", style["font-family"]) or [style["font-family"]]
        left = {c for c in "".join(node.itertext()) if not c.isspace() or c == " "}
        weight, slant = style.get("font-weight", "400"), style.get("font-style", "normal")
        for family in families:
            path = _path(family, weight, slant)
            has = {c for c in left if ord(c) in _characters(path)}
            if has:
                used.setdefault((family, weight, slant, path), set()).update(has)
            left -= has
    return used


@functools.lru_cache(maxsize=64)
def _path(family: str, weight: str, slant: str) -> str:
    weight = int(weight) if weight.isdigit() else weight
    return str(font_manager.findfont(font_manager.FontProperties(family=[family], weight=weight, style=slant)))


@functools.lru_cache(maxsize=64)
def _characters(path: str) -> frozenset[int]:
    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())


def _subset(path: str, characters: str) -> TTFont:
    """The font with these characters only, without features that join them and without hints."""
    options = subset.Options(
        hinting=False, layout_features=["kern"], name_IDs=["*"], notdef_outline=True, desubroutinize=True
    )
    options.drop_tables += ["FFTM", "GSUB"]  # FontForge's time stamp; ligatures and the like
    font = TTFont(path, recalcTimestamp=False, lazy=True)
    chosen = subset.Subsetter(options)
    chosen.populate(text=characters)
    chosen.subset(font)
    return font


@functools.lru_cache(maxsize=256)
def _woff(path: str, characters: str) -> bytes:
    buffer = io.BytesIO()
    with _subset(path, characters) as font:
        font.flavor = "woff"
        font.save(buffer)
    return buffer.getvalue()


@contextmanager
def truetype(path: str, svg: str) -> Iterator[None]:
    """Let matplotlib meanwhile draw with a TrueType copy of the font at `path`, as far as `svg` uses it.

    Does nothing where the picture does not use that font. Advances and outlines stay what they were (curves to a
    thousandth of the letter's height).
    """
    real = str(Path(path).resolve())  # as matplotlib names what it found
    used = "".join(sorted(set().union(*(c for (*_, p), c in _used(svg).items() if p == real))))
    if not used:
        yield
        return
    fonts = font_manager.fontManager
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "truetype.ttf")
        with _subset(path, used) as font:
            _convert(font).save(copy)
        originals = [entry for entry in fonts.ttflist if entry.fname == path]
        fonts.ttflist = [entry for entry in fonts.ttflist if entry.fname != path]
        fonts.addfont(copy)  # forgets what was found before
        try:
            with mock.patch.object(backend_pdf, "sorted", _sorted, create=True):
                yield
        finally:
            fonts.ttflist = [entry for entry in fonts.ttflist if entry.fname != str(copy)]
            fonts.addfont(path)
            fonts.ttflist = [entry for entry in fonts.ttflist if entry.fname != path] + originals


def subset_truetype(path: str, characters: str) -> bytes:
    """A TrueType font with those of the `characters` that the OpenType font (CFF) at `path` has."""
    with _subset(path, characters) as font:
        return as_truetype(font)


def as_truetype(font: TTFont) -> bytes:
    """A font with OpenType outlines (CFF) as a TrueType file; `font` is changed."""
    buffer = io.BytesIO()
    font.flavor, font.recalcTimestamp = None, False
    _convert(font).save(buffer)
    return buffer.getvalue()


def _sorted(items: Iterable, **how) -> list:
    """`sorted` for matplotlib's PDF files, which orders fonts by path: here by file name.

    The path of the temporary copy differs between machines, and with it the order, and the bytes.
    """
    items = list(items)
    if items and all(isinstance(item, tuple) and isinstance(item[0], tuple) for item in items):
        return sorted(items, key=lambda item: (Path(item[0][0]).name, *item[0][1:]))
    return sorted(items, **how)


def _convert(font: TTFont) -> TTFont:
    """Cubic outlines (CFF) to quadratic ones (glyf), after fontTools' own example ``otf2ttf``."""
    glyphs, order = font.getGlyphSet(), font.getGlyphOrder()
    table = newTable("glyf")
    table.glyphOrder, table.glyphs = order, {}
    for name in order:
        pen = TTGlyphPen(glyphs)
        glyphs[name].draw(Cu2QuPen(pen, font["head"].unitsPerEm / 1000, reverse_direction=True))
        table.glyphs[name] = pen.glyph()
    font["loca"], font["glyf"] = newTable("loca"), table
    del font["CFF "]
    if "VORG" in font:
        del font["VORG"]
    table.compile(font)
    font["hmtx"].metrics = {n: (font["hmtx"][n][0], getattr(table[n], "xMin", 0)) for n in order}
    font["maxp"] = _profile(len(order))
    font["post"].formatType = 3.0
    font.sfntVersion = "\000\001\000\000"
    return font


def _profile(glyphs: int):
    """Table ``maxp`` of a TrueType font without instructions; fontTools counts the rest."""
    maxp = newTable("maxp")
    maxp.tableVersion, maxp.numGlyphs, maxp.maxZones = 0x00010000, glyphs, 1
    for name in (
        "maxTwilightPoints",
        "maxStorage",
        "maxFunctionDefs",
        "maxInstructionDefs",
        "maxStackElements",
        "maxSizeOfInstructions",
        "maxComponentElements",
    ):
        setattr(maxp, name, 0)
    return maxp
