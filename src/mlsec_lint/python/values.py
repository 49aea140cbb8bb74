"""What an expression is, when that can be known: values as small sets of alternatives, with where their data came from.

Knows nothing of LibCST, of rules or of files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlsec_lint.python.functions import ClassInfo, FunctionInfo

MOST = 8  # alternatives kept side by side; beyond it the value is unknown

Key = tuple[str, ...]  # identity of a path: known texts, and symbols written as "\0ident"


@dataclass(frozen=True, slots=True)
class Site:
    """A place in some module, as a node still to be placed (`node`) or already placed (`line`, `column`, 1-based)."""

    path: str
    node: Any = field(default=None, compare=False, hash=False)
    ident: int = 0
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Origin:
    """Where data came from.

    `kind`: remote, input, command-line, model (fetched, received, given, generated), own (written by this program),
    parameter (of the function `owner`), file (whatever the file `key` holds), result (of the method `name` of what the
    parameter `key` of the function `owner` is).
    """

    kind: str
    name: str = ""
    site: Site | None = None
    owner: int = 0
    key: Key = ()


Origins = frozenset[Origin]
NONE: Origins = frozenset()


# ---------------------------------------------------------------- alternatives


@dataclass(frozen=True, slots=True)
class Const:
    value: Any
    told: bool = False  # a default that has been reported where it is written

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Const) and type(self.value) is type(other.value) and bool(self.value == other.value)

    def __hash__(self) -> int:
        return hash((type(self.value), self.value))


@dataclass(frozen=True, slots=True)
class Text:
    """A string with unknown parts; `path` where path functions built it."""

    parts: Key
    path: bool = False

    @property
    def start(self) -> str:
        """The known beginning."""
        return "" if not self.parts or self.parts[0].startswith("\0") else self.parts[0]

    @property
    def whole(self) -> str | None:
        return None if any(p.startswith("\0") for p in self.parts) else "".join(self.parts)


@dataclass(frozen=True, slots=True)
class Name:
    """A library object, by its canonical dotted name; `receiver` for a method of an instance."""

    dotted: str
    receiver: Value | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Instance:
    """What a call of the library callable `made` returned, an object of class `of`."""

    of: str
    made: str
    ident: int
    key: Key = ()  # files: the path opened
    inputs: Value | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Sequence:
    items: tuple[Value, ...]
    open: bool = False  # may hold more


@dataclass(frozen=True, slots=True)
class Table:
    """A dictionary (or a namespace) with known keys."""

    entries: tuple[tuple[str, Value], ...]
    open: bool = False
    of: str = "builtins.dict"

    def get(self, key: str) -> Value | None:
        for k, v in self.entries:
            if k == key:
                return v
        return None


@dataclass(frozen=True, slots=True)
class Symbol:
    """Something unknown; equal symbols are the same thing."""

    ident: str


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest computed of data of these origins."""

    of: Origins
    weak: bool
    ident: int = 0  # of the call that computed it


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a check of data of these origins; true means that it passed when `positive`, None: not known."""

    of: Origins
    weak: bool
    positive: bool | None = True
    ident: int = 0  # of the digest that was compared
    raises: bool = False  # the check itself raises where it fails


@dataclass(frozen=True, slots=True)
class Local:
    """A function of the project, bound to a receiver where it is a method."""

    function: FunctionInfo
    receiver: Value | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class LocalClass:
    cls: ClassInfo


@dataclass(frozen=True, slots=True)
class LocalObject:
    cls: ClassInfo


@dataclass(frozen=True, slots=True)
class Partial:
    function: Value
    args: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...]
    told: bool = False  # the incomplete call has been reported already


Alternative = (
    Const
    | Text
    | Name
    | Instance
    | Sequence
    | Table
    | Symbol
    | Digest
    | Verdict
    | Local
    | LocalClass
    | LocalObject
    | Partial
)


@dataclass(frozen=True, slots=True)
class Value:
    """Alternatives side by side; `defaults` are those that only a parameter's default gives."""

    alts: tuple[Alternative, ...]
    origins: Origins = NONE

    def with_origins(self, more: Iterable[Origin]) -> Value:
        """Return this value with more origins."""
        merged = self.origins.union(more)
        return self if merged == self.origins else Value(self.alts, merged)


def known(value: object) -> Value:
    """Return the value of a constant."""
    return Value((Const(value),))


def told(value: Value) -> Value:
    """Return the value with its constants marked as reported already."""
    return Value(tuple(Const(a.value, True) if isinstance(a, Const) else a for a in value.alts), value.origins)


def named(dotted: str) -> Value:
    """Return the value that is the library object `dotted`."""
    return Value((Name(dotted),))


def unknown(ident: str, origins: Origins = NONE) -> Value:
    """Return an unknown value; the same `ident` is the same thing."""
    return Value((Symbol(ident),), origins)


def join(*values: Value) -> Value:
    """Return all alternatives of all values."""
    first = values[0]
    if all(v is first for v in values):
        return first
    alts: dict[Alternative, None] = {}
    origins: Origins = first.origins
    for value in values:
        if value.origins is not origins:
            origins = origins | value.origins
        for alt in value.alts:
            try:
                alts[alt] = None
            except TypeError:  # an unhashable constant cannot arise; be safe
                alts[Symbol(f"?{id(alt)}")] = None
    kept = tuple(alts)
    if len(kept) > MOST:
        kept = (*kept[: MOST - 1], Symbol("many"))
    return Value(kept, origins)


def text_parts(value: Value) -> Key | None:
    """Return the parts of a value that is one string or path, else None."""
    if len(value.alts) != 1:
        return ("\0" + _identity(value),)
    alt = value.alts[0]
    if isinstance(alt, Const):
        return (alt.value,) if isinstance(alt.value, str) else (str(alt.value),)
    if isinstance(alt, Text):
        return alt.parts
    if isinstance(alt, Symbol):
        return ("\0" + alt.ident,)
    if isinstance(alt, Instance):
        return alt.key or (f"\0#{alt.ident}",)
    return ("\0" + _identity(value),)


def _identity(value: Value) -> str:
    return "|".join(sorted(_alt_identity(a) for a in value.alts))


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
    """Join neighbouring known texts."""
    out: list[str] = []
    for part in parts:
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


def concat(left: Value, right: Value, path: bool = False, between: str = "") -> Value:
    """Return left + between + right for strings, keeping a few alternatives."""
    origins = left.origins | right.origins
    rights = right.alts if len(right.alts) <= 3 else (Symbol(_identity(right)),)
    lefts = left.alts if len(left.alts) <= 3 else (Symbol(_identity(left)),)
    alts: list[Alternative] = []
    for a in lefts:
        for b in rights:
            if not path and isinstance(a, Const) and isinstance(b, Const):
                try:
                    alts.append(Const(a.value + between + b.value if between else a.value + b.value))
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


# ---------------------------------------------------------------- substitution: a summary's value at a call


@dataclass(slots=True)
class Binding:
    """What the parameters of the function `owner` are at one call.

    `files` tells what a file's key holds there, `methods` the origins that a method's result has by itself.
    """

    owner: int
    values: Mapping[str, Value]
    files: Callable[[Key], Origins]
    methods: Callable[[Value, str, Origin], Origins]

    def key(self, key: Key) -> Key:
        """Return the caller's key for a callee's."""
        prefix = f"\0p{self.owner}:"
        out: list[str] = []
        for part in key:
            if part.startswith(prefix):
                name, dot, rest = part[len(prefix) :].partition(".")
                value = self.values.get(name)
                if value is not None:
                    if dot:
                        out.append("\0" + _identity(value) + "." + rest)
                    else:
                        out.extend(text_parts(value) or (part,))
                    continue
            out.append(part)
        return merge_parts(out)

    def origins(self, origins: Origins) -> Origins:
        """Return the caller's origins for a callee's."""
        out: set[Origin] = set()
        for origin in origins:
            if origin.kind == "parameter" and origin.owner == self.owner:
                value = self.values.get(origin.name)
                if value is not None:
                    out |= value.origins
            elif origin.kind == "result" and origin.owner == self.owner:
                value = self.values.get(origin.key[0])
                if value is not None:
                    out |= self.methods(value, origin.name, origin)
            elif origin.kind == "file":
                key = self.key(origin.key)
                out |= self.files(key)
                if any(p.startswith("\0") for p in key) or key == origin.key:
                    out.add(Origin("file", key=key))
            else:
                out.add(origin)
        return frozenset(out)

    def value(self, value: Value, depth: int = 0) -> Value:
        """Return the caller's value for a callee's."""
        if depth > 4:
            return value
        alts: list[Alternative] = []
        origins = self.origins(value.origins)
        prefix = f"p{self.owner}:"
        for alt in value.alts:
            if isinstance(alt, Symbol) and alt.ident.startswith(prefix):
                name, dot, rest = alt.ident[len(prefix) :].partition(".")
                actual = self.values.get(name)
                if actual is None:
                    alts.append(alt)
                elif dot:
                    alts.append(Symbol(_identity(actual) + "." + rest))
                else:
                    alts.extend(actual.alts)
            elif isinstance(alt, Text):
                alts.append(Text(self.key(alt.parts), alt.path))
            elif isinstance(alt, Digest):
                alts.append(Digest(self.origins(alt.of), alt.weak, alt.ident))
            elif isinstance(alt, Verdict):
                alts.append(Verdict(self.origins(alt.of), alt.weak, alt.positive, alt.ident, alt.raises))
            elif isinstance(alt, Instance) and alt.key:
                alts.append(Instance(alt.of, alt.made, alt.ident, self.key(alt.key), alt.inputs))
            elif isinstance(alt, Sequence):
                alts.append(Sequence(tuple(self.value(v, depth + 1) for v in alt.items), alt.open))
            elif isinstance(alt, Table):
                alts.append(Table(tuple((k, self.value(v, depth + 1)) for k, v in alt.entries), alt.open, alt.of))
            else:
                alts.append(alt)
        kept = tuple(dict.fromkeys(alts))
        return Value(kept if len(kept) <= MOST else (Symbol("many"),), origins)
