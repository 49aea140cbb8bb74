"""`# noqa` comments: what they hide, which give no reason, which hide nothing.

Reads comments exactly as flake8 does, so that both doors say the same; must not know files, options or formats.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from mlsec_lint.model import Edit, Finding, Fix, Hidden, Rule, Source

UNUSED, BLANKET, UNEXPLAINED = "MLS902", "MLS903", "MLS904"

# Both patterns read what flake8 7 reads (flake8.defaults); tests/test_suppress.py holds them to it.
_NOQA = re.compile(r"# noqa(?::[\s]?(?P<codes>([A-Z]+[0-9]+(?:[,\s]+)?)+))?", re.IGNORECASE)
_NOQA_FILE = re.compile(r"\s*# flake8[:=]\s*noqa", re.IGNORECASE)
_REASON = re.compile(r"[ \t]*--[ \t]*(?P<reason>[^\n\r]*[^\s])")
_NEXT_COMMENT = re.compile(r"[ \t]+#[ \t]")  # `# noqa: … -- why  # type: ignore`
_SLIP = re.compile(r"[ \t]*:?[ \t]*[\[(]?(?P<words>MLS[-_ ]?[0-9]+(?:[\s,;]+MLS[-_ ]?[0-9]+)*|[a-z]+(?:-[a-z]+)+)")
_CODE = re.compile(r"MLS[-_ ]?([0-9]+)", re.IGNORECASE)


@dataclass(slots=True)
class Directive:
    """One `# noqa`, with what it turned out to hide."""

    line: int  # 1-based, of Source.text
    column: int  # 1-based
    text: str  # from `# noqa` to the end of the line
    codes: tuple[str, ...]  # empty: blanket
    reason: str
    counts: bool = True  # the first one of its statement; flake8 reads no other
    comment: bool = True  # stands in a comment, not in a string
    used: set[str] = field(default_factory=set)  # members of `codes` that hid something; "" for a blanket

    def hides(self, code: str) -> str | None:
        """Return which of the codes hides `code` ("" for a blanket), or None."""
        if not self.codes:
            return ""
        return next((own for own in self.codes if code.startswith(own)), None)


def apply(
    source: Source,
    findings: Sequence[Finding],
    rules: Iterable[Rule],
    *,
    require_reasons: bool = False,
    selected: Callable[[Rule], bool] = lambda rule: True,
    everything: Callable[[], Sequence[Finding]] | None = None,
) -> tuple[list[Finding], list[Hidden]]:
    """Split `findings` of `source` into shown and hidden ones, and add what there is to say about the comments.

    `findings` are all raw ones, wanted or not: a comment that hides an unwanted one is not unused.  `everything`
    gives those of every confidence and status, and is asked only when a comment seems to hide nothing.
    `selected` says which of the rules about suppressions are wanted; comments about other rules are left alone.
    """
    if "noqa" not in source.text.lower() and not any("noqa" in line.text.lower() for line in source.shell):
        return list(findings), []
    rules = tuple(rules)
    whole = _whole_file(source)
    if whole is not None:
        hidden = [Hidden(finding, "noqa", whole.reason or "the whole file: # flake8: noqa") for finding in findings]
        if hidden and require_reasons and not whole.reason:
            return _about(source, [(UNEXPLAINED, whole, None)], rules, selected), hidden
        return [], hidden
    by_line = directives(source)
    shown, hidden = [], []
    for finding in findings:
        directive = by_line.get(finding.text_line or finding.line)
        own = directive.hides(finding.code) if directive else None
        if directive is None or own is None:
            shown.append(finding)
        else:
            directive.used.add(own)
            hidden.append(Hidden(finding, "noqa", directive.reason))
    for finding in _about(source, _faults(by_line, rules, require_reasons, everything), rules, selected):
        directive = by_line.get(finding.text_line)
        if directive and directive.codes and directive.hides(finding.code):
            hidden.append(Hidden(finding, "noqa", directive.reason))
        else:
            shown.append(finding)
    return shown, hidden


# ---------------------------------------------------------------- reading the comments


def directives(source: Source) -> dict[int, Directive]:
    """Return the `# noqa` that counts for each line of `source.text`; extra ones have negative keys."""
    lines = io.StringIO(source.text, newline=None).readlines()
    found: dict[int, Directive] = {}
    extra = 0
    for first, last, comments in _statements(source, lines):
        inside = list(_read(lines, first, last, comments))
        for number, directive in enumerate(inside):
            if number == 0:
                found.update(dict.fromkeys(range(first, last + 1), directive))
            else:
                directive.counts = False
                extra -= 1
                found[extra] = directive
    for shell in source.shell:  # the text of a notebook's shell line is blanked in Source.text
        match = _NOQA.search(shell.text)
        if match and shell.line not in found:
            found[shell.line] = _directive(shell.text, match, shell.line, shell.column + match.start())
    return found


def _read(lines: list[str], first: int, last: int, comments: frozenset[int] | None) -> Iterator[Directive]:
    """The directives in the lines `first` to `last`, read as one text."""
    joined = "".join(lines[first - 1 : last])
    for match in _NOQA.finditer(joined):
        before = joined[: match.start()]
        line = first + before.count("\n")
        column = match.start() - (before.rfind("\n") + 1) + 1
        directive = _directive(joined, match, line, column)
        directive.comment = comments is None or line in comments
        yield directive


def _directive(text: str, match: re.Match[str], line: int, column: int) -> Directive:
    codes = tuple(code for code in re.split(r"[,\s]+", match["codes"] or "") if code)
    line_end = re.compile(r"[^\n\r]*").match(text, match.start())
    stop = line_end.end() if line_end else len(text)
    # the codes may run on into the next line, which is no part of the comment
    end = match.start() + len(text[match.start() : min(match.end(), stop)].rstrip())
    following = _NEXT_COMMENT.search(text, end, stop)
    stop = following.start() if following else stop
    reason = _REASON.match(text[:stop], end)
    return Directive(line, column, text[match.start() : stop].rstrip(), codes, reason["reason"] if reason else "")


def _statements(source: Source, lines: list[str]) -> Iterator[tuple[int, int, frozenset[int] | None]]:
    """Yield (first line, last line, lines with a comment) of each logical line; comments None: not tokenised."""
    if source.kind not in ("python", "notebook"):
        yield from ((number, number, None) for number in range(1, len(lines) + 1))
        return
    for start, stop in _cells(source, len(lines)):
        try:
            ranges = list(_logical(lines[start:stop], start))
        except (tokenize.TokenError, SyntaxError, IndentationError):
            yield from ((number, number, frozenset()) for number in range(start + 1, stop + 1))
        else:
            yield from ranges


def _cells(source: Source, count: int) -> list[tuple[int, int]]:
    """The half-open ranges of lines that are tokenised on their own, so that one bad cell harms no other."""
    if not source.places:
        return [(0, count)]
    starts = [
        number
        for number in range(min(count, len(source.places)))
        if number == 0 or source.places[number].cell != source.places[number - 1].cell
    ]
    return list(zip(starts, [*starts[1:], count], strict=True))


def _logical(lines: list[str], offset: int) -> Iterator[tuple[int, int, frozenset[int]]]:
    first, last = len(lines) + 2, -1
    comments: set[int] = set()
    for token in tokenize.generate_tokens(iter(lines).__next__):
        if token.type in (tokenize.ENDMARKER, tokenize.DEDENT):
            continue
        first, last = min(first, token.start[0]), max(last, token.end[0])
        if token.type == tokenize.COMMENT:
            comments.add(token.start[0] + offset)
        if token.type in (tokenize.NL, tokenize.NEWLINE):
            yield first + offset, min(last, len(lines)) + offset, frozenset(comments)
            first, last = len(lines) + 2, -1
            comments = set()


def _whole_file(source: Source) -> Directive | None:
    for number, line in enumerate(io.StringIO(source.text, newline=None), start=1):
        match = _NOQA_FILE.match(line)
        if match:
            reason = _REASON.match(line, match.end())
            column = len(line) - len(line.lstrip()) + 1
            return Directive(number, column, line.strip(), (), reason["reason"] if reason else "")
    return None


# ---------------------------------------------------------------- what there is to say about them

_Fault = tuple[str, Directive, "str | None"]  # code of the rule, the comment, the part of it meant


def _faults(
    by_line: dict[int, Directive],
    rules: tuple[Rule, ...],
    require_reasons: bool,
    everything: Callable[[], Sequence[Finding]] | None,
) -> list[_Fault]:
    faults: list[_Fault] = []
    names = {rule.name for rule in rules}
    distinct = {id(directive): directive for directive in by_line.values() if directive.comment}
    unused: list[_Fault] = []
    for directive in distinct.values():
        if directive.counts and not directive.codes and _slip(directive, names):
            faults.append((BLANKET, directive, None))
        elif require_reasons and directive.used and not directive.reason:
            faults.append((UNEXPLAINED, directive, None))
        for code in directive.codes:
            ours = re.fullmatch("MLS[0-9]*", code, re.IGNORECASE) and code in directive.text
            if ours and code not in directive.used:
                unused.append((UNUSED, directive, code))
    if unused and everything is not None:
        real = {(finding.text_line or finding.line, finding.code) for finding in everything()}
        hiding = {(id(by_line[line]), code) for line, code in real if line in by_line}
        unused = [
            (fault, directive, own)
            for fault, directive, own in unused
            if not any(who == id(directive) and code.startswith(own or "") for who, code in hiding)
        ]
    return faults + unused


def _slip(directive: Directive, names: set[str]) -> list[str]:
    """The codes that a blanket comment seems to have meant."""
    match = _SLIP.match(directive.text, len("# noqa"))
    if match is None:
        return []
    words = match["words"]
    if words in names:
        return [words]
    return ["MLS" + digits for digits in _CODE.findall(words)]


def _about(
    source: Source, faults: list[_Fault], rules: tuple[Rule, ...], selected: Callable[[Rule], bool]
) -> list[Finding]:
    by_code = {rule.code: rule for rule in rules}
    codes = {rule.name: rule.code for rule in rules}
    findings = []
    for code, directive, own in faults:
        rule = by_code.get(code)
        if rule is not None and selected(rule):
            findings.append(_finding(source, rule, directive, own, codes))
    return findings


def _finding(source: Source, rule: Rule, directive: Directive, own: str | None, codes: dict[str, str]) -> Finding:
    fix = None
    value = own or directive.text
    if rule.code == UNUSED and own is not None:
        fix = _without(source, directive, own)
    elif rule.code == BLANKET:
        meant = [codes.get(word, word) for word in _slip(directive, set(codes))]
        value = ", ".join(meant)
        tail = _SLIP.sub("", directive.text[len("# noqa") :], count=1).lstrip("])")
        fix = Fix("safe", (_edit(directive, f"# noqa: {value}{tail}"),))
    place = source.places[directive.line - 1] if 0 < directive.line <= len(source.places) else None
    return Finding(
        path=source.path,
        line=place.line if place else directive.line,
        column=directive.column,
        code=rule.code,
        name=rule.name,
        message=rule.message.replace("{value}", value),
        severity=rule.severity,
        confidence=rule.confidence,
        end_line=place.line if place else directive.line,
        end_column=directive.column + len(directive.text),
        guidelines=rule.guidelines,
        cwe=rule.cwe,
        cell=place.cell if place else None,
        cell_line=place.cell_line if place else None,
        fix=fix,
        excerpt=source.text.splitlines()[directive.line - 1].strip(),
        text_line=directive.line,
    )


def _without(source: Source, directive: Directive, own: str) -> Fix:
    """Drop the code `own`; with the last one goes the comment, and what the comment says after it."""
    rest = [code for code in directive.codes if code != own]
    if rest:
        head = re.match(r"# noqa:\s?", directive.text, re.IGNORECASE)
        listed = re.match(r"# noqa:\s?(?:[A-Z]+[0-9]+[,\s]*)+", directive.text, re.IGNORECASE)
        if head and listed:
            tail = directive.text[len(listed.group().rstrip()) :]
            return Fix("safe", (_edit(directive, head.group() + ", ".join(rest) + tail),))
    line = io.StringIO(source.text, newline=None).readlines()[directive.line - 1]
    before = line[: directive.column - 1].rstrip()
    edit = _edit(directive, "")
    start = len(before) + 1
    return Fix("safe", (Edit(edit.line, start, edit.end_line, edit.end_column, ""),))


def _edit(directive: Directive, text: str) -> Edit:
    return Edit(directive.line, directive.column, directive.line, directive.column + len(directive.text), text)
