"""The errors that a user may meet: each says what was wrong, where, and what to do.

The command line prints their message and nothing else; a traceback means a
defect of this project.
"""


class StudyError(Exception):
    """Base of all errors that are meant for the user's eyes."""


class DataError(StudyError):
    """A file or table that cannot be used as it is."""


class FetchError(StudyError):
    """A data set that could not be fetched, verified or placed."""


class BuildError(StudyError):
    """A book that could not be built."""
