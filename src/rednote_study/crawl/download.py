"""How bytes come in: from a server, a file or Kaggle; counted, hashed, and never waited for without end."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pooch
import requests
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from rednote_study.errors import FetchError
from rednote_study.system.files import why
from rednote_study.system.plain import visible

LARGEST_FILE = 200 * 2**20  # bytes; the published data are a few megabytes
TIMEOUT = (10, 30)  # seconds to connect, seconds without a byte
PATIENCE = 60  # seconds in which at least SLOWEST * PATIENCE bytes must come
SLOWEST = 500  # bytes a second
LONGEST = 3600  # seconds for the whole file
MOST_REDIRECTS = 10
_MEANING = {
    401: "the server wants a password",
    403: "the server does not give it to you",
    404: "the server has no such file",
    410: "the server has no such file any more",
    429: "the server has had too many requests",
    503: "the server is not available now",
}
KAGGLE_TIMEOUT = 300  # seconds; kagglehub itself waits for its first answer without end
_HEAD = 4096

_ASK_KAGGLE = """
import sys
from rednote_study.crawl.download import in_short
try:
    import kagglehub
    print(kagglehub.dataset_download(sys.argv[1]))
except Exception as error:
    print(in_short(error))
    sys.exit(1)
"""


class Incoming:
    """A file being written; it refuses more than `largest` bytes, and `LARGEST_FILE` in any case.

    Attributes
    ----------
    size : int
        Bytes so far.
    head : bytes
        The first of them.
    """

    def __init__(self, file, largest: int | None = None):
        self._file, self._sha256 = file, hashlib.sha256()
        self._largest = min(largest or LARGEST_FILE, LARGEST_FILE)
        self.size, self.head = 0, b""

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self.size += len(chunk)
        self.expect(self.size)
        self.head += chunk[: _HEAD - len(self.head)]
        self._sha256.update(chunk)
        self._file.write(chunk)

    def expect(self, size: int) -> None:
        """Refuse a file of that size if it is too large."""
        if size > self._largest:
            raise FetchError(f"more than {self._largest:,} bytes were sent")

    def flush(self) -> None:
        """Hand on what a buffer holds."""
        self._file.flush()

    @property
    def sha256(self) -> str:
        """Of all bytes so far (hexadecimal)."""
        return self._sha256.hexdigest()


class Downloader:
    """A pooch downloader for ``http(s)://`` and ``file://`` addresses.

    A server is listened to in a thread of its own, so that one that sends a byte now and then can be left.

    Parameters
    ----------
    check : callable
        Called with the :class:`Incoming` when all has come; raises if it is not what was wanted.
        After a ValueError pooch tries again.
    largest : int, optional
        Bytes; more is never taken.
    """

    def __init__(self, check, largest: int | None = None):
        self._check, self._largest = check, largest

    def __call__(self, url: str, output: str, registry: pooch.Pooch) -> None:
        """Write what `url` gives to the file `output`."""
        with open(output, "wb") as file:
            incoming = Incoming(file, self._largest)
            if urlsplit(url).scheme == "file":
                copy(Path(unquote(urlsplit(url).path)), incoming)
            else:
                _watched(url, incoming)
        self._check(incoming)


def _watched(url: str, incoming: Incoming) -> None:
    """Take what the server sends, as long as it sends fast enough."""
    failures, gate = [], Gate(incoming)

    def take() -> None:
        try:
            _take(url, gate)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    end, seen = time.monotonic() + LONGEST, 0
    try:
        while thread.is_alive():
            thread.join(min(PATIENCE, max(end - time.monotonic(), 0)))
            if thread.is_alive() and (gate.came - seen < SLOWEST * PATIENCE or time.monotonic() >= end):
                raise FetchError(
                    f"the server is too slow: {gate.came - seen:,} bytes came in the last {PATIENCE:g} seconds"
                    if time.monotonic() < end
                    else f"the server was not ready after {LONGEST:,} seconds"
                )
            seen = gate.came
    finally:
        gate.close()  # a thread that is left behind writes no more
    if failures:
        raise failures[0]


class Gate:
    """Lets bytes through to a file until it is closed."""

    def __init__(self, incoming: Incoming):
        self._incoming, self._lock, self._open = incoming, threading.Lock(), True
        self.came = 0  # bytes from the network

    def expect(self, size: int) -> None:
        """As of :class:`Incoming`."""
        self._incoming.expect(size)

    def write(self, chunk: bytes) -> None:
        """Hand on, or raise when nobody waits any more."""
        with self._lock:
            if not self._open:
                raise FetchError("nobody waits for this file any more")
            self.came += len(chunk)
            self._incoming.write(chunk)

    def close(self) -> None:
        """Let nothing through from now on."""
        with self._lock:
            self._open = False


def _take(url: str, gate: Gate) -> None:
    """Ask for the file, follow its redirects, hand on each piece as it comes."""
    with requests.Session() as session:
        for _ in range(MOST_REDIRECTS + 1):
            response = _ask(session, url)
            target = session.get_redirect_target(response)
            if target is None:
                break
            response.close()
            url = _next_address(url, target)
        else:
            raise FetchError(f"it is redirected more than {MOST_REDIRECTS} times")
        with response:
            _check_status(response)
            length = response.headers.get("Content-Length", "")
            gate.expect(int(length) if length.isascii() and length.isdigit() else 0)
            _pour(response, gate)


def _pour(response: requests.Response, gate: Gate) -> None:
    """Hand on each piece as it comes; requests itself would wait until a large one is full."""
    try:
        while chunk := response.raw.read1(2**16, decode_content=True):
            gate.write(chunk)
    except ProtocolError as error:
        raise requests.exceptions.ChunkedEncodingError(error) from None
    except ReadTimeoutError as error:
        raise requests.ConnectionError(error) from None


def _ask(session: requests.Session, url: str) -> requests.Response:
    direct = [os.environ.get("no_proxy") or os.environ.get("NO_PROXY"), "localhost,127.0.0.1,::1"]
    return session.get(
        url,
        stream=True,
        allow_redirects=False,
        timeout=TIMEOUT,
        headers={"Accept-Encoding": "identity"},
        proxies={"no_proxy": ",".join(filter(None, direct))},  # no proxy for a server on this machine
    )


def _next_address(url: str, target: str) -> str:
    """Where a redirect leads; never to a file of this machine, and never from an encrypted address to a plain one."""
    joined = urljoin(url, target)
    before, after = urlsplit(url).scheme, urlsplit(joined).scheme
    if after not in {"http", "https"}:
        raise FetchError(f"it is redirected to an address of the kind {visible(after)[:20]}:, which is not followed")
    if (before, after) == ("https", "http"):
        raise FetchError("it is redirected from https to http, which is not followed")
    return joined


def _check_status(response: requests.Response) -> None:
    """An answer other than success, as a sentence; a fault of the server itself may be tried again."""
    status, wait = response.status_code, response.headers.get("Retry-After", "")
    if status == 200:
        return
    asked = (
        f"; it asks to wait {visible(wait)[:40]}{' seconds' if wait.isascii() and wait.isdigit() else ''}"
        if wait
        else ""
    )
    meaning = _MEANING.get(status, "the server refuses" if status >= 400 else "the server sends no file")
    error = f"{meaning} (HTTP {status}{asked})"
    if status >= 500 and not wait:
        raise requests.HTTPError(error)  # pooch tries these again
    raise FetchError(error)


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
    if isinstance(error, requests.exceptions.SSLError):
        return (
            "its certificate cannot be verified, so it may be another server (behind a company's proxy, name the"
            " file of its certificates in REQUESTS_CA_BUNDLE)"
        )
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke off"
    if isinstance(error, requests.ConnectionError):
        return "no connection to the server"
    if isinstance(error, OSError) and why(error):
        return why(error)
    text = str(error.strerror if isinstance(error, OSError) and error.strerror else error).strip()
    return (visible(text) or type(error).__name__).splitlines()[0][:300].rstrip(".")
