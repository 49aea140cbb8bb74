"""What a function of the project leaves to its callers to choose, and a rule forbids: told at the call that chooses it.

Must not know which rules there are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import libcst as cst

from mlsec_lint.model import Level, Match, Rule
from mlsec_lint.python.flows import judge_at
from mlsec_lint.python.raw import emit
from mlsec_lint.python.texts import quoted, texts
from mlsec_lint.python.values import Symbol, Value, known

if TYPE_CHECKING:
    from mlsec_lint.python.binding import Binding
    from mlsec_lint.python.functions import FunctionInfo
    from mlsec_lint.python.walk import Walker


def leave(
    walker: Walker, node: cst.Call, dotted: str, rule: Rule, match: Match, given: Callable[[str], Value | None]
) -> None:
    """Remember with the function what only its callers can tell of a call that a table with `callers` speaks of."""
    for parameter, _ in match.forbid:
        value = given(parameter)
        if value is not None:
            _keep(walker, (id(node), parameter), rule, match, dotted, value)


def _keep(walker: Walker, key: tuple[int, str], rule: Rule, match: Match, dotted: str, value: Value) -> None:
    symbols = tuple(alt for alt in value.alts if isinstance(alt, Symbol) and alt.is_parameter)
    if symbols and walker.function is not None:
        walker.function.left[key] = (rule, match, dotted, Value(symbols))


def chosen(walker: Walker, node: cst.Call, info: FunctionInfo, binding: Binding, values: Mapping[str, Value]) -> None:
    """A call of the project's own function says what the function leaves to it."""
    judge = judge_at(walker)
    for key, (rule, match, dotted, value) in tuple(info.left.items()):
        names = {alt.ident.partition(":")[2] for alt in value.alts if isinstance(alt, Symbol)}
        if walker.state.allows(match.consent) or all(values.get(one) is info.defaults.get(one) for one in names):
            continue
        told = binding.value(value)
        predicate = dict(match.forbid)[key[1]]
        answer = judge.ask(predicate, told)
        if answer.some and not answer.told:
            shown = next((text for text in texts(told) if judge.ask(predicate, known(text)).some), "")
            sure = Level.MEDIUM if answer.some_not or answer.open else Level.HIGH
            emit(
                walker, rule, node, match.severity or rule.severity, min(sure, match.confidence or rule.confidence),
                match.message or rule.message, dotted=dotted, argument=key[1], call=node,
                value=quoted(shown) if shown else "", subject=shown if match.subject else "",
            )  # fmt: skip
        _keep(walker, key, rule, match, dotted, told)
