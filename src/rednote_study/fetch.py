"""Bring a data set to this machine and verify it: from its address, a mirror, Kaggle or a copy.

A file is verified before it takes its place under ``data/raw``; whatever goes
wrong, nothing half done is left.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pooch
import requests

from rednote_study.errors import DataError, FetchError
from rednote_study.paths import raw_folder
from rednote_study.sources import DATASETS, Dataset, digest, locate

__all__ = ["add", "fetch", "verify"]

LARGEST_FILE = 200 * 2**20  # bytes; the published data are a few megabytes
TIMEOUT = (10, 30)  # seconds to connect, seconds without a byte
RETRIES = 2


class _Limited:
    """A file that refuses more than `LARGEST_FILE` bytes."""

    def __init__(self, file):
        self._file, self._left = file, LARGEST_FILE

    def write(self, chunk: bytes) -> None:
        self._left -= len(chunk)
        if self._left < 0:
            raise FetchError(f"more than {LARGEST_FILE:,} bytes were sent")
        self._file.write(chunk)

    def flush(self) -> None:
        self._file.flush()


def _download(url: str, output: str, registry: pooch.Pooch) -> None:
    """A pooch downloader for ``http(s)://`` and ``file://`` addresses."""
    with open(output, "wb") as file:
        if urlsplit(url).scheme == "file":
            with open(unquote(urlsplit(url).path), "rb") as source:
                shutil.copyfileobj(source, file)
            return
        http = pooch.HTTPDownloader(timeout=TIMEOUT, progressbar=sys.stderr.isatty(), chunk_size=2**16)
        http(url, _Limited(file), registry)


def fetch(dataset: Dataset, mirror: str | None = None) -> Path:
    """Fetch a data set, unless it is here and whole.

    Parameters
    ----------
    dataset : Dataset
        An entry of :data:`rednote_study.sources.DATASETS`.
    mirror : str, optional
        ``http://``, ``https://`` or ``file://`` address of a folder that holds the file, or of the file
        itself (ends in ``.csv``). Default: the variable ``REDNOTE_STUDY_MIRROR``, else the public address.

    Raises
    ------
    FetchError
        If the address cannot be reached or what it sends is not the file.
    """
    if dataset.synthetic:
        raise FetchError(f"{dataset.key} is not fetched. {dataset.how}")
    present = locate(dataset.key)
    if present and not problem(dataset):
        return present
    mirror = mirror or os.environ.get("REDNOTE_STUDY_MIRROR")
    if dataset.url is None and not mirror:
        return _fetch_from_kaggle(dataset)
    url = _address(dataset, mirror)
    folder = _private_folder()
    registry = pooch.create(
        path=folder,
        base_url="",
        registry={dataset.file: f"sha256:{dataset.sha256}" if dataset.sha256 else None},
        urls={dataset.file: url},
        retry_if_failed=RETRIES,
    )
    pooch.get_logger().setLevel("ERROR")
    try:
        path = Path(registry.fetch(dataset.file, downloader=_download))
    except ValueError as error:
        reason = "the file is not the expected one (sha256 differs): it was cut off or changed on the way"
        raise _failed(dataset, url, reason if "hash" in str(error).lower() else str(error)) from None
    except (requests.RequestException, FetchError, OSError) as error:
        raise _failed(dataset, url, _short(error)) from None
    return _settle(dataset, path)


def add(path: str | Path, key: str | None = None) -> Path:
    """Take a copy of a data set that the user already has.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.
    key : str, optional
        Which data set it is; default: recognised by sha256 or by name.

    Raises
    ------
    DataError
        If the file is none of the data sets, or not the expected version.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise DataError(f"There is no file {path}.")
    actual = pooch.file_hash(str(path), alg="sha256")
    dataset = _recognise(path, actual, key)
    if dataset.sha256 and dataset.sha256 != actual:
        raise DataError(f"{path} is not {dataset.key}: its sha256 is {actual}, expected {dataset.sha256}.")
    target = _private_folder() / dataset.file
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        shutil.copyfile(path, fresh)
        fresh.replace(target)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise DataError(f"{path} cannot be copied to {target}: {error.strerror}.") from None
    return _settle(dataset, target)


def verify(dataset: Dataset) -> str | None:
    """Say what is wrong with the file of a data set; None if nothing, or if it is not here."""
    return problem(dataset) if locate(dataset.key) else None


def problem(dataset: Dataset) -> str | None:
    """What is wrong with the present file of a data set, in one sentence."""
    expected = dataset.sha256 or _first_digest(dataset)
    actual = digest(dataset)
    if expected and actual != expected:
        return (
            f"{locate(dataset.key)} is not {dataset.key}: its sha256 is {actual}, expected {expected}."
            f" Remove it and get it again. {dataset.how}"
        )
    return None


def _address(dataset: Dataset, mirror: str | None) -> str:
    if not mirror:
        return dataset.url
    if urlsplit(mirror).scheme not in {"http", "https", "file"}:
        raise FetchError(f"The mirror {mirror!r} is no address: expected http://, https:// or file:///.")
    if mirror.lower().endswith(".csv"):
        return mirror
    return mirror.rstrip("/") + "/" + (dataset.mirror_name or dataset.file)


def _fetch_from_kaggle(dataset: Dataset) -> Path:
    try:
        import kagglehub

        folder = kagglehub.dataset_download("jinghuawu/tiktok-refugee-migration-data")
    except Exception as error:  # kagglehub raises whatever its transport does
        raise FetchError(f"{dataset.key} could not be fetched from Kaggle: {_short(error)}. {dataset.how}") from None
    found = sorted(Path(folder).rglob(dataset.file))
    if not found:
        raise FetchError(f"The Kaggle data set holds no {dataset.file} any more. {dataset.how}")
    return add(found[0], dataset.key)


def _failed(dataset: Dataset, url: str, reason: str) -> FetchError:
    return FetchError(
        f"{dataset.key} could not be fetched from {url}: {reason}. Nothing was kept."
        f" Try again, name a mirror with `--mirror ADDRESS`, or use a copy with `rednote-study data add PATH`."
    )


def _short(error: BaseException) -> str:
    """What went wrong, in a few plain words."""
    if isinstance(error, requests.Timeout):
        return "the server did not answer in time"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke off"
    if isinstance(error, requests.ConnectionError):
        return "no connection to the server"
    text = str(error.strerror if isinstance(error, OSError) and error.strerror else error).strip()
    return (text or type(error).__name__).splitlines()[0][:200]


def _recognise(path: Path, actual: str, key: str | None) -> Dataset:
    for dataset in DATASETS.values():
        if dataset.synthetic:
            continue
        if key == dataset.key or (key is None and (dataset.sha256 == actual or dataset.file == path.name)):
            return dataset
    known = ", ".join(k for k, d in DATASETS.items() if not d.synthetic)
    raise DataError(
        f"{path} is none of the data sets ({known}). Say which it is with `--as NAME`;"
        f" a crawl of your own needs no adding: use its path, as in `rednote-study describe --dataset {path}`."
    )


def _private_folder() -> Path:
    """The raw folder, made if need be; its files are personal data."""
    folder = raw_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FetchError(
            f"{folder} cannot be made: {error.strerror}. Set REDNOTE_STUDY_RAW to a folder of yours."
        ) from None
    return folder


def _settle(dataset: Dataset, path: Path) -> Path:
    """Make the file private, and keep its sha256 where none is pinned."""
    path.chmod(0o600)
    if dataset.sha256 is None:
        path.with_suffix(".sha256").write_text(digest(dataset) + "\n", "ascii")
    return path


def _first_digest(dataset: Dataset) -> str | None:
    note = raw_folder() / Path(dataset.file).with_suffix(".sha256")
    return note.read_text("ascii").strip() if note.is_file() else None
