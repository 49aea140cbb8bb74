"""Branches, loops, `try`, `with` and `match`: paths that are walked side by side and joined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libcst as cst

from mlsec_lint.python.archives import looked_through, turned_away
from mlsec_lint.python.calls import TELLING
from mlsec_lint.python.checks import is_digest_given
from mlsec_lint.python.dispatch import interprets
from mlsec_lint.python.members import element
from mlsec_lint.python.narrowing import agree_or_refused, is_typing_only, settled
from mlsec_lint.python.nodes import leaf_name
from mlsec_lint.python.own import entered
from mlsec_lint.python.state import State, merge
from mlsec_lint.python.targets import assign
from mlsec_lint.python.values import Instance, LocalObject, Name, Symbol, unknown

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker


@interprets(cst.Continue, cst.Break)
def _leave(walker: Walker, node: cst.CSTNode) -> None:
    if walker.left:
        breaks, continues = walker.left[-1]
        (breaks if isinstance(node, cst.Break) else continues).append(walker.state.fork())
    walker.state.dead = True


def _for_types(walker: Walker, node: cst.If) -> None:
    """`if TYPE_CHECKING:` does nothing, but says what the modules are that the other branch loads when they are used."""
    before = dict(walker.state.names)
    walker.silent += 1
    walker.suite(node.body)
    walker.silent -= 1
    if node.orelse is None:
        return
    declared = {
        name: value
        for name, value in walker.state.names.items()
        if value is not before.get(name) and all(isinstance(alt, Name) for alt in value.alts)
    }
    _otherwise(walker, node.orelse)
    for name, value in declared.items():
        if all(isinstance(alt, (Symbol, Instance, LocalObject)) for alt in walker.state.names[name].alts):
            walker.state.names[name] = value


@interprets(cst.If)
def _if(walker: Walker, node: cst.If) -> None:
    test = walker.value(node.test)
    truth = settled(node.test)
    if is_typing_only(walker, node.test):
        _for_types(walker, node)
        return
    before = walker.state.fork()
    walker.assume(test, True, node.test)
    if truth is False:
        walker.silent += 1
    walker.suite(node.body)
    if truth is False:
        walker.silent -= 1
        walker.state.dead = True
    taken = walker.state
    walker.state = before
    walker.assume(test, False, node.test)
    if node.orelse is not None:
        if truth is True:
            walker.silent += 1
        _otherwise(walker, node.orelse)
        if truth is True:
            walker.silent -= 1
    if truth is True:
        walker.state.dead = True
    if taken.dead or walker.state.dead or walker.function is None or acts(node.body) or acts(node.orelse):
        walker.digests.decide(test)
    if node.orelse is None and is_digest_given(node.test):
        walker.state.checked |= taken.checked  # `if expected:` a check that can be left out is taken for one
    one_way = taken.dead != walker.state.dead
    refused = turned_away(walker, node.test) if taken.dead and one_way else frozenset()
    if one_way and taken.dead and raises(node.body):
        agree_or_refused(walker, node.test)
    walker.state = merge([taken, walker.state])
    walker.state.shown |= refused
    if one_way:
        walker.settle(test)


def _otherwise(walker: Walker, node: cst.If | cst.Else) -> None:
    if isinstance(node, cst.If):
        _if(walker, node)
    else:
        walker.suite(node.body)


@interprets(cst.For)
def _for(walker: Walker, node: cst.For) -> None:
    items = walker.value(node.iter)
    before = walker.state.fork()
    assign(walker, node.target, element(walker, items, node), node)
    refused, lasting = looked_through(walker, node)
    walker.state.shown |= refused
    _loop(walker, node, before)
    if lasting:
        walker.state.shown |= refused


def _loop(walker: Walker, node: cst.For | cst.While, before: State, forever: bool = False) -> None:
    """Interpret a loop's body once, and what stands behind `else`; a `break` goes past that."""
    walker.left.append(([], []))
    walker.suite(node.body)
    breaks, continues = walker.left.pop()
    rounds = merge([walker.state.fork(), *continues])  # what an earlier round may have left
    if walker.state.dead and not continues:
        walker.state.dead = False
    walker.state = merge([before, walker.state, *continues])
    if node.orelse is not None:
        walker.suite(node.orelse.body)
    if breaks and (forever or walker.state.dead):  # only a `break` goes on: with its checks
        walker.state = merge([*breaks, rounds])
        walker.state.checked = frozenset.intersection(*(state.checked for state in breaks))
    else:
        walker.state = merge([walker.state, *breaks])


@interprets(cst.While)
def _while(walker: Walker, node: cst.While) -> None:
    test = walker.value(node.test)
    before = walker.state.fork()
    walker.assume(test, True, node.test)
    _loop(walker, node, before, settled(node.test) is True)


@interprets(cst.Try, cst.TryStar)
def _try(walker: Walker, node: cst.Try | cst.TryStar) -> None:
    before = walker.state.fork()
    tried: set[str] = set()
    walker.tried.append(tried)
    walker.suite(node.body)
    walker.tried.pop()
    after = walker.state
    ends = []
    for handler in node.handlers:
        start = before.fork()
        start.dead = False
        for name, value in after.names.items():
            start.names.setdefault(name, value)
        start.files = {**after.files, **start.files}
        walker.state = start
        if handler.name is not None:
            assign(walker, handler.name.name, unknown(f"?{id(handler)}"), handler)
        walker.retries.append(tried)
        walker.suite(handler.body)
        walker.retries.pop()
        ends.append(walker.state)
    walker.state = after
    if node.orelse is not None:
        walker.suite(node.orelse.body)
    walker.state = merge([walker.state, *ends])
    if node.finalbody is not None:
        dead = walker.state.dead
        walker.state.dead = False
        walker.suite(node.finalbody.body)
        walker.state.dead = walker.state.dead or dead


@interprets(cst.With)
def _with(walker: Walker, node: cst.With) -> None:
    for item in node.items:
        value = walker.value(item.item)
        if item.asname is not None:
            assign(walker, item.asname.name, entered(walker, value, item), node)
    walker.suite(node.body)


@interprets(cst.Match)
def _match(walker: Walker, node: cst.Match) -> None:
    walker.value(node.subject)
    before = walker.state
    ends = [before.fork()]
    for case in node.cases:
        walker.state = before.fork()
        walker.suite(case.body)
        ends.append(walker.state)
    walker.state = merge(ends)


def raises(body: cst.BaseSuite) -> bool:
    """Return whether statements end by raising something."""
    last = body.body[-1] if body.body else None
    if isinstance(last, cst.SimpleStatementLine):
        last = last.body[-1]
    return isinstance(last, cst.Raise)


def acts(body: Any) -> bool:
    """Return whether statements do more than tell somebody something."""
    if body is None:
        return False
    kind = type(body)
    if kind is cst.Else or kind is cst.If:
        return acts(body.body) or (kind is cst.If and acts(body.orelse))
    if kind in (cst.IndentedBlock, cst.SimpleStatementLine, cst.SimpleStatementSuite):
        return any(acts(statement) for statement in body.body)
    if kind is cst.Expr and type(body.value) is cst.Call:
        name = leaf_name(body.value.func)
        return name not in TELLING and name != "write"
    return kind not in (cst.Pass, cst.Expr)
