"""A rule's `[fix]` at a call -> text edits that keep the layout of the call.

Knows LibCST's nodes and where they stand; must not know how edits are applied.  Offsets count characters of the text.
"""

from __future__ import annotations

import ast
import contextlib
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.model import Match, RuleFix
from mlsec_lint.python.imports import Imports, Spelling

if TYPE_CHECKING:
    from mlsec_lint.python.raw import Raw
    from mlsec_lint.python.walk import Walker

Change = tuple[int, int, str]  # replace the characters from start to end
SpanOf = Callable[[cst.CSTNode], tuple[int, int]]

_NEWLINE = re.compile(r"\r\n|\r|\n")
_REST_OF_LINE = re.compile(r"[ \t]*(?:#[^\r\n]*)?")
_OPENING = re.compile(r"(?:\s|\\|#[^\r\n]*|\))*\(")  # between a callee and its arguments
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")


class _Refused(Exception):
    """The fix cannot be made at this call without guessing."""


def for_finding(raw: Raw, walker: Walker, spans: Mapping[int, tuple[int, int]], text: str) -> list[Change]:
    """Return the edits that the rule's fix makes at a finding, or none where it cannot be made."""
    fix = raw.rule.fix
    if fix is None:
        return []

    def span_of(node: cst.CSTNode) -> tuple[int, int]:
        return spans[id(node)]

    if raw.call is None or not isinstance(raw.detail, Match):
        return replacements(fix, span_of(raw.node), text) if fix.replace else []
    order = walker.index.parameters(raw.dotted)
    ordinary = order[: order.index("*")] if "*" in order else order
    parameters = {name: ordinary.index(name) if name in ordinary else None for name in order if name != "*"}
    if raw.argument and not raw.argument.isdigit():
        parameters.setdefault(raw.argument, None)
    # What `**kwargs` carries is not known here: a second value for the same parameter would be an error at run time.
    spread = any(arg.star == "**" and not _literal(arg.value) for arg in raw.call.args)
    present = {arg.keyword.value for arg in raw.call.args if arg.keyword is not None}
    if spread and any(name not in present for name, _ in fix.set):
        return []
    return edits_for(fix, raw.call, parameters, span_of, text, callee=raw.dotted, node=raw.node)


def edits_for(
    fix: RuleFix,
    call: cst.Call,
    parameters: Mapping[str, int | None],
    span_of: SpanOf,
    text: str,
    *,
    callee: str = "",
    node: cst.CSTNode | None = None,
) -> list[Change]:
    """Return the edits of `text` that make `fix` at `call`, in order and without overlaps; none if it cannot be made.

    `parameters` are the callee's, each with its position, None for keyword-only ones; other parameters than these, and
    than the keywords that the call has, are not set.  `span_of` gives the offsets of any node of the call without the
    parentheses around it.  `callee` is the dotted name of what is called; `node` what `replace` rewrites (the call).
    A call whose `**kwargs` may hold a parameter that is to be set is the caller's to leave out.
    """
    try:
        changes = _Editor(call, parameters, span_of, text).changes(fix, callee)
    except (_Refused, SyntaxError):
        return []
    changes += replacements(fix, span_of(node or call), text)
    return _sound(_joined(changes, span_of(call.func)[1]), span_of(call), text)


def replacements(fix: RuleFix, span: tuple[int, int], text: str) -> list[Change]:
    """Return the edit that the fix's regular expressions make of the text at `span`."""
    start, end = span
    old = new = text[start:end]
    for pattern, replacement in fix.replace:
        new = re.sub(pattern, replacement, new)
        if new == old:  # `^` means the beginning of what a string says, not its quotation mark
            opening = re.match(r"(?i:[rbuf]*)('''|\"\"\"|'|\")", old)
            head = opening.end() if opening else 0
            new = old[:head] + re.sub(pattern, replacement, old[head:])
    return [(start, end, new)] if new != old else []


def _literal(node: cst.BaseExpression) -> bool:
    """Tell whether the keys of a mapping stand in the code."""
    if isinstance(node, cst.Dict):
        return all(isinstance(one, cst.DictElement) and _key(one) is not None for one in node.elements)
    return _is_dict_call(node)


def _is_dict_call(node: cst.BaseExpression) -> bool:
    return (
        isinstance(node, cst.Call)
        and isinstance(node.func, cst.Name)
        and node.func.value == "dict"
        and all(arg.keyword is not None for arg in node.args)
    )


def _key(element: cst.DictElement) -> str | None:
    value = element.key.evaluated_value if isinstance(element.key, cst.SimpleString) else None
    return value if isinstance(value, str) else None


class _Editor:
    """The edits of one call, computed against its present text."""

    def __init__(self, call: cst.Call, parameters: Mapping[str, int | None], span_of: SpanOf, text: str) -> None:
        self.call, self.parameters, self.span_of, self.text = call, parameters, span_of, text
        self.args = tuple(call.args)
        self.spans = [span_of(arg) for arg in self.args]
        self.close = span_of(call)[1] - 1
        found = _OPENING.match(text, span_of(call.func)[1])
        if found is None or text[self.close : self.close + 1] != ")":
            raise _Refused
        self.open = found.end()
        newline = _NEWLINE.search(text)
        self.newline = newline[0] if newline else "\n"

    def changes(self, fix: RuleFix, callee: str) -> list[Change]:
        out: list[Change] = []
        removed: set[int] = set()
        for name in fix.remove:
            with contextlib.suppress(_Refused):  # among unpacked arguments there is nothing to drop
                index = self.find(name)
                if index is not None:
                    removed.add(index)
        if any(not self.removable(index) for index in removed):
            raise _Refused
        added: list[tuple[str, str]] = []
        for name, value in fix.set:
            value, needed = self.spelled(value, callee)
            place = self.value_of(name)
            if place is not None:
                start, end = place
                if self.text[start:end] != value:
                    out += [(start, end, value), *needed]
            elif name in self.parameters:
                added.append((name, value))
                out += needed
        if added and len(removed) == len(self.args) > 0:  # put them in the place of what goes
            out.append((self.spans[0][0], self.spans[-1][1], ", ".join(f"{name}={value}" for name, value in added)))
            removed, added = set(), []
        gone = [self.removal(first, last) for first, last in _runs(removed)]
        out += gone
        if added:
            out += self.insertion(added, removed, {start for start, _, _ in gone})
        if fix.call:
            out += self.renaming(fix.call, callee)
        return out

    # ------------------------------------------------------------ finding arguments

    def find(self, name: str) -> int | None:
        """Return the index of the argument for a parameter; refuses where a `*` or `**` argument may be it."""
        for index, arg in enumerate(self.args):
            if arg.keyword is not None and arg.keyword.value == name:
                return index
        position = self.parameters.get(name)
        if position is not None:
            count = 0
            for index, arg in enumerate(self.args):
                if arg.star == "*":
                    raise _Refused
                if arg.star or arg.keyword is not None:
                    continue
                if count == position:
                    return index
                count += 1
        return None

    def value_of(self, name: str) -> tuple[int, int] | None:
        """Return the span of a parameter's value, which may stand in a mapping that is spelled out in the call."""
        for arg in self.args:
            if arg.star == "**" and (found := self.inside(arg.value, name)) is not None:
                return self.span_of(found)
        index = self.find(name)
        return None if index is None else self.span_of(self.args[index].value)

    def inside(self, node: cst.BaseExpression, name: str) -> cst.BaseExpression | None:
        if isinstance(node, cst.Dict):
            for element in node.elements:
                if isinstance(element, cst.DictElement) and _key(element) == name:
                    return element.value
        elif isinstance(node, cst.Call) and _is_dict_call(node):
            for arg in node.args:
                if arg.keyword is not None and arg.keyword.value == name:
                    return arg.value
        return None

    # ------------------------------------------------------------ removing

    def removable(self, index: int) -> bool:
        """Tell whether an argument can go without others taking its place."""
        behind = self.args[index + 1 :]
        return self.args[index].keyword is not None or all(arg.keyword or arg.star == "**" for arg in behind)

    def removal(self, first: int, last: int) -> Change:
        """Return the edit that removes the arguments from `first` to `last`."""
        start, end = self.spans[first][0], self.spans[last][1]
        tail = self.after(last)
        following = self.spans[last + 1][0] if last + 1 < len(self.args) else None
        if first == 0 and following is None:
            inner = self.text[self.open : start] + self.text[tail : self.close]
            return (self.open, self.close, "") if "#" not in inner else (start, tail, "")
        rest = _REST_OF_LINE.match(self.text, tail)
        newline = _NEWLINE.match(self.text, rest.end()) if rest else None
        if self.begins_line(start) and newline:
            return (self.line_start(start), newline.end(), "")
        before = self.spans[first - 1][1] if first else None
        if before is not None:
            gap = self.text[before:start]
            if "#" not in gap and (following is None or not _NEWLINE.search(gap)):
                return (before, end, "")
        if following is not None and "#" not in self.text[tail:following]:
            return (start, following, "")
        blank = re.compile(r"[ \t]*").match(self.text, tail)
        return (start, blank.end() if blank and following is not None else tail, "")

    # ------------------------------------------------------------ adding

    def insertion(self, added: list[tuple[str, str]], removed: set[int], gone: set[int]) -> list[Change]:
        """Return the edits that add keyword arguments: the last ones before any `**kwargs`.

        `gone` are the offsets where what is removed begins.
        """
        words = [f"{name}={value}" for name, value in added]
        kept = [index for index in range(len(self.args)) if index not in removed]
        spread = next((index for index in kept if self.args[index].star == "**"), None)
        ahead = [index for index in kept if spread is None or index < spread]
        if not kept:
            return [(self.open, self.open, ", ".join(words))]
        if not ahead:
            at = self.spans[kept[0]][0]
            gap = self.newline + self.indent(at) if self.begins_line(at) else " "
            return [(at, at, "".join(f"{word},{gap}" for word in words))]
        anchor = ahead[-1]
        start, end = self.spans[anchor]
        if self.vertical():
            row = start if self.begins_line(start) else self.spans[1][0]
            gap = self.newline + self.indent(row)
            if self.loses_comma(anchor, removed):
                return [(end, end, "," + ",".join(gap + word for word in words))]
            return self.new_lines(anchor, words, gap)
        opening: list[Change] = []
        closing = ""
        value = self.args[anchor].value
        if isinstance(value, cst.GeneratorExp) and not value.lpar:  # bare only as the one argument
            opening, closing = [(start, start, "(")], ")"
        return [*opening, (end, end, closing + "".join(f", {word}" for word in words))]

    def loses_comma(self, index: int, removed: set[int]) -> bool:
        """Tell whether the removal of the arguments behind this one takes its comma along."""
        last = index
        while last + 1 in removed:
            last += 1
        return last > index and self.removal(index + 1, last)[0] == self.spans[index][1]

    def new_lines(self, anchor: int, words: list[str], gap: str) -> list[Change]:
        end, tail = self.spans[anchor][1], self.after(anchor)
        has_comma = tail != end
        rest = _REST_OF_LINE.match(self.text, tail)
        at = rest.end() if rest and _NEWLINE.match(self.text, rest.end()) else tail
        added = ",".join(gap + word for word in words) + ("," if has_comma else "")
        if has_comma or at == end:
            return [(at, at, added if has_comma else "," + added)]
        return [(end, end, ","), (at, at, added)]

    def vertical(self) -> bool:
        """Tell whether the arguments stand one on a line."""
        if len(self.args) == 1:
            return self.begins_line(self.spans[0][0]) and self.after(0) != self.spans[0][1]
        return all(self.begins_line(start) for start, _ in self.spans[1:])

    # ------------------------------------------------------------ calling something else

    def renaming(self, target: str, callee: str) -> list[Change]:
        func = self.call.func
        old, new = callee.rpartition("."), target.rpartition(".")
        imports = Imports(self.text)
        if isinstance(func, cst.Attribute) and old[0] and old[0] == new[0] and func.attr.value == old[2]:
            start, _end = self.span_of(func)
            attr = self.span_of(func.attr)
            base = self.text[start : attr[0]].rstrip().removesuffix(".")
            if imports.stands_for(base, old[0]) or imports.is_instance(base):
                return [(*attr, new[2])]
        spelling = imports.spell(target)
        if spelling is None:
            raise _Refused
        return [(*self.span_of(func), spelling.text), *_needed(spelling)]

    def spelled(self, value: str, callee: str) -> tuple[str, list[Change]]:
        """Return the text of a value here: a dotted name is written as the module can write it."""
        if not _DOTTED.fullmatch(value):
            return value, []
        imports = Imports(self.text)
        module = callee.rpartition(".")[0]
        if isinstance(self.call.func, cst.Attribute) and module and value.startswith(module + "."):
            start, _ = self.span_of(self.call.func)
            base = self.text[start : self.span_of(self.call.func.attr)[0]].rstrip().removesuffix(".")
            if imports.stands_for(base, module):
                return base + value[len(module) :], []
        spelling = imports.spell(value)
        if spelling is None:
            raise _Refused
        return spelling.text, _needed(spelling)

    # ------------------------------------------------------------ layout

    def after(self, index: int) -> int:
        """Return the offset behind an argument and its comma."""
        comma = self.args[index].comma
        return self.span_of(comma)[1] if isinstance(comma, cst.Comma) else self.spans[index][1]

    def line_start(self, offset: int) -> int:
        return max(self.text.rfind("\n", 0, offset), self.text.rfind("\r", 0, offset)) + 1

    def begins_line(self, offset: int) -> bool:
        return not self.text[self.line_start(offset) : offset].strip(" \t\f") and self.line_start(offset) > self.open

    def indent(self, offset: int) -> str:
        return self.text[self.line_start(offset) : offset]


def _needed(spelling: Spelling) -> list[Change]:
    return [(spelling.offset, spelling.offset, spelling.statement)] if spelling.statement else []


def _runs(indexes: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield first and last of each run of consecutive numbers."""
    run: list[int] = []
    for index in sorted(indexes):
        if run and index != run[-1] + 1:
            yield run[0], run[-1]
            run = []
        run.append(index)
    if run:
        yield run[0], run[-1]


def _joined(changes: list[Change], arguments: int) -> list[Change]:
    """Return the changes in order; among the arguments, which start at that offset, those that touch are made one."""
    out: list[Change] = []
    for start, end, text in sorted(dict.fromkeys(changes), key=lambda change: change[:2]):
        touches = out and out[-1][1] == start and out[-1][0] >= arguments
        if touches and (out[-1][0] == out[-1][1] or start == end):
            out[-1] = (out[-1][0], end, out[-1][2] + text)
        else:
            out.append((start, end, text))
    return out


def _sound(changes: list[Change], call: tuple[int, int], text: str) -> list[Change]:
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
    return changes
