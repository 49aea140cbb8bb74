"""What tuples, lists, dictionaries and comprehensions are worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libcst as cst

from mlsec_lint.python import excuses, judging
from mlsec_lint.python.dispatch import evaluate, evaluates
from mlsec_lint.python.members import element
from mlsec_lint.python.nodes import string_value
from mlsec_lint.python.targets import assign
from mlsec_lint.python.values import NONE, Const, Sequence, Table, Value, join

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker


@evaluates(cst.Tuple, cst.List, cst.Set)
def _row(walker: Walker, node: Any) -> Value:
    items: list[Value] = []
    origins = NONE
    open_ = False
    for entry in node.elements:
        value = evaluate(walker, entry.value)
        origins |= value.origins
        if isinstance(entry, cst.StarredElement):
            inner = [a for a in value.alts if isinstance(a, Sequence)]
            if len(inner) == len(value.alts) == 1:
                items.extend(inner[0].items)
                open_ = open_ or inner[0].open
            else:
                open_ = True
        elif len(items) < 64:
            items.append(value)
        else:
            open_ = True
    return Value((Sequence(tuple(items), open_),), origins)


@evaluates(cst.Dict)
def _dict(walker: Walker, node: cst.Dict) -> Value:
    entries: dict[str, Value] = {}
    origins = NONE
    open_ = False
    others = _written_keys(node)
    before = len(walker.found)
    for entry in node.elements:
        value = evaluate(walker, entry.value)
        origins |= value.origins
        if isinstance(entry, cst.StarredDictElement):
            tables = [a for a in value.alts if isinstance(a, Table)]
            if len(tables) == len(value.alts) == 1:
                entries.update(tables[0].entries)
                open_ = open_ or tables[0].open
            else:
                for table in tables:
                    for key, inner in table.entries:
                        entries[key] = join(entries[key], inner) if key in entries else inner
                open_ = True
            continue
        assert isinstance(entry, cst.DictElement)
        keys = [a.value for a in evaluate(walker, entry.key).alts if isinstance(a, Const)]
        if not keys:
            open_ = True
        for key in keys:
            if isinstance(key, str):
                value = judging.entry(walker, key, value, entry, others=others)
            entries[str(key)] = value
    excuses.by_neighbours(walker, before, entries.get)
    return Value((Table(tuple(entries.items()), open_),), origins)


def _written_keys(node: cst.Dict) -> frozenset[str] | None:
    """Return the keys of a dictionary as they are written; None where it takes others in."""
    keys = set()
    for entry in node.elements:
        if not isinstance(entry, cst.DictElement):
            return None
        if isinstance(entry.key, cst.SimpleString):
            keys.add(str(string_value(entry.key)))
    return frozenset(keys)


@evaluates(cst.ListComp, cst.SetComp, cst.GeneratorExp, cst.DictComp)
def _comprehension(walker: Walker, node: Any) -> Value:
    saved = dict(walker.state.names)
    _loops(walker, node.for_in)
    if isinstance(node, cst.DictComp):
        evaluate(walker, node.key)
        value = evaluate(walker, node.value)
        result = Value((Table((), open=True),), value.origins)
    else:
        value = evaluate(walker, node.elt)
        result = Value((Sequence((value,), open=True),), value.origins)
    walker.state.names = saved
    return result


def _loops(walker: Walker, loop: cst.CompFor) -> None:
    items = evaluate(walker, loop.iter)
    assign(walker, loop.target, element(walker, items, loop), loop)
    for condition in loop.ifs:
        walker.assume(evaluate(walker, condition.test), True, condition.test)
    if loop.inner_for_in is not None:
        _loops(walker, loop.inner_for_in)
