"""A result is a function of a crawl and of its arguments; it is looked up before it is computed.

    @result("behaviour_effects", title=..., columns={...}, keys=("contrast", "count"))
    def effects(crawl, contrasts=CONTRASTS, *, resamples=2000, seed=SEED) -> pd.DataFrame: ...

    effects(crawl)                  # an ordinary call in a chapter

Looked up means: same crawl, same arguments, same code (the function's module and all that it imports from this package,
with the shipped data), same pins. First in the shipped record (``data/results``, which holds each result at its
defaults), then in the reader's own store (``build/tables``). Where the posts are not on this machine, the record is
shown whatever the code is by now. So one mechanism is cache, record and regression test. The registry checks the
columns and suppresses small cells, so no table leaves this package with a number that rests on one to four users.
"""

from __future__ import annotations

import contextvars
import functools
import inspect
import json
import os
import sys
import sysconfig
import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from rednote_study.crawl.crawl import Crawl, PostsMissing
from rednote_study.crawl.notation import HASHES, NONE
from rednote_study.crawl.users import OF_REGISTRATION
from rednote_study.datasets.provenance import Provenance
from rednote_study.errors import DataError, StudyError
from rednote_study.formats import Format
from rednote_study.store import record
from rednote_study.store.fingerprint import FRESH, code_digest
from rednote_study.store.memory import kept
from rednote_study.store.small_cells import suppress_small
from rednote_study.system import watch
from rednote_study.system.paths import DATA
from rednote_study.system.plain import plain

SEED = 20250113
"""Seed of every resampling and simulation of the book, unless a chapter varies it."""


SPREAD = DATA / "spread.csv"
"""How far each table differed between processors, and the tolerance that follows; written by ``tools/spread.py``."""


@dataclass(frozen=True)
class ResultSpec:
    """What is known of a result before it is computed."""

    name: str
    title: str
    columns: dict[str, str]
    keys: tuple[str, ...]
    adds_up: tuple[str, ...] | None
    varies: tuple[str, ...]
    machine: str | None
    exempt: str | None
    needs_data: bool
    formats: Mapping[str, Format]
    function: Callable[..., pd.DataFrame]
    raw: Callable[..., pd.DataFrame]
    signature: inspect.Signature

    @property
    def module(self) -> str:
        """Name of the function's module."""
        return self.function.__module__

    @property
    def tolerance(self) -> float:
        """Largest relative difference between two machines that counts as equal: found, not guessed."""
        return _tolerances().get(self.name, _EXACT)[0]

    @property
    def absolute(self) -> float:
        """Largest absolute difference that does, beside the relative one."""
        return _tolerances().get(self.name, _EXACT)[1]


_EXACT = 1e-9, 1e-12
"""Of a table that was never measured: the record keeps ten digits."""


@functools.cache
def _tolerances() -> dict[str, tuple[float, float]]:
    found = pd.read_csv(SPREAD).set_index("table")[["tolerance", "absolute_tolerance"]]
    return {str(name): (float(relative), float(absolute)) for name, relative, absolute in found.itertuples()}


SPECS: dict[str, ResultSpec] = {}
"""Results by name, of the modules that are imported; :mod:`rednote_study.catalogue` has all."""


def stored(function: Callable) -> Callable:
    """Keep what a function of a crawl (or of none) returns, in memory and on disk.

    Chapters are processes of their own and share steps; the pages that quote a chapter too. The folder on disk is
    named by the state of the code, so nothing stale can be read.
    """
    module, name = function.__module__, f"{function.__module__}.{function.__qualname__}"

    @functools.wraps(function)
    def once(*args, **kwargs):
        given = {str(k): v for k, v in [*enumerate(args), *kwargs.items()]}
        crawls = [v for v in given.values() if isinstance(v, Crawl)]
        arguments, modules = _canonical_arguments(_without_crawls(given))
        ours = module.split(".")[0] == __package__
        if not ours or arguments is None or not all(c.digest for c in crawls):  # no lasting name
            return _computed((), function, _Call(args, kwargs))
        key = name, tuple(c.content for c in crawls), json.dumps([arguments, *map(code_digest, sorted(modules))])
        return in_memory(key, _Call(args, kwargs))

    @watch.cached(maxsize=16)
    def in_memory(key: tuple, call: _Call):
        state = code_digest(module)
        on_disk = kept(f"tables/{module.rpartition('.')[2]}", _computed, state=state, ignore=["function", "call"])
        return on_disk(key, function, call)

    return once


@dataclass(frozen=True)
class _Call:
    """Arguments that stand beside the key of a call, which alone tells calls apart."""

    args: tuple = field(compare=False)
    kwargs: dict = field(compare=False)


_WORK = {"steps": 0}
"""How many steps this session has computed, where it did not find them kept."""


def _computed(key: tuple, function: Callable, call: _Call):
    _WORK["steps"] += 1
    return function(*call.args, **call.kwargs)


def result(
    name: str,
    *,
    title: str,
    columns: dict[str, str],
    keys: tuple[str, ...] = (),
    adds_up: tuple[str, ...] | None = None,
    varies: tuple[str, ...] = (),
    machine: str | None = None,
    exempt: str | None = None,
    needs_data: bool = True,
    formats: Mapping[str, Format] | None = None,
) -> Callable[[Callable[..., pd.DataFrame]], Callable[..., pd.DataFrame]]:
    """Make a function of a crawl (or of none) that returns a tidy frame a result with a permanent name.

    Its further arguments need defaults: with them it is recorded. It may return rows (tuples in the order of `columns`,
    or dicts), of which the frame is made here, so that each name stands once; of a frame, the documented columns are
    kept, in their order.

    Parameters
    ----------
    name : str
        Permanent name; also the file name of the record.
    title : str
        Caption that stands alone.
    columns : dict of str to str
        Column name and its meaning with unit, in the table's order.
    keys : tuple of str
        Columns that say which row it is; never suppressed.
    adds_up : tuple of str, optional
        Columns within whose values the rows add up to a total that is known elsewhere (empty: all rows do).
        There a single suppressed row could be found by subtraction, so a second one is suppressed with it.
    varies : tuple of str
        Columns whose whole numbers may differ between machines within the tolerance; all others are compared exactly.
    machine : str, optional
        Why the table differs between machines by its nature; then it is recorded, and compared with nothing.
    exempt : str, optional
        Why small cells of this table may be shown; without it they are suppressed.
    needs_data : bool
        False for tables that rest on no posts.
    formats : mapping of str to Format, optional
        How columns are shown to a reader, where that is not as they are: the table holds numbers, no texts of them.
    """

    def register(function: Callable[..., pd.DataFrame]) -> Callable[..., pd.DataFrame]:
        if name in SPECS and SPECS[name].module != function.__module__:
            raise ValueError(f"result {name!r} is registered twice")

        @functools.wraps(function)
        def framed(*args, **kwargs) -> pd.DataFrame:
            made = function(*args, **kwargs)
            return made if isinstance(made, pd.DataFrame) else pd.DataFrame(made, columns=list(columns))

        @functools.wraps(function)
        def call(*args, **kwargs) -> pd.DataFrame:
            arguments = {k: _unfitted(v) for k, v in _bound(spec, args, kwargs).items()}
            if _inside.get():  # a step of another result: no digit is lost, no cell blank
                return spec.raw(**arguments).copy()
            return _look_up_or_compute(spec, arguments)

        spec = ResultSpec(
            name, title, columns, keys, adds_up, varies, machine, exempt, needs_data, formats or {}, call,
            stored(framed), inspect.signature(function),
        )  # fmt: skip
        SPECS[name] = spec
        return call

    return register


def _bound(spec: ResultSpec, args: tuple, kwargs: dict) -> dict:
    """Arguments by name, also those at their defaults; one of another form than its default is told at once."""
    name = spec.raw.__name__
    try:
        bound = spec.signature.bind(*args, **kwargs)
    except TypeError as error:
        raise TypeError(f"{name}() {error}") from None
    bound.apply_defaults()
    for argument, value in bound.arguments.items():
        default = spec.signature.parameters[argument].default
        if isinstance(default, Mapping) and not isinstance(value, Mapping):
            raise DataError(f"{name}({argument}=...) takes a mapping, such as {dict([*default.items()][:1])}.")
        if isinstance(default, list | tuple) and isinstance(value, str):
            raise DataError(f"{name}({argument}=...) takes several: put {value!r} into a list.")
    return bound.arguments


_inside = contextvars.ContextVar("computing a result", default=False)


def compute(spec: ResultSpec, arguments: dict) -> pd.DataFrame:
    """Compute a result whatever is recorded, check its columns and suppress its small cells."""
    token = _inside.set(True)
    try:
        frame = spec.raw(**arguments)
    except DataError as error:
        raise type(error)(_naming_the_argument(spec, arguments, str(error))) from None
    finally:
        _inside.reset(token)
    if lacking := set(spec.columns) - set(frame.columns):
        raise StudyError(f"Table {spec.name} lacks the documented columns {sorted(lacking)}.")
    frame = frame[list(spec.columns)].reset_index(drop=True)
    if spec.exempt or not spec.needs_data:
        return frame
    return suppress_small(frame, keep=spec.keys, adds_up=spec.adds_up)


def _naming_the_argument(spec: ResultSpec, arguments: dict, message: str) -> str:
    """A message that quotes what somebody wrote in a cell, such as a condition, says in which argument it stands."""
    usual = set(_texts(_defaults(spec)))
    quoted = {t: name for name, value in arguments.items() for t in {*_texts(value)} - usual if t and t in message}
    return f"{spec.raw.__name__}({quoted[max(quoted, key=len)]}=...): {message}" if quoted else message


def _texts(value) -> list[str]:
    """All texts in nested arguments."""
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return [text for part in parts for text in _texts(part)]


# Looked up before it is computed --------------------------------------------------------------------------


def _look_up_or_compute(spec: ResultSpec, arguments: dict) -> pd.DataFrame:
    crawl = next((v for v in arguments.values() if isinstance(v, Crawl)), None)
    missing = crawl is not None and not crawl.present
    found = _recorded(spec, crawl, arguments)
    if missing and found is None:
        raise PostsMissing(_what_is_missing(spec, crawl, arguments))
    if found is not None and (missing or not (found.attrs["moved_on"] or os.environ.get(FRESH) or watch.changed())):
        _count("looked up", spec, crawl, arguments)
        return found
    before = _WORK["steps"]
    frame, failed = _made(spec, crawl, arguments)
    _count("looked up" if _WORK["steps"] == before else "computed", spec, crawl, arguments)
    known = found is not None
    return _about(record.from_csv(record.to_csv(frame)), spec, crawl, failed=failed, known=known)


COUNT = "REDNOTE_STUDY_COUNT"
"""Variable of the environment: a file that is told which results were looked up, and which computed."""


def _count(how: str, spec: ResultSpec, crawl: Crawl | None, arguments: dict) -> None:
    if path := os.environ.get(COUNT):
        asked = joblib.hash(_canonical_arguments(_without_crawls(arguments))[0])
        with open(path, "a", encoding="utf-8") as file:  # chapters write at once; a line this short is never torn
            file.write(f"{how}\t{spec.name} {crawl.key if crawl else ''} {asked}\n")


def _made(spec: ResultSpec, crawl: Crawl | None, arguments: dict) -> tuple[pd.DataFrame, str]:
    """The computed frame; of a crawl of one's own that does not give it, an empty one and the reason."""
    if crawl is None or not crawl.own:
        return compute(spec, arguments), ""
    if crawl.present and crawl.reading.notation.users == NONE:
        return _nothing(spec), f"The table {spec.name} cannot be made. {crawl.reading.sentences()[0]}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # means of nothing and the like: the page shows that they are empty
        try:
            return compute(spec, arguments), ""
        except StudyError as error:
            reason = text = str(error)
        except Exception as error:
            text = plain(str(error))[:300]
            reason = f"The table {spec.name} cannot be made from these data ({type(error).__name__}: {text})."
        if asks_for_registration(crawl, text):
            reason = f"The table {spec.name} cannot be made. {crawl.reading.sentences()[0]}"
    return _nothing(spec), reason


def asks_for_registration(crawl: Crawl, error: str) -> bool:
    """Whether a computation failed because no account's date of registration is known."""
    return crawl.reading.notation.users == HASHES and any(column in error for column in OF_REGISTRATION)


def _nothing(spec: ResultSpec) -> pd.DataFrame:
    return pd.DataFrame({c: pd.Series(dtype=float) for c in spec.columns})


def _recorded(spec: ResultSpec, crawl: Crawl | None, arguments: dict) -> pd.DataFrame | None:
    """The recorded frame of this call, if it was recorded with these arguments and of this file."""
    key = crawl.key if crawl else record.SIMULATIONS
    if (crawl and crawl.own and crawl.source.path) or not record.is_recorded(key):
        return None
    manifest = record.read_manifest(key)
    entry = manifest["tables"].get(spec.name)
    other_file = crawl is not None and crawl.present and crawl.digest != manifest["sha256"]
    asked, _ = _canonical_arguments(_without_crawls(arguments))
    if entry is None or other_file or asked is None or _unlike(_at_defaults(spec, entry), asked):
        return None
    moved_on = entry["code"] != code_digest(spec.module)
    try:
        frame = record.read_table(key, spec.name)
    except DataError:
        if crawl is not None and not crawl.present:
            raise
        return None  # it can be computed
    return _about(frame, spec, crawl, manifest=manifest, moved_on=moved_on, known=True)


def _without_crawls(arguments: dict) -> dict:
    return {k: v for k, v in arguments.items() if not isinstance(v, Crawl)}


def _defaults(spec: ResultSpec) -> dict:
    return {p.name: p.default for p in spec.signature.parameters.values() if p.default is not p.empty}


def _at_defaults(spec: ResultSpec, entry: dict) -> dict:
    """The recorded arguments; what the record lacks counts as at its default."""
    return (_canonical_arguments(_defaults(spec))[0] or {}) | entry.get("arguments", {})


def entry(spec: ResultSpec, frame: pd.DataFrame) -> dict:
    """What the manifest of a record says of a result that was computed at its defaults."""
    arguments, _ = _canonical_arguments(_defaults(spec))
    return {
        "rows": len(frame),
        "arguments": arguments,
        "tolerance": spec.tolerance,
        "absolute": spec.absolute,
        "code": code_digest(spec.module),
    }


def _what_is_missing(spec: ResultSpec, crawl: Crawl, arguments: dict) -> str:
    sentence = f"The posts of {crawl.key} are not on this machine. {crawl.source.how}"
    manifest = record.read_manifest(crawl.key)
    asked, _ = _canonical_arguments(_without_crawls(arguments))
    if spec.name not in manifest["tables"]:
        return f"{spec.name} is not recorded for {crawl.key}. {sentence}"
    other = dict.fromkeys(_unlike(_at_defaults(spec, manifest["tables"][spec.name]), asked or {}))
    return f"{spec.name} was recorded with {'; '.join(other)}. {sentence}"


def _unlike(recorded, asked) -> list[str]:
    """Each innermost argument that differs, as "this in place of that"."""
    if isinstance(recorded, dict) and isinstance(asked, dict):
        recorded, asked = ([t.get(k) for k in sorted({*recorded, *asked})] for t in (recorded, asked))
    if isinstance(recorded, list) and isinstance(asked, list) and len(recorded) == len(asked):
        return [text for pair in zip(recorded, asked, strict=True) for text in _unlike(*pair)]
    if recorded == asked:
        return []
    return [f"{json.dumps(recorded, ensure_ascii=False)} in place of {json.dumps(asked, ensure_ascii=False)}"]


def _about(
    frame: pd.DataFrame,
    spec: ResultSpec,
    crawl: Crawl | None,
    *,
    manifest: dict | None = None,
    moved_on: bool = False,
    failed: str = "",
    known: bool = False,
) -> pd.DataFrame:
    """The frame, which remembers what it is: what publishes it asks for that."""
    provenance = Provenance()
    if crawl is not None and spec.needs_data and crawl.source is not None:
        recorded = "" if crawl.present else manifest["version"]
        provenance = Provenance.of(crawl.source, crawl.digest or manifest["sha256"], recorded)
    frame.attrs = {
        "result": spec.name,
        "synthetic": bool(crawl is not None and crawl.synthetic and spec.needs_data),
        "own": bool(crawl is not None and crawl.own),
        "version": manifest["version"] if manifest else "",
        "moved_on": moved_on,
        "failed": failed,
        "known": known,
        "provenance": asdict(provenance),
    }
    return frame


def about(frame: pd.DataFrame) -> tuple[ResultSpec, dict]:
    """What is known of a frame that a result returned.

    Raises
    ------
    StudyError
        If it is none: its small cells may not be blank.
    """
    spec = SPECS.get(frame.attrs.get("result", ""))
    if spec is None or not set(frame) <= set(spec.columns):
        raise StudyError(
            "Only what a function of a crawl (`@result`) returned is published: its small cells are blank."
        )
    return spec, frame.attrs


# What a call is known by ----------------------------------------------------------------------------------


class _NotStorable(Exception):
    """An argument that has no name by which another session would know it."""


def _canonical_arguments(arguments: dict) -> tuple[dict | None, set[str]]:
    """Arguments as JSON holds them (None where one has no name), and the modules of this package that they come from."""
    modules: set[str] = set()
    try:
        return {k: _canonical(v, modules) for k, v in arguments.items()}, modules
    except _NotStorable:
        return None, modules


def _canonical(value, modules: set[str]):
    if isinstance(value, pd.DataFrame):
        return {"frame": joblib.hash(record.to_csv(value))}
    if hasattr(value, "get_params") and not inspect.isclass(value):
        params = dict(sorted(value.get_params(deep=False).items()))
        return {"class": _name(type(value), modules), "params": _canonical(params, modules)}
    if is_dataclass(value) and not inspect.isclass(value):
        parts = {f.name: getattr(value, f.name) for f in fields(value)}
        return {"class": _name(type(value), modules), "params": _canonical(parts, modules)}
    if isinstance(value, functools.partial):
        return {"partial": [_canonical(v, modules) for v in (value.func, value.args, value.keywords)]}
    if callable(value) and hasattr(value, "__qualname__"):
        return {"function": _name(value, modules)}
    if isinstance(value, Mapping):  # pairs: the order of rows follows the order of a dictionary
        return [[_canonical(k, modules), _canonical(v, modules)] for k, v in value.items()]
    if isinstance(value, list | tuple):
        return [_canonical(v, modules) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise _NotStorable


def _name(thing: Callable, modules: set[str]) -> str:
    """Where a function or class of this package, or of a pinned one, comes from; others may change without our notice."""
    module, name = thing.__module__, thing.__qualname__
    held = getattr(sys.modules.get(module), name, None)
    ours = module.split(".")[0] == __package__
    if held is not thing or not (ours or _is_installed(sys.modules[module])):
        raise _NotStorable
    modules |= {module} if ours else set()
    return f"{module}.{name}"


def _is_installed(module) -> bool:
    file = getattr(module, "__file__", None)
    return file is None or any(
        Path(file).is_relative_to(sysconfig.get_path(p)) for p in ("purelib", "platlib", "stdlib")
    )


def _unfitted(value):
    """Estimators as new: known by class and parameters, so what they have learnt elsewhere must not count."""
    if isinstance(value, Mapping):
        return {k: _unfitted(v) for k, v in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(_unfitted, value))
    if hasattr(value, "get_params") and not inspect.isclass(value):
        from sklearn.base import clone

        return clone(value)
    return value


# Comparison with the record -------------------------------------------------------------------------------


def differences(spec: ResultSpec, recorded: pd.DataFrame, computed: pd.DataFrame) -> list[str]:
    """Say where two versions of a result differ by more than its stated tolerance.

    Numbers are compared as numbers, within the tolerance; whole numbers, dates and words agree if they are the same.
    """
    name = spec.name
    if spec.machine:
        return []
    if list(recorded.columns) != list(computed.columns) or len(recorded) != len(computed):
        return [f"{name}: shape or columns differ ({recorded.shape} recorded, {computed.shape} computed)"]
    found = []
    for column in recorded.columns:
        old, new = recorded[column], computed[column]
        same = (old.eq(new).fillna(False) | (old.isna() & new.isna())).to_numpy(bool)
        if all(is_numeric_dtype(c) and not is_bool_dtype(c) for c in (old, new)):
            same = same | _close(old.to_numpy(float), new.to_numpy(float), spec, exact=column not in spec.varies)
        found += [f"{name}, row {i}, {column}: recorded {old[i]}, computed {new[i]}" for i in np.flatnonzero(~same)[:3]]
    return found


def _close(old: np.ndarray, new: np.ndarray, spec: ResultSpec, *, exact: bool) -> np.ndarray:
    """Which numbers agree within the tolerance; two whole ones that differ do not if they are to be exact."""
    whole = (old == np.floor(old)) & (new == np.floor(new))
    return np.isclose(new, old, rtol=spec.tolerance, atol=spec.absolute) & ~(whole & exact)
