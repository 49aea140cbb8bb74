"""What a path names and what the file holds, as far as the program has shown it.

Must not know rules.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlsec_lint.python.state import held_in
from mlsec_lint.python.texts import text_parts
from mlsec_lint.python.values import (
    NONE,
    Const,
    Instance,
    Key,
    LocalObject,
    Name,
    Origin,
    Origins,
    Symbol,
    Text,
    Value,
    not_fetched,
)

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker

ADDRESS = re.compile(
    r"(?i)(?:https?|ftp|s3a?|gs|gcs|az|abfss?|wasbs?|hf|hdfs|webhdfs)://(?!localhost|127\.)"
)  # paths that are fetched


def checkable(walker: Walker, *values: Value) -> Origins:
    """Return everything that a check of these values vouches for: their origins and those of the files they name."""
    out: set[Origin] = set()
    for value in values:
        out |= value.origins
        out |= contents(walker, value)
    return frozenset(o for o in out if o.kind != "own")


BUFFERS = ("io.BytesIO", "io.StringIO")


def path_key(value: Value) -> Key:
    """Return the identity of the file a value names or is open on, or ()."""
    alts = value.alts
    if len(alts) > 1:  # a parameter and its default are one path
        alts = tuple(a for a in alts if isinstance(a, (Text, Symbol)) and _of_parameter(a))
    if len(alts) == 1:
        alt = alts[0]
        if isinstance(alt, Instance):
            return alt.key
        if isinstance(alt, (Text, Symbol)) or (isinstance(alt, Const) and isinstance(alt.value, str)):
            return text_parts(Value(alts)) or ()
        if isinstance(alt, Name) and alt.receiver is not None and _is_object(alt.receiver):
            return ("\0" + alt.dotted,)  # an attribute that an object of the project has of its library class
    return ()


def buffer_key(value: Value) -> Key:
    """Return the identity of a file in memory, or ()."""
    alts = value.alts
    if len(alts) == 1 and isinstance(alts[0], Instance) and alts[0].of in BUFFERS:
        return (f"\0#{alts[0].ident}",)
    return ()


def _is_object(value: Value) -> bool:
    return all(isinstance(alt, LocalObject) for alt in value.alts)


def path_keys(value: Value) -> tuple[Key, ...]:
    """Return the identities of the files that a value may name: one for the value as a whole, and one for each text."""
    if len(value.alts) == 1:
        key = path_key(value)
        return (key,) if key else ()
    each = [k for alt in value.alts if (k := path_key(Value((alt,))))]
    return (text_parts(value) or (), *each) if each else ()


def _of_parameter(alt: Text | Symbol) -> bool:
    unknowns = (Symbol(part[1:]) for part in alt.parts if part.startswith("\0")) if isinstance(alt, Text) else (alt,)
    return any(one.of_parameter for one in unknowns)


def chosen(path: Value) -> Origins:
    """Return the origins of a path itself; a name that was fetched, in a folder that is written in the code, says only where to look."""
    starts = [alt.start if isinstance(alt, Text) else alt.value if isinstance(alt, Const) else "" for alt in path.alts]
    if all(isinstance(start, str) and start and not ADDRESS.match(start) for start in starts):
        return not_fetched(path.origins)
    return path.origins


def contents(walker: Walker, value: Value) -> Origins:
    """Return the origins of the file that a value names or is open on, and of what was put into an object."""
    keys = path_keys(value)
    if not keys:
        held = NONE
        for alt in value.alts:
            if isinstance(alt, Instance) and (fed := walker.state.facts.get(("held", alt.ident))) is not None:
                held |= fed.origins
        return held
    return NONE.union(*(_of_file(walker, key) for key in keys))


def _of_file(walker: Walker, key: Key) -> Origins:
    if ADDRESS.match(key[0]):
        return frozenset({Origin("remote", key[0])})
    return written(walker, key) | {Origin("file", key=key)}


def written(walker: Walker, key: Key) -> Origins:
    """Return what a file holds by what has been written here, or by what another method of the class fetches into it."""
    found = walker.state.written(key)
    if not found and walker.cls is not None and walker.cls.files:
        return held_in(walker.cls.files, key)
    return found
