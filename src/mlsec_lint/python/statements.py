"""The statements that hold no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.model import Level
from mlsec_lint.python import excuses, judging
from mlsec_lint.python.annotations import annotated_value
from mlsec_lint.python.dispatch import interprets
from mlsec_lint.python.library import field_default
from mlsec_lint.python.narrowing import agreed
from mlsec_lint.python.operators import add
from mlsec_lint.python.targets import assign
from mlsec_lint.python.texts import handed_through
from mlsec_lint.python.values import Verdict, known, told, unknown

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker


@interprets(cst.SimpleStatementLine)
def _simple(walker: Walker, node: cst.SimpleStatementLine) -> None:
    walker.block(node.body)


@interprets(cst.Expr)
def _expression(walker: Walker, node: cst.Expr) -> None:
    value = walker.value(node.value)
    for alt in value.alts:
        if isinstance(alt, Verdict) and alt.raises and isinstance(node.value, cst.Call):
            walker.vouch(alt.of)  # a verifier that raises


@interprets(cst.Assign)
def _assign(walker: Walker, node: cst.Assign) -> None:
    before = len(walker.found)
    value = walker.value(node.value)
    if len(node.targets) == 1:
        excuses.by_uses(walker, before, node.value, lambda: excuses.uses_of(walker, node.targets[0].target))
    if isinstance(node.value, (cst.Name, cst.Attribute)):
        judging.referred(walker, value, node.value, Level.LOW)
    for target in node.targets:
        assign(walker, target.target, value, node)


@interprets(cst.AnnAssign)
def _annotated_assign(walker: Walker, node: cst.AnnAssign) -> None:
    annotated = annotated_value(walker, node.annotation.annotation)
    if node.value is None:
        if walker.cls is not None and walker.function is None and isinstance(node.target, cst.Name):
            walker.cls.fields.append(node.target.value)
        if annotated is not None:
            assign(walker, node.target, annotated, node)
        return
    before = len(walker.found)
    value = walker.value(node.value)
    excuses.by_uses(walker, before, node.value, lambda: excuses.uses_of(walker, node.target))
    if walker.cls is not None and walker.function is None and isinstance(node.target, cst.Name):
        value = field_default(walker, value, annotated)
        if judging.default(walker, node.target.value, value, node) or handed_through(value):
            value = told(value)
    assign(walker, node.target, value, node)


@interprets(cst.AugAssign)
def _augmented_assign(walker: Walker, node: cst.AugAssign) -> None:
    right = agreed(walker, walker.value(node.value))
    if isinstance(node.target, (cst.Name, cst.Attribute)):
        left = walker.value(node.target)
        if isinstance(node.operator, cst.AddAssign):
            assign(walker, node.target, add(walker, left, right, node), node)
        else:
            assign(walker, node.target, unknown(f"?{id(node)}", left.origins | right.origins), node)


@interprets(cst.Return)
def _return(walker: Walker, node: cst.Return) -> None:
    if node.value is not None:
        walker.returned.append(walker.value(node.value))
        walker.digests.escape(walker.returned[-1])
    else:
        walker.returned.append(known(None))
    if not walker.silent:
        walker.exits.append(walker.state.fork())
    walker.state.dead = True


@interprets(cst.Raise)
def _raise(walker: Walker, node: cst.Raise) -> None:
    if node.exc is not None:
        walker.value(node.exc)
    walker.state.dead = True


@interprets(cst.Assert)
def _assert(walker: Walker, node: cst.Assert) -> None:
    test = walker.value(node.test)
    walker.digests.decide(test)
    walker.assume(test, True, node.test)
    walker.settle(test)


@interprets(cst.Del)
def _delete(walker: Walker, node: cst.Del) -> None:
    if isinstance(node.target, cst.Name):
        walker.state.names.pop(node.target.value, None)


@interprets(cst.Global, cst.Nonlocal)
def _globalise(walker: Walker, node: cst.Global) -> None:
    walker.function_globals = {*walker.function_globals, *(n.name.value for n in node.names)}
