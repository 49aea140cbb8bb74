"""Where nodes stand in the text, by generating the text once and noting the wanted nodes on the way."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import accumulate

import libcst as cst
from libcst._nodes.internal import CodegenState

_LINE = re.compile(r"\r\n|\r|\n")


class _Recorder(CodegenState):
    """A code generator that remembers at which token each wanted node starts and ends."""

    __slots__ = ("spans", "wanted")

    def __init__(self, module: cst.Module, wanted: frozenset[int]) -> None:
        super().__init__(default_indent=module.default_indent, default_newline=module.default_newline)
        self.wanted = wanted
        self.spans: dict[int, tuple[int, int]] = {}

    def before_codegen(self, node: cst.CSTNode) -> None:
        if id(node) in self.wanted:
            self.spans[id(node)] = (len(self.tokens), -1)

    def after_codegen(self, node: cst.CSTNode) -> None:
        if id(node) in self.wanted:
            start, end = self.spans[id(node)]
            if end < 0:
                self.spans[id(node)] = (start, len(self.tokens))

    @contextmanager
    def record_syntactic_position(
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> Iterator[None]:
        start = len(self.tokens)
        yield
        if id(node) in self.wanted:
            self.spans[id(node)] = (start, len(self.tokens))


def spans(module: cst.Module, nodes: Iterable[cst.CSTNode]) -> dict[int, tuple[int, int]]:
    """Return the character offsets (start, end) of nodes in the module's text, by the nodes' ids."""
    state = _Recorder(module, frozenset(id(n) for n in nodes))
    module._codegen(state)
    offsets = [0, *accumulate(map(len, state.tokens))]
    last = len(offsets) - 1
    return {ident: (offsets[min(a, last)], offsets[min(b, last)]) for ident, (a, b) in state.spans.items()}


class Lines:
    """Turns character offsets of a text into 1-based lines and columns."""

    def __init__(self, text: str) -> None:
        if "\r" in text:
            self.starts = [0, *(m.end() for m in _LINE.finditer(text))]
        else:
            self.starts = [*accumulate((len(row) + 1 for row in text.split("\n")[:-1]), initial=0)]

    def place(self, offset: int) -> tuple[int, int]:
        """Return (line, column), both 1-based."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1
