"""Every example of every rule file holds, and what must be true of all rules is."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from mlsec_lint import explain, proof, rules
from mlsec_lint.model import GUIDELINES, Example, Rule, RuleError, RuleSet

ROOT = Path(__file__).resolve().parents[1]
FIXTURES = sorted((ROOT / "tests" / "fixtures").rglob("*.py"))
FAMILIES = [path.name for path in (ROOT / "rules").iterdir() if path.is_dir()]

# Items of which a linter can hold code to something; the others need people.
CHECKABLE = ("1.3", "1.4", "2.1", "2.2", "2.3", "2.4", "3.1", "3.2", "3.5", "4.3")


def _load() -> tuple[RuleSet, tuple[RuleError, ...]]:
    """One mistaken rule file is one failing test, not a run without tests."""
    try:
        return rules.load(keep=False), ()
    except rules.RuleErrors as error:
        return error.rules, error.errors


RULES, MISTAKES = _load()
EXAMPLES = [
    pytest.param(rule, label, example, id=f"{rule.code}-{label.replace('[', '-').rstrip(']')}")
    for rule in RULES.rules
    for label, example in proof.examples(rule)
]
EACH_RULE = pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.code) for rule in RULES.rules])


def test_no_rule_file_holds_a_mistake() -> None:
    assert [str(error) for error in MISTAKES] == []


@pytest.mark.parametrize(("rule", "label", "example"), EXAMPLES)
def test_an_example_is_reported_where_it_says_so_and_nowhere_else(rule: Rule, label: str, example: Example) -> None:
    assert proof.run(RULES, rule, label, example) == []


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, id=path.relative_to(ROOT).as_posix()) for path in FIXTURES if path.parent.name in FAMILIES],
)
def test_a_fixture_is_reported_where_it_says_so_and_nowhere_else(path: Path) -> None:
    shown = path.relative_to(ROOT).as_posix()
    assert proof.run_text(RULES, shown, path.read_text(encoding="utf-8")) == []


@EACH_RULE
def test_each_name_a_rule_speaks_of_occurs_in_an_example(rule: Rule) -> None:
    texts = [path.read_text(encoding="utf-8") for path in FIXTURES]
    texts += [example.code for one in RULES.rules for example in one.examples]
    assert proof.unseen([rule], texts) == []


@EACH_RULE
def test_what_is_reported_reads_as_one_line(rule: Rule) -> None:
    messages = [rule.message, *(one.message for one in rule.matches), *(one.message for one in rule.commands)]
    messages += [*(one.message for one in rule.assigns), *(one.message for one in rule.texts)]
    assert [one for one in messages if "\n" in one or one != one.strip() or one.endswith(".")] == []


@EACH_RULE
def test_the_advice_of_a_rule_is_python_that_compiles(rule: Rule) -> None:
    blocks = rule.instead.split("```python\n")[1:]
    for block in blocks:
        ast.parse(block.split("```")[0])


@EACH_RULE
def test_the_page_of_a_rule_shows_all_its_examples(rule: Rule) -> None:
    page = explain.page(rule)
    assert [one.code for one in rule.examples if one.code.strip("\n") not in page] == []


@EACH_RULE
def test_a_rule_says_who_did_this_to_whom_or_that_nobody_is_known_to_have(rule: Rule) -> None:
    told = re.search(r"CVE-\d{4}-\d{4,}|GHSA-[\w-]+|\b(19|20)\d\d\b|\b[Nn]o incident|\bNo published\b", rule.case)
    assert told


@EACH_RULE
def test_a_rule_says_when_not_to_worry(rule: Rule) -> None:
    assert len(rule.fine) > 40


def test_no_two_rules_say_the_same() -> None:
    counts = Counter(
        text for rule in RULES.rules for text in {rule.summary, rule.message, rule.why, rule.case, rule.fine}
    )
    assert [text for text, count in counts.items() if count > 1] == []


def test_at_most_one_rule_in_ten_needs_a_visitor() -> None:
    with_visitor = [rule.code for rule in RULES.rules if rule.visitor]
    assert len(with_visitor) * 10 <= len(RULES.rules)


@pytest.mark.parametrize("item", CHECKABLE)
def test_each_item_of_the_guidelines_that_code_can_be_held_to_has_a_stable_rule(item: str) -> None:
    assert item in GUIDELINES
    assert [rule.code for rule in RULES.rules if item in rule.guidelines and rule.status == "stable"]
