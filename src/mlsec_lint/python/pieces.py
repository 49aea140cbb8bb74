"""A module read in pieces: its own statements at once, a function's body when somebody asks for it.

For what is interpreted to learn what a module holds, or whether there is anything to report.  Must not know what a piece is
wanted for.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable, Iterator

import libcst as cst

from mlsec_lint.model import Source
from mlsec_lint.python.bridge import Bridge
from mlsec_lint.python.positions import Lines
from mlsec_lint.python.syntax import read_by_python
from mlsec_lint.python.words import words

_PLACED = (ast.expr, ast.stmt, ast.arg, ast.keyword)
_CHANGERS = frozenset({"update", "setdefault"})  # methods that give a mapping entries


class Unit:
    """A function of the module, or of one of its classes."""

    def __init__(self, node: ast.FunctionDef | ast.AsyncFunctionDef, text: str, bridge: Bridge) -> None:
        self._node, self._bridge = node, bridge
        self.text = text  # from `def` on

    @functools.cached_property
    def words(self) -> frozenset[bytes]:
        return words(self.text)

    @functools.cached_property
    def whole(self) -> cst.FunctionDef:
        """The function with its parameters and its body."""
        return self._bridge.function(self._node)

    @property
    def is_read(self) -> bool:
        return "whole" in self.__dict__

    @functools.cached_property
    def sets(self) -> frozenset[tuple[str, bool]]:
        """The attributes that it may give a value, each with whether it is one of its first parameter."""
        ordinary = (*self._node.args.posonlyargs, *self._node.args.args)
        first = ordinary[0].arg if ordinary else ""
        return frozenset(
            (attribute.attr, isinstance(attribute.value, ast.Name) and attribute.value.id == first)
            for attribute in _set(self._node.body)
        ) | frozenset((name, False) for name in (self._texts if b"setattr" in self.words else ()))

    @functools.cached_property
    def _texts(self) -> frozenset[str]:
        held = (node.value for node in ast.walk(self._node) if isinstance(node, ast.Constant))
        return frozenset(text for text in held if isinstance(text, str))


class Pieces:
    """The tree of a module without its functions' parameters and bodies, and these apart; raises SourceError."""

    def __init__(self, source: Source) -> None:
        self._lines = Lines(source.text)
        self._text = source.text
        self._bridge = Bridge()
        self.tree, functions = self._bridge.module(read_by_python(source))
        self.units = {ident: Unit(node, self._text_of(node), self._bridge) for ident, node in functions.items()}

    def _text_of(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
        starts, end = self._lines.starts, node.end_lineno or node.lineno
        return self._text[starts[node.lineno - 1] : starts[end] if end < len(starts) else None]

    def whole(self, node: cst.FunctionDef) -> cst.FunctionDef:
        """Return a function of the tree with its parameters and its body."""
        unit = self.units.get(id(node))
        return unit.whole if unit is not None else node

    def read(self, node: cst.FunctionDef) -> cst.FunctionDef:
        """Return a function of the tree with its parameters and its body, if somebody has asked for these."""
        unit = self.units.get(id(node))
        return unit.whole if unit is not None and unit.is_read else node

    def drop(self) -> None:
        """Let go of the trees, which nobody is going to ask for: the walk that holds them is freed much later."""
        self.units.clear()
        self._bridge.places.clear()

    def place(self, node: cst.CSTNode) -> tuple[int, int] | None:
        """Return (line, column), both from 1, of a node of any piece."""
        span = self.span(node)
        return self._lines.place(span[0]) if span is not None else None

    def span(self, node: cst.CSTNode) -> tuple[int, int] | None:
        """Return the offsets (start, end) of a node of any piece in the module's text; a decorated definition's `@` is part of it."""
        at = self._bridge.places.get(id(node))
        # Python 3.11 errs in texts of many lines
        if not isinstance(at, _PLACED) or at.lineno > len(self._lines.starts):
            return None
        start = self._offset(at.lineno, at.col_offset)
        if decorators := getattr(at, "decorator_list", None):
            start = self._text.rindex("@", 0, self._offset(decorators[0].lineno, decorators[0].col_offset))
        return start, self._offset(at.end_lineno or at.lineno, at.end_col_offset or 0)

    def _offset(self, line: int, column: int) -> int:
        """Return the offset of a place as Python's parser tells it: the line from 1, the column in bytes."""
        start = self._lines.starts[line - 1]
        row = self._text[start : start + column]
        if row.isascii():
            return start + len(row)
        return start + len(row.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "replace"))


def _set(body: Iterable[ast.AST]) -> Iterator[ast.Attribute]:
    """Yield the attributes that statements may give a value; expressions are not looked into."""
    for node in body:
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.For, ast.AsyncFor)):
            targets = [node.target]
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            targets = [item.optional_vars for item in node.items if item.optional_vars is not None]
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            function = node.value.func
            if isinstance(function, ast.Attribute) and function.attr in _CHANGERS:
                targets = [function.value]
        for target in targets:
            yield from _attributes(target)
        for held in ("body", "orelse", "finalbody", "handlers", "cases"):
            yield from _set(getattr(node, held, ()))


def _attributes(target: ast.expr) -> Iterator[ast.Attribute]:
    if isinstance(target, (ast.Tuple, ast.List)):
        for element in target.elts:
            yield from _attributes(element)
    elif isinstance(target, (ast.Starred, ast.Subscript)):
        yield from _attributes(target.value)
    elif isinstance(target, ast.Attribute):
        yield target
