"""One self-contained HTML page for people who do not run linters: findings by guideline item, by rule and by file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from mlsec_lint.model import Finding, Level, Report, Rule
from mlsec_lint.report.items import ITEMS
from mlsec_lint.report.page import badge, bar, blocks, excerpt, legend, page, prose, table, text
from mlsec_lint.report.view import View, advice, counted, folded, number, place

_INTRODUCTION = (
    "What makes this machine-learning code insecure: files that run code when they are loaded, models and data that "
    "others can change, checks that are switched off. The code was read and not run."
)

_ITEMS = (
    "Items of <cite>Guidelines for secure AI system development</cite> (NCSC, CISA and partners, 2023); "
    "a finding counts for each item that it touches."
)


def render(view: View) -> str:
    """Return the page; it can be read with scripts off."""
    report = view.report
    title = f"mlsec-lint: {view.title}" if view.title else "mlsec-lint"
    facts = [f"mlsec-lint {view.version}", view.made, f"{report.files} files, {report.parsed} of them read closely"]
    parts = [
        f"<h1>{text(title)}</h1>\n<p>{_INTRODUCTION}</p>\n",
        f'<p class="soft">{text(" · ".join(part for part in facts if part))}</p>\n',
        _tiles(report),
        _unread(report),
        _by_item(report),
        _by_rule(view),
        _by_file(view),
        _hidden(report),
    ]
    return page(title, "".join(parts), "page.js")


def _tiles(report: Report) -> str:
    counts = counted(report.findings)
    tiles = [(str(level), count, str(level), "") for level, count in counts.items()]
    by = Counter(one.by for one in report.hidden)
    tiles.append(("", len(report.hidden), "hidden", ", ".join(f"{count} {name}" for name, count in sorted(by.items()))))
    tiles.append(("", len(report.unread), "not checked", ""))
    inner = "".join(
        f'<div class="tile"><b class="{name}">{count}</b>{label}{f"<small>{more}</small>" if more else ""}</div>'
        for name, count, label, more in tiles
    )
    shown = bar(counts, len(report.findings), whole=True) if report.findings else "<p>Nothing was found.</p>\n"
    return f'<div class="tiles">{inner}</div>\n{shown}\n{legend() if report.findings else ""}'


def _unread(report: Report) -> str:
    if not report.unread:
        return ""
    rows = [(f"<code>{text(one.path)}</code>", text(one.reason)) for one in report.unread]
    return "<h2>Not checked</h2>\n" + table(("file", "why"), rows)


def _by_item(report: Report) -> str:
    mine = {item: [one for one in report.findings if item.id in one.guidelines] for item in ITEMS}
    found = {item: findings for item, findings in mine.items() if findings}
    if not found:
        return ""
    most = max(len(findings) for findings in found.values())
    parts = [
        "<h2>By guideline</h2>\n",
        f'<p class="soft">{_ITEMS}</p>\n',
    ]
    for item, findings in found.items():
        parts.append(
            f'<details id="item-{item.id}"><summary class="row"><span class="label">{item.id} {text(item.title)}</span>'
            f'{bar(counted(findings), most)}<span class="n">{len(findings)}</span></summary>\n<div class="inner">'
            f'<p class="soft">{prose(item.checked)} {_filter(f"item:{item.id}")}</p>\n{_links(findings)}</div></details>\n'
        )
    return "".join(parts)


def _links(findings: Iterable[Finding]) -> str:
    """The places of findings, by rule, worst first."""
    by_rule: dict[tuple[str, str], list[Finding]] = {}
    for one in sorted(findings, key=lambda one: (-one.severity, one.order)):
        by_rule.setdefault((one.code, one.name), []).append(one)
    items = "".join(
        f"<li>{text(code)} {text(name)}: "
        + ", ".join(f'<a href="#{text(one.fingerprint)}"><code>{text(place(one))}</code></a>' for one in mine)
        + "</li>"
        for (code, name), mine in by_rule.items()
    )
    return f'<ul class="places">{items}</ul>'


def _filter(words: str) -> str:
    return f'<a class="only-screen" href="#findings" data-filter="{text(words)}" hidden>show these only</a>'


def _by_rule(view: View) -> str:
    by_code: dict[str, list[Finding]] = {}
    for one in view.report.findings:
        by_code.setdefault(one.code, []).append(one)
    if not by_code:
        return ""
    parts = ["<h2>By rule</h2>\n", '<p class="soft">Open a rule to see what an attacker does with it.</p>\n']
    for code, mine in sorted(by_code.items(), key=lambda pair: (-max(one.severity for one in pair[1]), -len(pair[1]))):
        rule = view.rules.get(code)
        files = len({one.path for one in mine})
        told = [f"<p>{_filter(code)}</p>\n", *(_told(rule) if rule else ())]
        if mine[0].url.startswith("http"):
            told.append(f'<p><a href="{text(mine[0].url)}">{text(mine[0].url)}</a></p>\n')
        parts.append(
            f'<details class="rule" id="rule-{text(code)}"><summary class="row">{badge(max(one.severity for one in mine))}'
            f'<span class="label"><b>{text(code)}</b> {prose(rule.summary if rule else mine[0].message)}</span>'
            f'<span class="n">{number(len(mine), "place")} in {number(files, "file")}</span></summary>\n'
            f'<div class="inner">{"".join(told)}</div></details>\n'
        )
    return "".join(parts)


def _told(rule: Rule) -> Iterator[str]:
    """The text of a rule: what happens, who did it to whom, what to write instead, when not to worry."""
    for title, body in (
        ("", rule.why), ("Who did this to whom", rule.case), ("Instead", rule.instead), ("When not to worry", rule.fine),
    ):  # fmt: skip
        if body:
            yield (f'<p class="lead"><b>{title}:</b></p>\n' if title else "") + blocks(body)


def _by_file(view: View) -> str:
    if not view.report.findings:
        return ""
    boxes = "".join(
        f'<label class="{level}"><input type="checkbox" value="{level}" checked> {level}</label>'
        for level in sorted(Level, reverse=True)
    )
    tools = (
        '<div class="tools" id="tools" hidden><input type="search" id="filter" placeholder="Filter: code, path, message" '
        f'aria-label="Filter findings by any words">{boxes}<span class="soft" id="shown" role="status"></span></div>\n'
    )
    parts = ['<h2 id="findings">Findings by file</h2>\n', tools]
    by_path: dict[str, list[tuple[Finding, ...]]] = {}
    for group in folded(view.report.findings):
        by_path.setdefault(group[0].path, []).append(group)
    for path, groups in sorted(by_path.items(), key=lambda pair: (-max(one[0].severity for one in pair[1]), pair[0])):
        articles = "".join(_article(view, group) for group in groups)
        count = sum(len(group) for group in groups)
        parts.append(f'<section class="file"><h3><code>{text(path)}</code> ({count})</h3>\n{articles}</section>\n')
    return "".join(parts)


def _article(view: View, group: tuple[Finding, ...]) -> str:
    """One fault of one file, with all its places."""
    one = group[0]
    about = [one.name, f"{one.confidence} confidence"]
    about += [f"guidelines {', '.join(one.guidelines)}"] if one.guidelines else []
    about += [f"{len(group)} places"] if len(group) > 1 else []
    code = f'<a href="#rule-{text(one.code)}">{text(one.code)}</a>'
    lines = [
        f"<p>{badge(one.severity)} <b>{code}</b> {prose(one.message)}</p>",
        f'<p class="soft">{text(" · ".join(about))}</p>',
        *(_place(view, other, one.message) for other in group),
    ]
    rule = view.rules.get(one.code)
    if rule and rule.instead:
        told = prose(advice(rule)) or f'<a href="#rule-{text(one.code)}">see {text(one.code)}</a>'
        lines.append(f"<p><b>Instead:</b> {told}</p>")
    if one.fix is not None and one.fix.safety != "display":
        how = "--fix" if one.fix.safety == "safe" else "--fix --unsafe-fixes"
        lines.append(f"<p><b>Fix:</b> <code>mlsec-lint check {how}</code> mends this</p>")
    inner = "\n".join(lines)
    return (
        f'<article data-severity="{one.severity}" data-path="{text(one.path)}" data-places="{len(group)}" '
        f'data-items="{text(" ".join(one.guidelines))}">\n{inner}\n</article>\n'
    )


def _place(view: View, one: Finding, said: str) -> str:
    lines = [] if one.message == said else [f"<p>{prose(one.message)}</p>"]
    lines.append(excerpt(view, one))
    for other in one.related:
        where = f"line {other.line}" if other.cell is None else f"cell {other.cell}, line {other.cell_line}"
        where = where if other.path == one.path else place(other)
        lines.append(f'<p class="soft">{prose(other.message)} (<code>{text(where)}</code>)</p>')
    return f'<div class="place" id="{text(one.fingerprint)}">{"".join(lines)}</div>'


def _hidden(report: Report) -> str:
    rows = []
    for hidden in report.hidden:
        one = hidden.finding
        why = f"{hidden.by}: {hidden.reason}" if hidden.reason else hidden.by
        rows.append(
            (badge(one.severity), text(one.code), f"<code>{text(place(one))}</code>", prose(one.message), text(why))
        )
    if not rows:
        return ""
    return "<h2>Hidden</h2>\n" + table(("severity", "rule", "place", "what", "why it is hidden"), rows, keys=2)
