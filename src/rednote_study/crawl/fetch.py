"""Bring a data set to this machine and verify it: from its address, a mirror, Kaggle or a copy.

A file is verified before it takes its place under ``data/raw``; whatever goes
wrong, nothing half done is left. Where no sha256 is published, that of the first
file holds: it is kept beside the file, and every later file must agree with it.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pooch
import requests
from urllib3.exceptions import HTTPError

from rednote_study.crawl.download import Downloader, Incoming, copy, download_from_kaggle, in_short
from rednote_study.datasets.sources import DATASETS, Dataset, digest, locate, place
from rednote_study.errors import DataError, FetchError
from rednote_study.system.files import alone, remove_leftovers, why, write_whole
from rednote_study.system.paths import raw_folder

RETRIES = 2
UNFINISHED = ".unfinished-"
"""Beginning of the names of what is being fetched; such a file is never read as data."""
KAGGLE = "jinghuawu/tiktok-refugee-migration-data"


def fetch(dataset: Dataset, mirror: str | None = None) -> Path:
    """Fetch a data set, unless it is here and whole.

    Parameters
    ----------
    dataset : Dataset
        An entry of :data:`rednote_study.datasets.sources.DATASETS`.
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
    with _alone():
        return _fetch(dataset, mirror)


def _fetch(dataset: Dataset, mirror: str | None) -> Path:
    if locate(dataset.key) and verify(dataset) is None:  # perhaps brought by a process that was waited for
        return _settle(dataset)
    mirror = mirror or os.environ.get("REDNOTE_STUDY_MIRROR")
    if dataset.url is None and not mirror:
        return _fetch_from_kaggle(dataset)
    return _fetch_from_address(dataset, _address(dataset, mirror))


def _fetch_from_address(dataset: Dataset, url: str) -> Path:
    expected, target = expected_sha256(dataset), _target(dataset)

    def check(incoming: Incoming) -> None:
        if expected and incoming.sha256 != expected:
            got = f"{incoming.size:,} bytes came, their sha256 is {incoming.sha256}"
            raise ValueError(f"it was cut off or changed on the way: {got}, expected {expected}")
        _check_header(dataset, incoming)

    pooch.get_logger().setLevel("ERROR")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=UNFINISHED) as folder:
            registry = pooch.create(
                path=folder,
                base_url="",
                registry={dataset.file: f"sha256:{expected}" if expected else None},
                urls={dataset.file: url},
                retry_if_failed=RETRIES,
            )
            fresh = Path(registry.fetch(dataset.file, downloader=Downloader(check, dataset.largest)))
            _place(fresh, target)
    except (requests.RequestException, HTTPError, FetchError, OSError, ValueError) as error:
        of_disk = isinstance(error, OSError) and why(error) is not None
        place = f" Files are kept in {target.parent}; REDNOTE_STUDY_RAW names another folder." if of_disk else ""
        raise FetchError(
            f"{dataset.key} could not be fetched from {url}: {in_short(error)}. Nothing was kept.{place}"
            f"{_if_newer(dataset)} Try again, name a mirror with `--mirror ADDRESS`, or use a copy with"
            " `rednote-study data add PATH`."
        ) from None
    return _settle(dataset)


def _fetch_from_kaggle(dataset: Dataset) -> Path:
    with tempfile.TemporaryDirectory(dir=_private_folder(), prefix=UNFINISHED) as cache:
        try:
            folder = download_from_kaggle(KAGGLE, cache)
        except FetchError as error:
            raise FetchError(f"{dataset.key} could not be fetched from Kaggle: {error}. {dataset.how}") from None
        found = sorted(folder.rglob(dataset.file))
        if not found:
            raise FetchError(f"The Kaggle data set holds no {dataset.file} any more. {dataset.how}")
        return _add(found[0], dataset.key)


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
    path = _given_file(path)
    with _alone():
        return _add(path, key)


def _add(path: Path, key: str | None) -> Path:
    with tempfile.TemporaryDirectory(dir=_private_folder(), prefix=UNFINISHED) as folder:
        fresh = Path(folder, path.name)
        try:
            with fresh.open("wb") as file:
                incoming = Incoming(file)
                copy(path, incoming)
        except (OSError, FetchError) as error:
            raise DataError(f"{path} cannot be copied to {raw_folder()}: {in_short(error)}.") from None
        dataset = _recognise(path, incoming.sha256, key)
        expected = expected_sha256(dataset)
        if expected and expected != incoming.sha256:
            reason = f"its sha256 is {incoming.sha256}, expected {expected}."
            raise DataError(f"{path} is not {dataset.key}: {reason}{_if_newer(dataset)}")
        try:
            _check_header(dataset, incoming)
        except FetchError as error:
            raise DataError(f"{path} is not {dataset.key}: {error}.") from None
        _place(fresh, _target(dataset))
    return _settle(dataset)


def verify(dataset: Dataset) -> str | None:
    """Say in one sentence what is wrong with the file of a data set; None if nothing, or if it is not here."""
    path, expected = place(dataset), expected_sha256(dataset)
    if not path.exists():
        return None
    if not path.is_file():
        return f"{path} is not a regular file. Move it away and get the data set again. {dataset.how}"
    try:
        actual = digest(dataset)
    except DataError as error:
        return str(error)
    if expected in (None, actual):
        return None
    fault = f"{path} is not {dataset.key}: its sha256 is {actual}, expected {expected}."
    return f"{fault} Remove it and get it again. {dataset.how}{_if_newer(dataset)}"


def expected_sha256(dataset: Dataset) -> str | None:
    """The published sha256; without one that of the first file; None where there was none yet."""
    note = _note(dataset)
    if dataset.sha256 or not note.is_file():
        return dataset.sha256
    return note.read_text("ascii", errors="replace").strip()


def _address(dataset: Dataset, mirror: str | None) -> str:
    if not mirror:
        return dataset.url
    try:
        parts = urlsplit(mirror)
        on_disk = parts.scheme == "file" and parts.netloc in {"", "localhost"}
        usable = on_disk or (parts.scheme in {"http", "https"} and parts.hostname)
    except ValueError:  # such as a bracket that is not closed
        usable = False
    if not usable:
        raise FetchError(f"The mirror {mirror!r} is no address: expected http://, https:// or file:///.")
    if mirror.lower().endswith(".csv"):
        return mirror
    return mirror.rstrip("/") + "/" + (dataset.mirror_name or dataset.file)


def _check_header(dataset: Dataset, incoming: Incoming) -> None:
    """Where no sha256 is published, at least refuse an error page, an archive or another table."""
    if dataset.sha256 is None and b"user_id" not in incoming.head.split(b"\n")[0]:
        raise FetchError("its first line names no column user_id (a packed file must be unpacked first)")


def _if_newer(dataset: Dataset) -> str:
    note = _note(dataset)
    changed = dataset.sha256 is None and note.is_file()
    return f" If its publisher has changed the file, remove {note} first." if changed else ""


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


def _given_file(path: str | Path) -> Path:
    with contextlib.suppress(OSError, RuntimeError, ValueError):  # a name that no file can have
        path = Path(path).expanduser()
        if path.is_dir():
            raise DataError(f"{path} is a folder; name the file in it.")
        if path.is_file():
            return path
    raise DataError(f"There is no file {str(path)[:300]}.")


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """No other process fetches into the raw folder meanwhile; what a killed one left is removed."""
    folder = _private_folder()
    try:
        with alone(folder):
            remove_leftovers(folder, f"{UNFINISHED}*")
            yield
    except OSError as error:
        raise FetchError(
            f"{folder} cannot be used: {in_short(error)}. Or set REDNOTE_STUDY_RAW to a folder of yours."
        ) from None


def _place(fresh: Path, target: Path) -> None:
    """Put a verified file, on the disk to its last byte, into its place at once."""
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    fresh.chmod(0o600)
    fresh.replace(target)


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


def _target(dataset: Dataset) -> Path:
    """Where the file will stand; nothing but an older file may stand there."""
    path = _private_folder() / dataset.file
    if path.exists() and not path.is_file():
        raise FetchError(f"{path} is in the way of the file of that name. Move it away and try again.")
    return path


def _note(dataset: Dataset) -> Path:
    return raw_folder() / Path(dataset.file).with_suffix(".sha256")


def _settle(dataset: Dataset) -> Path:
    """Make the file private, and keep its sha256 where none is published."""
    path = place(dataset)
    path.chmod(0o600)
    if dataset.sha256 is None:
        write_whole(_note(dataset), f"{digest(dataset)}\n".encode())
    return path
