"""A value that a rule forbids is reported in whichever way it is handed over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mlsec_lint import check, rules, source
from mlsec_lint.model import Match, Rule, Settings

RULES = rules.load(keep=False)


def _switches() -> Iterator[tuple[Rule, str, str, str]]:
    """Yield rule, call, parameter and the value that is forbidden, where the parameter has a place."""
    for rule in RULES.rules:
        for match in rule.matches:
            for parameter, value in _forbidden(match):
                for call in match.calls:
                    order = RULES.apis.params.get(call, ())
                    order = order[: order.index("*")] if "*" in order else order
                    if parameter in order and "*" not in call and call[:1].islower():
                        yield rule, call, parameter, value


def _forbidden(match: Match) -> Iterator[tuple[str, str]]:
    for parameter, predicate in match.forbid:
        if predicate.op == "equals" and isinstance(predicate.value, (bool, str)) and not match.when:
            yield parameter, repr(predicate.value)


def _codes(text: str) -> set[str]:
    found = check.check(source.from_text(text, "example.py"), RULES, Settings(audit=True, preview=True))
    return {one.code for one in found}


SWITCHES = [
    pytest.param(rule.code, call, name, value, id=f"{rule.code}-{call}-{name}")
    for rule, call, name, value in _switches()
]


@pytest.mark.parametrize(("code", "call", "name", "value"), SWITCHES)
def test_a_forbidden_value_is_reported_by_name_and_by_place(code: str, call: str, name: str, value: str) -> None:
    before = [f"a{number}" for number in range(RULES.apis.params[call].index(name))]
    module, _, last = call.rpartition(".")
    owner = module.rpartition(".")[2]
    lines = (
        f"from {module.rpartition('.')[0]} import {owner}\n{owner}().{last}"
        if owner[:1].isupper()
        else f"import {module}\n{call}"
    )
    by_name = ", ".join([*before, f"{name}={value}"])
    by_place = ", ".join([*before, value])
    spread = f"options = {{{name!r}: {value}}}\n"
    assert code in _codes(f"{lines}({by_name})\n")
    assert code in _codes(f"{lines}({by_place})\n")
    assert code in _codes(f"{spread}{lines}({', '.join([*before, '**options'])})\n")
