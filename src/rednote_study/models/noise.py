"""Noise in the shape of the published data: what the published protocol finds where there is nothing to find."""

from __future__ import annotations

import numpy as np

from rednote_study.errors import DataError

__all__ = ["DESIGNS", "FACTORS", "PLACEMENTS", "noise_data"]

DESIGNS = ("independent", "low rank")
PLACEMENTS = ("10 in the tail", "anywhere")
FACTORS = 10
"""Factors behind the columns of the low-rank design: text vectors have far fewer directions than columns."""

_OWN = 0.1  # share of a column's variance that is its own in the low-rank design
_ROWS, _COLUMNS, _POSITIVES, _TAIL, _TAIL_POSITIVES = 3249, 772, 20, 650, 10  # as published


def noise_data(
    design: str,
    placement: str,
    rng: np.random.Generator,
    *,
    rows: int = _ROWS,
    columns: int = _COLUMNS,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw inputs that have nothing to do with the labels, in the published numbers.

    Parameters
    ----------
    design : {"independent", "low rank"}
        Columns independent and standard normal; or mixtures of :data:`FACTORS` normal factors with a tenth of
        their variance their own, also of unit variance.
    placement : {"10 in the tail", "anywhere"}
        Ten of the twenty positives among the last 650 rows, as published; or all twenty at random.
    rng : numpy.random.Generator
    rows, columns : int
        The published numbers; smaller ones for trials.

    Returns
    -------
    X : numpy.ndarray of float32, shape (rows, columns)
    y : numpy.ndarray of bool, shape (rows,)
        Twenty are true.

    Raises
    ------
    DataError
        If design or placement is unknown.

    Examples
    --------
    >>> X, y = noise_data("low rank", "10 in the tail", np.random.default_rng(0))
    >>> X.shape, int(y.sum()), int(y[-650:].sum())
    ((3249, 772), 20, 10)
    """
    if design not in DESIGNS or placement not in PLACEMENTS:
        raise DataError(
            f"Design {design!r} with placement {placement!r} is unknown; choose one of {', '.join(DESIGNS)}"
            f" and one of {', '.join(PLACEMENTS)}."
        )
    X = rng.standard_normal((rows, columns), dtype=np.float32)
    if design == "low rank":
        loadings = rng.standard_normal((FACTORS, columns), dtype=np.float32)
        loadings *= np.sqrt((1 - _OWN) / (loadings**2).sum(axis=0))
        X = np.sqrt(np.float32(_OWN)) * X + rng.standard_normal((rows, FACTORS), dtype=np.float32) @ loadings
    return X, _positives(placement, rows, rng)


def _positives(placement: str, rows: int, rng: np.random.Generator) -> np.ndarray:
    y = np.zeros(rows, dtype=bool)
    if placement == "anywhere":
        y[rng.choice(rows, _POSITIVES, replace=False)] = True
        return y
    first = rows - _TAIL
    y[rng.choice(first, _POSITIVES - _TAIL_POSITIVES, replace=False)] = True
    y[first + rng.choice(_TAIL, _TAIL_POSITIVES, replace=False)] = True
    return y
