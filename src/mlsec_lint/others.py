"""What is not Python: shell lines, Dockerfiles, workflows and dependency files -> findings.

Must not know LibCST, or where files are.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlsec_lint import commands
from mlsec_lint.model import Finding, Level, Rule, RuleSet, Source, Words


def find(source: Source, rules: RuleSet) -> Iterator[Finding]:
    """Yield what the rules say of a source's command lines and dependency lines."""
    asked = [rule for rule in rules.rules if rule.commands]
    if asked:
        lines = source.text.splitlines()
        for command in commands.find(source):
            for rule, table in commands.ask(command, asked):
                yield _finding(source, rule, table, command, lines)


def _finding(source: Source, rule: Rule, table: Words, command: commands.Command, lines: list[str]) -> Finding:
    line, column = command.line, command.column
    row = lines[line - 1] if 0 < line <= len(lines) else ""
    message = (table.message or rule.message).replace("{call}", command.program).replace("{source}", "")
    end = max(column + 1, min(command.end_column, len(row) + 1) if command.end_line == line else len(row) + 1)
    return Finding(
        path=source.path, line=line, column=column, code=rule.code, name=rule.name, message=message,
        severity=table.severity or rule.severity, confidence=min(table.confidence or rule.confidence, Level.HIGH),
        end_line=line, end_column=end, guidelines=rule.guidelines, cwe=rule.cwe, excerpt=row.strip(), text_line=line,
    )  # fmt: skip
