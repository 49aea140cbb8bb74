"""The report for an auditor: for each item what enforces it, what was found, what was set aside and why."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mlsec_lint.model import Finding, Hidden, Rule
from mlsec_lint.report.items import CHAPTERS, ITEMS, Item
from mlsec_lint.report.page import badge, bar, legend, page, prose, table, text
from mlsec_lint.report.view import View, counted, place

FORMS = ("html", "markdown", "json")


@dataclass(frozen=True, slots=True)
class Account:
    """What there is to say about one item."""

    item: Item
    rules: tuple[Rule, ...]  # in force
    off: tuple[Rule, ...]  # switched off by the settings
    findings: tuple[Finding, ...]
    hidden: tuple[Hidden, ...]

    @property
    def verdict(self) -> str:
        """One of: not checkable, no rule, switched off, open, set aside, nothing found."""
        if not self.item.by_rules:
            return "not checkable"
        if not self.rules:
            return "switched off" if self.off else "no rule"
        if self.findings:
            return "open"
        return "set aside" if self.hidden else "nothing found"


def accounts(view: View) -> list[Account]:
    """Return an account of every item, in their order; only rules in force count as enforcing one."""
    rules = sorted((rule for rule in view.rules.values() if rule.status == "stable"), key=lambda rule: rule.code)
    report = view.report
    every = []
    for item in ITEMS:
        mine = [rule for rule in rules if item.id in rule.guidelines]
        every.append(
            Account(
                item,
                tuple(rule for rule in mine if rule.code not in view.off),
                tuple(rule for rule in mine if rule.code in view.off),
                tuple(one for one in report.findings if item.id in one.guidelines),
                tuple(one for one in report.hidden if item.id in one.finding.guidelines),
            )
        )
    return every


def render(form: str, view: View) -> str:
    """Return the report in one of FORMS."""
    return {"html": _html, "markdown": _markdown, "json": _json}[form](view)


def _why(hidden: Hidden) -> str:
    return f"{hidden.by}: {hidden.reason}" if hidden.reason else f"{hidden.by}: no reason given"


def _counts(view: View) -> str:
    report = view.report
    return (
        f"mlsec-lint {view.version}{f' ({view.made})' if view.made else ''}: {report.files} files read, "
        f"{len(report.findings)} findings, {len(report.hidden)} set aside, {len(report.unread)} not checked"
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
        if account.off:
            lines += ["", f"Switched off by the settings: {', '.join(rule.code for rule in account.off)}."]
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
        "made": view.made or None,
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
        "rules": [_enforcing(rule) for rule in account.rules],
        "switched_off": [_enforcing(rule) for rule in account.off],
        "found": [_found(one) for one in account.findings],
        "set_aside": [
            {**_found(hidden.finding), "by": hidden.by, "reason": hidden.reason or None} for hidden in account.hidden
        ],
    }


def _enforcing(rule: Rule) -> dict[str, str]:
    return {"code": rule.code, "name": rule.name, "summary": rule.summary}


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


_LOOKS = {"open": "high", "set aside": "medium", "switched off": "medium", "nothing found": "fine"}  # others are plain


def _html(view: View) -> str:
    title = f"Guideline report{': ' + view.title if view.title else ''}"
    report = view.report
    every = accounts(view)
    verdicts = Counter(account.verdict for account in every)
    tiles = "".join(
        f'<div class="tile"><b class="{_LOOKS.get(name, "soft")}">{verdicts[name]}</b>{name}</div>'
        for name in ("open", "set aside", "nothing found", "switched off", "no rule", "not checkable")
        if verdicts[name] or name in ("open", "set aside", "nothing found")
    )
    most = max([len(account.findings) for account in every] + [1])
    body = [
        f"<h1>{text(title)}</h1>\n<p>{text(_INTRODUCTION)}</p>\n",
        f'<p class="soft">{text(_counts(view))}</p>\n<div class="tiles">{tiles}</div>\n{legend()}',
        *(_row(account, most) for account in every),
    ]
    for number, chapter in CHAPTERS.items():
        body.append(f"<h2>{number} {text(chapter)}</h2>\n")
        body += [_section(account) for account in every if account.item.id.startswith(f"{number}.")]
    if report.unread:
        rows = [(f"<code>{text(one.path)}</code>", text(one.reason)) for one in report.unread]
        body.append("<h2>Not checked</h2>\n" + table(("file", "why"), rows))
    return page(title, "".join(body))


def _row(account: Account, most: int) -> str:
    """A line of the chart: the item, its findings as a bar, their number or why there is none."""
    count = str(len(account.findings)) if account.findings else _chip(account.verdict)
    return (
        f'<a class="row wide" href="#item-{account.item.id}"><span class="label">{account.item.id} {text(account.item.title)}'
        f'</span>{bar(counted(account.findings), most)}<span class="n">{count}</span></a>\n'
    )


def _chip(verdict: str) -> str:
    return f'<span class="{_LOOKS.get(verdict, "soft")}">{verdict}</span>'


def _section(account: Account) -> str:
    item = account.item
    parts = [f'<section id="item-{item.id}"><h3>{item.id} {text(item.title)}: {_chip(account.verdict)}</h3>\n']
    parts.append(f"<p>{prose(item.checked)}</p>\n")
    for label, rules in (("Enforced by", account.rules), ("Switched off by the settings:", account.off)):
        if rules:
            names = ", ".join(
                f'<span title="{text(rule.summary)}">{rule.code} {text(rule.name)}</span>' for rule in rules
            )
            parts.append(f'<p class="soft">{label} {names}</p>\n')
    if account.findings:
        rows = [
            (badge(one.severity), one.code, prose(one.message), _places(group))
            for group in _alike(account.findings)
            for one in group[:1]
        ]
        parts.append(table(("severity", "rule", "what was found", "where"), rows, keys=2))
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
        parts.append(table(("rule", "place", "what was set aside", "why"), aside, keys=1))
    return "".join(parts) + "</section>\n"


def _alike(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Findings with the same words together, the worst first."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for one in sorted(findings, key=lambda one: (-one.severity, one.code, one.order)):
        groups.setdefault((one.code, one.message), []).append(one)
    return list(groups.values())


def _places(findings: Iterable[Finding]) -> str:
    by_path: dict[str, list[str]] = {}
    for one in findings:
        by_path.setdefault(one.path, []).append(place(one).removeprefix(f"{one.path}:"))
    return "<br>".join(f"<code>{text(path)}</code>: {text(', '.join(where))}" for path, where in by_path.items())
