"""Compare data from TOML with a JSON Schema, and say in one sentence what is wrong where; knows no rules.

Only the words of JSON Schema that `keys.py` uses are understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Fault = tuple[str, str]  # (key, one sentence)

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
_CALLED = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a table",
}


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ", did you mean ...?" for the known word most like `word`, or nothing."""
    import difflib  # only where there is a mistake to explain

    close = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def faults(value: object, schema: Mapping[str, Any], key: str = "") -> Iterator[Fault]:
    """Yield each way in which `value`, found under `key`, is not what `schema` asks for."""
    if "anyOf" in schema:
        yield from _any_of(value, schema["anyOf"], key)
        return
    kind = schema.get("type")
    if kind is not None and not _is(value, kind):
        yield key, f"must be {_CALLED[kind]}, not {_name(value)}"
        return
    if "enum" in schema and value not in schema["enum"]:
        words = ", ".join(str(one) for one in schema["enum"])
        yield key, f"{value!r} is not one of {words}{nearest(str(value), map(str, schema['enum']))}"
    if isinstance(value, str):
        yield from _string(value, schema, key)
    elif isinstance(value, list):
        yield from _list(value, schema, key)
    elif isinstance(value, dict):
        yield from _table(value, schema, key)


def _string(value: str, schema: Mapping[str, Any], key: str) -> Iterator[Fault]:
    if schema.get("minLength") and not value.strip():
        yield key, "must not be empty"
    elif "pattern" in schema and not re.search(schema["pattern"], value):
        yield key, f"{value!r} is not {schema.get('description', 'of the form ' + schema['pattern'])}"
    if schema.get("format") == "regex":
        try:
            re.compile(value)
        except re.error as error:
            yield key, f"{value!r} is not a regular expression: {error}"
    if len(value) > schema.get("maxLength", len(value)):
        yield key, f"is {len(value)} characters long; at most {schema['maxLength']} fit"


def _list(value: list[object], schema: Mapping[str, Any], key: str) -> Iterator[Fault]:
    if len(value) < schema.get("minItems", 0):
        yield key, "must not be empty" if not value else f"must hold {schema['minItems']} items, not {len(value)}"
    if len(value) > schema.get("maxItems", len(value)):
        yield key, f"must hold {schema['maxItems']} items, not {len(value)}"
    for number, item in enumerate(value):
        yield from faults(item, schema.get("items", {}), f"{key}[{number}]")


def _table(value: dict[str, object], schema: Mapping[str, Any], key: str) -> Iterator[Fault]:
    known: Mapping[str, Any] = schema.get("properties", {})
    others = schema.get("additionalProperties", {})
    for name, item in value.items():
        place = f"{key}.{name}" if key else name
        if name in known:
            yield from faults(item, known[name], place)
        elif others is False:
            yield place, f"unknown key{nearest(name, known)}"
        else:
            yield from faults(item, others, place)
    for name in schema.get("required", ()):
        if name not in value:
            yield (f"{key}.{name}" if key else name), "is missing"


def _any_of(value: object, choices: list[Mapping[str, Any]], key: str) -> Iterator[Fault]:
    """Report the faults of the choice of the right type; where none is of the right type, name the types."""
    fitting = [one for one in choices if "type" not in one or _is(value, one["type"])]
    if not fitting:
        yield key, f"must be {' or '.join(_CALLED[one['type']] for one in choices)}, not {_name(value)}"
        return
    best = min((list(faults(value, one, key)) for one in fitting), key=len)
    yield from best


def _is(value: object, kind: str) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _name(value: object) -> str:
    for kind in ("boolean", "string", "integer", "number", "array", "object"):
        if _is(value, kind):
            return "a truth value" if kind == "boolean" else _CALLED[kind]
    return f"a {type(value).__name__}"
