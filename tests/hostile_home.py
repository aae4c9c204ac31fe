"""A home directory and an environment with everything at once that libraries read from a user."""

import json
import os
import subprocess
import sys

STARTUP = "import os, pandas as pd\npd.options.display.precision = 1\npd.options.display.max_rows = 2\nos.environ['TZ'] = 'Asia/Shanghai'\n"
FILES = {
    ".config/matplotlib/matplotlibrc": "text.usetex: True\nsavefig.bbox: tight\nsavefig.transparent: True\nfont.size: 30\n",
    ".keras/keras.json": json.dumps({"floatx": "float16", "backend": "jax", "image_data_format": "channels_first"}),
    ".ipython/profile_default/startup/00.py": STARTUP,
    ".ipython/profile_default/ipython_config.py": "c.InteractiveShell.ast_node_interactivity = 'all'\n",
    ".jupyter/jupyter_config.py": "c.ExecutePreprocessor.timeout = 1\nc.NotebookClient.timeout = 1\n",
    ".jupyter/jupyter_nbconvert_config.py": "c.ExecutePreprocessor.timeout = 1\n",
    ".local/share/jupyter/kernels/python3/kernel.json": json.dumps({"argv": ["false"], "display_name": "x"}),
    ".config/dask/dask.yaml": "distributed: {worker: {daemon: false}}\n",
    ".gitconfig": "[core]\n\tautocrlf = true\n",
    "startup.py": "raise SystemExit('PYTHONSTARTUP was run')\n",
}
SESSION = {
    "KERAS_BACKEND": "torch",
    "LANG": "zh_CN.GBK",
    "LC_ALL": "C",
    "MKL_NUM_THREADS": "3",
    "OMP_NUM_THREADS": "3",
    "OPENBLAS_NUM_THREADS": "3",
    "PYTHONHASHSEED": "7",
    "TZ": "Asia/Shanghai",
}
"""What also a notebook that a person opened must stand."""

BUILD = {
    "JOBLIB_START_METHOD": "fork",
    "MPLBACKEND": "TkAgg",
    "PYTHONOPTIMIZE": "",
    "PYTHONWARNINGS": "always",
    "SOURCE_DATE_EPOCH": "1000000000",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_USE_LEGACY_KERAS": "1",
}
"""What the commands must stand besides."""


def empty(folder) -> dict[str, str]:
    """Environment with a home where nothing is; what the study itself reads stays."""
    return _base(folder / "empty", folder / "a temporary")


def hostile(folder, *variables) -> dict[str, str]:
    """Environment with a home where everything is, and these variables."""
    home = folder / "hostile 家"
    for name, text in FILES.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    made = _base(home, home / "zz temporary")
    for more in variables:
        made |= more
    return made | {
        "MATPLOTLIBRC": str(home / ".config/matplotlib/matplotlibrc"),
        "PYTHONSTARTUP": str(home / "startup.py"),
    }


def _base(home, temporary) -> dict[str, str]:
    home.mkdir(exist_ok=True)
    temporary.mkdir(exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if name.startswith("REDNOTE_STUDY_") or name == "PATH"}
    return kept | {"HOME": str(home), "TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1"}


def run_python(code: str, environment: dict[str, str], *arguments) -> str:
    """What a program prints; its complaints where it fails."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", umask=0o077)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout
