"""``rednote-study figures``: compare the figures of two releases, and note what a release changed."""

from __future__ import annotations

import argparse
import json
import sys

from rednote_study.errors import StudyError
from rednote_study.system.paths import BUILD


def add_figure_commands(commands) -> None:
    """Add ``figures`` and its own commands to the subparsers `commands`."""
    figures = commands.add_parser("figures", help="compare the figures of two releases")
    actions = figures.add_subparsers(title="commands", required=True, metavar="COMMAND")
    release = "a built site, a release archive or folder, or a figures/manifest.json"

    compare = actions.add_parser(
        "diff",
        help="say which figures and tables changed between two releases, and by how much",
        description="Exit status: 0 if no numbers changed beyond their tolerance, 1 if some did, 2 on a mistake.",
    )
    compare.add_argument("old", metavar="OLD", help=release)
    compare.add_argument("new", metavar="NEW", help="the same of the later version")
    compare.add_argument("ids", metavar="ID", nargs="*", help="only these figures or tables (default: all)")
    compare.add_argument("--json", action="store_true", help="print one JSON object")
    compare.set_defaults(run=_diff)

    note = actions.add_parser("record", help="note in book/figures_history.json what this version changed")
    note.add_argument("site", metavar="SITE", nargs="?", default=BUILD / "html", help="default: build/html")
    note.add_argument("--since", metavar="OLD", help="the release before; differences within tolerance are no change")
    note.set_defaults(run=_record)


def _diff(options: argparse.Namespace) -> int:
    from rednote_book.comparison import describe_changes, diff, open_release

    try:
        old, new = open_release(options.old), open_release(options.new)
        changes = diff(old, new, options.ids)
    except StudyError as error:
        print(f"rednote-study: {error}", file=sys.stderr)
        return 2
    changed = [c for c in changes if c["state"] not in ("same", "within tolerance")]
    versions = [r.manifest["version"] for r in (old, new)]
    if options.json:
        report = {"old": versions[0], "new": versions[1], "changed": len(changed), "items": changes}
        print(json.dumps(report, ensure_ascii=False, indent=1))
    else:
        print("\n".join(describe_changes(changes)))
        print(f"{versions[0]} -> {versions[1]}: {len(changed)} of {len(changes)} figures and tables changed.")
    return 1 if changed else 0


def _record(options: argparse.Namespace) -> None:
    from rednote_book.comparison import HISTORY, open_release, record_history

    noted = record_history(open_release(options.site), since=open_release(options.since) if options.since else None)
    print(f"Noted {len(noted)} of this version's figures and tables in {HISTORY}.")
