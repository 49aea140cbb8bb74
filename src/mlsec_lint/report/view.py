"""What a format is given to render: the report, the rules, and how the reader wants it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mlsec_lint.model import Finding, Level, Related, Report, Rule

_FENCE = re.compile(r"^(`{3,})[^\n]*\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL)
_CREDENTIALS = {259, 321, 798}  # CWE: hard-coded password, cryptographic key, credentials
_SECRET = re.compile(r"""(['"])(?P<quoted>[^'"\s]{6,})\1|(?=\S*\d)(?=\S*[A-Za-z])[\w+/.-]{20,}""")
_SHOWN = 4  # characters that tell which one it is
_LONGEST = 160  # characters of advice that still read as one line


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
    made: str = ""  # when, and of which commit
    off: frozenset[str] = frozenset()  # codes of rules that the settings switch off
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


def number(count: int, noun: str) -> str:
    """Return the count with its noun, in the plural where it has to be."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def place(finding: Finding | Related) -> str:
    """Return where the finding, or what belongs to it, is, as people read it: a cell and its line in a notebook."""
    if finding.cell is not None:
        return f"{finding.path}:cell {finding.cell}:{finding.cell_line}:{finding.column}"
    return f"{finding.path}:{finding.line}:{finding.column}"


def line_of(view: View, finding: Finding) -> str:
    """Return the whole line that the finding starts in, or its stripped text where the line was not kept.

    Where the fault is a credential in the code, what may be one is masked, for reports are handed on; columns stay.
    """
    line = view.report.lines.get((finding.path, finding.line), finding.excerpt)
    return _SECRET.sub(_masked, line) if _CREDENTIALS & set(finding.cwe) else line


def _masked(match: re.Match[str]) -> str:
    text = match["quoted"] or match[0]
    hidden = text[:_SHOWN] + "*" * (len(text) - _SHOWN)
    return match[0].replace(text, hidden, 1)


def parts(markdown: str) -> Iterator[tuple[str, bool]]:
    """Yield the paragraphs and the fenced code of Markdown as rules hold it, and whether each is code."""
    at = 0
    for fence in [*_FENCE.finditer(markdown), None]:
        for paragraph in re.split(r"\n\s*\n", markdown[at : fence.start() if fence else len(markdown)]):
            if paragraph.strip():
                yield paragraph.strip(), False
        if fence:
            yield fence[2].rstrip(), True
            at = fence.end()


def advice(rule: Rule | None) -> str:
    """Return the gist of what the rule says to do instead, in one line: its first sentence, or its line of code."""
    told = ""
    for part, is_code in parts(rule.instead if rule else ""):
        if is_code and "\n" not in part:
            return f"{told} `{part.strip()}`".strip()
        if told:
            break
        if not is_code and not re.match(r"[*-] |\||\d+\. |[a-z(]", part):
            told = _first_sentence(part)
            if not told.endswith(":"):
                return told
    return told.rstrip(":")


def _first_sentence(paragraph: str) -> str:
    """The first sentence, without its full stop; a very long one ends at a colon or semicolon."""
    text = re.sub(r"(?<![*\w])\*([^*`]+)\*(?![*\w])", r"\1", " ".join(paragraph.split()))
    stops = [stop.start() for stop in re.finditer(r"[.:;](?= |$)", text) if text.count("`", 0, stop.start()) % 2 == 0]
    sentence = next((text[:stop] for stop in stops if text[stop] == "."), text)
    clauses = [stop for stop in stops if 15 < stop <= _LONGEST]
    return sentence if len(sentence) <= _LONGEST or not clauses else text[: clauses[-1]]
