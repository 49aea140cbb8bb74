"""Strings and paths as known and unknown parts.

Knows values alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from mlsec_lint.python.values import (
    MOST,
    NONE,
    OWN_FILE,
    OWN_PLACES,
    Alternative,
    Const,
    Instance,
    Key,
    Name,
    Origins,
    Symbol,
    Text,
    Value,
    not_fetched,
    told,
)

HEAD = "[head]"  # how an unknown value is called that is another one up to its first separator
BEGINNING = ".[:]"  # and how one is called that is the beginning of another
CONSTANT = "typing.Final"  # what made a part that is a name in capitals of another module
# Of a text that much is known: a program may double it with each statement.
LONGEST = 50_000  # characters
MOST_PARTS = 200  # known and unknown ones
NUMBER = "builtins.int"  # what made a part that can only be digits, a sign, a point


def hole(ident: object, made: str = "") -> str:
    """Return an unknown part of a text; `made` names the callable that it is the result of."""
    return f"\0?{ident}={made}" if made else f"\0?{ident}"


def folder_of(ident: object, parts: Key) -> str:
    """Return the unknown part that is the folder of a path; of a path that starts from the program's own it does, too."""
    return hole(ident, OWN_FILE if parts and parts[0].endswith(OWN_PLACES) else "")


def makers(parts: Key) -> tuple[str, ...]:
    """Return what made each unknown part, "" where that is not known; a part that several may have made counts for each."""
    return tuple(made for part in parts if part.startswith("\0") for made in part.partition("=")[2].split("|"))


def is_number_format(spec: str) -> bool:
    """Return whether a format specification takes numbers only."""
    return spec[-1:] in frozenset("bdoxXeEfFgGn%")


def text_parts(value: Value) -> Key | None:
    """Return the parts of a value that is one string or path, else None."""
    if len(value.alts) != 1:
        made = [alt.made for alt in value.alts if isinstance(alt, Instance) and not alt.key]
        if len(made) == len(value.alts):
            return (hole(identity(value), "|".join(dict.fromkeys(made))),)
        return ("\0" + identity(value),)
    alt = value.alts[0]
    if isinstance(alt, Const):
        return (alt.value,) if isinstance(alt.value, str) else (str(alt.value),)
    if isinstance(alt, Text):
        return alt.parts
    if isinstance(alt, Symbol):
        return ("\0" + alt.ident,)
    if isinstance(alt, Instance):
        return alt.key or (hole(f"#{alt.ident}", alt.made),)
    if isinstance(alt, Name) and alt.receiver is None and alt.dotted.rpartition(".")[2].isupper():
        return (f"\0{alt.dotted}={CONSTANT}",)
    return ("\0" + identity(value),)


def identity(value: Value) -> str:
    """Return a text that is equal for equal values."""
    text = "|".join(sorted(_alt_identity(a) for a in value.alts))
    if len(text) > LONGEST:
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass")).hexdigest()
    return text


def _alt_identity(alt: Alternative) -> str:
    if isinstance(alt, Symbol):
        return alt.ident
    if isinstance(alt, Const):
        return repr(alt.value)
    if isinstance(alt, Text):
        return "+".join(alt.parts)
    if isinstance(alt, Name):
        return alt.dotted
    if isinstance(alt, Instance):
        return f"#{alt.ident}"
    return type(alt).__name__


def merge_parts(parts: Iterable[str]) -> Key:
    """Join neighbouring known texts; how a long one goes on is unknown."""
    out: list[str] = []
    length = 0
    for part in parts:
        length += len(part)
        if length > LONGEST or len(out) == MOST_PARTS:
            out.append(hole("rest"))
            break
        if out and part and not part.startswith("\0") and not out[-1].startswith("\0"):
            out[-1] += part
        elif part:
            out.append(part)
    return tuple(out)


def text_value(parts: Iterable[str], origins: Origins, path: bool = False) -> Value:
    """Return the string made of these parts: a constant when all are known and it is no path."""
    merged = merge_parts(parts)
    if not path and all(not p.startswith("\0") for p in merged):
        return Value((Const("".join(merged)),), origins)
    return Value((Text(merged, path),), origins)


def texts(value: Value) -> Key:
    """Return every wholly known string among the alternatives."""
    out = []
    for alt in value.alts:
        if isinstance(alt, Const) and isinstance(alt.value, str):
            out.append(alt.value)
        elif isinstance(alt, Text) and (whole := alt.whole) is not None:
            out.append(whole)
    return tuple(out)


def handed_through(value: Value) -> bool:
    """Return whether a default is text that callers choose, such as `revision="main"`; an address is a fact of its own."""
    known = texts(value)
    return bool(known) and not any("://" in text for text in known)


def offered(default: Value) -> Value:
    """Return the default of `options.get("revision", "main")`: whoever gives the options chooses."""
    return told(default) if handed_through(default) else default


def concat(left: Value, right: Value, path: bool = False, between: str = "") -> Value:
    """Return left + between + right for strings, keeping a few alternatives.

    A name that was fetched says where in a folder to look, and not what is there.
    """
    inside = path and bool(between) and texts(left) != ("",)
    origins = left.origins | (not_fetched(right.origins) if inside else right.origins)
    rights = right.alts if len(right.alts) <= 3 else (Symbol(identity(right)),)
    lefts = left.alts if len(left.alts) * len(rights) <= MOST else (Symbol(identity(left)),)
    alts: list[Alternative] = []
    for a in lefts:
        for b in rights:
            if not path and isinstance(a, Const) and isinstance(b, Const):
                try:
                    both = a.value + between + b.value if between else a.value + b.value
                    if not isinstance(both, (str, bytes)) or len(both) <= LONGEST:
                        alts.append(Const(both))
                        continue
                except TypeError:
                    pass
            pa = text_parts(Value((a,))) or ()
            pb = text_parts(Value((b,))) or ()
            if path and pb and pb[0].startswith("/") and between == "/":
                pa, sep = (), ""
            else:
                sep = "" if pa and pa[-1].endswith("/") else between
            alts.append(text_value((*pa, sep, *pb), NONE, path).alts[0])
    return Value(tuple(dict.fromkeys(alts)), origins)


def quoted(value: object) -> str:
    """Return a constant as it is written; of a long text how it begins and ends."""
    if isinstance(value, str) and len(value) > 60:
        value = f"{value[:40]}…{value[-18:]}"
    return repr(value)
