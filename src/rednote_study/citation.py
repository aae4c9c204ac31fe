"""Citations of a figure or table, ready to copy: BibTeX, RIS, CSL-JSON, and a LaTeX block. Texts are escaped."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Sequence
from pathlib import Path

from rednote_study.datasets.provenance import AUTHOR, PROJECT, Provenance
from rednote_study.system.paths import ROOT

_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",  # not \{: BibTeX counts braces, escaped or not
    "}": r"\textbraceright{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",  # \textquotedbl is not in OT1, which an article without fontenc has
    "−": "$-$",
    "–": "--",
    "—": "---",
    "…": r"\ldots{}",
    "≥": r"$\ge$",
    "≤": r"$\le$",
    "≈": r"$\approx$",
    "×": r"$\times$",
    "→": r"$\to$",
    "\N{NO-BREAK SPACE}": "~",
}
_CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")


def read_citation(root: Path = ROOT) -> dict:
    """``CITATION.cff`` as it stands (Citation File Format 1.2.0); dates stay text."""
    return _parsed((root / "CITATION.cff").read_text("utf-8"))


@functools.cache  # asked for by every page, figure and table
def _parsed(text: str) -> dict:
    import yaml  # of the book's packages, which a researcher's own notebook can do without

    return yaml.load(text, yaml.BaseLoader)


def credit(root: Path = ROOT) -> dict[str, str]:
    """Authors, year, title and version of the study, from ``CITATION.cff``.

    Examples
    --------
    >>> sorted(credit())
    ['authors', 'title', 'version', 'year']
    """
    cff = read_citation(root)
    return {
        "authors": "; ".join(map(author_name, cff["authors"])),
        "year": cff["date-released"][:4],
        "title": cff["title"],
        "version": cff["version"],
    }


def author_name(author: dict) -> str:
    """Family name first; of a group its name."""
    return author.get("name") or f"{author['family-names']}, {author['given-names']}"


def escape_latex(text: str) -> str:
    r"""Text that LaTeX and BibTeX typeset as it stands, on one line.

    >>> escape_latex("50 % of {us_posts}")
    '50 \\% of \\textbraceleft{}us\\_posts\\textbraceright{}'
    """
    shown = (_LATEX.get(c, " " if c.isspace() else c if c.isprintable() else "") for c in str(text))
    return " ".join("".join(shown).split())


def citation_key(id: str) -> str:
    """Name of the BibTeX entry of a figure or table.

    >>> citation_key("language-by-week")
    'rednote-study:language-by-week'
    """
    return f"rednote-study:{id}"


def bibtex(id: str, title: str, number: str, provenance: Provenance, *, year: str, url: str = "") -> str:
    r"""BibTeX entry of a figure or table.

    Parameters
    ----------
    id, title : str
    number : str
        Such as ``Figure 6.1``.
    provenance : Provenance
    year : str
    url : str
        Permanent address, where the site has one.

    Examples
    --------
    >>> print(bibtex("a-b", "Words & weeks", "Figure 2", Provenance(version="1.2"), year="2026"))
    @misc{rednote-study:a-b,
      author       = {{The rednote-study team}},
      title        = {{Words \& weeks}},
      howpublished = {Figure 2 in: Who stayed? TikTok refugees on Xiaohongshu, version 1.2},
      year         = {2026},
      note         = {Figure id a-b. Data: no posts: simulation or public sources. Licence: CC BY 4.0},
    }
    """
    fields = {
        "author": f"{{{escape_latex(AUTHOR)}}}",
        "title": f"{{{escape_latex(title)}}}",
        "howpublished": escape_latex(f"{number} in: {PROJECT}, version {provenance.version}"),
        "year": escape_latex(year),
        "note": escape_latex(_note(id, number, provenance)),
    }
    if url:
        fields["url"] = re.sub(r"[{}\\\s]", "", url)
    lines = [f"  {name:12} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@misc{{{citation_key(id)},", *lines, "}"])


def ris(id: str, title: str, number: str, provenance: Provenance, *, year: str, url: str = "") -> str:
    """RIS record of a figure or table, for Zotero, EndNote and Mendeley; parameters as those of :func:`bibtex`.

    Examples
    --------
    >>> print(ris("a-b", "Words & weeks", "Figure 2", Provenance(version="1.2"), year="2026"))
    TY  - FIGURE
    ID  - rednote-study:a-b
    AU  - The rednote-study team
    TI  - Words & weeks
    T2  - Who stayed? TikTok refugees on Xiaohongshu
    PY  - 2026
    ET  - 1.2
    M1  - Figure 2
    N1  - Figure id a-b. Data: no posts: simulation or public sources. Licence: CC BY 4.0
    ER  -
    """
    fields = [
        ("TY", "DATA" if number.startswith("Table") else "FIGURE"),
        ("ID", citation_key(id)),
        ("AU", AUTHOR),
        ("TI", title),
        ("T2", PROJECT),
        ("PY", year),
        ("ET", provenance.version),
        ("M1", number),
        ("N1", _note(id, number, provenance)),
        *([("UR", url)] if url else []),
        ("ER", ""),
    ]
    return "\n".join(f"{tag}  - {_line(value)}".rstrip() for tag, value in fields)


def csl_json(id: str, title: str, number: str, provenance: Provenance, *, year: str, url: str = "") -> str:
    """CSL-JSON of a figure or table, for Zotero, Pandoc and Quarto; parameters as those of :func:`bibtex`.

    Examples
    --------
    >>> made = csl_json("a-b", "Words & weeks", "Figure 2", Provenance(version="1.2"), year="2026")
    >>> json.loads(made)[0]["issued"]
    {'date-parts': [[2026]]}
    """
    entry = {
        "id": citation_key(id),
        "type": "dataset" if number.startswith("Table") else "figure",
        "title": _line(title),
        "author": [{"literal": AUTHOR}],
        "container-title": PROJECT,
        "issued": {"date-parts": [[int(year)]]},
        "number": _line(number),
        "version": _line(provenance.version),
        "note": _line(_note(id, number, provenance)),
    }
    return json.dumps([entry | ({"URL": _line(url)} if url else {})], ensure_ascii=False, indent=1)


def _note(id: str, number: str, provenance: Provenance) -> str:
    kind = number.split(" ")[0] or "Figure"
    data = f"{provenance.data} ({provenance.author}, {provenance.reference})" if provenance.dataset else provenance.data
    return f"{kind} id {id}. Data: {data}. Licence: {provenance.licence}"


def _line(text: str) -> str:
    """Text on one line: a line of its own would be a field of its own in RIS."""
    return " ".join("".join(c if c.isprintable() else " " if c.isspace() else "" for c in str(text)).split())


def _credit(id: str, number: str, provenance: Provenance) -> str:
    data = f" Data: {escape_latex(provenance.dataset)}." if provenance.dataset else ""
    version, licence = escape_latex(provenance.version), escape_latex(provenance.licence)
    return f"{escape_latex(number)} of \\cite{{{citation_key(id)}}}, version {version}.{data} Licence: {licence}."


def latex_figure(id: str, caption: str, number: str, provenance: Provenance) -> str:
    """LaTeX block that shows the downloaded PDF with its caption and its citation."""
    text = escape_latex(caption)
    return "\n".join(
        [
            *_chinese_hint(text),
            r"\begin{figure}",
            r"  \centering",
            f"  \\includegraphics[width=\\linewidth]{{{id}.pdf}}",
            f"  \\caption{{{text} {_credit(id, number, provenance)}}}",
            f"  \\label{{fig:{id}}}",
            r"\end{figure}",
        ]
    )


def latex_input(id: str) -> str:
    r"""LaTeX line that shows the downloaded table.

    >>> print(latex_input("table-a"))
    % in the preamble: \usepackage{booktabs}
    \input{table-a.tex}
    """
    return f"% in the preamble: \\usepackage{{booktabs}}\n\\input{{{id}.tex}}"


def latex_table(
    id: str, title: str, head: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[bool], source: Provenance
) -> str:
    """A table as a LaTeX file, in the style of booktabs.

    Parameters
    ----------
    id, title : str
    head : sequence of str
        Names of the columns.
    rows : sequence of sequence of str
        Cells as a reader sees them.
    numeric : sequence of bool
        Which columns hold numbers; they are set flush right.
    source : Provenance
    """
    texts = [[escape_latex(cell) for cell in row] for row in (head, *rows)]
    lines = [_apart(" & ".join(row)) + r" \\" for row in texts]
    caption = f"{escape_latex(title)} \\cite{{{citation_key(id)}}}"
    return "\n".join(
        [
            f"% {' '.join(source.sentence(id).split())}",
            *_chinese_hint("".join([title, *lines])),
            r"% needs \usepackage{booktabs}",
            r"\begin{table}",
            r"  \centering",
            f"  \\caption{{{caption}}}",
            f"  \\label{{tab:{id}}}",
            f"  \\begin{{tabular}}{{{''.join('r' if n else 'l' for n in numeric)}}}",
            r"    \toprule",
            f"    {lines[0]}",
            r"    \midrule",
            *(f"    {line}" for line in lines[1:]),
            r"    \bottomrule",
            r"  \end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def _apart(row: str) -> str:
    r"""A row that ``\\`` of the row before does not take for its own argument.

    >>> [_apart("[1cm] & b"), _apart("a & b")]
    ['{}[1cm] & b', 'a & b']
    """
    return f"{{}}{row}" if row.startswith(("[", "*")) else row


def _chinese_hint(text: str) -> list[str]:
    return ["% holds Chinese: needs XeLaTeX or LuaLaTeX with a Chinese font"] if _CHINESE.search(text) else []
