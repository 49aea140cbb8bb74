"""Commits into the code: which calls can be told one, and the text edits that do it.

Keeps the layout of calls (`edits.py`).  Must not know who was asked for the commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint import forms
from mlsec_lint.model import Edit, Fetch, Form, RuleFix, Source
from mlsec_lint.python.constants import Constants, Literal
from mlsec_lint.python.edits import edits_for
from mlsec_lint.python.fetches import Call
from mlsec_lint.python.layout import Change
from mlsec_lint.python.listing import placed, walked
from mlsec_lint.python.positions import Lines, spans
from mlsec_lint.python.remarks import Remarks, Stood
from mlsec_lint.python.values import Const

if TYPE_CHECKING:
    from mlsec_lint.project import Project
    from mlsec_lint.python.index import Index


@dataclass(frozen=True, slots=True)
class Pin:
    """The commit that a name stood for."""

    commit: str
    ref: str
    date: str  # ISO 8601


@dataclass(slots=True)
class Target:
    """One call that fetches something, and how it can be told a commit; `refusal` says why it cannot."""

    fetch: Fetch
    call: Call
    refusal: str = ""
    ref: str = ""  # what is to be looked up; "" for the default branch
    literal: Literal | None = None  # what says the revision now, or the name that carries it
    in_name: bool = False
    guessed: bool = False  # it is pinned, and no comment says what the commit stood for

    @property
    def is_pinned(self) -> bool:
        return forms.is_commit(self.fetch.revision)


@dataclass(slots=True)
class Pinning:
    """The calls of one source that fetch something."""

    source: Source
    tree: cst.Module
    index: Index
    targets: list[Target] = field(default_factory=list)
    where: dict[int, tuple[int, int]] = field(default_factory=dict)
    constants: Constants = field(init=False)
    remarks: Remarks = field(init=False)

    def __post_init__(self) -> None:
        self.constants = Constants(self.tree)
        self.remarks = Remarks(self.source.text)

    def form(self, target: Target) -> Form:
        return self.index.apis.artefacts[target.fetch.form]

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        return self.where[id(node)]

    # ------------------------------------------------------------ which calls

    def add(self, call: Call, fetches: list[Fetch]) -> None:
        """Take in a call, with all that it may fetch."""
        one = fetches[0]
        target = Target(one, call)
        self.targets.append(target)
        if len({fetch.name for fetch in fetches}) > 1:
            names = ", ".join(sorted({fetch.name for fetch in fetches})[:3])
            target.refusal = f"several names reach this call ({names}), and a commit is of one"
        elif len(fetches) > 1:
            target.refusal = "several revisions reach this call"
        else:
            self.locate(target)

    def locate(self, target: Target) -> None:
        """Find where the commit is to be written, or say why it cannot be."""
        call, form = target.call, self.form(target)
        if call.command:
            target.refusal = "it stands in a shell command; write the commit there by hand"
        elif form.pinned:
            self.locate_name(target)
        elif not call.parameter:
            target.refusal = "the call has no place for a revision"
        elif call.inside:
            target.refusal = f"the revision belongs into the dictionary `{call.parameter}`"
        else:
            self.locate_revision(target)
        if not target.refusal:
            target.ref = target.fetch.revision
            if target.is_pinned:
                self.recall(target)

    def locate_name(self, target: Target) -> None:
        found = target.call.arguments.get(target.call.subject) if target.call.subject else None
        node = found[1] if found is not None else None
        target.in_name = True
        target.literal = self.constants.literal(node.value) if isinstance(node, cst.Arg) and not node.star else None
        if target.literal is None or target.literal.node.evaluated_value != target.fetch.text:
            target.refusal = "its name is put together elsewhere"

    def locate_revision(self, target: Target) -> None:
        call = target.call
        found = call.arguments.get(call.parameter)
        if found is None:
            if call.open:
                target.refusal = f"`{call.parameter}` may be among unpacked arguments"
            return
        node = found[1]
        if not isinstance(node, cst.Arg):
            target.refusal = "its revision is handed in from elsewhere"
        elif node.star:
            target.literal = self.constants.entry(node.value, call.parameter)
            if target.literal is None and not isinstance(node.value, (cst.Dict, cst.Call)):
                target.refusal = f"its `{call.parameter}` stands in unpacked arguments"
        else:
            target.literal = self.constants.literal(node.value)
            known = call.revision is not None and all(isinstance(alt, Const) for alt in call.revision.alts)
            if target.literal is None and not known:
                target.refusal = "its revision is handed in from elsewhere"

    def recall(self, target: Target) -> None:
        """Take from the comment what a commit stood for."""
        node = self.written_at(target)
        stood = self.remarks.stood(self.span(node)[1]) if node is not None else []
        line = self.remarks.line_of(self.span(node)[1]) if node is not None else -1
        beside = [one for one in self.targets if one.is_pinned and (at := self.written_at(one)) is not None
                  and self.remarks.line_of(self.span(at)[1]) == line]  # fmt: skip
        position = next((n for n, one in enumerate(beside) if one is target), 0)
        if len(stood) == 1:
            target.ref = stood[0].ref
        elif position < len(stood):
            target.ref = stood[position].ref
        else:
            target.ref, target.guessed = "", True

    def written_at(self, target: Target) -> cst.CSTNode | None:
        """Return the node that says the revision now."""
        if target.literal is not None:
            return target.literal.node
        found = target.call.arguments.get(target.call.parameter) if target.call.parameter else None
        return found[1] if found is not None and isinstance(found[1], cst.Arg) else None

    # ------------------------------------------------------------ edits

    def edits(self, pins: Callable[[Target], Pin | None]) -> Iterator[tuple[Target, tuple[Edit, ...]]]:
        """Yield the edits for each target that is given a pin, comments included; raises nothing.

        A target whose edits cannot be made gets its `refusal` and no edits.
        """
        wanted = [(target, pin) for target in self.targets if not target.refusal and (pin := pins(target)) is not None]
        shared = self.shared(wanted)
        changes: list[tuple[Target, Pin, list[Change]]] = []
        for target, pin in wanted:
            made = self.changes(target, pin, shared)
            if made:
                changes.append((target, pin, made))
            else:
                target.refusal = "the call could not be changed without guessing"
        stood: dict[int, list[Stood]] = {}
        for _, pin, made in changes:
            stood.setdefault(self.line_of(made), []).append(Stood(pin.ref, pin.date))
        lines = Lines(self.source.text)
        for target, _, made in changes:
            line = self.line_of(made)
            full = _with_comment(made, self.remarks.with_stood(line, stood[line]))
            yield target, tuple(Edit(*lines.place(start), *lines.place(end), text) for start, end, text in full)

    def line_of(self, made: list[Change]) -> int:
        """Return the line that the commit comes to stand in."""
        return self.remarks.line_of(next((end for _, end, text in made if _holds_commit(text)), made[-1][1]))

    def shared(self, wanted: list[tuple[Target, Pin]]) -> dict[str, bool]:
        """Tell of each constant whether it can be changed: all its uses are the revision of one artefact."""
        uses: dict[str, list[tuple[str, bool]]] = {}
        for target, pin in wanted:
            if target.literal is not None and target.literal.constant:
                uses.setdefault(target.literal.constant, []).append((pin.commit + target.fetch.name, target.in_name))
        return {name: len(set(found)) == 1 and self.constants.uses(name) == len(found) for name, found in uses.items()}

    def changes(self, target: Target, pin: Pin, shared: dict[str, bool]) -> list[Change]:
        call, literal = target.call, target.literal
        form = self.form(target)
        text = forms.pinned(target.fetch.text, form, pin.commit) if target.in_name else pin.commit
        quote = self.quote(call)
        made: list[Change] = []
        if literal is not None and (not literal.constant or shared[literal.constant]):
            made.append((*self.span(literal.node), _as(literal.node, text)))
        elif literal is not None and literal.key:
            return []  # the dictionary is used for something else as well
        elif target.in_name:
            found = call.arguments.get(call.subject)
            assert found is not None
            assert isinstance(found[1], cst.Arg)
            made.append((*self.span(found[1].value), f"{quote}{text}{quote}"))
        else:
            made += self.set(call, {call.parameter: f"{quote}{text}{quote}"})
            if not made:
                return []
        if target.in_name and form.also:
            also = self.set(call, dict(form.also))
            made += [change for change in also if change not in made]
        return sorted(made, key=lambda change: change[:2])

    def set(self, call: Call, values: dict[str, str]) -> list[Change]:
        """Return the edits that give a call these arguments."""
        order = call.arguments.order
        ordinary = order[: order.index("*")] if "*" in order else order
        parameters = {name: ordinary.index(name) if name in ordinary else None for name in order if name != "*"}
        fix = RuleFix("safe", tuple(values.items()))
        for name in values:
            parameters.setdefault(name, None)
        return edits_for(fix, call.node, parameters, self.span, self.source.text, callee=call.dotted)

    def quote(self, call: Call) -> str:
        """Return the quotation mark that the call's own strings have."""
        for arg in call.node.args:
            if isinstance(arg.value, cst.SimpleString) and arg.value.quote in ("'", '"'):
                return arg.value.quote
        return '"'


def _holds_commit(text: str) -> bool:
    return forms.COMMIT.search(text) is not None


def _as(node: cst.SimpleString, text: str) -> str:
    """Return a literal of the same kind with another text."""
    return f"{node.quote}{text}{node.quote}"


def _with_comment(made: list[Change], comment: Change | None) -> list[Change]:
    """Return the edits with the comment, joined to one that ends where it begins."""
    if comment is None:
        return made
    start, end, text = comment
    at = next((n for n, change in enumerate(made) if change[0] == change[1] == start), None)
    if at is None:
        return [*made, comment]
    return [*made[:at], (start, end, made[at][2] + text), *made[at + 1 :]]


def read(source: Source, index: Index, project: Project | None) -> Pinning:
    """Return the calls of a source that fetch something; raises SourceError where it does not parse."""
    walker = walked(source, index, project)
    out = Pinning(source, walker.tree, index)
    by_call: dict[tuple[int, tuple[str, ...]], tuple[Call, list[Fetch]]] = {}
    for call, fetch in placed(walker, source):
        by_call.setdefault(call.key, (call, []))[1].append(fetch)
    named = [(call, fetches) for call, fetches in by_call.values() if fetches[0].name]
    nodes: list[cst.CSTNode] = []
    for call, _ in named:
        nodes += _descendants(call.node)
    nodes += [node for node in _descendants(walker.tree) if isinstance(node, cst.SimpleString)]
    out.where = spans(walker.tree, nodes)
    for call, fetches in named:
        out.add(call, fetches)
    return out


def _descendants(node: cst.CSTNode) -> list[cst.CSTNode]:
    found, stack = [], [node]
    while stack:
        here = stack.pop()
        found.append(here)
        stack.extend(here.children)
    return found
