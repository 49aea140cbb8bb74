"""Blocks for people to read: what, where, the line with carets, where it came from, what to do."""

from __future__ import annotations

from collections.abc import Iterator
from unicodedata import combining, east_asian_width

from mlsec_lint.model import Edit, Finding, Level, Related
from mlsec_lint.report.view import View, advice, folded, line_of, place

_COLORS = {Level.HIGH: "1;31", Level.MEDIUM: "1;33", Level.LOW: "1;36"}
_BOLD, _DIM, _BLUE, _GREEN = "1", "2", "1;34", "32"
_MOST_PLACES = 12  # further ones of a folded block are only counted
_TAB = 4


def render(view: View) -> str:
    """Return one block for each group of findings, or for each finding with `view.unfold`."""
    findings = view.report.findings
    groups = [(one,) for one in findings] if view.unfold else folded(findings)
    blocks = ["\n".join(_block(view, group)) + "\n\n" for group in groups]
    if view.show_hidden:
        blocks += ["\n".join(_hidden(view)) + "\n\n"] if view.report.hidden else []
    return "".join(blocks)


def _block(view: View, group: tuple[Finding, ...]) -> Iterator[str]:
    one = group[0]
    short = one.severity is Level.LOW and not view.unfold  # hygiene: what and where, and no more
    count = f" ({len(group)} places)" if len(group) > 1 else ""
    code = _link(view, one.code, one.url)
    head = _paint(view, _COLORS[one.severity], f"{one.severity}[") + code
    yield head + _paint(view, _COLORS[one.severity], "]") + " " + _paint(view, _BOLD, one.message) + count
    margin = len(str(max([one.line if one.cell_line is None else one.cell_line, *_numbers(one)])))
    yield " " * margin + _paint(view, _BLUE, "--> ") + place(one)
    line = line_of(view, one) if (one.path, one.line) in view.report.lines else ""
    if line.strip():
        number = one.line if one.cell_line is None else one.cell_line
        excerpt = _excerpt(view, margin, number, line, one)
        yield from list(excerpt)[1:2] if short else excerpt
    for related in () if short else one.related:
        yield from _related(view, margin, one, related)
    if len(group) > 1:
        yield f"{' ' * margin} {_paint(view, _BLUE, '=')} {_paint(view, _BOLD, 'also:')} {_others(group)}"
    for label, text in _advice(view, one, short):
        yield f"{' ' * margin} {_paint(view, _BLUE, '=')} {_paint(view, _BOLD, label + ':')} {text}"


def _numbers(one: Finding) -> list[int]:
    return [related.line for related in one.related if related.path == one.path and one.cell is None]


def _excerpt(view: View, margin: int, number: int, line: str, one: Finding) -> Iterator[str]:
    end = one.end_column if one.end_line == one.line else len(line.rstrip()) + 1
    code, start, length = _clipped(line.rstrip("\r\n"), one.column, end, view.width - margin - 3)
    bar = _paint(view, _BLUE, "|")
    more = " …" if one.end_line > one.line else ""
    yield f"{' ' * margin} {bar}"
    yield f"{_paint(view, _BLUE, str(number).rjust(margin))} {bar} {code}"
    yield f"{' ' * margin} {bar} {' ' * start}{_paint(view, _COLORS[one.severity], '^' * length + more)}"


def _related(view: View, margin: int, one: Finding, related: Related) -> Iterator[str]:
    bar = _paint(view, _BLUE, "|")
    line = view.report.lines.get((related.path, related.line), "")
    if related.path != one.path or one.cell is not None or not line.strip():
        yield f"{' ' * margin} {_paint(view, _BLUE, ':::')} {place(related)} {related.message}"
        return
    end = len(line.rstrip()) + 1
    code, start, length = _clipped(line.rstrip("\r\n"), related.column, end, view.width - margin - 3)
    yield f"{' ' * margin} {bar}"
    yield f"{_paint(view, _BLUE, str(related.line).rjust(margin))} {bar} {code}"
    under = _paint(view, _BLUE, f"{'-' * length} {related.message}")
    yield f"{' ' * margin} {bar} {' ' * start}{under}"


def _clipped(line: str, column: int, end_column: int, width: int) -> tuple[str, int, int]:
    """Return the line without its indent and cut to `width`, the cells before the marks, and how many marks."""
    indent = len(line) - len(line.lstrip())
    first, last = max(column - 1, indent), max(end_column - 1, column)
    line = "".join(char if char.isprintable() or char == "\t" else "·" for char in line)
    head, marked = line[indent:first], line[first:last]
    start, length = _cells(head), max(_cells(marked), 1)
    code = line[indent:].expandtabs(_TAB).rstrip()
    width = max(width, 40)
    if start + min(length, width // 2) > width:  # the marked part stands far to the right
        cut = start - 10
        code, start = "…" + code[cut + 1 :], 10
    if _cells(code) > width:
        code = code[: width - 1] + "…"
    return code, start, max(1, min(length, width - start))


def _cells(text: str) -> int:
    """How many cells of a terminal the text takes."""
    total = 0
    for char in text:
        if char == "\t":
            total += _TAB - total % _TAB
        elif not combining(char):
            total += 2 if east_asian_width(char) in "WF" else 1
    return total


def _others(group: tuple[Finding, ...]) -> str:
    """The places of a folded block after the first."""
    rest = group[1:]
    if all(one.cell is None for one in group):
        lines = sorted({one.line for one in rest})
        text = ("lines " if len(lines) > 1 else "line ") + ", ".join(str(line) for line in lines[:_MOST_PLACES])
        more = len(lines) - _MOST_PLACES
    else:
        places = [f"cell {one.cell}:{one.cell_line}" for one in rest]
        text, more = ", ".join(places[:_MOST_PLACES]), len(places) - _MOST_PLACES
    return text + (f" and {more} more (--all shows each)" if more > 0 else "")


def _advice(view: View, one: Finding, short: bool) -> Iterator[tuple[str, str]]:
    text = advice(view.rules.get(one.code))
    if (text or one.url) and not short:
        yield "help", ", see ".join(part for part in (text, one.url) if part)
    if one.fix is not None and (not short or one.fix.safety == "safe"):
        how = {"safe": "--fix applies it", "unsafe": "--fix --unsafe-fixes applies it", "display": "by hand"}
        yield "fix", f"{_mended(line_of(view, one), one)} ({one.fix.safety}: {how.get(one.fix.safety, '')})"


def _mended(line: str, one: Finding) -> str:
    """The line as the fix leaves it, where the fix stays in the line."""
    edits = one.fix.edits if one.fix else ()
    text_line = one.text_line or one.line
    here = [edit for edit in edits if edit.line == edit.end_line == text_line]
    if not here or len(here) < len([edit for edit in edits if edit.text.strip()]):
        return "several lines change" if len(edits) > 1 else _short(edits)
    for edit in sorted(here, key=lambda edit: edit.column, reverse=True):
        line = line[: edit.column - 1] + edit.text + line[edit.end_column - 1 :]
    return f"`{line.strip()}`"


def _short(edits: tuple[Edit, ...]) -> str:
    text = edits[0].text.strip() if edits else ""
    return f"`{text}`" if text and "\n" not in text else "see --diff"


def _hidden(view: View) -> Iterator[str]:
    yield _paint(view, _BOLD, "Hidden:")
    for hidden in view.report.hidden:
        one = hidden.finding
        why = f": {hidden.reason}" if hidden.reason else ""
        yield f"  {place(one)}: {one.code} {one.message} {_paint(view, _DIM, f'({hidden.by}{why})')}"


def _paint(view: View, color: str, text: str) -> str:
    return f"\x1b[{color}m{text}\x1b[0m" if view.color and text else text


def _link(view: View, text: str, url: str) -> str:
    return f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\" if view.links and url else text
