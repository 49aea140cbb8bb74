"""JSON, version 1; the form is published as docs/schemas/json-v1.json."""

from __future__ import annotations

import json
from typing import Any

from mlsec_lint.model import Finding, Fix, Hidden, Report
from mlsec_lint.report.view import View, counted

VERSION = 1


def render(view: View) -> str:
    """Return the whole report as one JSON object."""
    return json.dumps(document(view.report, view.version), indent=2) + "\n"


def document(report: Report, version: str) -> dict[str, Any]:
    """Return the report as plain values."""
    return {
        "version": VERSION,
        "tool": {"name": "mlsec-lint", "version": version},
        "findings": [finding_object(one) for one in report.findings],
        "hidden": [hidden_object(one) for one in report.hidden],
        "unread": [{"path": one.path, "reason": one.reason} for one in report.unread],
        "summary": {
            "findings": len(report.findings),
            "failing": report.failing,
            "severity": {str(level): count for level, count in counted(report.findings).items()},
            "hidden": len(report.hidden),
            "files": report.files,
            "parsed": report.parsed,
            "unread": len(report.unread),
            "stale": report.stale,
            "interrupted": report.interrupted,
        },
    }


def finding_object(one: Finding) -> dict[str, Any]:
    """Return a finding as plain values; lines and columns are 1-based, the end column is exclusive."""
    return {
        "code": one.code,
        "name": one.name,
        "message": one.message,
        "severity": str(one.severity),
        "confidence": str(one.confidence),
        "path": one.path,
        "line": one.line,
        "column": one.column,
        "end_line": one.end_line,
        "end_column": one.end_column,
        "cell": one.cell,
        "cell_line": one.cell_line,
        "group": one.group,
        "guidelines": list(one.guidelines),
        "cwe": list(one.cwe),
        "url": one.url,
        "fingerprint": one.fingerprint,
        "related": [
            {"message": other.message, "path": other.path, "line": other.line, "column": other.column}
            for other in one.related
        ],
        "fix": _fix_object(one.fix),
    }


def hidden_object(hidden: Hidden) -> dict[str, Any]:
    """Return a hidden finding as plain values, with what hides it."""
    return {**finding_object(hidden.finding), "hidden_by": hidden.by, "reason": hidden.reason}


def _fix_object(fix: Fix | None) -> dict[str, Any] | None:
    if fix is None:
        return None
    edits = [
        {"line": edit.line, "column": edit.column, "end_line": edit.end_line, "end_column": edit.end_column,
         "text": edit.text}
        for edit in fix.in_file or fix.edits
    ]  # fmt: skip
    return {"safety": fix.safety, "edits": edits}
