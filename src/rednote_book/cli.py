"""``rednote-study``: the study's commands. Thin: each calls one function of the package."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from pathlib import Path

from rednote_study import __version__
from rednote_study.errors import StudyError
from rednote_study.system import isolation
from rednote_study.system.files import why
from rednote_study.system.paths import BUILD
from rednote_study.system.plain import visible


def main(arguments: list[str] | None = None) -> int:
    """Run a command; a user's mistake ends with one sentence and status 1, never a traceback."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        return _run(options)
    except StudyError as error:
        _complain(error)
        return 1
    except KeyboardInterrupt:
        print(
            "rednote-study: interrupted; nothing is left half done. Run the same command again.",
            file=sys.stderr,
        )
        return 130
    except BrokenPipeError:  # `rednote-study ... | head`
        sys.stderr.close()
        return 0
    except OSError as error:
        if why(error) is None:
            raise
        where = f"{error.filename}: " if error.filename else ""
        _complain(f"{where}{why(error)}. What was there before is as it was.")
        return 1


def _run(options: argparse.Namespace) -> int:
    """Run a command; what it prints may hold words of anybody's posts and files, and is shown as text."""
    with contextlib.redirect_stdout(_Visible(sys.stdout)):
        return int(options.run(options) or 0)


class _Visible:
    """A stream on which characters that steer a terminal are shown by their number."""

    def __init__(self, stream):
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, made visible."""
        return self._stream.write(visible(text))

    def __getattr__(self, name: str):
        return getattr(self._stream, name)


def _complain(error) -> None:
    print(f"rednote-study: {visible(str(error))}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    from rednote_book.cli_crawl import add_crawl_commands, add_reading_options
    from rednote_book.cli_data import add_data_commands
    from rednote_book.cli_figures import add_figure_commands
    from rednote_book.cli_scale import add_scale_command

    parser = argparse.ArgumentParser(
        prog="rednote-study",
        description="Who of the TikTok refugees stayed on Xiaohongshu? Data, results and book of the study.",
        epilog="A data set is full, replica, us_posts, or the path of a crawl of your own.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    add_data_commands(commands)
    add_crawl_commands(commands)

    describe = commands.add_parser("describe", help="count what a data set holds")
    describe.add_argument("--dataset", default="us_posts", metavar="NAME|PATH", help="default: %(default)s")
    describe.add_argument("--json", action="store_true", help="print one JSON object")
    add_reading_options(describe)
    describe.add_argument("--quarantine", action="store_true", help="list the rows set aside, with line and reason")
    describe.set_defaults(run=_describe)

    results = commands.add_parser("results", help="write or check recorded results")
    results.add_argument(
        "--dataset",
        metavar="NAME",
        help="us_posts (needs the posts), replica, or simulations, which rest on no posts; default: all three",
    )
    how = results.add_mutually_exclusive_group()
    how.add_argument("--check", action="store_true", help="compare with the record instead of writing it")
    how.add_argument("--into", type=Path, metavar="FOLDER", help="write it there (default: data/results/<data set>)")
    results.set_defaults(run=_results)

    replica = commands.add_parser("replica", help="regenerate the synthetic data set, byte for byte")
    replica.add_argument("--check", action="store_true", help="compare with the shipped file instead of writing it")
    replica.add_argument("--posts", type=int, metavar="N", help="write so many posts instead, into --out, in blocks")
    replica.add_argument(
        "--out", type=Path, metavar="FILE", help="with --posts: a file that ends with .csv or .parquet"
    )
    replica.add_argument("--seed", type=int, metavar="N", help="with --posts: another seed, other posts")
    replica.set_defaults(run=_replica)

    add_scale_command(commands)

    book = commands.add_parser("book", help="build the book into build/html")
    book.add_argument(
        "--dataset",
        metavar="NAME|PATH",
        help="build it on other data, into build/books/<data set>"
        " (default: REDNOTE_STUDY_DATASET, else `dataset` in study.toml, else us_posts)",
    )
    add_reading_options(book)
    book.set_defaults(run=_book)

    paper = commands.add_parser(
        "pdf",
        help="print the built book as one PDF",
        description="Print the built book as one PDF, into the site, and link it on the first page. Needs Chromium.",
    )
    paper.add_argument("site", metavar="SITE", nargs="?", type=Path, default=BUILD / "html", help="default: build/html")
    paper.set_defaults(run=_pdf)

    add_figure_commands(commands)

    notebooks = commands.add_parser("notebooks", help="write each chapter's .ipynb from its .md")
    notebooks.add_argument("--check", action="store_true", help="only say which pairs disagree")
    notebooks.set_defaults(run=_notebooks)

    citation = commands.add_parser("citation", help="write codemeta.json and .zenodo.json from CITATION.cff")
    citation.add_argument("--check", action="store_true", help="only say which file disagrees")
    citation.set_defaults(run=_citation)

    release = commands.add_parser("release", help="pack the built book into build/release, with checksums")
    release.set_defaults(run=_release)
    return parser


def _describe(options: argparse.Namespace) -> None:
    from rednote_book.cli_crawl import choose_reading
    from rednote_book.describe import describe
    from rednote_study.crawl.crawl import require

    choose_reading(options)
    data = require(options.dataset)
    if aside := data.reading.aside:
        _complain(aside)
    if options.quarantine:
        print(data.quarantine.to_csv(index=False, lineterminator="\n"), end="")
        return
    summary = describe(data)
    if options.json:
        print(json.dumps(summary, ensure_ascii=False, indent=1))
        return
    source = summary.pop("source")
    print(f"recognised as {data.reading.recognised} ({source['container']})")
    for said in source["notes"]:
        print(f"note: {said}")
    for name, value in summary.items():
        if isinstance(value, dict):
            print(f"{name}:")
            for key, entry in value.items():
                shown = ", ".join(f"{k} {v:.3f}" for k, v in entry.items()) if isinstance(entry, dict) else f"{entry:,}"
                print(f"  {key:18} {shown}")
        else:
            print(f"{name:20} {'not known' if value is None else value}")


def _results(options: argparse.Namespace) -> bool:
    from rednote_book import cli_results
    from rednote_study.store import memory

    if options.dataset in (None, *cli_results.RECORDED):
        memory.forget()  # the study's own records are computed by the code that is here now
    failed = False
    for name in [options.dataset] if options.dataset else cli_results.RECORDED:
        if options.check:
            failed |= _told(cli_results.check(name), f"The recorded results of {name} agree with those computed now.")
        else:
            into = options.into if options.dataset or not options.into else options.into / name
            print(f"Recorded in {cli_results.write(name, into)}")
    return failed


def _replica(options: argparse.Namespace) -> int:
    from rednote_study import replica
    from rednote_study.datasets import sources

    if options.posts is not None or options.out or options.seed is not None:
        if options.posts is None or not options.out or options.check:
            raise StudyError("For a larger replica give --posts and --out (and --seed, if you like), without --check.")
        seed = replica.SEED if options.seed is None else options.seed
        print(f"Wrote {replica.write_large(options.out, options.posts, seed)}")
        return 0
    path = sources.place(sources.DATASETS["replica"])
    if options.check:
        same = replica.matches(path)
        print(f"{path} {'is' if same else 'is NOT'} what the generator makes.")
        return 0 if same else 1
    print(f"Wrote {replica.write(path)}")
    return 0


def _book(options: argparse.Namespace) -> None:
    from rednote_book import book
    from rednote_book.cli_crawl import choose_reading

    choose_reading(options)
    print(f"The book is ready: {book.build(dataset=options.dataset)}")


def _pdf(options: argparse.Namespace) -> None:
    from rednote_book import paper

    print(f"The book on paper: {paper.pdf(options.site, say=lambda said: print(said, flush=True))}")


def _told(faults: list[str], agreement: str) -> bool:
    """Say what a check found; whether that is anything."""
    print("\n".join(faults) or agreement)
    return bool(faults)


def _notebooks(options: argparse.Namespace) -> bool | None:
    from rednote_book import notebooks

    if options.check:
        return _told(notebooks.check(), "Every chapter agrees with its notebook.")
    return notebooks.sync()


def _citation(options: argparse.Namespace) -> bool | None:
    from rednote_book import codemeta

    if options.check:
        return _told(codemeta.check(), "codemeta.json and .zenodo.json agree with CITATION.cff.")
    return codemeta.write()


def _release(options: argparse.Namespace) -> None:
    from rednote_book.release import release

    print(f"Packed {release()}")


def run() -> int:
    """What the installed command calls: `main`, in an environment without the user's settings of libraries."""
    isolation.enter()
    return main()


if __name__ == "__main__":
    sys.exit(run())
