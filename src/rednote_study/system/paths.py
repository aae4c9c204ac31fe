"""Where things lie in a checkout; the one module that knows folders."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "data"
RESULTS = DATA / "results"
BOOK = ROOT / "book"
BUILD = ROOT / "build"


def raw_folder() -> Path:
    """Folder of fetched files: ``data/raw``, or ``REDNOTE_STUDY_RAW`` where it is set."""
    return Path(os.environ.get("REDNOTE_STUDY_RAW") or DATA / "raw")
