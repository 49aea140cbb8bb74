"""What an annotation says of the value it stands beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.python.dispatch import evaluate
from mlsec_lint.python.members import resolved
from mlsec_lint.python.nodes import leaf_name
from mlsec_lint.python.values import NONE, Alternative, Instance, LocalClass, LocalObject, Name, Value

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker

_SAYS_NOTHING = ("pathlib.", "typing.", "typing_extensions.")  # of which class something is: `Any`, `IO`


def annotated_value(walker: Walker, node: cst.CSTNode) -> Value | None:
    """Return an instance of the library class that an annotation names, or None."""
    if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
        text = node.evaluated_value
        if not isinstance(text, str):
            return None
        try:
            node = cst.parse_expression(text)
        except Exception:  # an annotation that is no expression says nothing
            return None
    if isinstance(node, cst.BinaryOperation):
        return annotated_value(walker, node.left) or annotated_value(walker, node.right)
    if isinstance(node, cst.Subscript):
        if len(node.slice) >= 1 and isinstance(node.slice[0].slice, cst.Index):
            head = leaf_name(node.value)
            if head in ("Optional", "Annotated", "Union"):
                return annotated_value(walker, node.slice[0].slice.value)
        return None
    if not isinstance(node, (cst.Name, cst.Attribute)):
        return None
    value = resolved(walker, evaluate(walker, node))
    made: list[Alternative] = []
    for alt in value.alts:
        if isinstance(alt, Name) and not alt.dotted.startswith("builtins.") and alt.receiver is None:
            if alt.dotted.startswith(_SAYS_NOTHING):
                continue
            made.append(Instance(alt.dotted, alt.dotted, id(node)))
        elif isinstance(alt, LocalClass):
            made.append(LocalObject(alt.cls))
    return Value(tuple(made), NONE) if made else None
