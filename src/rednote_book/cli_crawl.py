"""``rednote-study columns`` and ``convert``: a crawl of one's own, in the study's columns."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from rednote_study.datasets import settings


def add_reading_options(command: argparse.ArgumentParser) -> None:
    """Add ``--columns`` and ``--zone`` to a command that reads a crawl of one's own."""
    command.add_argument("--columns", metavar="TOML", help="what stands in which column (drafted by `columns`)")
    command.add_argument("--zone", help="zone of times that name none: UTC, +08:00, America/New_York")


def choose_reading(options: argparse.Namespace) -> None:
    """Let these options hold in this process and in those that it starts."""
    for key, variable in settings.READING.items():
        if value := getattr(options, key):
            os.environ[variable] = str(Path(value).resolve()) if key == "columns" else value


def add_crawl_commands(commands) -> None:
    """Add ``columns`` and ``convert`` to the subparsers `commands`."""
    columns = commands.add_parser(
        "columns",
        help="draft a table of what stands in which column of a crawl",
        description="Print a table (TOML) with a guess for each column of the study and the kind of its first values,"
        " to be edited and given with --columns.",
    )
    columns.add_argument("file", type=Path, metavar="FILE")
    columns.set_defaults(run=_columns)

    convert = commands.add_parser(
        "convert",
        help="write a crawl in the study's columns",
        description="Write a crawl in the study's columns. Several files become one; of a post that stands in several,"
        " the last stays.",
    )
    convert.add_argument("files", type=Path, nargs="+", metavar="FILE")
    convert.add_argument("--out", type=Path, required=True, metavar="FILE", help="ends with .csv or .parquet")
    add_reading_options(convert)
    convert.set_defaults(run=_convert)


def _columns(options: argparse.Namespace) -> None:
    from rednote_study.crawl.own_crawl import draft

    print(draft(options.file), end="")


def _convert(options: argparse.Namespace) -> None:
    from rednote_study.crawl.own_crawl import convert

    posts, readings = convert(options.files, options.out, options.columns, options.zone or "")
    for file, reading in zip(options.files, readings, strict=True):
        if reading.aside:
            print(f"rednote-study: {file}: {reading.aside}", file=sys.stderr)
        print(f"{file}: {reading.posts:,} posts, recognised as {reading.recognised} ({reading.container})")
        for said in reading.sentences():
            print(f"note: {said}")
    print(f"Wrote {posts:,} posts to {options.out}")
