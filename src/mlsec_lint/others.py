"""What is not Python: shell lines, Dockerfiles, workflows, dependency and configuration files -> findings.

Must not know LibCST, or where files are.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import replace

from mlsec_lint import commands, configs, requirements
from mlsec_lint.model import Assign, Edit, Finding, Fix, Level, Requirement, Rule, RuleFix, RuleSet, Source, Words
from mlsec_lint.requirements.editing import edits as line_edits


def find(source: Source, rules: RuleSet, facts: requirements.Facts | None = None) -> Iterator[Finding]:
    """Yield what the rules say of a source's command lines and dependency lines.

    `facts` tell about the project that a dependency file belongs to; raises SourceError where the file is malformed.
    """
    if has_dependencies(source):
        alone = requirements.Facts(application=not source.path.endswith(("setup.py", "setup.cfg")))
        yield from _dependencies(source, rules, facts or alone)
    if source.kind == "config":
        yield from _configuration(source, rules)
    asked = [rule for rule in rules.rules if rule.commands or rule.assigns]
    if asked:
        lines = commands.rows(source)
        for command in commands.find(source):
            for rule, words in commands.ask(command, asked):
                yield _finding(source, rule, words, command, lines)
            for rule, assign in commands.ask_environment(command, asked):
                yield _finding(source, rule, assign, command, lines)


def _configuration(source: Source, rules: RuleSet) -> Iterator[Finding]:
    shapes = rules.apis.shapes
    asked = [rule for rule in rules.rules if any(configs.may_speak(source.text, one, shapes) for one in rule.configs)]
    for spoken in configs.ask(configs.read(source), asked, shapes) if asked else ():
        rule, table, item = spoken.rule, spoken.table, spoken.item
        line = source.text.count("\n", 0, item.start) + 1
        begin = source.text.rfind("\n", 0, item.start) + 1
        row = source.text[begin:].split("\n", 1)[0]
        subject = item.value if isinstance(item.value, str) else ""
        message = (table.message or rule.message).replace("{call}", spoken.key).replace("{value}", str(item.value))
        yield Finding(
            path=source.path, line=line, column=item.start - begin + 1, code=rule.code, name=rule.name,
            message=message.replace("{subject}", subject), severity=table.severity or rule.severity,
            confidence=min(table.confidence or rule.confidence, Level.HIGH), end_line=line,
            end_column=min(item.end - begin, len(row)) + 1, guidelines=rule.guidelines, cwe=rule.cwe,
            excerpt=row.strip(), text_line=line, subject=subject,
            fix=_entry_fix(table.fix, source.text, item.start, item.end),
        )  # fmt: skip


def _entry_fix(fix: RuleFix | None, text: str, start: int, end: int) -> Fix | None:
    """Return the fix of an entry of a configuration file, which is written between two offsets."""
    new = text[start:end]
    for pattern, replacement in fix.replace if fix is not None else ():
        new = re.sub(pattern, replacement, new)
    if fix is None or new == text[start:end]:
        return None
    places = [(text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)) for at in (start, end)]
    return Fix(fix.safety, (Edit(*places[0], *places[1], new),))


def has_dependencies(source: Source) -> bool:
    """Return whether a source may name packages to install, so that the facts of its project matter."""
    return source.kind == "requirements" or source.path.rpartition("/")[2] == "setup.py"


def unreadable(source: Source) -> tuple[tuple[int, str], ...]:
    """Return the lines of a list of requirements that its installer would refuse, with the reason."""
    if source.kind != "requirements" or source.path.endswith((".toml", ".cfg", "Pipfile")):
        return ()
    return tuple((entry.line, f"it {entry.trouble}") for entry in requirements.read(source) if entry.trouble)


def _dependencies(source: Source, rules: RuleSet, facts: requirements.Facts) -> Iterator[Finding]:
    lines = source.text.splitlines()
    told: dict[str, tuple[Finding, list[str]]] = {}
    for entry in requirements.read(source):
        for rule in rules.rules:
            table = next((t for t in rule.requirements if requirements.match(entry, t, facts)), None)
            if table is None:
                continue
            found = _dependency(source, rule, table, entry, lines)
            if table.fault != "unpinned":
                yield found
            elif rule.code in told:
                told[rule.code][1].append(entry.name)
            else:
                told[rule.code] = (found, [entry.name])
    for found, names in told.values():  # one line a file: what is not pinned
        more = (
            f" ({', '.join(names[:4])}{', …' if len(names) > 4 else ''}; {len(names)} in this file)"
            if names[1:]
            else ""
        )
        yield replace(found, message=found.message + more)


def _dependency(source: Source, rule: Rule, table: Requirement, entry: requirements.Entry, lines: list[str]) -> Finding:
    message = (
        (table.message or rule.message).replace("{subject}", entry.name or entry.url).replace("{call}", entry.name)
    )
    message = message.replace("{value}", table.advisory or entry.specifier or entry.url)
    return Finding(
        path=source.path, line=entry.line, column=entry.column, code=rule.code, name=rule.name, message=message,
        severity=table.severity or rule.severity, confidence=rule.confidence, end_line=entry.line,
        end_column=max(entry.end_column, entry.column + 1), guidelines=rule.guidelines, cwe=rule.cwe,
        excerpt=lines[entry.line - 1].strip() if entry.line <= len(lines) else "", text_line=entry.line,
        subject=entry.name, fix=_fix(table.fix, line_edits(entry, table, table.fix, lines) if table.fix else []),
    )  # fmt: skip


def _finding(source: Source, rule: Rule, table: Words | Assign, command: commands.Command, lines: list[str]) -> Finding:
    words = table if isinstance(table, Words) else None
    line, column = command.line, command.column
    row = lines[line - 1].rstrip("\r") if 0 < line <= len(lines) else ""
    call = textwrap.shorten(command.text, 50, placeholder=" …")
    message = (table.message or rule.message).replace("{call}", call).replace("{source}", "")
    end = max(column + 1, min(command.end_column, len(row) + 1) if command.end_line == line else len(row) + 1)
    return Finding(
        path=source.path, line=line, column=column, code=rule.code, name=rule.name, message=message,
        severity=(words.severity if words else None) or rule.severity,
        confidence=min(table.confidence or rule.confidence, Level.HIGH), end_line=line, end_column=end,
        guidelines=rule.guidelines, cwe=rule.cwe, excerpt=row.strip(), text_line=line,
        fix=_fix(words.fix, commands.edits(command, words.fix, lines)) if words and words.fix else None,
    )  # fmt: skip


def _fix(fix: RuleFix | None, edits: list[Edit]) -> Fix | None:
    return Fix(fix.safety, tuple(edits)) if fix is not None and edits else None
