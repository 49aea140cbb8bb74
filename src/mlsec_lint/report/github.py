"""GitHub Actions: workflow commands that become annotations, and a table for the step's summary."""

from __future__ import annotations

from mlsec_lint.model import Finding, Level
from mlsec_lint.report.view import View, counted, folded, number, place

_COMMANDS = {Level.HIGH: "error", Level.MEDIUM: "warning", Level.LOW: "notice"}
_MOST_ROWS = 200  # a step's summary may hold 1 MiB


def render(view: View) -> str:
    """Return one workflow command for each finding, the worst first: GitHub shows ten of a kind per step."""
    worst_first = sorted(view.report.findings, key=lambda one: (-one.severity, one.order))
    return "".join(_command(one) for one in worst_first)


def _command(one: Finding) -> str:
    properties = {"file": one.path, "line": str(one.line), "endLine": str(max(one.end_line, one.line))}
    if one.cell is None:
        properties["col"] = str(one.column)
        if one.end_line == one.line:
            properties["endColumn"] = str(max(one.end_column - 1, one.column))
    properties["title"] = f"{one.code} {one.name}"
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    where = f"{place(one)}: " if one.cell is not None else ""
    text = f"{where}{one.message}" + (f" {one.url}" if one.url else "")
    return f"::{_COMMANDS[one.severity]} {written}::{_data(text)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def step_summary(view: View) -> str:
    """Return Markdown for the file that `$GITHUB_STEP_SUMMARY` names."""
    report = view.report
    counts = ", ".join(f"{count} {level}" for level, count in counted(report.findings).items() if count)
    lines = ["## mlsec-lint", ""]
    found = f"{number(len(report.findings), 'finding')} ({counts})" if counts else "No findings"
    files = number(report.files, "file")
    lines.append(f"{found}, {len(report.hidden)} hidden, in {files}; {len(report.unread)} not checked.")
    groups = sorted(folded(report.findings), key=lambda group: (-group[0].severity, group[0].order))
    if groups:
        lines += ["", "| severity | rule | what | where |", "| --- | --- | --- | --- |"]
    for group in groups[:_MOST_ROWS]:
        one = group[0]
        code = f"[{one.code}]({one.url})" if one.url else one.code
        more = f" and {len(group) - 1} more" if len(group) > 1 else ""
        lines.append(f"| {one.severity} | {code} | {_cell(one.message)} | `{_cell(place(one))}`{more} |")
    if len(groups) > _MOST_ROWS:
        lines += ["", f"… and {len(groups) - _MOST_ROWS} more"]
    lines += ["", *(f"- not checked: `{unread.path}`: {_cell(unread.reason)}" for unread in report.unread)]
    return "\n".join(lines).rstrip() + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
