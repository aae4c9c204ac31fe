"""Notice what a session changes in this package, so that nothing of it is stored as the study's own.

``rednote_study/__init__.py`` installs it before any other module is imported. Each module is then known by the source
that was imported; an attribute that is set from outside is remembered until it is put back, and a file that was edited
after its import is noticed.
"""

from __future__ import annotations

import functools
import importlib.machinery
import itertools
import sys
import types
from collections.abc import Callable
from pathlib import Path

_set: dict[tuple[str, str], tuple[object, int]] = {}  # attribute: what it was before, and the number of its setting
_settings = itertools.count()  # an id would not do: that of a value which is gone comes back
_files: dict[str, tuple[Path, tuple[int, int]]] = {}  # module: its file, and the state in which that was last compared
_sources: dict[str, bytes] = {}  # module: its source as it was first imported
_reloaded: dict[str, int] = {}  # module that was imported again from another source: the number of that
_MISSING = object()
_PACKAGE = __name__.split(".")[0]


def changed() -> list[str]:
    """What this session has changed: attributes set from outside, modules whose source is another one by now."""
    return sorted({f"{module}.{name}" for module, name in _set} | {*_reloaded} | set(filter(_edited, list(_files))))


def cached(maxsize: int | None = None) -> Callable[[Callable], Callable]:
    """:func:`functools.lru_cache`, in which a call is another one when the session has changed something since."""

    def decorate(function: Callable) -> Callable:
        @functools.lru_cache(maxsize)
        def keyed(state: tuple, *args, **kwargs):
            return function(*args, **kwargs)

        @functools.wraps(function)
        def call(*args, **kwargs):
            return keyed(_state_of_session(), *args, **kwargs)

        call.cache_clear = keyed.cache_clear
        return call

    return decorate


def _state_of_session() -> tuple:
    return *sorted((*attribute, number) for attribute, (_, number) in _set.items()), *sorted(_reloaded.items())


def stores_are_off() -> bool:
    """Whether results are neither read from a store nor written to one; the reason is said once."""
    found = changed()
    if found:
        _say(", ".join(found))
    return bool(found)


@functools.cache  # once for each change
def _say(what: str) -> None:
    print(f"Results of this session are computed and not kept: it has changed {what}.", file=sys.stderr)


def _edited(module: str) -> bool:
    """Whether the file of a module holds another source than the one that was imported."""
    path, seen = _files[module]
    try:
        state = _state(path)
        if state != seen and path.read_bytes() == _sources[module]:
            _files[module] = path, state
        return state != _files[module][1]
    except OSError:
        return True


def _state(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_size


class _Watched(types.ModuleType):
    def __setattr__(self, name, value):
        child = isinstance(value, types.ModuleType) and value.__name__ == f"{self.__name__}.{name}"
        if not child and not name.startswith("__"):  # the import system sets those
            _note(self, name, value)
        super().__setattr__(name, value)

    def __delattr__(self, name):
        _note(self, name, _MISSING)
        super().__delattr__(name)


def _note(module: types.ModuleType, name: str, value: object) -> None:
    """Remember that an attribute is set, or forget it where it is put back."""
    attribute = module.__name__, name
    before, _ = _set.pop(attribute, (vars(module).get(name, _MISSING), 0))
    if before is not value:
        _set[attribute] = before, next(_settings)


class _Loader(importlib.machinery.SourceFileLoader):
    def exec_module(self, module):
        path = Path(self.path)
        _files[self.name] = path, _state(path)  # before reading: an edit in between is seen as one
        source = self.get_data(self.path)
        if _sources.setdefault(self.name, source) != source or self.name in _reloaded:
            _reloaded[self.name] = next(_settings)
        super().exec_module(module)
        module.__class__ = _Watched


class _Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if not name.startswith(f"{_PACKAGE}."):
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec and type(spec.loader) is importlib.machinery.SourceFileLoader:
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


def install() -> None:
    """Watch every module of this package that is imported from now on."""
    if _Finder not in sys.meta_path:
        sys.meta_path.insert(0, _Finder)
