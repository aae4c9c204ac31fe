"""Is a feature the label in disguise? A check on single features before any model is fitted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rednote_study.errors import DataError
from rednote_study.statistics.metrics import roc_auc

SUSPECT, LEAK = 0.8, 0.99
"""Areas under the curve, in either direction, from which on a single feature is suspect, or is the label."""


def single_feature_auc(features: pd.DataFrame, y: np.ndarray) -> pd.Series:
    """Area under the ROC curve of each feature alone, in the direction in which it is 0.5 or more.

    A category is taken at its share of positives: the best that it can do on these very cases. Missing values are a
    value of their own below all others.

    Parameters
    ----------
    features : pandas.DataFrame, n rows
        Numbers, booleans, times or categories.
    y : numpy.ndarray of bool, shape (n,)

    Returns
    -------
    pandas.Series of float
        Indexed by the names of the features; NaN where a class is empty.

    Examples
    --------
    >>> frame = pd.DataFrame({"label": [0, 0, 1, 1], "noise": [3, 1, 1, 3]})
    >>> single_feature_auc(frame, np.array([0, 0, 1, 1])).tolist()
    [1.0, 0.5]
    """
    y = np.asarray(y).astype(bool)
    if not 0 < y.sum() < len(y):
        return pd.Series(np.nan, index=features.columns)
    areas = {name: roc_auc(_ranks(column, y), y, np.ones((1, len(y))))[0] for name, column in features.items()}
    return pd.Series(areas, dtype=float).map(lambda area: max(area, 1 - area))


def _ranks(column: pd.Series, y: np.ndarray) -> np.ndarray:
    if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column)):
        column = pd.Series(y, index=column.index, dtype=float).groupby(column.astype("object")).transform("mean")
    return column.rank().fillna(0).to_numpy(float)


def verdict(area: float) -> str:
    """What a single feature's area under the curve says: ``is the label``, ``suspect`` or ``passes``."""
    if np.isnan(area):
        return "cannot be tested"
    return "is the label" if area >= LEAK else "suspect" if area >= SUSPECT else "passes"


def refuse_leaks(features: pd.DataFrame, y: np.ndarray) -> None:
    """Stop where a feature is the label.

    Raises
    ------
    DataError
        If a single feature separates the classes with an area under the curve of 0.99 or more.
    """
    areas = single_feature_auc(features, y)
    leaks = areas[areas >= LEAK]
    if len(leaks):
        named = ", ".join(f"{name} ({area:.3f})" for name, area in leaks.items())
        raise DataError(
            f"Leakage: {named} alone tells the label (area under the ROC curve). A model with it learns nothing"
            " about people. Leave the feature out, or say what it can know on the day the model would be used."
        )
