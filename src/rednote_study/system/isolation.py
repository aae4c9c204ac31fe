"""An environment in which libraries find no settings of this user, so that the same commands give the same files.

matplotlib, Keras, IPython, Jupyter, the linear algebra under numpy and Python itself read variables and files of the
home directory. The book's build and the commands of :mod:`rednote_book.cli` run with what is listed here and nothing
else. A chapter opened in JupyterLab runs in the reader's environment; what would change a number or a picture there
is set where it is used (:mod:`rednote_study.system.backend`, :mod:`rednote_study.plots.style`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from rednote_study.system.paths import BUILD

KEEP = "REDNOTE_STUDY_KEEP"
"""Names of further variables to be left as they are, separated by commas: for measuring what they change."""

_LEFT = {
    *(
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "SHELL",
        "TERM",
        "COLUMNS",
        "TMPDIR",
        "XDG_CACHE_HOME",
        "LD_LIBRARY_PATH",
        "CI",
        "NO_COLOR",
    ),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
}
_LEFT_FAMILIES = ("REDNOTE_STUDY_", "HF_", "KAGGLE")
"""Of the study itself, and accounts and caches of hubs, which a user sets up once for all projects."""

_SET = {
    "KERAS_BACKEND": "tensorflow",
    "LC_ALL": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "PYTHONNOUSERSITE": "1",
    "PYTHONUTF8": "1",
    "TZ": "UTC",
    # The last digit of a sum depends on the number of threads; where it pays, the study uses processes.
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
_FOLDERS = {
    "IPYTHONDIR": "ipython",
    "JUPYTER_CONFIG_DIR": "jupyter/config",
    "JUPYTER_DATA_DIR": "jupyter/data",
    "KERAS_HOME": "keras",
    "MPLCONFIGDIR": "matplotlib",
    "XDG_CONFIG_HOME": "config",
}
"""Settings of libraries, in folders of the project."""


def isolated(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for a process of the study.

    Parameters
    ----------
    environment : mapping of str to str
        Of this process.

    Examples
    --------
    >>> made = isolated({"PATH": "/bin", "MATPLOTLIBRC": "mine", "KERAS_BACKEND": "jax", "https_proxy": "p"})
    >>> sorted(made.keys() & {"PATH", "MATPLOTLIBRC", "https_proxy"}), made["KERAS_BACKEND"]
    (['PATH', 'https_proxy'], 'tensorflow')
    """
    kept = _LEFT | {name.strip() for name in environment.get(KEEP, "").split(",")}
    left = {
        name: value
        for name, value in environment.items()
        if name in kept or name.startswith(_LEFT_FAMILIES) or name.lower().endswith("_proxy")
    }
    home = BUILD / "home"
    folders = {variable: str(home / folder) for variable, folder in _FOLDERS.items()}
    return {**folders, **{name: value for name, value in _SET.items() if name not in kept}, **left}


def enter() -> None:
    """Make the environment of this process that of the study; before a library is imported that reads it."""
    made = isolated(os.environ)
    for name in os.environ.keys() - made.keys():
        del os.environ[name]
    os.environ.update(made)
