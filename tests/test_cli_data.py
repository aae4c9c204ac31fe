"""``rednote-study data``: what a user types, and what stands on the screen."""

import json

import pytest
from loopback import kept, sends

from rednote_book import cli


def test_fetch_verify_and_list(raw, made_file, serve, capsys):
    assert cli.main(["data", "fetch", "us_posts", "--mirror", serve(sends(made_file))]) == 0
    assert "whole and verified" in capsys.readouterr().out
    assert cli.main(["data", "verify"]) == 0
    assert "us_posts  whole" in capsys.readouterr().out
    assert cli.main(["data", "list", "--json"]) == 0
    listed = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert {name: entry["present"] for name, entry in listed.items()} == {
        "full": False, "replica": True, "us_posts": True,
    }  # fmt: skip
    assert listed["us_posts"]["url"].startswith("https://") and " " not in listed["us_posts"]["url"]


@pytest.mark.parametrize("present", [True, False])
def test_list_is_legible_at_80_columns(raw, made_file, serve, capsys, present):
    if present:
        cli.main(["data", "fetch", "us_posts", "--mirror", serve(sends(made_file))])
        capsys.readouterr()
    assert cli.main(["data", "list"]) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    assert ("data fetch us_posts" in shown) is not present


def test_verify_fails_on_what_is_wrong_and_names_what_is_absent(raw, made_file, serve, capsys):
    assert cli.main(["data", "verify"]) == 0
    assert capsys.readouterr().out.count("not here") == 2
    cli.main(["data", "fetch", "us_posts", "--mirror", serve(sends(made_file))])
    (raw / "us_posts.csv").write_bytes(b"spoiled")
    assert cli.main(["data", "verify"]) == 1
    assert "its sha256 is" in capsys.readouterr().out


def test_verify_does_not_call_whole_what_it_cannot_compare(raw, made_file, capsys):
    raw.mkdir()
    (raw / "tt_refugee.csv").write_bytes(made_file)
    assert cli.main(["data", "verify"]) == 0
    assert "no sha256 yet" in capsys.readouterr().out


def test_add(raw, made_file, tmp_path, capsys):
    mine = tmp_path / "copy of a crawl.csv"
    mine.write_bytes(made_file)
    assert cli.main(["data", "add", str(mine)]) == 0
    assert cli.main(["data", "add", str(mine), "--as", "full"]) == 0
    assert kept(raw) == ["tt_refugee.csv", "tt_refugee.sha256", "us_posts.csv"]
    assert mine.read_bytes() == made_file


def test_a_failure_is_one_sentence_and_status_1(raw, capsys):
    assert cli.main(["data", "fetch", "us_posts", "--mirror", "nowhere"]) == 1
    told = capsys.readouterr()
    assert told.out == "" and told.err.startswith("rednote-study: The mirror") and "Traceback" not in told.err


@pytest.mark.parametrize("name", ["replica", "us_post"])
def test_what_is_not_fetched_is_a_mistake_of_the_command(raw, capsys, name):
    with pytest.raises(SystemExit) as caught:
        cli.main(["data", "fetch", name])
    assert caught.value.code == 2 and "us_posts" in capsys.readouterr().err
