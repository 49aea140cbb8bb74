"""Which artefacts a module's code fetches, pinned or not: the calls that rules' tables say `artefact` of.

Recorded during the walk, beside findings, and only where an index asks for it.  Must not know lock files or hubs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.model import Level, Match
from mlsec_lint.python.binding import Binding
from mlsec_lint.python.members import resolved
from mlsec_lint.python.texts import texts
from mlsec_lint.python.values import Const, Table, Value, known, unknown

if TYPE_CHECKING:
    from mlsec_lint.commands import Candidate
    from mlsec_lint.python.arguments import Arguments
    from mlsec_lint.python.functions import FunctionInfo
    from mlsec_lint.python.walk import Walker


@dataclass(frozen=True, slots=True)
class Call:
    """A call that fetches, as the walk met it: what names the artefact, what says which revision."""

    node: cst.Call
    dotted: str
    forms: tuple[str, ...]
    arguments: Arguments
    name: Value
    subject: str  # the parameter that names the artefact
    parameter: str  # the one that gives the revision; "" where there is none
    revision: Value | None  # None where none is given
    open: bool  # one may be given in a way that cannot be seen
    files: tuple[str, ...]
    digest: str
    confidence: Level
    command: str = ""  # the word of a shell command that names it
    inside: bool = False  # the parameter takes a dictionary, which holds the revision

    @property
    def key(self) -> tuple[int, tuple[str, ...]]:
        return (id(self.node), (*self.forms, self.command))


def revision_of(match: Match) -> str:
    """Return the parameter that says which revision a match's call fetches; "" where there is none."""
    return match.revision or (match.require[0][0] if len(match.require) == 1 else "")


def record(walker: Walker, node: cst.Call, dotted: str, match: Match, arguments: Arguments, confidence: Level) -> None:
    """Remember a call that a table with the word `artefact` speaks of."""
    found = arguments.get(match.subject)
    if found is None:
        return
    parameter = revision_of(match)
    parameter = parameter if parameter != match.subject else ""
    given = arguments.get(parameter) if parameter else None
    file = arguments.get(match.file) if match.file else None
    digests = [arguments.get(one) for one in match.digests]
    remember(walker, Call(
        node, dotted, match.artefacts, arguments, resolved(walker, found[0]), match.subject, parameter,
        _revision(resolved(walker, given[0])) if given is not None else None,
        bool(parameter) and arguments.maybe(parameter),
        texts(resolved(walker, file[0])) if file is not None else (),
        next((text for one in digests if one is not None for text in texts(resolved(walker, one[0]))), ""),
        confidence, inside=any(predicate.op == "has" for _, predicate in match.require),
    ))  # fmt: skip


def record_command(walker: Walker, node: cst.Call, dotted: str, candidate: Candidate, arguments: Arguments) -> None:
    """Remember a shell command that the program runs and that fetches what the candidate names."""
    word, given = candidate.word, candidate.revision
    if word.text is not None:
        revision = None if given is None else known(given.text) if given.text else unknown("?")
        remember(walker, Call(
            node, dotted, candidate.forms, arguments, known(word.text), "", "", revision, False, candidate.rest, "",
            Level.HIGH, word.text,
        ))  # fmt: skip


def remember(walker: Walker, call: Call) -> None:
    """Keep a call, and with the function that it stands in where its name may be the caller's to tell."""
    old = walker.fetches.get(call.key)
    if old is not None:
        call = replace(call, digest=call.digest or old.digest, confidence=max(call.confidence, old.confidence))
    walker.fetches[call.key] = call
    if walker.function is not None:
        walker.function.fetches[call.key] = call


def reached(walker: Walker, node: cst.Call, info: FunctionInfo, binding: Binding, arguments: Arguments) -> None:
    """A call hands the project's own function the name of what is fetched inside it."""
    for call in tuple(info.fetches.values()):
        if not _parameter(call.name, info):
            continue
        name = binding.value(_undefaulted(call.name))
        if not texts(name):
            continue
        parameter = _parameter(call.revision, info) if call.revision is not None else ""
        revision = call.revision
        if revision is not None:
            revision = binding.value(_undefaulted(revision) if parameter else revision)
        if info.walker is walker:
            walker.named.add(call.key)
        order = (
            *info.parameters[1 if info.cls is not None and info.kind == "method" else 0 :],
            "*",
            *info.keyword_only,
        )
        remember(walker, replace(
            call, node=node, name=name, revision=revision, parameter=parameter, subject="",
            arguments=arguments.with_order(order, None),
        ))  # fmt: skip


def _parameter(value: Value, info: FunctionInfo) -> str:
    """Return the parameter of a function that a value is, or ""."""
    for alt in value.alts:
        ident = getattr(alt, "ident", "")
        if isinstance(ident, str) and ident.startswith(f"p{info.ident}:"):
            return ident.partition(":")[2]
    return ""


def _undefaulted(value: Value) -> Value:
    """Return a parameter's value without its default, which the binding of a call tells where it holds."""
    return Value(tuple(alt for alt in value.alts if not (isinstance(alt, Const) and alt.told)), value.origins)


def _revision(value: Value) -> Value:
    """Return the revision, which some callables are given in a dictionary of options."""
    for alt in value.alts:
        if isinstance(alt, Table):
            return alt.get("revision") or Value((Const(None),))
    return value
