"""The skeleton of our HTML pages: one file, nothing loaded from elsewhere, light and dark, fit for paper."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape

from mlsec_lint.model import Finding, Level
from mlsec_lint.report.view import View, line_of

STYLE = """
:root{color-scheme:light dark;--bg:#fff;--ink:#1d2129;--soft:#5b6472;--line:#d9dee6;--panel:#f5f7fa;--link:#1a56b0;
--high:#b3261e;--medium:#9a5b00;--low:#2563a8;--high-bar:#d64541;--medium-bar:#e0a030;--low-bar:#6ba3d6;--mark:#ffe9a8}
@media (prefers-color-scheme:dark){:root{--bg:#14171c;--ink:#e6e9ee;--soft:#9aa4b2;--line:#323945;--panel:#1c2128;
--link:#8ab8f5;--high:#ff8a80;--medium:#f2bd63;--low:#8fc1f0;--mark:#5c4a12}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:70rem;padding:1.5rem;background:var(--bg);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
h1{font-size:1.6rem;margin:0 0 .25rem}h2{font-size:1.25rem;margin:2.5rem 0 .75rem}
h3{font-size:1rem;margin:1.75rem 0 .5rem}
a{color:var(--link)}p{margin:.4rem 0}.soft{color:var(--soft)}
code,pre{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.875em}
pre{margin:.5rem 0;padding:.5rem .75rem;background:var(--panel);border:1px solid var(--line);border-radius:6px;
overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere}
pre .no{color:var(--soft);user-select:none}mark{background:var(--mark);color:inherit;border-radius:2px}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid var(--line)}
th{font-weight:600}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.tiles{display:flex;flex-wrap:wrap;gap:.75rem;margin:1.25rem 0}
.tile{flex:1 1 7rem;padding:.6rem .9rem;border:1px solid var(--line);border-radius:8px;background:var(--panel)}
.tile b{display:block;font-size:1.6rem;line-height:1.2;font-variant-numeric:tabular-nums}
.badge{display:inline-block;min-width:4.2rem;padding:0 .5rem;border:1px solid currentColor;border-radius:999px;
font-size:.8rem;
font-weight:600;text-align:center}
.high{color:var(--high)}.medium{color:var(--medium)}.low{color:var(--low)}
article{padding:.75rem 0;border-top:1px solid var(--line);break-inside:avoid}article p{overflow-wrap:anywhere}
.tools{position:sticky;top:0;z-index:1;display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;padding:.6rem 0;
background:var(--bg);border-bottom:1px solid var(--line)}
.tools input[type=search]{flex:1 1 16rem;padding:.4rem .6rem;font:inherit;color:inherit;background:var(--panel);
border:1px solid var(--line);border-radius:6px}
.scroll{overflow-x:auto}
svg{max-width:100%;min-width:34rem;height:auto}svg text{fill:var(--ink);font:13px system-ui,sans-serif}
svg .h{fill:var(--high-bar)}svg .m{fill:var(--medium-bar)}svg .l{fill:var(--low-bar)}svg .base{stroke:var(--line)}
[hidden]{display:none!important}
@media print{:root{--bg:#fff;--ink:#000;--soft:#444;--line:#bbb;--panel:#fff;--link:#000;--high:#8c1d18;
--medium:#6b4000;
--low:#1c4a7d;--mark:#eee}body{max-width:none;padding:0;font-size:10pt}.tools{display:none}h2,h3{break-after:avoid}}
"""

_LETTER = {Level.HIGH: "h", Level.MEDIUM: "m", Level.LOW: "l"}
_LABEL, _BAR, _ROW = 330, 330, 26


def page(title: str, body: str, script: str = "") -> str:
    """Return a whole page; `title` is plain text."""
    end = f"<script>{script}</script>\n" if script else ""
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f"<title>{text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}{end}</body>\n</html>\n"
    )


def text(value: str) -> str:
    """Return plain text as HTML."""
    return escape("".join(char if char.isprintable() or char in "\n\t" else "\ufffd" for char in value))


def prose(value: str) -> str:
    """Return a line of Markdown as HTML: only code between backticks is honoured."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", text(value))


def badge(level: Level) -> str:
    """Return the mark of a severity."""
    return f'<span class="badge {level}">{level}</span>'


def excerpt(view: View, one: Finding) -> str:
    """Return the line of a finding with the faulty part marked."""
    line = line_of(view, one).rstrip("\r\n")
    if not line.strip():
        return ""
    number = one.line if one.cell_line is None else one.cell_line
    whole = (one.path, one.line) in view.report.lines
    start = one.column - 1 if whole else 0
    stop = one.end_column - 1 if one.end_line == one.line and whole else len(line)
    indent = min(len(line) - len(line.lstrip()), start)
    line, start, stop = line[indent:], start - indent, stop - indent
    start, stop = min(start, len(line)), max(start, min(stop, len(line)))
    marked = f"{text(line[:start])}<mark>{text(line[start:stop])}</mark>{text(line[stop:])}"
    return f'<pre><span class="no">{number} │ </span>{marked}</pre>'


def table(head: Iterable[str], rows: Iterable[Iterable[str]], numbers: tuple[int, ...] = ()) -> str:
    """Return a table of cells that are HTML already; `numbers` are the columns that hold numbers."""

    def cells(tag: str, values: Iterable[str]) -> str:
        return "".join(
            f'<{tag} class="n">{value}</{tag}>' if index in numbers else f"<{tag}>{value}</{tag}>"
            for index, value in enumerate(values)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>\n" for row in rows)
    return (
        f'<div class="scroll"><table><thead><tr>{cells("th", head)}</tr></thead>\n<tbody>{body}</tbody></table></div>\n'
    )


def chart(title: str, rows: Iterable[tuple[str, Mapping[Level, int]]]) -> str:
    """Return bars, one for each (label, findings by severity), as inline SVG that says its numbers in words, too."""
    rows = list(rows)
    most = max([sum(counts.values()) for _, counts in rows] + [1])
    height = _ROW * len(rows) + 30
    width = _LABEL + _BAR + 60
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    parts = [f'<svg {size} role="img" aria-label="{text(title)}">']
    for index, level in enumerate(sorted(Level, reverse=True)):
        left = _LABEL + index * 90
        parts.append(f'<rect class="{_LETTER[level]}" x="{left}" y="2" width="12" height="12" rx="2"/>')
        parts.append(f'<text x="{left + 18}" y="13">{level}</text>')
    for number, (label, counts) in enumerate(rows):
        top, start = 28 + number * _ROW, float(_LABEL)
        said = ", ".join(f"{count} {level}" for level, count in counts.items() if count) or "none"
        short = label if len(label) <= 48 else label[:47] + "…"
        parts.append(f"<g><title>{text(label)}: {said}</title>")
        parts.append(f'<text x="{_LABEL - 10}" y="{top + 14}" text-anchor="end">{text(short)}</text>')
        for level, count in counts.items():
            if count:
                wide = _BAR * count / most
                parts.append(
                    f'<rect class="{_LETTER[level]}" x="{start:.1f}" y="{top}" width="{wide:.1f}" height="18"/>'
                )
                start += wide
        parts.append(f'<text x="{start + 8:.1f}" y="{top + 14}">{sum(counts.values())}</text></g>')
    parts.append(f'<line class="base" x1="{_LABEL}" y1="24" x2="{_LABEL}" y2="{height - 4}"/></svg>')
    return "".join(parts) + "\n"
