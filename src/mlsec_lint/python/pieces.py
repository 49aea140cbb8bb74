"""A module read in pieces: its own statements at once, a function's body when somebody asks for it.

For what is interpreted to learn what a module holds, or whether there is anything to report.  Must not know what a piece is
wanted for.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator

import libcst as cst

from mlsec_lint.model import Source
from mlsec_lint.python.bridge import Bridge
from mlsec_lint.python.parsing import read_by_python
from mlsec_lint.python.positions import Lines
from mlsec_lint.python.scan import words

_CHANGERS = frozenset({"update", "setdefault"})  # methods that give a mapping entries


@functools.lru_cache(maxsize=1024)
def _set(name: str) -> re.Pattern[str]:
    """Return where a name may be given a value, more or less; far quicker than looking at the tree."""
    return re.compile(
        rf"\b{name}\b[^\n=!<>]*=(?!=)|\b(?:for|as)\b[^\n]*\b{name}\b|\b{name}\s*[\\\n]|\b{name}\s*\.\s*(?:update|setdefault)\b|setattr"
    )


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

    def sets(self, name: str, own: bool) -> bool:
        """Return whether it may give an attribute or a keyword of this name a value; `own`: one of its first parameter, too."""
        if name.encode() not in self.words or not _set(name).search(self.text):
            return False
        return (name, False) in self._given or (own and (name, True) in self._given)

    @functools.cached_property
    def _given(self) -> frozenset[tuple[str, bool]]:
        return frozenset(_given(self._node))


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

    def place(self, node: cst.CSTNode) -> tuple[int, int] | None:
        """Return (line, column), both from 1, of a node of any piece."""
        at = self._bridge.places.get(id(node))
        if not isinstance(at, (ast.expr, ast.stmt)):
            return None
        start = self._lines.starts[at.lineno - 1]
        before = self._text[start : start + at.col_offset].encode("utf-8", "surrogatepass")[: at.col_offset]
        return at.lineno, len(before.decode("utf-8", "replace")) + 1


def _given(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, bool]]:
    """Yield the names of what a function may give a value, and whether it is an attribute of its first parameter."""
    ordinary = (*function.args.posonlyargs, *function.args.args)
    first = ordinary[0].arg if ordinary else ""
    for node in ast.walk(function):
        target: ast.expr | None = None
        if isinstance(node, ast.Attribute):
            target = node if not isinstance(node.ctx, ast.Load) else None
        elif isinstance(node, ast.Subscript):
            target = node.value if not isinstance(node.ctx, ast.Load) else None
        elif isinstance(node, ast.keyword):
            if node.arg is not None:
                yield node.arg, False
        elif isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name) and called.id == "setattr":
                texts = (one.value for one in ast.walk(function) if isinstance(one, ast.Constant))
                yield from ((text, False) for text in texts if isinstance(text, str) and text.isidentifier())
            elif isinstance(called, ast.Attribute) and called.attr in _CHANGERS:
                target = called.value
        if isinstance(target, ast.Attribute):
            yield target.attr, isinstance(target.value, ast.Name) and target.value.id == first
