"""Fixes -> new text, conflicts left for later; and a text written to its file whole or not at all.

Must not know rules, settings or how an edit came about.
"""

from __future__ import annotations

import ast
import os
import re
import warnings
from collections.abc import Callable, Iterable, Sequence

from mlsec_lint import atomic
from mlsec_lint.model import Edit, Finding, Fix, Source, SourceError

_LINE = re.compile(r"\r\n|\r|\n")
_IMPORT = re.compile(r"import [\w.]+(?:\r\n|\r|\n){1,2}|,\s+[A-Za-z_]\w*")  # a statement, or one more name in it

Span = tuple[int, int, str]  # character offsets and what comes in their place


def apply(source: Source, findings: Iterable[Finding], unsafe: bool = False) -> str:
    """Return what the file of `source` holds once the fixes of `findings` are made, for a notebook all of its JSON.

    Fixes that only an `unsafe` run may make, and those in conflict with an earlier one, are left out.
    """
    return mended(source, findings, unsafe)[0]


def mended(source: Source, findings: Iterable[Finding], unsafe: bool = False) -> tuple[str, list[Fix]]:
    """Return what `apply` does, and the fixes that were made."""
    fixes = [finding.fix for finding in findings if finding.fix is not None]
    if source.kind != "notebook":
        text, applied, _ = merge(source.text, fixes, unsafe, python=source.kind == "python")
        return text, applied
    from mlsec_lint.source import notebook

    def whole(some: Sequence[Fix]) -> str:
        return notebook.write_back(source.raw, dict.fromkeys(edit for fix in some for edit in fix.edits))

    def sound(some: Sequence[Fix]) -> bool:
        try:
            return len(notebook.read(whole(some), source.path).troubles) <= len(source.troubles)
        except (SourceError, ValueError):  # ValueError: an edit that reaches into another cell
            return False

    _, applied, _ = merge(source.text, fixes, unsafe, sound=sound)
    return whole(applied), applied


def merge(
    text: str,
    fixes: Sequence[Fix],
    unsafe: bool = False,
    *,
    python: bool = True,
    sound: Callable[[Sequence[Fix]], bool] | None = None,
) -> tuple[str, list[Fix], list[Fix]]:
    """Return the text with the fixes made, the fixes that were made, and those put off.

    A fix is made as a whole or not at all.  Put off are fixes that overlap an earlier one and fixes after which a
    `python` text would not parse (or that together are not `sound`); a second run on the new text may make them.  Fixes
    for display are in neither list, nor are unsafe ones unless `unsafe`.
    """
    lines = _Lines(text)
    wanted = [fix for fix in fixes if fix.safety == "safe" or (unsafe and fix.safety == "unsafe")]
    applied: list[Fix] = []
    postponed: list[Fix] = []
    taken: list[Span] = []
    for fix in sorted(wanted, key=lambda one: min((edit.line, edit.column) for edit in one.edits)):
        fresh = lines.fresh(fix, taken)
        if _agree(taken, fresh):
            taken += fresh
            applied.append(fix)
        else:
            postponed.append(fix)

    def holds(spans: Sequence[Span], some: Sequence[Fix]) -> bool:
        return sound(some) if sound is not None else not python or _parses(_replaced(text, spans))

    if not taken or holds(taken, applied) or not holds([], []):
        return _replaced(text, taken), applied, postponed
    # One of them is at fault: take them one at a time, and put off each that breaks the text.
    taken, candidates, applied = [], applied, []
    for fix in candidates:
        fresh = lines.fresh(fix, taken)
        if holds([*taken, *fresh], [*applied, fix]):
            taken += fresh
            applied.append(fix)
        else:
            postponed.append(fix)
    return _replaced(text, taken), applied, postponed


def load(path: str, shown: str = "") -> bytes:
    """Return what stands in a file that is to be changed; raises SourceError."""
    from mlsec_lint.source.python import NOTEBOOK_LIMIT, load_bytes

    return load_bytes(os.path.realpath(path), shown or path, NOTEBOOK_LIMIT)


def encoded(data: bytes, text: str, shown: str) -> bytes:
    """Return `text` in the encoding of `data`, what the file held, and with its line ends where all of them are alike.

    Raises SourceError where that encoding does not have a character of the text.
    """
    from mlsec_lint.source.python import decode

    old, encoding = decode(data, shown)
    if encoding == "utf-8-sig":
        text = text.removeprefix("\ufeff")
    try:
        return _with_line_ends_of(old, text).encode(encoding)
    except UnicodeEncodeError as error:
        raise SourceError(shown, "", f"cannot be written as {encoding}: {error.reason}") from None


def write(path: str, data: bytes, shown: str = "") -> None:
    """Replace what stands in the file by `data`, with the mode it has; it is whole at every moment (see `atomic`).

    Raises SourceError.
    """
    shown = shown or path
    if not os.path.isfile(path):
        raise SourceError(shown, "", "is not a regular file")
    try:
        atomic.write(path, data)
    except OSError as error:
        raise SourceError(shown, "", f"cannot be written: {(error.strerror or str(error)).lower()}") from None


def _with_line_ends_of(old: str, text: str) -> str:
    ends = set(_LINE.findall(old))
    return _LINE.sub(ends.pop(), text) if len(ends) == 1 else text


def _agree(taken: Sequence[Span], fresh: Sequence[Span]) -> bool:
    """Tell whether spans neither overlap nor insert at the same place; imports may, for their order does not matter."""
    spans = sorted([*taken, *fresh])
    return all(
        one[1] <= other[0] and (one[:2] != other[:2] or (_IMPORT.fullmatch(one[2]) and _IMPORT.fullmatch(other[2])))
        for one, other in zip(spans, spans[1:], strict=False)
    )


def _replaced(text: str, spans: Iterable[Span]) -> str:
    for start, end, new in sorted(spans, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _parses(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


class _Lines:
    """Turns positions of a text, 1-based lines and columns, into offsets."""

    def __init__(self, text: str) -> None:
        self.starts = [0, *(match.end() for match in _LINE.finditer(text))]
        self.length = len(text)

    def fresh(self, fix: Fix, taken: Sequence[Span]) -> list[Span]:
        """Return the spans of a fix that are not among those `taken`: an import that two fixes need."""
        return [span for span in map(self.span, fix.edits) if span not in taken]

    def span(self, edit: Edit) -> Span:
        return self.offset(edit.line, edit.column), self.offset(edit.end_line, edit.end_column), edit.text

    def offset(self, line: int, column: int) -> int:
        if not 1 <= line <= len(self.starts):
            raise ValueError(f"the text has no line {line}")
        return min(self.starts[line - 1] + column - 1, self.length)
