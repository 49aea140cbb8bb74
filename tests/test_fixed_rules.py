"""Every fix of every rule, made in the examples and in any layout of their calls: what was found is gone, nothing else changed."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsec_lint import fix, proof, rules, suppress
from mlsec_lint.check import check
from mlsec_lint.model import Example, Finding, Rule, RuleFix, RuleSet, Settings

RULES = rules.load()
KINDS = ("matches", "assigns", "defaults", "entries", "commands", "texts", "requirements", "configs")
EVERYTHING = Settings(audit=True, preview=True)
PASSES = 3
FIXTURES = {
    str(path): path.read_text("utf-8")
    for path in sorted((Path(__file__).parent / "fixtures").rglob("*"))
    if path.suffix in (".py", ".sh", ".yml") or path.name == "Dockerfile"
}


def tables(rule: Rule) -> Iterator[tuple[str, int, RuleFix]]:
    """Yield kind, number and fix of each table of a rule that has one."""
    for kind in KINDS:
        for number, table in enumerate(getattr(rule, kind)):
            if table.fix is not None:
                yield kind, number, table.fix
    for number, endpoint in enumerate(rule.flow.to if rule.flow else ()):
        if endpoint.fix is not None:
            yield "flow", number, endpoint.fix


def only(rule: Rule, kind: str, number: int) -> Rule:
    """The rule with nothing but one of its tables."""
    tables: dict[str, Any] = dict.fromkeys(KINDS, ())
    flow = rule.flow
    if kind == "flow" and flow is not None:
        flow = replace(flow, to=(flow.to[number],))
    else:
        tables[kind], flow = (getattr(rule, kind)[number],), None
    return replace(rule, **tables, flow=flow)


def plain(text: str, filename: str) -> str:
    """The text without its marks, which in JSON are a part of a string."""
    return text if filename.endswith((".json", ".ipynb")) else proof.unmarked(text)


def found(text: str, filename: str, ruleset: RuleSet) -> list[Finding]:
    source = proof._source(text, filename)
    shown, _ = suppress.apply(source, check(source, ruleset, EVERYTHING), ruleset.rules)
    return shown


def mended(text: str, filename: str, ruleset: RuleSet) -> str:
    """The text after all passes."""
    for _ in range(PASSES):
        source = proof._source(text, filename)
        new = fix.apply(source, found(text, filename, ruleset), unsafe=True)
        if new == text:
            break
        text = new
    return text


def said(finding: Finding) -> tuple[str, str]:
    return finding.code, finding.message


def applied(findings: Sequence[Finding]) -> list[Finding]:
    return [one for one in findings if one.fix is not None and one.fix.safety != "display"]


MENDING = [rule for rule in RULES.rules if any(one.safety != "display" for _, _, one in tables(rule))]
EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.code}-{label}")
    for rule in RULES.rules
    for label, example in proof.examples(rule)
    if example.bad and list(tables(rule))
]


@pytest.mark.parametrize("rule", MENDING, ids=lambda rule: rule.code)
def test_every_rule_that_mends_shows_how_in_an_example(rule: Rule) -> None:
    assert any(example.fixed for example in rule.examples)


@pytest.mark.parametrize("rule", [rule for rule in RULES.rules if list(tables(rule))], ids=lambda rule: rule.code)
def test_every_fix_is_made_or_shown_in_an_example(rule: Rule) -> None:
    unmade: dict[tuple[str, RuleFix], str] = {}
    shown: set[tuple[str, RuleFix]] = set()  # of tables of one kind with the same fix, one is enough
    for kind, number, one in tables(rule):
        if (kind, one) in shown:
            continue
        alone = replace(RULES, rules=(only(rule, kind, number),), digest=f"{rule.code}{kind}{number}")
        texts = [(example.code, example.filename) for example in rule.examples if example.bad]
        texts += [(text, name) for name, text in FIXTURES.items() if rule.code in text]
        fixes = [finding.fix for text, name in texts for finding in found(plain(text, name), name, alone)]
        if any(made is not None and made.safety == one.safety for made in fixes):
            shown.add((kind, one))
        else:
            unmade[kind, one] = f"{kind}[{number}]"
    assert [place for key, place in unmade.items() if key not in shown] == []


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_what_was_found_is_gone_and_nothing_came(rule: Rule, example: Example) -> None:
    ruleset = proof.in_force(RULES, rule)
    text = plain(example.code, example.filename)
    before = found(text, example.filename, ruleset)
    after = mended(text, example.filename, ruleset)
    if example.filename.endswith(".py"):
        ast.parse(after)
    left = found(after, example.filename, ruleset)
    hidden = {code for one in RULES.rules for code in one.over}  # a finding may have stood behind another
    came = Counter(one.code for one in left) - Counter(one.code for one in before)
    assert set(came) <= hidden
    assert applied(left) == []
    gone = Counter(map(said, before)) - Counter(map(said, left))
    assert gone >= Counter(map(said, applied(before)))


# ---------------------------------------------------------------- any layout

GAPS = st.sampled_from(
    ["", " ", "  ", "\n", "\n    ", "\n\n  ", " # note\n", "  # a, b = (c)\n    ", "\\\n", "\t", "\f"]
)


def calls_of(text: str, findings: Sequence[Finding]) -> list[ast.Call]:
    """The calls that are reported with a fix, none inside another."""
    places = {(one.line, one.column - 1, one.end_line, one.end_column - 1) for one in applied(findings)}
    out: list[ast.Call] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            place = (node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)
            inside = any(node is not other and node in ast.walk(other) for other in out)
            if place in places and not inside:
                out.append(node)
    return out


def scrambled(draw: st.DrawFn, text: str, call: ast.Call) -> str:
    """The call with its keywords in any order, and any legal layout."""

    def source(node: ast.AST) -> str:
        return ast.get_source_segment(text, node) or ""

    starred = [one for one in call.keywords if one.arg is None]
    named = draw(st.permutations([one for one in call.keywords if one.arg is not None]))
    arguments = [source(one) for one in call.args]
    arguments += [f"{one.arg}{draw(st.sampled_from(['=', ' = ']))}{source(one.value)}" for one in named]
    arguments += [f"**{source(one.value)}" for one in starred]
    pieces = [piece for argument in arguments for piece in (draw(GAPS), argument, draw(GAPS), ",")]
    bare = any(isinstance(one, ast.GeneratorExp) for one in call.args)
    if pieces and (bare or draw(st.booleans())):
        pieces.pop()
    return f"{source(call.func)}({''.join(pieces)}{draw(GAPS)})"


def shape(text: str) -> str:
    """What a program means: its syntax tree with keywords in the order of their names."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            node.keywords.sort(key=lambda one: one.arg or "~")
    return ast.dump(tree)


LAYOUTS = [
    (rule, example)
    for rule in MENDING
    for example in rule.examples
    if example.bad
    and example.filename.endswith(".py")
    and calls_of(
        plain(example.code, example.filename),
        found(plain(example.code, example.filename), example.filename, proof.in_force(RULES, rule)),
    )
]


@pytest.mark.parametrize(("rule", "example"), LAYOUTS, ids=[f"{rule.code}-{n}" for n, (rule, _) in enumerate(LAYOUTS)])
@settings(max_examples=6)
@given(data=st.data())
def test_the_same_is_made_of_a_call_in_any_layout(rule: Rule, example: Example, data: st.DataObject) -> None:
    ruleset = proof.in_force(RULES, rule)
    text = plain(example.code, example.filename)
    calls = calls_of(text, found(text, example.filename, ruleset))

    @st.composite
    def layouts(draw: st.DrawFn) -> str:
        new = text
        lines = text.splitlines(keepends=True)
        for call in sorted(calls, key=lambda one: (one.lineno, one.col_offset), reverse=True):
            start = sum(map(len, lines[: call.lineno - 1])) + call.col_offset
            old = ast.get_source_segment(text, call) or ""
            new = new[:start] + scrambled(draw, text, call) + new[start + len(old) :]
        return new

    laid_out = data.draw(layouts())
    assert shape(laid_out) == shape(text)
    after = mended(laid_out, example.filename, ruleset)
    assert shape(after) == shape(mended(text, example.filename, ruleset))
    assert mended(after, example.filename, ruleset) == after
    assert applied(found(after, example.filename, ruleset)) == []
    assert after.count("# a, b") + after.count("# note") <= laid_out.count("# a, b") + laid_out.count("# note")


# ---------------------------------------------------------------- nothing but what was meant


def meant(rule: Rule) -> tuple[set[str], set[str], bool]:
    """The parameters that the rule's fixes touch, the functions they call, and whether statements go or values change."""
    names: set[str] = set()
    functions: set[str] = set()
    values = False
    for _, _, one in tables(rule):
        names |= {name for name, _ in one.set} | set(one.remove)
        functions |= {one.call.rpartition(".")[2]} if one.call else set()
        values |= bool(one.value or one.delete or one.replace)
    return names, functions, values


def differences(one: object, other: object, at: str = "") -> Iterator[str]:
    """Yield where two syntax trees differ: the nearest keyword, `()` for a position, `f()` for a callee, else the node."""
    if type(one) is not type(other):
        yield at
    elif isinstance(one, ast.Call) and isinstance(other, ast.Call):
        yield from (f"{name}()" for _ in differences(one.func, other.func) for name in [_last(other.func)])
        if len(one.args) != len(other.args):
            yield "()"
        for left, right in zip(one.args, other.args, strict=False):
            yield from differences(left, right, "()")
        mine, theirs = ({key.arg: key.value for key in node.keywords} for node in (one, other))
        yield from (str(name) for name in mine.keys() ^ theirs.keys())
        for name in mine.keys() & theirs.keys():
            yield from differences(mine[name], theirs[name], str(name))
    elif isinstance(one, ast.AST) and isinstance(other, ast.AST):
        for name in one._fields:
            yield from differences(getattr(one, name), getattr(other, name), at or type(one).__name__)
    elif isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            yield at
        for left, right in zip(one, other, strict=False):
            yield from differences(left, right, at)
    elif one != other:
        yield at


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def without_imports(text: str) -> ast.Module:
    tree = ast.parse(text)
    tree.body = [node for node in tree.body if not isinstance(node, (ast.Import, ast.ImportFrom))]
    return tree


@pytest.mark.parametrize(
    ("rule", "example"),
    [pytest.param(rule, example, id=f"{rule.code}-{n}") for n, (rule, example) in enumerate(LAYOUTS)],
)
def test_only_the_arguments_that_are_meant_differ(rule: Rule, example: Example) -> None:
    alone = replace(RULES, rules=(rule,), digest=f"alone{rule.code}")
    text = plain(example.code, example.filename)
    after = mended(text, example.filename, alone)
    names, functions, values = meant(rule)
    allowed = names | {f"{name}()" for name in functions} | ({"()"} if names or values else set())
    if not values:
        assert set(differences(without_imports(text), without_imports(after))) <= allowed
