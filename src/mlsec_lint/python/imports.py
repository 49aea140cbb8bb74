"""How a library object can be written in a module: by a name it has bound, or by one more import.

Reads text with `ast`; must not know rules.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

_LINE = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Spelling:
    """An expression that stands for a library object, and the import it needs: text to insert at an offset, or none."""

    text: str
    offset: int = 0
    statement: str = ""


class Imports:
    """What a module binds; raises SyntaxError for a text that does not parse."""

    def __init__(self, text: str) -> None:
        self.text = text
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.tree = ast.parse(text)
        self.top = dict(binding for node in self.tree.body for binding in _bound(node))
        everywhere = [binding for node in ast.walk(self.tree) for binding in _bound(node)]
        self.anywhere: dict[str, set[str]] = {}
        for name, dotted in everywhere:
            self.anywhere.setdefault(name, set()).add(dotted)
        self.taken = frozenset(_assigned(self.tree))

    def stands_for(self, written: str, dotted: str) -> bool:
        """Tell whether the expression `written` (a name, or names with dots) can only mean the object `dotted`."""
        root, _, rest = written.partition(".")
        if root in self.taken or root not in self.anywhere:
            return False
        return {f"{target}.{rest}" if rest else target for target in self.anywhere[root]} == {dotted}

    def is_instance(self, written: str) -> bool:
        """Tell whether the expression `written` begins with something other than an imported name."""
        return re.match(r"\w*", written)[0] not in self.anywhere  # type: ignore[index]

    def spell(self, dotted: str) -> Spelling | None:
        """Return how `dotted` is written at any place of the module, or None where its name means something else."""
        best = ""
        for name, target in self.top.items():
            sound = name not in self.taken and self.anywhere[name] == {target}
            if sound and (dotted == target or dotted.startswith(target + ".")):
                rest = dotted[len(target) :]
                if rest.count(".") <= 1 and (not best or len(target) > len(self.top[best])):
                    best = name
        if best:
            return Spelling(best + dotted[len(self.top[best]) :])
        module = _module(dotted)
        root = module.partition(".")[0]
        if not module or root in self.taken or self.anywhere.get(root, {root}) != {root}:
            return None
        return Spelling(dotted, *self._place(f"import {module}"))

    def _place(self, statement: str) -> tuple[int, str]:
        """Return where an import goes, and its text: behind the docstring and the imports from the future."""
        newline = found[0] if (found := _LINE.search(self.text)) else "\n"
        starts = [0, *(match.end() for match in _LINE.finditer(self.text))]
        line = 1
        for number, node in enumerate(self.tree.body):
            docstring = number == 0 and isinstance(node, ast.Expr) and _is_text(node.value)
            future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
            if docstring or future:
                line = (node.end_lineno or node.lineno) + 1
                continue
            first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
            gap = "" if isinstance(node, (ast.Import, ast.ImportFrom)) else newline
            offset = starts[min(max(line, first), len(starts)) - 1]
            return offset, statement + newline + gap
        return len(self.text), newline + statement + newline


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _bound(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield name and dotted object for each name that an import statement binds."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            root = alias.name.partition(".")[0]
            yield (alias.asname, alias.name) if alias.asname else (root, root)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        for alias in node.names:
            yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _assigned(tree: ast.AST) -> Iterator[str]:
    """Yield every name that something other than an absolute import binds, in whatever scope."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif (
            isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
            or (isinstance(node, ast.ExceptHandler) and node.name)
            or (isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name)
        ):
            yield node.name or ""
        elif isinstance(node, ast.ImportFrom) and (node.level or not node.module):
            yield from (alias.asname or alias.name for alias in node.names)


def _module(dotted: str) -> str:
    """Return the part of a dotted name that can be imported: the names before the first class."""
    parts: list[str] = []
    for part in dotted.split(".")[:-1]:
        if part[:1].isupper():
            break
        parts.append(part)
    return ".".join(parts)
