"""requirements.txt and the lines of it that other formats hold, as pip reads them -> entries.

Must not follow `-r` and `-c`: what they name is read as a file of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from mlsec_lint.requirements.entries import Entry, entry

_OPTION = re.compile(r"(--[A-Za-z][\w-]*|-[A-Za-z])(?:\s*=\s*|\s+)?(.*)")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_HASH = re.compile(r"\s--hash[= ]\s*\S+")
_PER_PACKAGE = re.compile(r"\s--(?:config-settings?|global-option|install-option|no-binary|only-binary)[= ].*")


def without_comment(line: str) -> str:
    """Return the line without its comment."""
    return _COMMENT.sub("", line)


def read(text: str) -> Iterator[Entry]:
    """Yield the entries of a requirements file."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        start = at
        line = lines[at].rstrip("\r")
        while line.endswith("\\") and not line.lstrip().startswith("#") and at + 1 < len(lines):
            at += 1
            line = line[:-1] + " " + without_comment(lines[at].rstrip("\r"))
        at += 1
        yield from read_line(without_comment(line), start + 1)


def read_line(line: str, number: int, column: int = 1) -> Iterator[Entry]:
    """Yield what one logical line asks for; it stands at line `number`, and its first character in `column`."""
    body = line.strip()
    column += len(line) - len(line.lstrip())
    option = _OPTION.fullmatch(body) if body.startswith("-") else None
    if option and option[1] in ("-e", "--editable"):
        column += option.start(2)
        body = option[2].strip()
    elif option:
        value, end = option[2].strip().strip("'\""), column + len(body)
        yield Entry("", url=value, line=number, column=column, end_column=end, option=option[1])
        return
    hashed = _HASH.search(" " + body) is not None
    body = _PER_PACKAGE.sub("", _HASH.sub("", body)).strip()
    if body:
        found = entry(body, number, column)
        yield replace(found, has_hash=hashed or found.has_hash)
