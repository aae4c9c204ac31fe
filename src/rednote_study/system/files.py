"""Files that are whole or not there: written beside their place and renamed; one process at a time in a folder."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_REMEDIES = {
    errno.ENOSPC: "there is no space left. Free some, then run the same command again",
    errno.EDQUOT: "your quota is used up. Free some space, then run the same command again",
    errno.EFBIG: "the file would be larger than is allowed here. Raise the limit, then run the same command again",
    errno.EROFS: "it can only be read. Use a folder that you may write to",
    errno.EACCES: "you have no permission. Use a folder that is yours, or change its rights",
    errno.EPERM: "you have no permission. Use a folder that is yours, or change its rights",
    errno.EIO: "the disk or its connection is broken. Check it, then run the same command again",
    errno.EMFILE: "too many files are open. Raise the limit (ulimit -n), then run the same command again",
    errno.ENOMEM: "there is not enough memory",
}


def why(error: OSError) -> str | None:
    """What an error of the machine means, and its remedy; None where it may be a defect of this project.

    >>> why(OSError(28, "No space left on device"))
    'there is no space left. Free some, then run the same command again'
    """
    return _REMEDIES.get(error.errno)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever reads a part of it, whenever this process is killed."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until no other process is at work in `folder`, and keep the others waiting.

    The folder itself is locked: no file is left behind, and the lock ends with the process, however that ends.
    Where a file system has no locks, nothing is waited for.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def remove_leftovers(folder: Path, pattern: str) -> None:
    """Remove what a killed process left; only while being alone there."""
    for path in folder.glob(pattern):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
