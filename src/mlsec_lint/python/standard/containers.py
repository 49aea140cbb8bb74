"""Dictionaries, lists and iteration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.python import judging
from mlsec_lint.python.arguments import Arguments, all_origins
from mlsec_lint.python.calls import apply
from mlsec_lint.python.dispatch import evaluate, meaning
from mlsec_lint.python.members import any_entry, element
from mlsec_lint.python.narrowing import agreed
from mlsec_lint.python.nodes import leaf_name
from mlsec_lint.python.targets import rebind_attribute, rebind_table
from mlsec_lint.python.texts import offered
from mlsec_lint.python.values import Alternative, Const, Sequence, Table, Value, Verdict, join, known, unknown

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker


@meaning("builtins.any", "builtins.all")
def _any(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if args.positional:
        rows = [i for a in args.positional[0][0].alts if isinstance(a, Sequence) for i in a.items]
        verdicts = tuple(a for row in rows for a in row.alts if isinstance(a, Verdict))
        if verdicts:
            return Value(tuple(dict.fromkeys(verdicts)))
    return unknown(f"?{id(node)}")


@meaning("builtins.dict", "collections.OrderedDict", "types.SimpleNamespace", "argparse.Namespace")
def _dict(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    entries: dict[str, Value] = {}
    open_ = args.open_keywords
    if args.positional:
        tables = [a for a in args.positional[0][0].alts if isinstance(a, Table)]
        if len(tables) == 1:
            entries.update(tables[0].entries)
            open_ = open_ or tables[0].open
        else:
            open_ = True
    for key, (value, argument) in args.keywords.items():
        if argument is not None:
            others = None if open_ else frozenset(args.keywords)
            value = judging.entry(walker, key, value, argument, others=others)
        entries[key] = value
    name = leaf_name(node.func)
    of = "argparse.Namespace" if "amespace" in str(name) else "builtins.dict"
    return Value((Table(tuple(entries.items()), open_, of),), all_origins(args))


@meaning("builtins.dict.get", "builtins.dict.pop", "builtins.dict.setdefault")
def _get(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if args.receiver is None or not args.positional:
        return None
    key = args.positional[0][0]
    default = args.positional[1][0] if len(args.positional) > 1 else known(None)
    method = node.func.attr.value if isinstance(node.func, cst.Attribute) else "get"
    if method != "setdefault":
        default = offered(default)
    out: list[Value] = []
    for alt in args.receiver.alts:
        if isinstance(alt, Table):
            keys = [a.value for a in key.alts if isinstance(a, Const)]
            if keys and len(keys) == len(key.alts):
                for name in keys:
                    entry = alt.get(str(name))
                    if entry is None:
                        entry = join(default, _other(args.receiver, name, node)) if alt.open else default
                    out.append(entry)
            else:
                out.extend((any_entry(alt), default) if alt.entries else (default,))
        else:
            out.append(unknown(f"?{id(node)}"))
    if method == "setdefault":
        keys = [a.value for a in key.alts if isinstance(a, Const) and isinstance(a.value, str)]
        tables = [a for a in args.receiver.alts if isinstance(a, Table)]
        missing = tuple(k for k in keys if all(t.get(k) is None for t in tables))
        present = {k: t.get(k) for k in keys for t in tables if t.open}
        value = join(default, unknown(f"?{id(node)}")) if present else default
        if missing:
            for name in missing:
                judging.entry(walker, name, default, node)
            _change(walker, node, args.receiver, missing, value)
    return join(*out).with_origins(args.receiver.origins) if out else None


def _other(table: Value, name: object, node: cst.Call) -> Value:
    """Return what an open table has under a name that nobody has seen put there: of `**options` it is the caller's."""
    given = [origin for origin in table.origins if origin.kind == "parameter"]
    return unknown(f"p{given[0].owner}:{given[0].name}[{name!r}]" if len(given) == 1 else f"?{id(node)}")


@meaning("builtins.dict.update")
def _update(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if args.receiver is None:
        return None
    given = {k: v for k, (v, _) in args.keywords.items()}
    for value, _ in args.positional:
        for alt in value.alts:
            if isinstance(alt, Table):
                given.update(alt.entries)
    for key, (value, argument) in args.keywords.items():
        given[key] = judging.entry(walker, key, value, argument or node)
    for name, value in given.items():
        _change(walker, node, args.receiver, (name,), value)
    return known(None)


def _change(walker: Walker, node: cst.Call, receiver: Value, keys: tuple[str, ...], value: Value) -> None:
    if not isinstance(node.func, cst.Attribute):
        return
    target = node.func.value
    base = evaluate(walker, target) if isinstance(target, (cst.Name, cst.Attribute)) else receiver
    if isinstance(target, cst.Name):
        rebind_table(walker, target.value, base, keys, value)
    elif isinstance(target, cst.Attribute):
        rebind_attribute(walker, target, base, keys, value)


@meaning("builtins.dict.items")
def _items(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    rows: list[Value] = []
    for alt in args.receiver.alts if args.receiver is not None else ():
        if isinstance(alt, Table):
            rows.extend(Value((Sequence((known(k), v)),)) for k, v in alt.entries[:16])
    return Value((Sequence(tuple(rows), open=not rows),), all_origins(args))


@meaning("builtins.dict.values")
def _values(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    rows: list[Value] = []
    more = False
    for alt in args.receiver.alts if args.receiver is not None else ():
        if isinstance(alt, Table):
            rows.extend(v for _, v in alt.entries[:16])
            more = more or alt.open or len(alt.entries) > 16
        else:
            more = True
    return Value((Sequence(tuple(rows), open=more or not rows),), all_origins(args))


@meaning("builtins.dict.copy", "copy.copy", "copy.deepcopy", "builtins.list", "builtins.tuple", "builtins.sorted", "builtins.set", "builtins.frozenset",
         "builtins.reversed", "builtins.iter", "builtins.list.copy", "builtins.vars", "typing.cast")  # fmt: skip
def _copied(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if args.receiver is not None and not args.positional:
        return args.receiver
    if len(args.positional) == 2 and isinstance(node.func, cst.Name) and node.func.value == "iter":
        item = apply(walker, node, args.positional[0][0], Arguments())
        return Value((Sequence((item,), open=True),), item.origins)
    if args.positional:
        return args.positional[-1][0]
    return Value((Sequence(()),))


@meaning("asyncio.gather")
def _gather(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    items = tuple(v for v, _ in args.positional) + tuple(element(walker, v, node) for v in args.rest)
    return Value((Sequence(items, bool(args.rest)),), all_origins(args))


@meaning("builtins.next", "builtins.min", "builtins.max")
def _next(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    return element(walker, args.positional[0][0], node) if args.positional else None


@meaning("builtins.zip")
def _zip(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    row = tuple(element(walker, v, node) for v, _ in args.positional)
    return Value((Sequence((Value((Sequence(row),), all_origins(args)),), open=True),), all_origins(args))


@meaning("builtins.enumerate")
def _enumerate(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if not args.positional:
        return None
    row = (unknown(f"?{id(node)}"), element(walker, args.positional[0][0], node))
    return Value((Sequence((Value((Sequence(row),), all_origins(args)),), open=True),), all_origins(args))


@meaning("builtins.list.append", "builtins.list.extend", "builtins.list.insert", "builtins.list.remove")
def _append(walker: Walker, node: cst.Call, args: Arguments) -> Value | None:
    if isinstance(node.func, cst.Attribute) and isinstance(node.func.value, cst.Name) and args.receiver is not None:
        name = node.func.value.value
        method = node.func.attr.value
        added = tuple(agreed(walker, v) for v, _ in args.positional[-1:]) if method != "remove" else ()
        if method == "extend":
            added = tuple(i for v in added for a in v.alts if isinstance(a, Sequence) for i in a.items)
        alts: list[Alternative] = []
        for alt in args.receiver.alts:
            alts.append(Sequence((*alt.items, *added)[:64], True) if isinstance(alt, Sequence) else alt)
        walker.bind(name, Value(tuple(dict.fromkeys(alts)), all_origins(args)))
    return known(None)
