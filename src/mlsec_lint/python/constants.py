"""Where a value that a call is given is written down as a literal: in the call, or as a constant of the module.

Knows LibCST; must not know rules.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import libcst as cst

from mlsec_lint.python.nodes import children


@dataclass(frozen=True, slots=True)
class Literal:
    """A string literal; `constant` is the name that it was given, "" where it stands at its use."""

    node: cst.SimpleString
    constant: str = ""
    key: str = ""  # the literal is the entry of a dictionary, which the constant is


class Constants:
    """The names that a module gives a literal, once and for all."""

    def __init__(self, tree: cst.Module) -> None:
        self._bound: Counter[str] = Counter()
        self._seen: Counter[str] = Counter()
        self._values: dict[str, cst.BaseExpression] = {}
        self._visit(tree)

    def literal(self, node: cst.CSTNode) -> Literal | None:
        """Return the literal that an expression is, or is the name of."""
        if isinstance(node, cst.SimpleString):
            return Literal(node)
        if isinstance(node, cst.Name):
            value = self._values.get(node.value)
            if isinstance(value, cst.SimpleString) and self._bound[node.value] == 1:
                return Literal(value, node.value)
        return None

    def entry(self, node: cst.CSTNode, key: str) -> Literal | None:
        """Return the literal under a key of the dictionary that an expression is the name of."""
        value = self._values.get(node.value) if isinstance(node, cst.Name) else None
        if not isinstance(value, cst.Dict) or not isinstance(node, cst.Name) or self._bound[node.value] != 1:
            return None
        for element in value.elements:
            if isinstance(element, cst.DictElement) and isinstance(element.key, cst.SimpleString):
                if element.key.evaluated_value == key and isinstance(element.value, cst.SimpleString):
                    return Literal(element.value, node.value, key)
        return None

    def uses(self, name: str) -> int:
        """Return how often a name occurs beside the place where it is bound."""
        return self._seen[name] - self._bound[name]

    def _visit(self, node: cst.CSTNode) -> None:
        stack = [node]
        while stack:
            here = stack.pop()
            if isinstance(here, cst.Name):
                self._seen[here.value] += 1
            elif isinstance(here, cst.Assign):
                for target in here.targets:
                    self._bind(target.target, here.value if len(here.targets) == 1 else None)
            elif isinstance(here, cst.AnnAssign):
                self._bind(here.target, here.value)
            elif isinstance(here, (cst.AugAssign, cst.NamedExpr, cst.For, cst.CompFor)):
                self._bind(here.target, None)
            elif isinstance(here, (cst.Param, cst.FunctionDef, cst.ClassDef, cst.AsName)) or (
                isinstance(here, cst.ImportAlias) and here.asname is None
            ):
                self._bind(here.name, None)
            elif isinstance(here, (cst.Attribute, cst.Arg)):
                # the name of an attribute or of a keyword is no use of a variable
                stack += [
                    one
                    for one in children(here)
                    if one is not getattr(here, "attr", None) and one is not getattr(here, "keyword", None)
                ]
                continue
            stack.extend(children(here))

    def _bind(self, target: cst.CSTNode, value: cst.BaseExpression | None) -> None:
        if isinstance(target, cst.Name):
            self._bound[target.value] += 1
            if value is not None:
                self._values[target.value] = value
        elif isinstance(target, (cst.Tuple, cst.List)):
            for element in target.elements:
                self._bind(element.value, None)
        elif isinstance(target, cst.StarredElement):
            self._bind(target.value, None)
