"""What names, literals and the small expressions are worth.

Python's own meaning only; what libraries do is told by the rules' api tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libcst as cst

from mlsec_lint.python.definitions import define
from mlsec_lint.python.dispatch import evaluate, evaluates
from mlsec_lint.python.members import constant, element, sourced
from mlsec_lint.python.narrowing import settled
from mlsec_lint.python.nodes import number_value, string_value
from mlsec_lint.python.operators import add
from mlsec_lint.python.targets import assign
from mlsec_lint.python.texts import NUMBER, hole, is_number_format, text_parts, text_value, texts
from mlsec_lint.python.values import FALSE, MOST, NONE, TRUE, Local, Name, Value, join, known, told, unknown

if TYPE_CHECKING:
    from mlsec_lint.python.walk import Walker


@evaluates(cst.Name)
def _name(walker: Walker, node: cst.Name) -> Value:
    if node.value in _CONSTANTS:
        return _CONSTANTS[node.value]
    value = constant(walker, node.value, walker.lookup(node.value))
    if len(value.alts) == 1 and isinstance(value.alts[0], Name):
        return sourced(walker, value, value.alts[0].dotted, node)
    return value


_CONSTANTS = {"True": TRUE, "False": FALSE, "None": known(None)}


@evaluates(cst.SimpleString)
def _string(walker: Walker, node: cst.SimpleString) -> Value:
    return known(string_value(node))


@evaluates(cst.ConcatenatedString)
def _strings(walker: Walker, node: cst.ConcatenatedString) -> Value:
    return add(walker, evaluate(walker, node.left), evaluate(walker, node.right), node)


@evaluates(cst.FormattedString)
def _formatted(walker: Walker, node: cst.FormattedString) -> Value:
    rows: list[list[str]] = [[]]  # the parts, for each of the few texts that it may be
    origins = NONE
    for part in node.parts:
        parts: tuple[str, ...] = ()
        if isinstance(part, cst.FormattedStringText):
            parts = (unescape(part.value) if "r" not in node.start.lower() else part.value,)
        elif isinstance(part, cst.FormattedStringExpression):
            value = evaluate(walker, part.expression)
            origins |= value.origins
            walker.digests.escape(value)
            if part.format_spec is None and part.conversion is None:
                several = texts(value)
                if 1 < len(several) == len(value.alts) and len(rows) * len(several) <= MOST:
                    rows = [[*row, text] for row in rows for text in several]
                else:
                    parts = text_parts(value) or ()
            else:
                parts = (hole(id(part), NUMBER if _formats_number(part) else ""),)
        for row in rows:
            row += parts
    return join(*(text_value(row, origins) for row in rows))


def _formats_number(part: cst.FormattedStringExpression) -> bool:
    """Return whether a format such as `:03d` takes numbers only."""
    last = part.format_spec[-1] if part.format_spec else None
    return isinstance(last, cst.FormattedStringText) and is_number_format(last.value)


def unescape(text: str) -> str:
    """Return the text of an f-string's literal part."""
    text = text.replace("{{", "{").replace("}}", "}")
    if "\\" in text:
        try:
            return text.encode("latin-1", "backslashreplace").decode("unicode_escape")
        except UnicodeDecodeError:
            return text
    return text


@evaluates(cst.Integer, cst.Float)
def _number(walker: Walker, node: Any) -> Value:
    try:
        return known(number_value(node))
    except (ValueError, SyntaxError):
        return unknown(f"?{id(node)}")


@evaluates(cst.IfExp)
def _if_expression(walker: Walker, node: cst.IfExp) -> Value:
    test = evaluate(walker, node.test)
    before = walker.state
    walker.state = before.fork()
    walker.assume(test, True, node.test)
    body = evaluate(walker, node.body)
    taken = walker.state
    if walker.state.agreed != before.agreed:  # `False if insecure else True`: somebody has asked for it
        body = told(body)
    walker.state = before.fork()
    walker.assume(test, False, node.test)
    orelse = evaluate(walker, node.orelse)
    outcome = settled(node.test)
    before.recall([taken, walker.state])
    walker.state = before
    return body if outcome is True else orelse if outcome is False else join(body, orelse)


@evaluates(cst.Lambda)
def _lambda(walker: Walker, node: cst.Lambda) -> Value:
    return Value((Local(define(walker, node, "<lambda>")),))


@evaluates(cst.NamedExpr)
def _walrus(walker: Walker, node: cst.NamedExpr) -> Value:
    value = evaluate(walker, node.value)
    assign(walker, node.target, value, node)
    return value


@evaluates(cst.Await)
def _await(walker: Walker, node: cst.Await) -> Value:
    return evaluate(walker, node.expression)


@evaluates(cst.Yield)
def _yield(walker: Walker, node: cst.Yield) -> Value:
    if node.value is not None:
        inner = node.value.item if isinstance(node.value, cst.From) else node.value
        value = evaluate(walker, inner)
        if isinstance(node.value, cst.From):
            value = element(walker, value, node)
        walker.returned.append(value)
    return unknown(f"?{id(node)}")


@evaluates(cst.Arg, cst.Element, cst.StarredElement, cst.DictElement, cst.StarredDictElement)
def _wrapped(walker: Walker, node: Any) -> Value:
    return evaluate(walker, node.value)
