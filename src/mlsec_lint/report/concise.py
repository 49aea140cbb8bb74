"""One line a finding, for editors and for grep."""

from __future__ import annotations

from mlsec_lint.report.view import View, place


def render(view: View) -> str:
    """Return `path:line:column: CODE severity: message` for each finding."""
    lines = [f"{place(one)}: {one.code} {one.severity}: {one.message}" for one in view.report.findings]
    if view.show_hidden:
        for hidden in view.report.hidden:
            one = hidden.finding
            lines.append(f"{place(one)}: {one.code} hidden by {hidden.by}: {hidden.reason or one.message}")
    return "".join(line + "\n" for line in lines)
