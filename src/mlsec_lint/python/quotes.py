"""Quotation marks of new text: those that the code around it has, and none that an f-string around it forbids.

Before Python 3.12 the expressions of an f-string hold neither its own quotes nor a backslash.  Must not know rules.
"""

from __future__ import annotations

import functools
import re

import libcst as cst

from mlsec_lint.python.layout import Change, Refused
from mlsec_lint.python.nodes import children

_F_STRING = re.compile(r"\b(?i:f|rf|fr|t|rt|tr)['\"]")
_SWAPPED = {"'": '"', '"': "'"}


def styled(new: str, around: str) -> str:
    """Return an expression with its strings in the quotation marks that `around`, the code beside it, mostly has."""
    single, double = around.count("'"), around.count('"')
    other = "'" if single > double else '"'
    mine = _SWAPPED[other]
    if single == double or mine not in new or other in new or "\\" in new:
        return new
    return new.replace(mine, other)


def fitting(changes: list[Change], tree: cst.Module, node: cst.CSTNode, text: str) -> list[Change]:
    """Return the changes at `node` with quotes that its place allows; refuses where there are none."""
    risky = any(re.search(r"['\"\\\r\n#]", new) for _, _, new in changes)
    if not risky or not _has_f_strings(text):
        return changes
    around = _around(tree, node)
    return [(start, end, _fitted(new, around)) for start, end, new in changes] if around else changes


@functools.lru_cache(maxsize=2)  # many changes are made of one module
def _has_f_strings(text: str) -> bool:
    return _F_STRING.search(text) is not None


def _fitted(new: str, around: set[str]) -> str:
    if new.startswith(("import ", "from ")):  # goes elsewhere
        return new
    if "\\" in new or "#" in new:
        raise Refused
    if not any(quote in new for quote in around):
        return new
    if len(around) > 1 or ("'" in new and '"' in new):
        raise Refused
    return "".join(_SWAPPED.get(char, char) for char in new)


def _around(tree: cst.Module, wanted: cst.CSTNode) -> set[str]:
    """Return the quotation marks of the f-strings that `wanted` stands in."""
    stack: list[tuple[cst.CSTNode, frozenset[str]]] = [(tree, frozenset())]
    while stack:
        node, quotes = stack.pop()
        if node is wanted:
            return set(quotes)
        if isinstance(node, cst.FormattedString):
            quotes |= {node.quote[0]}
        stack.extend((child, quotes) for child in children(node))
    return set()
