"""The nodes that a syntax node holds, without its whitespace and punctuation; must not know what any of them means."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator

import libcst as cst

_LAYOUT = (
    "whitespace",
    "lpar",
    "rpar",
    "leading",
    "trailing",
    "lines_",
    "header",
    "footer",
    "comma",
    "semicolon",
    "equal",
    "dot",
    "lbrac",
    "rbrac",
)


def children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield the direct children that carry meaning (LibCST's own `children` rebuilds every node on the way)."""
    for name in _fields(type(node)):
        held = getattr(node, name)
        if isinstance(held, cst.CSTNode):
            yield held
        elif isinstance(held, (tuple, list)):
            for one in held:
                if isinstance(one, cst.CSTNode):
                    yield one


@functools.cache
def _fields(kind: type) -> tuple[str, ...]:
    return tuple(f.name for f in dataclasses.fields(kind) if not f.name.startswith(_LAYOUT))
