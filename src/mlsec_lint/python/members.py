"""What is inside a value: attributes, items, elements, methods of classes and their instances.

Must not ask the rules anything but whether they name an object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.python.contents import contents
from mlsec_lint.python.digests import outcome
from mlsec_lint.python.dispatch import evaluate, evaluate_children, evaluates
from mlsec_lint.python.functions import OUTSIDE, ClassInfo
from mlsec_lint.python.narrowing import listed
from mlsec_lint.python.overrides import overriding
from mlsec_lint.python.refusals import refuses
from mlsec_lint.python.texts import BEGINNING, HEAD, folder_of, hole, identity, text_parts
from mlsec_lint.python.values import (
    CODE,
    MOST,
    NONE,
    Alternative,
    Const,
    Digest,
    Instance,
    Local,
    LocalClass,
    LocalObject,
    Name,
    Origin,
    Origins,
    Sequence,
    Symbol,
    Table,
    Text,
    Value,
    Verdict,
    join,
    known,
    unknown,
)

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker


def element(walker: Walker, items: Value, node: cst.CSTNode) -> Value:
    """Return what the elements of an iterable are."""
    out: list[Value] = []
    for alt in items.alts:
        if isinstance(alt, Sequence):
            out.extend(alt.items)
            if alt.open and not alt.items:
                out.append(unknown(f"?{id(node)}"))
        elif isinstance(alt, Table) and not alt.open:
            out.extend(known(k) for k, _ in alt.entries)
        elif isinstance(alt, Symbol):
            out.append(unknown(alt.ident + "[]"))
        elif isinstance(alt, Instance):
            out.append(Value((Name(f"{alt.of}.__iter__()", Value((alt,))),)))
        elif isinstance(alt, LocalObject):
            out.append(_given_by(walker, alt, ("__next__", "__iter__"), node))
        else:
            out.append(unknown(f"?{id(node)}"))
    if not out:
        return unknown(f"?{id(node)}", items.origins)
    return join(*out).with_origins(items.origins)


def _given_by(walker: Walker, alt: LocalObject, methods: tuple[str, ...], node: cst.CSTNode) -> Value:
    """Return what a method that Python itself calls returns: of an object of the project, by its summary."""
    for method in methods:
        found = class_member(walker, alt.cls, method, Value((alt,)), True, node)
        for function in found.alts if found is not None else ():
            if isinstance(function, Local):
                return function.function.walker.summary(function.function).returns
    return unknown(f"?{id(node)}")


def part(walker: Walker, value: Value, position: int, node: cst.CSTNode) -> Value:
    """Return one of the several things that a call returns, by `[returns]` of `callable[0]`."""
    made: list[Value] = []
    for alt in value.alts:
        of = walker.index.apis.returns.get(f"{alt.made}[{position}]") if isinstance(alt, Instance) else None
        made.append(Value((Instance(of, of, id(node)),)) if of else unknown(f"?{id(node)}"))
    return join(*made).with_origins(value.origins)


@evaluates(cst.Attribute)
def _attribute(walker: Walker, node: cst.Attribute) -> Value:
    return constant(walker, node.attr.value, member(walker, evaluate(walker, node.value), node.attr.value, node))


def member(walker: Walker, base: Value, attr: str, node: cst.CSTNode) -> Value:
    """Return `base.attr`."""
    if attr in _NAMES_OF_CODE:
        base = Value(base.alts, frozenset({Origin(CODE)}))
    elif attr in _OF_CODE:
        base = Value(base.alts, frozenset(o for o in base.origins if o.kind not in OUTSIDE))
    if len(base.alts) == 1:
        return _member(walker, base.alts[0], base, attr, node)
    return _one_receiver([_member(walker, alt, base, attr, node) for alt in base.alts])


# What these say stands in the program's code, wherever an object came from.
_OF_CODE = frozenset({"__class__", "__doc__"})
_NAMES_OF_CODE = frozenset({"__name__", "__qualname__", "__module__"})


def _one_receiver(values: list[Value]) -> Value:
    """Join the members of several alternatives; a method that they share is a method of all of them."""
    receivers: dict[str, list[Value]] = {}
    for value in values:
        for alt in value.alts:
            if isinstance(alt, Name) and alt.receiver is not None:
                receivers.setdefault(alt.dotted, []).append(alt.receiver)
    joined = join(*values)
    if all(len(found) == 1 for found in receivers.values()):
        return joined
    alts = tuple(
        Name(a.dotted, join(*receivers[a.dotted])) if isinstance(a, Name) and a.dotted in receivers else a
        for a in joined.alts
    )
    return Value(alts, joined.origins)


def _member(walker: Walker, alt: Alternative, base: Value, attr: str, node: cst.CSTNode) -> Value:
    origins = base.origins
    if isinstance(alt, Name):
        dotted = walker.index.canonical(f"{alt.dotted}.{attr}")
        if walker.project is not None and alt.receiver is None and not walker.index.calls.find(dotted):
            found = walker.resolve(alt.dotted) if alt.dotted not in walker.resolving else None
            if found is not None:
                walker.resolving.add(alt.dotted)  # modules may hand a name to each other in a circle
                try:
                    return member(walker, found, attr, node).with_origins(origins)
                finally:
                    walker.resolving.discard(alt.dotted)
        return sourced(walker, Value((Name(dotted, alt.receiver),), origins), dotted, node)
    if isinstance(alt, Instance):
        fact = walker.state.facts.get(("." + attr, alt.ident))
        if fact is not None:
            return fact
        dotted = walker.index.canonical(f"{alt.of}.{attr}")
        held = origins | (contents(walker, Value((alt,))) if alt.key else NONE)
        return sourced(walker, Value((Name(dotted, Value((alt,), origins)),), held), dotted, node)
    if isinstance(alt, Symbol):
        return unknown(f"{alt.ident}.{attr}", origins)
    if isinstance(alt, (LocalObject, LocalClass)):
        if isinstance(alt, LocalObject):
            for name, value in alt.given:
                if name == attr:
                    return value
        if alt.cls.walker is not walker and (fact := walker.state.facts.get(("." + attr, alt.cls.ident))) is not None:
            return fact
        found = class_member(walker, alt.cls, attr, base, isinstance(alt, LocalObject), node)
        return found if found is not None else unknown(f"self{alt.cls.ident}.{attr}", origins)
    if isinstance(alt, Table):
        if alt.of != "builtins.dict":
            entry = alt.get(attr)
            if entry is not None:
                chosen = len(entry.alts) > 1 and all(isinstance(one, Const) for one in entry.alts)
                return entry if chosen else entry.with_origins(origins)  # among what the program itself names
            return unknown(f"?{id(node)}", origins)
        return Value((Name(f"builtins.dict.{attr}", Value((alt,), origins)),), origins)
    if isinstance(alt, Sequence):
        return Value((Name(f"builtins.list.{attr}", Value((alt,), origins)),), origins)
    if isinstance(alt, Const) and alt.value is None:
        return unknown(f"?{id(node)}", origins)
    if isinstance(alt, (Const, Text)):
        owner = "pathlib.Path" if isinstance(alt, Text) and alt.path else "builtins.str"
        if isinstance(alt, Const) and isinstance(alt.value, bytes):
            owner = "builtins.bytes"
        if owner == "pathlib.Path" and attr == "parent":
            return Value((Text((folder_of(id(node), text_parts(Value((alt,))) or ()),), True),), origins)
        if owner == "pathlib.Path" and attr in ("name", "stem", "suffix"):
            return Value((Text((hole(f"{identity(Value((alt,)))}.{attr}"),), True),), origins)
        return Value((Name(f"{owner}.{attr}", Value((alt,), origins)),), origins)
    if isinstance(alt, Digest):
        return Value((Name(f"digest.{attr}", Value((alt,), origins)),), origins)
    if isinstance(alt, Verdict):
        return outcome(Value((alt,)), attr) or base
    return unknown(f"?{id(node)}", origins)


def class_member(
    walker: Walker, cls: ClassInfo, attr: str, base: Value, instance: bool, node: cst.CSTNode, depth: int = 0
) -> Value | None:
    """Return a member of a class of the project or of an object of it; None where nothing is known of it."""
    values: list[Value] = []
    own = cls.own.get(attr)
    computed = False
    if own is not None:
        for alt in own.alts:
            if isinstance(alt, Local) and alt.function.kind == "property":
                computed = True
                values.append(cls.walker.summary(alt.function).returns)
            elif (
                isinstance(alt, Local)
                and alt.function.kind in ("method", "class")
                and (instance or alt.function.kind == "class")
            ):
                values.append(Value((Local(alt.function, base), *(Local(one, base) for one in overriding(cls, attr)))))
            else:
                values.append(Value((alt,), own.origins))
    cls.walker.read(cls, attr)
    attribute = cls.attributes.get(attr)
    if walker.function is not None and cls.walker is walker:
        cls.readers.setdefault(attr, set()).add(walker.function)
    if attribute is not None:
        values.append(attribute)
    if values:
        if (
            own is not None
            and attribute is None
            and not computed
            and not any(isinstance(a, (Local, LocalClass, Name)) for v in values for a in v.alts)
        ):
            values.append(unknown(f"self{cls.ident}.{attr}"))  # an instance may have another
        elif attr in cls.fields:
            values.append(unknown(f"self{cls.ident}.{attr}"))  # given by whoever makes one, here or elsewhere
        return join(*values)
    if depth > 8:
        return None
    for value in cls.bases:
        for alt in resolved(walker, value).alts:
            if isinstance(alt, LocalClass):
                found = class_member(walker, alt.cls, attr, base, instance, node, depth + 1)
                if found is not None:
                    return found
            elif isinstance(alt, Name):
                if any(_restricts(cls, method) for method in walker.index.restricts.get(alt.dotted, ())):
                    return None
                dotted = walker.index.canonical(f"{alt.dotted}.{attr}")
                if walker.index.calls.find(dotted) or walker.index.source(dotted) or attr not in cls.attributes:
                    return sourced(walker, Value((Name(dotted, base),)), dotted, node)
    return None


def _restricts(cls: ClassInfo, method: str) -> bool:
    """Return whether a class overrides a method of `[restricts]` by one that refuses things."""
    own = cls.own.get(method)
    if own is None:
        return False
    nodes = [a.function.node for a in own.alts if isinstance(a, Local)]
    return all(refuses(cls.walker.whole(node)) for node in nodes if isinstance(node, cst.FunctionDef))


def library_bases(cls: ClassInfo, depth: int = 0) -> list[str]:
    """Return the library classes that a class of the project derives from."""
    out: list[str] = []
    for base in cls.bases:
        for alt in base.alts:
            if isinstance(alt, Name):
                out.append(alt.dotted)
            elif isinstance(alt, LocalClass) and depth < 8:
                out.extend(library_bases(alt.cls, depth + 1))
    return out


def resolved(walker: Walker, value: Value) -> Value:
    """Return the value with names of the project's other modules looked up."""
    if walker.project is None or not any(isinstance(a, Name) and a.receiver is None for a in value.alts):
        return value
    out = []
    for alt in value.alts:
        found = walker.resolve(alt.dotted) if isinstance(alt, Name) and alt.receiver is None else None
        out.append(found if found is not None else Value((alt,)))
    return join(*out).with_origins(value.origins)


def constant(walker: Walker, name: str, value: Value) -> Value:
    """Return what a name in capitals, which is a constant by custom, stands for; the project's other modules are asked."""
    return resolved(walker, value) if name.isupper() else value


def sourced(walker: Walker, value: Value, dotted: str, node: cst.CSTNode) -> Value:
    """Return the value with the origin that the library object gives it, if it is a source of data."""
    kind = walker.index.source(dotted)
    if not kind or any(o.kind == kind for o in value.origins):
        return value
    return value.with_origins({walker.came(kind, dotted, node)})


def entry_of(alt: Symbol, key: object, origins: Origins) -> Value:
    """Return an entry of something unknown; what a parameter holds under a name is data."""
    if isinstance(key, str) and alt.of_parameter:
        origins |= {Origin("data", alt.ident.partition(":")[2])}
    return unknown(f"{alt.ident}[{key!r}]", origins)


def any_entry(table: Table) -> Value:
    """Return what may stand under any key; of a long table of written values the first ones stand for the rest."""
    values = [value for _, value in table.entries]
    if len(values) <= MOST or table.open or not all(_is_data(alt) for value in values for alt in value.alts):
        return join(*values)
    return Value(join(*values).alts[: MOST - 1], NONE.union(*(value.origins for value in values)))


def _is_data(alt: Alternative) -> bool:
    """Return whether something stands in the code as it is: text, numbers, and rows of these."""
    if isinstance(alt, Sequence):
        return not alt.open and all(_is_data(one) for item in alt.items for one in item.alts)
    return isinstance(alt, Const)


@evaluates(cst.Subscript)
def _subscript(walker: Walker, node: cst.Subscript) -> Value:
    base = evaluate(walker, node.value)
    if len(node.slice) != 1 or not isinstance(node.slice[0].slice, cst.Index):
        for part in node.slice:
            evaluate_children(walker, part.slice)
        if any(isinstance(a, Digest) for a in base.alts):
            return base
        return _beginning(node, base) or unknown(f"?{id(node)}", base.origins)
    key = evaluate(walker, node.slice[0].slice.value)
    if isinstance(node.slice[0].slice.value, cst.Name):
        listed(walker, node.slice[0].slice.value, base)  # or there would have been an error
    if (head := _head(walker, node, key)) is not None:
        return unknown(head + HEAD, base.origins)
    out = [_item(walker, alt, base, key, node) for alt in base.alts]
    return join(*out)


def _beginning(node: cst.Subscript, base: Value) -> Value | None:
    """Return what `text[:n]` is: it begins as the text does; None where that is not known, or this is no such part."""
    part = node.slice[0].slice
    if len(node.slice) > 1 or not isinstance(part, cst.Slice) or part.lower is not None or part.step is not None:
        return None
    if len(base.alts) != 1 or isinstance(part.upper, (cst.Integer, cst.UnaryOperation)):
        return None
    alt = base.alts[0]
    if isinstance(alt, Text) and alt.start:
        return Value((Text((alt.start, hole(id(node)))),), base.origins)
    if isinstance(alt, Symbol) and alt.is_parameter:
        return unknown(alt.ident + BEGINNING, base.origins)
    return None


def _head(walker: Walker, node: cst.Subscript, key: Value) -> str | None:
    """Return what unknown variable `name.split(".")[0]` is the head of; None where it is something else."""
    called = node.value
    if not isinstance(called, cst.Call) or not isinstance(called.func, cst.Attribute):
        return None
    name = called.func
    if name.attr.value not in ("split", "partition") or not isinstance(name.value, cst.Name) or not called.args:
        return None
    value = walker.lookup(name.value.value)
    if not all(isinstance(alt, Const) and alt.value == 0 for alt in key.alts):
        return None
    return identity(value) if all(isinstance(alt, Symbol) for alt in value.alts) else None


def _item(walker: Walker, alt: Alternative, base: Value, key: Value, node: cst.CSTNode) -> Value:
    origins = base.origins
    wanted = [a.value for a in key.alts if isinstance(a, Const)]
    if isinstance(alt, Table):
        if wanted and len(wanted) == len(key.alts):
            hits = [v for w in wanted if (v := alt.get(str(w))) is not None]
            if hits:
                return join(*hits)
        elif alt.entries:
            return any_entry(alt) if not alt.open else join(any_entry(alt), unknown(f"?{id(node)}"))
        return unknown(f"?{id(node)}", origins)
    if isinstance(alt, Sequence):
        if wanted and isinstance(wanted[0], int) and not isinstance(wanted[0], bool) and not alt.open:
            if -len(alt.items) <= wanted[0] < len(alt.items):
                return alt.items[wanted[0]]
        elif alt.items:
            return join(*alt.items)
        return unknown(f"?{id(node)}", origins)
    if isinstance(alt, Name):
        if wanted and isinstance(wanted[0], str) and walker.index.source(f"{alt.dotted}"):
            return unknown(f"{alt.dotted}[{wanted[0]!r}]", origins)
        if alt.receiver is not None or walker.index.source(alt.dotted):
            return unknown(f"{alt.dotted}[{wanted[:1]!r}]{id(alt.receiver) if alt.receiver else ''}", origins)
        return (
            Value((Name(alt.dotted + ".__getitem__()"),), origins)
            if alt.dotted[:1].islower()
            else Value((alt,), origins)
        )
    if isinstance(alt, Symbol):
        return entry_of(alt, wanted[0], origins) if wanted else unknown(f"?{id(node)}", origins)
    if isinstance(alt, Instance):
        if wanted and f"{alt.made}[{wanted[0]}]" in walker.index.apis.returns:
            return part(walker, Value((alt,), origins), int(wanted[0]), node)
        dotted = walker.index.canonical(f"{alt.of}.__getitem__")
        return sourced(walker, Value((Name(dotted + "()", Value((alt,), origins)),), origins), dotted, node)
    if isinstance(alt, LocalObject):
        return _given_by(walker, alt, ("__getitem__",), node).with_origins(origins)
    if isinstance(alt, Digest):
        return Value((alt,), origins)
    if isinstance(alt, Verdict):
        return outcome(Value((alt,)), str(wanted[0]) if wanted else "") or base
    return unknown(f"?{id(node)}", origins)
