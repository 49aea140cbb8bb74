"""Which function handles a kind of syntax node, or is the meaning of one of Python's own callables.

The functions register themselves; `walk.py` imports their modules.  Must not know what any of them does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import libcst as cst

from mlsec_lint.python.nodes import children
from mlsec_lint.python.values import Value, unknown

if TYPE_CHECKING:
    from mlsec_lint.python.arguments import Arguments
    from mlsec_lint.python.walk import Walker

Expression = Callable[["Walker", Any], Value]
Statement = Callable[["Walker", Any], None]
Meaning = Callable[["Walker", cst.Call, "Arguments"], "Value | None"]

EXPRESSIONS: dict[type, Expression] = {}
STATEMENTS: dict[type, Statement] = {}
MEANINGS: dict[str, Meaning] = {}
FILE = "io.IOBase"  # the class of what `open` returns


def evaluates(*kinds: type) -> Callable[[Expression], Expression]:
    """Register a function as what gives the value of these kinds of expression."""

    def register(function: Expression) -> Expression:
        EXPRESSIONS.update(dict.fromkeys(kinds, function))
        return function

    return register


def interprets(*kinds: type) -> Callable[[Statement], Statement]:
    """Register a function as what runs these kinds of statement."""

    def register(function: Statement) -> Statement:
        STATEMENTS.update(dict.fromkeys(kinds, function))
        return function

    return register


def meaning(*names: str) -> Callable[[Meaning], Meaning]:
    """Register a function as the meaning of these callables; one that returns None leaves the call to the tables."""

    def register(function: Meaning) -> Meaning:
        MEANINGS.update(dict.fromkeys(names, function))
        return function

    return register


def evaluate(walker: Walker, node: cst.CSTNode) -> Value:
    """Return what an expression is."""
    handler = EXPRESSIONS.get(type(node))
    if handler is not None:
        return handler(walker, node)
    return evaluate_children(walker, node)


def evaluate_children(walker: Walker, node: cst.CSTNode) -> Value:
    """Look at what an expression holds, for its own sake; nothing is known of the whole."""
    for child in children(node):
        if isinstance(child, (cst.BaseExpression, cst.Arg, cst.BaseElement, cst.BaseDictElement)):
            evaluate(walker, child)
    return unknown(f"?{id(node)}")
