"""A function's body: how it is entered, and what is remembered of it (its summary)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.python import definitions
from mlsec_lint.python.functions import ClassInfo, FunctionInfo, Summary, parameter_value
from mlsec_lint.python.state import State, agreed_on_all, checked_on_all, shown_on_all
from mlsec_lint.python.values import (
    NONE,
    Key,
    Local,
    LocalClass,
    LocalObject,
    Origin,
    Origins,
    Table,
    Value,
    join,
    known,
)
from mlsec_lint.python.values import Sequence as Items

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker

MAKING = ("__init__", "__post_init__")  # what an object is made by, before anything else of it is called


def agreed_before(walker: Walker, info: FunctionInfo) -> frozenset[str]:
    """Return the names by which somebody has agreed when an object was made, before its methods can be called."""
    if info.cls is None or info.kind not in ("method", "property") or info.name in MAKING:
        return frozenset()
    makers = [one for name in MAKING if (one := maker(walker, info.cls, name)) is not None]
    if any(one.running for one in makers):  # it is being made: what its maker knows at the call
        return walker.state.agreed if walker.function is not None and walker.function.cls is not None else frozenset()
    return frozenset().union(*(walker.summary(one).agreed for one in makers))


def maker(walker: Walker, cls: ClassInfo, name: str, depth: int = 0) -> FunctionInfo | None:
    """Return the function of this module by which an object of a class is made, its own or an inherited one."""
    for value in (cls.own[name],) if name in cls.own else cls.bases:
        for alt in value.alts:
            if isinstance(alt, Local) and alt.function.walker is walker:
                return alt.function
            if isinstance(alt, LocalClass) and name not in cls.own and depth < 8:
                return maker(walker, alt.cls, name, depth + 1)
    return None


def opened(walker: Walker, info: FunctionInfo) -> cst.FunctionDef | cst.Lambda:
    """Return a function with its body; where that is a piece of its own, read its parameters, as its definition does."""
    if walker.pieces is None or isinstance(info.node, cst.Lambda):
        return info.node
    node = walker.pieces.whole(info.node)
    if node is not info.node and not info.read:
        info.read = True
        walker.state = State({**walker.globals, **(info.cls.own if info.cls is not None else {})})
        walker.function, walker.cls, walker.scope = None, info.cls, info.scope.split(".")[:-1]
        definitions.read_parameters(walker, info, node.params)
    return node


def enter(walker: Walker, info: FunctionInfo) -> None:
    """Bind the parameters."""
    names = walker.state.names
    for position, name in enumerate((*info.parameters, *info.keyword_only)):
        value = parameter_value(info, name)
        if position == 0 and info.cls is not None and info.kind in ("method", "property"):
            value = Value((LocalObject(info.cls),))
        elif position == 0 and info.cls is not None and info.kind == "class":
            value = Value((LocalClass(info.cls),))
        else:
            default = info.defaults.get(name) or info.defaults.get("\0" + name)
            if default is not None:
                value = join(default, value)
            if name in info.given:
                value = value.with_origins(info.given[name])
            if info.input_kind:
                site = walker.site(info.node)
                value = value.with_origins({Origin(info.input_kind, name, site)})
        names[name] = value
    if info.star:
        names[info.star] = Value((Items((), open=True),), parameter_value(info, info.star).origins)
    if info.stars:
        names[info.stars] = Value((Table((), open=True),), parameter_value(info, info.stars).origins)


def refresh(walker: Walker, info: FunctionInfo) -> None:
    """Functions defined inside see the variables as they are in the end."""
    for inner in walker.within.get(info.scope, ()):
        if inner.summary is None and not inner.running:
            inner.outer = {**info.outer, **walker.state.names}


def summarise(walker: Walker) -> Summary:
    """Fold what the body did into a summary."""
    exits = walker.exits or [walker.state]
    files: dict[Key, Origins] = {}
    for state in exits:
        for key, origins in state.files.items():
            files[key] = files.get(key, NONE) | origins
    returns = join(*walker.returned) if walker.returned else known(None)
    return Summary(
        returns,
        files,
        checked_on_all(exits),
        tuple(walker.pending),
        True,
        agreed_on_all(exits),
        shown_on_all(exits),
    )
