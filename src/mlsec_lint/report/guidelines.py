"""The report for an auditor: for each item what enforces it, what was found, what was set aside and why."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from mlsec_lint.model import Finding, Hidden, Rule
from mlsec_lint.report.items import CHAPTERS, ITEMS, Item
from mlsec_lint.report.page import badge, chart, page, prose, table, text
from mlsec_lint.report.view import View, counted, place

FORMS = ("html", "markdown", "json")


@dataclass(frozen=True, slots=True)
class Account:
    """What there is to say about one item."""

    item: Item
    rules: tuple[Rule, ...]
    findings: tuple[Finding, ...]
    hidden: tuple[Hidden, ...]

    @property
    def verdict(self) -> str:
        """One of: not checkable, no rule, open, set aside, nothing found."""
        if not self.item.by_rules:
            return "not checkable"
        if not self.rules:
            return "no rule"
        if self.findings:
            return "open"
        return "set aside" if self.hidden else "nothing found"


def accounts(view: View) -> list[Account]:
    """Return an account of every item, in their order; only rules in force count as enforcing one."""
    rules = [rule for rule in view.rules.values() if rule.status == "stable"]
    report = view.report
    return [
        Account(
            item,
            tuple(sorted((rule for rule in rules if item.id in rule.guidelines), key=lambda rule: rule.code)),
            tuple(one for one in report.findings if item.id in one.guidelines),
            tuple(one for one in report.hidden if item.id in one.finding.guidelines),
        )
        for item in ITEMS
    ]


def render(form: str, view: View) -> str:
    """Return the report in one of FORMS."""
    return {"html": _html, "markdown": _markdown, "json": _json}[form](view)


def _why(hidden: Hidden) -> str:
    return f"{hidden.by}: {hidden.reason}" if hidden.reason else f"{hidden.by}: no reason given"


def _counts(view: View) -> str:
    report = view.report
    return (
        f"mlsec-lint {view.version}: {report.files} files read, {len(report.findings)} findings, "
        f"{len(report.hidden)} set aside, {len(report.unread)} not checked"
    )


_INTRODUCTION = (
    "What a program can hold this code to, item by item of Guidelines for secure AI system development "
    "(NCSC, CISA and partners, 2023). An item with nothing found is not an item that is met: it is one in which "
    "the rules named here found no fault in the files that were read."
)


# ---------------------------------------------------------------- Markdown


def _markdown(view: View) -> str:
    report = view.report
    lines = [f"# Guideline report{': ' + view.title if view.title else ''}", "", _INTRODUCTION, ""]
    lines += [_counts(view) + ".", ""]
    lines += ["| item | | verdict | found | set aside | rules |", "| --- | --- | --- | ---: | ---: | ---: |"]
    for account in accounts(view):
        lines.append(
            f"| {account.item.id} | {account.item.title} | {account.verdict} | {len(account.findings)} "
            f"| {len(account.hidden)} | {len(account.rules)} |"
        )
    for account in accounts(view):
        lines += ["", f"## {account.item.id} {account.item.title}", "", account.item.checked]
        if account.rules:
            codes = ", ".join(f"{rule.code} {rule.name}" for rule in account.rules)
            lines += ["", f"Enforced by {codes}."]
        if account.findings:
            lines += ["", "Found:", ""]
            lines += [f"- {one.severity} {one.code} `{place(one)}`: {_line(one.message)}" for one in account.findings]
        if account.hidden:
            lines += ["", "Set aside:", ""]
            for hidden in account.hidden:
                one = hidden.finding
                lines.append(f"- {one.code} `{place(one)}`: {_line(one.message)} ({_line(_why(hidden))})")
    if report.unread:
        lines += ["", "## Not checked", ""]
        lines += [f"- `{one.path}`: {_line(one.reason)}" for one in report.unread]
    return "\n".join(lines) + "\n"


def _line(value: str) -> str:
    return " ".join(value.split())


# ---------------------------------------------------------------- JSON


def _json(view: View) -> str:
    document: dict[str, Any] = {
        "version": 1,
        "tool": {"name": "mlsec-lint", "version": view.version},
        "project": view.title,
        "files": view.report.files,
        "items": [_item(account) for account in accounts(view)],
        "unread": [{"path": one.path, "reason": one.reason} for one in view.report.unread],
    }
    return json.dumps(document, indent=2) + "\n"


def _item(account: Account) -> dict[str, Any]:
    return {
        "id": account.item.id,
        "title": account.item.title,
        "checked": account.item.checked,
        "verdict": account.verdict,
        "rules": [{"code": rule.code, "name": rule.name, "summary": rule.summary} for rule in account.rules],
        "found": [_found(one) for one in account.findings],
        "set_aside": [
            {**_found(hidden.finding), "by": hidden.by, "reason": hidden.reason or None} for hidden in account.hidden
        ],
    }


def _found(one: Finding) -> dict[str, Any]:
    return {
        "code": one.code,
        "severity": str(one.severity),
        "path": one.path,
        "line": one.line,
        "cell": one.cell,
        "message": one.message,
        "fingerprint": one.fingerprint,
    }


# ---------------------------------------------------------------- HTML


def _html(view: View) -> str:
    title = f"Guideline report{': ' + view.title if view.title else ''}"
    report = view.report
    every = accounts(view)
    verdicts = Counter(account.verdict for account in every)
    tiles = "".join(
        f'<div class="tile"><b>{verdicts[name]}</b>{name}</div>'
        for name in ("open", "set aside", "nothing found", "no rule", "not checkable")
    )
    body = [
        f"<h1>{text(title)}</h1>\n<p>{text(_INTRODUCTION)}</p>\n",
        f'<p class="soft">{text(_counts(view))}</p>\n',
        f'<div class="tiles">{tiles}</div>\n',
        '<div class="scroll">',
        chart("Findings by item", [(f"{one.item.id} {one.item.title}", counted(one.findings)) for one in every]),
        "</div>\n",
    ]
    for number, chapter in CHAPTERS.items():
        body.append(f"<h2>{number} {text(chapter)}</h2>\n")
        body += [_section(account) for account in every if account.item.id.startswith(f"{number}.")]
    if report.unread:
        rows = [(f"<code>{text(one.path)}</code>", text(one.reason)) for one in report.unread]
        body.append("<h2>Not checked</h2>\n" + table(("file", "why"), rows))
    return page(title, "".join(body))


def _section(account: Account) -> str:
    item = account.item
    parts = [f'<section id="item-{item.id}"><h3>{item.id} {text(item.title)}: {account.verdict}</h3>\n']
    parts.append(f"<p>{text(item.checked)}</p>\n")
    if account.rules:
        names = ", ".join(
            f'<span title="{text(rule.summary)}">{rule.code} {text(rule.name)}</span>' for rule in account.rules
        )
        parts.append(f'<p class="soft">Enforced by {names}</p>\n')
    if account.findings:
        rows = [
            (badge(one.severity), one.code, f"<code>{text(place(one))}</code>", prose(one.message))
            for one in account.findings
        ]
        parts.append(table(("severity", "rule", "place", "what was found"), rows))
    if account.hidden:
        aside = [
            (
                hidden.finding.code,
                f"<code>{text(place(hidden.finding))}</code>",
                prose(hidden.finding.message),
                text(_why(hidden)),
            )
            for hidden in account.hidden
        ]
        parts.append(table(("rule", "place", "what was set aside", "why"), aside))
    return "".join(parts) + "</section>\n"
