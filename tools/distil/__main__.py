"""``python -m distil``: make the small DistilBERT again."""

import argparse
import json
from pathlib import Path

from distil import Recipe, distil
from rednote_study.system.paths import BUILD, DATA

if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="distil", description="Make the small DistilBERT again (under an hour on two cores)."
    )
    parser.add_argument(
        "--target", type=Path, default=DATA / "models" / "distilbert-small", help="default: %(default)s"
    )
    parser.add_argument(
        "--work",
        type=Path,
        default=BUILD / "distillation",
        help="where an interrupted run is kept (default: %(default)s)",
    )
    options = parser.parse_args()
    print(json.dumps(distil(options.target, options.work, Recipe()), indent=1))
    print(f"Wrote {options.target}")
