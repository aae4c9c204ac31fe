"""Two releases compared, on examples worked out by hand."""

import hashlib
import json
import zipfile

import pandas as pd
import pytest

from rednote_book.cli import main
from rednote_book.comparison import compare, describe_changes, diff, open_release, record_history
from rednote_study.errors import DataError


def write(folder, version, csvs, *, tolerance=0.0, keys=("week",), caption="c", number="Figure 1"):
    """A release with one figure a CSV text."""
    items = []
    for id, csv in csvs.items():
        path = folder / "figures" / version / f"{id}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(csv, "utf-8")
        table = {"name": "t", "keys": list(keys), "tolerance": tolerance, "absolute": 0, "path": f"{version}/{id}.csv"}
        texts = {"title": "t", "caption": caption, "alt": "a", "licence": "l", "dataset": {"key": "us_posts"}}
        items.append(
            {"id": id, "number": number, "sha256": hashlib.sha256(csv.encode()).hexdigest(), "tables": [table], **texts}
        )
    text = json.dumps({"version": version, "items": items})
    (folder / "figures" / "manifest.json").write_text(text, "utf-8")
    return folder


OLD = "week,share,note\na,0.5,x\nb,0.2,y\nc,,z\n"


@pytest.fixture
def two(tmp_path):
    old = write(tmp_path / "old", "0.1.0", {"same": OLD, "moved": OLD, "gone": OLD, "rows": OLD})
    moved = "week,share,note\nb,0.3,y\na,0.5,q\nc,0.1,z\n"
    rows = "week,share,more\na,0.5,1\nb,0.2,1\nd,1,1\n"
    new = write(tmp_path / "new", "0.2.0", {"same": OLD, "moved": moved, "fresh": OLD, "rows": rows})
    return old, new


def test_what_changed_and_by_how_much(two):
    changes = {c["id"]: c for c in diff(*map(open_release, two))}
    assert {id: c["state"] for id, c in changes.items()} == {
        "same": "same", "moved": "changed", "gone": "removed", "fresh": "added", "rows": "changed",
    }  # fmt: skip
    (table,) = changes["moved"]["tables"]
    assert (table["rows_added"], table["rows_removed"]) == (0, 0), "rows are matched by their keys"
    share, note = table["columns"]
    assert share["cells"] == share["beyond"] == 2 and share["row"] == "b"
    assert share["absolute"] == pytest.approx(0.1) and share["relative"] == pytest.approx(0.5)
    assert (share["old"], share["new"]) == (0.2, 0.3)
    assert (note["cells"], note["absolute"], note["row"], note["old"], note["new"]) == (1, None, "a", "x", "q")
    (table,) = changes["rows"]["tables"]
    assert (table["rows_added"], table["rows_removed"]) == (1, 1)
    assert (table["columns_added"], table["columns_removed"]) == (["more"], ["note"]) and table["columns"] == []


def test_a_difference_within_tolerance_is_no_change(tmp_path):
    old = write(tmp_path / "old", "0.1.0", {"x": "week,share\na,1.00\n"}, tolerance=0.01)
    new = write(tmp_path / "new", "0.2.0", {"x": "week,share\na,1.009\n"}, tolerance=0.01)
    (change,) = diff(open_release(old), open_release(new))
    assert change["state"] == "within tolerance"
    assert main(["figures", "diff", str(old), str(new)]) == 0


def test_a_blank_that_becomes_a_number_is_a_change():
    out = compare(pd.DataFrame({"a": [None, 1.0]}), pd.DataFrame({"a": [2.0, 1.0]}), [], 0, 0)
    (column,) = out["columns"]
    assert out["state"] == "changed" and column["row"] == "row 1"
    assert (column["absolute"], column["old"], column["new"]) == (None, None, 2.0)


def test_zero_has_no_relative_change():
    (column,) = compare(pd.DataFrame({"a": [0.0]}), pd.DataFrame({"a": [2.0]}), [], 0, 0)["columns"]
    assert column["absolute"] == 2 and column["relative"] is None


def test_keys_that_do_not_name_a_row_once_are_not_used():
    was, now = pd.DataFrame({"k": [1, 1], "a": [1, 2]}), pd.DataFrame({"k": [1, 1], "a": [1, 3]})
    out = compare(was, now, ["k"], 0, 0)
    assert out["columns"][0]["row"] == "row 2" and out["rows_added"] == 0


def test_other_texts_and_numbers_are_told(tmp_path):
    old = write(tmp_path / "old", "0.1.0", {"x": OLD})
    new = write(tmp_path / "new", "0.2.0", {"x": OLD}, caption="other", number="Figure 2")
    (change,) = changes = diff(open_release(old), open_release(new))
    assert change["state"] == "same" and change["texts"] == ["caption"]
    assert describe_changes(changes) == ["x (Figure 1 -> Figure 2): same numbers; other caption"]


def test_the_command_says_it_in_words_and_in_json(two, capsys):
    old, new = map(str, two)
    assert main(["figures", "diff", old, new]) == 1
    told = capsys.readouterr().out
    assert (
        "moved (Figure 1): changed" in told and "t, share: 2 cells, largest change 0.1 (50.00%); b: 0.2 -> 0.3" in told
    )
    assert "0.1.0 -> 0.2.0: 4 of 5 figures and tables changed." in told
    assert main(["figures", "diff", old, new, "same", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["changed"] == 0 and [i["id"] for i in report["items"]] == ["same"]
    assert main(["figures", "diff", old, new, "nothing"]) == 2
    assert "Neither release has nothing" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["folder", "site", "manifest", "zip"])
def test_a_release_is_read_from_wherever_it_lies(two, tmp_path, form):
    folder, other = two
    path = {"folder": folder, "site": tmp_path / "release", "manifest": folder / "figures" / "manifest.json"}.get(form)
    if form == "site":
        path.mkdir()
        folder.rename(path / "site")
        path = path / "site"
    if form == "zip":
        path = tmp_path / "release.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for file in folder.rglob("*"):
                archive.write(file, f"rednote-study-0.1.0/site/{file.relative_to(folder)}")
    states = {c["id"]: c["state"] for c in diff(open_release(path), open_release(other))}
    assert states["moved"] == "changed" and states["same"] == "same"


def test_two_manifests_without_files_tell_what_but_not_how_much(two, tmp_path):
    alone = tmp_path / "old.json"
    alone.write_text((two[0] / "figures" / "manifest.json").read_text())
    changes = {c["id"]: c for c in diff(open_release(alone), open_release(two[1]))}
    assert changes["moved"]["state"] == "unknown" and changes["same"]["state"] == "same"
    assert "by how much is unknown" in " ".join(describe_changes(list(changes.values())))


def test_a_manifest_cannot_read_outside_its_folder(two, tmp_path):
    (tmp_path / "secret.csv").write_text("week,share\na,1\n")
    release = open_release(two[0])
    assert release.read("../../secret.csv") is None and release.read(str(tmp_path / "secret.csv")) is None


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"{}", "not one of this project"), (b"not json", "not one of this project"), (None, "does not exist")],
)
def test_bad_releases_are_named(tmp_path, content, said):
    path = tmp_path / "manifest.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=said):
        open_release(path)


def test_archives_and_folders_without_a_manifest(tmp_path):
    with pytest.raises(DataError, match="holds no figures"):
        open_release(tmp_path)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.txt", "a")
    with pytest.raises(DataError, match="holds no figures"):
        open_release(tmp_path / "a.zip")


def test_the_history_notes_what_a_version_changed(two, tmp_path):
    history = tmp_path / "history.json"
    old, new = map(open_release, two)
    assert set(record_history(old, history)) == {"same", "moved", "gone", "rows"}
    assert record_history(old, history) == []
    assert set(record_history(new, history)) == {"moved", "fresh", "rows"}
    kept = json.loads(history.read_text())
    assert [c["version"] for c in kept["moved"]["changes"]] == ["0.1.0", "0.2.0"]
    assert [c["version"] for c in kept["same"]["changes"]] == ["0.1.0"] and "gone" in kept, "an id is never forgotten"


def test_the_history_goes_by_tolerance_where_it_has_the_release_before(tmp_path):
    old = open_release(write(tmp_path / "old", "0.1.0", {"x": "week,share\na,1.00\n"}, tolerance=0.01))
    new = open_release(write(tmp_path / "new", "0.2.0", {"x": "week,share\na,1.009\n"}, tolerance=0.01))
    record_history(old, tmp_path / "h.json")
    assert record_history(new, tmp_path / "h.json", since=old) == []
