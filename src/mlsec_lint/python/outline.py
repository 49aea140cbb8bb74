"""Which of a module's names another module may want to know: read from its text, so that it need not be walked.

Knows nothing of LibCST.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from mlsec_lint.python.scan import words
from mlsec_lint.python.syntax import parse_by_python


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """A statement at the top of a module: the names it binds, its text and words, and the imports in it."""

    bound: frozenset[bytes]
    text: str
    words: frozenset[bytes]
    imports: tuple[ast.Import | ast.ImportFrom, ...]
    is_import: bool = False


def statements(text: str) -> tuple[Statement, ...]:
    """Return the statements at the top of a module; raises SyntaxError and its like."""
    lines = text.splitlines()
    found: list[Statement] = []
    for node in parse_by_python(text).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            bound = frozenset((a.asname or a.name.partition(".")[0]).encode() for a in node.names)
            found.append(Statement(bound, "", frozenset(), (node,), is_import=True))
            continue
        first = min((d.lineno for d in getattr(node, "decorator_list", ())), default=node.lineno)
        text_of = "\n".join(lines[first - 1 : node.end_lineno])
        held = words(text_of)
        inner = ast.walk(node) if b"import" in held else ()
        imports = tuple(n for n in inner if isinstance(n, (ast.Import, ast.ImportFrom)))
        found.append(Statement(frozenset(name.encode() for name in _bound(node)), text_of, held, imports))
    return tuple(found)


def wanted(
    outline: tuple[Statement, ...],
    holding: frozenset[Statement],
    ours: Callable[[ast.ImportFrom | ast.Import], frozenset[bytes]],
) -> frozenset[str]:
    """Return the names at the top whose definition is one of `holding`, or has a name whose definition is.

    "*" stands for whatever `import *` brings.  `ours` tells which names that an import binds count as if defined here.
    """
    found: set[bytes] = set()
    waiting: list[Statement] = []
    for one in outline:
        if one.is_import:
            found |= ours(one.imports[0])
        elif one in holding or any(ours(node) for node in one.imports):
            found |= one.bound
        else:
            waiting.append(one)
    grown = True
    while grown:
        grown = False
        for one in waiting:
            if one.bound and not one.bound <= found and one.words & found:
                found |= one.bound
                grown = True
    return frozenset(name.decode() for name in found)


def _bound(node: ast.stmt) -> set[str]:
    """Return the names that a statement at the top gives a value."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    out = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            out.add(inner.id)
        elif isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            out.add(inner.name)
        elif isinstance(inner, (ast.Import, ast.ImportFrom)):
            out.update(alias.asname or alias.name.partition(".")[0] for alias in inner.names)
    return out
