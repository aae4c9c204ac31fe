"""Noise in the shape of the published data: what the published protocol finds where there is nothing to find."""

from __future__ import annotations

import numpy as np

from rednote_study.errors import DataError


def noise(
    factors: int | None, rng: np.random.Generator, *, rows: int = 3249, columns: int = 772, own: float = 0.1
) -> np.ndarray:
    """Draw inputs that have nothing to do with any label.

    Parameters
    ----------
    factors : int or None
        Normal factors that all columns mix: the fewer, the fewer directions the inputs have. None: the columns are
        independent.
    rng : numpy.random.Generator
    rows, columns : int
        The published numbers by default.
    own : float
        Share of a column's variance that is not of the factors.

    Returns
    -------
    numpy.ndarray of float32, shape (rows, columns)
        Columns of mean 0 and variance 1.

    Raises
    ------
    DataError
        If `factors` is below 1.

    Examples
    --------
    >>> X = noise(10, np.random.default_rng(0))
    >>> X.shape, round(effective_directions(X))
    ((3249, 772), 12)
    """
    X = rng.standard_normal((rows, columns), dtype=np.float32)
    if factors is None:
        return X
    if factors < 1:
        raise DataError(f"Noise of {factors} factors is unknown; give 1 or more, or None for independent columns.")
    loadings = rng.standard_normal((factors, columns), dtype=np.float32)
    loadings *= np.sqrt((1 - own) / (loadings**2).sum(axis=0))
    return np.sqrt(np.float32(own)) * X + rng.standard_normal((rows, factors), dtype=np.float32) @ loadings


def chance_labels(
    rng: np.random.Generator, *, rows: int = 3249, positives: int = 20, tail: int = 650, tail_positives: int = 10
) -> np.ndarray:
    """Deal labels by chance, with the published number of positives among the last rows (bool, shape (rows,)).

    Examples
    --------
    >>> y = chance_labels(np.random.default_rng(0))
    >>> int(y.sum()), int(y[-650:].sum())
    (20, 10)
    """
    y, cut = np.zeros(rows, dtype=bool), rows - tail
    y[rng.choice(cut, positives - tail_positives, replace=False)] = True
    y[cut + rng.choice(tail, tail_positives, replace=False)] = True
    return y


def effective_directions(X: np.ndarray) -> float:
    """Number of directions in which rows spread: the participation ratio of the spectrum.

    The square of the sum of the eigenvalues of the covariance matrix, divided by the sum of their squares. It is 1
    where all rows lie on a line, and the number of columns where these are independent and of one variance.

    Parameters
    ----------
    X : numpy.ndarray of float, shape (n, d)

    Returns
    -------
    float
        NaN where all rows are equal, or there is one.

    Notes
    -----
    Gao et al. (2017), bioRxiv 214262. Of few rows it is below that of the population they come from.

    Examples
    --------
    >>> effective_directions(np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]]))
    2.0
    """
    X = np.asarray(X, dtype=float) - np.mean(X, axis=0, dtype=float)
    squares = np.square(X.T @ X).sum() if len(X) > X.shape[1] else np.square(X @ X.T).sum()
    return float(np.square(X).sum() ** 2 / squares) if len(X) > 1 and squares else np.nan
