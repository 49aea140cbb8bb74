"""Which of a module's names another module may want to know: read from its text, so that it need not be walked.

Knows nothing of LibCST.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mlsec_lint.python.syntax import parse_by_python
from mlsec_lint.python.words import without_docstrings, words

Constant = str | int | float | bool | None
_START = re.compile(r"^[^\s#)\]}]", re.MULTILINE)
_GOES_ON = re.compile(r"(?:else|elif|except|finally)\b")
_DEFINITION = re.compile(r"(?:async[ \t]+)?(def|class)[ \t]+(\w+)")
_DECORATED = re.compile("^" + _DEFINITION.pattern, re.MULTILINE)
_PLAIN = re.compile(
    r"(?:from[ \t]+(\.*[\w.]*)[ \t]+)?import[ \t]*(?:(?<=[ \t])([\w.][\w., \t]*|\*)|(\([\w,\s]*\)))(?:\s*#[^\n]*)*\s*\Z"
)
_IMPORT = re.compile(
    r"(?:^|[:;])[ \t]*((?:from[ \t]+[\w.]+[ \t]*)?import\b(?:[ \t]*\([^)]*\)|(?:[^\n\\]|\\.)*))",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Import:
    """An import: the module that names come from, with its dots ("": these are modules), and each as (name, alias or "")."""

    base: str
    names: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, node: ast.Import | ast.ImportFrom) -> Import:
        """Return what a statement imports."""
        base = "." * node.level + (node.module or "") if isinstance(node, ast.ImportFrom) else ""
        return cls(base, tuple((alias.name, alias.asname or "") for alias in node.names))

    @property
    def bound(self) -> tuple[str, ...]:
        """The names that it gives a value."""
        return tuple(alias or (name if self.base else name.partition(".")[0]) for name, alias in self.names)


@dataclass(frozen=True, eq=False)
class Statement:
    """A statement at the top of a module: the names it binds, its text, and the imports in it.

    `alone` says that it is one of these and nothing else, `made` that it defines a class, `constants` which names it gives a
    constant.  Trees are not kept: the outlines of many modules are.
    """

    bound: frozenset[bytes]
    text: str
    imports: tuple[Import, ...]
    alone: bool = False
    made: bool = False
    constants: tuple[tuple[str, Constant], ...] = ()

    @functools.cached_property
    def words(self) -> frozenset[bytes]:
        return words(self.text)


def statements(text: str) -> tuple[Statement, ...]:
    """Return the statements at the top of a module; raises SyntaxError and its like.

    Most of a text is in functions and classes: of these the name is all that is read, unless something is imported in them.
    """
    shorter = without_docstrings(text)
    if "'''" not in shorter and '"""' not in shorter:
        try:
            return tuple(one for part in _parts(shorter) for one in _statements(part))
        except SyntaxError:
            pass  # a line that looks like the start of a statement is none
    lines = text.splitlines()
    return tuple(
        _statement(node, "\n".join(lines[_first(node) - 1 : node.end_lineno])) for node in parse_by_python(text).body
    )


def _first(node: ast.stmt) -> int:
    return min((d.lineno for d in getattr(node, "decorator_list", ())), default=node.lineno)


def _parts(text: str) -> Iterator[str]:
    """Yield the lines of each statement (or of several on one line), by where the next one seems to start."""
    starts = [0]
    decorated = False
    for match in _START.finditer(text):
        at = match.start()
        if not decorated and not _GOES_ON.match(text, at) and text[max(at - 2, 0) : at] != "\\\n":
            starts.append(at)
        decorated = match.group() == "@"
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        yield text[start:end]


def _plain_import(part: str) -> Import | None:
    """Return the import that a text is, where it is one and nothing else; most can be read without Python's parser."""
    found = _PLAIN.match(part)
    if found is None:
        return None
    base, listed = found[1], found[2] or found[3]
    names: list[tuple[str, str]] = []
    for one in listed.strip("()").split(","):
        match one.split():
            case [name]:
                names.append((name, ""))
            case [name, "as", alias]:
                names.append((name, alias))
            case []:
                pass
            case _:
                return None
    return Import(base or "", tuple(names)) if names else None


def _statements(part: str) -> Iterator[Statement]:
    if part.startswith(("from", "import")) and (plain := _plain_import(part)) is not None:
        yield Statement(frozenset(name.encode() for name in plain.bound), "", (plain,), alone=True)
        return
    definition = _DECORATED.search(part) if part.startswith("@") else _DEFINITION.match(part)
    if definition is None:
        for node in ast.parse(part).body:
            yield _statement(node, part)
    else:
        kind, name = definition.groups()
        yield Statement(frozenset({name.encode()}), part, tuple(_imported(part)), made=kind == "class")


def _imported(part: str) -> Iterator[Import]:
    """Yield the imports within a definition."""
    for match in _IMPORT.finditer(part) if "import" in part else ():
        for node in ast.parse(match.group(1)).body:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                yield Import.of(node)


def _statement(node: ast.stmt, text: str) -> Statement:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        found = Import.of(node)
        return Statement(frozenset(name.encode() for name in found.bound), "", (found,), alone=True)
    bound, imports = _bound(node, text)
    return Statement(
        frozenset(name.encode() for name in bound),
        text,
        tuple(imports),
        made=isinstance(node, ast.ClassDef),
        constants=tuple(_constants(node)),
    )


def _constants(node: ast.stmt) -> Iterator[tuple[str, Constant]]:
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
        value = node.value.value
        if isinstance(value, Constant):
            yield from ((target.id, value) for target in node.targets if isinstance(target, ast.Name))


def wanted(
    outline: tuple[Statement, ...],
    holding: frozenset[Statement],
    ours: Callable[[Import], frozenset[bytes]],
) -> frozenset[str]:
    """Return the names at the top whose definition is one of `holding`, or has a name whose definition is.

    "*" stands for whatever `import *` brings.  `ours` tells which names that an import binds count as if defined here.
    """
    found: set[bytes] = set()
    waiting: list[Statement] = []
    for one in outline:
        if one.alone:
            found |= ours(one.imports[0])
        elif one in holding or any(ours(made) for made in one.imports):
            found |= one.bound
        else:
            waiting.append(one)
    grown = bool(found)
    while grown:
        grown = False
        for one in waiting:
            if one.bound and not one.bound <= found and one.words & found:
                found |= one.bound
                grown = True
    return frozenset(name.decode() for name in found)


def _bound(node: ast.stmt, text: str) -> tuple[set[str], list[Import]]:
    """Return the names that a statement at the top gives a value, and the imports in it."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        within = ast.walk(node) if "import" in text else ()
        return {node.name}, [Import.of(one) for one in within if isinstance(one, (ast.Import, ast.ImportFrom))]
    out: set[str] = set()
    imports: list[Import] = []
    binding = ":=" in text  # whether expressions may give names a value
    waiting: list[ast.AST] = [node]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, ast.comprehension):  # its target is bound in it alone
            waiting += (inner.iter, *inner.ifs)
            continue
        waiting += (
            child
            for child in ast.iter_child_nodes(inner)
            if binding or not isinstance(child, ast.expr) or isinstance(getattr(child, "ctx", None), ast.Store)
        )
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            out.add(inner.id)
        elif isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            out.add(inner.name)
        elif isinstance(inner, (ast.Import, ast.ImportFrom)):
            imports.append(found := Import.of(inner))
            out.update(found.bound)
    return out, imports
