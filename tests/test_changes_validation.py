"""What a researcher changes in the chapter on validation."""

import pytest
import test_changes

from rednote_study.system.paths import BOOK


@pytest.mark.slow
def test_another_prevalence_reaches_the_panel_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(test_changes, "CHAPTER", BOOK / "chapters" / "11_validation.ipynb")
    before = test_changes.run(tmp_path, monkeypatch)
    after = test_changes.run(tmp_path, monkeypatch, 'round(float(prevalence["share"].iloc[0]), 2)', "0.5")
    for name in ("validation-panel.csv", "table-validation-panel.csv"):
        assert before[1][name] != after[1][name]
    assert before[1]["validation-recovery.csv"] == after[1]["validation-recovery.csv"]
    assert before[0]["validation_panel_20_all"] != after[0]["validation_panel_20_all"]
    assert before[0]["validation_verdict_false"] == after[0]["validation_verdict_false"]
