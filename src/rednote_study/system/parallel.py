"""Independent pieces of work on all cores, with progress; the results do not depend on how many there are."""

from __future__ import annotations

import collections
import itertools
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

import joblib
import threadpoolctl

from rednote_study.errors import StudyError
from rednote_study.system import watch
from rednote_study.system.progress import progress


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
    if watch.changed():
        n_jobs = 1  # worker processes would not know what this session has changed
    one_thread = threadpoolctl.threadpool_limits(1)  # also where there is one worker, which is this process
    with one_thread, warnings.catch_warnings(), joblib.parallel_config("loky", n_jobs=n_jobs, inner_max_num_threads=1):
        warnings.filterwarnings("ignore", message="A worker stopped")  # TensorFlow's memory looks like a leak to loky
        calls = (joblib.delayed(function)(*job) for job in jobs)
        return list(progress(joblib.Parallel(return_as="generator")(calls), what=what, total=len(jobs)))


def stream(
    function: Callable, jobs: Iterable[tuple], *, n_jobs: int | None = None, scheduler: str | None = None
) -> Iterator:
    """Call a function for each job, and give its results in the order of the jobs, few at a time.

    For jobs that are made as they are needed, because all together they would fill the memory: no more than two
    for each worker are on their way.

    Parameters
    ----------
    function : callable
        Of a module, so that a worker can import it.
    jobs : iterable of tuple
        Arguments of each call.
    n_jobs : int, optional
        Worker processes on this machine; as many as there are cores by default. With 1 the calls are made here.
    scheduler : str, optional
        Address of a Dask scheduler, whose workers do the work instead. What a worker had in hand when it died is
        done again by another.

    Raises
    ------
    StudyError
        If the scheduler does not answer, or workers die.

    Examples
    --------
    >>> list(stream(divmod, [(7, 2), (9, 4)], n_jobs=1))
    [(3, 1), (2, 1)]
    """
    if scheduler is None and (n_jobs or joblib.cpu_count()) == 1:
        yield from itertools.starmap(function, jobs)
        return
    pool, width, done = _dask(scheduler) if scheduler else _processes(n_jobs or joblib.cpu_count())
    under_way = collections.deque()
    try:
        for job in jobs:
            under_way.append(pool.submit(function, *job))
            if len(under_way) >= 2 * width:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    except BrokenProcessPool:
        raise StudyError(
            "A worker process died, most often for lack of memory. Run the same command again, with fewer workers;"
            ' a script of your own needs `if __name__ == "__main__":` around its work.'
        ) from None
    except Exception as error:
        if type(error).__module__.startswith("distributed."):
            raise StudyError(f"The workers at {scheduler} gave up ({type(error).__name__}: {error}).") from None
        raise
    finally:
        for future in under_way:
            future.cancel()
        done()


def _processes(number: int) -> tuple:
    """Worker processes with one thread each, how many, and how to end them."""
    pool = ProcessPoolExecutor(number, get_context("spawn"), initializer=_begin)
    return pool, number, lambda: pool.shutdown(cancel_futures=True)


def _begin() -> None:
    """One thread; an interruption is the main process's to handle; nobody is left behind when that is killed."""
    threadpoolctl.threadpool_limits(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _dask(address: str) -> tuple:
    """The workers of a Dask scheduler, how many, and how to leave them."""
    try:
        from distributed import Client
    except ImportError:
        raise StudyError(
            "A scheduler needs Dask: `python -m pip install -e '.[cluster]'` in the study's folder, here and where its"
            " workers run."
        ) from None
    try:
        client = Client(address, timeout=10)
    except (OSError, ValueError) as error:
        raise StudyError(f"No Dask scheduler answers at {address} ({error}). Start one: `dask scheduler`.") from None
    workers = len(client.nthreads())
    if not workers:
        client.close()
        raise StudyError(f"The scheduler at {address} has no workers. Start some: `dask worker {address}`.")
    pool = client.get_executor(pure=False)
    return pool, workers, client.close
