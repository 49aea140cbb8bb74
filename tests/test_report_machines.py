"""GitHub, GitLab and JUnit; and that every format tells of the same findings."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import replace

import pytest

from mlsec_lint.report import FORMATS, View, render
from mlsec_lint.report.github import step_summary

Golden = Callable[[str, str], None]


def test_github_is_as_agreed(view: View, is_golden: Golden) -> None:
    is_golden("report-github.txt", render("github", view))


def test_the_step_summary_is_as_agreed(view: View, is_golden: Golden) -> None:
    is_golden("report-github.md", step_summary(view))


def test_gitlab_is_as_agreed(view: View, is_golden: Golden) -> None:
    is_golden("report-gitlab.json", render("gitlab", view))


def test_junit_is_as_agreed(view: View, is_golden: Golden) -> None:
    is_golden("report-junit.xml", render("junit", view))


def test_github_annotates_the_worst_first(view: View) -> None:
    kinds = [line.split()[0] for line in render("github", view).splitlines()]
    assert kinds == ["::error", *["::warning"] * 4, "::notice"]


def test_github_escapes_what_would_end_a_property(view: View) -> None:
    line = next(line for line in render("github", view).splitlines() if "odd" in line)
    assert "file=src/odd%2C name 100%25.py,line=3" in line


def test_gitlab_fingerprints_are_unique(view: View) -> None:
    issues = json.loads(render("gitlab", view))
    assert len({one["fingerprint"] for one in issues}) == len(issues) == 6


def test_junit_counts_what_it_holds(view: View) -> None:
    suite = ElementTree.fromstring(render("junit", view)).find("testsuite")
    assert suite is not None
    assert suite.get("tests") == str(len(suite.findall("testcase"))) == "11"
    assert suite.get("failures") == str(len(suite.findall("*/failure"))) == "5"
    assert suite.get("errors") == str(len(suite.findall("*/error"))) == "2"
    assert suite.get("skipped") == str(len(suite.findall("*/skipped"))) == "4"


def test_junit_leaves_out_what_xml_cannot_hold(view: View) -> None:
    one = replace(view.report.findings[0], message="a \x00 b \x1b ]]> \ud800")
    text = render("junit", replace(view, report=replace(view.report, findings=(one,))))
    ElementTree.fromstring(text.encode("utf-8"))


def test_junit_passes_where_nothing_was_found(empty_view: View) -> None:
    suite = ElementTree.fromstring(render("junit", empty_view)).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("1", "0", "0")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_tells_of_every_finding(view: View, name: str) -> None:
    text = render(name, replace(view, unfold=True))
    findings = view.report.findings
    for code in {one.code for one in findings}:
        places = sum(1 for one in findings if one.code == code)
        shown = {
            "text": len(re.findall(rf"^\w+\[{code}\]", text, re.MULTILINE)),
            "concise": len(re.findall(rf": {code} ", text)),
            "json": sum(1 for one in json.loads(text)["findings"] if one["code"] == code) if name == "json" else 0,
            "sarif": _sarif_shown(text, code) if name == "sarif" else 0,
            "github": len(re.findall(rf"title={code} ", text)),
            "gitlab": text.count(f'"check_name": "{code}"'),
            "junit": len(re.findall(rf'<(?:failure|error) type="{code}"', text)),
            "html": sum(f'<div class="place" id="{one.fingerprint}">' in text for one in findings if one.code == code),
        }
        assert shown[name] == places, code


def _sarif_shown(text: str, code: str) -> int:
    results = json.loads(text)["runs"][0]["results"]
    return sum(1 for one in results if one["ruleId"] == code and not one["suppressions"])


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    ("line", "secret", "shown"),
    [
        (
            'client = Client(key="sk-proj-abcdef0123456789")',
            "abcdef0123456789",
            'Client(key="sk-p********************")',
        ),
        ("ENV TOKEN=hf_abcdefghij0123456789klmnopqrst", "abcdefghij0123456789", "ENV TOKEN=hf_a"),
        ("wandb login 0123456789abcdef0123456789abcdef01234567", "456789abcdef", "wandb login 0123****"),
    ],
)
def test_no_report_hands_a_credential_on(view: View, name: str, line: str, secret: str, shown: str) -> None:
    one = replace(view.report.findings[-1], cwe=(798,), excerpt=line, fix=None, related=())
    report = replace(view.report, findings=(one,), hidden=(), unread=(), lines={(one.path, one.line): line})
    text = render(name, replace(view, report=report, pages={}))
    assert secret not in text
    if name == "text":
        assert shown in text


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_can_say_that_there_is_nothing(empty_view: View, name: str) -> None:
    assert "MLS" not in render(name, empty_view)
