"""What `make lab` tells JupyterLab: a notebook is saved without the version of Python, in which machines differ."""


def _without_language(model, **_):
    if model["type"] == "notebook":
        model["content"]["metadata"].pop("language_info", None)


c.ContentsManager.pre_save_hook = _without_language  # noqa: F821 (Jupyter gives `c`)
