"""Which rules speak of a command: the more specific of two wins, and a checked download needs no second check.

Must not know how commands are written down.
"""

from __future__ import annotations

from collections.abc import Iterable

from mlsec_lint.commands.matching import match
from mlsec_lint.commands.words import Command
from mlsec_lint.model import Rule, Words


def ask(command: Command, rules: Iterable[Rule]) -> list[tuple[Rule, Words]]:
    """Return the rules that speak of a command, each with the table that matched first."""
    found: list[tuple[Rule, Words]] = []
    for rule in rules:
        if command.checked and rule.family == "integrity":
            continue
        table = next((t for t in rule.commands if match(command, t)), None)
        if table is not None:
            found.append((rule, table))
    beaten = {code for rule, _ in found for code in rule.over}
    return [(rule, table) for rule, table in found if rule.code not in beaten]
