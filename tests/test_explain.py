"""The page of a rule says everything that its file says, for the site and for the terminal."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from mlsec_lint import explain
from mlsec_lint.model import Example, Level, Rule, RuleFix

RULE = Rule(
    code="MLS101",
    name="bad-load",
    family="loading",
    summary="something is loaded",
    message="`{call}` loads",
    severity=Level.HIGH,
    confidence=Level.MEDIUM,
    status="stable",
    since="0.1",
    guidelines=("2.1", "3.2"),
    cwe=(502,),
    atlas=("AML.T0010",),
    owasp=("LLM03", "ML06"),
    references=("https://example.org/advisory",),
    why="It runs **code**, see [the advisory](https://example.org/a).",
    instead="Write:\n\n```python\nsafe(path)\n\nsafe(other)\n```\n\nThat is all.",
    path="rules/loading/MLS101-bad-load.toml",
    fix=RuleFix("unsafe", set=(("x", "True"),)),
    examples=(
        Example("load(path)  # MLS101\n", True, note="From a stranger.", fixed="load(path, x=True)  # MLS101\n"),
        Example("RUN load  # MLS101\n", True, filename="Dockerfile"),
        Example("safe(path)\n", False),
    ),
)


def test_a_page_has_a_title_and_says_how_sure_and_how_bad_it_is() -> None:
    lines = explain.page(RULE).splitlines()
    assert lines[0] == "# MLS101 bad-load"
    assert lines[2] == "Something is loaded."
    assert lines[4] == "**Severity:** high · **Confidence:** medium · **Status:** stable · **Since:** 0.1"


def test_the_parts_of_a_page_stand_in_order() -> None:
    assert re.findall("^## (.*)$", explain.page(RULE), re.MULTILINE) == [
        "What happens",
        "What to write instead",
        "Reported",
        "Not reported",
        "Fix",
        "Guidelines",
        "Classification",
        "References",
        "How to allow it",
    ]


def test_parts_that_were_not_loaded_are_left_out() -> None:
    bare = replace(RULE, why="", instead="", references=(), examples=(), fix=None, over=("MLS102",))
    assert re.findall("^## (.*)$", explain.page(bare), re.MULTILINE) == [
        "Beside other rules",
        "Guidelines",
        "Classification",
        "How to allow it",
    ]


def test_examples_are_shown_whole_with_their_notes_and_what_mends_them() -> None:
    page = explain.page(RULE)
    assert "From a stranger.\n\n```python\nload(path)  # MLS101\n```" in page
    assert "Mended:\n\n```python\nload(path, x=True)  # MLS101\n```" in page
    assert "In `Dockerfile`:\n\n```dockerfile\nRUN load  # MLS101\n```" in page


def test_an_example_that_holds_a_fence_gets_a_longer_one() -> None:
    page = explain.page(replace(RULE, examples=(Example('text = """\n```\n"""\n', False),)))
    assert '````python\ntext = """\n```\n"""\n````' in page


@pytest.mark.parametrize(
    "link",
    [
        "[2.1 Secure your supply chain](https://www.ncsc.gov.uk/",
        "[3.2 Protect your model continuously](https://www.ncsc.gov.uk/",
        "[CWE-502](https://cwe.mitre.org/data/definitions/502.html)",
        "[MITRE ATLAS AML.T0010](https://atlas.mitre.org/techniques/AML.T0010)",
        "[OWASP LLM03](https://genai.owasp.org/",
        "[OWASP ML06](https://owasp.org/www-project-machine-learning-security-top-10/)",
        "<https://example.org/advisory>",
    ],
)
def test_a_page_links_to_where_the_fault_is_described(link: str) -> None:
    assert link in explain.page(RULE)


def test_a_page_says_how_to_allow_what_the_rule_reports() -> None:
    page = explain.page(RULE)
    assert "# noqa: MLS101 -- " in page
    assert 'per-file-ignores = { "tests/**" = ["MLS101"] }' in page


@pytest.mark.parametrize(
    ("safety", "words"),
    [("safe", "check --fix` mends"), ("unsafe", "--fix --unsafe-fixes` mends"), ("display", "never applied")],
)
def test_a_page_says_how_safe_the_fix_is(safety: str, words: str) -> None:
    assert words in explain.page(replace(RULE, fix=RuleFix(safety, remove=("x",))))


@pytest.mark.parametrize("status", ["preview", "deprecated", "removed"])
def test_a_page_says_what_a_status_other_than_stable_means(status: str) -> None:
    assert f"**Status:** {status}: " in explain.page(replace(RULE, status=status))


def test_the_terminal_shows_code_indented_and_links_written_out() -> None:
    text = explain.terminal(RULE)
    assert "Write:\n\n    safe(path)\n\n    safe(other)\n\nThat is all." in text
    assert "It runs code, see the advisory <https://example.org/a>." in text
    assert "Severity: high · Confidence: medium" in text
    assert not re.search(r"```|\*\*[a-zA-Z]|^#+ [A-Z]", text, re.MULTILINE)


def test_asterisks_in_code_stay() -> None:
    rule = replace(RULE, instead="```python\nf(**a, **b)\n```")
    assert "    f(**a, **b)" in explain.terminal(rule)


def test_colours_change_nothing_but_the_look() -> None:
    painted = explain.terminal(RULE, color=True)
    assert "\x1b[1mMLS101 bad-load\x1b[0m" in painted
    assert re.sub(r"\x1b\[\d+m", "", painted) == explain.terminal(RULE)
    assert "\x1b" not in explain.terminal(RULE)
