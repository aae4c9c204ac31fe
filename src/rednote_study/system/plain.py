"""Text from anywhere as text: nothing in it steers a terminal, turns the direction of writing, or is calculated."""

from __future__ import annotations

import re
import unicodedata

_STEERING = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e0fff\ud800-\udfff]"
)
"""Control and format characters: of terminals (ESC, C1), of direction, of no width, halves of surrogate pairs.

The joiners U+200C and U+200D stay: emoji and some scripts are written with them.
"""
_FORMULA = re.compile(r"[\s']*[=+\-@\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?[\d.,]+(?:e[+-]?\d+)?(?: ?%)?(?: \([^A-Za-z=@|!]* to [^A-Za-z=@|!]*\))?", re.IGNORECASE)


def visible(text: str) -> str:
    r"""Text for the log and the terminal: characters that steer are shown by their number, lines are kept.

    >>> print(visible("a\x1b[31mb\u202ec"))
    a\x1b[31mb\u202ec
    """
    return _STEERING.sub(lambda m: m[0] if m[0] == "\n" else ascii(m[0])[1:-1], text)


def plain(text: str) -> str:
    r"""Text for a cell, a label or a name: on one line, without characters that steer.

    >>> plain("a\tb\u202ec\ud800")
    'a bc\ufffd'
    """
    return _STEERING.sub(_plain, text) if _STEERING.search(text) else text


def _plain(match: re.Match) -> str:
    character = match[0]
    if character in "\t\n\x0b\x0c\r\x85\u2028\u2029":
        return " "
    return "\ufffd" if unicodedata.category(character) == "Cs" else ""


def guard_formula(text: str) -> str:
    """A cell of a CSV file that no spreadsheet calculates: an apostrophe before ``=``, ``+``, ``-`` and ``@``.

    Numbers and estimates with their interval stay as they are.

    >>> [guard_formula(t) for t in ("=1+1", "-0.5", "+0.3 (-0.1 to +0.7)", "-cat")]
    ["'=1+1", '-0.5', '+0.3 (-0.1 to +0.7)', "'-cat"]
    """
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def unguard_formula(text: str) -> str:
    """Undo :func:`guard_formula`.

    >>> unguard_formula(guard_formula("=1+1"))
    '=1+1'
    """
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
