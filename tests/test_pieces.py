"""Reading a module in pieces, and going over what matters in it alone, changes no verdict."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlsec_lint import rules, source
from mlsec_lint.check import check
from mlsec_lint.model import Finding, Settings, Source, SourceError
from mlsec_lint.project import Project
from mlsec_lint.python import place

AUDIT = Settings(audit=True, preview=True)
FIXTURES = Path(__file__).parent / "fixtures"


def _texts() -> Iterator[Source]:
    for rule in rules.load().rules:
        for example in rule.examples:
            if example.filename.endswith(".py"):
                yield source.from_text(example.code, example.filename, "python")


def _both_ways(text: Source, project: Project | None, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Finding], ...]:
    """Return the findings in a source, once looked for in all of it and once in what matters, if that tells of any."""
    ruleset = rules.load()
    out = []
    for short in (10**9, 0):
        monkeypatch.setattr(place, "SHORT", short)
        out.append(check(text, ruleset, AUDIT, project, passed=True))
    return tuple(out)


def test_what_matters_tells_of_a_finding_in_every_example_that_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    found = 0
    for text in _texts():
        try:
            whole, pieces = _both_ways(text, None, monkeypatch)
        except SourceError:
            continue
        assert pieces == whole, text.text
        found += bool(whole)
    assert found > 150


@pytest.mark.parametrize("order", [1, -1], ids=["sorted", "reversed"])
def test_what_matters_tells_of_a_finding_in_every_fixture_that_has_one(
    order: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = sorted(FIXTURES.rglob("*.py"))
    projects = {
        folder: Project((str(f), str(f)) for f in files if folder in f.parents) for folder in FIXTURES.iterdir()
    }
    found = 0
    for file in files[::order]:
        try:
            ast.parse(file.read_bytes())
            text = source.read(str(file), root=str(FIXTURES))
        except (SyntaxError, SourceError, ValueError):
            continue
        project = next((p for folder, p in projects.items() if folder in file.parents), None)
        whole, pieces = _both_ways(text, project, monkeypatch)
        assert pieces == whole, file
        found += bool(whole)
    assert found > 150
