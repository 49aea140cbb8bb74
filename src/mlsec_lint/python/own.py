"""Calls of the project's own functions, by their summaries; decorators and context managers of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.python import fetches
from mlsec_lint.python.arguments import Arguments
from mlsec_lint.python.binding import Binding
from mlsec_lint.python.checks import unseen_check
from mlsec_lint.python.flows import reached
from mlsec_lint.python.functions import OUTSIDE, ClassInfo, FunctionInfo
from mlsec_lint.python.members import class_member, element, resolved
from mlsec_lint.python.values import (
    NONE,
    Const,
    Instance,
    Local,
    LocalObject,
    Name,
    Origin,
    Origins,
    Sequence,
    Symbol,
    Table,
    Value,
    Verdict,
    join,
)

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker

# Methods that call the function they are given, with the arguments behind it; with each of their elements where True.
CALLERS = {"map": True, "imap": True, "imap_unordered": True, "filter": True, "to_thread": False, "submit": False,
           "run_in_executor": False, "run_sync": False}  # fmt: skip


def handed(walker: Walker, node: cst.Call, name: str, arguments: Arguments) -> Origins:
    """Return the origins of what functions of the project return that a call is given to call: `pool.map(fetch, urls)`."""
    if name not in CALLERS:
        return NONE
    for position, (value, _) in enumerate(arguments.positional):
        functions = [alt for alt in value.alts if isinstance(alt, Local)]
        if functions:
            rest = arguments.positional[position + 1 :]
            if CALLERS[name]:
                rest = [(element(walker, v, node), a) for v, a in rest]
            return NONE.union(*(call_own(walker, node, alt, Arguments(rest)).origins for alt in functions))
    return NONE


def method_results(walker: Walker, node: cst.Call, function: Value, name: str) -> Origins:
    """Return what a caller has to tell of a method of a parameter: `session.get(url)` in a function given a session."""
    info = walker.function
    if info is None:
        return NONE
    out = set()
    for alt in function.alts:
        if isinstance(alt, Symbol) and alt.ident.startswith(f"p{info.ident}:"):
            parameter, _, method = alt.ident.partition(":")[2].partition(".")
            if method == name:
                out.add(Origin("result", name, walker.site(node), info.ident, (parameter,)))
    return frozenset(out)


def method_origins(walker: Walker, value: Value, name: str, origin: Origin) -> Origins:
    """Return the origins that a method's result has by itself, for what a callee calls on its parameter."""
    out = set()
    for alt in value.alts:
        if isinstance(alt, (Instance, Name)):
            dotted = walker.index.canonical(f"{alt.of if isinstance(alt, Instance) else alt.dotted}.{name}")
            kind = walker.index.source(dotted)
            if kind:
                out.add(Origin(kind, dotted, origin.site))
        elif isinstance(alt, Symbol) and walker.function is not None:
            owner, _, parameter = alt.ident.partition(":")
            if owner == f"p{walker.function.ident}" and "." not in parameter:
                out.add(Origin("result", name, origin.site, walker.function.ident, (parameter,)))
    return frozenset(out)


def call_own(walker: Walker, node: cst.Call, alt: Local, arguments: Arguments) -> Value:
    """Return what a function of the project gives, by its summary."""
    info = alt.function
    summary = info.walker.summary(info)
    if walker.function is not None:
        walker.function.calls.add(info)
    values = bind(info, alt.receiver, arguments)
    binding = Binding(info.ident, values, walker.state.written, lambda v, name, at: method_origins(walker, v, name, at))
    if info.input_kind:
        return binding.value(summary.returns)
    for key, origins in summary.files.items():
        walker.state.write(binding.key(key), binding.origins(origins))
    if summary.checked:
        walker.vouch(binding.origins(summary.checked))
    for pending in summary.pending:
        reached(walker, node, pending, binding)
    if info.fetches and not walker.silent:
        fetches.reached(walker, node, info, binding, arguments)
    result = binding.value(summary.returns)
    if _unclear(result):
        verdict = unseen_check(walker, node, arguments)
        if verdict is not None:
            return verdict
    return result


def _unclear(value: Value) -> bool:
    return not any(isinstance(a, Verdict) for a in value.alts) and all(
        isinstance(a, Symbol) or (isinstance(a, Const) and isinstance(a.value, bool)) for a in value.alts
    )


def bind(info: FunctionInfo, receiver: Value | None, arguments: Arguments) -> dict[str, Value]:
    """Return what each parameter is at a call."""
    names = list(info.parameters)
    values: dict[str, Value] = {}
    if receiver is not None and info.kind in ("method", "class") and names:
        values[names.pop(0)] = receiver
    for name, (value, _) in zip(names, arguments.positional, strict=False):
        values[name] = value
    allowed = {*names, *info.keyword_only}
    extra: dict[str, Value] = {}
    for name, (value, _) in arguments.keywords.items():
        if name in allowed:
            values[name] = value
        else:
            extra[name] = value
    if info.star:
        rest = tuple(v for v, _ in arguments.positional[len(names) :])
        values[info.star] = Value(
            (Sequence(rest, arguments.open_positional),), frozenset().union(*(v.origins for v in rest))
        )
    if info.stars:
        values[info.stars] = Value(
            (Table(tuple(extra.items()), arguments.open_keywords),),
            frozenset().union(*(v.origins for v in extra.values())),
        )
    for name, default in info.defaults.items():
        if not name.startswith("\0") and name not in values and not arguments.open_keywords:
            values[name] = default
    return values


def keep_attributes(walker: Walker, cls: ClassInfo, alt: Local, arguments: Arguments) -> None:
    """What comes from outside and `__init__` puts into attributes is there for the methods."""
    if cls.walker is not walker:  # another module's findings do not depend on this one
        return
    values = bind(alt.function, alt.receiver, arguments)
    if not any(o.kind in OUTSIDE for v in values.values() for o in v.origins):
        return
    binding = Binding(alt.function.ident, values, walker.state.written, lambda v, name, at: NONE)
    for name, value in list(cls.attributes.items()):
        outside = frozenset(o for o in binding.origins(value.origins) if o.kind in OUTSIDE)
        if outside - value.origins:
            cls.set_attribute(name, value.with_origins(outside))


def decorated(walker: Walker, info: FunctionInfo, decorator: Value, value: Value) -> Value:
    """Return what a decorator makes of a function."""
    for alt in resolved(walker, decorator).alts:
        if isinstance(alt, Name):
            kind = _PLAIN_DECORATORS.get(alt.dotted)
            if kind is not None:
                info.kind = kind
                continue
            handlers = walker.index.handlers.find(alt.dotted)
            if handlers:
                info.input_kind = handlers[0]
            if alt.dotted.endswith((".setter", ".getter", ".deleter")):
                info.kind = "property"
        elif isinstance(alt, Instance):
            handlers = walker.index.handlers.find(alt.made)
            if handlers:
                info.input_kind = handlers[0]
        elif isinstance(alt, Symbol) and alt.ident.endswith(".setter"):
            info.kind = "property"
    return value


_PLAIN_DECORATORS = {
    "builtins.staticmethod": "static",
    "builtins.classmethod": "class",
    "builtins.property": "property",
    "functools.cached_property": "property",
}


def entered(walker: Walker, value: Value, node: cst.CSTNode) -> Value:
    """Return what `with value as x` gives."""
    out: list[Value] = []
    for alt in value.alts:
        if isinstance(alt, LocalObject):
            found = class_member(walker, alt.cls, "__enter__", Value((alt,)), True, node)
            if found is not None:
                for method in found.alts:
                    if isinstance(method, Local):
                        summary = method.function.walker.summary(method.function)
                        out.append(summary.returns)
                continue
        if isinstance(alt, Instance):
            returns = walker.index.apis.returns.get(f"{alt.of}.__enter__")
            if returns is not None:
                out.append(Value((Instance(returns, returns, alt.ident),), value.origins))
                continue
        out.append(Value((alt,), value.origins))
    return join(*out).with_origins(value.origins) if out else value
