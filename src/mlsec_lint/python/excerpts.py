"""The statements that findings stand in, as LibCST reads them: with their layout, by which places are told and fixes made.

What is interpreted are nodes that `bridge.py` made; here each wanted one is given its twin in LibCST's tree of its statement.
No other part of a module is read by LibCST.  Must not know what a finding is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from mlsec_lint.model import SourceError
from mlsec_lint.python.nodes import children, fields
from mlsec_lint.python.parsing import parse_text
from mlsec_lint.python.pieces import Pieces
from mlsec_lint.python.positions import spans

_NEST = "if 1:\n"  # what an indented statement stands in
_STRINGS = (cst.SimpleString, cst.FormattedString, cst.ConcatenatedString)


@dataclass(frozen=True, slots=True)
class Twin:
    """A node of LibCST's, the tree it is part of, and where the tree's nodes stand in the module's text, by their ids."""

    node: cst.CSTNode
    tree: cst.Module
    spans: dict[int, tuple[int, int]]


def twins(pieces: Pieces, text: str, wanted: Iterable[cst.CSTNode]) -> dict[int, Twin]:
    """Return the twins of nodes of the pieces of `text`, by the nodes' ids; one that LibCST has no like of is left out."""
    trails = _trails(pieces, {id(node) for node in wanted})
    read: dict[int, Twin | None] = {}
    out: dict[int, Twin] = {}
    for ident, trail in trails.items():
        statement = trail[0]
        if id(statement) not in read:
            read[id(statement)] = _read(pieces, text, statement)
        twin = read[id(statement)]
        node = twin.node if twin is not None else None
        for parent, child in zip(trail, trail[1:], strict=False):
            node = _same_child(parent, child, node) if node is not None else None
        if twin is not None and node is not None:
            out[ident] = Twin(node, twin.tree, twin.spans)
    return out


def _trails(pieces: Pieces, wanted: set[int]) -> dict[int, list[cst.CSTNode]]:
    """Return the nodes from a statement down to each wanted one."""
    out: dict[int, list[cst.CSTNode]] = {}
    stack: list[list[cst.CSTNode]] = [[node] for node in pieces.tree.body]
    while stack and len(out) < len(wanted):
        trail = stack.pop()
        node = trail[-1]
        if id(node) in wanted:
            out[id(node)] = trail
        if isinstance(node, cst.FunctionDef) and (whole := pieces.read(node)) is not node:
            stack.append([whole])  # the decorators are part of both
        within = isinstance(node, cst.BaseSuite)
        stack.extend([child] if within else [*trail, child] for child in children(node))
    return out


def _read(pieces: Pieces, text: str, statement: cst.CSTNode) -> Twin | None:
    """Return LibCST's reading of a statement."""
    span = pieces.span(statement)
    if span is None:
        return None
    start, end = span
    margin = text[max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1 : start]
    simple = isinstance(statement, cst.SimpleStatementLine)
    before = "" if simple or not margin else _NEST + margin
    try:
        tree = parse_text(before + text[start:end])
    except SourceError:
        return None
    node: cst.CSTNode = tree.body[0]
    if before and isinstance(node, cst.If):
        node = node.body.body[0]
    offset = start - len(before)
    where = {ident: (first + offset, last + offset) for ident, (first, last) in spans(tree, _all(tree)).items()}
    return Twin(node, tree, where)


def _same_child(parent: cst.CSTNode, child: cst.CSTNode, twin: cst.CSTNode) -> cst.CSTNode | None:
    """Return the child of `twin` that is to it what `child` is to `parent`."""
    for name in fields(type(parent)):
        held = getattr(parent, name, None)
        if held is child:
            found = getattr(twin, name, None)
            return found if _alike(found, child) else None
        if isinstance(held, (list, tuple)) and any(one is child for one in held):
            others = list(_parts(twin)) if name == "parts" else getattr(twin, name, None)
            if not isinstance(others, (list, tuple)):
                return None
            number = next(n for n, one in enumerate(_like(held, child)) if one is child)
            return next((one for n, one in enumerate(_like(others, child)) if n == number), None)
    return None


def _parts(text: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield the parts of a text, which Python's parser makes one of where several stand together."""
    if isinstance(text, cst.ConcatenatedString):
        yield from _parts(text.left)
        yield from _parts(text.right)
    elif isinstance(text, cst.FormattedString):
        yield from text.parts


def _like(nodes: Sequence[object], wanted: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield the nodes of one kind, in their order: Python's parser tells keywords apart, and splits plain text otherwise."""
    for one in nodes:
        if isinstance(one, cst.CSTNode) and _alike(one, wanted):
            yield one


def _alike(one: object, other: cst.CSTNode) -> bool:
    if isinstance(one, cst.Arg) and isinstance(other, cst.Arg):
        return _kind(one) == _kind(other)
    return type(one) is type(other) or (isinstance(one, _STRINGS) and isinstance(other, _STRINGS))


def _kind(arg: cst.Arg) -> str:
    return arg.keyword.value if arg.keyword is not None else arg.star if arg.star == "**" else ""


def _all(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    stack = [node]
    while stack:
        here = stack.pop()
        yield here
        stack.extend(here.children)
