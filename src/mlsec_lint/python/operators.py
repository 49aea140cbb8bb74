"""What operators are worth: concatenation, comparison, and / or / not.

Python's own meaning only.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.python.digests import digest_of, digested, outcome
from mlsec_lint.python.dispatch import evaluate, evaluates
from mlsec_lint.python.texts import NUMBER, concat, hole, text_parts, text_value
from mlsec_lint.python.values import (
    Alternative,
    Const,
    Instance,
    Name,
    Sequence,
    Symbol,
    Table,
    Text,
    Value,
    Verdict,
    join,
    known,
    not_fetched,
    unknown,
)

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker

_CONVERSION = re.compile(r"%[-+ #0]*[\d*]*(?:\.[\d*]+)?([a-zA-Z%])")


@evaluates(cst.UnaryOperation)
def _unary(walker: Walker, node: cst.UnaryOperation) -> Value:
    value = evaluate(walker, node.expression)
    if isinstance(node.operator, cst.Not):
        flipped: list[Alternative] = []
        for alt in value.alts:
            if isinstance(alt, Verdict):
                flipped.append(replace(alt, positive=None if alt.positive is None else not alt.positive))
            elif isinstance(alt, Const):
                flipped.append(Const(not alt.value))
            else:
                flipped.append(Symbol(f"?{id(node)}"))
        return Value(tuple(dict.fromkeys(flipped)))
    if isinstance(node.operator, cst.Minus) and len(value.alts) == 1:
        alt = value.alts[0]
        if isinstance(alt, Const) and isinstance(alt.value, (int, float)):
            return known(-alt.value)
    return unknown(f"?{id(node)}")


@evaluates(cst.BinaryOperation)
def _binary(walker: Walker, node: cst.BinaryOperation) -> Value:
    left, right = evaluate(walker, node.left), evaluate(walker, node.right)
    if isinstance(node.operator, cst.Add):
        return add(walker, left, right, node)
    if isinstance(node.operator, cst.Divide) and _is_path(left):
        return concat(left, right, path=True, between="/")
    if (
        isinstance(node.operator, cst.Divide)
        and any(isinstance(a, (Symbol, Name, Instance)) for a in left.alts)
        and (any((isinstance(a, Const) and isinstance(a.value, str)) or isinstance(a, Text) for a in right.alts))
    ):
        return concat(left, right, path=True, between="/")
    if isinstance(node.operator, cst.Modulo) and any(isinstance(a, (Const, Text)) for a in left.alts):
        return _percent(left, right, node)
    if isinstance(node.operator, cst.BitOr):
        tables = [a for v in (left, right) for a in v.alts if isinstance(a, Table)]
        if len(tables) == 2:
            entries = {**dict(tables[0].entries), **dict(tables[1].entries)}
            return Value(
                (Table(tuple(entries.items()), tables[0].open or tables[1].open),), left.origins | right.origins
            )
        verdict = _either(left, right)
        if verdict is not None:
            return verdict
        flags = [a for v in (left, right) for a in v.alts if isinstance(a, Name) and a.receiver is None]
        if flags:  # each of them is in it
            return Value((Symbol(f"?{id(node)}"), *dict.fromkeys(flags)), left.origins | right.origins)
    if isinstance(node.operator, cst.Divide):  # a path in a folder, or a number: no data that were fetched, either way
        return unknown(f"?{id(node)}", left.origins | not_fetched(right.origins))
    return unknown(f"?{id(node)}", left.origins | right.origins)


def _percent(left: Value, right: Value, node: cst.CSTNode) -> Value:
    alt = left.alts[0]
    start = alt.value if isinstance(alt, Const) else alt.start if isinstance(alt, Text) else ""
    if not isinstance(start, str):
        return unknown(f"?{id(node)}", left.origins | right.origins)
    parts = _filled(start, right, node) if isinstance(alt, Const) else None
    return text_value(parts or (start.partition("%")[0], hole(id(node))), left.origins | right.origins)


def _filled(text: str, right: Value, node: cst.CSTNode) -> list[str] | None:
    """Return the parts of `text % right`; None where the two do not go together."""
    row = right.alts[0] if len(right.alts) == 1 else None
    several = len([found for found in _CONVERSION.finditer(text) if found[1] != "%"]) > 1
    if isinstance(row, Table) or (isinstance(row, Symbol) and several) or (isinstance(row, Sequence) and row.open):
        return None
    items = list(row.items) if isinstance(row, Sequence) else [right]
    parts: list[str] = []
    at = 0
    for found in _CONVERSION.finditer(text):
        parts.append(text[at : found.start()])
        at = found.end()
        if found[1] == "%":
            parts.append("%")
        elif not items:
            return None
        else:
            value = items.pop(0)
            parts.extend(
                (text_parts(value) or ()) if found[0] == "%s" else (hole(f"{id(node)}:{at}", _maker(found[1])),)
            )
    return None if items else [*parts, text[at:]]


def _maker(conversion: str) -> str:
    return NUMBER if conversion in "diouxXeEfFgG" else ""


def _is_path(value: Value) -> bool:
    return any(isinstance(a, Text) and a.path for a in value.alts)


def add(walker: Walker, left: Value, right: Value, node: cst.CSTNode) -> Value:
    """Return left + right."""
    walker.digests.escape(left)
    walker.digests.escape(right)
    stringy = any(
        isinstance(a, Text) or (isinstance(a, Const) and isinstance(a.value, str))
        for v in (left, right)
        for a in v.alts
    )
    if stringy:
        return concat(left, right)
    first, second = _rows(left), _rows(right)
    if rows := (*first, *second):
        both = len(first) == 1 == len(second) and len(left.alts) == 1 == len(right.alts)
        items = (*_all_items(first), *_all_items(second))
        return Value((Sequence(items, not both or any(r.open for r in rows)),), left.origins | right.origins)
    return unknown(f"?{id(node)}", left.origins | right.origins)


def _rows(value: Value) -> list[Sequence]:
    return [alt for alt in value.alts if isinstance(alt, Sequence)]


def _all_items(rows: list[Sequence]) -> tuple[Value, ...]:
    """Return what any of these lists holds; what they begin with alike, before a condition has added more, is held once."""
    items: list[Value] = []
    for row in rows:
        alike = 0
        for one, other in zip(items, row.items, strict=False):
            if one != other:
                break
            alike += 1
        items += row.items[alike:]
    return tuple(items)


@evaluates(cst.BooleanOperation)
def _boolean(walker: Walker, node: cst.BooleanOperation) -> Value:
    left, right = evaluate(walker, node.left), evaluate(walker, node.right)
    verdicts = [a for v in (left, right) for a in v.alts if isinstance(a, Verdict)]
    if verdicts:
        # `if expected and digest != expected: raise`: a check that can be left out is taken for one
        return Value(tuple(dict.fromkeys(verdicts)))
    if isinstance(node.operator, cst.Or):
        kept = tuple(a for a in left.alts if not (isinstance(a, Const) and not a.value))
        return join(Value(kept, left.origins), right) if kept else right
    return join(left, right) if any(isinstance(a, Const) for a in left.alts) else right.with_origins(left.origins)


def _either(left: Value, right: Value) -> Value | None:
    verdicts = [a for v in (left, right) for a in v.alts if isinstance(a, Verdict)]
    return Value(tuple(dict.fromkeys(verdicts))) if verdicts else None


@evaluates(cst.Comparison)
def _comparison(walker: Walker, node: cst.Comparison) -> Value:
    left = first = _compared(walker, node.left)
    verdicts: list[Alternative] = []
    for target in node.comparisons:
        right = _compared(walker, target.comparator)
        of, weak = digested(left, right)
        if of is not None and isinstance(target.operator, (cst.Equal, cst.NotEqual, cst.In, cst.NotIn, cst.Is)):
            positive = isinstance(target.operator, (cst.Equal, cst.In, cst.Is))
            verdicts.append(Verdict(of, weak, positive, digest_of(left, right)))
            walker.digests.compare(node, left, right)
        left = right
    if verdicts:
        return Value(tuple(verdicts))
    return outcome(first) or unknown(f"?{id(node)}")


def _compared(walker: Walker, node: cst.BaseExpression) -> Value:
    """Return what one side of a comparison is worth: a mapping that stands there is expected, not used."""
    expected = isinstance(node, cst.Dict)
    walker.comparing += expected
    value = evaluate(walker, node)
    walker.comparing -= expected
    return value
