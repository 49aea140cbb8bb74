"""The words of a text, and a text without what is neither code nor a name: comments, docstrings, prose.

Knows nothing of Python's syntax but how strings and comments begin and end.
"""

from __future__ import annotations

import functools
import re

_KEEP = bytes(c if chr(c).isalnum() or c == 95 or c >= 128 else 32 for c in range(256))

# Comments, docstrings and prose, which are blanked; f-strings (which hold code) and strings that may be names are kept:
# for these the group is set.  Each branch begins with one character, so that what lies between is skipped quickly.
_PROSE = re.compile(
    "|".join(
        rf"{quote}(?:(?:(?<=[fF].)|(?<=[fF][rR].))()(?:{quote}{quote}{many}|{line})"
        rf"|()[\w.:/-]{{1,80}}{quote}|{quote}{quote}{many}|{line})"
        for quote, many, line in (
            (q, rf"[^{q}\\]*(?:(?:\\.|{q}(?!{q}{q}))[^{q}\\]*)*{q}{{3}}", rf"[^{q}\\\n]*(?:\\.[^{q}\\\n]*)*{q}")
            for q in "\"'"
        )
    )
    + r"|\#[^\n]*",
    re.DOTALL,
)


# A line up to the quotes that open a docstring, where nothing in it can hide them from a split.
_PLAIN_START = re.compile(r"[^'\"#\\]*")
_HOLDS_CODE = re.compile(r"[ft]r?$|r[ft]$", re.IGNORECASE)


@functools.lru_cache(maxsize=8)
def words(text: str) -> frozenset[bytes]:
    """Return the words of a text."""
    return frozenset(text.encode("utf-8", "surrogatepass").translate(_KEEP).split())


def holds(text: str, parts: tuple[str, ...]) -> bool:
    """Return whether one of these stands in a text: looked for among its words, each once, before it is in all of it."""
    once = _once(text)
    return any(_telling(part) in once and part in text for part in parts)


@functools.lru_cache(maxsize=8)
def _once(text: str) -> bytes:
    return b" ".join((b"", *words(text), b""))


@functools.lru_cache(maxsize=4096)
def _telling(part: str) -> bytes:
    """Return the longest word of a text, with a blank where it is known to begin or end."""
    kept = part.encode("utf-8", "surrogatepass").translate(_KEEP)
    runs = [*re.finditer(rb"[^ ]+", kept)]
    if not runs:
        return b""
    run = max(runs, key=lambda found: len(found.group()))
    return b" " * (run.start() > 0) + run.group() + b" " * (run.end() < len(kept))


def without_docstrings(text: str) -> str:
    """Return the text without what stands in triple double quotes, where that can be told without reading it all.

    Splitting is fifty times quicker than reading strings and comments one by one.
    """
    if "'''" in text:
        return text
    pieces = text.split('"""')
    if len(pieces) % 2 == 0 or any(inside.endswith("\\") for inside in pieces[1::2]):
        return text
    for before in pieces[:-1:2]:
        above, _, line = before.rpartition("\n")
        if not _PLAIN_START.fullmatch(line) or _HOLDS_CODE.search(line) or above.endswith(("\\", "\\\r")):
            return text
    return "".join(pieces[::2])


def without_prose(text: str) -> str:
    """Return the text without comments and without the strings that hold neither code nor names."""
    pieces, start = [], 0
    for match in _PROSE.finditer(text):
        if match.lastindex is None:
            pieces.append(text[start : match.start()])
            start = match.end()
    return "".join((*pieces, text[start:]))
