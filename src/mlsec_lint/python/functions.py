"""The project's own functions and classes, and what is remembered about them (summaries).

A summary says, in terms of the function's parameters, what it returns, which files it writes, what it has checked when it
returns, and which parameters reach a place that matters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.model import Flow, Level, Match, Predicate, Rule
from mlsec_lint.python.state import Shown
from mlsec_lint.python.values import Key, Origin, Origins, Site, Value, join, unknown

if TYPE_CHECKING:
    from mlsec_lint.python.fetches import Call
    from mlsec_lint.python.walk import Walker

OUTSIDE = ("remote", "input", "model")  # origins that a class's methods have to know of


Excuses = tuple[tuple[Predicate, Value], ...]  # what would excuse it, and the value that a caller has to tell for that


@dataclass(frozen=True, slots=True)
class Pending:
    """A value of a parameter's origin that arrives at a place that matters, to be judged at each call."""

    rule: Rule
    detail: Match | Flow
    call: str
    origins: Origins  # of kind parameter or file
    function: str
    kinds: tuple[str, ...]
    site: Site
    excuses: Excuses = ()
    most: Level = Level.HIGH  # that can be claimed
    file: bool = False  # a test has shown that it is a file, and no folder


@dataclass(slots=True)
class Summary:
    """What one function does, as far as a caller needs to know."""

    returns: Value
    files: dict[Key, Origins] = field(default_factory=dict)
    checked: Origins = frozenset()
    pending: tuple[Pending, ...] = ()
    complete: bool = True
    agreed: frozenset[str] = frozenset()  # names by which somebody has agreed, or it would not have returned
    shown: Shown = frozenset()  # what it has shown of its parameters, or it would not have returned


@dataclass(eq=False, slots=True)
class FunctionInfo:
    """A function definition or a lambda."""

    name: str
    node: cst.FunctionDef | cst.Lambda
    walker: Walker
    ident: int
    parameters: tuple[str, ...] = ()
    keyword_only: tuple[str, ...] = ()
    defaults: dict[str, Value] = field(default_factory=dict)
    star: str = ""
    stars: str = ""
    cls: ClassInfo | None = None
    kind: str = "plain"  # plain, method, class, static, property
    scope: str = ""
    outer: dict[str, Value] = field(default_factory=dict)
    input_kind: str = ""  # origin of its parameters, for handlers
    given: dict[str, Origins] = field(default_factory=dict)  # what decorators of the project call it with
    summary: Summary | None = None
    running: bool = False
    read: bool = False  # its parameters are known, where they stand in a piece of their own
    nested: bool = False  # defined inside another function
    nodes: int = 0
    calls: set[FunctionInfo] = field(default_factory=set)  # functions of the project that it calls
    fetches: dict[tuple[int, tuple[str, ...]], Call] = field(default_factory=dict)  # what it fetches, where recorded
    left: dict[tuple[int, str], tuple[Rule, Match, str, Value]] = field(default_factory=dict)  # what its callers choose
    runs: dict[int, tuple[str, Value]] = field(
        default_factory=dict
    )  # commands that its callers tell, and what runs them


@dataclass(eq=False, slots=True)
class ClassInfo:
    """A class definition."""

    name: str
    walker: Walker
    ident: int
    bases: tuple[Value, ...]
    own: dict[str, Value] = field(default_factory=dict)  # methods and class attributes
    attributes: dict[str, Value] = field(default_factory=dict)  # set through self
    metas: tuple[str, ...] = ()
    fields: list[str] = field(default_factory=list)  # annotated names without a value, in order
    readers: dict[str, set[FunctionInfo]] = field(default_factory=dict)  # attribute -> functions that have read it
    stale: set[FunctionInfo] = field(default_factory=set)  # those that read one before something from outside came in

    files: dict[Key, Origins] = field(default_factory=dict)  # what methods fetch into files, once that is known

    def set_attribute(self, name: str, value: Value) -> None:
        """Remember that instances may have `value` as `name`."""
        old = self.attributes.get(name)
        if name in self.readers and any(
            o.kind in OUTSIDE and (old is None or o not in old.origins) for o in value.origins
        ):
            self.stale |= self.readers[name]
        self.attributes[name] = value if old is None else join(old, value)


def parameter_value(info: FunctionInfo, name: str) -> Value:
    """Return the symbolic value of a parameter inside its function."""
    return unknown(f"p{info.ident}:{name}", frozenset({Origin("parameter", name, owner=info.ident)}))
