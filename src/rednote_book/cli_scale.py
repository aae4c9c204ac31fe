"""``rednote-study scale``: the tables of a crawl of any size."""

from __future__ import annotations

import argparse
from pathlib import Path

from rednote_book.cli_crawl import add_reading_options
from rednote_study.errors import StudyError

ENCODERS = ("distilbert", "sentence")
"""Encoders that learn nothing from the texts."""


def add_scale_command(commands) -> None:
    """Add ``scale`` to the subparsers `commands`."""
    scale = commands.add_parser(
        "scale",
        help="the tables of a crawl larger than memory",
        description="Check a crawl of any size and compute the tables that need no resampling. Run the"
        " same command again after an interruption: finished batches are not done again.",
    )
    scale.add_argument("file", type=Path, metavar="FILE", help="a crawl: CSV, JSON lines, SQLite, Parquet")
    scale.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where tables and manifest go")
    scale.add_argument("--memory", default="4GB", metavar="SIZE", help="most memory altogether (default: %(default)s)")
    scale.add_argument("--jobs", type=int, metavar="N", help="worker processes (default: one a core)")
    scale.add_argument("--words", action="store_true", help="cut the texts into words, too (table language_words)")
    scale.add_argument(
        "--vectors", choices=ENCODERS, metavar="ENCODER", help=f"write vectors of the texts, too: {', '.join(ENCODERS)}"
    )
    scale.add_argument(
        "--scheduler", metavar="ADDRESS", help="Dask scheduler whose workers cut and encode (tcp://HOST:8786)"
    )
    add_reading_options(scale)
    scale.set_defaults(run=_scale)


def _scale(options: argparse.Namespace) -> None:
    from rednote_study.large import run

    if options.scheduler and not (options.words or options.vectors):
        raise StudyError(
            "A scheduler has work with --words or --vectors only; the rest needs the file on this machine."
        )
    told = run(
        options.file,
        options.out,
        memory=options.memory,
        n_jobs=options.jobs,
        words=options.words,
        encoder=_encoder(options.vectors),
        scheduler=options.scheduler,
        columns=options.columns,
        zone=options.zone or "",
    )
    print(
        f"{told['rows']:,} rows: {told['posts']:,} posts by {told['users']:,} users, {told['quarantined']:,} set aside."
    )
    for said in told["source"]["notes"]:
        print(f"note: {said}")
    print(f"{len(told['tables'])} tables in {options.out / 'tables'}, in {sum(told['seconds'].values()):,.0f} s.")


def _encoder(name: str | None):
    from rednote_study.encoders import SMALL_DISTILBERT, DistilBertEncoder, SentenceEncoder

    made = {"distilbert": lambda: DistilBertEncoder(SMALL_DISTILBERT, pooling="mean"), "sentence": SentenceEncoder}
    return made[name]().fit([]) if name else None
