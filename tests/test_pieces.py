"""Reading a module in pieces, and going over what matters in it alone, changes no verdict."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlsec_lint import python, rules, source
from mlsec_lint.check import index_for
from mlsec_lint.model import Level, Settings, Source, SourceError
from mlsec_lint.project import Project

sys.path.append(str(Path(__file__).parent.parent / "benchmarks"))

import whole

AUDIT = Settings(audit=True, preview=True)
FIXTURES = Path(__file__).parent / "fixtures"


def _texts() -> Iterator[Source]:
    for rule in rules.load().rules:
        for example in rule.examples:
            if example.filename.endswith(".py"):
                yield source.from_text(example.code, example.filename, "python")


def _both_ways(text: Source, project: Project | None) -> tuple[set[whole.Told], set[whole.Told]]:
    """Return what is found in a source, once by walking all of it and once by going over what matters."""
    index = index_for(rules.load(), AUDIT)
    return whole.found(text, index, project), whole.as_told(python.analyse(text, index, project, Level.LOW))


def test_what_matters_tells_of_a_finding_in_every_example_that_has_one() -> None:
    found = 0
    for text in _texts():
        try:
            everything, pieces = _both_ways(text, None)
        except SourceError:
            continue
        assert pieces == everything, text.text
        found += bool(everything)
    assert found > 150


@pytest.mark.parametrize("order", [1, -1], ids=["sorted", "reversed"])
def test_what_matters_tells_of_a_finding_in_every_fixture_that_has_one(order: int) -> None:
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
        everything, pieces = _both_ways(text, project)
        assert pieces == everything, file
        found += bool(everything)
    assert found > 150
