"""Methods that a class leaves to those deriving from it, and what these make of them.

Classes of one module only; must not know rules.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from mlsec_lint.python.functions import ClassInfo, FunctionInfo
from mlsec_lint.python.nodes import leaf_name
from mlsec_lint.python.values import Local, LocalClass

DEEPEST = 8  # classes between a method and the one it is left to


def bases(cls: ClassInfo, depth: int = 0) -> Iterator[ClassInfo]:
    """Yield the classes of the same module that a class derives from."""
    for base in cls.bases if depth < DEEPEST else ():
        for alt in base.alts:
            if isinstance(alt, LocalClass) and alt.cls.walker is cls.walker:
                yield alt.cls
                yield from bases(alt.cls, depth + 1)


def overriding(cls: ClassInfo, name: str) -> Iterator[FunctionInfo]:
    """Yield the methods that take the place of one that a class leaves open."""
    own = cls.own.get(name)
    if own is None or not all(isinstance(alt, Local) and _is_open(alt.function) for alt in own.alts):
        return
    for other in cls.walker.classes:
        if other is not cls and name in other.own and any(one is cls for one in bases(other)):
            yield from (alt.function for alt in other.own[name].alts if isinstance(alt, Local))


def _is_open(info: FunctionInfo) -> bool:
    """Return whether a method does nothing but say that others have to."""
    if not isinstance(info.node, cst.FunctionDef):
        return False
    if any(leaf_name(one.decorator) == "abstractmethod" for one in info.node.decorators):
        return True
    body = info.walker.whole(info.node).body
    return all(
        isinstance(small, (cst.Raise, cst.Pass, cst.Expr))
        and (
            not isinstance(small, cst.Expr)
            or isinstance(small.value, (cst.Ellipsis, cst.SimpleString, cst.ConcatenatedString))
        )
        for line in body.body
        for small in (line.body if isinstance(line, cst.SimpleStatementLine) else (line,))
    )
