"""What an expression is, when that can be known: values as small sets of alternatives, with where their data came from.

Knows nothing of LibCST, of rules or of files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlsec_lint.python.functions import ClassInfo, FunctionInfo

MOST = 8  # alternatives kept side by side; beyond it the value is unknown
HEAVY = 10_000  # values inside a list or a dictionary, counted through all levels, beyond which these are not known

ABSENT = "absent"
CODE = "code"  # origin of names and signatures that the program reads from itself
OWN_FILE = "__file__"
OWN_PLACES = (f":{OWN_FILE}", f"={OWN_FILE}")  # how the first part of a path ends that starts where the module stands
_PARAMETER = re.compile(r"p\d+:\w+")
Key = tuple[str, ...]  # identity of a path: known texts, and symbols written as "\0ident"


@dataclass(frozen=True, slots=True)
class Site:
    """A place in some module, as a node still to be placed (`node`) or already placed (`line`, `column`, 1-based)."""

    path: str
    node: Any = field(default=None, compare=False, hash=False)
    ident: int = 0
    line: int = 0
    column: int = 0
    serial: int = field(default=0, compare=False, hash=False)  # places that the walk came by earlier have smaller ones


@dataclass(frozen=True, slots=True)
class Origin:
    """Where data came from.

    `kind`: remote, input, command-line, model (fetched, received, given, generated), own (written by this program),
    code (a name or a signature of something in it),
    parameter (of the function `owner`), file (whatever the file `key` holds), result (of the method `name` of what the
    parameter `key` of the function `owner` is).
    """

    kind: str
    name: str = ""
    site: Site | None = None
    owner: int = 0
    key: Key = ()

    @property
    def is_source_file(self) -> bool:
        """Whether this is what a file holds whose name is known to be a Python module's."""
        return self.kind == "file" and bool(self.key) and self.key[-1].endswith(".py")

    @property
    def is_packaged(self) -> bool:
        """Whether this is what a file holds that comes with the program: its path starts where the module stands."""
        return self.kind == "file" and bool(self.key) and self.key[0].endswith(OWN_PLACES)


Origins = frozenset[Origin]


NONE: Origins = frozenset()


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
class _Holding:
    """What holds other values: it knows how many, through all levels, and lets go of too many; its hash is remembered.

    A program may double what it holds with each statement, and what is done with values takes time by their weight.
    """

    weight: int = field(default=0, init=False, compare=False, repr=False)
    _hash: int = field(default=0, init=False, compare=False, repr=False)

    def _weigh(self, held: Iterable[Value], **instead: object) -> None:
        """Take note of the weight of what is held; where that is too heavy, have the fields `instead`."""
        weight = 1
        for value in held:
            for alt in value.alts:
                weight += alt.weight if isinstance(alt, _Holding) else 1
        self._become(**({"weight": weight} if weight <= HEAVY else {"weight": 1, **instead}))

    def _hashed(self, *parts: object) -> int:
        """Return the hash of these parts: those inside others are asked for theirs again and again."""
        if not self._hash:
            self._become(_hash=hash(parts) or 1)
        return self._hash

    def _become(self, **fields: object) -> None:
        for name, value in fields.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True, slots=True)
class Sequence(_Holding):
    """A list, tuple or set; one that is too heavy is open and holds nothing."""

    items: tuple[Value, ...]
    open: bool = False  # may hold more

    def __post_init__(self) -> None:
        self._weigh(self.items, items=(), open=True)

    def __hash__(self) -> int:
        return self._hashed(self.items, self.open)


@dataclass(frozen=True, slots=True)
class Table(_Holding):
    """A dictionary (or a namespace) with known keys; one that is too heavy is open and has none."""

    entries: tuple[tuple[str, Value], ...]
    open: bool = False
    of: str = "builtins.dict"

    def __post_init__(self) -> None:
        self._weigh((value for _, value in self.entries), entries=(), open=True)

    def __hash__(self) -> int:
        return self._hashed(self.entries, self.open, self.of)

    def get(self, key: str) -> Value | None:
        for k, v in self.entries:
            if k == key:
                return v
        return None


@dataclass(frozen=True, slots=True)
class Symbol:
    """Something unknown; equal symbols are the same thing.

    A parameter is `p7:path`, with the number of its function; `p7:options.get` and `p7:options['path']` are of one.
    """

    ident: str

    @property
    def is_absent(self) -> bool:
        """Whether this stands for an argument that is not given: the default, whatever that is."""
        return self.ident == ABSENT

    @property
    def is_parameter(self) -> bool:
        return _PARAMETER.fullmatch(self.ident) is not None

    @property
    def of_parameter(self) -> bool:
        """Whether this is a parameter, or something inside one."""
        return _PARAMETER.match(self.ident) is not None

    @property
    def is_handed_in(self) -> bool:
        """Whether this is of a parameter, or an attribute of an object that somebody else may have made."""
        return self.of_parameter or self.ident.startswith("self")


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
    """An object of a class of the project; `given` are the fields that the call `ident` made it with.

    `made` is what the `__init__` of a class of another module was given.
    """

    cls: ClassInfo
    ident: int = 0
    given: tuple[tuple[str, Value], ...] = field(default=(), compare=False)
    made: tuple[FunctionInfo, Mapping[str, Value]] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Partial(_Holding):
    """A callable with some of its arguments; one that is too heavy is of something unknown."""

    function: Value
    args: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...]
    told: bool = False  # the incomplete call has been reported already

    def __post_init__(self) -> None:
        held = (self.function, *self.args, *(value for _, value in self.keywords))
        self._weigh(held, function=unknown("many"), args=(), keywords=())

    def __hash__(self) -> int:
        return self._hashed(self.function, self.args, self.keywords, self.told)


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


def not_fetched(origins: Origins) -> Origins:
    """Return the origins of what uses a value for something else than its data: a name in a folder, a number."""
    return frozenset(o for o in origins if o.kind != "remote")


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


TRUE, FALSE = known(True), known(False)
