"""Loops that look through what an archive holds and turn members away, by what `[members]` says of such tests.

Reads the tests' words alone: whether a test is a good one is taken on trust.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.python.conditions import compiled
from mlsec_lint.python.dispatch import evaluate
from mlsec_lint.python.nodes import children, leaf_name
from mlsec_lint.python.state import Shown
from mlsec_lint.python.texts import identity
from mlsec_lint.python.values import Instance, Symbol, Value
from mlsec_lint.python.words import holds

if TYPE_CHECKING:
    from mlsec_lint.model import Members
    from mlsec_lint.python.walk import Walker

PATHS, LINKS = "paths-refused", "links-refused"
_NOTHING: Shown = frozenset()
_STOPS = (cst.Raise, cst.Return)


@functools.cache
def _marks(lists: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(part for dotted in lists for part in (dotted.partition(".")[0], dotted.rpartition(".")[2]))
    )


def looked_through(walker: Walker, node: cst.For) -> tuple[Shown, bool]:
    """Return what a loop over an archive's members refuses, and whether that holds behind it, too."""
    members = _asked(walker)
    archives = _archives(walker, node.iter, members) if members is not None else []
    if members is None or not archives:
        return _NOTHING, False
    words: set[str] = set()
    stops = False
    for test, body in _refusals(node.body):
        words |= test
        stops = stops or any(isinstance(one, _STOPS) for one in _all(body))
    for call in _statements(node.body):
        if _refused(members, archives, {leaf_name(call.func)}):
            words.add(leaf_name(call.func))
            stops = True
    return _refused(members, archives, words), stops


def turned_away(walker: Walker, test: cst.BaseExpression) -> Shown:
    """Return what is refused where `any(… for member in archive)` does not let the program go on."""
    members = _asked(walker)
    out: Shown = _NOTHING
    for node in _all(test) if members is not None else ():
        if isinstance(node, (cst.GeneratorExp, cst.ListComp)) and members is not None:
            out |= _refused(members, _archives(walker, node.for_in.iter, members), set(_words(node)))
    return out


def _asked(walker: Walker) -> Members | None:
    """Return what is known of archives' members, where the module's text may list any."""
    members = walker.index.apis.members
    if walker.lists_members is None:
        walker.lists_members = members is not None and holds(walker.source.text, _marks(members.lists))
    return members if walker.lists_members else None


def _refused(members: Members, archives: list[str], words: set[str]) -> Shown:
    kinds = [
        what
        for what, pattern in ((PATHS, members.paths), (LINKS, members.links))
        if any(compiled(pattern).search(word) for word in words)
    ]
    return frozenset((archive, what) for archive in archives for what in kinds)


def _archives(walker: Walker, node: cst.CSTNode, members: Members) -> list[str]:
    """Return the archives whose members an expression gives, by their identities."""
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        name = node.func.attr.value
        named = [dotted for dotted in members.lists if dotted.rpartition(".")[2] == name]
        value = evaluate(walker, node.func.value)
        if named and all(
            isinstance(alt, Symbol)
            or (isinstance(alt, Instance) and walker.index.canonical(f"{alt.of}.{name}") in named)
            for alt in value.alts
        ):
            return _identities(value)
    if isinstance(node, cst.Call) and node.args:  # `sorted(archive.getmembers())`
        return _archives(walker, node.args[0].value, members)
    value = evaluate(walker, node)
    held = [walker.state.facts.get(("listed", alt.ident)) for alt in value.alts if isinstance(alt, Instance)]
    if any(isinstance(alt, Instance) and f"{alt.of}.__iter__" in members.lists for alt in value.alts):
        return _identities(value)
    return [ident for one in held if one is not None for ident in _identities(one)]


def _identities(archive: Value) -> list[str]:
    """Return by what names an archive may be asked for: a parameter with a class is either of the two."""
    return list(dict.fromkeys([identity(archive), *(identity(Value((alt,))) for alt in archive.alts)]))


def _refusals(body: cst.CSTNode) -> Iterator[tuple[set[str], cst.CSTNode]]:
    """Yield the words of each test that turns a member away, and what is done then."""
    for node in _all(body):
        if isinstance(node, cst.If):
            for branch in (node.body, node.orelse):
                if branch is not None and any(
                    isinstance(one, (*_STOPS, cst.Continue, cst.Break)) for one in _all(branch)
                ):
                    yield set(_words(node.test)), branch


def _statements(body: cst.CSTNode) -> Iterator[cst.Call]:
    """Yield the calls whose result nobody takes: they raise where something is wrong."""
    for node in _all(body):
        if isinstance(node, cst.Expr) and isinstance(node.value, cst.Call):
            yield node.value


def _all(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    yield node
    for child in children(node):
        yield from _all(child)


def _words(node: cst.CSTNode) -> Iterator[str]:
    """Yield the names and texts in an expression."""
    for one in _all(node):
        if isinstance(one, cst.Name):
            yield one.value
        elif isinstance(one, cst.SimpleString):
            yield re.sub(r"^\w*['\"]+|['\"]+$", "", one.value)
