"""Which of a module's names another module may want to know: read from its text, so that it need not be walked.

Knows nothing of LibCST.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from mlsec_lint.python.scan import Scan, words


def wanted(text: str, module: str, scan: Scan, ours: Callable[[ast.ImportFrom | ast.Import], bool]) -> frozenset[str]:
    """Return the names at the top whose definition holds a word of the scan, or a name whose definition does.

    "*" stands for whatever `import *` brings.  `ours` tells whether an import is of a module that the scan lets through.  Raises SyntaxError and its like.
    """
    hits = scan.hits(text, module)
    lines = text.splitlines()
    found: set[bytes] = set()
    waiting: list[tuple[frozenset[bytes], frozenset[bytes]]] = []  # names bound, words of the statement
    for node in ast.parse(text).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            if ours(node) or any(alias.name == "*" for alias in node.names):
                found.update((a.asname or a.name.partition(".")[0]).encode() for a in node.names)
            continue
        first = min((d.lineno for d in getattr(node, "decorator_list", ())), default=node.lineno)
        held = words("\n".join(lines[first - 1 : node.end_lineno]))
        bound = frozenset(name.encode() for name in _bound(node))
        if held & hits or any(isinstance(n, (ast.Import, ast.ImportFrom)) and ours(n) for n in ast.walk(node)):
            found |= bound
        else:
            waiting.append((bound, held))
    grown = True
    while grown:
        grown = False
        for bound, held in waiting:
            if bound and not bound <= found and held & found:
                found |= bound
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
