"""A rule's fix at a finding -> text edits that keep the layout, and how far the edits can be trusted there.

Knows LibCST's nodes and where they stand; must not know how edits are applied.  Offsets count characters of the text.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.model import Flow, Level, Match, RuleFix, Words
from mlsec_lint.python import shelledits
from mlsec_lint.python.deletions import deletion
from mlsec_lint.python.imports import Imports, Spelling
from mlsec_lint.python.layout import Change, Layout, Refused, SpanOf, runs
from mlsec_lint.python.quotes import fitting, styled

if TYPE_CHECKING:
    from mlsec_lint.python.index import Index
    from mlsec_lint.python.raw import Raw

_DOTTED = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)((?:[(\[].*)?)", re.DOTALL)
_OPENING = re.compile(r"(?i:[rbuf]*)('''|\"\"\"|'|\")")
_SETTERS = frozenset({"setdefault", "putenv", "setattr", "__setitem__"})  # the last argument is what is set
_PARTIAL = frozenset({"partial", "partialmethod"})


@functools.lru_cache(maxsize=1)  # the findings of one text come one after the other
def imports_of(text: str) -> Imports:
    """Return what a module of this text binds; raises SyntaxError."""
    return Imports(text)


def for_finding(
    raw: Raw, index: Index, tree: cst.Module, spans: Mapping[int, tuple[int, int]], text: str
) -> tuple[str, list[Change]] | None:
    """Return how safe the finding's fix is at its place, and its edits; None where it cannot be made.

    `tree` is at least the statement that the finding stands in, `spans` gives the offsets in `text` of its nodes, by their ids.
    Where it is not sure that the edits do what they are meant to (a guessed callee, a value that comes from elsewhere),
    they are for display.
    """
    fix = raw.fix
    if fix is None:
        return None
    mender = _Mender(raw, fix, index, lambda node: spans[id(node)], text)
    try:
        changes = mender.changes()
        changes = fitting(changes, tree, raw.node, text)
    except (Refused, SyntaxError, KeyError):
        return None
    if not changes:
        return None
    declared = getattr(raw.detail, "confidence", None) or raw.rule.confidence
    sure = raw.confidence >= min(declared, Level.MEDIUM) and not mender.guessed
    return (fix.safety if sure else "display"), changes


class _Mender:
    """The edits at one finding; `guessed` becomes true where they rest on a guess."""

    def __init__(self, raw: Raw, fix: RuleFix, index: Index, span_of: SpanOf, text: str) -> None:
        self.raw, self.fix, self.index, self.span_of, self.text = raw, fix, index, span_of, text
        self.guessed = False

    def changes(self) -> list[Change]:
        raw = self.raw
        if self.fix.delete:
            return self.deletion()
        if isinstance(raw.detail, Words):
            return shelledits.edits(raw.call, raw.detail, self.fix, self.span_of) if raw.call is not None else []
        if not isinstance(raw.detail, (Match, Flow)):
            return self.in_value(value_written(raw.node, raw.argument))
        if raw.call is None:
            return renaming(self.fix.call, raw.dotted, raw.node, self.span_of, self.text) if self.fix.call else []
        return self.in_call(raw.call, raw.detail)

    def deletion(self) -> list[Change]:
        node = self.raw.node
        if isinstance(node, cst.Assign) and (len(node.targets) != 1 or isinstance(node.targets[0].target, cst.Name)):
            raise Refused
        self.guessed = not self.raw.sure or (isinstance(node, cst.Assign) and not written_here(node.value, self.text))
        found = deletion(self.text, imports_of(self.text).tree, self.span_of(node))
        return [found] if found is not None else []

    def in_value(self, node: cst.BaseExpression | None) -> list[Change]:
        if node is None:
            return []
        if not self.fix.value:
            return replacements(self.fix, self.span_of(node), self.text)
        self.guessed = not written_here(node, self.text)
        start, end = self.span_of(node)
        value, needed = spelled(self.fix.value, self.text, before=start)
        value = styled(value, self.text[start:end])
        return [(start, end, value), *needed] if self.text[start:end] != value else []

    def in_call(self, call: cst.Call, detail: Match | Flow) -> list[Change]:
        raw = self.raw
        order = self.index.parameters(raw.dotted)
        ordinary = order[: order.index("*")] if "*" in order else order
        parameters = {name: ordinary.index(name) if name in ordinary else None for name in order if name != "*"}
        for name in (raw.argument, *_mentioned(detail)):
            if name.isidentifier():
                parameters.setdefault(name, None)
        only_given = {name for name, _ in detail.forbid} - {raw.argument} if isinstance(detail, Match) else set()
        called = _last_name(call.func)
        shift = 1 if called in _PARTIAL and raw.dotted.rpartition(".")[2] not in _PARTIAL else 0
        layout = Layout(call, parameters, self.span_of, self.text, shift)
        absent = {name for name, _ in self.fix.set if layout.value_of(name) is None}
        fix = _without(self.fix, absent & only_given)  # what is merely forbidden, and not given, is no fault
        if any(layout.may_have(name) for name, _ in fix.set if name in absent):
            raise Refused  # a second value for one parameter would be an error at run time
        guesses: list[str] = []
        changes = edits_for(
            fix, call, parameters, self.span_of, self.text, callee=raw.dotted, argument=raw.argument or _subject(detail),
            shift=shift, guesses=guesses,
        )  # fmt: skip
        direct = shift or called == raw.dotted.rpartition(".")[2] or imports_of(self.text).has(_source(call.func))
        known = raw.sure or not (fix.call or any(name not in _named(call) for name, _ in fix.set))
        self.guessed = bool(guesses) or not direct or not known
        return changes


def edits_for(
    fix: RuleFix,
    call: cst.Call,
    parameters: Mapping[str, int | None],
    span_of: SpanOf,
    text: str,
    *,
    callee: str = "",
    argument: str = "",
    shift: int = 0,
    guesses: list[str] | None = None,
) -> list[Change]:
    """Return the edits of `text` that make `fix` at `call`, in order and without overlaps; none if it cannot be made.

    `parameters` are the callee's, each with its position, None for keyword-only ones; where any are known, others than
    these and the keywords that the call has are not set.  `span_of` gives the offsets of any node of the call without the
    parentheses around it.  `callee` is the dotted name of what is called, `argument` the parameter whose value
    `replace` rewrites (the whole call), `shift` how many arguments go before the callee's.  To `guesses` are added the
    parameters whose value came from elsewhere.
    """
    try:
        layout = Layout(call, parameters, span_of, text, shift)
        changes = _arguments(fix, layout, callee, guesses if guesses is not None else [])
        if fix.call:
            changes += renaming(fix.call, callee, call.args[0].value if shift else call.func, span_of, text)
        if fix.replace and not changes:
            node = layout.value_of(argument) if argument else call
            place = imports_of(text).constant(node.value) if isinstance(node, cst.Name) else None
            place = place or (span_of(node) if node is not None else None)
            changes += replacements(fix, place, text) if place is not None else []
    except (Refused, SyntaxError):
        return []
    return _sound(_joined(changes, span_of(call.func)[1]), span_of(call), text)


def _arguments(fix: RuleFix, layout: Layout, callee: str, guesses: list[str]) -> list[Change]:
    """Return the edits that set and remove arguments."""
    out: list[Change] = []
    removed: set[int] = set()
    for name in fix.remove:
        with contextlib.suppress(Refused):  # among unpacked arguments there is nothing to drop
            index = layout.find(name)
            if index is not None:
                removed.add(index)
                if not written_here(layout.args[index].value, layout.text):
                    guesses.append(name)
    if any(not layout.removable(index) for index in removed):
        raise Refused
    added: list[tuple[str, str]] = []
    for name, value in fix.set:
        place = layout.value_of(name)
        if place is None and ((layout.parameters and name not in layout.parameters) or name.isdigit()):
            continue
        value, needed = spelled(value, layout.text, layout.call.func, layout.span_of, callee)
        value = styled(value, _code_near(layout, place))
        if place is None:
            added.append((name, value))
            out += needed
            continue
        start, end = layout.span_of(place)
        if not written_here(place, layout.text):
            guesses.append(name)
        if layout.text[start:end] != value:
            out += [(start, end, value), *needed]
    if added and len(removed) == len(layout.args) > 0:  # put them in the place of what goes
        new = ", ".join(f"{name}={value}" for name, value in added)
        return [*out, (layout.spans[0][0], layout.spans[-1][1], new)]
    gone = [layout.removal(first, last) for first, last in runs(removed)]
    out += gone
    if added:
        out += layout.insertion(added, removed, {start for start, _, _ in gone})
    return out


def _code_near(layout: Layout, place: cst.BaseExpression | None) -> str:
    """Return the code whose style new code keeps to: what is replaced, else the call, else the whole text."""
    texts = [layout.text[slice(*layout.span_of(place))]] if place is not None else []
    texts += [layout.text[slice(*layout.span_of(layout.call))], layout.text]
    return next((text for text in texts if _prefers_one_quote(text)), "")


@functools.lru_cache(maxsize=64)  # each finding of a file asks about the whole of it
def _prefers_one_quote(text: str) -> bool:
    return text.count("'") != text.count('"')


def _without(fix: RuleFix, names: set[str]) -> RuleFix:
    kept = tuple((name, value) for name, value in fix.set if name not in names)
    return RuleFix(fix.safety, kept, fix.remove, fix.call, fix.value, fix.delete, fix.replace)


def _mentioned(detail: Match | Flow) -> list[str]:
    """Return the parameters that a table names, which the callee therefore has."""
    if isinstance(detail, Flow):
        return []
    return [name for table in (detail.when, detail.require, detail.forbid, detail.unless) for name, _ in table]


def _subject(detail: Match | Flow) -> str:
    return detail.subject if isinstance(detail, Match) else ""


def _named(call: cst.Call) -> set[str]:
    return {arg.keyword.value for arg in call.args if arg.keyword is not None}


# ---------------------------------------------------------------- what stands where


def value_written(node: cst.CSTNode, name: str) -> cst.BaseExpression | None:
    """Return the expression that gives the value where it is assigned, made a default or put into a mapping."""
    match node:
        case cst.Assign(targets=[target]) if not isinstance(target.target, (cst.Tuple, cst.List)):
            return node.value
        case cst.AnnAssign(value=cst.Call() as made):  # a field of a dataclass or the like
            return _keyword(made, "default") or next((arg.value for arg in made.args if _positional(arg)), None)
        case cst.AnnAssign():
            return node.value
        case cst.Param():
            return node.default
        case cst.DictElement():
            return node.value
        case cst.Arg():
            return node.value if not node.star else None
        case cst.Call(args=[*_, last]) if _last_name(node.func) in _SETTERS:
            return last.value if _positional(last) else _keyword(node, "default")
        case cst.Call() if _keyword(node, "action") is None:  # else it is the switch that has to be turned round
            return _keyword(node, "default") or _keyword(node, name)
    return None


def _positional(arg: cst.Arg) -> bool:
    return arg.keyword is None and not arg.star


def _keyword(call: cst.Call, name: str) -> cst.BaseExpression | None:
    return next((arg.value for arg in call.args if arg.keyword is not None and arg.keyword.value == name), None)


def _last_name(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""


def _source(node: cst.BaseExpression) -> str:
    """Return names with dots as they are written, or nothing."""
    if isinstance(node, cst.Attribute):
        base = _source(node.value)
        return f"{base}.{node.attr.value}" if base else ""
    return node.value if isinstance(node, cst.Name) else ""


def _root(node: cst.CSTNode) -> str:
    return _source(node).partition(".")[0] if isinstance(node, cst.BaseExpression) else ""


def written_here(node: cst.BaseExpression, text: str) -> bool:
    """Tell whether an expression says by itself what it means: a literal, or a name of an imported module."""
    if isinstance(node, (cst.BaseString, cst.BaseNumber)):
        return True
    if isinstance(node, (cst.Name, cst.Attribute)):
        written = _source(node)
        return written in ("True", "False", "None") or (bool(written) and imports_of(text).has(written))
    if isinstance(node, (cst.List, cst.Tuple, cst.Set)):
        return all(written_here(element.value, text) for element in node.elements)
    if isinstance(node, cst.Dict):
        return all(isinstance(one, cst.DictElement) and written_here(one.value, text) for one in node.elements)
    if isinstance(node, cst.UnaryOperation):
        return written_here(node.expression, text)
    return isinstance(node, cst.Call) and written_here(node.func, text)


# ---------------------------------------------------------------- other words


def replacements(fix: RuleFix, span: tuple[int, int], text: str) -> list[Change]:
    """Return the edit that the fix's regular expressions make of the text at `span`."""
    start, end = span
    old = new = text[start:end]
    for pattern, replacement in fix.replace:
        before = new
        new = re.sub(pattern, replacement, new)
        opening = _OPENING.match(before)
        if new == before and opening:  # `^` and `$` mean where what a string says begins and ends, not its quotes
            head = opening.end()
            tail = len(before) - len(opening[1]) if before.endswith(opening[1]) else len(before)
            new = before[:head] + re.sub(pattern, replacement, before[head:tail]) + before[tail:]
    return [(start, end, new)] if new != old else []


def renaming(target: str, callee: str, func: cst.CSTNode, span_of: SpanOf, text: str) -> list[Change]:
    """Return the edits that write `target` where `func` names `callee`."""
    old, new = callee.rpartition("."), target.rpartition(".")
    imports = imports_of(text)
    if isinstance(func, cst.Attribute) and old[0] and old[0] == new[0] and func.attr.value == old[2]:
        base = _base(func, span_of, text)
        if imports.stands_for(base, old[0]) or imports.is_instance(base):
            return [(*span_of(func.attr), new[2])]
    spelling = imports.spell(target, _root(func), span_of(func)[0])
    if spelling is None:
        raise Refused
    return [(*span_of(func), spelling.text), *_needed(spelling)]


def spelled(
    value: str,
    text: str,
    func: cst.BaseExpression | None = None,
    span_of: SpanOf | None = None,
    callee: str = "",
    before: int = 0,
) -> tuple[str, list[Change]]:
    """Return the text of a value here: a dotted name it begins with is written as the module can write it."""
    dotted = _DOTTED.fullmatch(value)
    if not dotted:
        return value, []
    name, rest = dotted[1], dotted[2]
    imports = imports_of(text)
    module = callee.rpartition(".")[0]
    if isinstance(func, cst.Attribute) and span_of is not None and module and name.startswith(module + "."):
        base = _base(func, span_of, text)
        if imports.stands_for(base, module):
            return base + name[len(module) :] + rest, []
    near = (_root(func), span_of(func)[0]) if func is not None and span_of is not None else ("", before)
    spelling = imports.spell(name, *near)
    if spelling is None:
        raise Refused
    return spelling.text + rest, _needed(spelling)


def _base(func: cst.Attribute, span_of: SpanOf, text: str) -> str:
    return text[span_of(func)[0] : span_of(func.attr)[0]].rstrip().removesuffix(".").rstrip()


def _needed(spelling: Spelling) -> list[Change]:
    return [(spelling.offset, spelling.offset, spelling.statement)] if spelling.statement else []


def _joined(changes: Iterable[Change], arguments: int) -> list[Change]:
    """Return the changes in order; among the arguments, which start at that offset, those that touch are made one."""
    out: list[Change] = []
    for start, end, text in sorted(dict.fromkeys(changes), key=lambda change: change[:2]):
        touches = out and out[-1][1] == start and out[-1][0] >= arguments
        if touches and (out[-1][0] == out[-1][1] or start == end):
            out[-1] = (out[-1][0], end, out[-1][2] + text)
        else:
            out.append((start, end, text))
    return out


def _sound(changes: Sequence[Change], call: tuple[int, int], text: str) -> list[Change]:
    """Return the changes if they do not overlap and leave an expression in the call's place, else none."""
    if any(one[1] > other[0] for one, other in zip(changes, changes[1:], strict=False)):
        return []
    start, end = call
    new = text[start:end]
    for first, last, replacement in reversed(changes):
        if start <= first and last <= end:
            new = new[: first - start] + replacement + new[last - start :]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(f"({new}\n)", mode="eval")
    except (SyntaxError, ValueError):
        return []
    return list(changes)
