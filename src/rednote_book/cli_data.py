"""``rednote-study data``: list, fetch, add and verify the data sets."""

from __future__ import annotations

import argparse
import json
import textwrap

from rednote_study.datasets.sources import DATASETS, locate


def add_data_commands(commands) -> None:
    """Add ``data`` and its own commands to the subparsers `commands`."""
    data = commands.add_parser("data", help="list, fetch, add and verify the data sets")
    actions = data.add_subparsers(title="commands", required=True, metavar="COMMAND")

    listing = actions.add_parser("list", help="say which data sets exist and which are here")
    listing.add_argument("--json", action="store_true", help="print one JSON object")
    listing.set_defaults(run=_list)

    fetch = actions.add_parser("fetch", help="bring a data set to this machine and verify it")
    fetch.add_argument("name", choices=[k for k, d in DATASETS.items() if not d.synthetic], metavar="NAME")
    fetch.add_argument(
        "--mirror",
        metavar="ADDRESS",
        help="http://, https:// or file:// address of a folder that holds the file, or of the file"
        " (default: the variable REDNOTE_STUDY_MIRROR, else the public address)",
    )
    fetch.set_defaults(run=_fetch)

    add = actions.add_parser("add", help="take a copy of a data set that you already have")
    add.add_argument("path", metavar="PATH")
    add.add_argument("--as", dest="name", choices=[k for k, d in DATASETS.items() if not d.synthetic], metavar="NAME")
    add.set_defaults(run=_add)

    verify = actions.add_parser("verify", help="check the sha256 of the data sets that are here")
    verify.set_defaults(run=_verify)


def _list(options: argparse.Namespace) -> None:
    rows = [
        {
            "name": d.key,
            "title": d.title,
            "author": d.author,
            "licence": d.licence,
            "reference": d.reference,
            "url": d.url,
            "file": d.file,
            "sha256": d.sha256,
            "present": locate(d.key) is not None,
            "how": d.how,
        }
        for d in DATASETS.values()
    ]
    if options.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for entry in rows:
        print(f"{entry['name']:9} {'here' if entry['present'] else 'not here'}")
        lines = [entry["title"], f"{entry['author']}, {entry['licence']}, {entry['reference']}"]
        for line in lines if entry["present"] else [*lines, entry["how"]]:
            print(textwrap.fill(line, 78, initial_indent=" " * 10, subsequent_indent=" " * 10, break_long_words=False))


def _fetch(options: argparse.Namespace) -> None:
    from rednote_study.crawl.fetch import fetch

    print(f"{options.name} is here, whole and verified: {fetch(DATASETS[options.name], options.mirror)}")


def _add(options: argparse.Namespace) -> None:
    from rednote_study.crawl.fetch import add

    print(f"Added and verified: {add(options.path, options.name)}")


def _verify(options: argparse.Namespace) -> int:
    from rednote_study.crawl.fetch import expected_sha256, verify

    wrong = 0
    for dataset in DATASETS.values():
        fault = verify(dataset)
        wrong += fault is not None
        here = "whole" if expected_sha256(dataset) else "here; there is no sha256 yet to compare with"
        state = fault or (here if locate(dataset.key) else "not here")
        print(f"{dataset.key:9} {state}")
    return 1 if wrong else 0
