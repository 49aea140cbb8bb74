"""SARIF 2.1.0, for code scanning services and viewers.

The form is OASIS' "Static Analysis Results Interchange Format (SARIF) Version 2.1.0 Plus Errata 01".
"""

from __future__ import annotations

import json
import os
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from mlsec_lint.model import HOME, Edit, Finding, Hidden, Level, Rule
from mlsec_lint.report.view import View, line_of

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_BASE = "%SRCROOT%"
_LEVELS = {Level.HIGH: "error", Level.MEDIUM: "warning", Level.LOW: "note"}
_SCORES = {Level.HIGH: "8.0", Level.MEDIUM: "5.5", Level.LOW: "2.5"}  # GitHub: high from 7.0, medium from 4.0
_KINDS = {"noqa": "inSource"}


def render(view: View) -> str:
    """Return one SARIF log with one run."""
    return json.dumps(document(view), indent=2) + "\n"


def document(view: View) -> dict[str, Any]:
    """Return the log as plain values; hidden findings are results with suppressions."""
    report = view.report
    every: list[tuple[Finding, Hidden | None]] = [(one, None) for one in report.findings]
    every += [(hidden.finding, hidden) for hidden in report.hidden]
    every.sort(key=lambda pair: pair[0].order)
    codes = sorted({one.code for one, _ in every})
    run = {
        "tool": {
            "driver": {
                "name": "mlsec-lint",
                "version": view.version,
                "informationUri": HOME,
                "rules": [_rule(view, code, every) for code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_BASE: {"uri": _folder(view.root)}},
        "invocations": [_invocation(view)],
        "results": [_result(view, one, hidden, codes.index(one.code)) for one, hidden in every],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(view: View, code: str, every: list[tuple[Finding, Hidden | None]]) -> dict[str, Any]:
    rule = view.rules.get(code)
    one = next(one for one, _ in every if one.code == code)
    if rule is None:
        return {"id": code, "name": _pascal(one.name), "shortDescription": {"text": one.message}}
    return {
        "id": code,
        "name": _pascal(rule.name),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": " ".join(rule.why.split()) or rule.summary},
        "help": _help(view, rule),
        **({"helpUri": one.url} if one.url else {}),
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "tags": [
                "security",
                *(f"external/cwe/cwe-{number:03d}" for number in rule.cwe),
                *(f"guideline/{item}" for item in rule.guidelines),
                *(f"atlas/{technique}" for technique in rule.atlas),
                *(f"owasp/{item}" for item in rule.owasp),
            ],
            "precision": str(rule.confidence),
            "problem.severity": {"error": "error", "warning": "warning", "note": "recommendation"}[
                _LEVELS[rule.severity]
            ],
            "security-severity": _SCORES[rule.severity],
        },
    }


def _help(view: View, rule: Rule) -> dict[str, str]:
    plain = f"{rule.why.strip()}\n\n{rule.instead.strip()}".strip() or rule.summary
    return {"text": plain, "markdown": view.pages.get(rule.code) or plain}


def _pascal(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))


def _result(view: View, one: Finding, hidden: Hidden | None, index: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": one.code,
        "ruleIndex": index,
        "level": _LEVELS[one.severity],
        "message": {"text": one.message},
        "locations": [_location(view, one)],
        "partialFingerprints": {"mlsecLint/v1": one.fingerprint, "primaryLocationLineHash": f"{one.fingerprint}:1"},
        "suppressions": [_suppression(hidden)] if hidden else [],  # on all results or on none, says the standard
        "properties": {
            "confidence": str(one.confidence),
            "guidelines": list(one.guidelines),
            "group": one.group,
            "security-severity": _SCORES[one.severity],
        },
    }
    if one.cell is not None:
        result["properties"] |= {"cell": one.cell, "cellLine": one.cell_line}
    if one.related:
        related = [
            {
                "id": number,
                "message": {"text": other.message},
                "physicalLocation": {
                    "artifactLocation": _artifact(other.path),
                    "region": {"startLine": max(other.line, 1), "startColumn": max(other.column, 1)},
                },
            }
            for number, other in enumerate(one.related, start=1)
        ]
        result["relatedLocations"] = related
        steps = [{key: step[key] for key in ("message", "physicalLocation")} for step in related]
        steps.append({"message": {"text": one.message}, **_location(view, one)})
        locations = [{"location": step, "executionOrder": number} for number, step in enumerate(steps, start=1)]
        result["codeFlows"] = [{"threadFlows": [{"locations": locations}]}]
    edits = () if one.fix is None else one.fix.edits if one.cell is None else one.fix.in_file
    if one.fix is not None and one.fix.safety != "display" and edits:
        replacements = [_replacement(edit) for edit in edits]
        change = {"artifactLocation": _artifact(one.path), "replacements": replacements}
        text = "A safe fix." if one.fix.safety == "safe" else "An unsafe fix: look at what it changes."
        result["fixes"] = [{"description": {"text": text}, "artifactChanges": [change]}]
    return result


def _location(view: View, one: Finding) -> dict[str, Any]:
    region: dict[str, Any] = {
        "startLine": max(one.line, 1),
        "startColumn": max(one.column, 1),
        "endLine": max(one.end_line, one.line, 1),
        "endColumn": max(one.end_column, 1),
    }
    line = line_of(view, one)
    if line:
        region["snippet"] = {"text": line}
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": _artifact(one.path), "region": region}}
    if one.scope:
        location["logicalLocations"] = [{"fullyQualifiedName": one.scope, "kind": "function"}]
    return location


def _suppression(hidden: Hidden) -> dict[str, str]:
    """No status is given: the standard takes that for accepted, and drafts of it called the property otherwise."""
    why = f"{hidden.by}: {hidden.reason}" if hidden.reason else hidden.by
    return {"kind": _KINDS.get(hidden.by, "external"), "justification": why}


def _replacement(edit: Edit) -> dict[str, Any]:
    return {
        "deletedRegion": {
            "startLine": edit.line,
            "startColumn": edit.column,
            "endLine": edit.end_line,
            "endColumn": edit.end_column,
        },
        "insertedContent": {"text": edit.text},
    }


def _invocation(view: View) -> dict[str, Any]:
    report = view.report
    notes = [
        {"level": "error", "message": {"text": f"{unread.path} was not checked: {unread.reason}"}}
        | _notification_place(unread.path)
        for unread in report.unread
    ]
    notes += [{"level": "note", "message": {"text": note}} for note in report.notes]
    return {
        "executionSuccessful": not report.interrupted and not report.unread,
        "exitCode": view.exit_code,
        "arguments": list(view.arguments),
        "toolExecutionNotifications": notes,
    }


def _notification_place(path: str) -> dict[str, Any]:
    head, _, tail = path.partition(":cell ")
    if not tail:
        before, _, number = path.rpartition(":")
        head = before if number.isdigit() and before else path
    return {"locations": [{"physicalLocation": {"artifactLocation": _artifact(head)}}]}


def _artifact(path: str) -> dict[str, str]:
    if os.path.isabs(path):
        return {"uri": PurePath(path).as_uri()}
    return {"uri": quote(path, safe="/"), "uriBaseId": _BASE}


def _folder(root: str) -> str:
    return PurePath(root or os.sep).as_uri().rstrip("/") + "/"
