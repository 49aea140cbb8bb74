"""What is interpreted and what LibCST reads are matched node by node, wherever in a statement a finding stands."""

from __future__ import annotations

import libcst as cst
import pytest

from mlsec_lint.python.excerpts import twins
from mlsec_lint.python.nodes import children
from mlsec_lint.python.pieces import Pieces
from mlsec_lint.source import from_text

PLACES = {
    "a statement": "x = <<load(a)>>\n",
    "behind another on its line": "a = 1; x = <<load(a)>>; b = 2\n",
    "behind a head on its line": "if a: x = <<load(a)>>\n",
    "over several lines": "x = [\n    1,  # one\n    <<load(\na\n    )>>,\n]\n",
    "behind a letter of many bytes": "é = 'ü'; x = f('é', <<load(a)>>)\n",
    "a condition": "def f():\n    if a:\n        pass\n    elif <<load(a)>>:\n        pass\n    else:\n        b\n",
    "a handler": "def f():\n\ttry:\n\t\ta\n\texcept <<load(a)>>:\n\t\tb\n",
    "a context": "class A:\n    async def f(self):\n        async with b as c, <<load(a)>> as d:\n            pass\n",
    "a decorator": "class A:\n    @b\n    @c(<<load(a)>>)\n    def f(self):\n        return 1\n",
    "a default": "def f(b, /, c: int = 1, *d, e=<<load(a)>>, **g):\n    return 1\n",
    "a base class": "class A(B, metaclass=<<load(a)>>):\n    b = 1\n",
    "the body of a class": "class A:\n    b: int = <<load(a)>>\n",
    "a keyword before what is unpacked": "f(b=<<load(a)>>, *c, **d, e=1)\n",
    "what is unpacked": "f(b=1, *<<load(a)>>, **d)\n",
    "part of a text": "x = f'b {c!r:>{d}} {<<load(a)>>}'\n",
    "part of texts that stand together": "x = ('b'\n     f'{<<load(a)>>}')\n",
    "a subject": "match <<load(a)>>:\n    case 1:\n        b\n",
    "a case": "match b:\n    case 1:\n        x = <<load(a)>>\n",
    "a comprehension": "x = {b: c for b in d for c in <<load(a)>> if e}\n",
    "a lambda in brackets": "x = (lambda b, *c: (<<load(a)>>))\n",
    "a function in a function": "def f():\n    def g():\n        return <<load(a)>>\n    return g\n",
    "behind a text that is a statement": "'''doc'''\ndef f():\n    '''doc'''\n    b\n    return not <<load(a)>>\n",
    "what is awaited": "async def f():\n    return -(await <<load(a)>>)\n",
    "what follows a loop": "for b in c:\n    d\nelse:\n    x = e[<<load(a)>>:1, ...]\n",
}


@pytest.mark.parametrize("marked", PLACES.values(), ids=PLACES.keys())
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["unix", "windows"])
def test_a_call_is_found_where_it_stands(marked: str, newline: str) -> None:
    marked = marked.replace("\n", newline)
    start = marked.index("<<")
    text = marked.replace("<<", "").replace(">>", "")
    end = marked.index(">>") - 2
    pieces = Pieces(from_text(text, "x.py", "python"))
    for unit in pieces.units.values():
        _ = unit.whole
    wanted = [node for node in _nodes(pieces) if isinstance(node, cst.Call) and _is_load(node)]
    found = twins(pieces, text, wanted)
    assert found
    for twin in found.values():
        assert isinstance(twin.node, cst.Call)
        assert twin.spans[id(twin.node)] == (start, end)
        assert text[start:end].replace(newline, "").replace(" ", "") == "load(a)"


def _is_load(call: cst.Call) -> bool:
    return isinstance(call.func, cst.Name) and call.func.value == "load"


def _nodes(pieces: Pieces) -> list[cst.CSTNode]:
    stack: list[cst.CSTNode] = [*pieces.tree.body, *(unit.whole for unit in pieces.units.values())]
    out: list[cst.CSTNode] = []
    while stack:
        node = stack.pop()
        out.append(node)
        stack.extend(children(node))
    return out
