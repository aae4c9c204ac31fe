"""TensorFlow, loaded late and quietly: importing it takes seconds, and its chatter would stand in the book."""

from __future__ import annotations

import contextlib
import functools
import os
import warnings

from rednote_study.errors import StudyError


@functools.cache
def silence_tqdm() -> None:
    """Import tqdm's notebook bars, which hub clients use, without their warning that widgets are missing."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="IProgress not found")
        import tqdm.auto  # noqa: F401


_threads = 1


def use_all_cores() -> None:
    """Let TensorFlow use all cores in this process; without effect once it is loaded."""
    global _threads
    _threads = os.cpu_count() or 1


@functools.cache
def load_tensorflow():
    """Import TensorFlow and Keras with their logs at errors only, and its operations deterministic.

    The one place where that happens. Random numbers are the caller's: ``keras.utils.set_random_seed``. It uses one
    thread, because the last digit of a sum depends on their number; long trainings that need no last digit ask for
    more (:func:`use_all_cores`).

    Returns
    -------
    module
        ``tensorflow``.

    Raises
    ------
    StudyError
        If Keras is there already, with another backend, or TensorFlow has computed with other threads.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    silence_tqdm()
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")  # "PyTorch was not found"
    with _no_stderr():
        import tensorflow

        tensorflow.config.list_physical_devices()  # the first look for a GPU complains if there is none
        _settle_keras()
    try:
        tensorflow.config.threading.set_intra_op_parallelism_threads(_threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(_threads)
    except RuntimeError:
        raise StudyError(
            "TensorFlow has computed something in this session before the study, with another number of threads, which"
            " cannot be changed any more. Restart the session and run the study's cells first."
        ) from None
    tensorflow.config.experimental.enable_op_determinism()
    tensorflow.get_logger().setLevel("ERROR")  # it warns of every new shape of a batch
    return tensorflow


def _settle_keras() -> None:
    """Set what Keras otherwise reads from ``~/.keras/keras.json``; sums in float16 or float64 are other results."""
    import keras

    if keras.config.backend() != "tensorflow":
        raise StudyError(
            f"Keras was imported before the study, with the backend {keras.config.backend()}. Restart the session and"
            " import the study first."
        )
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")


@contextlib.contextmanager
def _no_stderr():
    """Close file descriptor 2 for a while: TensorFlow's C++ part writes there before it reads its log level."""
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)
