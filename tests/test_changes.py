"""What a researcher changes, each by editing one cell of a chapter's notebook, opened from another folder."""

import base64
import copy
import csv
import math

import nbformat
import pytest
from crawl_file import text
from nbclient import NotebookClient
from own_crawl import own_crawl

from rednote_study.crawl.crawl import open_crawl
from rednote_study.datasets import settings
from rednote_study.system.paths import BOOK, ROOT

CHAPTERS = BOOK / "chapters"


def cells(notebook):
    return [c for c in notebook.cells if c.cell_type == "code"]


def posts_or_replica():
    """The study's posts where they are on this machine: what is not edited is then recorded, and only looked up."""
    return "us_posts" if open_crawl("us_posts").present else "replica"


def run(chapter, folder, monkeypatch, *edits, crawl="replica", unedited=True):
    """The executed chapter as it stands, and again with each of the edits, one after the other in a kernel.

    Of each: pasted numbers by name, the files of figures and tables, and captions.
    """
    monkeypatch.setenv(settings.VARIABLE, str(crawl))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    notebook = nbformat.read(CHAPTERS / f"{chapter}.ipynb", as_version=4)
    versions = [cells(notebook)] if unedited else []
    for old, new in edits:
        version = copy.deepcopy(cells(notebook))
        (cell,) = (c for c in version if old in c.source)
        cell.source = cell.source.replace(old, new)
        versions.append(version)
    notebook.cells = [c for version in versions for c in version]
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(folder)}}).execute()
    return [shown(version) for version in versions]


def shown(version):
    outputs = [o for c in version for o in c.outputs]
    assert [o.text for o in outputs if o.get("name") == "stderr"] == []
    about = [o.get("metadata", {}) for o in outputs]
    pasted = [o for o in outputs if "scrapbook" in o.get("metadata", {})]
    numbers = {o.metadata["scrapbook"]["name"]: next(iter(o.data.values())) for o in pasted}
    files = {n: base64.b64decode(f) for m in about if "rednote" in m for n, f in m["rednote"]["files"].items()}
    captions = [m["rednote"]["caption"] for m in about if "rednote" in m]
    return numbers, files, captions


def rows_of(files, name):
    return list(csv.DictReader(files[name].decode().splitlines()))


@pytest.mark.slow
def test_changes_in_behaviour_reach_figure_and_table(tmp_path, monkeypatch):
    """Another boundary, another effect size, other colours and a PDF of one's own."""
    boundary = "stayed = \"last_post >= '2025-02-01'\""
    size = "effect=effect_sizes.cliffs_delta, confidence=0.95, resamples=2000, seed=20250113,\n"
    label = 'xlabel="Cliff\'s delta: lower  ←  0  →  higher counts later")'
    colours = f"colours=paints, reference=0,\n{' ' * 26}{label}"
    mine = f"""colours=dict.fromkeys(paints, "crimson"), reference=0)\npicture.savefig(r"{tmp_path / "mine.pdf"}")"""
    edits = (
        (boundary, boundary.replace("02-01", "02-15")),
        (size, "effect=effect_sizes.difference_of_medians,\n"),
        (colours, mine),
    )
    before, *changed, painted = run("05_behaviour", tmp_path, monkeypatch, *edits, crawl=posts_or_replica())
    for _, after, _ in changed:
        for name in ("behaviour-effects.csv", "table-behaviour-effects.csv"):
            assert before[1][name] != after[name]
    assert painted[1]["behaviour-effects.csv"] == before[1]["behaviour-effects.csv"]
    assert (tmp_path / "mine.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("chapter", "old", "new", "file"),
    [
        ("01_context", 'start="2024-12-01", end="2025-02-20"', 'start="2025-01-10", end="2025-01-31"', "context-timeline"),
        ("02_data", 'class_weight="balanced"), folds=5', "), folds=10", "data-fingerprints"),
        ("03_cohort", "seen = \"last_post >= '2025-02-01'\"", "seen = \"last_post >= '2025-02-15'\"", "cohort-definitions"),
        ("04_sampling", "fractions=(0.01, 0.03, 0.1, 0.3, 1.0)", "fractions=(0.02, 0.2)", "sampling-observed"),
    ],
)  # fmt: skip
def test_a_change_reaches_the_figure(chapter, old, new, file, tmp_path, monkeypatch):
    (_, before, _), (_, after, _) = run(chapter, tmp_path, monkeypatch, (old, new))
    assert before[f"{file}.csv"] != after[f"{file}.csv"] and set(before) == set(after)


@pytest.mark.slow
def test_one_more_encoder(tmp_path, monkeypatch):
    """On a small crawl: on the whole replica, eight encoders and four versions of the texts take half an hour."""
    hashing = """from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import HashingVectorizer
encoders = {"hashing": make_pipeline(HashingVectorizer(n_features=2**12), TruncatedSVD(100, random_state=1)),
"""
    crawl = tmp_path / "small.csv"
    crawl.write_text(text(own_crawl(120)))
    edit = "encoders = {\n", hashing
    ((_, files, _),) = run("07_representations", tmp_path, monkeypatch, edit, crawl=crawl, unedited=False)
    compared, areas = (rows_of(files, f"representation-{name}.csv") for name in ("comparison", "auc"))
    for rows in (compared, areas):
        assert rows[0]["encoder"] == "hashing" and len({row["encoder"] for row in rows}) == 8
    assert not math.isnan(float(compared[0]["english_chinese"]))
    assert 0 < float(areas[0]["wave"]) < 1


@pytest.mark.slow
def test_six_topics_and_their_words(tmp_path, monkeypatch):
    edit = "n_topics = None", "n_topics = 6"
    ((numbers, files, _),) = run("08_topics", tmp_path, monkeypatch, edit, crawl=posts_or_replica(), unedited=False)
    words, shares = (rows_of(files, name) for name in ("table-topic-words.csv", "topic-shares.csv"))
    assert len(words) == 6 and all(row["english"] or row["chinese"] for row in words)
    assert {row["topic"] for row in shares} == {row["topic"] for row in words} | {"no topic"}
    assert numbers["topics_rows"].strip("'") == "7"


@pytest.mark.slow
def test_another_dropout_reaches_one_fit_and_nothing_else(tmp_path, monkeypatch):
    """The fourth change of a researcher, seen in the curves, matrix and ROC of the published network."""
    fit = [f"published-fit-{piece}-replica.csv" for piece in ("curves", "confusion", "roc")]
    old = "dropout=0.3, batch_size=16, epochs=30"
    edit = old, old.replace("0.3", "0.5")
    (numbers, before, captions), (changed, after, _) = run("09_published_model", tmp_path, monkeypatch, edit)
    different = {name for name in before if name.endswith(".csv") and before[name] != after[name]}
    assert set(fit) <= set(before) and {fit[0], fit[2]} <= different <= set(fit)
    pasted = {name for name in numbers if numbers[name] != changed[name]}
    assert pasted and all(name.startswith("pub_one_") for name in pasted)
    assert all("Synthetic data" in caption for caption in captions if "fit of the published" in caption)


@pytest.mark.slow
def test_another_prevalence_reaches_the_panel_and_nothing_else(tmp_path, monkeypatch):
    edit = "validation.planned(prevalence)", "0.5"
    (numbers, before, _), (changed, after, _) = run("11_validation", tmp_path, monkeypatch, edit)
    for name in ("validation-panel.csv", "table-validation-panel.csv"):
        assert before[name] != after[name]
    assert before["validation-recovery.csv"] == after["validation-recovery.csv"]
    assert numbers["validation_panel_20_all"] != changed["validation_panel_20_all"]
    assert numbers["validation_verdict_false"] == changed["validation_verdict_false"]
