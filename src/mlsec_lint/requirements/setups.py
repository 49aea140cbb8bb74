"""setup.cfg, and what setup.py says in literals -> entries.

Must not run anything: what setup.py computes is not known.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

from mlsec_lint.requirements.entries import Entry, entry
from mlsec_lint.requirements.lists import without_comment

_SECTION = re.compile(r"\[([^\]]+)\]")
_FIELD = re.compile(r"([\w.-]+)\s*[=:]\s*(.*)")
_CALL = re.compile(r"\bsetup\s*\(")


def calls_setup(text: str) -> bool:
    """Return whether a setup.py calls `setup(...)`."""
    return _CALL.search(text) is not None


def setup_cfg(text: str) -> Iterator[Entry]:
    """Yield what a setup.cfg asks for."""
    section = field = ""
    for number, line in enumerate(text.split("\n"), start=1):
        bare = without_comment(line).strip()
        if header := _SECTION.fullmatch(bare):
            section, field = header[1], ""
            continue
        column = len(line) - len(line.lstrip()) + 1
        if line[:1].strip() and (pair := _FIELD.fullmatch(bare)):
            field, bare, column = pair[1], pair[2], pair.start(2) + 1
        if not bare or bare.startswith("file:"):
            continue
        if section == "options" and field == "python_requires":
            yield Entry("python", bare, line=number, column=column, end_column=column + len(bare), in_package=True)
        elif (section == "options" and field in ("install_requires", "setup_requires")) or (
            section == "options.extras_require" and field
        ):
            group = {"install_requires": "", "setup_requires": "build"}.get(field, field)
            yield entry(bare, number, column, group, True)


def setup_py(text: str) -> Iterator[Entry]:
    """Yield what a setup.py says in literals: install_requires, setup_requires, extras_require, python_requires."""
    if not calls_setup(text):
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # a mistake in Python is told by whoever reads Python
    names = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "setup":
            for keyword in node.keywords:
                yield from _argument(keyword.arg or "", keyword.value, names)


def _argument(name: str, value: ast.expr, names: dict[str, ast.expr]) -> Iterator[Entry]:
    if name == "python_requires":
        for text, line, column in _strings(value, names):
            yield Entry("python", text, line=line, column=column, in_package=True)
    elif name in ("install_requires", "setup_requires"):
        for text, line, column in _strings(value, names):
            yield entry(text, line, column, "build" if name == "setup_requires" else "", True)
    elif name == "extras_require":
        value = names.get(value.id, value) if isinstance(value, ast.Name) else value
        for key, item in zip(value.keys, value.values, strict=True) if isinstance(value, ast.Dict) else ():
            extra = key.value if isinstance(key, ast.Constant) else ""
            for text, line, column in _strings(item, names):
                yield entry(text, line, column, str(extra) or "extra", True)


def _strings(value: ast.expr, names: dict[str, ast.expr], depth: int = 0) -> Iterator[tuple[str, int, int]]:
    """Yield the strings of a literal list, tuple, string, or sum of such, each with its line and column (from 1)."""
    if isinstance(value, ast.Name) and depth < 9:
        value = names.get(value.id, value)
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        for text in value.value.splitlines() or [""]:  # setuptools takes one string of several lines as well
            if text.strip():
                yield text.strip(), value.lineno, value.col_offset + 2
    elif isinstance(value, ast.List | ast.Tuple):
        for item in value.elts:
            yield from _strings(item.value if isinstance(item, ast.Starred) else item, names, depth + 1)
    elif isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        yield from _strings(value.left, names, depth + 1)
        yield from _strings(value.right, names, depth + 1)
