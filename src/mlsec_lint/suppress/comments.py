"""Reading `# noqa` comments exactly as flake8 does.

Must not know rules or what was found.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field

from mlsec_lint.model import Source

# Both patterns read what flake8 7 reads (flake8.defaults); tests/test_suppress.py holds them to it.
_NOQA = re.compile(r"# noqa(?::[\s]?(?P<codes>([A-Z]+[0-9]+(?:[,\s]+)?)+))?", re.IGNORECASE)
_NOQA_FILE = re.compile(r"\s*# flake8[:=]\s*noqa", re.IGNORECASE)
_REASON = re.compile(r"[ \t]*--[ \t]*(?P<reason>[^\n\r]*[^\s])")
_NEXT_COMMENT = re.compile(r"[ \t]+#[ \t]")  # `# noqa: … -- why  # type: ignore`


Comments = dict[int, tuple[int, bool]]  # line -> column where a comment starts, and whether the line holds nothing else


@dataclass(slots=True)
class Directive:
    """One `# noqa`, with what it turned out to hide."""

    line: int  # 1-based, of Source.text
    column: int  # 1-based
    text: str  # from `# noqa` to the end of the line
    codes: tuple[str, ...]  # empty: blanket
    reason: str
    counts: bool = True  # the first one of its statement; flake8 reads no other
    meant: bool = True  # stands in a comment, not in a string or in prose about such comments
    used: set[str] = field(default_factory=set)  # members of `codes` that hid something; "" for a blanket

    def hides(self, code: str) -> str | None:
        """Return which of the codes hides `code` ("" for a blanket), or None."""
        if not self.codes:
            return ""
        return next((own for own in self.codes if code.startswith(own)), None)


def lines_of(source: Source) -> list[str]:
    """Return the lines of the text, each with one kind of line end, as flake8 reads them."""
    return io.StringIO(source.text, newline=None).readlines()


def directives(source: Source) -> dict[int, Directive]:
    """Return the `# noqa` that counts for each line of `source.text`; extra ones have negative keys."""
    lines = lines_of(source)
    found: dict[int, Directive] = {}
    extra = 0
    for first, last, comments in statements(source, lines):
        inside = list(_read(lines, first, last, comments))
        for number, directive in enumerate(inside):
            if number == 0:
                found.update(dict.fromkeys(range(first, last + 1), directive))
            else:
                directive.counts = False
                extra -= 1
                found[extra] = directive
    for shell in source.shell:  # the text of a notebook's shell line is blanked in Source.text
        match = _NOQA.search(shell.text)
        if match and shell.line not in found:
            found[shell.line] = _directive(shell.text, match, shell.line, shell.column + match.start())
    return found


def mentions(text: str) -> Iterator[str]:
    """Yield what looks like a `# noqa`, each with what follows it on its line and the codes that run on."""
    for match in _NOQA.finditer(text):
        end = text.find("\n", match.end())
        yield text[match.start() : end if end >= 0 else len(text)]


def _read(lines: list[str], first: int, last: int, comments: Comments | None) -> Iterator[Directive]:
    """The directives in the lines `first` to `last`, read as one text."""
    joined = "".join(lines[first - 1 : last])
    for match in _NOQA.finditer(joined):
        before = joined[: match.start()]
        line = first + before.count("\n")
        column = match.start() - (before.rfind("\n") + 1) + 1
        directive = _directive(joined, match, line, column)
        if comments is not None:
            start, alone = comments.get(line, (len(joined), False))
            directive.meant = start == column - 1 if alone else start < column
        yield directive


def _directive(text: str, match: re.Match[str], line: int, column: int) -> Directive:
    codes = tuple(code for code in re.split(r"[,\s]+", match["codes"] or "") if code)
    line_end = re.compile(r"[^\n\r]*").match(text, match.start())
    stop = line_end.end() if line_end else len(text)
    # the codes may run on into the next line, which is no part of the comment
    end = match.start() + len(text[match.start() : min(match.end(), stop)].rstrip())
    following = _NEXT_COMMENT.search(text, end, stop)
    stop = following.start() if following else stop
    reason = _REASON.match(text[:stop], end)
    return Directive(line, column, text[match.start() : stop].rstrip(), codes, reason["reason"] if reason else "")


def statements(source: Source, lines: list[str]) -> Iterator[tuple[int, int, Comments | None]]:
    """Yield (first line, last line, comments) of each run of lines that flake8 reads as one; None: not tokenised.

    Strings of several lines and backslashes join lines; brackets do not.

    Comments are the column, 0-based, where one starts and whether it is all that the line holds, by line.
    """
    if source.kind not in ("python", "notebook"):
        first = 1
        for number, line in enumerate(lines, start=1):
            if not line.rstrip("\r\n").endswith("\\") or number == len(lines):
                yield first, number, None
                first = number + 1
        return
    for start, stop in _cells(source, len(lines)):
        try:
            ranges = list(_logical(lines[start:stop], start))
        except (tokenize.TokenError, SyntaxError, IndentationError):
            yield from ((number, number, {}) for number in range(start + 1, stop + 1))
        else:
            yield from ranges


def _cells(source: Source, count: int) -> list[tuple[int, int]]:
    """The half-open ranges of lines that are tokenised on their own, so that one bad cell harms no other."""
    if not source.places:
        return [(0, count)]
    starts = [
        number
        for number in range(min(count, len(source.places)))
        if number == 0 or source.places[number].cell != source.places[number - 1].cell
    ]
    return list(zip(starts, [*starts[1:], count], strict=True))


def _logical(lines: list[str], offset: int) -> Iterator[tuple[int, int, Comments]]:
    first, last = len(lines) + 2, -1
    comments: Comments = {}
    for token in tokenize.generate_tokens(iter(lines).__next__):
        if token.type in (tokenize.ENDMARKER, tokenize.DEDENT):
            continue
        first, last = min(first, token.start[0]), max(last, token.end[0])
        if token.type == tokenize.COMMENT:
            row, column = token.start
            comments[row + offset] = (column, not lines[row - 1][:column].strip())
        if token.type in (tokenize.NL, tokenize.NEWLINE):
            yield first + offset, min(last, len(lines)) + offset, comments
            first, last = len(lines) + 2, -1
            comments = {}


def whole_file(source: Source) -> Directive | None:
    """Return the `# flake8: noqa` line, which hides everything in the file, if there is one."""
    for number, line in enumerate(io.StringIO(source.text, newline=None), start=1):
        match = _NOQA_FILE.match(line)
        if match:
            reason = _REASON.match(line, match.end())
            column = len(line) - len(line.lstrip()) + 1
            return Directive(number, column, line.strip(), (), reason["reason"] if reason else "")
    return None
