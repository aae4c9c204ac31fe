"""The release archive: site, figures, recorded tables, how to cite, and a checksum of every file.

The same content gives the same bytes on any machine: names are sorted, times and rights are fixed, and nothing is
compressed, because compressors differ between machines.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from pathlib import Path

from rednote_study import __version__
from rednote_study.datasets.settings import DEFAULT
from rednote_study.errors import BuildError
from rednote_study.results import SEED
from rednote_study.store.record import read_manifest
from rednote_study.system.paths import BUILD, RESULTS, ROOT

_ALONGSIDE = ("README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff", "codemeta.json", ".zenodo.json", "data/README.md")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time that a ZIP file knows


def release(site: Path = BUILD / "html", folder: Path = BUILD / "release") -> Path:
    """Write ``rednote-study-<version>.zip``, its checksum beside it, and the book as a PDF where it was printed.

    Parameters
    ----------
    site : pathlib.Path
        The built book on the study's own data, with its figures' files.
    folder : pathlib.Path
        Where the archive goes.

    Returns
    -------
    pathlib.Path
        The archive.

    Raises
    ------
    BuildError
        If there is no built site.
    """
    if not (site / "index.html").is_file():
        raise BuildError(f"There is no site in {site}. Build it first: `make book`.")
    name = f"rednote-study-{__version__}"
    files = contents(site)
    files["MANIFEST.json"] = _manifest(files)
    files["SHA256SUMS"] = "".join(f"{_sha256(files[p])}  {p}\n" for p in sorted(files)).encode()
    folder.mkdir(parents=True, exist_ok=True)
    target, fresh = folder / f"{name}.zip", folder / f".{name}.zip"
    with zipfile.ZipFile(fresh, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(files):
            archive.writestr(_entry(f"{name}/{path}"), files[path])
    fresh.replace(target)
    (folder / f"{name}.zip.sha256").write_text(f"{_sha256(target.read_bytes())}  {target.name}\n", "utf-8")
    for paper in site.glob(f"{name}.pdf"):  # also by itself, for those who only read
        shutil.copyfile(paper, folder / paper.name)
    return target


def contents(site: Path) -> dict[str, bytes]:
    """Files of the archive by their path in it: ``site/``, ``tables/`` and the papers of the repository."""
    files = {f"site/{p.relative_to(site).as_posix()}": p.read_bytes() for p in site.rglob("*") if p.is_file()}
    tables = RESULTS / DEFAULT
    files |= {f"tables/{DEFAULT}/{p.name}": p.read_bytes() for p in tables.iterdir() if p.is_file()}
    return files | {Path(p).as_posix(): (ROOT / p).read_bytes() for p in _ALONGSIDE}


def _manifest(files: dict[str, bytes]) -> bytes:
    """What the archive holds, for programs: version, data, and each file with size and sha256."""
    record = read_manifest(DEFAULT)
    figures = "site/figures/manifest.json"
    listed = {
        "name": "rednote-study",
        "version": __version__,
        "dataset": {key: record[key] for key in ("dataset", "sha256", "version")} | {"seed": SEED},
        "figures": figures if figures in files else None,
        "tables": f"tables/{DEFAULT}/manifest.json",
        "files": [{"path": p, "bytes": len(files[p]), "sha256": _sha256(files[p])} for p in sorted(files)],
    }
    return (json.dumps(listed, indent=1) + "\n").encode()


def _entry(path: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, _EPOCH)
    entry.external_attr = 0o100644 << 16
    entry.create_system = 3  # Unix, wherever it was made
    return entry


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
