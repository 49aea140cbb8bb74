"""Which rules speak of a command: the more specific of two wins, and a checked download needs no second check.

Must not know how commands are written down.
"""

from __future__ import annotations

from collections.abc import Iterable

from mlsec_lint.commands.matching import match
from mlsec_lint.commands.words import Command
from mlsec_lint.holds import UNKNOWN, holds
from mlsec_lint.model import Assign, Rule, Words


def ask_environment(command: Command, rules: Iterable[Rule]) -> list[tuple[Rule, Assign]]:
    """Return the rules that speak of variables which a command sets for a program, as if it were the program itself."""
    return [
        (rule, table)
        for name, value in command.environment
        for rule in rules
        for table in rule.assigns
        if f"os.environ['{name}']" in table.targets
        and holds(table.value, UNKNOWN if value is None else value) is True
        and (value is not None or table.value.op != "given")
    ]


def ask(command: Command, rules: Iterable[Rule]) -> list[tuple[Rule, Words]]:
    """Return the rules that speak of a command, each with the table that matched first."""
    found: list[tuple[Rule, Words]] = []
    for rule in rules:
        table = next((t for t in rule.commands if match(command, t)), None)
        if table is not None and command.checked and (table.checks or rule.family == "integrity"):
            continue
        if table is not None:
            found.append((rule, table))
    beaten = {code for rule, _ in found for code in rule.over}
    return [(rule, table) for rule, table in found if rule.code not in beaten]
