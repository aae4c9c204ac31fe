"""Fuzz the reader of raw files: ``make fuzz`` or ``python tests/fuzz/fuzz_reader.py --seconds 300``.

Needs atheris (``pip install -e .[fuzz]``). What it finds new is kept under ``build/fuzz``; an input that breaks the
reader is written there as ``crash-...``: mend the reader and put the input into ``tests/fuzz/corpus``, which the
ordinary tests replay. ``--keep`` adds to that folder the inputs which reach code that its own do not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

LONGEST = 2000  # bytes of an input: the kept ones stay small


def main() -> None:
    """Fuzz, or merge what was found into the corpus."""
    inner = any(a.startswith("-merge_control_file") for a in sys.argv)  # a process of the merge itself
    options = None if inner else _options()
    try:
        import atheris
    except ImportError:
        sys.exit("atheris is not installed. Install it: pip install 'atheris>=3' (or the extra `fuzz`).")
    with atheris.instrument_imports(include=["rednote_study"]):
        from inputs import check
    found = HERE.parents[1] / "build" / "fuzz"
    found.mkdir(parents=True, exist_ok=True)
    limits = [f"-max_len={LONGEST}", f"-artifact_prefix={found}/", "-rss_limit_mb=4096", "-timeout=60"]
    if inner:
        limits, folders = sys.argv[1:], []
    elif options.keep:
        folders = ["-merge=1", str(HERE / "corpus"), str(found)]
    else:
        folders = [f"-max_total_time={options.seconds}", "-print_final_stats=1", str(found), str(HERE / "corpus")]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "crawl.csv")
        this = f"{sys.executable} {Path(__file__).resolve()}"  # which the merge calls anew
        atheris.Setup([this, *limits, *folders], lambda data: check(data, path) and None)
        atheris.Fuzz()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=int, default=60, help="how long (default: %(default)s)")
    parser.add_argument("--keep", action="store_true", help="take new inputs of build/fuzz into tests/fuzz/corpus")
    return parser.parse_args()


if __name__ == "__main__":
    main()
