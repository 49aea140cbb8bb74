"""The nodes that a syntax node holds, without its whitespace and punctuation; must not know what any of them means."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from typing import Any

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
    for name in fields(type(node)):
        held: Any = getattr(node, name, None)  # what `bridge.py` makes has no more than what is asked for
        if _is_node(held.__class__):
            yield held
        elif isinstance(held, (tuple, list)):
            for one in held:
                if _is_node(one.__class__):
                    yield one


@functools.cache
def _is_node(kind: type) -> bool:
    """Return whether a class is one of LibCST's nodes: these are abstract, and slow to ask each time."""
    return issubclass(kind, cst.CSTNode)


def leaf_name(node: cst.CSTNode) -> str:
    """Return the last name of `a.b.c`, or ""."""
    if type(node) is cst.Attribute:
        node = node.attr
    return node.value if type(node) is cst.Name else ""


def string_value(node: cst.SimpleString) -> str | bytes:
    """Return what a string is; compiling each costs more than all the rest."""
    text = node.value
    if text[0] in "'\"" and "\\" not in text and "\r" not in text:
        quotes = 3 if len(text) > 5 and text[:3] == text[0] * 3 else 1
        return text[quotes:-quotes]
    return node.evaluated_value


def number_value(node: cst.Integer | cst.Float) -> int | float:
    """Return what a number is; raises ValueError or SyntaxError where it is none."""
    text = node.value
    if isinstance(node, cst.Float):
        return float(text)
    return int(text) if text.isdecimal() and (text[0] != "0" or text == "0") else node.evaluated_value


@functools.cache
def fields(kind: type) -> tuple[str, ...]:
    """Return the names of the fields that may hold such nodes."""
    return tuple(f.name for f in dataclasses.fields(kind) if not f.name.startswith(_LAYOUT))
