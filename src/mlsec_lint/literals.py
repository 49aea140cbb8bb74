"""String literals of a telling shape, such as tokens: the `[[text]]` tables, asked of any file's text."""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace

from mlsec_lint.holds import entropy, holds
from mlsec_lint.model import Edit, Finding, Fix, Level, Rule, RuleSet, Source, Text
from mlsec_lint.python import words

_compiled = functools.lru_cache(maxsize=None)(re.compile)
_LINE = re.compile(r"\r\n|\r|\n")


def find(source: Source, rules: RuleSet) -> Iterator[Finding]:
    """Yield the literals of a source that the rules speak of."""
    for rule in rules.rules:
        for table in rule.texts:
            yield from _in_text(source, rule, table)
            for text, place in source.outputs:
                for start, _ in _hits(text, table):
                    line = place.line + text.count("\n", 0, start)
                    yield _finding(
                        source, rule, table, (place.line, 1, place.line, 2), text, (line, place.cell, place.cell_line)
                    )


def _in_text(source: Source, rule: Rule, table: Text) -> Iterator[Finding]:
    hits = list(_hits(source.text, table))
    if not hits:
        return
    starts = [0, *(m.end() for m in _LINE.finditer(source.text))]
    for start, end in hits:
        line, last = bisect_right(starts, start), bisect_right(starts, end)
        place = (line, start - starts[line - 1] + 1, last, end - starts[last - 1] + 1)
        found = _finding(source, rule, table, place, source.text[starts[line - 1] :].split("\n", 1)[0], None)
        yield replace(found, fix=_fix(table, source.text[start:end], place))


def _fix(table: Text, old: str, place: tuple[int, int, int, int]) -> Fix | None:
    if table.fix is None:
        return None
    new = old
    for pattern, replacement in table.fix.replace:
        new = re.sub(pattern, replacement, new)
    return Fix(table.fix.safety, (Edit(*place, new),)) if new != old else None


def _hits(text: str, table: Text) -> Iterator[tuple[int, int]]:
    if table.words and not words.holds(text, table.words):
        return
    for match in _compiled(table.regex).finditer(text):
        group = 1 if match.re.groups else 0
        token = match.group(group) or match.group(0)
        if table.unless is not None and holds(table.unless, match.group(0)):
            continue
        if table.entropy and entropy(token) < table.entropy:
            continue
        yield match.span(group) if match.span(group) != (-1, -1) else match.span()


def _finding(
    source: Source,
    rule: Rule,
    table: Text,
    place: tuple[int, int, int, int],
    row: str,
    cell: tuple[int, int, int] | None,
) -> Finding:
    line, column, end_line, end_column = place
    return Finding(
        path=source.path, line=line, column=column, code=rule.code, name=rule.name, message=table.message or rule.message,
        severity=rule.severity, confidence=min(table.confidence or rule.confidence, Level.HIGH), end_line=end_line,
        end_column=end_column, guidelines=rule.guidelines, cwe=rule.cwe, excerpt=row.strip()[:200],
        cell=cell[1] if cell else None, cell_line=cell[2] if cell else None, text_line=line,
    )  # fmt: skip
