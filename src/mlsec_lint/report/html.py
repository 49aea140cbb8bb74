"""One self-contained HTML page: findings by guideline item, by severity and by file."""

from __future__ import annotations

from collections.abc import Iterable

from mlsec_lint.model import Finding, Level, Report
from mlsec_lint.report.items import ITEMS
from mlsec_lint.report.page import badge, chart, excerpt, page, prose, table, text
from mlsec_lint.report.view import View, advice, counted, place

_SCRIPT = """
(function(){
var tools=document.getElementById('tools');if(!tools)return;
tools.hidden=false;
var box=document.getElementById('filter'),said=document.getElementById('shown');
var levels=[].slice.call(tools.querySelectorAll('input[type=checkbox]'));
var all=[].slice.call(document.querySelectorAll('article'));
var texts=all.map(function(one){return (one.textContent+' '+one.dataset.path).toLowerCase();});
function show(){
var words=box.value.toLowerCase().split(/\\s+/).filter(Boolean),on={},count=0;
levels.forEach(function(one){on[one.value]=one.checked;});
all.forEach(function(one,index){
var fits=on[one.dataset.severity]&&words.every(function(word){return texts[index].indexOf(word)>=0;});
one.hidden=!fits;if(fits)count+=1;});
[].forEach.call(document.querySelectorAll('section.file'),function(part){
part.hidden=!part.querySelector('article:not([hidden])');});
said.textContent=count+' of '+all.length+' shown';}
box.addEventListener('input',show);
levels.forEach(function(one){one.addEventListener('change',show);});
[].forEach.call(document.querySelectorAll('a[data-filter]'),function(link){
link.addEventListener('click',function(){box.value=link.dataset.filter;show();});});
show();
})();
"""


def render(view: View) -> str:
    """Return the page; it can be read with scripts off."""
    report = view.report
    title = f"mlsec-lint: {view.title}" if view.title else "mlsec-lint"
    parts = [
        f"<h1>{text(title)}</h1>\n",
        f'<p class="soft">mlsec-lint {text(view.version)}, {report.files} files, {report.parsed} read closely</p>\n',
        _tiles(report),
        _unread(report),
        _by_item(report),
        _by_rule(view),
        _by_file(view),
        _hidden(view),
    ]
    return page(title, "".join(parts), _SCRIPT)


def _tiles(report: Report) -> str:
    tiles = [(str(level), str(count), str(level)) for level, count in counted(report.findings).items()]
    tiles += [("", str(len(report.hidden)), "hidden"), ("", str(len(report.unread)), "not checked")]
    inner = "".join(f'<div class="tile"><b class="{name}">{count}</b>{label}</div>' for name, count, label in tiles)
    return f'<div class="tiles">{inner}</div>\n'


def _unread(report: Report) -> str:
    if not report.unread:
        return ""
    rows = [(f"<code>{text(one.path)}</code>", text(one.reason)) for one in report.unread]
    return "<h2>Not checked</h2>\n" + table(("file", "why"), rows)


def _by_item(report: Report) -> str:
    if not report.findings:
        return "<p>Nothing was found.</p>\n"
    rows = []
    for item in ITEMS:
        mine = [one for one in report.findings if item.id in one.guidelines]
        if mine:
            rows.append((f"{item.id} {item.title}", counted(mine)))
    note = (
        '<p class="soft">Items of <cite>Guidelines for secure AI system development</cite>; '
        "a finding counts for each item that it touches.</p>\n"
    )
    return (
        "<h2>By guideline</h2>\n"
        + note
        + '<div class="scroll">'
        + chart("Findings by guideline item", rows)
        + "</div>\n"
    )


def _by_rule(view: View) -> str:
    findings = view.report.findings
    if not findings:
        return ""
    rows = []
    for code in sorted({one.code for one in findings}, key=lambda code: _rank(code, findings)):
        mine = [one for one in findings if one.code == code]
        rule = view.rules.get(code)
        what = prose(rule.summary if rule else mine[0].message)
        link = f'<a href="#findings" data-filter="{text(code)}">{text(code)}</a>'
        worst = max(one.severity for one in mine)
        files = len({one.path for one in mine})
        rows.append((badge(worst), link, what, str(len(mine)), str(files)))
    return "<h2>By rule</h2>\n" + table(("worst", "rule", "fault", "places", "files"), rows, numbers=(3, 4))


def _rank(code: str, findings: Iterable[Finding]) -> tuple[int, int, str]:
    mine = [one for one in findings if one.code == code]
    return (-max(one.severity for one in mine), -len(mine), code)


def _by_file(view: View) -> str:
    findings = view.report.findings
    if not findings:
        return ""
    boxes = "".join(
        f'<label class="{level}"><input type="checkbox" value="{level}" checked> {level}</label>'
        for level in sorted(Level, reverse=True)
    )
    tools = (
        '<div class="tools" id="tools" hidden><input type="search" id="filter" placeholder="Filter by any words: '
        f'code, path, message" aria-label="Filter findings">{boxes}'
        '<span class="soft" id="shown" role="status"></span></div>\n'
    )
    parts = ['<h2 id="findings">Findings</h2>\n', tools]
    by_path: dict[str, list[Finding]] = {}
    for one in findings:
        by_path.setdefault(one.path, []).append(one)
    for path, mine in sorted(by_path.items(), key=lambda pair: (-max(one.severity for one in pair[1]), pair[0])):
        articles = "".join(_article(view, one) for one in mine)
        parts.append(f'<section class="file"><h3><code>{text(path)}</code> ({len(mine)})</h3>\n{articles}</section>\n')
    return "".join(parts)


def _article(view: View, one: Finding) -> str:
    code = f'<a href="{text(one.url)}">{text(one.code)}</a>' if one.url.startswith("http") else text(one.code)
    items = text(", ".join(one.guidelines) or "none")
    where = place(one).removeprefix(f"{one.path}:")  # the path stands above
    about = f"<code>{text(where)}</code> · {text(one.name)} · {one.confidence} confidence · guidelines {items}"
    lines = [
        f"<p>{badge(one.severity)} <b>{code}</b> {prose(one.message)}</p>",
        f'<p class="soft">{about}</p>',
        excerpt(view, one),
    ]
    for other in one.related:
        lines.append(f"<p><code>{text(other.path)}:{other.line}:{other.column}</code> {prose(other.message)}</p>")
    told = advice(view.rules.get(one.code))
    if told:
        lines.append(f"<p><b>Instead:</b> {prose(told)}</p>")
    if one.fix is not None and one.fix.safety != "display":
        how = "--fix" if one.fix.safety == "safe" else "--fix --unsafe-fixes"
        lines.append(f"<p><b>Fix:</b> <code>mlsec-lint check {how}</code> mends this place</p>")
    inner = "\n".join(line for line in lines if line)
    return (
        f'<article id="{text(one.fingerprint)}" data-severity="{one.severity}" data-path="{text(one.path)}">\n'
        f"{inner}\n</article>\n"
    )


def _hidden(view: View) -> str:
    rows = []
    for hidden in view.report.hidden:
        one = hidden.finding
        why = f"{hidden.by}: {hidden.reason}" if hidden.reason else hidden.by
        rows.append(
            (badge(one.severity), text(one.code), f"<code>{text(place(one))}</code>", prose(one.message), text(why))
        )
    if not rows:
        return ""
    return "<h2>Hidden</h2>\n" + table(("severity", "rule", "place", "what", "why it is hidden"), rows)
