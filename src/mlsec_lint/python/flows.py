"""Where the data of an argument came from, whether anything has checked it, and what a caller has to tell of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.commands.words import INTERPRETERS, program_name
from mlsec_lint.model import Endpoint, Flow, Level, Match, Predicate, Rule
from mlsec_lint.python.arguments import Arguments
from mlsec_lint.python.binding import Binding
from mlsec_lint.python.conditions import Judge
from mlsec_lint.python.contents import contents
from mlsec_lint.python.functions import Excuses, Pending
from mlsec_lint.python.members import resolved
from mlsec_lint.python.narrowing import IDENTIFIER, IS_FILE, LISTED
from mlsec_lint.python.raw import emit
from mlsec_lint.python.texts import identity, text_parts
from mlsec_lint.python.values import CODE, NONE, Const, Name, Origin, Origins, Sequence, Symbol, Text, Value, join

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker

WAITING = ("parameter", "file", "result")  # origins that only a caller can tell
RESTORING = ("__setstate__", "__setstate_cython__")  # called by Python itself with what a pickle holds
OUTSIDE = ("remote", "input")  # origins that make loading a high-severity fault


def live(walker: Walker, value: Value) -> Origins:
    """Return the origins of a value, and of the file it names, that nothing has checked."""

    if walker.state.shown and (identity(value), LISTED) in walker.state.shown:
        return NONE  # whoever chose it, it is one of the program's own constants
    held = contents(walker, value)
    origins = value.origins | held
    if walker.state.shown and (identity(value), IS_FILE) in walker.state.shown:
        origins = _of_files(walker, origins, value)
    checked = walker.state.checked
    if checked and (any(o in checked for o in value.origins if o.kind == "file") or _vouched(value, held, checked)):
        return frozenset(o for o in origins if o.kind == "own")
    return frozenset(o for o in origins if o not in checked and not _known(walker, o)) if checked else origins


def _known(walker: Walker, origin: Origin) -> bool:
    """Return whether this is a file in which the function has put nothing but what has been checked."""
    held = walker.state.written(origin.key) if origin.kind == "file" else NONE
    return bool(held) and all(o.kind == "own" or o in walker.state.checked for o in held)


def _of_files(walker: Walker, origins: Origins, value: Value | None) -> Origins:
    """Return the origins that a file may have: a folder that was fetched as a whole is none, what lies in it may be."""
    if value is None or any(isinstance(alt, Text) and len(alt.parts) > 1 for alt in value.alts):
        return origins
    folders = walker.index.apis.groups.get("folders", ())
    return frozenset(o for o in origins if o.name not in folders)


def judge_at(walker: Walker) -> Judge:
    """Return who answers predicates, with what is known at this point."""
    return Judge(lambda value: live(walker, value) | _shown(walker, value))


def _shown(walker: Walker, value: Value) -> Origins:
    """Return what tests have shown of a value, as origins that a predicate may ask for."""
    if not walker.state.shown:
        return NONE
    ident = identity(value)
    origins = {Origin(what) for of, what in walker.state.shown if of == ident}
    parts = {part[1:] for alt in value.alts if isinstance(alt, Text) for part in alt.parts if part.startswith("\0")}
    if parts:
        names = {of for of, what in walker.state.shown if what == LISTED}
        words = names | {of for of, what in walker.state.shown if what == IDENTIFIER}
        origins |= {Origin(LISTED)} if parts <= names else {Origin(IDENTIFIER)} if parts <= words else set()
    return frozenset(origins)


def _vouched(value: Value, held: Origins, checked: Origins) -> bool:
    """Return whether the file that a value names has been checked: the value's own, or each that it may name."""
    whole = Origin("file", key=text_parts(value) or ())
    each = [o for o in held if o.kind == "file" and o != whole]
    return whole in checked or (bool(each) and all(o in checked for o in each))


def default_value(walker: Walker, dotted: str, parameter: str) -> Value | None:
    """Return what an absent argument is, for the versions that the project runs on; None where that is not known."""
    predicate = walker.index.default(dotted, parameter)
    if predicate is not None and predicate.op == "equals":
        return Value((Const(predicate.value),))
    return None


def by_origin(walker: Walker, value: Value, severity: Level) -> tuple[Level, tuple[Origin, ...], Origins]:
    """Return the severity that the data's origin gives, the origins to show, and those that a caller must tell."""

    everything = value.origins | contents(walker, value)
    alive = frozenset(o for o in live(walker, value) if o.kind != CODE)  # there is nothing to check in a class's name
    outside = by_place(walker, (o for o in alive if o.kind in OUTSIDE))
    if _unpickled_already(walker, alive):
        return Level.LOW, (), NONE
    if outside:
        return Level.HIGH, tuple(outside[:1]), NONE
    waiting = frozenset(o for o in alive if o.kind in WAITING)
    checked = everything - alive - frozenset(o for o in everything if o.kind in ("own", CODE))
    if checked and not any(o.kind != "own" for o in alive):
        return Level.LOW, (), NONE
    if any(o.kind == "own" for o in alive) and not any(
        o.kind in ("parameter", "command-line", "model") and not o.key for o in alive - value.origins
    ):
        return Level.LOW, (), waiting
    return severity, (), waiting


def _unpickled_already(walker: Walker, origins: Origins) -> bool:
    """Return whether data are the state of an object that is being unpickled: who wrote it needs no second pickle."""
    function = walker.function
    return (
        function is not None
        and function.name in RESTORING
        and any(o.kind == "parameter" and o.owner == function.ident for o in origins)
    )


def by_place(walker: Walker, origins: Iterable[Origin]) -> list[Origin]:
    """Return origins in an order that does not depend on the walk: by name, those of this module first, by place."""

    def place(origin: Origin) -> tuple[str, bool, int, int, str, int]:
        site = origin.site
        if site is None:
            return origin.name, False, 0, 0, "", 0
        return origin.name, site.path != walker.source.path, site.line, site.column, site.path, site.serial

    return sorted(origins, key=place)


def flow_into(
    walker: Walker,
    node: cst.Call,
    dotted: str,
    rule: Rule,
    flow: Flow,
    endpoint: Endpoint,
    arguments: Arguments,
    confidence: Level,
) -> bool:
    """Ask a rule's `[flow]` about the argument that arrives at its endpoint.  Return whether it spoke."""
    found = arguments.get(endpoint.parameter)
    if found is None and arguments.options and not arguments.positional:  # it may be among them
        found = (join(*arguments.options), None)
    agreed = walker.state.allows(flow.consent)
    if found is None or (agreed and walker.state.needs.isdisjoint(flow.consent)):
        return False
    judge = judge_at(walker)
    sure = confidence is Level.HIGH
    confidence = min(confidence, rule.confidence)
    excuses: list[tuple[Predicate, Value]] = []
    most = Level.HIGH
    for parameter, predicate in endpoint.unless:
        other = arguments.get(parameter)
        value = resolved(walker, other[0]) if other is not None else default_value(walker, dotted, parameter)
        if value is None:
            continue
        excused = judge.excuses(predicate, value)
        if excused:
            return False
        if excused is None:
            most = Level.MEDIUM
        excuses.append((predicate, value))

    value = _inner(walker, found[0])
    origins = live(walker, value) if flow.checks else value.origins | contents(walker, value)
    hits = by_place(walker, (o for o in origins if o.kind in flow.kinds and not agreed))
    if not hits:
        waiting = frozenset(o for o in origins if o.kind in WAITING)
        if waiting:
            await_caller(walker, node, dotted, rule, flow, waiting, flow.kinds, excuses, most)
        return False
    emit(
        walker, rule, node, rule.severity, min(confidence, most), flow.message or rule.message, dotted=dotted,
        argument=endpoint.parameter, related=tuple(hits[:1]), call=node, detail=flow, fix=endpoint.fix, sure=sure,
    )  # fmt: skip
    return True


def _inner(walker: Walker, value: Value) -> Value:
    """Return a value with the origins of what a sequence holds, and of the program that its words run."""
    origins = value.origins
    for alt in value.alts:
        if isinstance(alt, Sequence):
            for item in alt.items:
                origins |= item.origins
            if (program := _program(alt)) is not None:
                origins |= contents(walker, program)
    return Value(value.alts, origins) if origins is not value.origins else value


def _program(words: Sequence) -> Value | None:
    """Return the file that an interpreter is given to run: `[sys.executable, "-u", path]`."""
    first = words.items[0].alts[0] if words.items else None
    runs = isinstance(first, Name) and first.dotted == "sys.executable"
    if not runs and not (isinstance(first, Const) and program_name(str(first.value)) in INTERPRETERS):
        return None
    for item in words.items[1:]:
        option = [a.value for a in item.alts if isinstance(a, Const) and str(a.value).startswith("-")]
        if not option:
            return item
        if option[0] in ("-c", "-m"):
            return None
    return None


def await_caller(
    walker: Walker,
    node: cst.Call,
    dotted: str,
    rule: Rule,
    detail: Match | Flow,
    waiting: Origins,
    kinds: tuple[str, ...],
    excuses: Iterable[tuple[Predicate, Value]],
    most: Level,
) -> None:
    """Leave a parameter's data that arrives at a place that matters to be judged at each call.

    So is what did not excuse it here.
    """
    if walker.function is None or len(walker.pending) > 40:
        return
    scope, site, told = walker.function.scope, walker.site(node), _callers_tell(excuses)
    files = {ident.lstrip("\0") for ident, what in walker.state.shown if what == IS_FILE}
    file = any(o.kind == "parameter" and f"p{o.owner}:{o.name}" in files for o in waiting)
    if walker.state.needs:
        walker.needed[site.ident] = walker.state.needs
    walker.pending.append(Pending(rule, detail, dotted, waiting, scope, kinds, site, told, most, file))


def _callers_tell(excuses: Iterable[tuple[Predicate, Value]]) -> Excuses:
    """Return those excuses that depend on what a parameter is."""
    return tuple(
        (predicate, value)
        for predicate, value in excuses
        if any(isinstance(alt, Symbol) and alt.of_parameter for alt in value.alts)
    )


def reached(walker: Walker, node: cst.Call, pending: Pending, binding: Binding) -> None:
    """A call hands a function something that reaches a place that matters inside it."""
    if (
        walker.silent
        or walker.state.allows(pending.detail.consent)
        or binding.is_off(pending.site, pending.detail.consent)
    ):
        return
    origins = binding.origins(pending.origins)
    if pending.file:
        given = next((binding.values.get(o.name) for o in pending.origins if o.kind == "parameter"), None)
        origins = _of_files(walker, origins, given)
    alive = origins - walker.state.checked
    if any(o in walker.state.checked for o in origins if o.kind == "file"):
        return
    judge = judge_at(walker)
    rule = pending.rule
    confidence = min(pending.most, rule.confidence)
    excuses = [(predicate, binding.value(value)) for predicate, value in pending.excuses]
    for predicate, value in excuses:
        excused = judge.excuses(predicate, value)
        if excused:
            return
        if excused is None:
            confidence = min(confidence, Level.MEDIUM)
    hits = by_place(walker, (o for o in alive if o.kind in pending.kinds))
    if hits:
        severity = Level.HIGH if isinstance(pending.detail, Match) else rule.severity
        message = pending.detail.message or rule.message
        emit(
            walker, rule, node, severity, confidence, message, dotted=pending.call,
            related=tuple(hits[:1]), call=node, sink=pending,
        )  # fmt: skip
        return
    waiting = frozenset(o for o in alive if o.kind in WAITING)
    if waiting and walker.function is not None and len(walker.pending) <= 40:
        walker.pending.append(replace(pending, origins=waiting, excuses=_callers_tell(excuses), most=confidence))
