"""The arguments of a call in its text: finding, setting, adding and removing them in the layout that is there.

Knows LibCST's nodes and where they stand; must not know rules.  Offsets count characters of the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

import libcst as cst

Change = tuple[int, int, str]  # replace the characters from start to end
SpanOf = Callable[[cst.CSTNode], tuple[int, int]]

_NEWLINE = re.compile(r"\r\n|\r|\n")
_REST_OF_LINE = re.compile(r"[ \t]*(?:#[^\r\n]*)?")
_OPENING = re.compile(r"(?:\s|\\|#[^\r\n]*|\))*\(")  # between a callee and its arguments


class Refused(Exception):
    """A change cannot be made here without guessing."""


class Layout:
    """The arguments of one call, in its present text."""

    def __init__(
        self, call: cst.Call, parameters: Mapping[str, int | None], span_of: SpanOf, text: str, shift: int = 0
    ) -> None:
        """`parameters`: each with its position, None for keyword-only ones; `shift` arguments go before all of them."""
        self.parameters = {name: None if at is None else at + shift for name, at in parameters.items()}
        self.call, self.span_of, self.text, self.shift = call, span_of, text, shift
        self.args = tuple(call.args)
        self.spans = [span_of(arg) for arg in self.args]
        self.close = span_of(call)[1] - 1
        found = _OPENING.match(text, span_of(call.func)[1])
        if found is None or text[self.close : self.close + 1] != ")":
            raise Refused
        self.open = found.end()
        newline = _NEWLINE.search(text)
        self.newline = newline[0] if newline else "\n"

    # ------------------------------------------------------------ finding arguments

    def find(self, name: str) -> int | None:
        """Return the index of the argument for a parameter (or a position: "1"); refuses where a `*` argument may be it."""
        for index, arg in enumerate(self.args):
            if arg.keyword is not None and arg.keyword.value == name:
                return index
        position = self.shift + int(name) if name.isdigit() else self.parameters.get(name)
        if position is not None:
            count = 0
            for index, arg in enumerate(self.args):
                if arg.star == "*":
                    raise Refused
                if arg.star or arg.keyword is not None:
                    continue
                if count == position:
                    return index
                count += 1
        return None

    def value_of(self, name: str) -> cst.BaseExpression | None:
        """Return a parameter's value, which may stand in a mapping that is spelled out in the call."""
        for arg in self.args:
            if arg.star == "**" and (found := self.inside(arg.value, name)) is not None:
                return found
        index = self.find(name)
        return None if index is None else self.args[index].value

    def may_have(self, name: str) -> bool:
        """Tell whether a `**` argument of unknown keys may hold a parameter."""
        named = {arg.keyword.value for arg in self.args if arg.keyword is not None}
        return name not in named and any(arg.star == "**" and not _spelled_out(arg.value) for arg in self.args)

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


def _is_dict_call(node: cst.BaseExpression) -> bool:
    return (
        isinstance(node, cst.Call)
        and isinstance(node.func, cst.Name)
        and node.func.value == "dict"
        and all(arg.keyword is not None for arg in node.args)
    )


def _spelled_out(node: cst.BaseExpression) -> bool:
    """Tell whether the keys of a mapping stand in the code."""
    if isinstance(node, cst.Dict):
        return all(isinstance(one, cst.DictElement) and _key(one) is not None for one in node.elements)
    return _is_dict_call(node)


def _key(element: cst.DictElement) -> str | None:
    value = element.key.evaluated_value if isinstance(element.key, cst.SimpleString) else None
    return value if isinstance(value, str) else None


def runs(indexes: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield first and last of each run of consecutive numbers."""
    run: list[int] = []
    for index in sorted(indexes):
        if run and index != run[-1] + 1:
            yield run[0], run[-1]
            run = []
        run.append(index)
    if run:
        yield run[0], run[-1]
