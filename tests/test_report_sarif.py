"""SARIF: its form, and what code scanning services make of it.

The form is held to `sarif_om`, the object model that was generated from the official schema: every property has to be
one of its class, and every required one has to be there.  Where SARIF_SCHEMA names the official schema file, the whole
log is validated by it as well.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import attr
import jsonschema
import pytest

from mlsec_lint.baseline import fingerprinted
from mlsec_lint.report import View, render

# (class, property) -> class of what the property holds
CLASSES = {
    ("SarifLog", "runs"): "Run",
    ("Run", "tool"): "Tool",
    ("Run", "invocations"): "Invocation",
    ("Run", "results"): "Result",
    ("Tool", "driver"): "ToolComponent",
    ("ToolComponent", "rules"): "ReportingDescriptor",
    ("ReportingDescriptor", "shortDescription"): "MultiformatMessageString",
    ("ReportingDescriptor", "fullDescription"): "MultiformatMessageString",
    ("ReportingDescriptor", "help"): "MultiformatMessageString",
    ("ReportingDescriptor", "defaultConfiguration"): "ReportingConfiguration",
    ("Invocation", "toolExecutionNotifications"): "Notification",
    ("Notification", "message"): "Message",
    ("Notification", "locations"): "Location",
    ("Result", "message"): "Message",
    ("Result", "locations"): "Location",
    ("Result", "relatedLocations"): "Location",
    ("Result", "codeFlows"): "CodeFlow",
    ("Result", "suppressions"): "Suppression",
    ("Result", "fixes"): "Fix",
    ("Location", "message"): "Message",
    ("Location", "physicalLocation"): "PhysicalLocation",
    ("Location", "logicalLocations"): "LogicalLocation",
    ("PhysicalLocation", "artifactLocation"): "ArtifactLocation",
    ("PhysicalLocation", "region"): "Region",
    ("Region", "snippet"): "ArtifactContent",
    ("CodeFlow", "threadFlows"): "ThreadFlow",
    ("ThreadFlow", "locations"): "ThreadFlowLocation",
    ("ThreadFlowLocation", "location"): "Location",
    ("Fix", "description"): "Message",
    ("Fix", "artifactChanges"): "ArtifactChange",
    ("ArtifactChange", "artifactLocation"): "ArtifactLocation",
    ("ArtifactChange", "replacements"): "Replacement",
    ("Replacement", "deletedRegion"): "Region",
    ("Replacement", "insertedContent"): "ArtifactContent",
}
ENUMS = {
    ("SarifLog", "version"): {"2.1.0"},
    ("Run", "columnKind"): {"utf16CodeUnits", "unicodeCodePoints"},
    ("Result", "level"): {"none", "note", "warning", "error"},
    ("Notification", "level"): {"none", "note", "warning", "error"},
    ("ReportingConfiguration", "level"): {"none", "note", "warning", "error"},
    ("Suppression", "kind"): {"inSource", "external"},
}
MAPS = {"properties", "partialFingerprints", "originalUriBaseIds"}


def _log(view: View) -> Any:
    return json.loads(render("sarif", view))


def _faults(value: Any, name: str, place: str) -> list[str]:
    """What is wrong with an object that should be a `name` of the object model."""
    sarif_om = pytest.importorskip("sarif_om", reason="needs sarif-om, the object model of the official schema")
    fields = {one.metadata["schema_property_name"]: one for one in attr.fields(getattr(sarif_om, name))}
    faults = [f"{place}: no {key}" for key, one in fields.items() if one.default is attr.NOTHING and key not in value]
    for key, inner in value.items():
        here = f"{place}.{key}"
        if key not in fields:
            faults.append(f"{here}: unknown")
        elif (name, key) in ENUMS and inner not in ENUMS[name, key]:
            faults.append(f"{here}: {inner!r}")
        elif key in MAPS:
            continue
        elif (name, key) in CLASSES:
            wanted = CLASSES[name, key]
            many = inner if isinstance(inner, list) else [inner]
            for number, one in enumerate(many):
                faults += _faults(one, wanted, f"{here}[{number}]")
        elif isinstance(inner, dict) or (isinstance(inner, list) and any(isinstance(one, dict) for one in inner)):
            faults.append(f"{here}: the test does not know its class")
    return faults


@pytest.mark.parametrize("name", ["view", "empty_view"])
def test_sarif_has_the_form_of_the_standard(name: str, request: pytest.FixtureRequest) -> None:
    log = _log(request.getfixturevalue(name))
    del log["$schema"]
    assert _faults(log, "SarifLog", "log") == []


def test_the_form_test_sees_unknown_and_missing_properties(view: View) -> None:
    log = _log(view)
    del log["$schema"]
    log["runs"][0]["results"][0]["colour"] = "red"
    del log["runs"][0]["tool"]["driver"]["name"]
    log["runs"][0]["results"][0]["level"] = "bad"
    assert len(_faults(log, "SarifLog", "log")) == 3


@pytest.mark.skipif("SARIF_SCHEMA" not in os.environ, reason="SARIF_SCHEMA names no copy of the official schema")
def test_sarif_is_valid_by_the_official_schema(view: View) -> None:
    schema = json.loads(Path(os.environ["SARIF_SCHEMA"]).read_text(encoding="utf-8"))
    jsonschema.validators.validator_for(schema)(schema).validate(_log(view))


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
