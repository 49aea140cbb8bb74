"""What is interpreted is made of Python's own tree: it has to be what LibCST's parser makes of the same text."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import libcst as cst
import pytest

from mlsec_lint.model import SourceError
from mlsec_lint.python.bridge import Bridge
from mlsec_lint.python.nodes import children
from mlsec_lint.python.parsing import parse
from mlsec_lint.python.pieces import Pieces
from mlsec_lint.python.positions import Lines, spans
from mlsec_lint.source import from_text

HERE = Path(__file__).parent
FILES = sorted([*(HERE.parent / "src").rglob("*.py"), *HERE.glob("*.py"), *(HERE / "fixtures").rglob("*.py")])
STRINGS = (cst.SimpleString, cst.ConcatenatedString, cst.FormattedString)
UNSEEN = (cst.ParamStar, cst.ParamSlash, cst.Colon, cst.Asynchronous, cst.MatchPattern)  # of which nothing is asked
TEXTS = [
    "x = a and b and c or not d\n",
    "x = a < b <= c is not None not in e\n",
    "f(*a, b, k=1, **c)\n",
    "class C(A, metaclass=M, **k):\n    '''Doc.'''\n    x: int\n    y: int = 3\n",
    "def f(a, /, b=1, *args, c, d=2, **kwargs) -> int:\n    return a\n",
    "def f(*, a): ...\n",
    "async def f():\n    async with a as b, c:\n        async for x in y:\n            await z\n",
    "try:\n    a\nexcept (B, C) as e:\n    raise D from e\nexcept E:\n    raise\nelse:\n    f()\nfinally:\n    g()\n",
    "if a:\n    b()\nelif c:\n    d()\nelse:\n    if e:\n        f()\n",
    "for a, *b in c:\n    continue\nelse:\n    pass\nwhile d:\n    break\nelse:\n    e()\n",
    "x = [a for b in c if d if e for f in g]\ny = {a: b for a, b in c}\nz = {a async for a in b}\nw = (a for a in b)\n",
    "x[1], y[1:2], z[::3], w[a, b], v[...] = u\n",
    "x = lambda a, *b, c=1: a if b else c\n",
    "x = {**a, 'b': c}\ny = {a, *b}\nz = (*a, b)\nw = [*a]\n",
    "x += 1\ny //= 2\nz @= a\nw >>= 3\n",
    "del a\ndel b, c[0]\nglobal d\nassert e, f\n",
    "import a.b.c, d as e\nfrom . import f\nfrom ..g.h import i as j, k\nfrom l import *\n",
    "x = (y := f(z))\n",
    "def f():\n    yield\n    x = yield a\n    yield from b\n    nonlocal_ = 1\n",
    "@a.b(c)\n@d\ndef f(): return 1\n",
    "x = 'a' 'b'\ny = b'\\x00'\nz = 1_000, 0x10, 1e5, 2j, ...\n",
    "match a:\n    case [b, *c] if d:\n        e()\n    case {'f': g}:\n        pass\n",
    "x = f'{a!r:>{b}} {{c}}'\n",
    "x = -a ** ~b @ c % d\n",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_piece_of_syntax_comes_out_as_libcst_reads_it(text: str) -> None:
    assert list(_differences(text)) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_comes_out_as_libcst_reads_it(file: Path) -> None:
    try:
        text = file.read_text(encoding="utf-8")
        ast.parse(text)
    except (SyntaxError, ValueError):
        return
    assert list(_differences(text)) == []


def test_a_place_is_where_libcst_finds_it() -> None:
    text = "import a\n\n\ndef ü(x='é'):\n    ö = 'ß'; return a.b(x)(\n        a.c)\n\n\ny = [a.d(1)]\n"
    source = from_text(text, "x.py", "python")
    pieces, tree = Pieces(source), parse(source)
    function = next(node for node in pieces.tree.body if isinstance(node, cst.FunctionDef))
    ours = [pieces.place(node) for node in _calls([pieces.whole(function), *pieces.tree.body])]
    nodes = list(_calls(tree.body))
    where = spans(tree, nodes)
    assert ours == [Lines(text).place(where[id(node)][0]) for node in nodes]


def test_an_expression_of_a_newer_python_stands_for_nothing_and_hides_nothing() -> None:
    class Newer(ast.expr):
        pass

    tree = ast.parse("x = a(1)")
    assign = tree.body[0]
    assert isinstance(assign, ast.Assign)
    assert isinstance(assign.value, ast.Call)
    assign.value.args.append(ast.copy_location(Newer(), assign.value))
    module, _ = Bridge().module(tree)
    assert [[type(arg.value) for arg in call.args] for call in _calls(module.body)] == [[cst.Integer, cst.Ellipsis]]


def test_what_does_not_parse_is_refused_as_by_the_whole_reading() -> None:
    source = from_text("def f(:\n", "x.py", "python")
    with pytest.raises(SourceError) as whole:
        parse(source)
    with pytest.raises(SourceError) as pieces:
        Pieces(source)
    assert str(pieces.value) == str(whole.value)


def _calls(nodes: Iterable[cst.CSTNode]) -> Iterator[cst.Call]:
    for node in nodes:
        if isinstance(node, cst.Call):
            yield node
        held = node.body if isinstance(node, (cst.BaseSuite, cst.SimpleStatementLine)) else children(node)
        yield from _calls(held)


def _differences(text: str) -> Iterator[str]:
    """Yield where the two trees differ, layout and docstrings aside."""
    bridge = Bridge()
    module, functions = bridge.module(ast.parse(text))
    whole = {ident: bridge.function(node) for ident, node in functions.items()}
    yield from _compared(cst.parse_module(text), module, whole, "")


def _compared(theirs: cst.CSTNode, ours: cst.CSTNode, whole: dict[int, cst.FunctionDef], path: str) -> Iterator[str]:
    ours = whole.get(id(ours), ours)
    path = f"{path}/{type(theirs).__name__}"
    if isinstance(theirs, (cst.SimpleString, cst.Integer, cst.Float, cst.Imaginary)):
        if type(theirs) is not type(ours) or theirs.evaluated_value != ours.evaluated_value:
            yield f"{path}: another value"
        return
    if isinstance(theirs, STRINGS):
        if not isinstance(ours, STRINGS):
            yield f"{path}: no string"
        return
    if type(theirs) is not type(ours) and not isinstance(theirs, (cst.BaseSuite, cst.TryStar, cst.ExceptStarHandler)):
        yield f"{path}: {type(ours).__name__}"
        return
    if isinstance(theirs, cst.Name) and theirs.value != ours.value:  # type: ignore[attr-defined]
        yield f"{path}: {theirs.value}"
    if isinstance(theirs, (cst.BaseSuite, cst.Module)):
        pair = list(_statements(theirs.body)), list(_statements(ours.body))  # type: ignore[attr-defined]
    elif isinstance(theirs, cst.MatchCase):
        pair = [theirs.body], [ours.body]  # type: ignore[attr-defined]
    else:
        seen = theirs.with_changes(returns=None) if isinstance(theirs, cst.FunctionDef) else theirs
        pair = _seen(seen), _seen(ours)
    if len(pair[0]) != len(pair[1]):
        yield f"{path}: {[type(n).__name__ for n in pair[0]]} {[type(n).__name__ for n in pair[1]]}"
        return
    for a, b in zip(*pair, strict=True):
        yield from _compared(a, b, whole, path)


def _seen(node: cst.CSTNode) -> list[cst.CSTNode]:
    held = [child for child in children(node) if not isinstance(child, UNSEEN)]
    if isinstance(node, cst.Call):  # arguments by position may stand behind keywords
        held.sort(key=lambda child: isinstance(child, cst.Arg) and (child.keyword is not None or child.star == "**"))
    return held


def _statements(body: Iterable[cst.CSTNode]) -> Iterator[cst.CSTNode]:
    for node in body:
        if isinstance(node, cst.SimpleStatementLine):
            yield from _statements(node.body)
        elif not (
            isinstance(node, cst.Expr) and isinstance(node.value, (cst.BaseString, cst.BaseNumber, cst.Ellipsis))
        ):
            yield node
