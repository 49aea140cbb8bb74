"""JSON text -> values whose strings know where they stand in the text.

Must not know what the JSON is about.  The standard library's scanner reads the strings, so that pictures cost little.
"""

from __future__ import annotations

import re
from json import JSONDecodeError
from json.decoder import scanstring  # type: ignore[attr-defined]  # undocumented, there since Python 2.6

_SPACE = re.compile(r"[ \t\n\r]*")
_PLAIN = re.compile(r"true|false|null|NaN|-?Infinity|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_ESCAPE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.")
_WORDS = {"true": True, "false": False, "null": None}


class Placed(str):
    """A string of the JSON text; `start` is the offset of its opening quote."""

    __slots__ = ("start",)
    start: int


def parse(text: str) -> object:
    """Return the value that `text` holds, its strings as Placed, its numbers as text; raises JSONDecodeError."""
    value, end = _value(text, _skip(text, 1 if text.startswith("\ufeff") else 0))
    if end != len(text):
        raise JSONDecodeError("Extra data", text, end)
    return value


def offset_in(text: str, string: Placed, index: int) -> int:
    """Return the offset in `text` at which character `index` of the value of `string` is written."""
    at = string.start + 1
    while index:
        if text[at] == "\\":
            escape = _ESCAPE.match(text, at)
            at = escape.end() if escape else at + 1
        else:
            at += 1
        index -= 1
    return at


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _string(text: str, at: int) -> tuple[Placed, int]:
    value, end = scanstring(text, at + 1, True)
    placed = Placed(value)
    placed.start = at
    return placed, end


def _value(text: str, at: int) -> tuple[object, int]:
    """Return the value that begins at `at`, and where the next token begins."""
    first = text[at : at + 1]
    if first == '"':
        placed, end = _string(text, at)
        return placed, _skip(text, end)
    if first == "[":
        return _array(text, at)
    if first == "{":
        return _object(text, at)
    plain = _PLAIN.match(text, at)
    if plain is None:
        raise JSONDecodeError("Expecting value", text, at)
    return _WORDS.get(plain[0], plain[0]), _skip(text, plain.end())


def _array(text: str, at: int) -> tuple[list[object], int]:
    items: list[object] = []
    at = _skip(text, at + 1)
    if text[at : at + 1] == "]":
        return items, _skip(text, at + 1)
    while True:
        item, at = _value(text, at)
        items.append(item)
        mark = text[at : at + 1]
        if mark == "]":
            return items, _skip(text, at + 1)
        if mark != ",":
            raise JSONDecodeError("Expecting ',' delimiter", text, at)
        at = _skip(text, at + 1)


def _object(text: str, at: int) -> tuple[dict[str, object], int]:
    items: dict[str, object] = {}
    at = _skip(text, at + 1)
    if text[at : at + 1] == "}":
        return items, _skip(text, at + 1)
    while True:
        if text[at : at + 1] != '"':
            raise JSONDecodeError("Expecting property name enclosed in double quotes", text, at)
        key, end = _string(text, at)
        at = _skip(text, end)
        if text[at : at + 1] != ":":
            raise JSONDecodeError("Expecting ':' delimiter", text, at)
        items[key], at = _value(text, _skip(text, at + 1))
        mark = text[at : at + 1]
        if mark == "}":
            return items, _skip(text, at + 1)
        if mark != ",":
            raise JSONDecodeError("Expecting ',' delimiter", text, at)
        at = _skip(text, at + 1)
