"""What a test tells about a variable behind it.

Must not know rules.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.python.dispatch import evaluate
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
    elif isinstance(node, cst.BooleanOperation) and isinstance(node.operator, cst.And if outcome else cst.Or):
        narrow(walker, node.left, outcome)
        narrow(walker, node.right, outcome)
    elif isinstance(node, cst.Name):
        _keep(walker, node.value, lambda a: not isinstance(a, Const) or bool(a.value) == outcome)
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
