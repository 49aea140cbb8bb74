"""What a test tells about a variable behind it.

Must not know rules.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.python.dispatch import evaluate
from mlsec_lint.python.nodes import leaf_name
from mlsec_lint.python.values import Alternative, Const, Instance, Name, Symbol, Value

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker


def settled(test: cst.BaseExpression) -> bool | None:
    """Return whether a test is settled as it is written; a flag in a variable may be set from elsewhere."""
    if isinstance(test, cst.Name):
        return {"True": True, "False": False}.get(test.value)
    if isinstance(test, cst.Integer):
        return test.value != "0"
    return None


def is_typing_only(walker: Walker, node: cst.CSTNode) -> bool:
    """Return whether a test is `TYPE_CHECKING`."""
    if isinstance(node, cst.Name):
        return node.value == "TYPE_CHECKING"
    return isinstance(node, cst.Attribute) and node.attr.value == "TYPE_CHECKING"


def narrow(walker: Walker, node: cst.CSTNode, outcome: bool) -> None:
    """Use a test on a variable: `if x:`, `if x is None:`, `if isinstance(x, C):`."""
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
        narrow(walker, node.expression, not outcome)
        return
    if isinstance(node, cst.BooleanOperation) and isinstance(node.operator, cst.And if outcome else cst.Or):
        narrow(walker, node.left, outcome)
        narrow(walker, node.right, outcome)
        return
    told = _as_truth(node, outcome)
    if told is not None:
        narrow(walker, *told)
        return
    if outcome and (name := _switch(walker, node)) in walker.index.consents:
        walker.state.agreed |= {name}
    if isinstance(node, cst.Name):
        _keep(walker, node.value, lambda a: not isinstance(a, Const) or bool(a.value) == outcome)
        if not outcome:
            _empty(walker, node)
    elif isinstance(node, cst.Comparison) and len(node.comparisons) == 1 and isinstance(node.left, cst.Name):
        target = node.comparisons[0]
        if isinstance(target.comparator, cst.Name) and target.comparator.value == "None":
            wants_none = isinstance(target.operator, (cst.Is, cst.Equal)) == outcome
            if wants_none:
                _keep(
                    walker,
                    node.left.value,
                    lambda a: (isinstance(a, Const) and a.value is None) or not isinstance(a, Const),
                )
            else:
                _keep(walker, node.left.value, lambda a: not (isinstance(a, Const) and a.value is None))
    elif isinstance(node, cst.Call) and outcome and isinstance(node.func, cst.Name) and node.func.value == "isinstance":
        if len(node.args) == 2 and isinstance(node.args[0].value, cst.Name):
            of = evaluate(walker, node.args[1].value)
            name = node.args[0].value.value
            old = walker.lookup(name)
            made = tuple(
                Instance(a.dotted, a.dotted, id(node))
                for a in of.alts
                if isinstance(a, Name) and not a.dotted.startswith("builtins.")
            )
            if made and all(isinstance(a, Symbol) for a in old.alts):
                walker.state.names[name] = Value(made, old.origins)


def _keep(walker: Walker, name: str, wanted: Callable[[Alternative], bool]) -> None:
    value = walker.state.names.get(name)
    if value is None:
        return
    kept = tuple(a for a in value.alts if wanted(a))
    if kept and len(kept) < len(value.alts):
        walker.state.names[name] = Value(kept, value.origins)


def _empty(walker: Walker, node: cst.Name) -> None:
    """A variable is empty or zero here: whatever a call makes is no longer in it."""
    value = walker.state.names.get(node.value)
    if value is not None and any(isinstance(a, Instance) for a in value.alts):
        alts = dict.fromkeys(Symbol(f"?{id(node)}") if isinstance(a, Instance) else a for a in value.alts)
        walker.state.names[node.value] = Value(tuple(alts), value.origins)


def _as_truth(node: cst.CSTNode, outcome: bool) -> tuple[cst.BaseExpression, bool] | None:
    """Return the expression whose truth a test tells, and that: `bool(x)`, `len(x) > 0`, `x is True`; None for others."""
    if isinstance(node, cst.Call):
        of = _argument(node, "len") or _argument(node, "bool")
        return (of, outcome) if of is not None else None
    if not isinstance(node, cst.Comparison) or len(node.comparisons) != 1:
        return None
    operator, other = node.comparisons[0].operator, node.comparisons[0].comparator
    same = isinstance(operator, (cst.Is, cst.Equal))
    if isinstance(other, cst.Name) and other.value in ("True", "False"):
        if same or isinstance(operator, (cst.IsNot, cst.NotEqual)):
            return (node.left, outcome == same) if other.value == "True" else None
    if isinstance(other, cst.Integer) and (counted := _argument(node.left, "len")) is not None:
        if (type(operator), other.value) in _SOME:
            return counted, outcome
        if (type(operator), other.value) in _NONE:
            return counted, not outcome
    return None


_SOME = {(cst.GreaterThan, "0"), (cst.NotEqual, "0"), (cst.GreaterThanEqual, "1")}
_NONE = {(cst.Equal, "0"), (cst.LessThan, "1"), (cst.LessThanEqual, "0")}


def _argument(node: cst.CSTNode, function: str) -> cst.BaseExpression | None:
    """Return what stands in `function(…)`, where that is all."""
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == function:
        if len(node.args) == 1 and not node.args[0].star:
            return node.args[0].value
    return None


def _switch(walker: Walker, node: cst.CSTNode) -> str:
    """Return the name of the variable, attribute or entry that a test is on, or ""."""
    if isinstance(node, cst.Call) and node.args:
        if isinstance(node.func, cst.Attribute) and node.func.attr.value == "get":
            return _text(walker, node.args[0].value)
        if isinstance(node.func, cst.Name) and node.func.value == "getattr" and len(node.args) > 1:
            return _text(walker, node.args[1].value)
    if isinstance(node, cst.Subscript) and len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
        return _text(walker, node.slice[0].slice.value)
    return leaf_name(node)


def _text(walker: Walker, node: cst.BaseExpression) -> str:
    alt = evaluate(walker, node).alts[0]
    return alt.value if isinstance(alt, Const) and isinstance(alt.value, str) else ""
