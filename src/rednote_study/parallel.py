"""Independent pieces of work on all cores, with progress; the results do not depend on how many there are."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable

import joblib

from rednote_study.progress import progress

__all__ = ["run"]


def run(function: Callable, jobs: Iterable[tuple], *, what: str, n_jobs: int | None = None) -> list:
    """Call a function for each job, in worker processes with one thread each.

    One thread a worker makes sums of floating-point numbers the same on any number of cores. Each job must bring
    its own seed.

    Parameters
    ----------
    function : callable
        Of a module, so that a worker can import it.
    jobs : iterable of tuple
        Arguments of each call.
    what : str
        What is done, for the progress bar.
    n_jobs : int, optional
        Worker processes; as many as there are cores by default.

    Returns
    -------
    list
        What the calls returned, in the order of the jobs.

    Examples
    --------
    >>> run(divmod, [(7, 2), (9, 4)], what="divisions")
    [(3, 1), (2, 1)]
    """
    jobs = list(jobs)
    n_jobs = min(n_jobs or joblib.cpu_count(), max(len(jobs), 1))
    with warnings.catch_warnings(), joblib.parallel_config("loky", n_jobs=n_jobs, inner_max_num_threads=1):
        warnings.filterwarnings("ignore", message="A worker stopped")  # TensorFlow's memory looks like a leak to loky
        calls = (joblib.delayed(function)(*job) for job in jobs)
        return list(progress(joblib.Parallel(return_as="generator")(calls), what=what, total=len(jobs)))
