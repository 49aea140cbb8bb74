"""The skeleton of our HTML pages: one file, nothing loaded from elsewhere, light and dark, fit for paper."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from importlib import resources

from mlsec_lint.model import Finding, Level
from mlsec_lint.report.view import View, line_of, parts

_LETTER = {Level.HIGH: "h", Level.MEDIUM: "m", Level.LOW: "l"}
_STAKES = {
    Level.HIGH: "code of others runs, or yours is replaced",
    Level.MEDIUM: "it becomes so with one more fault",
    Level.LOW: "hygiene",
}
_BULLET = re.compile(r"^(?:[*-]|(\d+)\.) ")
_INLINE = re.compile(
    r"``(?P<ticks>.+?)``|`(?P<code>[^`]+)`|\[(?P<label>[^]]+)\]\((?P<to>https?://[^\s)]+)\)"
    r"|\*\*(?P<bold>[^*]+)\*\*|(?<![*\w])\*(?P<stress>[^*\s][^*]*)\*(?![*\w])",
    re.DOTALL,
)


def page(title: str, body: str, script: str = "") -> str:
    """Return a whole page; `title` is plain text, `script` the name of a file beside this one."""
    end = f"<script>\n{_own(script)}</script>\n" if script else ""
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f"<title>{text(title)}</title>\n<style>\n{_own('page.css')}</style>\n</head>\n<body>\n{body}{end}</body>\n</html>\n"
    )


def _own(name: str) -> str:
    return resources.files(__package__ or "").joinpath(name).read_text(encoding="utf-8")


# ---------------------------------------------------------------- text


def text(value: str) -> str:
    """Return plain text as HTML."""
    return escape("".join(char if char.isprintable() or char in "\n\t" else "\ufffd" for char in value))


def prose(value: str) -> str:
    """Return a message as HTML: only code between backticks is honoured, for it may quote anybody's text."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", text(value))


def _marked(value: str) -> str:
    """A paragraph of a rule's Markdown as HTML: code, links, bold and stressed words."""
    pieces, at = [], 0
    for match in _INLINE.finditer(value):
        pieces.append(text(value[at : match.start()]))
        code = match["ticks"] or match["code"]
        if code:
            pieces.append(f"<code>{text(code.strip())}</code>")
        elif match["to"]:
            pieces.append(f'<a href="{text(match["to"])}">{_marked(match["label"])}</a>')
        elif match["bold"]:
            pieces.append(f"<b>{text(match['bold'])}</b>")
        else:
            pieces.append(f"<em>{text(match['stress'])}</em>")
        at = match.end()
    return "".join(pieces) + text(value[at:])


def blocks(markdown: str) -> str:
    """Return Markdown as rules hold it as HTML: paragraphs, lists and fenced code."""
    return "".join(f"<pre>{text(part)}</pre>\n" if code else _paragraph(part) for part, code in parts(markdown))


def _paragraph(part: str) -> str:
    bullet = _BULLET.match(part)
    if bullet is None:
        return f"<p>{_marked(part)}</p>\n"
    tag = "ol" if bullet[1] else "ul"
    items = re.split(r"\n(?=(?:[*-]|\d+\.) )", part)
    return f"<{tag}>" + "".join(f"<li>{_marked(_BULLET.sub('', item))}</li>" for item in items) + f"</{tag}>\n"


# ---------------------------------------------------------------- parts


def badge(level: Level) -> str:
    """Return the mark of a severity."""
    return f'<span class="badge {level}">{level}</span>'


def excerpt(view: View, one: Finding) -> str:
    """Return the line of a finding with the faulty part marked, after its number."""
    number = str(one.line) if one.cell is None else f"cell {one.cell}, line {one.cell_line}"
    line = line_of(view, one).rstrip("\r\n")
    whole = (one.path, one.line) in view.report.lines
    start = one.column - 1 if whole else 0
    stop = one.end_column - 1 if one.end_line == one.line and whole else len(line)
    indent = min(len(line) - len(line.lstrip()), start)
    line, start, stop = line[indent:], start - indent, stop - indent
    start, stop = min(start, len(line)), max(start, min(stop, len(line)))
    marked = f"{text(line[:start])}<mark>{text(line[start:stop])}</mark>{text(line[stop:])}" if line.strip() else ""
    return f'<pre><span class="no">{number} │ </span>{marked}</pre>'


def table(head: Iterable[str], rows: Iterable[Iterable[str]], keys: int = 0) -> str:
    """Return a table of cells that are HTML already; the first `keys` columns are not broken into lines."""
    titles = "".join(f"<th>{value}</th>" for value in head)
    body = "".join(
        "<tr>"
        + "".join(
            f'<td class="key">{cell}</td>' if index < keys else f"<td>{cell}</td>" for index, cell in enumerate(row)
        )
        + "</tr>\n"
        for row in rows
    )
    return f"<table><thead><tr>{titles}</tr></thead>\n<tbody>{body}</tbody></table>\n"


def legend() -> str:
    """Return what the colours of the bars stand for, and what the severities mean."""
    items = "".join(
        f'<li><svg viewBox="0 0 1 1" aria-hidden="true"><rect class="{_LETTER[level]}" width="1" height="1"/></svg>'
        f"<b>{level}</b>: {_STAKES[level]}</li>"
        for level in sorted(Level, reverse=True)
    )
    return f'<ul class="legend">{items}</ul>\n'


def bar(counts: Mapping[Level, int], most: int, whole: bool = False) -> str:
    """Return a bar of findings by severity, `most` of which fill the width; it says its numbers in words, too."""
    said = ", ".join(f"{count} {level}" for level, count in counts.items() if count) or "none"
    pieces, start = [], 0.0
    for level, count in counts.items():
        wide = 100 * count / max(most, 1)
        if count:
            pieces.append(f'<rect class="{_LETTER[level]}" x="{start:.2f}" width="{wide:.2f}" height="1"/>')
        start += wide
    kind = "bar whole" if whole else "bar"
    return (
        f'<svg class="{kind}" viewBox="0 0 100 1" preserveAspectRatio="none" role="img" aria-label="{said}">'
        f"<title>{said}</title>{''.join(pieces)}</svg>"
    )
