"""A finding before it has a place.

Must not judge: `emit` records what others have decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.model import Assign, Default, Entry, Flow, Level, Match, Rule, RuleFix, SourceError, Words
from mlsec_lint.python.functions import Pending
from mlsec_lint.python.saves import Saved
from mlsec_lint.python.values import Origin

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker


MOST = 5_000  # findings of one file; no person reads more, and to place and mend them takes long

Detail = Match | Flow | Assign | Default | Entry | Words  # the table of a rule that spoke


@dataclass(slots=True)
class Raw:
    """A finding not yet placed."""

    rule: Rule
    node: cst.CSTNode
    severity: Level
    confidence: Level
    message: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    related: tuple[Origin, ...] = ()
    sink: Pending | None = None  # in a function that the call reaches
    subject: str = ""
    scope: str = ""
    call: cst.Call | None = None
    dotted: str = ""
    argument: str = ""
    retried: bool = False  # in an `except` of a `try` that makes the same call
    detail: Detail | None = None
    fix: RuleFix | None = None
    sure: bool = True  # the callee can be nothing else
    also: tuple[cst.CSTNode, ...] = ()  # other calls by which the same data get to the same place
    file: Saved | None = None  # the file that is loaded


def emit(
    walker: Walker,
    rule: Rule,
    node: cst.CSTNode,
    severity: Level,
    confidence: Level,
    message: str,
    *,
    dotted: str = "",
    argument: str = "",
    value: str = "",
    subject: str = "",
    related: tuple[Origin, ...] = (),
    call: cst.Call | None = None,
    detail: Detail | None = None,
    sink: Pending | None = None,
    fix: RuleFix | None = None,
    sure: bool = True,
    file: Saved | None = None,
) -> None:
    """Record a finding, unless what is being walked cannot run; raises SourceError where there are too many."""

    if walker.silent or not walker.telling:
        return
    if len(walker.found) == MOST:
        raise SourceError(walker.source.path, "", f"it has more than {MOST} findings, so it looks generated")
    walker.found.append(
        Raw(
            rule,
            node,
            severity,
            confidence,
            message,
            (("argument", argument), ("value", value), ("subject", subject)),
            related,
            sink,
            subject,
            ".".join(walker.scope),
            call,
            dotted,
            argument,
            any(dotted in retried for retried in walker.retries),
            detail,
            fix,
            sure,
            file=file,
        )
    )
