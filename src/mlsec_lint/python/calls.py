"""What a call means, whatever is called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.model import Flow
from mlsec_lint.python import excuses, judging
from mlsec_lint.python.arguments import Arguments, read_arguments
from mlsec_lint.python.checks import unseen_check
from mlsec_lint.python.dispatch import MEANINGS, evaluate, evaluates
from mlsec_lint.python.functions import ClassInfo
from mlsec_lint.python.handing import handed
from mlsec_lint.python.library import call_library, saved
from mlsec_lint.python.members import class_member, entry_of, resolved
from mlsec_lint.python.nodes import leaf_name
from mlsec_lint.python.own import applied, bind, call_own, keep_attributes, method_results
from mlsec_lint.python.texts import offered, texts
from mlsec_lint.python.values import (
    NONE,
    Alternative,
    Const,
    Instance,
    Local,
    LocalClass,
    LocalObject,
    Name,
    Partial,
    Sequence,
    Symbol,
    Value,
    join,
    unknown,
)

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker

WRITERS = ("write", "writelines")
GETTERS = ("get", "pop", "setdefault")
PATH_METHODS = frozenset({
    "write_bytes", "write_text", "read_bytes", "read_text", "as_posix", "absolute", "expanduser", "joinpath", "with_suffix",
})  # fmt: skip
_MODE = re.compile(r"[rwaxbt+]{1,3}")

TELLING = frozenset(
    {"print", "debug", "info", "warning", "warn", "error", "critical", "log", "exception", "echo", "secho"}
)


@evaluates(cst.Call)
def call(walker: Walker, node: cst.Call) -> Value:
    """Return what a call returns, asking the rules about it on the way."""
    begun = len(walker.found)
    function = resolved(walker, evaluate(walker, node.func))
    name = leaf_name(node.func)
    if (asking := f"{name}()") in walker.index.consents:  # it raises where the answer is no
        walker.state.agreed |= {asking}
    before = len(walker.found)
    telling, expecting = name in TELLING, name.startswith("assert")
    walker.digests.telling += telling
    walker.comparing += expecting
    arguments = read_arguments(walker, node.args)  # type: ignore[arg-type]
    _forget_keys(arguments)
    walker.digests.telling -= telling
    walker.comparing -= expecting
    if not telling:
        for value in arguments.values():
            walker.digests.escape(value)
    if type(node.func) is cst.Attribute:  # `make().method(text)`, with a quote where the text is written here
        quote = '"' if arguments.positional and texts(arguments.positional[0][0]) else ""
        excuses.by_uses(walker, begun, node.func.value, lambda: (f".{name}({quote}",))
    result = apply(walker, node, function, arguments)
    excuses.by_neighbours(walker, before, lambda key: arguments.keywords[key][0] if key in arguments.keywords else None)
    if "import" in name.lower() and (module := _imported(walker, node, result, arguments)) is not None:
        return module
    return result


def _forget_keys(arguments: Arguments) -> None:
    """Of `call(store.get, key)` the key is not what is got by it, whoever makes the call."""
    for position, (value, _) in enumerate(arguments.positional[:-1]):
        if all(isinstance(alt, Symbol) and alt.ident.rpartition(".")[2] in GETTERS for alt in value.alts):
            key, node = arguments.positional[position + 1]
            arguments.positional[position + 1] = (Value(key.alts), node)


def apply(walker: Walker, node: cst.Call, function: Value, arguments: Arguments) -> Value:
    """Return what calling `function` gives."""
    judging.handed_on(walker, node, function, arguments)
    certain = len([a for a in function.alts if not isinstance(a, Const)]) == 1
    results = []
    unresolved: list[Alternative] = []
    for alt in function.alts:
        if isinstance(alt, Name):
            results.append(call_library(walker, node, alt, function, arguments, certain))
        elif isinstance(alt, Instance):
            method = Name(walker.index.canonical(f"{alt.of}.__call__"), Value((alt,), function.origins))
            results.append(call_library(walker, node, method, function, arguments, certain))
        elif isinstance(alt, Local):
            results.append(call_own(walker, node, alt, arguments))
        elif isinstance(alt, LocalClass):
            results.append(_construct(walker, node, alt.cls, arguments))
        elif isinstance(alt, LocalObject):
            found = class_member(walker, alt.cls, "__call__", Value((alt,)), True, node)
            results.append(
                apply(walker, node, found, arguments)
                if found is not None
                else _opaque(walker, node, function, arguments)
            )
        elif isinstance(alt, Partial):
            merged = Arguments(
                [(v, None) for v in alt.args] + arguments.positional,
                {**{k: (v, None) for k, v in alt.keywords}, **arguments.keywords},
                arguments.open_positional,
                arguments.open_keywords,
            )
            before = len(walker.found)
            results.append(apply(walker, node, alt.function, merged))
            if alt.told:  # what the call is has been said; what flows into it has not
                walker.found[before:] = [raw for raw in walker.found[before:] if isinstance(raw.detail, Flow)]
        elif not isinstance(alt, Const):
            unresolved.append(alt)
            if isinstance(alt, Symbol):
                applied(walker, alt, arguments)
            results.append(_opaque(walker, node, function, arguments))
    if unresolved and len(unresolved) == len(function.alts):
        judging.unresolved(walker, node, arguments)
        if type(node.func) is cst.Attribute and node.func.attr.value == "add_argument":  # a parser handed in
            MEANINGS["argparse.ArgumentParser.add_argument"](walker, node, arguments)
        verdict = unseen_check(walker, node, arguments)
        if verdict is not None:
            return verdict
    return join(*results) if results else unknown(f"?{id(node)}")


def _imported(walker: Walker, node: cst.Call, result: Value, arguments: Arguments) -> Value | None:
    """Return the library that a function of somebody's own imports by its name, where its result says nothing else.

    `optional_import("a.b", name="C")` gives the thing, or a pair of it and whether it is there.
    """
    names = texts(arguments.positional[0][0]) if arguments.positional else ()
    if len(names) != 1 or names[0].partition(".")[0] not in walker.index.roots:
        return None
    if any(isinstance(alt, Name) for alt in result.alts):
        return None
    within = arguments.keywords.get("name")
    leaf = texts(within[0]) if within is not None else ()
    dotted = walker.index.canonical(".".join((names[0], *leaf[:1])))
    walker.roots.add(dotted.partition(".")[0])
    thing = Name(dotted)
    return Value((thing, Sequence((Value((thing,)), unknown(f"?{id(node)}")))), result.origins)


def _opaque(walker: Walker, node: cst.Call, function: Value, arguments: Arguments) -> Value:
    """The result of a call that cannot be resolved carries what went into it."""
    given = arguments.values()
    if type(node.func) is cst.Attribute and node.func.attr.value in GETTERS:
        given = given[1:]  # a key is not what is got by it
    origins = function.origins.union(*(v.origins for v in given)) if given else function.origins
    if type(node.func) is cst.Attribute:
        name = node.func.attr.value
        if name == "get" and (entry := _entry(function, arguments)) is not None:
            return entry
        if (done := _as_path(walker, node, name, function, arguments)) is not None:
            return done
        saved(walker, node, name, function.origins, arguments)
        if name in WRITERS:
            for alt in function.alts:
                if isinstance(alt, Symbol) and alt.of_parameter:  # the file that a caller has opened
                    walker.state.write(("\0" + alt.ident.removesuffix(f".{name}"),), origins)
        origins |= method_results(walker, node, function, name) | handed(walker, node, name, arguments)
    return unknown(f"?{id(node)}", origins)


def _as_path(walker: Walker, node: cst.Call, name: str, function: Value, arguments: Arguments) -> Value | None:
    """Return what a method that only paths have does to an unknown value; None where this is no such method."""
    if name == "open":  # of a path it is the one that is given a mode first
        words = texts(arguments.positional[0][0]) if len(arguments.positional) == 1 else ()
        if not words or not all(_MODE.fullmatch(word) for word in words):
            return None
    elif name not in PATH_METHODS:
        return None
    paths = [alt.ident.removesuffix(f".{name}") for alt in function.alts if isinstance(alt, Symbol)]
    receiver = Value(tuple(Symbol(ident) for ident in paths), function.origins)
    return call_library(walker, node, Name(f"pathlib.Path.{name}", receiver), function, arguments, False)


def _entry(function: Value, arguments: Arguments) -> Value | None:
    """`config.get("key")` of a parameter is what `config["key"]` is, or the default."""
    alt = function.alts[0]
    if len(function.alts) > 1 or not isinstance(alt, Symbol) or not alt.of_parameter or not arguments.positional:
        return None
    key = arguments.positional[0][0].alts[0]
    if not isinstance(key, Const) or not isinstance(key.value, str):
        return None
    entry = entry_of(Symbol(alt.ident.removesuffix(".get")), key.value, function.origins)
    return join(entry, *(offered(value) for value, _ in arguments.positional[1:2]))


def _construct(walker: Walker, node: cst.Call, cls: ClassInfo, arguments: Arguments) -> Value:
    receiver = Value((LocalObject(cls),))
    made = None
    found = class_member(walker, cls, "__init__", receiver, True, node)
    if found is not None:
        for alt in found.alts:
            if isinstance(alt, Local):
                call_own(walker, node, alt, arguments)
                if cls.walker is walker:
                    keep_attributes(walker, cls, alt, arguments)
                else:  # what is known of another module's class does not depend on this one
                    made = (alt.function, bind(alt.function, receiver, arguments))
            elif isinstance(alt, Name):
                base = alt.dotted.rpartition(".")[0]
                call_library(walker, node, Name(base), Value((Name(base),)), arguments, True)
    given: dict[str, Value] = {}
    if found is None:
        given.update((name, value) for name, (value, _) in zip(cls.fields, arguments.positional, strict=False))
    for name, (value, _) in arguments.keywords.items():
        field = found is None and name in cls.fields
        if field or (name in cls.own and not any(isinstance(a, Local) for a in cls.own[name].alts)):
            given[name] = value
    if cls.walker is walker:  # another module's findings do not depend on this one
        for name, value in given.items():
            cls.set_attribute(name, value)
    if given or made:
        receiver = Value((LocalObject(cls, id(node) if given else 0, tuple(given.items()), made),))
    return receiver.with_origins(
        frozenset().union(*(v.origins for v in arguments.values())) if arguments.values() else NONE
    )
