"""How a library object can be written in a module: by a name it has bound, or by importing one more.

Reads text with `ast`; must not know rules.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

_LINE = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Spelling:
    """An expression that stands for a library object, and what it needs: text to insert at an offset, or none."""

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
        self.assigned = Counter(_assigned(self.tree))
        self.taken = frozenset(self.assigned)
        self.roots = {target.partition(".")[0] for target in self.top.values()}
        self.guarded = {target.partition(".")[0] for _, target in everywhere} - self.roots
        self.newline = found[0] if (found := _LINE.search(text)) else "\n"
        self.starts = [0, *(match.end() for match in _LINE.finditer(text))]

    def stands_for(self, written: str, dotted: str) -> bool:
        """Tell whether the expression `written` (a name, or names with dots) can only mean the object `dotted`."""
        root, _, rest = written.partition(".")
        if root in self.taken or root not in self.anywhere:
            return False
        return {f"{target}.{rest}" if rest else target for target in self.anywhere[root]} == {dotted}

    def has(self, written: str) -> bool:
        """Tell whether the expression `written` can only mean something that the module imports."""
        root = written.partition(".")[0]
        return root in self.anywhere and root not in self.taken

    def constant(self, name: str) -> tuple[int, int] | None:
        """Return where the text stands that a name of the module is given, if it is given nothing else anywhere."""
        for node in self.tree.body if self.assigned[name] == 1 else ():
            if not isinstance(node, ast.Assign) or not any(_is_name(target, name) for target in node.targets):
                continue
            value = node.value
            end = self._offset(value.end_lineno or value.lineno, value.end_col_offset or 0)
            return (self._offset(value.lineno, value.col_offset), end) if _is_text(value) else None
        return None

    def is_instance(self, written: str) -> bool:
        """Tell whether the expression `written` begins with something other than an imported name."""
        return re.match(r"\w*", written)[0] not in self.anywhere  # type: ignore[index]

    def spell(self, dotted: str, near: str = "", before: int = 0) -> Spelling | None:
        """Return how `dotted` is written at any place of the module, or None where that cannot be told.

        `near` is a name that is in use where it will be written, at the offset `before`: an import that binds this name
        may bind one more.
        """
        best = ""
        for name, target in self.top.items():
            sound = name not in self.taken and self.anywhere[name] == {target}
            if sound and (dotted == target or dotted.startswith(target + ".")):
                rest = dotted[len(target) :]
                if rest.count(".") <= 1 and (not best or len(target) > len(self.top[best])):
                    best = name
        if best:
            return Spelling(best + dotted[len(self.top[best]) :])
        if (spelling := self._from(dotted, near)) is not None:
            return spelling
        module = _module(dotted)
        root = module.partition(".")[0]
        if not module or root in self.taken or self.anywhere.get(root, {root}) != {root}:
            return None
        if root not in self.roots and (root in self.guarded or root not in sys.stdlib_module_names):
            return None  # at the top of the module it might fail, or take long
        return Spelling(dotted, *self._place(f"import {module}", before))

    def _from(self, dotted: str, near: str) -> Spelling | None:
        """Return the spelling that takes one more name in a `from module import …` that the module has."""
        module, _, name = dotted.rpartition(".")
        if name in self.taken or self.anywhere.get(name, {dotted}) != {dotted}:
            return None
        every = [node for node in ast.walk(self.tree) if isinstance(node, ast.ImportFrom) and not node.level]
        binding = [node for node in every if any(near == (alias.asname or alias.name) for alias in node.names)]
        nodes = [node for node in every if node in self.tree.body]
        nodes += binding if len(binding) == 1 else []
        node = next((one for one in nodes if one.module == module), None)
        last = node.names[-1] if node is not None else None
        if last is None or last.name == "*" or last.end_lineno is None or last.end_col_offset is None:
            return None
        row = self._line(last.lineno)
        indent = row[: len(row) - len(row.lstrip())]
        gap = self.newline + indent if not row.encode()[: last.col_offset].strip() else " "
        return Spelling(name, self._offset(last.end_lineno, last.end_col_offset), f",{gap}{name}")

    def _line(self, number: int) -> str:
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        return self.text[self.starts[number - 1] : end]

    def _offset(self, line: int, column: int) -> int:
        """Return the offset of a place as `ast` gives it: the line from 1, the column in bytes."""
        return self.starts[line - 1] + len(self._line(line).encode()[:column].decode(errors="replace"))

    def _place(self, statement: str, before: int) -> tuple[int, str]:
        """Return where an import goes, and its text: above the imports there are, else behind docstring and future."""
        newline, starts = self.newline, self.starts
        line = 1
        for number, node in enumerate(self.tree.body):
            docstring = number == 0 and isinstance(node, ast.Expr) and _is_text(node.value)
            future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
            if not docstring and not future:
                break
            line = (node.end_lineno or node.lineno) + 1
        else:
            return len(self.text), newline + statement + newline
        imports = [one for one in self.tree.body[number:] if isinstance(one, (ast.Import, ast.ImportFrom))]
        if imports and (offset := starts[imports[0].lineno - 1]) <= before:
            return offset, statement + newline
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
        gap = "" if isinstance(node, (ast.Import, ast.ImportFrom)) else newline
        return starts[min(max(line, first), len(starts)) - 1], statement + newline + gap


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


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
    """Yield every name that something other than an absolute import binds, in whatever scope.

    `name = None` does not count: it stands for a library that is not installed.
    """
    absent = {id(target) for node in ast.walk(tree) if _is_nothing(node) for target in node.targets}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) and id(node) not in absent:
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


def _is_nothing(node: ast.AST) -> TypeGuard[ast.Assign]:
    return isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and node.value.value is None


def _module(dotted: str) -> str:
    """Return the part of a dotted name that can be imported: the names before the first class."""
    parts: list[str] = []
    for part in dotted.split(".")[:-1]:
        if part[:1].isupper():
            break
        parts.append(part)
    return ".".join(parts)
