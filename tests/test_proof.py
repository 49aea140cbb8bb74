"""Running examples tells each line that is not as it says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlsec_lint import check as checker
from mlsec_lint import proof
from mlsec_lint.model import Apis, Example, Finding, Level, Match, Rule, RuleSet, Settings, Source, SourceError

BASE = Rule(
    code="MLS101",
    name="x",
    family="loading",
    summary="x",
    message="it is wrong",
    severity=Level.HIGH,
    confidence=Level.HIGH,
    status="stable",
    since="0.1",
    guidelines=("2.1",),
    cwe=(1,),
    atlas=(),
    owasp=(),
    references=(),
    why="x",
    instead="x",
    path="rules/loading/MLS101-x.toml",
    matches=(Match(("pkg.load",)),),
)
AT = "rules/loading/MLS101-x.toml"


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that reports the codes after `hits`, at low confidence after `guess`, and stumbles over `crash`."""

    def check(source: Source, rules: RuleSet, settings: Settings, lock: object = None) -> list[Finding]:
        codes = {rule.code for rule in rules.rules}
        found = []
        for number, line in enumerate(source.text.splitlines(), 1):
            words = line.partition("#")[0].split()
            if words[:1] == ["crash"]:
                raise SourceError(source.path, "line 1", "it broke")
            level = Level.LOW if words[:1] == ["guess"] else Level.HIGH
            found += [
                Finding(source.path, number, 1, code, "x", "it is wrong", Level.HIGH, level, number, 2)
                for code in words[1:]
                if code in codes
            ]
        return found

    monkeypatch.setattr(checker, "check", check)


def ruleset(*rules: Rule) -> RuleSet:
    return RuleSet(rules, Apis({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, (), {}), "digest")


def said(code: str, bad: bool = True, rule: Rule = BASE, others: tuple[Rule, ...] = ()) -> list[str]:
    rule = replace(rule, examples=(Example(code, bad),))
    ((label, example),) = proof.examples(rule)
    return proof.run(ruleset(rule, *others), rule, label, example)


OTHER = replace(BASE, code="MLS102", path="rules/loading/MLS102-y.toml")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("hits MLS101  # MLS101", []),
        ("fine\nhits MLS101 MLS102  # MLS101, MLS102", []),
        ("guess MLS101  # MLS101 audit", []),
        ("hits MLS101  # MLS101\nguess MLS102", []),
        ("fine  # MLS101", [f"{AT}: bad[0] line 1: expected MLS101, got nothing"]),
        (
            "hits MLS102  # MLS101",
            [
                f"{AT}: bad[0] line 1: expected MLS101, got MLS102",
                f"{AT}: bad[0] line 1: expected no MLS102, got it: it is wrong",
            ],
        ),
        (
            "hits MLS101  # MLS101\nhits MLS101",
            [f"{AT}: bad[0] line 2: expected no MLS101, got it: it is wrong"],
        ),
        ("guess MLS101  # MLS101", [f"{AT}: bad[0] line 1: expected MLS101, got it at low confidence"]),
        ("hits MLS101  # MLS101 audit", [f"{AT}: bad[0] line 1: expected MLS101 audit, got it at high confidence"]),
        ("hits MLS102  # MLS102", [f"{AT}: bad[0]: no line is marked with MLS101"]),
        ("crash  # MLS101", [f"{AT}: bad[0]: not checked: SourceError: example.py: line 1: it broke"]),
    ],
)
def test_each_line_that_is_not_as_marked_is_told(code: str, expected: list[str]) -> None:
    assert said(code, others=(OTHER,)) == expected


def test_a_good_example_is_silent_and_unmarked() -> None:
    assert said("fine", bad=False) == []
    assert said("hits MLS101", bad=False) == [f"{AT}: good[0] line 1: expected no MLS101, got it: it is wrong"]
    assert said("hits MLS101  # MLS101", bad=False) == [f"{AT}: good[0]: a line is marked with MLS101"]


def test_a_preview_rule_is_run_for_the_examples_of_its_own_file_only() -> None:
    preview = replace(OTHER, status="preview")
    assert said("hits MLS101 MLS102  # MLS101", others=(preview,)) == []
    assert said("hits MLS102  # MLS102", rule=preview) == []


def test_a_removed_rule_has_nothing_to_prove() -> None:
    assert said("hits", rule=replace(BASE, status="removed")) == []


def test_marks_are_read_in_the_strings_of_a_notebook() -> None:
    text = '"a()  # MLS101\\n",\n"b()  # MLS102, MLS103 audit"\n"c() # MLS101 is fine"\n'
    assert proof.marks(text) == {1: {"MLS101": Level.MEDIUM}, 2: {"MLS102": Level.MEDIUM, "MLS103": Level.LOW}}


def test_names_that_no_example_speaks_of_are_told() -> None:
    rule = replace(BASE, matches=(Match(("pkg.sub.load", "pkg.*.read", "pkg.Class.gone", "builtins.eval")),))
    texts = ["import pkg\npkg.load()", "gone", "eval(x)"]
    assert proof.unseen([rule], texts) == [f"{AT}: match[0].call: pkg.Class.gone occurs in no example"]
    assert proof.unseen([rule], [*texts, "Class().gone()"]) == []


def test_proving_covers_the_chosen_rules() -> None:
    wrong = replace(BASE, examples=(Example("fine  # MLS101", True), Example("fine", False)))
    other = replace(OTHER, examples=(Example("pkg.load  # MLS102", True),))
    everything = proof.prove(ruleset(wrong, other))
    assert everything == [
        f"{AT}: bad[0] line 1: expected MLS101, got nothing",
        "rules/loading/MLS102-y.toml: bad[0] line 1: expected MLS102, got nothing",
    ]
    assert proof.prove(ruleset(wrong, other), {"MLS102"}) == everything[1:]
    assert proof.prove(ruleset(wrong), texts=["pkg.load"]) == everything[:1]
