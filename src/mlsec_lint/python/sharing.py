"""Files that one method of a class fetches and another reads.

Must not know rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlsec_lint.python.functions import OUTSIDE, ClassInfo, FunctionInfo
from mlsec_lint.python.overrides import bases
from mlsec_lint.python.state import held_in
from mlsec_lint.python.values import NONE, Key, Origins

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker

# What is done in methods that fetch or save; of the others nobody has to know here which files they write.
_WRITING = re.compile(r"(?i)download|fetch|retriev|request|urlopen|\bget|https?://|extract|unpack|dump|save|write")
# Unknown parts of a path that are alike without being the same thing.
_VAGUE = re.compile(r"(?:^\0|[|+])(?:many|Sequence|Table|Local\w*|Partial|Digest|Verdict)(?:$|[|+.\[])")


def readers(walker: Walker) -> list[FunctionInfo]:
    """Return the methods that use files which others of their class fetch and nothing checks; their class knows these then."""
    out: list[FunctionInfo] = []
    for cls in walker.classes:
        waiting = [(info, keys) for info in _methods(walker, cls) if (keys := _read(info))]
        if not waiting:
            continue
        fetched, checked = _fetched(walker, cls)
        cls.files = {key: origins for key, origins in fetched.items() if not held_in(checked, key)}
        if any(cls.files.values()):
            out += [info for info, keys in waiting if any(held_in(cls.files, key) for key in keys)]
    return out


def _methods(walker: Walker, cls: ClassInfo) -> Iterator[FunctionInfo]:
    return (info for info in walker.functions if info.cls is cls)


def _read(info: FunctionInfo) -> set[Key]:
    """Return the files whose origin matters inside a function and is not known there."""
    if info.summary is None:
        return set()
    return {
        origin.key
        for pending in info.summary.pending
        if not set(pending.kinds).isdisjoint(OUTSIDE)
        for origin in pending.origins
        if origin.kind == "file" and _lasts(info, origin.key)
    }


def _lasts(info: FunctionInfo, key: Key) -> bool:
    """Return whether a path means the same in other methods."""
    own = f"\0p{info.ident}:"
    return bool(key) and not any(part.startswith(own) or _VAGUE.search(part) for part in key)


def _fetched(walker: Walker, cls: ClassInfo) -> tuple[dict[Key, Origins], dict[Key, Origins]]:
    """Return what the methods of a class fetch into files (nothing, where they write their own), and which they check."""
    files: dict[Key, Origins] = {}
    checked: dict[Key, Origins] = {}
    for one in (cls, *bases(cls)):
        for info in tuple(_methods(walker, one)):
            unit = walker.unit(info)
            if info.summary is None and unit is not None and _WRITING.search(unit.text):
                walker.interpret(info)
            if info.summary is None:
                continue
            for origin in info.summary.checked:
                if origin.kind == "file":
                    checked[origin.key] = frozenset({origin})
            for key, origins in info.summary.files.items():
                if _lasts(info, key):
                    outside = frozenset(o for o in origins if o.kind in OUTSIDE and o not in info.summary.checked)
                    files[key] = files.get(key, NONE) | outside
    return files, checked
