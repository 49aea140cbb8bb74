"""Does an override that is meant to restrict a library's method refuse what it is not told to allow?

Reads the function's paths; knows nothing of values.  A helper that decides is taken at its word.
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from mlsec_lint.python.nodes import children, leaf_name

_SAME = (cst.Equal, cst.Is)
_OTHER = (cst.NotEqual, cst.IsNot)


def refuses(function: cst.FunctionDef) -> bool:
    """Return whether every path that hands the name on to the library lies behind a test of what is allowed.

    A test that something is *not* forbidden allows all the rest, and so does one that only looks at how a package's name
    begins: every function of the package may be named.
    """
    params = [p.name.value for p in (*function.params.posonly_params, *function.params.params)]
    paths = _Paths(function.name.value, params[-2:])
    if isinstance(function.body, cst.IndentedBlock):
        paths.block(function.body.body, False)
    return not paths.leaks


class _Paths:
    """The paths through one function; `allowed` says whether a test has settled that the name may be had."""

    def __init__(self, method: str, params: Sequence[str]) -> None:
        self.method, self.leaks = method, False
        self.whole = params[0] if params else ""  # the module
        self.part = params[-1] if params else ""  # the name in it
        self.about = set(params)  # variables made of the two
        self.tests: dict[str, cst.BaseExpression] = {}  # variables that hold a test

    def block(self, body: Sequence[cst.BaseStatement | cst.BaseSmallStatement], allowed: bool) -> bool | None:
        """Return whether the name is allowed at the end; None where the end is not reached."""
        for statement in body:
            after = self.statement(statement, allowed)
            if after is None:
                return None
            allowed = after
        return allowed

    def statement(self, node: cst.CSTNode, allowed: bool) -> bool | None:
        if isinstance(node, cst.SimpleStatementLine):
            return self.block(node.body, allowed)
        if isinstance(node, cst.Return):
            if not allowed and node.value is not None and self.hands_on(node.value):
                self.leaks = True
            return None
        if isinstance(node, cst.Raise):
            return None
        if isinstance(node, cst.Assert):
            return allowed or self.allows(node.test, True)
        if isinstance(node, cst.Assign):
            self.assign(node)
            return allowed
        if isinstance(node, cst.If):
            return self.branch(node, allowed)
        if isinstance(node, (cst.For, cst.While, cst.With)) and isinstance(node.body, cst.IndentedBlock):
            self.block(node.body.body, allowed)
        elif isinstance(node, cst.Try):
            return self.attempt(node, allowed)
        elif isinstance(node, cst.Match):
            return True  # cases are patterns of what is allowed, as a rule
        return allowed

    def assign(self, node: cst.Assign) -> None:
        for target in node.targets:
            if isinstance(target.target, cst.Name) and self.mentions(node.value):
                name = target.target.value
                if isinstance(node.value, (cst.Comparison, cst.BooleanOperation, cst.UnaryOperation)):
                    self.tests[name] = node.value
                elif name not in (self.whole, self.part):
                    self.about.add(name)

    def branch(self, node: cst.If, allowed: bool) -> bool | None:
        taken = self.block(node.body.body, allowed or self.allows(node.test, True))
        other: bool | None = allowed or self.allows(node.test, False)
        if isinstance(node.orelse, cst.If):
            other = self.branch(node.orelse, bool(other))
        elif node.orelse is not None:
            other = self.block(node.orelse.body.body, bool(other))
        return other if taken is None else taken if other is None else taken and other

    def attempt(self, node: cst.Try, allowed: bool) -> bool | None:
        ends = [self.block(node.body.body, allowed)]
        ends += [self.block(handler.body.body, allowed) for handler in node.handlers]
        live = [end for end in ends if end is not None]
        return all(live) if live else None

    def allows(self, test: cst.BaseExpression, outcome: bool) -> bool:
        """Return whether this outcome of a test says that the name is one of those allowed."""
        if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
            return self.allows(test.expression, not outcome)
        if isinstance(test, cst.BooleanOperation):
            sides = [self.allows(side, outcome) for side in (test.left, test.right)]
            return any(sides) if isinstance(test.operator, cst.And) == outcome else all(sides)
        if isinstance(test, cst.Name) and test.value in self.tests:
            return self.allows(self.tests[test.value], outcome)
        if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
            return self.compares(test, outcome)
        if isinstance(test, cst.Call):
            return self.asks(test, outcome)
        return False

    def compares(self, test: cst.Comparison, outcome: bool) -> bool:
        operator = test.comparisons[0].operator
        member = isinstance(operator, cst.In if outcome else cst.NotIn)
        equal = isinstance(operator, _SAME if outcome else _OTHER)
        if not (member or equal) or not self.mentions(test):
            return False
        return not self.is_beginning(test.left)

    def asks(self, call: cst.Call, outcome: bool) -> bool:
        name = leaf_name(call.func)
        if name in ("any", "all") and call.args and isinstance(call.args[0].value, (cst.GeneratorExp, cst.ListComp)):
            return self.allows(call.args[0].value.elt, outcome)
        if not self.mentions(call):
            return False
        if name == "startswith" and isinstance(call.func, cst.Attribute):
            return outcome and isinstance(call.func.value, cst.Name) and call.func.value.value == self.part
        return name != "isinstance"

    def is_beginning(self, node: cst.BaseExpression) -> bool:
        """`module.split(".")[0]`, `module[:5]`, `module.partition(".")[0]`."""
        return isinstance(node, cst.Subscript) and self.mentions(node) and self.part not in _names(node)

    def hands_on(self, node: cst.CSTNode) -> bool:
        """Return whether an expression asks the library, or looks the name up itself."""
        stack = [node]
        while stack:
            here = stack.pop()
            if isinstance(here, cst.Call):
                called = leaf_name(here.func)
                if called == self.method:
                    return True
                if called == "getattr" and len(here.args) >= 2 and self.mentions(here.args[1].value):
                    return True
            stack.extend(children(here))
        return False

    def mentions(self, node: cst.CSTNode) -> bool:
        return not self.about.isdisjoint(_names(node))


def _names(node: cst.CSTNode) -> set[str]:
    found = set()
    stack = [node]
    while stack:
        here = stack.pop()
        if isinstance(here, cst.Name):
            found.add(here.value)
        stack.extend(children(here))
    return found
