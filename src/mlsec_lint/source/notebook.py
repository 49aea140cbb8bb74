"""Jupyter notebooks (nbformat 3 and 4) -> Source, and edits of that Source -> the same notebook, otherwise untouched.

Must not know rules.  All cells count, from 1; only code cells become text, with their magics blanked in place.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from mlsec_lint.model import Edit, Place, Shell, Source, SourceError
from mlsec_lint.source import json_places, magics
from mlsec_lint.source.json_places import Placed

PYTHON = frozenset({"", "python", "python2", "python3", "ipython", "pyspark"})
# Characters that some reader takes for the end of a line, or that Python does not take; a blank keeps the columns.
_ODD = re.compile("[\x00\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029\ud800-\udfff]")
# The escape of a line end in a JSON string (not a backslash before an n), and one that is not the string's last.
_NEWLINE = re.compile(r"(?<!\\)(?:\\\\)*\\n")
_NEWLINE_INSIDE = re.compile(_NEWLINE.pattern + "(?=.)")
_TEXTUAL = ("text", "text/plain", "text/html", "text/markdown", "html", "traceback")


@dataclass(frozen=True, slots=True)
class _Code:
    """A code cell: its number, and its source as the strings that stand in the file."""

    number: int
    strings: tuple[Placed, ...]
    language: str

    @property
    def text(self) -> str:
        return "".join(self.strings)


def read(raw: str, shown: str) -> Source:
    """Return the notebook whose file holds `raw`; raises SourceError where that is no notebook."""
    starts = [0] + [found.end() for found in re.finditer("\n", raw)]
    lines: list[str] = []
    places: list[Place] = []
    shell: list[Shell] = []
    outputs: list[tuple[str, Place]] = []
    troubles: list[tuple[int, str]] = []
    for code, results in _cells(raw, shown):
        for number, string in enumerate(results, start=1):
            outputs.append((string, Place(bisect_right(starts, string.start), code.number, number)))
        cell_lines = _lines(code.text)
        first = len(lines)
        if code.language in PYTHON:
            cell = magics.read(cell_lines) if cell_lines else magics.Cell(())
        else:
            script = code.language in ("shellscript", "bash", "sh")
            whole = Shell("\n".join(cell_lines), 1, 1)
            cell = magics.Cell(("",) * len(cell_lines), (whole,) if script and cell_lines else ())
        lines += cell.lines
        shell += [replace(entry, line=entry.line + first) for entry in cell.shell]
        if cell.trouble:
            line, reason = cell.trouble
            troubles.append((first + line, f"cell {code.number} is not Python: {reason}"))
        for number, start in enumerate(_line_starts(code), start=1):
            places.append(Place(bisect_right(starts, start), code.number, number))
    text = "".join(line + "\n" for line in lines)
    return Source(
        shown,
        text,
        "notebook",
        places=tuple(places),
        shell=tuple(shell),
        outputs=tuple(outputs),
        raw=raw,
        troubles=tuple(troubles),
    )


def read_joined(text: str, shown: str) -> Source:
    """Return code cells that an editor has joined and sent under the notebook's name; lines are those of `text`."""
    cell = magics.read_joined(_lines(text))
    trouble = (cell.trouble,) if cell.trouble else ()
    return Source(shown, "".join(line + "\n" for line in cell.lines), "python", shell=cell.shell, troubles=trouble)


def write_back(raw: str, edits: Iterable[Edit]) -> str:
    """Return `raw` with the edits, which are given in positions of `read(raw).text`; all other characters stay.

    Edits must not overlap and must lie in one cell each; raises ValueError for a place that is in no cell.
    """
    for begin, end, text in sorted(_changes(raw, edits), reverse=True):
        raw = raw[:begin] + text + raw[end:]
    return raw


def in_file(raw: str, edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Return the same edits as edits of `raw`; raises ValueError as `write_back` does."""
    starts = [0] + [found.end() for found in re.finditer("\n", raw)]

    def place(offset: int) -> tuple[int, int]:
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    return tuple(Edit(*place(begin), *place(end), text) for begin, end, text in _changes(raw, edits))


def _changes(raw: str, edits: Iterable[Edit]) -> list[tuple[int, int, str]]:
    """Return edits of the notebook's text as replacements of characters of `raw`."""
    table: list[tuple[_Code, int]] = []  # text line -> its cell, and where it starts in the cell's source
    for code, _ in _cells(raw, ""):
        at = 0
        for line in _split(code.text):
            table.append((code, at))
            at += len(line)
    changes = []
    for edit in edits:
        if not 1 <= edit.line <= edit.end_line <= len(table) + 1:
            raise ValueError(f"no cell has line {edit.line}")
        code, start = table[edit.line - 1] if edit.line <= len(table) else table[-1]
        if edit.line > len(table):
            start = len(code.text) - edit.column + 1
        begin = start + edit.column - 1
        if edit.end_line <= len(table) and table[edit.end_line - 1][0] is code:
            end = table[edit.end_line - 1][1] + edit.end_column - 1
        elif edit.end_column == 1:
            end = len(code.text)  # up to the start of the next cell: all that is left of this one
        else:
            raise ValueError(f"the edit on line {edit.line} reaches into another cell")
        first, last = _span(raw, code, begin, end)
        changes.append((first, last, _escaped(raw, code, edit.text, raw[last] == '"')))
    return changes


def _cells(raw: str, shown: str) -> Iterator[tuple[_Code, list[Placed]]]:
    """Yield the code cells of a notebook, each with the strings of its saved textual output."""
    try:
        data = json_places.parse(raw)
    except json.JSONDecodeError as error:
        raise SourceError(shown, str(error.lineno), f"is not JSON: {error.msg[:1].lower()}{error.msg[1:]}") from None
    except RecursionError:
        raise SourceError(shown, "", "is JSON nested too deeply") from None
    sheets = data.get("worksheets", [data]) if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(sheets, list) or ("cells" not in data and "worksheets" not in data):
        raise SourceError(shown, "", "is JSON, but no notebook: it has no cells")
    if data.get("nbformat") in ("1", "2"):
        raise SourceError(shown, "", "is of a notebook format before 3; `jupyter nbconvert --to notebook` renews it")
    language = _language(data)
    number = 0
    for sheet in sheets:
        cells = sheet.get("cells") if isinstance(sheet, dict) else None
        for cell in cells if isinstance(cells, list) else []:
            number += 1
            if not isinstance(cell, dict) or cell.get("cell_type") != "code":
                continue
            source = cell.get("source", cell.get("input", ""))
            strings = tuple(_strings(source))
            outputs = [string for output in _list(cell.get("outputs")) for string in _texts(output)]
            own = _path(cell, "metadata", "vscode", "languageId") or cell.get("language") or language
            own = language if own == "plaintext" else own  # an editor's guess; the kernel runs it all the same
            yield _Code(number, strings, own.lower() if isinstance(own, str) else ""), outputs


def _path(value: object, *keys: str) -> object:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _language(data: object) -> str:
    name = _path(data, "metadata", "kernelspec", "language") or _path(data, "metadata", "language_info", "name")
    return name if isinstance(name, str) else ""


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _strings(value: object) -> list[Placed]:
    """Return a "multi-line string" of nbformat, which is a string or a list of them, as a list."""
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, Placed)]


def _texts(output: object) -> Iterator[Placed]:
    if isinstance(output, dict):
        for key, value in output.items():
            if key in _TEXTUAL:
                yield from _strings(value)
            elif key == "data":
                yield from _texts(value)


def _split(text: str) -> list[str]:
    lines = text.split("\n")
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _lines(text: str) -> list[str]:
    """Return the lines of a cell, of the same columns, with nothing in them that ends a line."""
    lines = [line.rstrip("\n").removesuffix("\r") for line in _split(text)]
    return [_ODD.sub(" ", line) for line in lines] if _ODD.search(text) else lines


def _line_starts(code: _Code) -> Iterator[int]:
    """Yield, for each line of the cell, where the string in which it begins stands in the file."""
    fresh = True
    for string in code.strings:
        for line in _split(string):
            if fresh:
                yield string.start
            fresh = line.endswith("\n")


def _span(raw: str, code: _Code, begin: int, end: int) -> tuple[int, int]:
    """Return where characters `begin` to `end` of the cell's source are written in the file."""
    before, found = 0, list[int]()
    for wanted, is_end in ((begin, False), (end, True)):
        before = 0
        for string in code.strings:
            inside = wanted - before
            if inside < len(string) or (inside == len(string) and (is_end and end > begin)):
                break
            before += len(string)
        else:
            string, inside = code.strings[-1], len(code.strings[-1])
        found.append(json_places.offset_in(raw, string, inside))
    return found[0], found[1] if end > begin else found[0]


def _escaped(raw: str, code: _Code, text: str, at_end: bool) -> str:
    """Return `text` as it is written inside a JSON string; where each line is a string of its own, so are these.

    `at_end`: the text ends its string, so that its last line end starts no further one.
    """
    if "\r\n" in code.text:
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
    written = json.dumps(text, ensure_ascii=raw.isascii())[1:-1]
    gap = _gap(raw, code)
    if not gap:
        return written
    return (_NEWLINE_INSIDE if at_end else _NEWLINE).sub(lambda found: f'{found[0]}"{gap}"', written)


def _gap(raw: str, code: _Code) -> str:
    """Return what stands between two lines of the cell in the file, or "" where the cell is one string."""
    first = code.strings[0]
    if len(code.strings) > 1:
        return raw[json_places.offset_in(raw, first, len(first)) + 1 : code.strings[1].start]
    before = raw[: first.start].rstrip(" \t\r\n")
    return "," + raw[len(before) : first.start] if before.endswith("[") else ""
