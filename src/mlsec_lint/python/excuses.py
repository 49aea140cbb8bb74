"""What is told of a call or an entry, and taken back by what stands beside it or by what is done with it later."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.model import Entry, Match
from mlsec_lint.python.conditions import compiled
from mlsec_lint.python.flows import judge_at
from mlsec_lint.python.nodes import leaf_name
from mlsec_lint.python.raw import Raw
from mlsec_lint.python.values import Value

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker


def by_neighbours(walker: Walker, since: int, beside: Callable[[str], Value | None]) -> None:
    """Take back what was told of entries since then in what is being read, where what stands `beside` them excuses it."""
    if len(walker.found) == since:
        return
    judge, scope = judge_at(walker), ".".join(walker.scope)

    def excused(raw: Raw) -> bool:
        return (
            isinstance(raw.detail, Entry)
            and raw.scope == scope
            and any(
                (value := beside(key)) is not None and judge.excuses(predicate, value)
                for key, predicate in raw.detail.unless
            )
        )

    walker.found[since:] = [raw for raw in walker.found[since:] if not excused(raw)]


def by_uses(walker: Walker, since: int, made: cst.CSTNode, uses: Callable[[], Sequence[str]]) -> None:
    """Take back what was told of a call since then, where all uses of what it made are `harmless` to its table.

    Each use is the text that follows the name of what was made.
    """

    def excused(raw: Raw) -> bool:
        harmless = raw.detail.harmless if isinstance(raw.detail, Match) and raw.node is made else ""
        found = uses() if harmless else ()
        return bool(found) and all(compiled(harmless).match(use) for use in found)

    if len(walker.found) > since:
        walker.found[since:] = [raw for raw in walker.found[since:] if not excused(raw)]


def uses_of(walker: Walker, target: cst.CSTNode) -> Sequence[str]:
    """Return what follows the name of a variable or an attribute wherever the text has it, but where it is assigned."""
    name, text, function = re.escape(leaf_name(target)), walker.source.text, walker.function
    before = r"\." if isinstance(target, cst.Attribute) else r"(?<!\w)"
    local = isinstance(target, cst.Name) and target.value not in walker.function_globals
    if local and function is not None and not function.nested:
        unit = walker.unit(function)
        text = unit.text if unit is not None else walker.tree.code_for_node(function.node)
    behind = rf"(?s){before}{name}\b(?!\s*=(?!=))(?!\s*:[^=\n]*=)(?=(.{{0,40}}))"
    return re.findall(behind, text) if name else ()
