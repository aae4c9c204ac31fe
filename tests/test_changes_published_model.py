"""The fourth change of a researcher: another dropout of the published network, seen in its curves, matrix and ROC."""

import pytest
import test_changes

from rednote_study.system.paths import BOOK

FIT = [f"published-fit-{piece}-replica.csv" for piece in ("curves", "confusion", "roc")]


@pytest.mark.slow
def test_another_dropout_reaches_one_fit_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(test_changes, "CHAPTER", BOOK / "chapters" / "09_published_model.ipynb")
    old = "dropout=0.3, batch_size=16, epochs=30"
    numbers, before, captions = test_changes.run(tmp_path, monkeypatch)
    changed, after, _ = test_changes.run(tmp_path, monkeypatch, old, old.replace("0.3", "0.5"))
    different = {name for name in before if name.endswith(".csv") and before[name] != after[name]}
    assert set(FIT) <= set(before) and {FIT[0], FIT[2]} <= different <= set(FIT)
    pasted = {name for name in numbers if numbers[name] != changed[name]}
    assert pasted and all(name.startswith("pub_one_") for name in pasted)
    assert all("Synthetic data" in caption for caption in captions if "fit of the published" in caption)
