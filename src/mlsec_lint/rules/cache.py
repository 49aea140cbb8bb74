"""Keep a loaded `RuleSet` as JSON in the user's cache folder, for a quick start; must not know what rules mean.

A file that is missing, corrupt, out of date or owned by somebody else is ignored, and one that cannot be written
is no mistake: the rules are read again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mlsec_lint import model
from mlsec_lint.model import Level, RuleSet

_CLASSES = (
    *("Predicate", "Match", "Assign", "Default", "Entry", "Endpoint", "Flow", "Words", "Text", "Requirement"),
    *("RuleFix", "Example", "Rule", "VersionedDefault", "Apis", "RuleSet", "Drift", "Form", "Config", "Shape"),
)


def folder() -> Path | None:
    """Return this tool's folder in the user's cache directory (perhaps not there yet); None if there is no home."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME", "") or os.path.expanduser("~/.cache")
    return Path(base) / "mlsec-lint" if os.path.isabs(base) else None


def read(name: str, key: str) -> RuleSet | None:
    """Return what was written under `name` with the same `key`, or None."""
    place = folder()
    if place is None:
        return None
    try:
        with open(place / name, encoding="utf-8") as file:
            if hasattr(os, "getuid") and os.fstat(file.fileno()).st_uid != os.getuid():
                return None
            stored = json.load(file)
        if stored["key"] != key:
            return None
        rules = _thaw(stored["rules"])
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None
    return rules if isinstance(rules, RuleSet) else None


def write(name: str, key: str, rules: RuleSet) -> None:
    """Keep `rules` under `name`, if the folder can be written."""
    place = folder()
    if place is None:
        return
    draft = place / f"{name}.{os.getpid()}.tmp"
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.write_text(json.dumps({"key": key, "rules": _freeze(rules)}, separators=(",", ":")), encoding="utf-8")
        os.replace(draft, place / name)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink()


# A list in the file is either a tuple of strings (tag "s"), any other tuple ("t"), a level ("l"), a table whose
# keys are no strings ("m"), or a dataclass (its name): the values of its fields, defaults at the end left out.


def _freeze(value: object) -> Any:
    if isinstance(value, Level):
        return ["l", int(value)]
    if isinstance(value, tuple):
        if all(isinstance(one, str) for one in value):
            return ["s", *value]
        return ["t", *map(_freeze, value)]
    if isinstance(value, Mapping):
        return ["m", *([_freeze(key), _freeze(one)] for key, one in value.items())]
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        values = [getattr(value, field.name) for field in fields]
        while values and values[-1] == fields[len(values) - 1].default:
            values.pop()
        return [type(value).__name__, *map(_freeze, values)]
    return value


def _thaw(value: Any) -> Any:
    return _MAKERS[value[0]](value) if type(value) is list else value


def _maker(name: str) -> Callable[[list[Any]], Any]:
    cls = getattr(model, name)

    def make(value: list[Any]) -> Any:
        return cls(*[_MAKERS[one[0]](one) if type(one) is list else one for one in value[1:]])

    return make


def _tuple(value: list[Any]) -> tuple[Any, ...]:
    return tuple([_MAKERS[one[0]](one) if type(one) is list else one for one in value[1:]])


_LEVELS = {level.value: level for level in Level}
_MAKERS: dict[str, Callable[[list[Any]], Any]] = {
    "s": lambda value: tuple(value[1:]),
    "t": _tuple,
    "l": lambda value: _LEVELS[value[1]],
    "m": lambda value: {_thaw(key): _thaw(one) for key, one in value[1:]},
    **{name: _maker(name) for name in _CLASSES},
}
