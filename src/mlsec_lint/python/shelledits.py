"""A fix of a command that a call runs -> edits of the literal that holds it, or of the literals that are its words.

Must not know what a command means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import libcst as cst

from mlsec_lint import commands
from mlsec_lint.model import RuleFix, Words
from mlsec_lint.python.layout import Change, SpanOf

_CLUSTER = re.compile(r"-[A-Za-z0-9]{2,8}")


def edits(call: cst.Call, table: Words, fix: RuleFix, span_of: SpanOf) -> list[Change]:
    """Return the edits that make `fix` in the command of `call` that `table` speaks of; none where it is put together."""
    for argument in call.args:
        if isinstance(argument.value, (cst.List, cst.Tuple)):
            elements = [element.value for element in argument.value.elements]
            given = [_text(element) for element in elements]
            if any(commands.match(command, table) for command in commands.from_words(given)):
                return _in_words(elements, given, fix, span_of)
        for literal in _literals(argument.value):
            for command in commands.split(literal.raw_value):
                if commands.match(command, table):
                    return _in_text(literal, command, fix, span_of)
    return []


def _literals(node: cst.BaseExpression) -> Iterator[cst.SimpleString]:
    """Yield the literals whose text stands in the code as it is: no bytes, no escapes."""
    if isinstance(node, cst.SimpleString):
        if node.evaluated_value == node.raw_value:
            yield node
    elif isinstance(node, (cst.List, cst.Tuple)):
        for element in node.elements:
            yield from _literals(element.value)


def _text(node: cst.BaseExpression) -> str | None:
    return (
        next((literal.raw_value for literal in _literals(node)), None) if isinstance(node, cst.SimpleString) else None
    )


def _begin(literal: cst.SimpleString, span_of: SpanOf) -> int:
    return span_of(literal)[0] + len(literal.prefix) + len(literal.quote)


def _in_text(literal: cst.SimpleString, command: commands.Command, fix: RuleFix, span_of: SpanOf) -> list[Change]:
    rows = literal.raw_value.split("\n")
    starts = [0]
    for row in rows:
        starts.append(starts[-1] + len(row) + 1)
    begin = _begin(literal, span_of)
    found = [
        (begin + starts[one.line - 1] + one.column - 1, begin + starts[one.end_line - 1] + one.end_column - 1, one.text)
        for one in commands.edits(command, fix, rows)
    ]
    return [] if any(literal.quote[0] in text or "\\" in text for _, _, text in found) else found


def _in_words(
    elements: Sequence[cst.BaseExpression], given: Sequence[str | None], fix: RuleFix, span_of: SpanOf
) -> list[Change]:
    out: list[Change] = []

    def rewrite(number: int, new: str) -> None:
        literal = elements[number]
        if isinstance(literal, cst.SimpleString) and new != given[number] and not set(new) & set("'\"\\\n"):
            begin = _begin(literal, span_of)
            out.append((begin, begin + len(literal.raw_value), new))

    for name in fix.remove:
        option, valued = name.removesuffix("="), name.endswith("=")
        for number, text in enumerate(given):
            if text is None or number == 0 or not option.startswith("-"):
                continue
            last = number + 1 if valued and text == option and number + 1 < len(given) else number
            if text == option or text.startswith(option + "="):
                out.append((span_of(elements[number - 1])[1], span_of(elements[last])[1], ""))
            elif len(option) == 2 and _CLUSTER.fullmatch(text) and option[1] in text[1:]:
                rewrite(number, text.replace(option[1], "", 1))
    for option, value in fix.set:
        for number, text in enumerate(given):
            if text is not None and option.startswith("-"):
                if text == option and number + 1 < len(given):
                    rewrite(number + 1, value)
                elif text.startswith(option + "="):
                    rewrite(number, f"{option}={value}")
    for number, text in enumerate(given):
        new = text
        for pattern, replacement in fix.replace:
            new = re.sub(pattern, replacement, new) if new is not None else None
        if new is not None:
            rewrite(number, new)
    return sorted(out)
