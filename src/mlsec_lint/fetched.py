"""What one source fetches, in whatever language: Python, shell commands, dependency lines.

Must not know other sources or who is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from mlsec_lint import commands, requirements
from mlsec_lint.forms import UNKNOWN, fetch_of
from mlsec_lint.lockfile import Disagreement, Lock, compare
from mlsec_lint.model import Drift, Fetch, Finding, Rule, RuleSet, Source
from mlsec_lint.others import has_dependencies

if TYPE_CHECKING:
    from mlsec_lint.project import Project
    from mlsec_lint.python.index import Index

_PYTHON = ("python", "notebook")


def find(source: Source, index: Index, project: Project | None = None, python: bool = True) -> list[Fetch]:
    """Return what a source fetches, in the order of its lines; `index` has to be one that records.

    Without `python` the word scan has found nothing in its Python.  Raises SourceError where it does not parse.
    """
    found: list[Fetch] = []
    if python and source.kind in _PYTHON:
        from mlsec_lint.python import listing

        found += listing.find(source, index, project)
    if source.kind != "python":
        found += _commands(source, index.rules)
    if has_dependencies(source):
        found += _requirements(source, index.rules)
    once = {(one.text_line, one.column, one.text, one.kind if not one.text else ""): one for one in reversed(found)}
    return [_placed(one, source) for one in sorted(once.values(), key=lambda one: one.order)]


def judge(source: Source, index: Index, lock: Lock, project: Project | None, python: bool) -> Iterator[Finding]:
    """Yield what the rules say of a source whose fetches are not those that its project's lock file has for it."""
    mine = lock.inside(source.path)
    differences = compare(lock, find(source, index, project, python), lambda path: path == mine)
    for rule in index.rules.rules:
        for table in rule.drifts:
            for one in differences:
                if one.fault == table.fault:
                    yield _finding(source, rule, table, one)


def _finding(source: Source, rule: Rule, table: Drift, one: Disagreement) -> Finding:
    fields = {"subject": one.name, "value": one.locked, "argument": one.said}
    line = one.fetch.text_line if one.fetch else 1  # what is gone has no place of its own
    rows = source.text.splitlines()
    message = re.sub(r"\{(\w+)\}", lambda found: fields.get(found[1], found[0]), table.message or rule.message)
    return Finding(
        path=source.path, line=line, column=one.fetch.column if one.fetch else 1, code=rule.code, name=rule.name,
        message=message, severity=rule.severity, confidence=rule.confidence,
        end_line=one.fetch.end_line if one.fetch and not source.places else line,
        end_column=one.fetch.end_column if one.fetch else 1, guidelines=rule.guidelines, cwe=rule.cwe,
        excerpt=rows[line - 1].strip() if line <= len(rows) else "", subject=one.name, text_line=line,
    )  # fmt: skip


def _placed(fetch: Fetch, source: Source) -> Fetch:
    """Return a fetch with the line that it has in the notebook's file."""
    if not 0 < fetch.text_line <= len(source.places):
        return fetch
    last = source.places[min(fetch.end_line, len(source.places)) - 1].line
    line = source.places[fetch.text_line - 1].line
    return replace(fetch, line=line, end_line=max(line, last))


def _commands(source: Source, rules: RuleSet) -> Iterator[Fetch]:
    asked = [rule for rule in rules.rules if rule.commands]
    for command in commands.find(source):
        for one in commands.candidates(command, asked):
            word = one.word
            if word.text is None:
                continue
            revision = "" if one.revision is None else one.revision.text or UNKNOWN
            fetch = fetch_of(word.text, one.forms, rules.apis.artefacts, revision)
            if fetch is not None:
                yield replace(
                    fetch, path=source.path, line=word.line, column=word.column, text_line=word.line,
                    end_line=word.line, end_column=word.column + len(word.text), files=fetch.files or one.rest,
                )  # fmt: skip


def _requirements(source: Source, rules: RuleSet) -> Iterator[Fetch]:
    forms = tuple(dict.fromkeys(key for rule in rules.rules for table in rule.requirements for key in table.artefacts))
    for entry in requirements.read(source):
        fetch = fetch_of(entry.url, forms, rules.apis.artefacts) if entry.url and not entry.option else None
        if fetch is not None:
            yield replace(
                fetch, path=source.path, line=entry.line, column=entry.column, text_line=entry.line,
                end_line=entry.line, end_column=entry.end_column,
            )  # fmt: skip
