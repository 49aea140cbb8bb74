"""A module read in pieces: its own statements at once, a function's body when somebody asks for it.

LibCST's parse is most of what a module costs, and most functions have nothing to do with what rules speak of.  Python's own
parser, eleven times quicker, tells where they begin and end.  Must not know what a piece is wanted for.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator

import libcst as cst

from mlsec_lint.model import Source
from mlsec_lint.python.parsing import parse_by_python, parse_text, read_by_python
from mlsec_lint.python.positions import Lines, spans
from mlsec_lint.python.scan import words

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_HOLDER = "if 1:\n"  # what a method's lines, indented as they are, stand in
_CHANGERS = frozenset({"update", "setdefault", "__setitem__"})  # methods that give a mapping entries


class Unit:
    """A function of the module, or of one of its classes; the tree need not hold its body."""

    def __init__(self, text: str, line: int, apart: bool) -> None:
        self.text = text  # from `def` on
        self.line = line  # of `def`, counted from 0
        self.apart = apart  # the tree holds its head alone

    @functools.cached_property
    def words(self) -> frozenset[bytes]:
        return words(self.text)

    @functools.cached_property
    def module(self) -> cst.Module:
        """The tree of this function alone; raises SourceError."""
        return parse_text(self._holder + self.text)

    @property
    def _holder(self) -> str:
        return _HOLDER if self.text[:1].isspace() else ""

    @property
    def whole(self) -> cst.FunctionDef:
        """The function with its body."""
        first = self.module.body[0]
        if self._holder:
            first = first.body.body[0]  # type: ignore[assignment, union-attr]
        assert isinstance(first, cst.FunctionDef)
        return first

    @property
    def shift(self) -> int:
        """What to add to a line of its tree for the line of the file."""
        return self.line - self._holder.count("\n")

    @functools.cached_property
    def sets(self) -> frozenset[str]:
        """The attributes and keywords that it may give a value."""
        holder = _HOLDER if self.text[:1].isspace() else ""
        return frozenset(_given(parse_by_python(holder + self.text)))


class Pieces:
    """The tree of a module without the bodies of its functions, and these apart; raises SourceError."""

    def __init__(self, source: Source) -> None:
        parsed = read_by_python(source)
        self._lines = _LINE.findall(source.text)
        kept: list[str] = []
        self._numbers: list[int] = []  # the file's line of each line of the tree
        found: list[Unit] = []
        after = 0
        for node in _functions(parsed.body):
            body = min((d.lineno for d in getattr(node.body[0], "decorator_list", ())), default=node.body[0].lineno) - 1
            indent = self._lines[body][: len(self._lines[body]) - len(self._lines[body].lstrip(" \t\f"))]
            end = node.end_lineno or body
            apart = end - body > 1 and len(indent) == node.body[0].col_offset
            found.append(Unit("".join(self._lines[node.lineno - 1 : end]), node.lineno - 1, apart))
            if not apart:
                continue
            kept += self._lines[after:body]
            self._numbers += range(after, body)
            kept.append(f"{indent}...\n")
            self._numbers.append(body)
            after = end
        kept += self._lines[after:]
        self._numbers += range(after, len(self._lines))
        self.tree = parse_text("".join(kept), source.path)
        held = list(_definitions(self.tree.body))
        assert len(held) == len(found)
        self.units = {id(node): unit for node, unit in zip(held, found, strict=True)}

    def whole(self, node: cst.FunctionDef) -> cst.FunctionDef:
        """Return a function of the tree with its body."""
        unit = self.units.get(id(node))
        return unit.whole if unit is not None and unit.apart else node

    def place(self, node: cst.CSTNode) -> tuple[int, int] | None:
        """Return (line, column), both from 1, of a node of any piece."""
        if (found := spans(self.tree, [node]).get(id(node))) is not None:
            line, column = Lines(self.tree.code).place(found[0])
            return self._numbers[line - 1] + 1, column
        for unit in self.units.values():
            if "module" in vars(unit) and (found := spans(unit.module, [node]).get(id(node))) is not None:
                line, column = Lines(unit.module.code).place(found[0])
                return line + unit.shift, column
        return None


def _functions(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node.body)


def _definitions(body: object) -> Iterator[cst.FunctionDef]:
    for node in body:  # type: ignore[attr-defined]
        if isinstance(node, cst.FunctionDef):
            yield node
        elif isinstance(node, cst.ClassDef):
            yield from _definitions(node.body.body)


def _given(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            if not isinstance(node.ctx, ast.Load):
                yield node.attr
        elif isinstance(node, ast.Subscript):
            if isinstance(node.value, ast.Attribute) and not isinstance(node.ctx, ast.Load):
                yield node.value.attr
        elif isinstance(node, ast.keyword):
            if node.arg is not None:
                yield node.arg
        elif isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Name) and function.id == "setattr":
                texts = (one.value for one in ast.walk(tree) if isinstance(one, ast.Constant))
                yield from (text for text in texts if isinstance(text, str) and text.isidentifier())
            elif (
                isinstance(function, ast.Attribute)
                and function.attr in _CHANGERS
                and isinstance(function.value, ast.Attribute)
            ):
                yield function.value.attr
