"""Writing `# noqa` comments for findings that stay for a reason.

Must not know where the findings come from, or write files.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlsec_lint.model import Edit, Finding, Fix, Source
from mlsec_lint.suppress.comments import Directive, directives, lines_of, statements

KINDS = ("python", "notebook", "requirements")  # elsewhere the end of a line is no place for a comment


def excuse(source: Source, findings: Sequence[Finding], reason: str) -> tuple[list[Fix], list[Finding]]:
    """Return the edits that give each finding a `# noqa: CODE -- reason`, and the findings that can have none."""
    if source.kind not in KINDS:
        return [], list(findings)
    lines = lines_of(source)
    ranges = {line: (first, last) for first, last, _ in statements(source, lines) for line in range(first, last + 1)}
    existing = directives(source)
    shell = {line.line for line in source.shell} if source.kind == "notebook" else set()
    codes: dict[tuple[int, int], list[str]] = {}
    left: list[Finding] = []
    for finding in findings:
        line = finding.text_line or finding.line
        if finding.code.startswith("MLS9") or line in shell or not 0 < line <= len(lines):
            left.append(finding)
            continue
        wanted = codes.setdefault(ranges.get(line, (line, line)), [])
        if finding.code not in wanted:
            wanted.append(finding.code)
    fixes = []
    for (_, last), wanted in codes.items():
        found = existing.get(last)
        fixes.append(
            _added_to(found, wanted, reason) if found and found.codes else _new(lines[last - 1], last, wanted, reason)
        )
    return fixes, left


def _new(line: str, number: int, codes: Iterable[str], reason: str) -> Fix:
    end = len(line.rstrip()) + 1
    text = f"  # noqa: {', '.join(codes)} -- {reason}"
    return Fix("safe", (Edit(number, end, number, len(line.rstrip("\n")) + 1, text),))


def _added_to(directive: Directive, codes: Iterable[str], reason: str) -> Fix:
    """flake8 reads the first comment of a statement only, so the codes go into it, and the reason after its own."""
    text = directive.text
    listed = [code for code in directive.codes if code in text]
    start = text.index(listed[0]) if listed else len("# noqa: ")
    stop = text.rindex(listed[-1], start) + len(listed[-1]) if listed else start
    told = f"{text[stop:]}; {reason}" if directive.reason else f" -- {reason}{text[stop:]}"
    every = ", ".join([*listed, *codes]) + told
    return Fix(
        "safe", (Edit(directive.line, directive.column + start, directive.line, directive.column + len(text), every),)
    )
