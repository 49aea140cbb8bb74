"""Assignments: names, attributes, items and tuples get values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.python import judging
from mlsec_lint.python.members import library_bases, part
from mlsec_lint.python.values import Const, Instance, LocalClass, LocalObject, Name, Table, Value, join, unknown
from mlsec_lint.python.values import Sequence as Items

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker


def assign(walker: Walker, target: cst.CSTNode, value: Value, node: cst.CSTNode) -> None:
    """Give an assignment's target its value; `node` is the statement."""
    if type(target) is cst.Name:
        walker.bind(target.value, value)
    elif isinstance(target, (cst.Tuple, cst.List)):
        _unpack(walker, target.elements, value, node)
    elif type(target) is cst.Attribute:
        _assign_attribute(walker, target, value, node)
    elif type(target) is cst.Subscript:
        _assign_item(walker, target, value, node)
    elif type(target) is cst.StarredElement:
        assign(walker, target.value, unknown(f"?{id(target)}", value.origins), node)


def _unpack(walker: Walker, elements: Sequence[cst.BaseElement], value: Value, node: cst.CSTNode) -> None:
    """Give the elements of a tuple target their values."""
    rows = [a for a in value.alts if isinstance(a, Items) and not a.open and len(a.items) == len(elements)]
    for position, element in enumerate(elements):
        if isinstance(element, cst.StarredElement):
            piece = unknown(f"?{id(element)}", value.origins)
        elif rows:
            piece = join(*(r.items[position] for r in rows))
            if len(rows) < len(value.alts):
                piece = join(piece, unknown(f"?{id(element)}", value.origins))
        else:
            piece = part(walker, value, position, element)
        assign(walker, element.value, piece, node)


def _assign_attribute(walker: Walker, target: cst.Attribute, value: Value, node: cst.CSTNode) -> None:
    """`x.attr = value`."""
    base = walker.value(target.value)
    attr = target.attr.value
    walker.digests.escape(value)
    for alt in base.alts:
        if isinstance(alt, (LocalObject, LocalClass)):
            set_member(walker, alt, attr, value)
            for inherited in library_bases(alt.cls):
                judging.assigned(walker, f"{inherited}.{attr}", value, node)
        elif isinstance(alt, Name):
            judging.assigned(walker, f"{alt.dotted}.{attr}", value, node)
        elif isinstance(alt, Instance):
            judging.assigned(walker, f"{alt.of}.{attr}", value, node)
            walker.state.facts[("." + attr, alt.ident)] = value


def set_member(walker: Walker, alt: LocalObject | LocalClass, attr: str, value: Value) -> None:
    """Set an attribute; what is known of another module's class does not depend on this one."""
    if alt.cls.walker is walker:
        alt.cls.set_attribute(attr, value)
    else:
        walker.state.facts[("." + attr, alt.cls.ident)] = value


def _assign_item(walker: Walker, target: cst.Subscript, value: Value, node: cst.CSTNode) -> None:
    """`x[key] = value`."""
    base = walker.value(target.value)
    keys: tuple[str, ...] = ()
    if len(target.slice) == 1 and isinstance(target.slice[0].slice, cst.Index):
        key = walker.value(target.slice[0].slice.value)
        keys = tuple(a.value for a in key.alts if isinstance(a, Const) and isinstance(a.value, str))
    walker.digests.escape(value)
    value = _set_item(walker, base, keys, value, node)
    if isinstance(target.value, cst.Name):
        rebind_table(walker, target.value.value, base, keys, value)
    elif isinstance(target.value, cst.Attribute):
        rebind_attribute(walker, target.value, base, keys, value)


def _set_item(walker: Walker, base: Value, keys: tuple[str, ...], value: Value, node: cst.CSTNode) -> Value:
    """Tell the rules that an item is set; return the value, marked where it has been reported."""
    for key in keys:
        for alt in base.alts:
            if isinstance(alt, Name):
                judging.assigned(walker, f"{alt.dotted}['{key}']", value, node)
        value = judging.entry(walker, key, value, node)
    return value


def rebind_table(walker: Walker, name: str, base: Value, keys: tuple[str, ...], value: Value) -> None:
    """A variable that holds a dictionary gets an entry."""
    changed = with_entries(base, keys, value)
    if changed is not None:
        walker.bind(name, changed)


def rebind_attribute(walker: Walker, target: cst.Attribute, base: Value, keys: tuple[str, ...], value: Value) -> None:
    """An attribute that holds a dictionary gets an entry."""
    changed = with_entries(base, keys, value)
    if changed is None:
        return
    for alt in walker.value(target.value).alts:
        if isinstance(alt, (LocalObject, LocalClass)) and alt.cls.walker is walker:
            alt.cls.attributes[target.attr.value] = changed


def with_entries(base: Value, keys: tuple[str, ...], value: Value) -> Value | None:
    """Return a dictionary value with entries set; None where `base` is no known dictionary."""
    if not any(isinstance(a, Table) for a in base.alts):
        return None
    alts = []
    for alt in base.alts:
        if isinstance(alt, Table):
            entries = dict(alt.entries)
            for key in keys:
                entries[key] = value
            alts.append(Table(tuple(entries.items()), alt.open or not keys, alt.of))
        else:
            alts.append(alt)  # type: ignore[arg-type]
    return Value(tuple(alts), base.origins | value.origins)
