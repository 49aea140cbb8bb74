"""Run the examples of rules, and say where they do not hold; must not know where rule files are or how they are read.

In an example a line ending in `# MLS101` is to be reported with that code, `# MLS101 audit` at low confidence, and
every other line is to be silent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace

from mlsec_lint import check as checker
from mlsec_lint import lockfile, suppress
from mlsec_lint import source as sources
from mlsec_lint.model import Example, Finding, Level, Rule, RuleSet, Settings, Source, SourceError

Lines = dict[int, dict[str, Level]]  # line -> code -> highest confidence

# The end of a line, or of a line's string in a notebook's JSON.
_MARKS = re.compile(r"#\s*(MLS\d{3}(?: audit)?(?:\s*,\s*MLS\d{3}(?: audit)?)*)\s*(?:(?:\\n)?\",?)?\s*$")
_UNREAD = "MLS901"
_WORD = re.compile(r"[A-Za-z_]\w*")


def prove(rules: RuleSet, codes: Collection[str] | None = None, texts: Iterable[str] = ()) -> list[str]:
    """Return one sentence for each way in which an example of `rules` (only those with `codes`) does not hold.

    `texts` are further Python texts in which the names that rules speak of may occur.
    """
    wanted = [rule for rule in rules.rules if codes is None or rule.code in codes]
    said = [one for rule in wanted for label, example in examples(rule) for one in run(rules, rule, label, example)]
    everything = [*texts, *(example.code for rule in rules.rules for example in rule.examples)]
    return said + unseen(wanted, everything)


def examples(rule: Rule) -> Iterator[tuple[str, Example]]:
    """Yield the examples of a rule with their keys: `bad[0]`, `bad[1]`, `good[0]`..."""
    counts = {True: 0, False: 0}
    for example in rule.examples:
        yield f"{'bad' if example.bad else 'good'}[{counts[example.bad]}]", example
        counts[example.bad] += 1


def run(rules: RuleSet, rule: Rule, label: str, example: Example) -> list[str]:
    """Return what is wrong with one example of `rule`."""
    if rule.status == "removed":
        return []
    at = f"{rule.path}: {label}"
    expected = marks(example.code)
    said = []
    marked = any(rule.code in codes for codes in expected.values())
    if marked is not example.bad:
        said.append(f"{at}: {'no' if example.bad else 'a'} line is marked with {rule.code}")
    ours = in_force(rules, rule)
    lock = lockfile.parse(example.lock.encode(), lockfile.NAME) if example.lock else None
    said += compare(at, expected, lambda: _findings(_source(example.code, example.filename), ours, rule, lock))
    return said + (_mended(at, ours, rule, example) if example.fixed else [])


def run_text(rules: RuleSet, shown: str, text: str) -> list[str]:
    """Return what is wrong with the marks in the text of a file called `shown`; preview rules are in force."""
    return compare(
        shown, marks(text), lambda: checker.check(_source(text, shown), rules, Settings(audit=True, preview=True))
    )


def unmarked(text: str) -> str:
    """Return the text without its marks."""
    return "".join(_MARKS.sub("", line).rstrip(" ") if _MARKS.search(line) else line for line in _with_ends(text))


def _with_ends(text: str) -> list[str]:
    return [part for line in text.splitlines(keepends=True) for part in re.split(r"(?=\n$)", line)]


def in_force(rules: RuleSet, rule: Rule) -> RuleSet:
    """Return the rules that judge the examples of `rule`: itself, and all that are not in preview."""
    kept = tuple(one for one in rules.rules if one.status != "preview" or one.code == rule.code)
    return replace(rules, rules=kept, digest=f"{rules.digest}+{rule.code if rule.status == 'preview' else ''}")


def marks(text: str) -> Lines:
    """Return the codes that the lines of `text` are marked with, and the least confidence wanted."""
    found: Lines = {}
    for number, line in enumerate(text.splitlines(), 1):
        match = _MARKS.search(line)
        if match:
            words = [mark.split() for mark in match[1].split(",")]
            found[number] = {mark[0]: Level.LOW if len(mark) > 1 else Level.MEDIUM for mark in words}
    return found


def compare(at: str, expected: Lines, find: Callable[[], list[Finding]]) -> list[str]:
    """Return the differences between marks and findings, each beginning with the place `at`."""
    try:
        findings = find()
    except Exception as error:  # whatever happens in one example, the others are still to be run
        return [f"{at}: not checked: {type(error).__name__}: {error}"]
    found: Lines = {}
    messages: dict[tuple[int, str], str] = {}
    for one in findings:
        codes = found.setdefault(one.line, {})
        codes[one.code] = max(codes.get(one.code, Level.LOW), one.confidence)
        messages[one.line, one.code] = one.message
    said = []
    for line in sorted({*expected, *found}):
        wanted, got = expected.get(line, {}), found.get(line, {})
        for code, level in sorted(wanted.items()):
            if code not in got:
                loud = ", ".join(sorted(set(got) - set(wanted))) or "nothing"
                said.append(f"{at} line {line}: expected {code}, got {loud}")
            elif (level is Level.LOW) != (got[code] is Level.LOW):
                mark = f"{code} audit" if level is Level.LOW else code
                said.append(f"{at} line {line}: expected {mark}, got it at {got[code]} confidence")
        for code in sorted(set(got) - set(wanted)):
            if got[code] is not Level.LOW:
                said.append(f"{at} line {line}: expected no {code}, got it: {messages[line, code]}")
    return said


def unseen(rules: Iterable[Rule], texts: Iterable[str]) -> list[str]:
    """Return a sentence for each dotted name in the tables of `rules` that occurs in none of the `texts`.

    A name occurs in a text that holds its last two parts, or its last part and its root.
    """
    seen = [frozenset(_WORD.findall(text)) for text in texts]
    told: dict[str, str] = {}
    for rule in rules:
        for key, name in _names(rule):
            if name in told or "*" in name or rule.status == "removed":
                continue
            parts = [part for part in _WORD.findall(name) if part != "builtins"]
            pairs = [{*parts[-2:]}, {parts[0], parts[-1]}]
            if not any(pair <= words for words in seen for pair in pairs):
                told[name] = f"{rule.path}: {key}: {name} occurs in no example"
    return list(told.values())


def _names(rule: Rule) -> Iterator[tuple[str, str]]:
    for number, match in enumerate(rule.matches):
        yield from ((f"match[{number}].call", name) for name in match.calls)
    for number, assign in enumerate(rule.assigns):
        yield from ((f"assign[{number}].target", name) for name in assign.targets)
    if rule.flow is not None:
        yield from (("flow.to", endpoint.call) for endpoint in rule.flow.to)


def _source(text: str, filename: str) -> Source:
    return sources.from_text(text, filename, sources.kind_of(filename, configs=True) or "python")


def _findings(source: Source, rules: RuleSet, rule: Rule, lock: lockfile.Lock | None) -> list[Finding]:
    settings = Settings(audit=True, preview=True)
    if rule.family != "linting":
        return checker.check(source, rules, settings, lock=lock)
    try:
        findings = checker.check(source, rules, settings)
    except SourceError as error:
        return [_unread(source, error, rule)]
    shown, _ = suppress.apply(source, findings, rules.rules, require_reasons=True)
    return [one for one in shown if one.code == rule.code]


def _unread(source: Source, error: SourceError, rule: Rule) -> Finding:
    number = re.search(r"\d+", error.place)
    line = int(number[0]) if number else 1
    return Finding(source.path, line, 1, _UNREAD, rule.name, str(error), rule.severity, rule.confidence, line, 1)


def _mended(at: str, rules: RuleSet, rule: Rule, example: Example) -> list[str]:
    """Return how far applying the fixes is from the example's `fixed`."""
    try:
        from mlsec_lint import fix
    except ImportError:
        return []
    settings = Settings(audit=True, preview=True)

    def mend(text: str) -> str:
        source = _source(text, example.filename)
        return fix.apply(source, checker.check(source, rules, settings), unsafe=True)

    try:
        once = mend(unmarked(example.code))
        twice = mend(once)
    except Exception as error:  # as in `compare`
        return [f"{at}.fixed: not mended: {type(error).__name__}: {error}"]
    wanted = unmarked(example.fixed)
    if once != wanted:
        return [f"{at}.fixed: {_first_difference(wanted, once)}"]
    return [f"{at}.fixed: a second run changes it again"] if twice != once else []


def _first_difference(wanted: str, got: str) -> str:
    pairs = zip([*wanted.splitlines(), ""], [*got.splitlines(), ""], strict=False)
    for number, (one, other) in enumerate(pairs, 1):
        if one != other:
            return f"line {number}: expected {one!r}, got {other!r}"
    return "has more or fewer lines than what the fix gives"
