"""Taking a whole statement out of a text, with its line and its comment where it has them to itself.

Reads text with `ast`; must not know rules.  Offsets count characters of the text.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

_LINE = re.compile(r"\r\n|\r|\n")
_REST_OF_LINE = re.compile(r"[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n|\Z)")
_NEXT = re.compile(r"[ \t]*;[ \t]*")


def deletion(text: str, tree: ast.Module, span: tuple[int, int]) -> tuple[int, int, str] | None:
    """Return the edit that takes out the statement that is exactly `span`; None where there is no such statement.

    The only statement of a block gives way to `pass`.
    """
    starts = [0, *(found.end() for found in _LINE.finditer(text))]

    def offset(line: int, column: int) -> int:  # `ast` counts bytes
        begin = starts[line - 1]
        row = text[begin : starts[line] if line < len(starts) else len(text)]
        return begin + (column if row.isascii() else len(row.encode()[:column].decode(errors="replace")))

    for body in _bodies(tree):
        for statement in body:
            start = offset(statement.lineno, statement.col_offset)
            if start != span[0] or not isinstance(statement, (ast.Expr, ast.Assign, ast.AnnAssign)):
                continue
            end = offset(statement.end_lineno or statement.lineno, statement.end_col_offset or 0)
            if end != span[1]:
                return None
            return (start, end, "pass") if len(body) == 1 and body is not tree.body else _taken_out(text, start, end)
    return None


def _taken_out(text: str, start: int, end: int) -> tuple[int, int, str]:
    begin = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    alone = not text[begin:start].strip()
    rest = _REST_OF_LINE.match(text, end)
    if alone and rest:
        if rest.end() == len(text):  # no empty lines at the end of the file
            begin = len(re.sub(r"(?<=[^\s])((?:\r\n|\r|\n)?)\s*\Z", r"\1", text[:begin]))
        return begin, rest.end(), ""
    following = _NEXT.match(text, end)
    if following and not _REST_OF_LINE.match(text, following.end()):
        return start, following.end(), ""
    before = re.search(r"[ \t]*;[ \t]*\Z", text[begin:start])
    if before:
        return begin + before.start(), end, ""
    return start, end, "pass"


def _bodies(tree: ast.Module) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
                yield body
