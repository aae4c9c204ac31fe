"""Data flow in one direction; see CONTRIBUTING.md."""

import subprocess
import sys
from pathlib import Path

from rednote_study.system.paths import ROOT


def test_a_module_imports_only_what_stands_before_it():
    command = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout
