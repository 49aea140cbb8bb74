"""Calls of the project's own functions, by their summaries; decorators and context managers of the project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.python import choosing, fetches, judging, shell
from mlsec_lint.python.arguments import Arguments
from mlsec_lint.python.binding import Binding
from mlsec_lint.python.checks import unseen_check
from mlsec_lint.python.contents import contents, written
from mlsec_lint.python.flows import reached
from mlsec_lint.python.functions import OUTSIDE, ClassInfo, FunctionInfo
from mlsec_lint.python.members import class_member, resolved
from mlsec_lint.python.texts import identity
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
    told,
)

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker


def method_results(walker: Walker, node: cst.Call, function: Value, name: str) -> Origins:
    """Return what a caller has to tell of a method of a parameter: `session.get(url)` in a function given a session."""
    if walker.function is None:
        return NONE
    out = set()
    for alt in function.alts:
        if isinstance(alt, Symbol) and alt.of_parameter:
            owner, _, rest = alt.ident.partition(":")
            parameter, _, method = rest.partition(".")
            if method == name:
                out.add(Origin("result", name, walker.site(node), int(owner[1:]), (parameter,)))
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
    if info.stars:  # where `**options` are handed on cannot be seen inside
        judging.as_entries(walker, node, arguments, taken={*info.parameters, *info.keyword_only})
    binding = _binding(walker, info, values)
    for one in alt.receiver.alts if alt.receiver is not None else ():
        if isinstance(one, LocalObject) and one.made is not None:
            binding.made = _binding(walker, *one.made)
    if info.input_kind:
        return binding.value(summary.returns)
    for key, origins in summary.files.items():
        walker.state.put(binding.key(key), binding.origins(origins))
    if info.walker is walker:  # a file shows no place by itself that it does not show with the others
        walker.state.agreed |= summary.agreed
    for ident, what in summary.shown:
        if (value := values.get(ident.removeprefix(f"p{info.ident}:"))) is not None:
            walker.state.shown |= {(identity(value), what)}
    if summary.checked:
        walker.vouch(binding.origins(summary.checked))
    for pending in summary.pending:
        reached(walker, node, pending, binding)
    if info.fetches and not walker.silent:
        fetches.reached(walker, node, info, binding, arguments)
    if info.left and not walker.silent:
        choosing.chosen(walker, node, info, binding, values)
    if info.runs and not walker.silent:
        shell.reached(walker, node, info, binding)
    if info.walker.applied:
        _call_back(walker, node, info, values)
    result = binding.value(summary.returns)
    if any(isinstance(a, Symbol) and a.ident.startswith(f"p{info.ident}:") for a in summary.returns.alts):
        result = told(result)  # it settles what its callers choose
    if _unclear(result):
        verdict = unseen_check(walker, node, arguments)
        if verdict is not None:
            return verdict
    return result


def _binding(walker: Walker, info: FunctionInfo, values: Mapping[str, Value]) -> Binding:
    return Binding(
        info.ident,
        values,
        lambda key: written(walker, key),
        lambda v, name, at: method_origins(walker, v, name, at),
        needed=info.walker.needed,
    )


def _call_back(walker: Walker, node: cst.Call, info: FunctionInfo, values: dict[str, Value]) -> None:
    """A function calls a parameter of its own, and a function of the project is what it is given."""
    for name, value in values.items():
        given = info.walker.applied.get(f"p{info.ident}:{name}")
        if given and not walker.calling_back:
            walker.calling_back = True
            for alt in value.alts:
                if isinstance(alt, Local):
                    for arguments in given:
                        call_own(walker, node, alt, arguments)
            walker.calling_back = False


def applied(walker: Walker, alt: Symbol, arguments: Arguments) -> None:
    """Remember that a parameter is called with something from outside."""
    if not alt.is_parameter:
        return
    given: list[tuple[Value, cst.CSTNode | None]] = [
        (v.with_origins(o for o in contents(walker, v) if o.kind in OUTSIDE), None) for v, _ in arguments.positional
    ]
    if any(o.kind in OUTSIDE for v, _ in given for o in v.origins):
        held = walker.applied.setdefault(alt.ident, [])
        if len(held) < 4:
            held.append(Arguments(given))


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
    values = bind(alt.function, alt.receiver, arguments)
    if not any(o.kind in OUTSIDE for v in values.values() for o in v.origins):
        return
    binding = Binding(alt.function.ident, values, lambda key: written(walker, key), lambda v, name, at: NONE)
    for name, value in list(cls.attributes.items()):
        outside = frozenset(o for o in binding.origins(value.origins) if o.kind in OUTSIDE)
        if outside - value.origins:
            cls.set_attribute(name, value.with_origins(outside))


def decorated(walker: Walker, info: FunctionInfo, decorator: Value, value: Value) -> Value:
    """Return what a decorator makes of a function."""
    for alt in resolved(walker, decorator).alts:
        if isinstance(alt, Local):
            walker.decorated.append((alt, info))
        elif isinstance(alt, Name):
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
