"""Asks the rules about what the walk meets, and turns a yes into a finding still to be placed."""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.model import Assign, Default, Entry, Level, Match, Predicate, Rule
from mlsec_lint.python import choosing, fetches, shell
from mlsec_lint.python.arguments import Arguments
from mlsec_lint.python.conditions import Answer, Judge
from mlsec_lint.python.contents import buffer_key, path_key
from mlsec_lint.python.dispatch import evaluate
from mlsec_lint.python.flows import OUTSIDE, await_caller, by_origin, default_value, flow_into, judge_at
from mlsec_lint.python.members import resolved
from mlsec_lint.python.nodes import leaf_name
from mlsec_lint.python.raw import emit
from mlsec_lint.python.saves import here
from mlsec_lint.python.texts import quoted, texts
from mlsec_lint.python.values import Const, Name, Origin, Symbol, Table, Text, Value, told
from mlsec_lint.python.words import holds

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker


def called(
    walker: Walker, node: cst.Call, dotted: str, arguments: Arguments, certain: bool, partly: bool = False
) -> bool:
    """Ask the rules about a call of a library callable; `partly`: more arguments may follow.

    Returns whether one spoke.
    """
    if walker.silent:
        return False
    confidence = Level.HIGH if certain else Level.MEDIUM
    spoke = False
    for rule, match in walker.index.calls.find(dotted):
        spoke = _match(walker, node, dotted, rule, match, arguments, confidence) or spoke
    for rule, flow, endpoint in walker.index.endpoints.find(dotted):
        spoke = flow_into(walker, node, dotted, rule, flow, endpoint, arguments, confidence) or spoke
    if dotted in walker.index.shells:
        shell.judge(walker, node, dotted, arguments)
    elif not spoke and not walker.index.calls.find(dotted) and dotted != "builtins.dict":
        settled = _by_method(walker, node, arguments) if walker.index.foreign(dotted) else set()
        as_entries(walker, node, arguments, settled)
    return spoke


def unresolved(walker: Walker, node: cst.Call, arguments: Arguments) -> None:
    """Ask the rules about a call whose callee cannot be resolved: by its method name and by its keywords."""
    if not walker.silent:
        as_entries(walker, node, arguments, _by_method(walker, node, arguments))


def _by_method(walker: Walker, node: cst.Call, arguments: Arguments) -> set[str]:
    """Ask the rules that accept a method's bare name, whatever its receiver.

    Return the codes of those whose say is final: they were sure enough, or found an excuse.
    """
    asked: set[str] = set()
    unsure: set[str] = set()
    if isinstance(node.func, cst.Attribute):
        name = node.func.attr.value
        for rule, match, roots in walker.index.methods.get(name, ()):
            order: tuple[str, ...] = ()
            for dotted in match.calls:
                if dotted.rpartition(".")[2] == name:
                    order = walker.index.parameters(dotted)
                    if order:
                        break
            near = bool(roots & walker.roots) or walker.source.module.partition(".")[0] in roots
            confidence = Level.MEDIUM if near else Level.LOW
            receiver = evaluate(walker, node.func.value) if match.asks_receiver else None
            said = _match(walker, node, name, rule, match, arguments.with_order(order, receiver), confidence)
            asked.add(rule.code)
            if said and not near:
                unsure.add(rule.code)
    return asked - unsure


def as_entries(
    walker: Walker,
    node: cst.Call,
    arguments: Arguments,
    settled: Set[str] = frozenset(),
    taken: Set[str] = frozenset(),
) -> None:
    """Ask the rules about keywords as about the entries of a mapping.

    Rules whose code is `settled` have had their say; what the callee has parameters for, those `taken`, is no entry.
    `assert_called_with(key=…)` only expects one.
    """
    if walker.silent or leaf_name(node.func).startswith("assert"):
        return
    for key, (value, argument) in arguments.keywords.items():
        if argument is not None and key in walker.index.entries and key not in taken:
            entry(walker, key, value, argument, settled)


def _match(
    walker: Walker, node: cst.Call, dotted: str, rule: Rule, match: Match, arguments: Arguments, confidence: Level
) -> bool:
    if walker.state.allows(match.consent):
        return False
    if match.words and not holds(walker.source.text, match.words):
        return False
    judge = judge_at(walker)
    sure = confidence is Level.HIGH
    confidence = min(confidence, match.confidence or rule.confidence)

    def given(parameter: str) -> Value | None:
        found = arguments.get(parameter)
        if found is not None:
            return resolved(walker, found[0])
        return default_value(walker, dotted, parameter)

    for parameter, predicate in match.when:
        value = given(parameter)
        if value is None:
            return False
        answer = judge.ask(predicate, value)
        if not answer.some:
            return False
        if answer.some_not or answer.open:
            confidence = min(confidence, Level.MEDIUM)
    excuses, most = [], Level.HIGH
    for parameter, predicate in match.unless:
        value = given(parameter)
        if value is None:
            continue
        excused = judge.excuses(predicate, value)
        if excused:
            return False
        if excused is None:
            most = Level.MEDIUM
        excuses.append((predicate, value))
    confidence = min(confidence, most)
    if match.artefacts and walker.index.recording:
        fetches.record(walker, node, dotted, match, arguments, confidence)
    argument, shown, ok = "", "", not (match.require or match.forbid)
    if not ok:
        verdict = _conditions(walker, judge, match, arguments, given)
        if verdict is None:
            if match.callers:
                choosing.leave(walker, node, dotted, rule, match, given)
            return False
        argument, shown, most = verdict
        confidence = min(confidence, most)
    subject = ""
    if match.subject:
        found = arguments.get(match.subject)
        if found is None:
            if not arguments.maybe(match.subject):
                return False
            confidence = Level.LOW
        else:
            value = resolved(walker, found[0])
            subject, least = _subject(value)
            confidence = min(confidence, least)
    severity = match.severity or rule.severity
    related: tuple[Origin, ...] = ()
    file = None
    if match.data:
        found = arguments.get(match.data)
        if found is not None:
            key = path_key(found[0])
            if (key or buffer_key(found[0])) in walker.state.fresh:
                return False
            file = here(walker, key) if key else None
            severity, related, waiting = by_origin(walker, found[0], severity)
            if waiting:
                await_caller(walker, node, dotted, rule, match, waiting, OUTSIDE, excuses, most)
    emit(
        walker, rule, node, severity, confidence, match.message or rule.message, dotted=dotted, argument=argument,
        value=shown, subject=subject, related=related, call=node, detail=match, fix=match.fix,
        sure=sure, file=file,
    )  # fmt: skip
    return True


def _conditions(
    walker: Walker, judge: Judge, match: Match, arguments: Arguments, given: object
) -> tuple[str, str, Level] | None:
    """Return (parameter at fault, its value, the most that can be claimed), or None where there is no fault."""
    unsure = ""
    for parameter, predicate in match.forbid:
        value = given(parameter)  # type: ignore[operator]
        if value is None:
            continue
        answer = judge.ask(predicate, value)
        if answer.some:
            sure = Level.MEDIUM if answer.some_not or answer.open else Level.HIGH
            return parameter, _shown(judge, predicate, value, True), Level.LOW if answer.told else sure
    for parameter, predicate in match.require:
        value = given(parameter)  # type: ignore[operator]
        if value is None:
            if not arguments.maybe(parameter):
                return parameter, "", Level.HIGH
            if match.data:
                unsure = parameter  # whoever hands options on may hand on this one
            continue
        answer = judge.ask(predicate, value)
        if answer.some_not:
            sure = Level.MEDIUM if answer.some or answer.open else Level.HIGH
            handed_in = any(isinstance(alt, Symbol) and alt.is_handed_in for alt in value.alts)
            if handed_in and match.artefacts and parameter == fetches.revision_of(match):
                sure = Level.LOW  # whoever calls says which; only a default says none
            return parameter, _shown(judge, predicate, value, False), sure
    return (unsure, "", Level.LOW) if unsure else None


def _shown(judge: Judge, predicate: Predicate, value: Value, wanted: bool) -> str:
    """Return the alternative at fault as it is written: the first of those for which the predicate is `wanted`."""
    at_fault = [alt for alt in value.alts if judge.ask(predicate, Value((alt,))).some is wanted]
    for alt in at_fault or value.alts:
        if isinstance(alt, Const):
            return quoted(alt.value)
        if isinstance(alt, Text) and alt.start:
            return quoted(alt.start)
        if isinstance(alt, Name):
            return alt.dotted
    return ""


def _subject(value: Value) -> tuple[str, Level]:
    """Return the artefact's name and the most that can be claimed about it."""
    known = texts(value)
    if known:
        return known[0], Level.HIGH if len(known) == len(value.alts) else Level.MEDIUM
    for alt in value.alts:
        if isinstance(alt, Text) and alt.start and not alt.path:
            return alt.start, Level.MEDIUM
    return "", Level.LOW


def referred(walker: Walker, value: Value, node: cst.CSTNode, most: Level) -> None:
    """Ask the rules about a library function that is given a name of the project's own, or is a parameter's default."""
    if walker.silent:
        return

    for alt in value.alts:
        if isinstance(alt, Name) and alt.receiver is None:
            for rule, match in walker.index.calls.find(alt.dotted):
                if match.reference:
                    empty = Arguments(order=walker.index.parameters(alt.dotted))
                    _reference(walker, node, alt.dotted, rule, match, empty, most)


def handed_on(walker: Walker, node: cst.Call, function: Value, arguments: Arguments) -> None:
    """Ask the rules about library functions given as arguments: `map(pickle.load, files)`.

    A rule about the call itself speaks of what it is given.
    """
    if walker.silent or any(isinstance(alt, Name) and walker.index.calls.find(alt.dotted) for alt in function.alts):
        return

    for value, argument in (*arguments.positional, *arguments.keywords.values()):
        if argument is None or walker.silent:
            continue
        tables = [a for a in value.alts if isinstance(a, Table)]
        for alt in (*value.alts, *(a for table in tables for _, held in table.entries for a in held.alts)):
            if isinstance(alt, Name):
                for rule, match in walker.index.calls.find(alt.dotted):
                    if match.reference and _calls(node):
                        empty = Arguments(open_keywords=bool(match.forbid))
                        empty.order = walker.index.parameters(alt.dotted)
                        _reference(walker, argument, alt.dotted, rule, match, empty)


# Functions that look at another one, or hold on to it, and do not call it.
_LOOKING = frozenset(
    {"partial", "partialmethod", "isinstance", "issubclass", "getattr", "hasattr", "callable", "id", "print", "repr"}
    | {"wraps", "update_wrapper", "signature", "unwrap", "getsource", "getsourcefile", "getfile", "getdoc", "getmodule"}
)


def _calls(node: cst.Call) -> bool:
    return leaf_name(node.func) not in _LOOKING


def _reference(
    walker: Walker,
    argument: cst.CSTNode,
    dotted: str,
    rule: Rule,
    match: Match,
    empty: Arguments,
    most: Level = Level.MEDIUM,
) -> None:
    judge = judge_at(walker)
    if match.when or match.forbid:
        return
    for parameter, predicate in match.require:
        default = default_value(walker, dotted, parameter)
        if default is not None and not judge.ask(predicate, default).some_not:
            return
    node = argument.value if isinstance(argument, cst.Arg) else argument
    emit(
        walker, rule, node, match.severity or rule.severity, min(match.confidence or rule.confidence, most),
        match.message or rule.message, dotted=dotted, detail=match, fix=match.fix,
    )  # fmt: skip


def assigned(walker: Walker, target: str, value: Value, node: cst.CSTNode) -> None:
    """Ask the rules about an attribute or an item of a library object that is set."""
    for rule, table in walker.index.targets.get(target, ()):
        _simple(walker, rule, table, value, node, dotted=target)


def entry(
    walker: Walker,
    key: str,
    value: Value,
    node: cst.CSTNode,
    settled: Set[str] = frozenset(),
    others: Set[str] | None = None,
) -> Value:
    """Ask the rules about a dictionary entry, or a keyword of a call that cannot be resolved.

    Rules whose code is `settled` have had their say; `others` are the keys of a dictionary that is written as a whole.
    Returns the value, marked where it has been reported, or somebody has agreed: what takes the dictionary later need
    not say so again.
    """
    if walker.comparing:
        return value
    spoke = [
        walker.state.allows(table.consent) or _simple(walker, rule, table, value, node, argument=key, dotted=key)
        for rule, table in walker.index.entries.get(key, ())
        if rule.code not in settled and (others is None or not table.beside or not others.isdisjoint(table.beside))
    ]
    return told(value) if any(spoke) else value


def default(walker: Walker, name: str, value: Value, node: cst.CSTNode) -> bool:
    """Ask the rules about a default of the project's own.  Return whether one spoke."""
    spoke = False
    for rule, table in walker.index.defaults.get(name, ()):
        spoke = _simple(walker, rule, table, value, node, argument=name, dotted=name) or spoke
    return spoke


def _simple(
    walker: Walker,
    rule: Rule,
    table: Assign | Entry | Default,
    value: Value,
    node: cst.CSTNode,
    *,
    argument: str = "",
    dotted: str = "",
) -> bool:
    if walker.silent:
        return False
    if not isinstance(table, Assign) and table.words and not holds(walker.source.text, table.words):
        return False
    judge = judge_at(walker)
    found = resolved(walker, value)
    answer: Answer = judge.ask(table.value, found)
    if not answer.some:
        return False
    sure = Level.MEDIUM if answer.some_not or answer.open else Level.HIGH
    confidence = min(table.confidence or rule.confidence, Level.LOW if answer.told else sure)
    emit(
        walker, rule, node, table.severity or rule.severity, confidence, table.message or rule.message, dotted=dotted,
        argument=argument, value=_shown(judge, table.value, found, True), detail=table, fix=table.fix,
    )  # fmt: skip
    return True
