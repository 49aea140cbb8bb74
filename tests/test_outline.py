"""The names at the top of a module are told from its text as its tree would tell them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from mlsec_lint.python.outline import Import, statements

HERE = Path(__file__).parent
TEXTS = {
    "brackets that close at the margin": "x = [\n    1,\n]\ny = f(\n)\n",
    "what stands in brackets at the margin": "x = [\n'a',\nb,\n]\ndef f(\na=1,\n):\n    import os\n",
    "branches": "if a:\n    import b\nelif c:\n    d = 1\nelse:\n    e = 1\ntry:\n    f = 1\nexcept E as g:\n    h = 1\nfinally:\n    i = 1\n",
    "decorators over lines": "@a(\n    b,\n)\n# why\n@c\nasync def f():\n    from . import x, y as z\n@d\nclass G: import e; h = 1\n",
    "several on one line": "import a; b = 1; from c import (d,\n  e as f)\n",
    "a line that goes on": "x = a + \\\nb\ndef f(): return 1 + \\\n1\ny = 1\n",
    "texts of many lines": "x = '''\ndef f(): pass\n'''\ny = r\"\"\"\nclass A: pass\n\"\"\"\ndef g():\n    '''import h'''\n",
    "imports within": "def f():\n    if a: import b.c as d\n    from e import (  # why\n        g,\n        h as i,\n    )\n    import j, \\\n        k\n",
    "loops in expressions": "x = [a for a in b]\nif c:\n    y = {d: e for d, e in f if (g := d)}\nh = [i := j for k in l]\n",
    "windows": "x = 1\r\ndef f():\r\n    import a\r\n    return x\r\n\r\ny = f()\r\n",
    "nothing": "",
}


def _in_comprehensions(node: ast.stmt) -> set[ast.AST]:
    """Return what stands in the targets of loops inside expressions, which a statement does not bind."""
    loops = [one for one in ast.walk(node) if isinstance(one, ast.comprehension)]
    return {inner for one in loops for inner in ast.walk(one.target)}


def _by_tree(text: str) -> tuple[list[set[str]], set[Import]]:
    bound, imports = [], set()
    for node in ast.parse(text).body:
        names, loops = set(), _in_comprehensions(node)
        for inner in (
            [node] if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) else ast.walk(node)
        ):
            if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                names.add(inner.name)
            elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store) and inner not in loops:
                names.add(inner.id)
            elif isinstance(inner, (ast.Import, ast.ImportFrom)):
                names |= {alias.asname or alias.name.partition(".")[0] for alias in inner.names}
        bound.append(names)
        imports |= {Import.of(one) for one in ast.walk(node) if isinstance(one, (ast.Import, ast.ImportFrom))}
    return [names for names in bound if names], imports


def _by_text(text: str) -> tuple[list[set[str]], set[Import]]:
    outline = statements(text)
    bound = [{name.decode() for name in one.bound} for one in outline]
    return [names for names in bound if names], {made for one in outline for made in one.imports}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_a_text_is_read_as_its_tree(text: str) -> None:
    assert _by_text(text) == _by_tree(text)


def test_our_own_modules_and_fixtures_are_read_as_their_trees() -> None:
    read = 0
    for file in sorted([*HERE.parent.rglob("src/**/*.py"), *HERE.rglob("fixtures/**/*.py")]):
        try:
            text = file.read_text(encoding="utf-8")
            expected = _by_tree(text)
        except (SyntaxError, ValueError):
            continue
        bound, imports = _by_text(text)
        assert bound == expected[0], file
        assert imports >= expected[1], file  # what a text in a function says may look like one more
        read += 1
    assert read > 400


def test_what_does_not_parse_is_refused() -> None:
    with pytest.raises(SyntaxError):
        statements("x = (\n")
