"""A paper with two figures and a table of the site, set by LaTeX where it is on this machine."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader

PAPER = Path(__file__).with_name("data") / "paper.tex"
TAKEN = {"language-by-week": "first", "toy": "second", "table-language-shares": "first"}
"""Ids, and the pages that show them; the second has a caption that is hard to set."""


def box(site, page, id, what):
    """What the box `Cite` under a figure or table offers to copy."""
    soup = BeautifulSoup((site / "book" / f"{page}.html").read_text("utf-8"), "html.parser")
    bar = next(bar for bar in soup.select(".rednote-bar") if f"figures/{id}.html" in str(bar))
    return bar.select_one(f'[data-what="{what}"] pre').get_text()


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["pdflatex", "xelatex"])
def test_a_paper_takes_figures_and_a_table_as_the_site_offers_them(small_site, tmp_path, engine):
    if not (shutil.which(engine) and shutil.which("bibtex")):
        pytest.skip(
            f"{engine} is not on this machine (Debian: apt-get install texlive-latex-recommended texlive-xetex)"
        )
    shutil.copy(PAPER, tmp_path)
    for id in TAKEN:
        for path in (small_site / "figures").glob(f"*/{id}.*"):
            shutil.copy(path, tmp_path)
    for name, what in (("taken.tex", "LaTeX"), ("taken.bib", "BibTeX")):
        (tmp_path / name).write_text("\n".join(box(small_site, page, id, what) for id, page in TAKEN.items()), "utf-8")
    tex = [engine, "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    for command in (tex, ["bibtex", "paper"], tex, tex):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace")
        assert done.returncode == 0, done.stdout[-3000:]
    assert not re.search(r"undefined|Missing character", (tmp_path / "paper.log").read_text("utf-8", "replace"))
    text = "".join(page.extract_text() for page in PdfReader(tmp_path / "paper.pdf").pages)
    assert "Share of posts with any Chinese by week" in " ".join(text.split()) and "Table 1" in text
