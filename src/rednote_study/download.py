"""How bytes come in: from a server, a file or Kaggle; counted, hashed, and never waited for without end."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pooch
import requests
from urllib3.exceptions import ReadTimeoutError

from rednote_study.errors import FetchError

__all__ = ["Downloader", "Incoming", "copy", "download_from_kaggle", "in_short"]

LARGEST_FILE = 200 * 2**20  # bytes; the published data are a few megabytes
TIMEOUT = (10, 30)  # seconds to connect, seconds without a byte
KAGGLE_TIMEOUT = 300  # seconds; kagglehub itself waits for its first answer without end
_HEAD = 4096

_ASK_KAGGLE = """
import sys
from rednote_study.download import in_short
try:
    import kagglehub
    print(kagglehub.dataset_download(sys.argv[1]))
except Exception as error:
    print(in_short(error))
    sys.exit(1)
"""


class Incoming:
    """A file being written; it refuses more than `LARGEST_FILE` bytes.

    Attributes
    ----------
    size : int
        Bytes so far.
    head : bytes
        The first of them.
    """

    def __init__(self, file):
        self._file, self._sha256 = file, hashlib.sha256()
        self.size, self.head = 0, b""

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self.size += len(chunk)
        if self.size > LARGEST_FILE:
            raise FetchError(f"more than {LARGEST_FILE:,} bytes were sent")
        self.head += chunk[: _HEAD - len(self.head)]
        self._sha256.update(chunk)
        self._file.write(chunk)

    def flush(self) -> None:
        """Hand on what a buffer holds."""
        self._file.flush()

    @property
    def sha256(self) -> str:
        """Of all bytes so far (hexadecimal)."""
        return self._sha256.hexdigest()


class Downloader:
    """A pooch downloader for ``http(s)://`` and ``file://`` addresses.

    Parameters
    ----------
    check : callable
        Called with the :class:`Incoming` when all has come; raises if it is not what was wanted.
        After a ValueError pooch tries again.
    """

    def __init__(self, check):
        self._check = check

    def __call__(self, url: str, output: str, registry: pooch.Pooch) -> None:
        """Write what `url` gives to the file `output`."""
        with open(output, "wb") as file:
            incoming = Incoming(file)
            if urlsplit(url).scheme == "file":
                copy(Path(unquote(urlsplit(url).path)), incoming)
            else:
                _http()(url, incoming, registry)
        self._check(incoming)


def _http() -> pooch.HTTPDownloader:
    """Pooch's downloader; no proxy is asked for a server on this machine."""
    direct = [os.environ.get("no_proxy") or os.environ.get("NO_PROXY"), "localhost,127.0.0.1,::1"]
    return pooch.HTTPDownloader(
        timeout=TIMEOUT,
        progressbar=sys.stderr.isatty(),
        chunk_size=2**16,
        proxies={"no_proxy": ",".join(filter(None, direct))},
    )


def copy(source: Path, incoming: Incoming) -> None:
    """Copy a regular file; a pipe or a device might never end."""
    if source.exists() and not source.is_file():
        raise FetchError("that is not a regular file")
    with source.open("rb") as file:
        shutil.copyfileobj(file, incoming)


def download_from_kaggle(handle: str, cache: str) -> Path:
    """Run kagglehub in a process of its own, so that it can be ended and leaves no copy elsewhere.

    Parameters
    ----------
    handle : str
        ``owner/name`` of the data set.
    cache : str
        An empty folder for the files.

    Returns
    -------
    pathlib.Path
        Folder that holds the files of the data set.

    Raises
    ------
    FetchError
        With kagglehub's own words, or if it did not end within `KAGGLE_TIMEOUT`.
    """
    try:
        run = subprocess.run(
            [sys.executable, "-c", _ASK_KAGGLE, handle],
            env=os.environ | {"KAGGLEHUB_CACHE": cache, "PYTHONIOENCODING": "utf-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            timeout=KAGGLE_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise FetchError(f"no answer within {KAGGLE_TIMEOUT} seconds") from None
    answer = (run.stdout.strip().splitlines() or ["kagglehub ended without a word"])[-1]
    if run.returncode:
        raise FetchError(answer[:200])
    return Path(answer)


def in_short(error: BaseException) -> str:
    """What went wrong, in a few plain words without a full stop."""
    stalled = any(isinstance(reason, ReadTimeoutError) for reason in error.args)  # requests' way while a body comes
    if stalled or isinstance(error, requests.Timeout):
        return "the server did not answer in time"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke off"
    if isinstance(error, requests.ConnectionError):
        return "no connection to the server"
    text = str(error.strerror if isinstance(error, OSError) and error.strerror else error).strip()
    return (text or type(error).__name__).splitlines()[0][:300].rstrip(".")
