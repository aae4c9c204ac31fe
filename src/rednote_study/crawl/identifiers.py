"""Object identifiers: the time they carry, and the pseudonyms that replace them.

``user_id`` and ``post_id`` are 24 hexadecimal digits in MongoDB's ObjectId
layout: the first eight are the Unix time at which the object was made.
"""

import functools
import hashlib
import os
import secrets
from pathlib import Path

import pandas as pd

from rednote_study.crawl.distinct import by_value
from rednote_study.system.paths import raw_folder

UTC_OFFSET = pd.Timedelta(hours=8)
"""All times of the study are wall times of China, UTC+8, as the platform shows them."""


@by_value
def is_object_id(ids: pd.Series) -> pd.Series:
    """Whether each cell is 24 hexadecimal digits (bool)."""
    return ids.fillna("").str.strip().str.fullmatch(r"[0-9a-fA-F]{24}")


@by_value
def is_hash(ids: pd.Series) -> pd.Series:
    """Whether each cell is what a hash would leave of an identifier: 16, 32, 40 or 64 hexadecimal digits, or a UUID (bool)."""
    uuid = "-".join(f"[0-9a-fA-F]{{{n}}}" for n in (8, 4, 4, 4, 12))
    return (
        ids.fillna("")
        .str.strip()
        .str.fullmatch(rf"[0-9a-fA-F]{{16}}(?:[0-9a-fA-F]{{16}}|[0-9a-fA-F]{{24}}|[0-9a-fA-F]{{48}})?|{uuid}")
    )


@by_value
def is_cut(ids: pd.Series) -> pd.Series:
    """Whether Excel took an identifier for a number and cut it, as in ``6.78537E+23`` (bool)."""
    return ids.fillna("").str.strip().str.fullmatch(r"[0-9](\.[0-9]+)?[eE]\+?[0-9]{2,3}")


@by_value
def object_id_time(ids: pd.Series) -> pd.Series:
    """Time at which the object was made (datetime64, UTC+8, to the second).

    Examples
    --------
    >>> str(object_id_time(pd.Series(["678536a00000000000000000"]))[0])
    '2025-01-13 23:52:00'
    """
    seconds = ids.str.strip().str[:8].map(lambda digits: int(digits, 16)).astype("int64")
    return (pd.to_datetime(seconds, unit="s") + UTC_OFFSET).astype("datetime64[s]")


def pseudonyms(ids: pd.Series) -> pd.Series:
    """Salted hashes of identifiers: equal within one machine, meaningless elsewhere.

    Keyed BLAKE2b with 64 bits. The salt never leaves the machine, so nobody can
    find out by trying whether a known account is in the data.
    """
    salt = _salt(raw_folder())
    known = {i: hashlib.blake2b(i.encode(), key=salt, digest_size=8).hexdigest() for i in ids.unique()}
    return ids.map(known).astype("str")


def salt_is_kept() -> bool:
    """Whether the salt is kept on disk, so that all processes of this machine have the same."""
    _salt(raw_folder())
    return (raw_folder() / ".salt").is_file()


@functools.cache
def _salt(folder: Path) -> bytes:
    """Read the machine's salt, or make it; where nothing can be written it lives for this run."""
    path = folder / ".salt"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".salt.{os.getpid()}")
        try:
            fresh.touch(mode=0o600)
            fresh.write_bytes(secrets.token_bytes(32))
            os.link(fresh, path)  # fails where another run was first: its salt is kept
        except FileExistsError:
            pass
        finally:
            fresh.unlink(missing_ok=True)
        return path.read_bytes()
    except OSError:
        return secrets.token_bytes(32)
