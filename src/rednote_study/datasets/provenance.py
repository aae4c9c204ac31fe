"""Where a figure or table comes from: data set, sha256, version, licence; the same words in every file format."""

from __future__ import annotations

from dataclasses import dataclass

from rednote_study import __version__
from rednote_study.datasets.sources import Dataset

METADATA_KEY = "rednote"
"""Key of the output metadata that :mod:`rednote_book.site.figures` reads."""

PROJECT = "Who stayed? TikTok refugees on Xiaohongshu"
AUTHOR = "The rednote-study team"
OWN_LICENCE = "CC BY 4.0"
"""Licence of figures and tables, unless the data they rest on ask for another."""


@dataclass(frozen=True)
class Provenance:
    """What stands behind a figure or table; nothing but the version where it rests on no posts.

    Attributes
    ----------
    dataset, title, author, reference : str
        Key of the data set, its title, who made it and where it is described; empty without posts.
    dataset_version, sha256 : str
        State of the data set: the publisher's name for it, and the sha256 of the file (hexadecimal).
    synthetic : bool
        Whether this project's generator made the posts.
    recorded : str
        Version of this project that computed the numbers, where the posts are not on this machine.
    licence : str
        Under which the figure or table may be used.
    version : str
        Of this project.
    """

    dataset: str = ""
    title: str = ""
    author: str = ""
    reference: str = ""
    dataset_version: str = ""
    sha256: str = ""
    synthetic: bool = False
    recorded: str = ""
    licence: str = OWN_LICENCE
    version: str = __version__

    @classmethod
    def of(cls, source: Dataset, sha256: str, recorded: str = "") -> Provenance:
        """The provenance of what was computed from the data set `source`."""
        return cls(
            source.key,
            source.title,
            source.author,
            source.reference,
            source.version,
            sha256,
            source.synthetic,
            recorded,
            source.results_licence or OWN_LICENCE,
        )

    @property
    def data(self) -> str:
        """The data set in one phrase.

        >>> Provenance().data
        'no posts: simulation or public sources'
        """
        if not self.dataset:
            return "no posts: simulation or public sources"
        version = f" {self.dataset_version}" if self.dataset_version else ""
        return f"{self.dataset}{version}, sha256 {self.sha256 or 'unknown'}"

    def sentence(self, id: str) -> str:
        """All of it in one line, for file formats with few fields.

        >>> Provenance(version="1.2").sentence("a-b")
        'id a-b; data no posts: simulation or public sources; rednote-study 1.2; licence CC BY 4.0'
        """
        return f"id {id}; data {self.data}; rednote-study {self.version}; licence {self.licence}"

    def svg(self, id: str, title: str, caption: str) -> dict[str, str | None]:
        """Dublin Core fields of an SVG file."""
        return {
            "Title": title,
            "Creator": AUTHOR,
            "Description": caption,
            "Identifier": id,
            "Source": self.data,
            "Relation": f"{PROJECT}, rednote-study {self.version}",
            "Rights": self.licence,
            "Date": None,  # the same figure is the same file
        }

    def pdf(self, id: str, title: str, caption: str) -> dict[str, str | None]:
        """Document information of a PDF file, which has no field for source or licence."""
        return {
            "Title": title,
            "Author": AUTHOR,
            "Subject": caption,
            "Keywords": self.sentence(id),
            "Creator": f"rednote-study {self.version}",
            "CreationDate": None,
        }

    def png(self, id: str, title: str, caption: str) -> dict[str, str]:
        """Text chunks of a PNG file: the names that the standard knows, then the ones it lacks."""
        return {
            "Title": title,
            "Author": AUTHOR,
            "Description": caption,
            "Copyright": self.licence,
            "Source": self.data,
            "Software": f"rednote-study {self.version}",
            "Identifier": id,
        }
