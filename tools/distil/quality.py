"""How good a student is on hand-written translation pairs: agreement with the teacher, retrieval across languages."""

from __future__ import annotations

import numpy as np
from scipy.stats import spearmanr

from rednote_study.encoders.evaluation import recall_at_1, unit

__all__ = ["quality"]


def quality(student: np.ndarray, teacher: np.ndarray) -> dict[str, float]:
    """Compare vectors of the translation pairs, English texts first, then Chinese.

    Parameters
    ----------
    student, teacher : numpy.ndarray, shape (2 n_pairs, d)
        The widths may differ.

    Returns
    -------
    dict
        Spearman rank correlation of all pairwise cosines with the teacher's (``all``, and within and across
        languages), and recall at 1 in both directions for both.
    """
    n = len(student) // 2
    mine, theirs = (unit(v) @ unit(v).T for v in (student, teacher))
    upper = np.triu(np.ones_like(mine, dtype=bool), k=1)
    english = np.arange(2 * n) < n
    parts = {
        "rank_correlation": upper,
        "rank_correlation_english": upper & english & english[:, None],
        "rank_correlation_chinese": upper & ~english & ~english[:, None],
        "rank_correlation_across": upper & (english[:, None] != english),
    }
    result = {name: float(spearmanr(mine[part], theirs[part]).statistic) for name, part in parts.items()}
    for name, vectors in (("", student), ("teacher_", teacher)):
        result[f"{name}recall_english_chinese"] = float(recall_at_1(vectors[:n], vectors[n:]).mean())
        result[f"{name}recall_chinese_english"] = float(recall_at_1(vectors[n:], vectors[:n]).mean())
    return result
