"""Comments at the end of lines: what they say, and where another one may stand.

Knows only Python's tokens.
"""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import dataclass

_LINE = re.compile(r"\r\n|\r|\n")
_ON = re.compile(r"(?P<ref>[^\s,#]+) on (?P<date>\d{4}-\d\d-\d\d)")
_STOOD = re.compile(
    rf"#\s*(?P<list>{_ON.pattern.replace('?P<ref>', '?:').replace('?P<date>', '?:')}(?:, [^\s,#]+ on \d{{4}}-\d\d-\d\d)*)\s*$"
)


@dataclass(frozen=True, slots=True)
class Stood:
    """What a commit stood for, and when: `main on 2026-11-27`."""

    ref: str
    date: str

    def __str__(self) -> str:
        return f"{re.sub(r'[^A-Za-z0-9._/+@-]', '?', self.ref)} on {self.date}"


class Remarks:
    """The ends of the lines of one text, which are Python code."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.ends: list[int] = [found.start() for found in _LINE.finditer(text)]
        self.starts = [0, *(found.end() for found in _LINE.finditer(text))]
        self.ends.append(len(text))
        self.comments: dict[int, int] = {}  # 0-based line -> offset of its comment
        self.closed: set[int] = set()  # lines that end inside a string, or go on behind a backslash
        self._read()

    def _read(self) -> None:
        last = (0, 0)
        try:
            for token in tokenize.generate_tokens(io.StringIO(self.text, newline="").readline):
                start, end = token.start[0] - 1, token.end[0] - 1
                if token.type == tokenize.COMMENT:
                    self.comments[start] = self.starts[start] + token.start[1]
                self.closed.update(range(start, end))
                if start > last[0] and token.type not in (tokenize.NEWLINE, tokenize.NL, tokenize.COMMENT):
                    self.closed.update(n for n in range(last[0], start) if self._line(n).rstrip().endswith("\\"))
                last = (end, token.end[1])
        except (tokenize.TokenError, SyntaxError, IndexError):
            self.closed.update(range(len(self.ends)))

    def _line(self, number: int) -> str:
        return self.text[self.starts[number] : self.ends[number]]

    def line_of(self, offset: int) -> int:
        """Return the 0-based line of an offset."""
        low, high = 0, len(self.starts)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.starts[middle] <= offset else (low, middle)
        return low

    def stood(self, offset: int) -> list[Stood]:
        """Return what the comment of an offset's line says that commits stood for."""
        at = self.comments.get(self.line_of(offset))
        found = _STOOD.search(self.text, at, self.ends[self.line_of(offset)]) if at is not None else None
        return [Stood(one["ref"], one["date"]) for one in _ON.finditer(found["list"])] if found else []

    def with_stood(self, line: int, stood: list[Stood]) -> tuple[int, int, str] | None:
        """Return the edit that makes the comment of a line say so; None where the line can have none."""
        if line in self.closed:
            return None
        end = self.ends[line]
        said = ", ".join(dict.fromkeys(map(str, stood)))
        at = self.comments.get(line)
        found = _STOOD.search(self.text, at, end) if at is not None else None
        if found is not None:
            return found.start(), end, f"# {said}"
        bare = len(self._line(line).rstrip(" \t"))
        return self.starts[line] + bare, end, f"  # {said}"
