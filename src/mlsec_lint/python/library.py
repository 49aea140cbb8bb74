"""Calls of library objects, by what the api tables say of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.python import judging
from mlsec_lint.python.arguments import Arguments
from mlsec_lint.python.checks import TESTING, digest_call, digest_method, digest_told, unseen_check
from mlsec_lint.python.contents import buffer_key, checkable, contents, path_key, path_keys
from mlsec_lint.python.digests import digest_of, digested
from mlsec_lint.python.dispatch import FILE, MEANINGS
from mlsec_lint.python.flows import OUTSIDE
from mlsec_lint.python.handing import handed, register
from mlsec_lint.python.modules import IMPORTERS, imported
from mlsec_lint.python.texts import texts
from mlsec_lint.python.values import (
    CODE,
    NONE,
    Instance,
    Name,
    Origin,
    Origins,
    Symbol,
    Value,
    Verdict,
    join,
    not_fetched,
)

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker

# Methods that put what they hold into a file.
SAVER = re.compile(r"(?:save|export)(?:_?(?:as|to))?|(?:write|download|copy)_to(?:_?\w+)?")


def field_default(walker: Walker, value: Value, annotated: Value | None = None) -> Value:
    """Return the default of a class attribute written with `field(default=…)` or the like.

    What a function makes of it when there is an object is what the annotation says.
    """
    for alt in value.alts:
        if isinstance(alt, Instance) and alt.made.rpartition(".")[2] in ("field", "Field", "Option", "Argument", "ib"):
            inner = alt.inputs
            made = inner is None or all(
                isinstance(a, Symbol) or (isinstance(a, Instance) and a.made.rpartition(".")[2] == "Factory")
                for a in inner.alts
            )
            return annotated if made and annotated is not None else inner or value
    return value


def call_library(
    walker: Walker, node: cst.Call, alt: Name, function: Value, arguments: Arguments, certain: bool
) -> Value:
    """Return what a library callable gives, after asking the rules about the call."""
    index = walker.index
    dotted = alt.dotted
    order = index.parameters(dotted)
    bound = arguments.with_order(order, alt.receiver)
    if walker.tried:
        for tried in walker.tried:
            tried.add(dotted)
    walker.called.add(dotted)
    if dotted in IMPORTERS and walker.state.files:
        imported(walker, bound)
    judging.called(walker, node, dotted, bound, certain)
    register(walker, alt, bound)
    meaning = MEANINGS.get(dotted)
    if meaning is None and index.apis.returns.get(dotted) == FILE:
        meaning = MEANINGS["builtins.open"]
    if meaning is not None:
        result = meaning(walker, node, bound)
        if result is not None:
            return _from_source(walker, node, dotted, bound, result)
    if dotted in index.digests:
        return digest_call(walker, node, dotted, bound)
    if dotted in index.checks:
        of: Origins = NONE
        weak = False
        for value in (*bound.values(), *([alt.receiver] if alt.receiver is not None else [])):
            digest, is_weak = digested(value)
            of |= digest if digest is not None else checkable(walker, value)
            weak = weak or is_weak
        ident = digest_of(*bound.values())
        walker.digests.compare(node, *bound.values())
        return Value((Verdict(of, weak, True, ident, not TESTING.match(dotted.rpartition(".")[2])),))
    owner, _, method = dotted.rpartition(".")
    if owner in index.digests and alt.receiver is not None:
        return digest_method(walker, node, owner, method, alt.receiver, bound)
    if owner == "digest" and alt.receiver is not None:
        if method in ("startswith", "endswith", "__eq__"):
            of_, weak = digested(alt.receiver)
            return Value((Verdict(of_ or NONE, weak, True, digest_of(alt.receiver)),))
        return alt.receiver
    option = index.apis.options.get(dotted)
    if option is not None:
        _option(walker, node, option, bound)
    saves = index.apis.saves.get(dotted)
    if saves is not None:
        _save(walker, node, dotted, saves, bound)
    elif alt.receiver is not None:
        saved(walker, node, method, alt.receiver.origins, bound)
    origins = (
        function.origins.union(*(v.origins for v in arguments.values())) if arguments.values() else function.origins
    )
    if alt.receiver is not None:
        origins |= alt.receiver.origins
        for receiver in alt.receiver.alts:
            if isinstance(receiver, Instance):
                fed = walker.state.facts.get(("held", receiver.ident))
                if fed is not None:
                    origins |= fed.origins
                if not isinstance(node.func, cst.Call):
                    values = [v for v in arguments.values() if v.origins]
                    if values:
                        walker.state.feed("held", receiver.ident, join(*values))
    origins |= handed(walker, node, dotted.rpartition(".")[2], arguments)
    if (verdict := unseen_check(walker, node, arguments)) is not None and not index.params.find(dotted):
        return verdict
    first = bound.get("0")
    returns = index.apis.returns.get(dotted)
    if (
        returns is None
        and alt.receiver is None
        and _class_like(owner)
        and dotted.rpartition(".")[2].startswith("from_")
    ):
        returns = owner
    made_class = returns or (dotted if _class_like(dotted) else dotted + "()")
    inputs = None
    if dotted.rpartition(".")[2] in ("field", "Field", "Option", "Argument", "ib"):
        given = arguments.keywords.get("default") or arguments.keywords.get("default_factory")
        inputs = given[0] if given is not None else None
        if inputs is None and first is not None and dotted.rpartition(".")[2] != "field":
            inputs = first[0]
    if alt.receiver is not None and index.apis.members is not None and dotted in index.apis.members.lists:
        walker.state.facts[("listed", id(node))] = alt.receiver
    result = Value((Instance(made_class, dotted, id(node), inputs=inputs),), origins)
    return _from_source(walker, node, dotted, bound, result)


def _class_like(dotted: str) -> bool:
    leaf = dotted.rpartition(".")[2]
    return leaf[:1].isupper() or leaf[:2].strip("_")[:1].isupper()


def _from_source(walker: Walker, node: cst.Call, dotted: str, arguments: Arguments, result: Value) -> Value:
    kind = walker.index.source(dotted)
    if not kind:
        return result
    if kind == CODE:  # whatever object was looked at
        return Value(result.alts, frozenset({Origin(CODE)}))
    if kind == "remote" and digest_told(walker, arguments):
        return Value(result.alts, not_fetched(result.origins))
    receiver_kinds = {o.kind for o in arguments.receiver.origins} if arguments.receiver is not None else set()
    if kind in receiver_kinds:
        return result.with_origins(arguments.receiver.origins if arguments.receiver is not None else NONE)
    return result.with_origins({walker.came(kind, dotted, node)})


def _option(walker: Walker, node: cst.Call, option: tuple[str, str], arguments: Arguments) -> None:
    """Ask the rules about the default of an option that the call declares."""
    name, default = (arguments.get(one) for one in option)
    if name is not None and default is not None:
        for one in texts(name[0]):
            judging.default(walker, one.lstrip("-").replace("-", "_"), default[0], node)


def saved(walker: Walker, node: cst.Call, method: str, origins: Origins, arguments: Arguments) -> None:
    """A method that by its name puts what it holds into a file: the file holds that, or what this program has made."""
    if not SAVER.fullmatch(method) or not arguments.positional:
        return
    outside = frozenset(o for o in origins if o.kind in OUTSIDE)
    key = path_key(arguments.positional[0][0])
    if key and outside:
        walker.state.put(key, outside)
        walker.saves.note(walker, key, "")
    elif key and method.startswith(("save", "export")):
        if origins:
            walker.state.write(key, NONE)
        else:
            walker.state.save(key)
        walker.saves.note(walker, key, method, node)


def _save(walker: Walker, node: cst.Call, dotted: str, saves: tuple[str, str], arguments: Arguments) -> None:
    source, target = saves
    given = arguments.get(target)
    if given is None:
        return
    origins: Origins = NONE
    kind = walker.index.source(dotted)
    if kind or source == "":
        if not digest_told(walker, arguments):
            origins |= {walker.came(kind or "remote", dotted, node)}
    else:
        value = arguments.get(source)
        if value is not None:
            origins |= value[0].origins | contents(walker, value[0])
    if source == "own" and (buffer := buffer_key(given[0])):
        walker.state.save(buffer)
    for key in path_keys(given[0]):
        if kind or source == "":
            walker.state.put(key, origins)
            walker.saves.note(walker, key, "")
        elif source == "own":
            walker.state.save(key)
            walker.saves.note(walker, key, dotted, node)
        else:
            walker.state.write(key, origins)
