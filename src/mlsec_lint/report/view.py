"""What a format is given to render: the report, the rules, and how the reader wants it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mlsec_lint.model import Finding, Level, Related, Report, Rule


@dataclass(frozen=True, slots=True)
class View:
    """One report and what is needed to show it."""

    report: Report
    version: str = ""
    rules: Mapping[str, Rule] = field(default_factory=dict)  # by code
    pages: Mapping[str, str] = field(default_factory=dict)  # code -> the rule's page as Markdown
    root: str = ""  # the working directory, absolute, that paths are relative to
    color: bool = False
    links: bool = False  # the terminal understands links
    width: int = 100
    unfold: bool = False
    show_hidden: bool = False
    title: str = ""  # of the project
    arguments: tuple[str, ...] = ()  # as the program was started
    exit_code: int = 0


def folded(findings: Iterable[Finding]) -> list[tuple[Finding, ...]]:
    """Return the findings with those of one group together, in the place of the first."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.path, finding.code, finding.group or finding.fingerprint), []).append(finding)
    return [tuple(group) for group in groups.values()]


def counted(findings: Iterable[Finding]) -> dict[Level, int]:
    """Return how many findings there are of each severity, the highest first; none is left out."""
    counts = dict.fromkeys(sorted(Level, reverse=True), 0)
    for finding in findings:
        counts[finding.severity] += 1
    return counts


def place(finding: Finding | Related) -> str:
    """Return where the finding, or what belongs to it, is, as people read it: a cell and its line in a notebook."""
    if finding.cell is not None:
        return f"{finding.path}:cell {finding.cell}:{finding.cell_line}:{finding.column}"
    return f"{finding.path}:{finding.line}:{finding.column}"


def line_of(view: View, finding: Finding) -> str:
    """Return the whole line that the finding starts in, or its stripped text where the line was not kept."""
    return view.report.lines.get((finding.path, finding.line), finding.excerpt)


def advice(rule: Rule | None) -> str:
    """Return the first sentence of what the rule says to do instead, as one line without Markdown marks."""
    if rule is None:
        return ""
    paragraphs = [part.strip() for part in rule.instead.strip().split("\n\n")]
    prose = [part for part in paragraphs if part and not part.startswith(("* ", "- ", "|", "```", "1. ", "    "))]
    text = re.sub(r"(?<![*\w])\*([^*`]+)\*(?![*\w])", r"\1", (prose or paragraphs)[0])
    text = " ".join(text.split()).removeprefix("* ").partition(" * ")[0]
    for mark in (". ", ": ", "; "):
        head, found, _ = text.partition(mark)
        if found and len(head) > 15:
            return head
    return text.rstrip(".:")
