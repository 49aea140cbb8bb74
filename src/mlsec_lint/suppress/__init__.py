"""`# noqa` comments: what they hide, which give no reason, which hide nothing.

Reads comments exactly as flake8 does, so that both doors say the same; must not know files, options or formats.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from mlsec_lint.model import Edit, Finding, Fix, Hidden, Rule, Source
from mlsec_lint.suppress.comments import Directive, directives, lines_of, mentions, whole_file
from mlsec_lint.suppress.excuses import excuse

__all__ = ["apply", "directives", "excuse"]

UNUSED, BLANKET, UNEXPLAINED = "MLS902", "MLS903", "MLS904"

_SLIP = re.compile(r"[ \t]*:?[ \t]*[\[(]?(?P<words>MLS[-_ ]?[0-9]+(?:[\s,;]+MLS[-_ ]?[0-9]+)*|[a-z]+(?:-[a-z]+)+)")
_CODE = re.compile(r"MLS[-_ ]?([0-9]+)", re.IGNORECASE)


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
    if not findings and not speaks_of_us(source):
        return [], []
    rules = tuple(rules)
    whole = whole_file(source)
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


def speaks_of_us(source: Source) -> bool:
    """Return whether a comment may be about our rules; nearly all are about others', and cost more to read exactly."""
    texts = (source.text, *(line.text for line in source.shell))
    return any(
        "mls" in found.lower() or _SLIP.match(found, len("# noqa")) for text in texts for found in mentions(text)
    )


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
    distinct = {id(directive): directive for directive in by_line.values() if directive.meant}
    unused: list[_Fault] = []
    for directive in distinct.values():
        if directive.counts and not directive.codes and _slip(directive, names):
            faults.append((BLANKET, directive, None))
        elif require_reasons and directive.used and not directive.reason:
            faults.append((UNEXPLAINED, directive, None))
        for code in directive.codes:
            if not re.fullmatch("MLS[0-9]*", code, re.IGNORECASE) or code not in directive.text:
                continue
            if not code.isupper():
                faults.append((BLANKET, directive, code))
            elif code not in directive.used:
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
    elif rule.code == BLANKET and own is not None:
        fix = Fix("safe", (_edit(directive, directive.text.replace(own, own.upper(), 1)),))
    elif rule.code == BLANKET:
        meant = [codes.get(word, word) for word in _slip(directive, set(codes))]
        value = ", ".join(meant)
        tail = _SLIP.sub("", directive.text[len("# noqa") :], count=1).lstrip("])")
        fix = Fix("safe", (_edit(directive, f"# noqa: {value}{tail}"),))
    elif rule.code == UNEXPLAINED:
        fix = Fix("display", (_edit(directive, f"{directive.text} -- <reason>"),))
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
        excerpt=lines_of(source)[directive.line - 1].strip(),
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
    line = lines_of(source)[directive.line - 1]
    before = line[: directive.column - 1].rstrip()
    edit = _edit(directive, "")
    start = len(before) + 1
    return Fix("safe", (Edit(edit.line, start, edit.end_line, edit.end_column, ""),))


def _edit(directive: Directive, text: str) -> Edit:
    return Edit(directive.line, directive.column, directive.line, directive.column + len(directive.text), text)
