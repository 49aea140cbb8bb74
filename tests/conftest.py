"""One report that every format is tested with, and the comparison with golden files."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import hypothesis
import pytest

from mlsec_lint.baseline import fingerprinted
from mlsec_lint.model import (
    Edit,
    Finding,
    Fix,
    Hidden,
    Level,
    Related,
    Report,
    Rule,
    Unread,
)
from mlsec_lint.report import View

GOLDEN = Path(__file__).parent / "golden"


def a_rule(code: str, name: str, severity: Level = Level.MEDIUM, **more: object) -> Rule:
    """A rule with everything that a report may show."""
    values: dict[str, object] = {
        "family": "loading",
        "summary": "a file is read by something that runs what it holds",
        "message": "this is read",
        "confidence": Level.HIGH,
        "status": "stable",
        "since": "0.1",
        "guidelines": ("1.3", "2.1"),
        "cwe": (502,),
        "atlas": ("AML.T0010",),
        "owasp": ("ML06",),
        "references": ("https://example.org/advisory",),
        "why": "An attacker who can write the file runs code.\n\nIt has happened.",
        "case": "A worm did it in 2019.",
        "fine": "Files of your own are *no* worry.",
        "instead": "Use `safe_read(...)`. It holds data only.",
        "path": f"rules/loading/{code}-{name}.toml",
    }
    return Rule(code=code, name=name, severity=severity, **{**values, **more})  # type: ignore[arg-type]


def a_finding(line: int, code: str = "MLS101", **more: object) -> Finding:
    """A finding of `read(path)` in the line."""
    values: dict[str, object] = {
        "path": "src/train.py",
        "column": 16,
        "name": "unsafe-read",
        "message": "`read` runs what the file holds",
        "severity": Level.MEDIUM,
        "confidence": Level.HIGH,
        "end_line": line,
        "end_column": 26,
        "guidelines": ("1.3", "2.1"),
        "cwe": (502,),
        "url": f"https://example.org/rules/{code}/",
        "scope": "main",
        "excerpt": "data = read(path)",
        "text_line": line,
    }
    return Finding(line=line, code=code, **{**values, **more})  # type: ignore[arg-type]


RULES = {
    rule.code: rule
    for rule in (
        a_rule("MLS101", "unsafe-read"),
        a_rule("MLS301", "unchecked-download", Level.HIGH, family="integrity", guidelines=("2.1", "3.2"), cwe=(494,)),
        a_rule("MLS701", "no-card", Level.LOW, family="documentation", guidelines=("2.3",), cwe=(1059,)),
        a_rule("MLS901", "file-not-checked", family="linting", guidelines=("2.4",), cwe=(1127,)),
    )
}


def _report() -> Report:
    tricky = 'données = read("a<b>&c,d:e%f|g", "日本") # ☃'
    findings = [
        a_finding(12, group="g1"),
        a_finding(14, group="g1"),
        a_finding(
            20,
            "MLS301",
            name="unchecked-download",
            message="what `fetch` brought is read with nobody checking it",
            severity=Level.HIGH,
            column=5,
            end_line=22,
            end_column=6,
            excerpt="read(",
            guidelines=("2.1", "3.2"),
            cwe=(494,),
            related=(Related("downloaded here", "src/train.py", 18, 13), Related("named here", "src/names.py", 3, 1)),
            group="g2",
        ),
        a_finding(
            3,
            path="src/odd, name 100%.py",
            column=tricky.index("read") + 1,
            end_column=tricky.index(")") + 2,
            confidence=Level.MEDIUM,
            excerpt=tricky,
            scope="",
            fix=Fix("safe", (Edit(3, 11, 3, 15, "safe_read"),)),
            group="g3",
        ),
        a_finding(
            41,
            "MLS701",
            path="nb/one.ipynb",
            name="no-card",
            message="shared without a card",
            severity=Level.LOW,
            confidence=Level.MEDIUM,
            guidelines=("2.3",),
            cwe=(1059,),
            cell=3,
            cell_line=2,
            text_line=7,
            column=1,
            end_column=12,
            excerpt="push(model)",
            scope="",
            url="",
            fix=Fix("unsafe", (Edit(7, 6, 7, 11, "model, card=card"),)),
            group="g4",
        ),
        a_finding(
            1,
            "MLS901",
            path="src/broken.py",
            name="file-not-checked",
            message="this file was not checked: it does not parse (line 3)",
            guidelines=("2.4",),
            cwe=(1127,),
            column=1,
            end_column=1,
            excerpt="",
            scope="",
            group="g5",
        ),
    ]
    hidden = [
        Hidden(a_finding(30, group="g6"), "noqa", 'written by this "program"'),
        Hidden(a_finding(31, group="g6"), "noqa"),
        Hidden(a_finding(2, path="tests/test_it.py", scope="", group="g7"), "per-file-ignores", "tests/**"),
        Hidden(a_finding(9, path="src/old.py", group="g8"), "baseline"),
    ]
    marked = fingerprinted([*findings, *(one.finding for one in hidden)])
    shown = sorted(marked[: len(findings)], key=lambda one: one.order)
    return Report(
        findings=tuple(shown),
        hidden=tuple(replace(one, finding=new) for one, new in zip(hidden, marked[len(findings) :], strict=True)),
        unread=(Unread("src/broken.py", "it does not parse (line 3)"), Unread("nb/two.ipynb:cell 2:1", "no Python")),
        files=9,
        parsed=6,
        seconds=1.25,
        notes=("mlsec-baseline.json: no longer found: MLS101 src/gone.py: x",),
        failing=5,
        stale=1,
        lines={
            ("src/train.py", 12): "        data = read(path)",
            ("src/train.py", 14): "        more = read(path)",
            ("src/train.py", 18): "    path = fetch(url)",
            ("src/train.py", 20): "    read(",
            ("src/odd, name 100%.py", 3): tricky,
            ("nb/one.ipynb", 41): "push(model)",
        },
    )


@pytest.fixture
def view() -> View:
    """A report with everything in it: hidden, unread, notebook, flow, fixes, odd characters."""
    pages = {code: f"# {code} {rule.name}\n\n{rule.why}\n" for code, rule in RULES.items()}
    return View(
        report=_report(),
        version="1.2.3",
        rules=RULES,
        pages=pages,
        root="/home/me/project",
        title="project",
        arguments=("check", "src"),
        exit_code=2,
        made="2026-01-02, commit 0123456789ab",
    )


@pytest.fixture
def empty_view() -> View:
    """A report with nothing in it."""
    return View(report=Report(findings=(), files=3), version="1.2.3", rules=RULES, root="/home/me/project")


@pytest.fixture
def is_golden() -> Callable[[str, str], None]:
    """Compare a text with a golden file; MLSEC_LINT_WRITE_GOLDEN=1 writes it instead, to be read before it is kept."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if os.environ.get("MLSEC_LINT_WRITE_GOLDEN"):
            path.write_text(text, encoding="utf-8", newline="\n")
        assert text == path.read_text(encoding="utf-8")

    return compare


# The same cases every time: a change is judged by what it does, not by what a draw happens to meet.
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))
