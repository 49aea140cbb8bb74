"""JUnit XML, which most build servers can show: a test case for each finding."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from mlsec_lint.model import Finding
from mlsec_lint.report.view import View, line_of, place

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(view: View) -> str:
    """Return failures for findings, errors for what was not checked, skipped cases for what is hidden."""
    report = view.report
    told = {one.path for one in report.findings if one.code == "MLS901"}
    cases = [_case(view, one, "error" if one.code == "MLS901" else "failure") for one in report.findings]
    errors = sum(1 for one in report.findings if one.code == "MLS901")
    for unread in report.unread:
        if not any(unread.path == path or unread.path.startswith(f"{path}:") for path in told):
            errors += 1
            inner = _element("error", {"type": "not-checked", "message": unread.reason}, "")
            cases.append(_element("testcase", {"classname": unread.path, "name": "not checked"}, inner))
    for hidden in report.hidden:
        why = f"{hidden.by}: {hidden.reason}" if hidden.reason else hidden.by
        cases.append(_testcase(hidden.finding, _element("skipped", {"message": why}, "")))
    if not cases:
        cases.append(_element("testcase", {"classname": "mlsec-lint", "name": "no findings"}, ""))
    counts = {
        "name": "mlsec-lint",
        "tests": str(len(cases)),
        "failures": str(sum(1 for one in report.findings if one.code != "MLS901")),
        "errors": str(errors),
        "skipped": str(len(report.hidden)),
        "time": f"{report.seconds:.3f}",
    }
    suite = _element("testsuite", counts, "\n" + "\n".join(cases) + "\n")
    totals = {name: counts[name] for name in ("name", "tests", "failures", "errors", "time")}
    return f'<?xml version="1.0" encoding="utf-8"?>\n{_element("testsuites", totals, suite)}\n'


def _case(view: View, one: Finding, kind: str) -> str:
    lines = [f"{place(one)}: {one.code} {one.name}: {one.message}", line_of(view, one).strip()]
    lines += [f"{other.path}:{other.line}:{other.column}: {other.message}" for other in one.related]
    lines += [one.url]
    text = _escaped("\n".join(line for line in lines if line))
    return _testcase(one, _element(kind, {"type": one.code, "message": f"{one.severity}: {one.message}"}, text))


def _testcase(one: Finding, inner: str) -> str:
    name = f"{one.code} {one.name} at {place(one).removeprefix(one.path + ':')}"
    return _element("testcase", {"classname": one.path, "name": name, "file": one.path, "line": str(one.line)}, inner)


def _element(name: str, attributes: dict[str, str], inner: str) -> str:
    written = "".join(f" {key}={quoteattr(_NOT_XML.sub('?', value))}" for key, value in attributes.items())
    return f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>"


def _escaped(text: str) -> str:
    return escape(_NOT_XML.sub("?", text))
