"""GitLab Code Quality: a JSON list that merge requests show."""

from __future__ import annotations

import json

from mlsec_lint.model import Finding, Level
from mlsec_lint.report.view import View

_SEVERITIES = {Level.HIGH: "critical", Level.MEDIUM: "major", Level.LOW: "minor"}


def render(view: View) -> str:
    """Return one object for each finding; GitLab drops those whose fingerprint it has seen, so each has its own."""
    return json.dumps([_issue(one) for one in view.report.findings], indent=2) + "\n"


def _issue(one: Finding) -> dict[str, object]:
    where = f" (cell {one.cell}, line {one.cell_line})" if one.cell is not None else ""
    return {
        "description": f"{one.code} {one.message}{where}",
        "check_name": one.code,
        "fingerprint": one.fingerprint,
        "severity": _SEVERITIES[one.severity],
        "location": {"path": one.path, "lines": {"begin": one.line, "end": max(one.end_line, one.line)}},
    }
